"""Random columns of one term as combinations of other ones, in which nothing is lost to rounding.

``(1 + year | person)`` has two columns that are all but the same, since years lie far from 0, and
derivatives by the covariance of their coefficients would lose all digits. The model is the same by other
columns that span the same: with Z = Z1 R, R upper triangular, coefficients b are R^-1 b1, and the covariance
of b1 is R times that of b times R'. Columns that are nearly alike become uncorrelated, which is how a
variable is centred. Others change their unit only: where no more than intercepts, or slopes from 0 on, vary
much, one element of the covariance does.
"""

from collections.abc import Sequence

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.layout import lower_triangles
from mmstats.mixed.structure import FloatArray, RandomTerm

INDEPENDENT = 1e-8  # what must be left of a random column without its term's earlier ones, relative
ALIKE = 0.05  # less than this left of one, and they are nearly alike
LARGEST = 1e100  # squares of larger numbers, or of less than one over it, are no longer numbers


def root_mean_squares(columns: FloatArray) -> FloatArray:
    """Return the root mean square of each column; squares neither overflow nor vanish."""
    largest = np.abs(columns).max(axis=0, initial=0.0)
    unit = columns / np.where(largest > 0, largest, 1.0)
    return np.asarray(largest * np.sqrt(np.mean(unit**2, axis=0)))


def steady(term: RandomTerm) -> tuple[FloatArray, FloatArray]:
    """Return columns to compute with, shape (n, k), and the triangle, (k, k), that makes the term's of them.

    Raises
    ------
    NotEstimableError
        If a column is zero, or depends on others.

    Examples
    --------
    >>> years = RandomTerm("person", ("intercept", "year"), np.array([[1.0, 2019], [1, 2020], [1, 2021]]),
    ...                    np.zeros(3, dtype=np.int64), ("A",))
    >>> columns, triangle = steady(years)
    >>> (columns.T @ columns / 3).round(9).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> triangle[0].round(9).tolist()
    [1.0, 2020.0]
    """
    scales = root_mean_squares(term.matrix)
    if not scales.min() > 1 / LARGEST:
        name = term.names[int(scales.argmin())]
        raise NotEstimableError(
            f"The random column {name!r} by {term.group} is zero in every row, or all but."
        )
    columns = term.matrix / scales
    triangle = np.linalg.qr(columns, mode="r") / np.sqrt(len(columns))
    left = np.abs(np.diag(triangle))
    if left.min() < INDEPENDENT:
        name = term.names[int(left.argmin())]
        raise NotEstimableError(
            f"In ({' + '.join(term.names)} | {term.group}), {name!r} depends on the columns before it, "
            "or nearly. If its values lie far from 0, subtract their mean; otherwise leave it out."
        )
    if left.min() > ALIKE:
        return columns, np.diag(scales)
    triangle = triangle * np.where(np.diag(triangle) < 0, -1.0, 1.0)[:, None]
    for k in range(term.size):  # a column at a time, so that equal rows stay equal to the bit
        for before in range(k):
            columns[:, k] -= columns[:, before] * triangle[before, k]
        columns[:, k] /= triangle[k, k]
    return columns, triangle * scales


def element_derivatives(matrix: FloatArray) -> FloatArray:
    """Return the derivatives of the elements of M C M' by those of a covariance C, for a matrix M, (k, k).

    Elements are those of the lower triangle, column by column, shape (k (k + 1) / 2, the same).

    Examples
    --------
    >>> element_derivatives(np.diag([1.0, 3.0])).tolist()
    [[1.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 9.0]]
    """
    one, two = np.triu_indices(len(matrix))
    products = matrix[one[:, None], one] * matrix[two[:, None], two]
    mirrored = matrix[one[:, None], two] * matrix[two[:, None], one]
    return np.asarray(np.where(one == two, products, products + mirrored))


def turned(matrices: Sequence[FloatArray], theta: FloatArray) -> FloatArray:
    """Return the Cholesky factors of combinations of random coefficients, term by term, shape (..., t).

    Parameters
    ----------
    matrices : sequence of float array, shape (k, k)
        What makes the combinations of a term's coefficients.
    theta : float array, shape (..., t)
        The factors of their covariances, as `lower_triangles` reads them.

    Examples
    --------
    >>> turned([np.array([[1.0, 1], [0, 2]])], np.array([3.0, 0, 4])).round(9).tolist()
    [5.0, 6.4, 4.8]
    """
    found = []
    for matrix, factor in zip(matrices, lower_triangles(theta, map(len, matrices)), strict=True):
        product = matrix @ factor
        if np.triu(matrix, 1).any():
            upper = np.linalg.qr(product.swapaxes(-1, -2), mode="r")
            signs = np.where(np.diagonal(upper, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
            product = (signs[..., None] * upper).swapaxes(-1, -2)
        found += [product[..., column:, column] for column in range(len(matrix))]
    return np.concatenate(found, axis=-1)
