"""The permutations of two groups, of strata and of pairs: all, counted or drawn."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.counting import (
    MOST_WORK,
    in_units,
    split_counts,
    split_work,
    subset_counts,
    subset_work,
    without_rounding,
)
from mmstats.resampling.shift_test import Gaps, Permutations
from mmstats.resampling.splits import MOST_ENUMERATED, are_few, chosen_sums, seed_from, splits

MOST_PAIRS = 1_000  # whose sets of signs a double can count


def of_two_groups(
    comparison: FloatArray,
    reference: FloatArray,
    *,
    welch: bool,
    resamples: int,
    rng: np.random.Generator | None,
) -> Permutations:
    """Return the permutations of group labels, for the difference of two means.

    All splits are looked at while there are at most 200,000. More are counted by their sums where the
    statistic is the difference and values are whole multiples of a unit, such as scores, and drawn otherwise.

    Parameters
    ----------
    comparison, reference : float arrays, shape (n1,) and (n2,)
        Not all equal.
    welch : bool
        Whether the statistic is Welch's t, which holds its level with unequal variances too, or the
        difference itself. Welch's t needs two values in each group.
    resamples : int
    rng : numpy.random.Generator

    References: janssen1997, chung2013.
    """
    x, y = np.sort(comparison), np.sort(reference)
    middles = float(x[len(x) // 2]), float(y[len(y) // 2])
    # Each group near 0, so that a large difference costs no digits.
    x, y, offset = without_rounding(x - middles[0], y - middles[1], np.array([middles[0] - middles[1]]))
    return _of_splits([(x, y)], float(offset[0]), welch=welch, resamples=resamples, rng=rng)


def of_strata(
    strata: Sequence[tuple[FloatArray, FloatArray]], *, resamples: int, rng: np.random.Generator | None
) -> Permutations:
    """Return the permutations of group labels within strata, for one difference of means in all of them.

    The statistic is the sum of the comparison values minus what it is on average over the exchanges, stratum
    by stratum, without weighing strata by their precision. It is the difference adjusted for strata
    as by a linear model: the mean of the strata's differences, weighted by n1 n2 / (n1 + n2).

    Parameters
    ----------
    strata : sequence of pairs of float arrays
        The comparison and the reference values of each stratum; neither is empty.
    resamples : int
    rng : numpy.random.Generator

    References: strasser1999.
    """
    aligned: list[FloatArray] = []
    for comparison, reference in strata:
        pooled = np.sort(np.concatenate([comparison, reference]))
        middle = pooled[len(pooled) // 2]
        aligned += [np.sort(comparison) - middle, np.sort(reference) - middle]
    exact = without_rounding(*aligned)
    return _of_splits(
        list(zip(exact[::2], exact[1::2], strict=True)), 0.0, welch=False, resamples=resamples, rng=rng
    )


def of_pairs(differences: FloatArray, *, resamples: int, rng: np.random.Generator | None) -> Permutations:
    """Return the exchanges within pairs, which give differences random signs, for their mean.

    All sets of signs are looked at for up to 17 pairs; those of more are counted where differences are whole
    multiples of a unit, and drawn otherwise. The mean and its t value order them alike.

    Parameters
    ----------
    differences : float array, shape (n,)
        Not all equal.
    resamples : int
    rng : numpy.random.Generator

    References: fisher1935.
    """
    size, ordered = len(differences), np.sort(differences)
    d, middle = without_rounding(ordered - ordered[size // 2], ordered[[size // 2]])
    offset = float(middle[0])
    few = 2.0**size <= MOST_ENUMERATED
    counted = None if few else _counted_signs(d)
    shares = None if counted is None else counted[1]
    if few:
        signs = 2.0 * ((np.arange(2**size)[:, None] >> np.arange(size)) & 1) - 1
        sums = np.stack([signs @ d, signs.sum(axis=1)])
    elif counted is not None:
        sums = counted[0]
    else:
        from mmstats.resampling.kernels.splitting import draw_signed_sums

        sums = np.empty((2, resamples))
        draw_signed_sums(d, seed_from(rng), 0, sums)
    mean = float(d.mean())
    return Permutations(
        observed=Gaps(np.array([mean]), np.ones(1)),
        permuted=Gaps(sums[0] / size, sums[1] / size),
        exact=few or counted is not None,
        shares=shares,
        offset=offset,
        estimate=offset + mean,
        reach=sqrt(float(np.mean(d**2)) / size) or abs(offset) or 1.0,
        largest=float(np.abs(d).max()),
    )


def _of_splits(
    strata: Sequence[tuple[FloatArray, FloatArray]],
    offset: float,
    *,
    welch: bool,
    resamples: int,
    rng: np.random.Generator | None,
) -> Permutations:
    """Return all splits, counted or not, or random ones; Welch's t is for one stratum only."""
    both = np.array([[len(x), len(y)] for x, y in strata])
    sizes, smaller = both.sum(axis=1), int(np.argmin(both.sum(axis=0)))
    wanted = both[:, smaller]
    # One order of values whichever group is called the comparison, so exchanging them reflects the answer.
    values, is_own, is_smaller = np.hstack([_ordered(x, y, smaller) for x, y in strata])
    columns = np.stack([values, is_own, values**2, is_own * values] if welch else [values, is_own])
    few = are_few(sizes, wanted)
    counted = None if few or welch or len(strata) > 1 else _counted(*strata[0], int(wanted[0]))
    if counted is None:
        drawn = splits(sizes, wanted, resamples=resamples, rng=rng)
        sums, shares = np.hstack([chosen_sums(columns, chosen) for chosen in drawn]), None
    else:
        sums, shares = counted
    own = chosen_sums(columns, np.flatnonzero(is_smaller).astype(np.uint32)[None, :])
    totals = np.add.reduceat(columns, np.concatenate([[0], np.cumsum(sizes)[:-1]]), axis=1)
    expected = (totals * (wanted / sizes)).sum(axis=1)
    weight = float(np.sum(both.prod(axis=1) / sizes))
    sign = 1.0 if smaller == 0 else -1.0

    def gaps(part: FloatArray) -> Gaps:
        at, slope = (sign * (part[row] - expected[row]) / weight for row in (0, 1))
        return Gaps(at, slope, _spread(part, totals, int(sizes[0]), int(wanted[0])) if welch else None)

    observed = gaps(own)
    return Permutations(
        observed=observed,
        permuted=gaps(sums),
        exact=few or counted is not None,
        shares=shares,
        offset=offset,
        estimate=offset + float(observed.at[0]),
        reach=sqrt(float(np.mean(values**2)) / weight) or abs(offset) or 1.0,
        largest=float(np.abs(values).max()),
        whole=_whole(totals[:, 0], int(sizes[0]), int(wanted[0])) if welch else np.zeros(3),
    )


