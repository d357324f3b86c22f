"""The profiled deviance of a linear mixed model.

Formulas: Bates et al. (2015), with the random terms in two layers: those of the blocks, which never meet, and
crossed ones among the common columns. Nothing is as large as all random columns squared.

A block's random columns are Q R, with orthonormal Q, so that V1^-1 = (I - Q Q') + Q (I + R L L'R')^-1 Q' for
relative factors L. What varies within blocks and what varies between them are added, never subtracted: a
random variance that is a hundred million times the residual one costs no digits.
"""

from typing import NamedTuple

import numpy as np

from mmstats.compiling import compiled
from mmstats.mixed.structure import FloatArray, IntArray


class Columns(NamedTuple):
    """The columns of a model.

    - sizes, shape (terms,): columns per level of each random term;
    - elements, shape (t, 5): for each element of a term's covariance matrix (lower triangle, column by
      column) whether the term is of the blocks, the row and the column of its first level, how far the next
      level is, and how many there are;
    - fixed: p, how many of the common columns come last and are fixed;
    - counts, root, cross, within: as in `Design`.
    """

    sizes: IntArray
    elements: IntArray
    fixed: int
    counts: FloatArray
    root: FloatArray
    cross: FloatArray
    within: FloatArray


class Response(NamedTuple):
    """One response: as in `Moments`."""

    sums: FloatArray
    squares: FloatArray
    common: FloatArray
    square: float


class Solved(NamedTuple):
    """What the deviance is made of, by the way of which it was found.

    With V1 that of the block terms alone and W the common columns:

    - coefficients, shape (w,): conditional modes of crossed terms, then the p fixed coefficients;
    - plain and full, shape (w, w): N with V^-1 or P = V1^-1 - V1^-1 W N W'V1^-1;
    - inner, shape (w, w), and y_inner, shape (w,): W'V1^-1 W and W'V1^-1 y;
    - shrink, shape (u, k, k): (I + R L L'R')^-1 = Q'V1^-1 Q.
    """

    coefficients: FloatArray
    plain: FloatArray
    full: FloatArray
    inner: FloatArray
    y_inner: FloatArray
    shrink: FloatArray


def solved_for(columns: Columns) -> Solved:
    """Return room for what `deviance` writes."""
    w = len(columns.within)
    plain, full, inner = np.empty((w, w)), np.empty((w, w)), np.empty((w, w))
    return Solved(np.empty(w), plain, full, inner, np.empty(w), np.empty_like(columns.root))


@compiled
def invert(matrix: FloatArray) -> float:
    """Replace a positive definite matrix by its inverse; return the logarithm of its determinant, or NaN."""
    n = matrix.shape[0]
    log_determinant = 0.0
    for j in range(n):  # Cholesky, in the upper triangle, row by row
        if not matrix[j, j] > 0:
            return np.nan
        log_determinant += np.log(matrix[j, j])
        pivot = np.sqrt(matrix[j, j])
        for m in range(j, n):
            matrix[j, m] /= pivot
        for i in range(j + 1, n):
            times = matrix[j, i]
            if times != 0.0:
                for m in range(i, n):
                    matrix[i, m] -= times * matrix[j, m]
    for j in range(n - 1, -1, -1):  # the inverse of the triangle, from its last row
        pivot = 1 / matrix[j, j]
        for i in range(j + 1, n):
            matrix[i, j] = -pivot * matrix[j, i]
            matrix[j, i] = 0.0
        matrix[j, j] = pivot
        for i in range(j + 1, n):
            times = matrix[i, j]
            if times != 0.0:
                for m in range(i, n):
                    matrix[j, m] += times * matrix[i, m]
    for j in range(n):  # times its transpose
        for i in range(j + 1):
            total = 0.0
            for m in range(j, n):
                total += matrix[j, m] * matrix[i, m]
            matrix[j, i] = total
    for j in range(n):
        for i in range(j):
            matrix[i, j] = matrix[j, i]
    return log_determinant


@compiled
def multiply(left: FloatArray, right: FloatArray, found: FloatArray) -> None:
    """Write the product of two matrices."""
    np.dot(left, right, found)


@compiled
def fill_factors(theta: FloatArray, elements: IntArray, inside: FloatArray, common: FloatArray) -> None:
    """Write the relative Cholesky factors: of one block's coefficients, and of the crossed terms'."""
    inside[:, :] = 0.0
    common[:, :] = 0.0
    for e in range(len(theta)):
        target = inside if elements[e, 0] == 1 else common
        for c in range(elements[e, 4]):
            target[elements[e, 1] + c * elements[e, 3], elements[e, 2] + c * elements[e, 3]] = theta[e]


