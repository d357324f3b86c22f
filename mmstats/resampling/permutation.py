"""Permutation tests of two groups and of pairs: p values, and the shifts that the test does not reject."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb, inf, sqrt

import numpy as np
import numpy.typing as npt

from mmstats.errors import MmstatsError
from mmstats.resampling.draws import FloatArray, IntArray

MOST_ENUMERATED = 200_000  # splits, or sets of signs, that are all looked at
CELLS = 262_144  # chosen rows held at once
TIE = 1e-10  # relative distance within which two statistics are equal but for rounding
NO_RNG = (
    "There are too many permutations to look at all of them, and rng is None. "
    "Give it a seeded generator: rng=numpy.random.default_rng(1)."
)

Indices = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Permutations:
    """What a test of a shift needs of every permutation, for any shift.

    Parameters
    ----------
    statistic : callable
        Takes a shift; returns the observed statistic and those of the permutations, shape (B,).
    exact : bool
        Whether these are all permutations, the observed one among them.
    estimate : float
        The shift at which the observed statistic is 0.
    reach : float
        A distance on the scale of the shift to step by.
    """

    statistic: Callable[[float], tuple[float, FloatArray]]
    exact: bool
    count: int
    estimate: float
    reach: float

    def p_value(self, shift: float) -> float:
        """Return the share of permutations whose statistic is at least as far from 0 as the observed one.

        For drawn permutations the observed one counts as one more: (b + 1) / (B + 1).
        """
        observed, permuted = self.statistic(shift)
        far = int(np.count_nonzero(np.abs(permuted) >= abs(observed) * (1 - TIE)))
        return far / self.count if self.exact else (far + 1) / (self.count + 1)

    def mcse(self, p_value: float) -> float:
        """Return the Monte-Carlo standard error of a p value."""
        return 0.0 if self.exact else sqrt(p_value * (1 - p_value) / self.count)

    def limits(self, alpha: float, null: float = 0.0) -> tuple[float, float]:
        """Return the least and the largest shift that the test does not reject at `alpha`.

        The interval holds `null` exactly when its p value is at least `alpha`. A limit is infinite where no
        shift is rejected.
        """
        inside = self.p_value(null) >= alpha
        return self._limit(-1.0, alpha, null, inside), self._limit(1.0, alpha, null, inside)

    def _limit(self, side: float, alpha: float, null: float, inside: bool) -> float:
        kept, rejected = self.estimate, inf
        if side * (null - self.estimate) > 0:
            kept, rejected = (null, inf) if inside else (self.estimate, null)
        step = self.reach
        while rejected == inf:
            if step > 1e9 * self.reach:
                return side * inf
            if self.p_value(kept + side * step) >= alpha:
                kept, step = kept + side * step, 2 * step
            else:
                rejected = kept + side * step
        for _ in range(60):
            middle = (kept + rejected) / 2
            if middle in (kept, rejected) or abs(rejected - kept) <= 1e-12 * self.reach:
                break
            kept, rejected = (middle, rejected) if self.p_value(middle) >= alpha else (kept, middle)
        return kept


def of_two_groups(
    comparison: FloatArray,
    reference: FloatArray,
    *,
    welch: bool,
    resamples: int,
    rng: np.random.Generator | None,
) -> Permutations:
    """Return the permutations of group labels, for the difference of two means.

    All splits are enumerated while there are at most 200,000; more are drawn.

    Parameters
    ----------
    comparison, reference : float arrays, shape (n1,) and (n2,)
        Sorted, so that the order of rows cannot change which are drawn, and near 0.
    welch : bool
        Whether the statistic is Welch's t, which holds its level with unequal variances too, or the
        difference itself.
    resamples : int
    rng : numpy.random.Generator

    References: janssen1997, chung2013.
    """
    n1, n2 = len(comparison), len(reference)
    values, own = np.concatenate([comparison, reference]), np.repeat([1.0, 0.0], [n1, n2])
    # What shifts need: sums of values, of squares, of values of the comparison group, and its count.
    columns = np.stack([values, values**2, own * values, own])
    fewer = min(n1, n2)
    exact = comb(n1 + n2, fewer) <= MOST_ENUMERATED
    sums = _sums(columns, np.array([n1 + n2]), np.array([fewer]), exact=exact, resamples=resamples, rng=rng)
    total, squares, total_own, count_own = columns.sum(axis=1)
    sign = 1.0 if n1 <= n2 else -1.0
    n_a, n_b = fewer, n1 + n2 - fewer

    def difference(shift: float, part: FloatArray) -> FloatArray:
        sum_a = part[0] - shift * part[3]
        square_a = part[1] - 2 * shift * part[2] + shift**2 * part[3]
        sum_b = total - shift * count_own - sum_a
        square_b = squares - 2 * shift * total_own + shift**2 * count_own - square_a
        gap: FloatArray = sign * (sum_a / n_a - sum_b / n_b)
        if not welch:
            return gap
        spread_a = np.maximum(square_a - sum_a**2 / n_a, 0) / (n_a * (n_a - 1))
        spread_b = np.maximum(square_b - sum_b**2 / n_b, 0) / (n_b * (n_b - 1))
        return studentized(gap, spread_a + spread_b)

    observed = columns[:, :n1].sum(axis=1) if sign > 0 else columns[:, n1:].sum(axis=1)

    def statistic(shift: float) -> tuple[float, FloatArray]:
        return float(difference(shift, observed[:, None])[0]), difference(shift, sums)

    spread = sqrt(float(values.var()) * (1 / n1 + 1 / n2))
    estimate = float(comparison.mean() - reference.mean())
    return Permutations(statistic, exact, sums.shape[1], estimate, spread)


def of_pairs(differences: FloatArray, *, resamples: int, rng: np.random.Generator | None) -> Permutations:
    """Return the exchanges within pairs, which give differences random signs, for their mean.

    All sets of signs are enumerated for up to 17 pairs. The mean and its t value order them alike.

    Parameters
    ----------
    differences : float array, shape (n,)
        Sorted.
    resamples : int
    rng : numpy.random.Generator

    References: fisher1935.
    """
    from mmstats.resampling.kernels.splitting import draw_signed_sums

    size = len(differences)
    exact = 2**size <= MOST_ENUMERATED
    if exact:
        signs = 2.0 * ((np.arange(2**size)[:, None] >> np.arange(size)) & 1) - 1
        sums = np.stack([(signs * differences).sum(axis=1), signs.sum(axis=1)])
    else:
        if rng is None:
            raise MmstatsError(NO_RNG)
        sums = np.empty((2, resamples))
        draw_signed_sums(differences, rng.integers(0, 2**64, dtype=np.uint64), 0, sums)

    def statistic(shift: float) -> tuple[float, FloatArray]:
        return float(differences.sum() - shift * size), sums[0] - shift * sums[1]

    spread = sqrt(float(np.mean(differences**2)) / size)
    return Permutations(statistic, exact, sums.shape[1], float(differences.mean()), spread)


def studentized(gap: FloatArray, variance: FloatArray) -> FloatArray:
    """Return t values; infinite where there is a gap and no variance, 0 where there is neither."""
    flat = variance <= 0
    at_flat = np.where(np.abs(gap) > 0, np.copysign(inf, gap), 0.0)
    result: FloatArray = np.where(flat, at_flat, gap / np.sqrt(np.where(flat, 1.0, variance)))
    return result


def _sums(
    columns: FloatArray,
    sizes: IntArray,
    wanted: IntArray,
    *,
    exact: bool,
    resamples: int,
    rng: np.random.Generator | None,
) -> FloatArray:
    """Return the sums of columns over the chosen rows of every split, shape (columns, B)."""
    from mmstats.resampling.kernels.splitting import split_sums

    parts = []
    splits = _every(int(sizes[0]), int(wanted[0])) if exact else drawn_splits(sizes, wanted, resamples, rng)
    for chosen in splits:
        found = np.empty((len(columns), len(chosen)))
        split_sums(chosen, columns, found)
        parts.append(found)
    return np.concatenate(parts, axis=1)


def drawn_splits(
    sizes: IntArray, wanted: IntArray, resamples: int, rng: np.random.Generator | None
) -> Iterator[Indices]:
    """Yield random splits in chunks: the rows of one group after an exchange of labels within strata.

    Parameters
    ----------
    sizes, wanted : int arrays, shape (strata,)
        How many rows each stratum has, and how many of them are in the group; rows are numbered through.
    resamples : int
    rng : numpy.random.Generator

    Yields
    ------
    uint32 array, shape (b, sum of wanted)
    """
    from mmstats.resampling.kernels.splitting import draw_splits

    if rng is None:
        raise MmstatsError(NO_RNG)
    seed, width = rng.integers(0, 2**64, dtype=np.uint64), int(wanted.sum())
    chunk = max(1, CELLS // width)
    for first in range(0, resamples, chunk):
        chosen = np.empty((min(chunk, resamples - first), width), dtype=np.uint32)
        draw_splits(chosen, sizes, wanted, seed, first)
        yield chosen


def _every(total: int, size: int) -> Iterator[Indices]:
    """Yield all sets of `size` out of `total` rows, in chunks."""
    from mmstats.resampling.kernels.splitting import next_splits

    last = np.arange(size, dtype=np.uint32)
    yield last[None, :].copy()
    left, chunk = comb(total, size) - 1, max(1, CELLS // size)
    while left:
        chosen = np.empty((min(chunk, left), size), dtype=np.uint32)
        next_splits(chosen, last, total)
        yield chosen
        left -= len(chosen)
