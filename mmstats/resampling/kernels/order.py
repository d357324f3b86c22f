"""Quantiles and trimmed means of weighted rows, by walking along values sorted once."""

import numpy as np

from mmstats.compiling import compiled
from mmstats.resampling.kernels.drawing import draw_indices, rows_at_once
from mmstats.resampling.kernels.types import FloatArray, IntArray, SeedArray


@compiled
def medians(weights: FloatArray, values: FloatArray, starts: IntArray, found: FloatArray) -> None:
    """Write the median of each group for each row of counts.

    Parameters
    ----------
    weights : float array, shape (b, n)
    values : float array, shape (n,)
        Ascending within each group.
    starts : int array, shape (groups + 1,)
    found : float array, shape (b, groups)
    """
    for group in range(len(starts) - 1):
        start, end = starts[group], starts[group + 1]
        for row in range(weights.shape[0]):
            total = 0
            for i in range(start, end):
                total += int(weights[row, i])
            twice, i = 2 * int(weights[row, start]), start
            while twice < total:
                i += 1
                twice += 2 * int(weights[row, i])
            upper = i
            if twice == total:
                upper += 1
                while weights[row, upper] == 0.0:
                    upper += 1
            found[row, group] = (values[i] + values[upper]) / 2 if upper > i else values[i]


@compiled
def drawn_medians(
    values: FloatArray, starts: IntArray, seeds: SeedArray, first: int, found: FloatArray
) -> None:
    """Write the medians of resamples while they are drawn, with the draws of `draw_counts`.

    Parameters
    ----------
    values : float array, shape (n,)
        Ascending within each group.
    starts : int array, shape (groups + 1,)
    seeds : uint64 array, shape (groups,)
    first : int
        The number of the first row's resample.
    found : float array, shape (b, groups)
    """
    for group in range(len(starts) - 1):
        x = values[starts[group] : starts[group + 1]]
        size = len(x)
        words, block = (size + 1) // 2, rows_at_once(size)
        indices = np.empty(2 * words * block, dtype=np.uint32)
        counts = np.empty(size, dtype=np.int64)
        for begin in range(0, found.shape[0], block):
            rows = min(block, found.shape[0] - begin)
            draw_indices(indices[: 2 * words * rows], size, seeds[group], (first + begin) * words)
            for row in range(rows):
                for i in range(size):
                    counts[i] = 0
                for k in range(2 * words * row, 2 * words * row + size):
                    counts[indices[k]] += 2
                i, twice = 0, counts[0]
                while twice < size:
                    i += 1
                    twice += counts[i]
                upper = i
                if twice == size:
                    upper += 1
                    while counts[upper] == 0:
                        upper += 1
                found[begin + row, group] = (x[i] + x[upper]) / 2 if upper > i else x[i]


@compiled
def trimmed_means(
    weights: FloatArray, values: FloatArray, starts: IntArray, trim: float, spread: bool, found: FloatArray
) -> None:
    """Write the trimmed mean of each group and its squared standard error, for each row of weights.

    Weights are counts of a resample. The standard error is Tukey and McLaughlin's, from the winsorised
    variance.

    Parameters
    ----------
    weights : float array, shape (b, n)
    values : float array, shape (n,)
        Ascending within each group.
    starts : int array, shape (groups + 1,)
    trim : float
        The share taken from each end.
    spread : bool
        Whether the standard errors are wanted; they are NaN otherwise.
    found : float array, shape (b, 2, groups)
    """
    for group in range(len(starts) - 1):
        x = values[starts[group] : starts[group + 1]]
        for row in range(weights.shape[0]):
            w = weights[row, starts[group] : starts[group + 1]]
            even, odd = 0.0, 0.0
            for i in range(0, len(w) - 1, 2):
                even += w[i]
                odd += w[i + 1]
            total = even + odd + (w[len(w) - 1] if len(w) % 2 else 0.0)
            aside = np.floor(trim * total)
            kept = total - 2 * aside
            low, below = 0, w[0]
            while below <= aside:
                low += 1
                below += w[low]
            high, above = len(w) - 1, w[len(w) - 1]
            while above <= aside:
                high -= 1
                above += w[high]
            mean = x[low]
            if low < high:
                even, odd = (above - aside) * (x[high] - x[low]), 0.0
                for i in range(low + 1, high - 1, 2):
                    even += w[i] * (x[i] - x[low])
                    odd += w[i + 1] * (x[i + 1] - x[low])
                if (high - low) % 2 == 0:
                    odd += w[high - 1] * (x[high - 1] - x[low])
                mean += (even + odd) / kept
            found[row, 0, group] = mean
            found[row, 1, group] = np.nan
            if spread:
                winsorised = 0.0
                for i in range(len(w)):
                    winsorised += w[i] * (min(max(x[i], x[low]), x[high]) - mean)
                centre = mean + winsorised / total
                squares = 0.0
                for i in range(len(w)):
                    squares += w[i] * (min(max(x[i], x[low]), x[high]) - centre) ** 2
                found[row, 1, group] = squares / (kept * (kept - 1)) if x[low] < x[high] else 0.0
