"""Dunn's comparisons of mean ranks."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

MEAN_RANK_DIFFERENCE = Quantity("mean_rank_difference", "Difference of mean ranks", null=0)


class RankComparison(NamedTuple):
    """A difference of two mean ranks, comparison minus reference, and its standard error under the null."""

    estimate: float
    std_error: float

    @property
    def p_value(self) -> float:
        """Two-sided, from the normal distribution."""
        return float(2 * stats.norm.sf(abs(self.estimate / self.std_error)))


def rank_comparisons(samples: Sequence[FloatArray]) -> dict[tuple[int, int], RankComparison]:
    """Return each later group's mean rank minus each earlier one's, given values that are not all equal.

    All values are ranked together, so a comparison depends on the groups that are not in it.

    References: dunn1964.

    Examples
    --------
    >>> found = rank_comparisons([np.array([1.0, 2, 3]), np.array([4.0, 5, 6])])
    >>> found[0, 1].estimate, round(found[0, 1].std_error, 4)
    (3.0, 1.5275)
    """
    ranks = stats.rankdata(np.concatenate(samples))
    sizes = np.array([len(values) for values in samples])
    means = np.add.reduceat(ranks, np.cumsum(sizes) - sizes) / sizes
    spread = float(ranks.var(ddof=1))  # the ties are in it
    return {
        (i, j): RankComparison(float(means[j] - means[i]), sqrt(spread * (1 / sizes[i] + 1 / sizes[j])))
        for i in range(len(samples))
        for j in range(i + 1, len(samples))
    }
