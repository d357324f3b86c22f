"""Weighted means and variances of groups."""

import numpy as np

from mmstats.compiling import compiled
from mmstats.effects.pearson_r import ON_A_LINE
from mmstats.resampling.kernels.drawing import draw_indices, rows_at_once
from mmstats.resampling.kernels.types import FloatArray, IndexArray, IntArray, SeedArray


@compiled
def group_moments(
    weights: FloatArray, values: FloatArray, starts: IntArray, spread: bool, found: FloatArray
) -> None:
    """Write the weighted size, mean, and sum of squared deviations of each group, for each row of weights.

    For weights of any origin; `drawn_moments` gives the same of resamples, without writing weights down.

    Parameters
    ----------
    weights : float array, shape (b, n)
    values : float array, shape (n,)
        Ascending within each group.
    starts : int array, shape (groups + 1,)
        Where each group starts, and n.
    spread : bool
        Whether the sums of squares are wanted; they are 0 otherwise.
    found : float array, shape (b, 3, groups)
    """
    for group in range(len(starts) - 1):
        start, end = starts[group], starts[group + 1]
        for row in range(weights.shape[0]):
            w, x = weights[row, start:end], values[start:end]
            n = len(x)
            total, total_odd, mean, mean_odd = 0.0, 0.0, 0.0, 0.0
            for i in range(0, n - 1, 2):
                total += w[i]
                total_odd += w[i + 1]
                mean += w[i] * x[i]
                mean_odd += w[i + 1] * x[i + 1]
            if n % 2:
                total += w[n - 1]
                mean += w[n - 1] * x[n - 1]
            total += total_odd
            mean = (mean + mean_odd) / total
            squares = 0.0
            if spread:
                low, high = 0, n - 1
                while w[low] == 0.0 and low < high:
                    low += 1
                while w[high] == 0.0 and low < high:
                    high -= 1
                if x[low] == x[high]:  # one value only: exactly it, and exactly no spread
                    mean = x[low]
                else:
                    odd = 0.0
                    for i in range(0, n - 1, 2):
                        squares += w[i] * (x[i] - mean) ** 2
                        odd += w[i + 1] * (x[i + 1] - mean) ** 2
                    if n % 2:
                        squares += w[n - 1] * (x[n - 1] - mean) ** 2
                    squares += odd
            found[row, 0, group] = total
            found[row, 1, group] = mean
            found[row, 2, group] = squares


@compiled
def drawn_moments(
    values: FloatArray,
    starts: IntArray,
    seeds: SeedArray,
    first: int,
    spread: bool,
    found: FloatArray,
) -> None:
    """Write size, mean and sum of squared deviations of each group's resamples while they are drawn.

    The draws are those of `draw_counts`. Squares are summed about the group's own centre, which should be
    near 0; where that leaves fewer than 10 digits, and where the resample holds one value only, they are
    summed again about its mean.

    Parameters
    ----------
    values : float array, shape (n,)
    starts : int array, shape (groups + 1,)
    seeds : uint64 array, shape (groups,)
    first : int
        The number of the first row's resample.
    spread : bool
        Whether the sums of squares are wanted; they are 0 otherwise.
    found : float array, shape (b, 3, groups)
    """
    for group in range(len(starts) - 1):
        x = values[starts[group] : starts[group + 1]]
        size = len(x)
        words, block = (size + 1) // 2, rows_at_once(size)
        indices = np.empty(2 * words * block, dtype=np.uint32)
        for begin in range(0, found.shape[0], block):
            rows = min(block, found.shape[0] - begin)
            draw_indices(indices[: 2 * words * rows], size, seeds[group], (first + begin) * words)
            for row in range(rows):
                start, end = 2 * words * row, 2 * words * row + size
                whole = end - size % 4
                # Four sums at a time, which need not wait for each other.
                sum_0, sum_1, sum_2, sum_3 = 0.0, 0.0, 0.0, 0.0
                square_0, square_1, square_2, square_3 = 0.0, 0.0, 0.0, 0.0
                if spread:
                    for k in range(start, whole, 4):
                        a, b, c, d = x[indices[k]], x[indices[k + 1]], x[indices[k + 2]], x[indices[k + 3]]
                        sum_0 += a
                        sum_1 += b
                        sum_2 += c
                        sum_3 += d
                        square_0 += a * a
                        square_1 += b * b
                        square_2 += c * c
                        square_3 += d * d
                else:
                    for k in range(start, whole, 4):
                        sum_0 += x[indices[k]]
                        sum_1 += x[indices[k + 1]]
                        sum_2 += x[indices[k + 2]]
                        sum_3 += x[indices[k + 3]]
                for k in range(whole, end):
                    a = x[indices[k]]
                    sum_0 += a
                    square_0 += a * a
                mean = ((sum_0 + sum_1) + (sum_2 + sum_3)) / size
                square = (square_0 + square_1) + (square_2 + square_3)
                squares = square - mean * mean * size if spread else 0.0
                if spread and squares <= 1e-6 * square:
                    mean, squares = _again(x, indices[start : start + size], mean)
                found[begin + row, 0, group] = size
                found[begin + row, 1, group] = mean
                found[begin + row, 2, group] = squares


