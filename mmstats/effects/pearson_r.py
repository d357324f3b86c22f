"""Pearson's product-moment correlation: its value, its exact distribution, and Fisher's approximation."""

from collections.abc import Callable
from math import atanh, inf, isinf, log, pi, sqrt, tanh

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

PEARSON_R = Quantity("pearson_r", "Pearson's r", null=0)
ON_A_LINE = 1e-14  # a correlation this close to 1 is 1 but for rounding


def pearson_r(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the correlation over the last axis; NaN where `x` or `y` is constant.

    Examples
    --------
    >>> round(float(pearson_r(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 5]))), 4)
    0.8315
    """
    u, v = standardised(x), standardised(y)
    return np.asarray(np.clip((u * v).sum(axis=-1), -1, 1))


def standardised(values: FloatArray) -> FloatArray:
    """Return deviations from the mean divided by their length; NaN where all are equal."""
    shifted = values - values[..., :1]
    largest = np.abs(shifted).max(axis=-1, keepdims=True)
    largest = np.where(largest > 10 * np.finfo(np.float64).eps * np.abs(values[..., :1]), largest, np.nan)
    scaled = shifted / largest  # between -1 and 1, so that squares neither overflow nor vanish
    deviations = scaled - scaled.mean(axis=-1, keepdims=True)
    return np.asarray(deviations / np.sqrt((deviations**2).sum(axis=-1, keepdims=True)))


def fisher_z(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return Fisher's z, the inverse hyperbolic tangent of the correlation, over the last axis."""
    r = pearson_r(x, y)
    return np.arctanh(np.where(np.abs(r) > 1 - ON_A_LINE, np.nan, r))


def fisher_z_std_error(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the standard error of Fisher's z from its influence function, for any distribution."""
    u, v = standardised(x), standardised(y)
    r = np.clip((u * v).sum(axis=-1, keepdims=True), -1, 1)
    influence = u * v - r * (u**2 + v**2) / 2
    gap = np.where(1 - np.abs(r) > ON_A_LINE, 1 - r**2, np.nan)[..., 0]
    return np.asarray(np.sqrt((influence**2).sum(axis=-1)) / gap)


def t_test(r: float, n: int) -> tuple[float, int, float]:
    """Return t, its degrees of freedom n - 2, and the p value of no correlation."""
    t = r * sqrt((n - 2) / ((1 - r) * (1 + r)))
    return t, n - 2, float(2 * stats.t.sf(abs(t), n - 2))


def exact_interval(r: float, n: int, *, level: float) -> tuple[float, float]:
    """Return the correlations that neither one-sided test of r rejects at (1 - level)/2, given normality.

    At a correlation of 0 the test is the t test, so interval and p value agree.
    """
    alpha = (1 - level) / 2

    def end(target: float) -> float:
        # P(R >= r) grows with rho; look for it on Fisher's scale, where a step is about 1/sqrt(n).
        centre, reach = atanh(r), 4.0
        while (
            upper_tail(centre - reach, centre, n) > target or upper_tail(centre + reach, centre, n) < target
        ):
            reach *= 2
        low, high = centre - reach, centre + reach
        return tanh(
            float(optimize.brentq(lambda zeta: upper_tail(zeta, centre, n) - target, low, high, xtol=1e-14))
        )

    return end(alpha), end(1 - alpha)


def upper_tail(zeta: float, z: float, n: int) -> float:
    """Return P(R >= tanh z) for n normal pairs with correlation tanh zeta (Hotelling 1953)."""
    constant = (
        log(n - 2) + special.gammaln(n - 1) - special.gammaln(n - 0.5) - log(2 * pi) / 2
        - (n - 1) * _log_cosh(zeta)
    )  # fmt: skip

    def density(u: FloatArray) -> FloatArray:
        log_gap = log_cosh(u - zeta) - log_cosh(u) - _log_cosh(zeta)  # log(1 - tanh u tanh zeta)
        series = special.hyp2f1(0.5, 0.5, n - 0.5, (1 + np.tanh(u) * tanh(zeta)) / 2)
        result: FloatArray = np.exp(constant - (n - 2) * log_cosh(u) - (n - 1.5) * log_gap) * series
        return result

    # Integrate the tail that does not hold the bulk, so that small probabilities keep their digits.
    spread = 1 / sqrt(max(n - 3, 0.25))
    edges = np.append(0.0, np.geomspace(spread / 2, 40 * spread + 20, 12))
    if z >= zeta:
        return _integral(density, z + edges)
    return 1 - _integral(density, (z - edges)[::-1])


def log_cosh(x: FloatArray) -> FloatArray:
    """Return the logarithm of the hyperbolic cosine, of numbers of any size."""
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2 * size)) - log(2))


def _log_cosh(x: float) -> float:
    return float(log_cosh(np.array(x)))


def _integral(function: Callable[[FloatArray], FloatArray], edges: FloatArray) -> float:
    """Return the integral over pieces of a smooth function, by 24 Gauss-Legendre points in each."""
    half = np.diff(edges)[:, None] / 2
    middle = (edges[:-1] + edges[1:])[:, None] / 2
    return float((half * _WEIGHTS * function(middle + half * _NODES)).sum())


_NODES, _WEIGHTS = special.roots_legendre(24)


def fisher_interval(r: float, n: int, *, level: float) -> tuple[float, float, float, float]:
    """Return Fisher's approximate limits, and his z statistic and p value, which belong to them."""
    std_error = 1 / sqrt(n - 3)
    low, high = z_limits(r, std_error, level=level)
    statistic = atanh(r) / std_error
    return low, high, statistic, float(2 * stats.norm.sf(abs(statistic)))


def z_limits(r: float, std_error: float, *, level: float, df: float = inf) -> tuple[float, float]:
    """Return limits symmetric on Fisher's scale, by the t distribution or, without `df`, the normal one."""
    tail = (1 - level) / 2
    half = std_error * float(stats.norm.isf(tail) if isinf(df) else stats.t.isf(tail, df))
    return tanh(atanh(r) - half), tanh(atanh(r) + half)
