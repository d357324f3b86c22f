"""Joint permutation of several outcomes: step-down max-T p values and simultaneous limits."""

from dataclasses import dataclass

import numpy as np

from mmstats.resampling.draws import FloatArray, IntArray
from mmstats.resampling.permutation import TIE, Indices, drawn_splits, studentized


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
    """

    p_values: FloatArray
    p_single: FloatArray
    p_adjusted: FloatArray
    largest: FloatArray

    def critical(self, alpha: float) -> float:
        """Return the least statistic that one step rejects at `alpha`; infinite if none can be."""
        allowed = int(np.floor(alpha * (len(self.largest) + 1) - 1 - 1e-9))  # strictly below alpha
        if allowed < 0:
            return float("inf")
        return float(self.largest[len(self.largest) - 1 - allowed])


def max_t(
    outcomes: FloatArray, members: IntArray, *, resamples: int, rng: np.random.Generator | None
) -> MaxT:
    """Return Westfall and Young's adjustment of Welch's t tests of several outcomes.

    Participants keep their outcomes together while group labels are exchanged, so correlated outcomes cost
    less than by Bonferroni or Holm.

    Parameters
    ----------
    outcomes : float array, shape (outcomes, n)
        Rows of participants in an order that follows from their values, each outcome near 0.
    members : int array, shape (n1,)
        The participants of one group.
    resamples : int
    rng : numpy.random.Generator

    References: westfall1993, janssen1997.
    """
    observed = np.abs(_welch(outcomes, members[None, :].astype(np.uint32))[:, 0])
    order = np.argsort(-observed, kind="stable")
    sizes, wanted = np.array([outcomes.shape[1]]), np.array([len(members)])
    bar = observed * (1 - TIE)
    own, single, stepped = (np.zeros(len(observed), dtype=np.int64) for _ in range(3))
    largest, first = np.empty(resamples), 0
    for chosen in drawn_splits(sizes, wanted, resamples, rng):
        permuted = np.abs(_welch(outcomes, chosen))
        own += np.count_nonzero(permuted >= bar[:, None], axis=1)
        top = permuted.max(axis=0)
        single += np.count_nonzero(top >= bar[:, None], axis=1)
        successive = np.maximum.accumulate(permuted[order[::-1]], axis=0)[::-1]
        stepped[order] += np.count_nonzero(successive >= bar[order][:, None], axis=1)
        largest[first : first + len(top)] = top
        first += len(top)
    adjusted = np.empty(len(observed))
    adjusted[order] = np.maximum.accumulate((stepped[order] + 1) / (resamples + 1))
    return MaxT((own + 1) / (resamples + 1), (single + 1) / (resamples + 1), adjusted, np.sort(largest))


def _welch(outcomes: FloatArray, chosen: Indices) -> FloatArray:
    """Return Welch's t of every outcome for every split, shape (outcomes, B)."""
    from mmstats.resampling.kernels.splitting import split_sums

    count, total = len(outcomes), outcomes.shape[1]
    columns = np.concatenate([outcomes, outcomes**2])
    sums = np.empty((2 * count, len(chosen)))
    split_sums(chosen, columns, sums)
    whole = columns.sum(axis=1, keepdims=True)
    n_a = chosen.shape[1]
    n_b = total - n_a
    sum_a, square_a = sums[:count], sums[count:]
    sum_b, square_b = whole[:count] - sum_a, whole[count:] - square_a
    spread_a = np.maximum(square_a - sum_a**2 / n_a, 0) / (n_a * (n_a - 1))
    spread_b = np.maximum(square_b - sum_b**2 / n_b, 0) / (n_b * (n_b - 1))
    return studentized(sum_a / n_a - sum_b / n_b, spread_a + spread_b)
