"""Inverses of independent blocks, and the sums over them that the deviance's derivatives take, compiled.

Blocks of one array may be filled to one size: only the rows that are there are read, and work goes with them.
"""

import numpy as np

from mmstats.compiling import compiled
from mmstats.meta.structure_elements import IntArray
from mmstats.meta.weighted import FloatArray
from mmstats.mixed.positive_definite import invert

FEW = 32  # rows of a block up to which loops take less time than a call of LAPACK


@compiled
def inverses(
    sampling: FloatArray, codes: IntArray, values: FloatArray, sizes: IntArray
) -> tuple[FloatArray, float]:
    """Return the inverse of each block, shape (g, m, m), and the logarithm of their determinants' product.

    It is NaN if a block is not positive definite.

    Parameters
    ----------
    sampling : float array, shape (g, m, m)
    codes : int array, shape (k, g, m, m)
        Which value each of k random terms adds.
    values : float array, shape (e,)
    sizes : int array, shape (g,)
        How many rows of a block are there.
    """
    found = np.zeros_like(sampling)
    logs = 0.0
    for g in range(len(sizes)):
        m = sizes[g]
        total = np.empty((m, m))
        for i in range(m):
            for j in range(m):
                total[i, j] = sampling[g, i, j]
                for k in range(codes.shape[0]):
                    total[i, j] += values[codes[k, g, i, j]]
        found[g, :m, :m], log = inverse(total)
        logs += log
    return found, logs


@compiled
def inverse(matrix: FloatArray) -> tuple[FloatArray, float]:
    """Return the inverse and the logarithm of the determinant; NaN if the matrix is not positive definite.

    Parameters
    ----------
    matrix : float array, shape (m, m)
    """
    if len(matrix) <= FEW:
        found = matrix.copy()
        return found, invert(found)
    lower, log = np.linalg.cholesky(matrix), 0.0
    for i in range(len(matrix)):
        log += 2 * np.log(lower[i, i])
    return np.linalg.inv(matrix).astype(np.float64), log


@compiled
def derivative_sums(
    inverse: FloatArray,
    along: FloatArray,
    scores: FloatArray,
    covariance: FloatArray,
    codes: IntArray,
    first: FloatArray,
    term: IntArray,
    sizes: IntArray,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return what blocks add to traces and squares, by elements and by t parameters not held.

    Parameters
    ----------
    inverse : float array, shape (g, m, m)
        W.
    along : float array, shape (g, m, p)
        WX.
    scores : float array, shape (g, m)
        Py.
    covariance : float array, shape (p, p)
        (X'WX)^-1, of the restricted deviance; 0 for the plain one.
    codes : int array, shape (k, g, m, m)
    first : float array, shape (t, e)
        Derivatives of the elements by the parameters.
    term : int array, shape (t,)
        The random term of each parameter.
    sizes : int array, shape (g,)

    Returns
    -------
    sums : float array, shape (e,)
        Of P - Pyy'P over the places of each element, block by block.
    traces : float array, shape (t, t)
        tr(W D_a W D_b) - 2 tr((X'WX)^-1 X'W D_a W D_b WX).
    squares : float array, shape (t, t)
        y'P D_a W D_b P y.
    pulled : float array, shape (t, p)
        y'P D_a WX.
    single : float array, shape (t, p, p)
        X'W D_a WX.
    """
    t, p = len(first), along.shape[2]
    sums, pulled, single = np.zeros(first.shape[1]), np.zeros((t, p)), np.zeros((t, p, p))
    traces, squares = np.zeros((t, t)), np.zeros((t, t))
    for g in range(len(sizes)):
        m = sizes[g]
        weight = np.ascontiguousarray(inverse[g, :m, :m])
        here, score = np.ascontiguousarray(along[g, :m]), scores[g, :m].copy().reshape(m, 1)
        back = _product(here, covariance)
        slopes, turned = np.empty((t, m, m)), np.empty((t, m, m))
        moved, spread = np.empty((t, m, p)), np.empty((t, m, p))
        pull, weighted = np.empty((t, m, 1)), np.empty((t, m, 1))
        for i in range(m):
            for j in range(m):
                rest = weight[i, j] - score[i, 0] * score[j, 0]
                for x in range(p):
                    rest -= back[i, x] * here[j, x]
                for k in range(len(codes)):
                    sums[codes[k, g, i, j]] += rest
                for a in range(t):
                    slopes[a, i, j] = first[a, codes[term[a], g, i, j]]
        for a in range(t):
            turned[a] = _product(weight, slopes[a])
            moved[a] = _product(slopes[a], here)
            spread[a] = _product(_product(weight, moved[a]), covariance)
            pull[a] = _product(slopes[a], score)
            weighted[a] = _product(weight, pull[a])
            for i in range(m):
                for x in range(p):
                    pulled[a, x] += pull[a, i, 0] * here[i, x]
                    for y in range(p):
                        single[a, x, y] += here[i, x] * moved[a, i, y]
        for a in range(t):
            for b in range(t):
                for i in range(m):
                    squares[a, b] += pull[a, i, 0] * weighted[b, i, 0]
                    for x in range(p):
                        traces[a, b] -= 2 * moved[a, i, x] * spread[b, i, x]
                    for j in range(m):
                        traces[a, b] += turned[a, i, j] * turned[b, j, i]
    return sums, traces, squares, pulled, single


@compiled
def _product(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the product of two matrices."""
    if len(left) > FEW:
        return np.asarray(np.dot(left, right))
    found = np.zeros((left.shape[0], right.shape[1]))
    for i in range(left.shape[0]):
        for k in range(left.shape[1]):
            for j in range(right.shape[1]):
                found[i, j] += left[i, k] * right[k, j]
    return found
