"""The rank-biserial correlation of matched pairs."""

from math import isinf, sqrt

from mmstats.effects.mean_difference import FloatArray
from mmstats.estimate import Quantity

RANK_BISERIAL = Quantity("rank_biserial", "Matched-pairs rank-biserial correlation", null=0)


def rank_biserial(ranks: FloatArray, signs: FloatArray) -> float:
    """Return the ranks of positive minus those of negative differences, as a share of them all.

    Parameters
    ----------
    ranks, signs : float arrays, shape (n,)
        The ranks of the absolute differences that are not zero, and the signs of the differences.

    References: kerby2014.

    Examples
    --------
    >>> import numpy as np
    >>> rank_biserial(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, -1.0, 1.0, 1.0]))
    0.6
    """
    return float((ranks * signs).sum() / ranks.sum())


def score_limits(estimate: float, *, reach: float) -> tuple[float, float]:
    """Return the score interval: the values r with (estimate - r)^2 at most `reach`^2 (1 - r^2).

    The variance shrinks towards -1 and 1 as that of the share of positive signs does; where all differences
    have one size, this is Wilson's interval. At 0 it is the variance of the signed-rank test, so with that
    test's critical value the interval leaves out 0 exactly when the test rejects.

    Parameters
    ----------
    estimate : float
    reach : float
        The distance from 0 at which the test begins to reject; infinite if it cannot, which gives -1 to 1.

    References: wilson1927.

    Examples
    --------
    >>> low, high = score_limits(0.6, reach=0.5)
    >>> round(low, 4), round(high, 4)
    (0.1026, 0.8574)
    """
    if isinf(reach):
        return -1.0, 1.0
    share = reach**2
    half = reach * sqrt(max(1 + share - estimate**2, 0.0))
    return max((estimate - half) / (1 + share), -1.0), min((estimate + half) / (1 + share), 1.0)
