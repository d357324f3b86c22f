"""Joint permutation of several outcomes: step-down max-T p values and simultaneous limits."""

from dataclasses import dataclass

import numpy as np

from mmstats.resampling.arrays import FloatArray, IntArray
from mmstats.resampling.shift_test import NOISE
from mmstats.resampling.splits import Indices, are_few, chosen_sums, splits

TIE = 1e-10  # relative distance within which two statistics are equal but for rounding


@dataclass(frozen=True)
class MaxT:
    """What permuting participants says of several outcomes together.

    Parameters
    ----------
    p_values : float array, shape (outcomes,)
        Each outcome's own, from the same permutations.
    p_single : float array, shape (outcomes,)
        Adjusted in one step: how often the largest of all statistics is as large.
    p_adjusted : float array, shape (outcomes,)
        Adjusted by stepping down, which is never larger.
    largest : float array, shape (B,)
        The largest absolute statistic of each permutation, ascending.
    exact : bool
        Whether these are all permutations, the observed one among them.
    """

    p_values: FloatArray
    p_single: FloatArray
    p_adjusted: FloatArray
    largest: FloatArray
    exact: bool

    def critical(self, alpha: float) -> float:
        """Return the statistic beyond which one step rejects at `alpha`; infinite if none does."""
        count, seen = len(self.largest), 0 if self.exact else 1  # the observed one counts as one more
        allowed = int(np.ceil(alpha * (1 - TIE) * (count + seen))) - 1 - seen  # strictly below alpha
        return float(self.largest[count - 1 - allowed]) * (1 + TIE) if allowed >= 0 else float("inf")


def max_t(
    outcomes: FloatArray, members: IntArray, *, resamples: int, rng: np.random.Generator | None
) -> MaxT:
    """Return Westfall and Young's adjustment of Welch's t tests of several outcomes.

    Participants keep their outcomes together while group labels are exchanged, so correlated outcomes cost
    less than by Bonferroni or Holm. All splits are looked at while there are at most 200,000.

    Parameters
    ----------
    outcomes : float array, shape (outcomes, n)
        Rows of participants in an order that follows from their values, each outcome near 0.
    members : int array, shape (n1,)
        The participants of one group; both groups have at least 2.
    resamples : int
    rng : numpy.random.Generator

    References: westfall1993, janssen1997.
    """
    columns = np.concatenate([outcomes, outcomes**2])
    observed = _welch(columns, members[None, :].astype(np.uint32))[:, 0]
    order = np.argsort(-observed, kind="stable")
    bar = (observed * (1 - TIE))[order]
    sizes, wanted = np.array([outcomes.shape[1]]), np.array([len(members)])
    exact = are_few(sizes, wanted)
    own, single, stepped = (np.full(len(observed), 0 if exact else 1) for _ in range(3))
    largest = []
    for chosen in splits(sizes, wanted, resamples=resamples, rng=rng):
        permuted = _welch(columns, chosen)[order]
        own += np.count_nonzero(permuted >= bar[:, None], axis=1)
        np.maximum.accumulate(permuted[::-1], axis=0, out=permuted[::-1])
        largest.append(permuted[0].copy())
        single += np.count_nonzero(permuted[0] >= bar[:, None], axis=1)
        stepped += np.count_nonzero(permuted >= bar[:, None], axis=1)
    tops = np.sort(np.concatenate(largest))
    every = len(tops) + (0 if exact else 1)
    p_values = np.empty((3, len(observed)))
    p_values[:, order] = np.stack([own, single, np.maximum.accumulate(stepped)]) / every
    return MaxT(p_values[0], p_values[1], p_values[2], tops, exact)


def _welch(columns: FloatArray, chosen: Indices) -> FloatArray:
    """Return the size of Welch's t of every outcome for every split, shape (outcomes, B).

    It is infinite where both groups are constant and differ, and 0 where all values are equal.

    Parameters
    ----------
    columns : float array, shape (2 * outcomes, n)
        Values, then their squares.
    chosen : uint32 array, shape (B, n1)
    """
    count, n_a = len(columns) // 2, chosen.shape[1]
    n_b = columns.shape[1] - n_a
    sums, whole = chosen_sums(columns, chosen), columns.sum(axis=1, keepdims=True)
    sum_a, square_a = sums[:count], sums[count:]
    sum_b, square_b = whole[:count] - sum_a, whole[count:] - square_a
    gap = np.abs(sum_a / n_a - sum_b / n_b)
    variance = (square_a - sum_a**2 / n_a) / (n_a * (n_a - 1))
    variance += (square_b - sum_b**2 / n_b) / (n_b * (n_b - 1))
    size = np.sqrt(whole[count:])
    few = min(n_a, n_b)
    flat = variance <= NOISE * whole[count:] / (few * (few - 1))
    at_flat = np.where(gap > NOISE * size, np.inf, 0.0)
    found: FloatArray = np.where(flat, at_flat, gap / np.sqrt(np.where(flat, 1.0, variance)))
    return found
