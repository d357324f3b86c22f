"""Null distributions of rank sums: exact by counting, with ties and zeros, or normal when there are too many.

Both kinds answer the same two questions, so a p value and the interval that inverts its test agree. Two-sided
always means the distance of the statistic from its mean, as R's `coin` has it, not the doubled smaller tail.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from mmstats.resampling.arrays import FloatArray, IntArray
from mmstats.resampling.counting import subset_counts

EXACT_PRODUCT = 2_500  # two groups: exact up to this product of their sizes, such as 50 and 50
EXACT_PAIRS = 200  # pairs: exact up to this many
ROUNDING = 1e-9  # a p value this close to alpha, relatively, equals it and does not reject


class Null(Protocol):
    """The distribution of a statistic's distance from its mean when there is no effect."""

    exact: bool

    def p_value(self, distance: float) -> float:
        """Return the probability of a distance at least as large."""

    def critical(self, alpha: float) -> float:
        """Return the least distance whose p value is below `alpha`; infinite if there is none."""

    def boundary(self, alpha: float) -> float:
        """Return a distance that parts those that reject from those that do not, and is itself neither."""


@dataclass(frozen=True)
class Exact:
    """A distribution counted out.

    Parameters
    ----------
    distances : float array, shape (k,)
        The possible distances from the mean, ascending.
    tails : float array, shape (k,)
        The probability of each or a larger one.
    """

    distances: FloatArray
    tails: FloatArray
    exact = True

    def p_value(self, distance: float) -> float:
        """Return the probability of a distance at least as large."""
        at = int(np.searchsorted(self.distances, distance))
        return float(self.tails[at]) if at < len(self.tails) else 0.0

    def critical(self, alpha: float) -> float:
        """Return the least distance whose p value is below `alpha`; infinite if there is none."""
        rejecting = self.distances[self.tails < alpha * (1 - ROUNDING)]
        return float(rejecting[0]) if len(rejecting) else np.inf

    def boundary(self, alpha: float) -> float:
        """Return the middle between the least distance that rejects and the one before it."""
        critical = self.critical(alpha)
        return (critical + float(self.distances[self.distances < critical][-1])) / 2


@dataclass(frozen=True)
class Normal:
    """The normal approximation with a continuity correction of one half."""

    std_dev: float
    exact = False

    def p_value(self, distance: float) -> float:
        """Return the probability of a distance at least as large."""
        if self.std_dev == 0:
            return 1.0
        return float(2 * ndtr(-max(distance - 0.5, 0.0) / self.std_dev))

    def critical(self, alpha: float) -> float:
        """Return the least distance whose p value is below `alpha`; infinite if there is none."""
        return float(-ndtri(alpha / 2)) * self.std_dev + 0.5 if self.std_dev > 0 else np.inf

    def boundary(self, alpha: float) -> float:
        """Return the critical distance, which no rank sum equals."""
        return self.critical(alpha)


def rank_sum(ranks: FloatArray, size: int) -> Null:
    """Return the null distribution of the sum of `size` of the `ranks`, given the ties.

    Exact by the shift algorithm (counting the subsets of each sum) while the product of the group sizes
    is at most 2,500.

    Parameters
    ----------
    ranks : float array, shape (N,)
        Midranks of the pooled sample.
    size : int
        The size of either group.

    References: streitberg1986.

    Examples
    --------
    >>> rank_sum(np.array([1.0, 2.0, 3.5, 3.5]), 1).p_value(1.0)
    0.75
    """
    total = len(ranks)
    if size * (total - size) > EXACT_PRODUCT:
        variance = size * (total - size) / (total * (total - 1)) * float(np.sum((ranks - ranks.mean()) ** 2))
        return Normal(float(np.sqrt(variance)))
    size = min(size, total - size)  # the other group's sum is as far from its mean
    doubled = _doubled(ranks)
    return _exact(subset_counts(doubled, size)[size], size * int(doubled.sum()), total)


def signed_rank_sum(ranks: FloatArray) -> Null:
    """Return the null distribution of the sum of the ranks with positive sign, every sign equally likely.

    Exact for up to 200 ranks.

    Parameters
    ----------
    ranks : float array, shape (n,)
        Midranks of the absolute differences that are not zero.

    Examples
    --------
    >>> signed_rank_sum(np.array([1.0, 2.0, 3.0])).p_value(3.0)
    0.25
    """
    if len(ranks) > EXACT_PAIRS:
        return Normal(float(np.sqrt(np.sum(ranks**2) / 4)))
    doubled = _doubled(ranks)
    probabilities = np.zeros(int(doubled.sum()) + 1)
    probabilities[0] = 1
    for rank in doubled:
        moved = probabilities[: len(probabilities) - rank] / 2
        probabilities /= 2
        probabilities[rank:] += moved
    return _exact(probabilities, int(doubled.sum()), 2)


def _doubled(ranks: FloatArray) -> IntArray:
    return np.rint(2 * ranks).astype(np.int64)


def _exact(counts: npt.NDArray[np.float64], mean_numerator: int, mean_denominator: int) -> Exact:
    """Return the distribution of the distance of a doubled sum from its mean, a fraction."""
    sums = np.flatnonzero(counts)
    distances, where = np.unique(np.abs(mean_denominator * sums - mean_numerator), return_inverse=True)
    weights = np.bincount(where, counts[sums])
    tails = np.cumsum(weights[::-1])[::-1] / weights.sum()
    return Exact(distances / (2 * mean_denominator), np.minimum(tails, 1.0))
