"""Any covariance matrix, by a triangular factor."""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from mmstats.meta.structure_elements import Elements, IntArray, Structure, triangle
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class Factored:
    """Any covariance matrix: A A', A being triangular and free.

    Parameters
    ----------
    basis : float array, shape (t, q, q)
        A is the sum of these, times the parameters.
    lower, upper : float array, shape (t,)
    """

    basis: FloatArray
    lower: FloatArray
    upper: FloatArray

    @property
    def table(self) -> IntArray:
        """Elements by columns of the lower triangle, shape (q, q)."""
        q = self.basis.shape[1]
        found = np.zeros((q, q), dtype=np.int64)
        rows, columns = triangle(q)
        found[rows, columns] = found[columns, rows] = np.arange(len(rows))
        return found

    def factor(self, theta: FloatArray) -> FloatArray:
        """Return A, shape (q, q)."""
        return np.asarray(np.einsum("t,tij->ij", theta, self.basis))

    def elements(self, theta: FloatArray) -> Elements:
        """Return the elements, shape (e,), and their derivatives."""
        rows, columns = triangle(self.basis.shape[1])
        a = self.factor(theta)
        first = self.basis @ a.T
        first = first + first.transpose(0, 2, 1)
        second = self.basis[:, None] @ self.basis[None].transpose(0, 1, 3, 2)
        second = second + second.transpose(0, 1, 3, 2)
        return Elements((a @ a.T)[rows, columns], first[:, rows, columns], second[:, :, rows, columns])

    def starts(self, variance: float) -> tuple[FloatArray, ...]:
        """Return equal variances without correlations, and with large ones of each sign of a level."""
        q = self.basis.shape[1]
        found = []
        signs = [np.ones(q), *(np.where(np.arange(q) == place, -1.0, 1.0) for place in range(q * (q > 1)))]
        for rho in (0.0, 0.9):
            for sign in signs if rho else signs[:1]:
                matrix = variance * (rho * np.outer(sign, sign) + (1 - rho) * np.eye(q))
                found.append(np.asarray(np.einsum("tij,ij->t", self.basis, np.linalg.cholesky(matrix))))
        return tuple(found)

    def variances(self, theta: FloatArray) -> FloatArray:
        """Return the variances, shape (q,)."""
        return np.asarray((self.factor(theta) ** 2).sum(axis=1))

    def correlations(self, theta: FloatArray) -> FloatArray:
        """Return those of each pair, by columns; NaN with a variance of 0."""
        a = self.factor(theta)
        rows, columns = triangle(len(a))
        apart = rows != columns
        sizes = np.sqrt((a**2).sum(axis=1))
        sizes = np.where(sizes > 0, sizes, np.nan)
        return np.asarray((a @ a.T / np.outer(sizes, sizes))[rows[apart], columns[apart]])

    def with_variance(self, theta: FloatArray, place: int, value: float) -> tuple[Structure, FloatArray]:
        """Return the structure with the variance of a level held."""
        a = self.factor(theta)
        order = [place, *(other for other in range(len(a)) if other != place)]
        found = unstructured(len(a), order)
        start = found.of(a, order)
        start[0] = sqrt(value)
        lower, upper = found.lower.copy(), found.upper.copy()
        lower[0] = upper[0] = start[0]
        return replace(found, lower=lower, upper=upper), start

    def with_correlation(self, theta: FloatArray, place: int, value: float) -> tuple[Structure, FloatArray]:
        """Return the structure with the correlation of a pair held."""
        a = self.factor(theta)
        rows, columns = triangle(len(a))
        apart = rows != columns
        i, j = int(columns[apart][place]), int(rows[apart][place])
        order = [i, j, *(other for other in range(len(a)) if other not in (i, j))]
        found = unstructured(len(a), order)
        start = found.of(a, order)
        # A's second row is its standard deviation times (rho, sqrt(1 - rho^2))
        basis = np.delete(found.basis, 1, axis=0)
        second = int(np.flatnonzero(basis[:, j, 1])[0])
        basis[second, j, 0], basis[second, j, 1] = value, sqrt(max(1 - value**2, 0.0))
        size = sqrt(float((a[j] ** 2).sum()))
        start = np.delete(start, 1)
        start[second] = size
        free = np.full(len(start), np.inf)
        return Factored(basis, -free, free), start

    def of(self, a: FloatArray, order: list[int]) -> FloatArray:
        """Return the parameters of the matrix that has any factor `a`, levels being in a given order."""
        upper = np.asarray(np.linalg.qr(a[order].T, mode="r"))
        signs = np.where(np.diag(upper) < 0, -1.0, 1.0)
        triangle = np.zeros_like(a)
        triangle[order] = (upper * signs[:, None]).T
        return np.asarray(np.einsum("tij,ij->t", self.basis, triangle))


def unstructured(q: int, order: list[int] | None = None) -> Factored:
    """Return the structure of any covariance matrix, triangular by a given order of its levels."""
    order = list(range(q)) if order is None else order
    rows, columns = triangle(q)
    basis = np.zeros((len(rows), q, q))
    basis[np.arange(len(rows)), np.asarray(order)[rows], columns] = 1
    free = np.full(len(rows), np.inf)
    return Factored(basis, -free, free)
