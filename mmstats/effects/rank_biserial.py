"""The rank-biserial correlation of matched pairs."""

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