@compiled
def _again(x: FloatArray, drawn: IndexArray, mean: float) -> tuple[float, float]:
    """Return the mean of the values drawn and the sum of squares about it, exact where all are equal."""
    least, most, squares = np.inf, -np.inf, 0.0
    for k in drawn:
        least, most = min(least, x[k]), max(most, x[k])
        squares += (x[k] - mean) ** 2
    return (least, 0.0) if least == most else (mean, squares)


@compiled
def correlation(weights: FloatArray, x: FloatArray, y: FloatArray, spread: bool, found: FloatArray) -> None:
    """Write the correlation for each row of weights, and the standard error of its Fisher's z.

    NaN where x or y is constant. The standard error comes from the influence function, for any distribution;
    it is NaN where the rows lie on a line.

    Parameters
    ----------
    weights : float array, shape (b, n)
    x, y : float arrays, shape (n,)
        Centred and scaled, so that squares neither overflow nor vanish.
    spread : bool
        Whether standard errors are wanted; they are NaN otherwise.
    found : float array, shape (b, 2)
    """
    for row in range(weights.shape[0]):
        w = weights[row]
        total, mean_x, mean_y, first = 0.0, 0.0, 0.0, -1
        same_x, same_y = True, True
        for i in range(len(w)):
            total += w[i]
            mean_x += w[i] * x[i]
            mean_y += w[i] * y[i]
            if w[i] > 0:
                if first < 0:
                    first = i
                same_x = same_x and x[i] == x[first]
                same_y = same_y and y[i] == y[first]
        mean_x /= total
        mean_y /= total
        xx, yy, xy = 0.0, 0.0, 0.0
        for i in range(len(w)):
            u, v = x[i] - mean_x, y[i] - mean_y
            xx += w[i] * u * u
            yy += w[i] * v * v
            xy += w[i] * u * v
        found[row, 1] = np.nan
        if same_x or same_y or xx == 0.0 or yy == 0.0:
            found[row, 0] = np.nan
            continue
        r = min(max(xy / (np.sqrt(xx) * np.sqrt(yy)), -1.0), 1.0)
        found[row, 0] = r
        if spread and 1 - abs(r) > ON_A_LINE:
            squares = 0.0
            for i in range(len(w)):
                u, v = (x[i] - mean_x) / np.sqrt(xx), (y[i] - mean_y) / np.sqrt(yy)
                squares += w[i] * (u * v - r * (u * u + v * v) / 2) ** 2
            found[row, 1] = np.sqrt(squares) / (1 - r * r)


@compiled
def drawn_correlation(
    x: FloatArray, y: FloatArray, seed: np.uint64, first: int, spread: bool, found: FloatArray
) -> None:
    """Write what `correlation` does, of resamples while they are drawn.

    The draws are those of `draw_counts`. Products are summed about the centre of all rows, which should be
    near 0; where that leaves fewer than 10 digits they are summed again about the resample's means.

    Parameters
    ----------
    x, y : float arrays, shape (n,)
    seed : uint64
    first : int
        The number of the first row's resample.
    spread : bool
        Whether standard errors are wanted; they are NaN otherwise.
    found : float array, shape (b, 2)
    """
    size = len(x)
    words, block = (size + 1) // 2, rows_at_once(size)
    indices = np.empty(2 * words * block, dtype=np.uint32)
    for begin in range(0, found.shape[0], block):
        rows = min(block, found.shape[0] - begin)
        draw_indices(indices[: 2 * words * rows], size, seed, (first + begin) * words)
        for row in range(rows):
            start = 2 * words * row
            sum_x, sum_y, xx, yy, xy = 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(start, start + size):
                u, v = x[indices[k]], y[indices[k]]
                sum_x += u
                sum_y += v
                xx += u * u
                yy += v * v
                xy += u * v
            left_x, left_y = xx - sum_x * sum_x / size, yy - sum_y * sum_y / size
            if spread or left_x <= 1e-6 * xx or left_y <= 1e-6 * yy:
                _correlation_again(x, y, indices[start : start + size], spread, found[begin + row])
            else:
                r = (xy - sum_x * sum_y / size) / (np.sqrt(left_x) * np.sqrt(left_y))
                found[begin + row, 0] = min(max(r, -1.0), 1.0)
                found[begin + row, 1] = np.nan


@compiled
def _correlation_again(
    x: FloatArray, y: FloatArray, drawn: IndexArray, spread: bool, found: FloatArray
) -> None:
    counts = np.zeros((1, len(x)))
    for k in drawn:
        counts[0, k] += 1.0
    correlation(counts, x, y, spread, found.reshape((1, 2)))