def _ordered(x: FloatArray, y: FloatArray, smaller: int) -> FloatArray:
    """Return values in ascending order, whether each is of `x`, and whether it is of the smaller group."""
    values, is_x = np.concatenate([x, y]), np.repeat([1.0, 0.0], [len(x), len(y)])
    is_smaller = is_x if smaller == 0 else 1 - is_x
    found: FloatArray = np.stack([values, is_x, is_smaller])[:, np.lexsort((is_smaller, values))]
    return found


def _counted(x: FloatArray, y: FloatArray, size: int) -> tuple[FloatArray, FloatArray] | None:
    """Return what splits may add up to, values and numbers of `x`, and how probable each is."""
    found = in_units(np.concatenate([x, y]))
    if found is None:
        return None
    own, other = np.split(found[0], [len(x)])
    low, low_other = int(own.min()), int(other.min())
    own, other = own - low, other - low_other
    if split_work(own, other) > MOST_WORK:
        return None
    sums, numbers, counts = split_counts(own, other, size)
    values = (sums + numbers * low + (size - numbers) * low_other) * found[1]
    return np.stack([values, numbers.astype(np.float64)]), counts / counts.sum()


def _counted_signs(differences: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Return what signed differences, and the signs, may add up to, and how probable each is."""
    found, size = in_units(differences), len(differences)
    if found is None:
        return None
    low = int(found[0].min())
    above = found[0] - low
    if size > MOST_PAIRS or subset_work(above) > MOST_WORK:
        return None
    counts = subset_counts(above, size)
    numbers, sums = np.nonzero(counts)
    values = (2 * (sums + numbers * low) - int(found[0].sum())) * found[1]
    return np.stack([values, 2.0 * numbers - size]), counts[numbers, sums] / 2.0**size


def _spread(part: FloatArray, totals: FloatArray, size: int, chosen: int) -> FloatArray:
    """Return the squared standard errors of the differences, as `Gaps.spread`, from sums over the chosen."""
    result = np.zeros((3, part.shape[1]))
    for sums, n in ((part, chosen), (totals - part, size - chosen)):
        share = sums[1] / n  # of comparison values; 0 and 1 are exact, and then no shift changes the variance
        result[0] += (sums[2] - sums[0] ** 2 / n) / (n * (n - 1))
        mixed = sums[1] - sums[1] * share
        result[1] += np.where(mixed > 0, sums[3] - sums[0] * share, 0.0) / (n * (n - 1))
        result[2] += mixed / (n * (n - 1))
    return result


def _whole(totals: FloatArray, size: int, chosen: int) -> FloatArray:
    """Return a bound of all `Gaps.spread`: that of all values, as if in the smaller group."""
    value, own, square, product = totals
    few = min(chosen, size - chosen)
    squares = (square - value**2 / size, product - value * own / size, own - own**2 / size)
    return np.array(squares) / (few * (few - 1))
