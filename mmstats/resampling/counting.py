"""Exact null distributions by counting: how many subsets of whole numbers have each size and each sum.

Many splits share a sum when values are scores, ranks or short decimals, so counting sums reaches samples
whose splits could never be listed.
"""

from math import ceil

import numpy as np

from mmstats.resampling.arrays import FloatArray, IntArray

MOST_STEPS = 1_000_000  # the widest range of values, in units
MOST_WORK = 400_000_000  # additions and products, about half a second
NOISE = 1e-9  # of the largest value: what binary rounding may add to a multiple of the unit


def subset_counts(values: IntArray, most: int) -> FloatArray:
    """Return how many subsets of each size up to `most` have each sum, by the shift algorithm.

    Parameters
    ----------
    values : int array, shape (n,)
        None negative.
    most : int

    Returns
    -------
    float array, shape (most + 1, largest sum + 1)

    References: streitberg1986.

    Examples
    --------
    >>> subset_counts(np.array([1, 2, 2]), 2)
    array([[1., 0., 0., 0., 0.],
           [0., 1., 2., 0., 0.],
           [0., 0., 0., 2., 1.]])
    """
    largest = int(np.sort(values)[len(values) - most :].sum())
    counts = np.zeros((most + 1, largest + 1))
    counts[0, 0] = 1
    for value in values:
        width = counts.shape[1] - value
        if width > 0:
            counts[1:, value:] += counts[:-1, :width].copy()
    return counts


def split_counts(
    comparison: IntArray, reference: IntArray, size: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return every sum that `size` of all values may have, how many are comparison values, and its count.

    Knowing how many are comparison values is knowing the sum after any shift of them.

    Parameters
    ----------
    comparison, reference : int arrays, shape (n1,) and (n2,)
        None negative.
    size : int
        The size of either group.
    """
    own = subset_counts(comparison, min(size, len(comparison)))
    other = subset_counts(reference, min(size, len(reference)))
    sums, numbers, counts = [], [], []
    for number in range(max(0, size - len(reference)), min(size, len(comparison)) + 1):
        together = np.convolve(_reached(own[number]), _reached(other[size - number]))
        found = np.flatnonzero(together)
        sums.append(found)
        numbers.append(np.full(len(found), number))
        counts.append(together[found])
    return np.concatenate(sums), np.concatenate(numbers), np.concatenate(counts)


def split_work(comparison: IntArray, reference: IntArray) -> float:
    """Return about how many steps `split_counts` takes."""
    widths = [float(np.ptp(values)) * len(values) / 2 for values in (comparison, reference)]
    return min(len(comparison), len(reference)) * (widths[0] + 1) * (widths[1] + 1)


def subset_work(values: IntArray) -> float:
    """Return about how many steps `subset_counts` takes for subsets of every size."""
    return float(len(values)) ** 2 * (float(values.sum()) + 1)


def in_units(values: FloatArray) -> tuple[IntArray, float] | None:
    """Return values as multiples of their greatest common unit, and the unit; None if it is too small.

    Parameters
    ----------
    values : float array, shape (n,)

    Examples
    --------
    >>> multiples, unit = in_units(np.array([0.0, 0.3, 0.1 + 0.2, -0.2]))
    >>> multiples, round(unit, 12)
    (array([ 0,  3,  3, -2]), 0.1)
    """
    largest = float(np.abs(values).max())
    noise, unit = NOISE * largest, 0.0
    sizes = np.unique(np.abs(values))
    for value in sizes[sizes > noise].tolist():
        low, high = sorted((unit, value))
        while low > noise:  # Euclid's algorithm
            rest = high % low
            low, high = (0.0 if low - rest <= noise else rest), low
        unit = high
        if unit * MOST_STEPS < largest:
            return None
    if unit == 0:
        return np.zeros(len(values), dtype=np.int64), 1.0
    unit = largest / ceil(largest / unit - 0.5)
    multiples = np.rint(values / unit)
    if float(np.abs(values - multiples * unit).max()) > noise:
        return None
    return multiples.astype(np.int64), unit


def without_rounding(*samples: FloatArray) -> list[FloatArray]:
    """Return samples as multiples of their unit, so that sums that should be equal are; or as they are."""
    pooled = np.concatenate(samples)
    found = in_units(pooled)
    exact = pooled if found is None else found[0] * found[1]
    return np.split(exact, np.cumsum([len(sample) for sample in samples])[:-1])


def _reached(counts: FloatArray) -> FloatArray:
    """Return counts up to the last that is not zero."""
    return counts[: int(np.flatnonzero(counts)[-1]) + 1]
