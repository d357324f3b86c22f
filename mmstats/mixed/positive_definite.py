"""Inverses and triangles of positive definite matrices, in compiled loops."""

import numpy as np

from mmstats.compiling import compiled
from mmstats.mixed.structure import FloatArray

DEPENDENT = 1e-13  # what is left of a common column that depends on others, squared, relative


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
def triangular(matrix: FloatArray, kept: int, triangle: FloatArray, turn: FloatArray) -> None:
    """Write the upper triangle R with R'R = matrix, which is overwritten, and the inverse of R.

    Of the first `kept` columns, one that depends on those before it has a row of zeros in R, and a row and a
    column of zeros in the inverse; of the others, one whose pivot is not positive.
    """
    w = len(matrix)
    for j in range(w):
        least = DEPENDENT * triangle[j, j] if j < kept else 0.0
        for m in range(w):
            triangle[j, m], turn[j, m] = 0.0, 0.0
        if not matrix[j, j] > least:
            continue
        pivot = np.sqrt(matrix[j, j])
        for m in range(j, w):
            triangle[j, m] = matrix[j, m] / pivot
        for i in range(j + 1, w):
            times = triangle[j, i]
            if times != 0.0:
                for m in range(i, w):
                    matrix[i, m] -= times * triangle[j, m]
    for j in range(w - 1, -1, -1):
        if triangle[j, j] == 0.0:
            continue
        pivot = 1 / triangle[j, j]
        for i in range(j + 1, w):
            times = -pivot * triangle[j, i]
            if times != 0.0:
                for m in range(i, w):
                    turn[j, m] += times * turn[i, m]
        turn[j, j] = pivot


@compiled
def multiply(left: FloatArray, right: FloatArray, found: FloatArray) -> None:
    """Write the product of two matrices."""
    np.dot(left, right, found)
