"""Rank statistics of weighted rows, by counting: sorted once, then linear or nearly so in the rows."""

import numpy as np

from mmstats.compiling import compiled
from mmstats.resampling.kernels.types import FloatArray, IndexArray, IntArray


@compiled
def superiority(
    weights: FloatArray, below: IndexArray, up_to: IndexArray, first_group: int, found: FloatArray
) -> None:
    """Write P(first > second) + P(equal) / 2 and its Brunner-Munzel standard error, for each row of counts.

    Sums are of whole numbers, so exchanging the groups mirrors them to the last bit.

    Parameters
    ----------
    weights : float array, shape (b, n)
        Whole numbers; columns below `first_group` belong to the first group, each group in ascending order.
    below, up_to : uint32 arrays, shape (n,)
        How many values of the other group are below each value, and how many are not above it.
    first_group : int
    found : float array, shape (b, 2)
    """
    size = weights.shape[1]
    before_1 = np.zeros(first_group + 1, dtype=np.int64)
    before_2 = np.zeros(size - first_group + 1, dtype=np.int64)
    for row in range(weights.shape[0]):
        for i in range(first_group):
            before_1[i + 1] = before_1[i] + int(weights[row, i])
        for i in range(size - first_group):
            before_2[i + 1] = before_2[i] + int(weights[row, first_group + i])
        wins_1, squares_1, squares_2 = 0, 0, 0
        for i in range(first_group):
            place = before_2[below[i]] + before_2[up_to[i]]
            times = int(weights[row, i]) * place
            wins_1 += times
            squares_1 += times * place
        for i in range(first_group, size):
            place = before_1[below[i]] + before_1[up_to[i]]
            squares_2 += int(weights[row, i]) * place * place
        count_1, count_2 = before_1[first_group], before_2[size - first_group]
        pairs = 2 * count_1 * count_2
        wins_2 = pairs - wins_1
        found[row, 0] = wins_1 / pairs if wins_1 <= wins_2 else 1 - wins_2 / pairs
        # Sums of squared deviations of the doubled places, times the group's size.
        spread_1 = float(count_1 * squares_1 - wins_1 * wins_1)
        spread_2 = float(count_2 * squares_2 - wins_2 * wins_2)
        n_1, n_2 = float(count_1), float(count_2)
        part_1 = spread_1 / (n_1 * n_1 * (n_1 - 1) * 4 * n_2 * n_2)
        part_2 = spread_2 / (n_2 * n_2 * (n_2 - 1) * 4 * n_1 * n_1)
        found[row, 1] = np.sqrt(part_1 + part_2)


@compiled
def spearman(
    weights: FloatArray, x_blocks: IntArray, y_order: IndexArray, y_blocks: IntArray, found: FloatArray
) -> None:
    """Write the correlation of midranks for each row of counts; NaN where either variable is constant.

    Parameters
    ----------
    weights : float array, shape (b, n)
        Whole numbers; columns in the order of x.
    x_blocks : int array, shape (ties + 1,)
        Where each set of equal x starts, and n.
    y_order : uint32 array, shape (n,)
        The columns in the order of y.
    y_blocks : int array, shape (ties + 1,)
        Where in `y_order` each set of equal y starts, and n.
    found : float array, shape (b,)
    """
    size = weights.shape[1]
    rank, counts = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    x_tied, y_tied = len(x_blocks) - 1 < size, len(y_blocks) - 1 < size
    for row in range(weights.shape[0]):
        total = 0
        for i in range(size):
            counts[i] = int(weights[row, i])
            total += counts[i]
        # Twice the distances of midranks from their mean: whole numbers.
        below, xx, yy, xy = -total, 0, 0, 0
        if x_tied:
            for block in range(len(x_blocks) - 1):
                tied = 0
                for i in range(x_blocks[block], x_blocks[block + 1]):
                    tied += counts[i]
                middle = below + tied
                for i in range(x_blocks[block], x_blocks[block + 1]):
                    rank[i] = middle
                xx += tied * middle * middle
                below += 2 * tied
        else:
            for i in range(size):
                middle = below + counts[i]
                rank[i] = middle
                xx += counts[i] * middle * middle
                below += 2 * counts[i]
        below = -total
        if y_tied:
            for block in range(len(y_blocks) - 1):
                tied, inner = 0, 0
                for k in range(y_blocks[block], y_blocks[block + 1]):
                    i = y_order[k]
                    tied += counts[i]
                    inner += counts[i] * rank[i]
                middle = below + tied
                yy += tied * middle * middle
                xy += inner * middle
                below += 2 * tied
        else:
            for k in range(size):
                i = y_order[k]
                middle = below + counts[i]
                yy += counts[i] * middle * middle
                xy += counts[i] * rank[i] * middle
                below += 2 * counts[i]
        found[row] = xy / np.sqrt(float(xx) * float(yy)) if xx > 0 and yy > 0 else np.nan


@compiled
def kendall(
    weights: FloatArray, x_blocks: IntArray, y_code: IndexArray, levels: int, found: FloatArray
) -> None:
    """Write tau-b for each row of counts; NaN where either variable is constant.

    Pairs are counted by adding the rows in the order of x to a tree of sums over the levels of y.

    Parameters
    ----------
    weights : float array, shape (b, n)
        Whole numbers; columns in the order of x.
    x_blocks : int array, shape (ties + 1,)
    y_code : int array, shape (n,)
        The place of each y among the distinct values, from 1.
    levels : int
        How many distinct values y has.
    found : float array, shape (b,)
    """
    tree, at_level = np.empty(levels + 1, dtype=np.int64), np.empty(levels + 1, dtype=np.int64)
    for row in range(weights.shape[0]):
        w = weights[row]
        tree[:] = 0
        at_level[:] = 0
        done, score, same_x, same_y = 0, 0, 0, 0
        for block in range(len(x_blocks) - 1):
            tied = 0
            for i in range(x_blocks[block], x_blocks[block + 1]):
                count = int(w[i])
                if count > 0:
                    below, k = 0, y_code[i] - 1
                    while k > 0:
                        below += tree[k]
                        k -= k & -k
                    score += count * (2 * below - done + at_level[y_code[i]])
            for i in range(x_blocks[block], x_blocks[block + 1]):
                count = int(w[i])
                if count > 0:
                    tied += count
                    k = y_code[i]
                    at_level[k] += count
                    while k <= levels:
                        tree[k] += count
                        k += k & -k
            done += tied
            same_x += tied * tied
        for level in range(1, levels + 1):
            same_y += at_level[level] * at_level[level]
        untied = (float(done * done - same_x) / 2) * (float(done * done - same_y) / 2)
        found[row] = score / np.sqrt(untied) if untied > 0 else np.nan
