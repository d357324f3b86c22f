"""Sums of squared normal values with weights: their distribution, to relative precision in both tails."""

from math import pi

import numpy as np
from scipy import integrate, optimize, stats

from mmstats.meta.weighted import FloatArray

EQUAL = 1e-12  # weights that differ by less, relative to the largest, are the same
NEGLIGIBLE = 1e-14  # weights below this, relative to the largest, are none


def tails(weights: FloatArray, value: float) -> tuple[float, float]:
    """Return the probabilities that sum(weights * chi-squared with 1 df) is below and above a value.

    Imhof's inversion of the characteristic function, but along a parabola through the saddle point of the
    integrand (Rice), on which it does not oscillate; each tail has a saddle point of its own.

    Parameters
    ----------
    weights : float array, shape (n,)
        From 0, not all 0.
    value : float

    References: imhof1961, rice1980.

    Examples
    --------
    >>> below, above = tails(np.array([1.0, 1.0, 1.0]), 7.814728)
    >>> round(below, 6), round(above, 6)
    (0.95, 0.05)
    >>> round(tails(np.array([6.0, 3.0, 1.0]), 20.0)[1], 4)
    0.124
    """
    if value <= 0:
        return 0.0, 1.0
    kept = weights[weights > NEGLIGIBLE * weights.max()]
    largest = float(kept.max())
    kept, value = kept / largest, value / largest
    if np.ptp(kept) < EQUAL:
        df = len(kept)
        return float(stats.chi2.cdf(value, df)), float(stats.chi2.sf(value, df))
    mean = float(kept.sum())
    if value < mean:
        below = -_integral(kept, value, _saddle(kept, value, below=True))
        return below, 1 - below
    above = _integral(kept, value, _saddle(kept, value, below=False))
    return 1 - above, above


def _saddle(weights: FloatArray, value: float, *, below: bool) -> float:
    """Return where the exponent, with 1 / s in it, is least: left of 0 or between 0 and the first pole."""

    def slope(s: float) -> float:
        return float((weights / (1 - 2 * weights * s)).sum()) - value - 1 / s

    if below:
        far = -1.0
        while slope(far) > 0:
            far *= 2
        return float(optimize.brentq(slope, far, -1e-12 / (1 + value)))
    return float(optimize.brentq(slope, 1e-12 / (1 + value), 0.5 * (1 - 1e-13)))


def _integral(weights: FloatArray, value: float, saddle: float) -> float:
    """Return 1 / (2 pi i) times the integral of exp(K(s) - s value) / s along the parabola."""
    rates = weights / (1 - 2 * weights * saddle)
    second = float(2 * (rates**2).sum()) + 1 / saddle**2
    third = float(8 * (rates**3).sum()) - 2 / saddle**3
    bend = max(third / (6 * second), 0.0)
    width = 1 / np.sqrt(second)
    height = -0.5 * float(np.log1p(-2 * weights * saddle).sum()) - saddle * value - np.log(abs(saddle))

    def integrand(step: float) -> float:
        y = step * width
        s = saddle + bend * y**2 + 1j * y
        logs = -0.5 * np.log(1 - 2 * weights * s).sum() - s * value - height
        return float((np.exp(logs) / s * (1 - 2j * bend * y)).real)

    found, _ = integrate.quad(integrand, 0, np.inf, epsabs=0, epsrel=1e-11, limit=1000)
    return float(found * np.exp(height) * width / pi)
