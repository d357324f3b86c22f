"""Splits of rows in two groups, drawn or enumerated, and what the chosen rows add up to."""

import numpy as np

from mmstats.compiling import compiled
from mmstats.resampling.kernels.drawing import GOLDEN, HALF, LOW, word
from mmstats.resampling.kernels.types import FloatArray, IndexArray, IntArray


@compiled
def draw_splits(chosen: IndexArray, sizes: IntArray, wanted: IntArray, seed: np.uint64, first: int) -> None:
    """Fill each row with the rows of one group after a random exchange of group labels within strata.

    Parameters
    ----------
    chosen : uint32 array, shape (b, sum of wanted)
    sizes, wanted : int arrays, shape (strata,)
        How many rows each stratum has, and how many of them are in the group.
    seed : uint64
    first : int
        The number of the first row's split, which takes the words from its number times its words on.
    """
    total, width = np.sum(sizes), chosen.shape[1]
    words = (width + 1) // 2
    # Of each place in a row: what is left to choose from there, and where that begins.
    left, begins = np.empty(2 * words, dtype=np.uint64), np.empty(2 * words, dtype=np.uint64)
    left[-1], begins[-1] = 1, 0
    start, k = 0, 0
    for stratum in range(len(sizes)):
        for i in range(wanted[stratum]):
            left[k], begins[k] = sizes[stratum] - i, start + i
            k += 1
        start += sizes[stratum]
    order, places = np.empty(total, dtype=np.uint32), np.empty(2 * words, dtype=np.uint32)
    for row in range(chosen.shape[0]):
        for i in range(total):
            order[i] = i
        state = seed + np.uint64(first + row) * np.uint64(words) * GOLDEN
        for k in range(words):
            bits = word(state + np.uint64(k + 1) * GOLDEN)
            places[2 * k] = begins[2 * k] + (((bits & LOW) * left[2 * k]) >> HALF)
            places[2 * k + 1] = begins[2 * k + 1] + (((bits >> HALF) * left[2 * k + 1]) >> HALF)
        for k in range(width):
            chosen[row, k] = order[places[k]]
            order[places[k]] = order[begins[k]]  # which is not looked at again


@compiled
def next_splits(chosen: IndexArray, last: IndexArray, total: int) -> None:
    """Fill each row with the next set of rows in lexicographic order, beginning after `last`.

    Parameters
    ----------
    chosen : uint32 array, shape (b, size)
    last : uint32 array, shape (size,)
        Ascending; it is moved along, to the last row.
    total : int
    """
    size = len(last)
    for row in range(chosen.shape[0]):
        i = size - 1
        while last[i] == total - size + i:
            i -= 1
        last[i] += 1
        for k in range(i + 1, size):
            last[k] = last[k - 1] + 1
        for k in range(size):
            chosen[row, k] = last[k]


@compiled
def split_sums(chosen: IndexArray, values: FloatArray, found: FloatArray) -> None:
    """Write the sum of each column over the chosen rows.

    Parameters
    ----------
    chosen : uint32 array, shape (b, size)
    values : float array, shape (columns, n)
    found : float array, shape (columns, b)
    """
    whole = chosen.shape[1] - chosen.shape[1] % 4
    for column in range(values.shape[0]):
        x = values[column]
        for row in range(chosen.shape[0]):
            # Four sums at a time, which need not wait for each other.
            sum_0, sum_1, sum_2, sum_3 = 0.0, 0.0, 0.0, 0.0
            for k in range(0, whole, 4):
                sum_0 += x[chosen[row, k]]
                sum_1 += x[chosen[row, k + 1]]
                sum_2 += x[chosen[row, k + 2]]
                sum_3 += x[chosen[row, k + 3]]
            for k in range(whole, chosen.shape[1]):
                sum_0 += x[chosen[row, k]]
            found[column, row] = (sum_0 + sum_1) + (sum_2 + sum_3)


@compiled
def draw_signed_sums(values: FloatArray, seed: np.uint64, first: int, found: FloatArray) -> None:
    """Write, for random signs, the sum of the signed values and of the signs.

    Parameters
    ----------
    values : float array, shape (n,)
    seed : uint64
    first : int
        The number of the first row's signs, which takes ceil(n / 64) words.
    found : float array, shape (2, b)
    """
    size = len(values)
    words = np.uint64((size + 63) // 64)
    for row in range(found.shape[1]):
        state = seed + np.uint64(first + row) * words * GOLDEN
        bits, total, signs = np.uint64(0), 0.0, 0.0
        for i in range(size):
            if i % 64 == 0:
                state += GOLDEN
                bits = word(state)
            sign = 1.0 if bits & np.uint64(1) else -1.0
            bits >>= np.uint64(1)
            total += sign * values[i]
            signs += sign
        found[0, row] = total
        found[1, row] = signs
