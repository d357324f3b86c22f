"""Confidence limits of the noncentrality of F, which shares of explained variance are made of."""

from math import isnan, nan

from scipy.optimize import brentq
from scipy.special import ncfdtr


def noncentral_f_limits(f: float, df: float, df2: float, *, level: float) -> tuple[float, float]:
    """Return the noncentralities for which `f` is the upper and the lower tail point; 0 where there is none.

    NaN where F is so large that the distribution cannot be computed.

    References: steiger1997.

    Examples
    --------
    >>> low, high = noncentral_f_limits(5.0, 2, 27, level=0.95)
    >>> round(low, 4), round(high, 4)
    (0.3815, 26.5285)
    """
    tail = (1 - level) / 2
    return _noncentrality(f, df, df2, 1 - tail), _noncentrality(f, df, df2, tail)


def _noncentrality(f: float, df: float, df2: float, probability: float) -> float:
    """Return the noncentrality at which the probability of a smaller F is `probability`."""
    if ncfdtr(df, df2, 0.0, f) <= probability:
        return 0.0
    high = 1.0 + df * f
    if isnan(float(ncfdtr(df, df2, 2 * high, f))):
        return nan
    while ncfdtr(df, df2, high, f) > probability:
        high *= 2
    return float(
        brentq(lambda value: ncfdtr(df, df2, value, f) - probability, 0.0, high, xtol=1e-13, rtol=1e-13)
    )
