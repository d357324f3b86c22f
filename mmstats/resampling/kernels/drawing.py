"""Random weights, row by row, from a counter.

The k-th random word of a stream is a function of its seed and k alone (SplitMix64), so any resample can be
drawn without those before it: the size of a chunk and the number of workers cannot change one. A word of 64
bits gives two indices of 32, each by multiplying and shifting, whose bias is below n / 2^32.

References: steele2014, lemire2019.
"""

import numpy as np

from mmstats.compiling import compiled
from mmstats.resampling.kernels.types import FloatArray, IndexArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
BUFFER = 2_048  # indices drawn at once


@compiled
def word(state: np.uint64) -> np.uint64:
    """Return 64 random bits for a state; successive states differ by `GOLDEN`."""
    mixed = (state ^ (state >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    return mixed ^ (mixed >> np.uint64(31))


@compiled
def draw_indices(indices: IndexArray, size: int, seed: np.uint64, first: int) -> None:
    """Fill a flat array, of even length, with indices below `size`, beginning at a word of the stream.

    Parameters
    ----------
    indices : uint32 array, shape (2 * words,)
    size : int
    seed : uint64
    first : int
        The number of the first word.
    """
    count, begin = np.uint64(size), seed + np.uint64(first) * GOLDEN
    for k in range(len(indices) // 2):
        bits = word(begin + np.uint64(k + 1) * GOLDEN)
        indices[2 * k] = np.uint32(((bits & LOW) * count) >> HALF)
        indices[2 * k + 1] = np.uint32(((bits >> HALF) * count) >> HALF)


@compiled
def rows_at_once(size: int) -> int:
    """Return how many resamples to draw before they are used, so that they stay in the fastest memory."""
    return max(1, BUFFER // (size + size % 2))


@compiled
def draw_counts(weights: FloatArray, column: int, size: int, seed: np.uint64, first: int) -> None:
    """Fill the columns of one stratum with how often each unit is drawn, `size` draws with replacement.

    Resample r takes the words from r * ceil(size / 2) on.

    Parameters
    ----------
    weights : float array, shape (b, units)
        Its columns ``column`` to ``column + size`` are overwritten.
    column, size : int
    seed : uint64
        The stratum's stream.
    first : int
        The number of the first row's resample.
    """
    words, block = (size + 1) // 2, rows_at_once(size)
    indices = np.empty(2 * words * block, dtype=np.uint32)
    columns = weights[:, column : column + size]
    columns[:] = 0.0
    for start in range(0, weights.shape[0], block):
        rows = min(block, weights.shape[0] - start)
        draw_indices(indices[: 2 * words * rows], size, seed, (first + start) * words)
        for row in range(rows):
            for k in range(2 * words * row, 2 * words * row + size):
                columns[start + row, indices[k]] += 1.0


@compiled
def draw_inner(weights: FloatArray, outer: FloatArray, column: int, size: int, seed: np.uint64) -> None:
    """Fill the columns of one stratum with resamples of a resample.

    Parameters
    ----------
    weights : float array, shape (b, units)
    outer : float array, shape (units,)
        How often each unit is in the resample that is drawn from.
    column, size : int
    seed : uint64
        The stream of this resample's resamples.
    """
    held, k = np.empty(size, dtype=np.int64), 0
    for unit in range(column, column + size):
        for _ in range(int(outer[unit])):
            held[k] = unit
            k += 1
    count, state = np.uint64(size), seed
    for row in range(weights.shape[0]):
        weights[row, column : column + size] = 0.0
        for _ in range((size + 1) // 2):
            state += GOLDEN
            bits = word(state)
            weights[row, held[np.int64(((bits & LOW) * count) >> HALF)]] += 1.0
            if size % 2 == 0 or _ < size // 2:
                weights[row, held[np.int64(((bits >> HALF) * count) >> HALF)]] += 1.0


@compiled
def draw_exponentials(weights: FloatArray, column: int, size: int, seed: np.uint64, first: int) -> None:
    """Fill the columns of one stratum with weights that are uniform over all sets adding up to `size`.

    Exponential variables divided by their mean (Rubin's Bayesian bootstrap).

    Parameters
    ----------
    weights : float array, shape (b, units)
    column, size : int
    seed : uint64
    first : int
        The number of the first row's resample.
    """
    for row in range(weights.shape[0]):
        state, total = seed + np.uint64(first + row) * np.uint64(size) * GOLDEN, 0.0
        for unit in range(column, column + size):
            state += GOLDEN
            share = (np.float64(word(state) >> np.uint64(11)) + 0.5) / 9007199254740992.0  # 2^53
            weights[row, unit] = -np.log(share)
            total += weights[row, unit]
        for unit in range(column, column + size):
            weights[row, unit] *= size / total
