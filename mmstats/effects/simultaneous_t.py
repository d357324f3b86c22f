"""Tails of the largest of several t statistics that share a standard error: Tukey's and Dunnett's.

Each is a double integral, over the common standard error and over one normal deviate, both by the
trapezoidal rule, which for such integrands is exact to rounding. No random numbers, no cancellation: small
probabilities keep their digits.
"""

from collections.abc import Callable
from math import inf, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import brentq
from scipy.special import ndtr

FloatArray = npt.NDArray[np.float64]

_REACH = 30.0  # beyond this many standard deviations a normal density adds nothing to any tail


def tukey_tail(t_value: float, groups: int, df: float) -> float:
    """Return P(largest of all pairwise |t| >= `t_value`): the studentized range at t times the root of 2.

    References: tukey1953.

    Examples
    --------
    >>> round(tukey_tail(2.5, 3, 20), 6)
    0.053132
    """
    deviates = np.arange(-_REACH / 3, _REACH, 0.1)
    weights, below = 0.1 * groups * stats.norm.pdf(deviates), ndtr(deviates)

    def tail(width: FloatArray) -> FloatArray:
        share = ndtr(deviates - sqrt(2) * width[:, None]) / below
        missed = -np.expm1((groups - 1) * np.log1p(-np.minimum(share, 1 - 1e-16)))
        return np.asarray((weights * below ** (groups - 1) * missed).sum(axis=1))

    return _averaged(tail, t_value, df)


def dunnett_tail(t_value: float, sizes: tuple[int, ...], reference_size: int, df: float) -> float:
    """Return P(largest |t| >= `t_value`) of comparisons with one reference.

    Parameters
    ----------
    t_value : float
    sizes : tuple of int
        Of the groups that are compared with the reference.
    reference_size : int
    df : float

    References: dunnett1955.

    Examples
    --------
    >>> round(dunnett_tail(2.5, (8, 8), 8, 21), 6)
    0.038155
    """
    ratios = np.sqrt(np.array(sizes) / reference_size)  # of a comparison's to the reference's own precision
    step = 0.1 / max(1.0, float(ratios.max()))
    deviates = np.arange(-_REACH, _REACH, step)
    weights = step * stats.norm.pdf(deviates)

    def tail(width: FloatArray) -> FloatArray:
        kept = np.zeros((len(width), len(deviates)))
        for ratio in ratios:
            reach = sqrt(1 + ratio**2) * width[:, None]
            outside = ndtr(ratio * deviates - reach) + ndtr(-ratio * deviates - reach)
            kept += np.log1p(-np.minimum(outside, 1 - 1e-16))
        return np.asarray((weights * -np.expm1(kept)).sum(axis=1))

    return _averaged(tail, t_value, df)


def critical_value(tail: Callable[[float], float], comparisons: int, df: float, *, alpha: float) -> float:
    """Return the t whose tail is `alpha`: between that of one comparison and Bonferroni's.

    Examples
    --------
    >>> round(critical_value(lambda t: tukey_tail(t, 3, 20), 3, 20, alpha=0.05), 4)
    2.53
    """
    least, most = (float(stats.t.isf(alpha / 2 / count, df)) for count in (1, comparisons))
    if comparisons == 1:
        return least
    return float(
        brentq(lambda t: tail(t) - alpha, least * (1 - 1e-9), most * (1 + 1e-9), xtol=1e-12, rtol=1e-13)
    )


def _averaged(tail: Callable[[FloatArray], FloatArray], t_value: float, df: float) -> float:
    """Return the average of `tail` at t times s, where df s^2 is chi-squared; over the logarithm of s."""
    if t_value <= 0:
        return 1.0
    if t_value == inf:
        return 0.0
    low, high = -max(log(t_value), 0.0) - 45 / df - 1, log(1 + 90 / df) / 2 + 0.5
    step = min(0.1, 0.5 / sqrt(2 * df))
    logs = np.arange(low, high, step)
    s = np.exp(logs)
    density = df * logs - df / 2 * np.expm1(2 * logs)  # the logarithm, but for a constant
    used = density > -700
    weights = np.exp(density[used])
    return min(1.0, float(weights @ tail(t_value * s[used]) / weights.sum()))
