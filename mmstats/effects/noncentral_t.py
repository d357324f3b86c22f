"""The noncentral t: limits of its noncentrality, which standardized differences are made of; quantiles."""

from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import gammainc, gammaincc, gammaln, ndtr

LARGE = 30.0


def noncentrality_limits(t_value: float, df: float, level: float) -> tuple[float, float]:
    """Return the noncentralities for which `t_value` is the upper and the lower tail point.

    The interval is exact for normal data, and leaves out 0 exactly when the two-sided t test rejects.

    Parameters
    ----------
    t_value : float
        The observed t.
    df : float
    level : float
        Such as 0.95; each tail holds half of the rest.

    References: steiger1997.

    Examples
    --------
    >>> low, high = noncentrality_limits(2.0, 18, 0.95)
    >>> round(low, 6), round(high, 6)
    (-0.089409, 4.039605)
    """
    if t_value < 0:
        low, high = noncentrality_limits(-t_value, df, level)
        return -high, -low
    tail = (1 - level) / 2
    low = _root(lambda shift: _upper_tail(t_value, df, shift) - tail, t_value, step=-1.0)
    high = _root(lambda shift: tail - _lower_tail(t_value, df, shift), t_value, step=1.0)
    return low, high


def noncentral_t_quantile(probability: float, df: float, shift: float) -> float:
    """Return the value below which a noncentral t lies with a probability.

    Parameters
    ----------
    probability : float
    df : float
    shift : float
        The noncentrality, not negative.

    Examples
    --------
    >>> round(noncentral_t_quantile(0.95, 9, 3.0), 4)
    5.8788
    """
    above = probability > 0.5

    def distance(t_value: float) -> float:  # from the smaller tail, which keeps its digits
        if above:
            return (1 - probability) - _upper_tail(t_value, df, shift)
        return _lower_tail(t_value, df, shift) - probability

    return _root(distance, shift, step=1.0 if distance(shift) < 0 else -1.0)


def small_sample_factor(df: float) -> float:
    """Return the factor that makes a standardized mean difference unbiased for normal data.

    References: hedges1981.

    Examples
    --------
    >>> round(small_sample_factor(10), 6)
    0.922746
    """
    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2))


def _upper_tail(t_value: float, df: float, shift: float) -> float:
    if t_value <= LARGE:
        return float(stats.nct.sf(t_value, df, shift))
    return _integral(lambda spread: float(gammainc(df / 2, df / 2 * spread**2)), t_value, shift)


def _lower_tail(t_value: float, df: float, shift: float) -> float:
    if t_value <= LARGE:
        return float(stats.nct.cdf(t_value, df, shift))
    return _integral(lambda spread: float(gammaincc(df / 2, df / 2 * spread**2)), t_value, shift) + float(
        ndtr(-shift)
    )


def _integral(probability: Callable[[float], float], t_value: float, shift: float) -> float:
    """Average the probability of the spread that makes a normal deviate's t equal `t_value`.

    SciPy's series for the noncentral t stops converging at large t, where this integrand is smooth.
    """
    start = max(-shift, -9.0)
    value, _ = quad(
        lambda z: float(np.exp(-(z**2) / 2)) * probability((z + shift) / t_value),
        start,
        9.0,
        epsabs=0,
        epsrel=1e-11,
    )
    return float(value / np.sqrt(2 * np.pi))


def _root(function: Callable[[float], float], start: float, *, step: float) -> float:
    """Return the root of a rising function, looked for from `start` in the direction of `step`."""
    near, far = start - step, start + step
    while function(far) * np.sign(step) < 0:
        near, far, step = far, far + 2 * step, 2 * step
    return float(brentq(function, near, far, xtol=1e-13, rtol=1e-13))
