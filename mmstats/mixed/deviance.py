"""The profiled deviance of a linear mixed model.

Formulas: Bates et al. (2015), with the random terms in two layers: those of the blocks, which never meet, and
crossed ones among the common columns. Nothing is as large as all random columns squared.

A block's random columns are Q R, with orthonormal Q, so that V1^-1 = (I - Q Q') + Q (I + R L L'R')^-1 Q' for
relative factors L. What varies within blocks and what varies between them are added, never subtracted: a
random variance that is a hundred million times the residual one costs no digits.

The common columns W are dealt with likewise. They are H R in the metric of V1^-1, so that H'V1^-1 H = I, and
with M the factors of crossed terms and T their part of R, V^-1 = V1^-1 - V1^-1 H (I - K) H'V1^-1, where K is
(T M M'T' + I)^-1, and 1 for fixed columns. What crossed terms leave of anything is a product with K, not a
difference. R is by Cholesky's way, which costs as many digits as the ratio of variances has, of what the
layers share: the level of all rows.
"""

from typing import NamedTuple

import numpy as np

from mmstats.compiling import compiled
from mmstats.mixed.positive_definite import invert, multiply, triangular
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
    shift: FloatArray


class Solved(NamedTuple):
    """What the deviance is made of, by the way of which it was found.

    With V1 that of the block terms alone and W the common columns:

    - coefficients, shape (w,): conditional modes of crossed terms, then the p fixed coefficients;
    - covariance, shape (p, p): (X'V^-1 X)^-1;
    - triangle and turn, shape (w, w): the upper triangle R with W'V1^-1 W = R'R, and its inverse; a crossed
      column that depends on those before it has a row of zeros in R, and a row and a column in the inverse;
    - plain and full, shape (w, w): K with V^-1 or P = V1^-1 - V1^-1 H (I - K) H'V1^-1, H = W R^-1;
    - along and taken, shape (w,): H'V1^-1 y, where y is shifted by fixed columns alone; and b with
      P y = V1^-1 (y* - H b), where y* is shifted by all;
    - shrink, shape (u, k, k): (I + R L L'R')^-1 = Q'V1^-1 Q.
    """

    coefficients: FloatArray
    covariance: FloatArray
    triangle: FloatArray
    turn: FloatArray
    plain: FloatArray
    full: FloatArray
    along: FloatArray
    taken: FloatArray
    shrink: FloatArray


def solved_for(columns: Columns) -> Solved:
    """Return room for what `deviance` writes."""
    w, p = len(columns.within), columns.fixed
    triangle, turn, plain, full = (np.empty((w, w)) for _ in range(4))
    coefficients, along, taken = (np.empty(w) for _ in range(3))
    return Solved(
        coefficients, np.empty((p, p)), triangle, turn, plain, full, along, taken, np.empty_like(columns.root)
    )


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
    coefficients, covariance, triangle, turn, plain, full, along, taken, shrink = solved
    k, w, p = root.shape[1], len(columns.within), columns.fixed
    q2 = w - p
    factor, factor2 = np.empty((k, k)), np.empty((q2, q2))
    fill_factors(theta, columns.elements, factor, factor2)

    log_v = 0.0
    inner, y_inner = columns.within.copy(), response.common.copy()  # W'V1^-1 W, W'V1^-1 y*
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
    for x in range(w):
        triangle[x, x] = inner[x, x]
    triangular(inner, q2, triangle, turn)
    rest = np.zeros(w)  # H'V1^-1 y*
    for x in range(w):
        for v in range(x + 1):
            rest[x] += turn[v, x] * y_inner[v]
        along[x] = rest[x]
        for v in range(x, q2):
            along[x] += triangle[x, v] * response.shift[v]
        for v in range(w):
            plain[x, v] = 1.0 if x == v else 0.0
    bent = np.empty((q2, q2))
    if q2 > 0:
        second, turned = np.empty((q2, q2)), np.empty((q2, q2))
        for i in range(q2):
            for j in range(q2):
                second[i, j] = triangle[i, j]
        multiply(second, factor2, bent)
        for i in range(q2):
            for j in range(q2):
                turned[j, i] = bent[i, j]
        multiply(bent, turned, second)
        for i in range(q2):
            second[i, i] += 1.0
        found = invert(second)
        if not np.isfinite(found):
            return np.inf, np.nan
        log_v += found
        for i in range(q2):
            for j in range(q2):
                plain[i, j] = second[i, j]

    # the fixed columns
    for x in range(w):
        for v in range(w):
            full[x, v] = plain[x, v]
    passed, moved = np.zeros((w, p)), np.zeros((w, p))  # K R for fixed columns, and times the covariance
    for x in range(w):
        for m in range(w):
            if plain[x, m] != 0.0:
                for j in range(p):
                    passed[x, j] += plain[x, m] * triangle[m, q2 + j]
    for i in range(p):
        for j in range(p):
            total = 0.0
            for x in range(w):
                total += triangle[x, q2 + i] * passed[x, j]
            covariance[i, j] = total
    log_x = invert(covariance)
    if not np.isfinite(log_x):
        return np.inf, np.nan
    for x in range(w):
        for i in range(p):
            for j in range(p):
                moved[x, i] += passed[x, j] * covariance[j, i]
        for v in range(w):
            for i in range(p):
                full[x, v] -= moved[x, i] * passed[v, i]

    for x in range(w):
        left = 0.0
        for v in range(w):
            left += full[x, v] * along[v]
        taken[x] = rest[x] - left
        y_left += along[x] * left - rest[x] * rest[x]
    for i in range(p):
        coefficients[q2 + i] = response.shift[q2 + i]
        for x in range(w):
            coefficients[q2 + i] += moved[x, i] * along[x]
    effects = np.zeros(q2)
    for i in range(q2):
        for m in range(q2):
            effects[i] += bent[m, i] * (rest[m] - taken[m])
    for i in range(q2):
        coefficients[i] = 0.0
        for m in range(i + 1):
            coefficients[i] += factor2[i, m] * effects[m]
    if not y_left > 0:
        return np.inf, y_left
    found = log_v + size * (1 + np.log(2 * np.pi * y_left / size))
    if restricted:
        found += log_x
    return found, y_left
