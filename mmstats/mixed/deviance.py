"""The profiled deviance of a linear mixed model.

Formulas: Bates et al. (2015), with the random terms in two layers: those of the blocks, which never meet, and
crossed ones among the common columns. Nothing is as large as all random columns squared.
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
    - counts, own, cross, common: as in `Design`.
    """

    sizes: IntArray
    elements: IntArray
    fixed: int
    counts: FloatArray
    own: FloatArray
    cross: FloatArray
    common: FloatArray


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
    - shrink, shape (u, k, k): K with V1^-1 = I - Z K Z'.
    """

    coefficients: FloatArray
    plain: FloatArray
    full: FloatArray
    inner: FloatArray
    y_inner: FloatArray
    shrink: FloatArray


def solved_for(columns: Columns) -> Solved:
    """Return room for what `deviance` writes."""
    w = len(columns.common)
    plain, full, inner = np.empty((w, w)), np.empty((w, w)), np.empty((w, w))
    return Solved(np.empty(w), plain, full, inner, np.empty(w), np.empty_like(columns.own))


@compiled
def invert(matrix: FloatArray) -> float:
    """Replace a positive definite matrix by its inverse; return the logarithm of its determinant, or NaN."""
    n = matrix.shape[0]
    if n > 24:
        lower = np.linalg.cholesky(matrix)
        matrix[:, :] = np.linalg.inv(matrix)
        return 2 * float(np.log(np.diag(lower)).sum())
    log_determinant = 0.0
    for j in range(n):  # Cholesky, in the lower triangle
        total = matrix[j, j]
        for m in range(j):
            total -= matrix[j, m] * matrix[j, m]
        if not total > 0:
            return np.nan
        log_determinant += np.log(total)
        pivot = np.sqrt(total)
        matrix[j, j] = pivot
        for i in range(j + 1, n):
            total = matrix[i, j]
            for m in range(j):
                total -= matrix[i, m] * matrix[j, m]
            matrix[i, j] = total / pivot
    for j in range(n):  # the inverse of the triangle
        matrix[j, j] = 1 / matrix[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for m in range(j, i):
                total -= matrix[i, m] * matrix[m, j]
            matrix[i, j] = total / matrix[i, i]
    for j in range(n):  # its transpose times itself
        for i in range(j + 1):
            total = 0.0
            for m in range(j, n):
                total += matrix[m, j] * matrix[m, i]
            matrix[i, j] = total
    for j in range(n):
        for i in range(j):
            matrix[j, i] = matrix[i, j]
    return log_determinant


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
    counts, own, cross = columns.counts, columns.own, columns.cross
    coefficients, plain, full, inner, y_inner, shrink = solved
    k, w, p = own.shape[1], len(columns.common), columns.fixed
    q2 = w - p
    factor, factor2 = np.empty((k, k)), np.empty((q2, q2))
    fill_factors(theta, columns.elements, factor, factor2)

    log_v = 0.0
    inner[:, :] = columns.common
    y_inner[:] = response.common
    y_left = response.square
    half, middle = np.empty((k, k)), np.empty((k, k))
    lifted = np.empty((k, w))
    for u in range(len(counts)):
        for i in range(k):  # A L
            for j in range(k):
                total = 0.0
                for m in range(j, k):
                    total += own[u, i, m] * factor[m, j]
                half[i, j] = total
        for i in range(k):  # I + L'AL
            for j in range(k):
                total = 1.0 if i == j else 0.0
                for m in range(i, k):
                    total += factor[m, i] * half[m, j]
                middle[i, j] = total
        found = invert(middle)
        if not np.isfinite(found):
            return np.inf, np.nan
        log_v += counts[u] * found
        for i in range(k):  # K = L middle^-1 L'
            for j in range(k):
                total = 0.0
                for m in range(i + 1):
                    total += factor[i, m] * middle[m, j]
                half[i, j] = total
        for i in range(k):
            for j in range(k):
                total = 0.0
                for m in range(j + 1):
                    total += half[i, m] * factor[j, m]
                shrink[u, i, j] = total
        for i in range(k):  # K E
            for x in range(w):
                total = 0.0
                for m in range(k):
                    total += shrink[u, i, m] * cross[u, m, x]
                lifted[i, x] = total
        for i in range(k):
            for x in range(w):
                weight = counts[u] * cross[u, i, x]
                if weight != 0.0:
                    for v in range(w):
                        inner[x, v] -= weight * lifted[i, v]
                y_inner[x] -= lifted[i, x] * response.sums[u, i]
            for j in range(k):
                y_left -= shrink[u, i, j] * response.squares[u, i, j]

    # the common random terms, as a second layer
    plain[:, :] = 0.0
    if q2 > 0:
        bent = np.ascontiguousarray(factor2.T) @ np.ascontiguousarray(inner[:q2, :q2]) @ factor2
        for i in range(q2):
            bent[i, i] += 1.0
        found = invert(bent)
        if not np.isfinite(found):
            return np.inf, np.nan
        log_v += found
        plain[:q2, :q2] = factor2 @ bent @ np.ascontiguousarray(factor2.T)
    full[:, :] = plain
    log_x = 0.0
    if p > 0:
        passed = np.zeros((q2, p))  # K2 G2x
        for i in range(q2):
            for m in range(q2):
                if plain[i, m] != 0.0:
                    for x in range(p):
                        passed[i, x] += plain[i, m] * inner[m, q2 + x]
        information = inner[q2:, q2:].copy()
        for m in range(q2):
            for x in range(p):
                for v in range(p):
                    information[x, v] -= inner[q2 + x, m] * passed[m, v]
        log_x = invert(information)
        if not np.isfinite(log_x):
            return np.inf, np.nan
        full[q2:, q2:] = information
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