@compiled
def deviance(
    theta: FloatArray, restricted: bool, size: float, columns: Columns, response: Response, solved: Solved
) -> tuple[float, float]:
    """Return the deviance, infinite where undefined, and the residual sum of squares.

    Parameters
    ----------
    theta : float array, shape (t,)
        Lower triangles of relative Cholesky factors, column by column, term after term.
    restricted : bool
        Whether the likelihood is the restricted one.
    size : float
        Rows, less p if restricted.
    columns : Columns
    response : Response
    solved : Solved
        Receives what it is made of.
    """
    counts, root, cross = columns.counts, columns.root, columns.cross
    coefficients, plain, full, inner, y_inner, shrink = solved
    k, w, p = root.shape[1], len(columns.within), columns.fixed
    q2 = w - p
    factor, factor2 = np.empty((k, k)), np.empty((q2, q2))
    fill_factors(theta, columns.elements, factor, factor2)

    log_v = 0.0
    for x in range(w):
        for v in range(w):
            inner[x, v] = columns.within[x, v]
            plain[x, v] = 0.0
        y_inner[x] = response.common[x]
    y_left = response.square
    half, middle = np.empty((k, k)), np.empty((k, k))
    lifted = np.empty((k, w))
    for u in range(len(counts)):
        for i in range(k):  # G = R L
            for j in range(k):
                total = 0.0
                for m in range(j, k):
                    total += root[u, i, m] * factor[m, j]
                half[i, j] = total
        for i in range(k):  # I + G G'
            for j in range(i + 1):
                total = 1.0 if i == j else 0.0
                for m in range(k):
                    total += half[i, m] * half[j, m]
                middle[i, j] = total
                middle[j, i] = total
        found = invert(middle)
        if not np.isfinite(found):
            return np.inf, np.nan
        log_v += counts[u] * found
        for i in range(k):
            for x in range(w):
                lifted[i, x] = 0.0
            for m in range(k):
                shrink[u, i, m] = middle[i, m]
                if middle[i, m] != 0.0:
                    for x in range(w):
                        lifted[i, x] += middle[i, m] * cross[u, m, x]
        for i in range(k):
            for x in range(w):
                weight = counts[u] * cross[u, i, x]
                if weight != 0.0:
                    for v in range(w):
                        inner[x, v] += weight * lifted[i, v]
                y_inner[x] += lifted[i, x] * response.sums[u, i]
            for j in range(k):
                y_left += middle[i, j] * response.squares[u, i, j]

    # the common random terms, as a second layer
    if q2 > 0:
        bent, second, turned = np.empty((q2, q2)), np.empty((q2, q2)), np.empty((q2, q2))
        for i in range(q2):
            for j in range(q2):
                second[i, j] = inner[i, j]
                turned[j, i] = factor2[i, j]
        multiply(turned, second, bent)
        multiply(bent, factor2, second)
        for i in range(q2):
            second[i, i] += 1.0
        found = invert(second)
        if not np.isfinite(found):
            return np.inf, np.nan
        log_v += found
        multiply(factor2, second, bent)
        multiply(bent, turned, second)
        for i in range(q2):
            for j in range(q2):
                plain[i, j] = second[i, j]
    for x in range(w):
        for v in range(w):
            full[x, v] = plain[x, v]
    log_x = 0.0
    if p > 0:
        passed = np.zeros((q2, p))  # K2 G2x
        for i in range(q2):
            for m in range(q2):
                if plain[i, m] != 0.0:
                    for x in range(p):
                        passed[i, x] += plain[i, m] * inner[m, q2 + x]
        information = np.empty((p, p))
        for x in range(p):
            for v in range(p):
                information[x, v] = inner[q2 + x, q2 + v]
        for m in range(q2):
            for x in range(p):
                for v in range(p):
                    information[x, v] -= inner[q2 + x, m] * passed[m, v]
        log_x = invert(information)
        if not np.isfinite(log_x):
            return np.inf, np.nan
        for x in range(p):
            for v in range(p):
                full[q2 + x, q2 + v] = information[x, v]
        for i in range(q2):
            for x in range(p):
                total = 0.0
                for v in range(p):
                    total -= passed[i, v] * information[v, x]
                full[i, q2 + x] = total
                full[q2 + x, i] = total
        for i in range(q2):
            for j in range(q2):
                for x in range(p):
                    full[i, j] -= full[i, q2 + x] * passed[j, x]
    for x in range(w):
        total = 0.0
        for v in range(w):
            total += full[x, v] * y_inner[v]
        coefficients[x] = total
        y_left -= total * y_inner[x]
    if not y_left > 0:
        return np.inf, y_left
    found = log_v + size * (1 + np.log(2 * np.pi * y_left / size))
    if restricted:
        found += log_x
    return found, y_left
