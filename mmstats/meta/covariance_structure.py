"""Covariance matrices of a random term's effects as functions of free parameters, with two derivatives."""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from mmstats.meta.weighted import FloatArray

IntArray = npt.NDArray[np.int64]
StructureName = Literal["cs", "hcs", "ar", "har", "diag", "un"]


@dataclass(frozen=True)
class Elements:
    """The different elements of a covariance matrix, and their derivatives by t parameters.

    Parameters
    ----------
    values : float array, shape (e,)
    first : float array, shape (t, e)
    second : float array, shape (t, t, e)
    """

    values: FloatArray
    first: FloatArray
    second: FloatArray


class Structure(Protocol):
    """A covariance matrix of q levels, made of e elements by t parameters in a box."""

    @property
    def table(self) -> IntArray:
        """Which element is where, shape (q, q)."""
        ...

    @property
    def lower(self) -> FloatArray:
        """Shape (t,)."""
        ...

    @property
    def upper(self) -> FloatArray:
        """Shape (t,); where it equals the lower bound, the parameter is held."""
        ...

    def elements(self, theta: FloatArray) -> Elements:
        """Return the elements."""
        ...

    def starts(self, variance: float) -> tuple[FloatArray, ...]:
        """Return where searches begin, if variances are of a given size: several with a correlation."""
        ...

    def variances(self, theta: FloatArray) -> FloatArray:
        """Return the variances, one or q."""
        ...

    def correlations(self, theta: FloatArray) -> FloatArray:
        """Return the correlations: none, one, or those of each pair by columns of the lower triangle."""
        ...

    def with_variance(self, theta: FloatArray, place: int, value: float) -> "tuple[Structure, FloatArray]":
        """Return the structure with one variance held, and a start near given parameters."""
        ...

    def with_correlation(self, theta: FloatArray, place: int, value: float) -> "tuple[Structure, FloatArray]":
        """Return the structure with one correlation held, and a start near given parameters."""
        ...


@dataclass(frozen=True)
class Scaled:
    """Elements sd_a sd_b rho ** lag: all structures but the unstructured one.

    A lag of 0 is a variance. Parameters are the standard deviations, then rho. Held ones have equal bounds.

    Parameters
    ----------
    left, right : int array, shape (e,)
        Places of the two standard deviations.
    lag : float array, shape (e,)
    table : int array, shape (q, q)
    lower, upper : float array, shape (t,)
    correlated : bool
        Whether rho is a correlation of the model, and not the 0 of independent levels.
    """

    left: IntArray
    right: IntArray
    lag: FloatArray
    table: IntArray
    lower: FloatArray
    upper: FloatArray
    correlated: bool

    def elements(self, theta: FloatArray) -> Elements:
        """Return the elements, shape (e,), and their derivatives."""
        sds, rho, e = theta[:-1], float(theta[-1]), np.arange(len(self.lag))
        t, lag = len(theta), self.lag
        a, b = sds[self.left], sds[self.right]
        power = rho**lag
        if rho:
            slope, bend = lag * rho ** (lag - 1), lag * (lag - 1) * rho ** (lag - 2)
        else:  # of uneven lags below 1 the slope at 0 is infinite; none is needed there
            slope, bend = (lag == 1) * 1.0, (lag == 2) * 2.0
        by_a, by_b = np.zeros((t, len(e))), np.zeros((t, len(e)))
        by_a[self.left, e] = 1
        by_b[self.right, e] = 1
        sum_first = by_a * b + by_b * a
        first = sum_first * power
        first[-1] = a * b * slope
        second = (by_a[:, None] * by_b[None] + by_b[:, None] * by_a[None]) * power
        second[-1] = second[:, -1] = sum_first * slope
        second[-1, -1] = a * b * bend
        return Elements(a * b * power, first, second)

    def starts(self, variance: float) -> tuple[FloatArray, ...]:
        """Return equal standard deviations, of other sizes too if there are several, and all correlations."""
        low, high = float(self.lower[-1]), float(self.upper[-1])
        rhos = (0.5 * high, 0.95 * high, 0.05 * high, 0.5 * low, 0.95 * low) if low < high else (low,)
        found = []
        for size in (1.0, 4.0, 0.2) if len(self.lower) > 2 else (1.0,):
            for rho in dict.fromkeys(rhos):
                theta = np.full(len(self.lower), size * sqrt(variance))
                theta[-1] = rho
                found.append(np.asarray(np.clip(theta, self.lower, self.upper)))
        return tuple(found)

    def variances(self, theta: FloatArray) -> FloatArray:
        """Return the variances, one or q."""
        return np.asarray(theta[:-1] ** 2)

    def correlations(self, theta: FloatArray) -> FloatArray:
        """Return rho, or nothing."""
        return theta[-1:] if self.correlated else theta[:0]

    def with_variance(self, theta: FloatArray, place: int, value: float) -> tuple[Structure, FloatArray]:
        """Return the structure with one variance held."""
        return self._held(theta, place, sqrt(value))

    def with_correlation(self, theta: FloatArray, place: int, value: float) -> tuple[Structure, FloatArray]:
        """Return the structure with rho held."""
        return self._held(theta, len(theta) - 1, value)

    def _held(self, theta: FloatArray, place: int, value: float) -> tuple[Structure, FloatArray]:
        lower, upper, start = self.lower.copy(), self.upper.copy(), theta.copy()
        lower[place] = upper[place] = start[place] = value
        return replace(self, lower=lower, upper=upper), start


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
        rows, columns = _triangle(q)
        found[rows, columns] = found[columns, rows] = np.arange(len(rows))
        return found

    def factor(self, theta: FloatArray) -> FloatArray:
        """Return A, shape (q, q)."""
        return np.asarray(np.einsum("t,tij->ij", theta, self.basis))

    def elements(self, theta: FloatArray) -> Elements:
        """Return the elements, shape (e,), and their derivatives."""
        rows, columns = _triangle(self.basis.shape[1])
        a = self.factor(theta)
        first = self.basis @ a.T
        first = first + first.transpose(0, 2, 1)
        second = self.basis[:, None] @ self.basis[None].transpose(0, 1, 3, 2)
        second = second + second.transpose(0, 1, 3, 2)
        return Elements((a @ a.T)[rows, columns], first[:, rows, columns], second[:, :, rows, columns])

    def starts(self, variance: float) -> tuple[FloatArray, ...]:
        """Return equal variances without correlation, with a large one, and with a large one of one pair less."""
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
        rows, columns = _triangle(len(a))
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
        rows, columns = _triangle(len(a))
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


def _triangle(q: int) -> tuple[IntArray, IntArray]:
    columns, rows = np.triu_indices(q)
    return rows, columns


def unstructured(q: int, order: list[int] | None = None) -> Factored:
    """Return the structure of any covariance matrix, triangular by a given order of its levels."""
    order = list(range(q)) if order is None else order
    rows, columns = _triangle(q)
    basis = np.zeros((len(rows), q, q))
    basis[np.arange(len(rows)), np.asarray(order)[rows], columns] = 1
    free = np.full(len(rows), np.inf)
    return Factored(basis, -free, free)


def single() -> Scaled:
    """Return the structure of one variance."""
    zero = np.zeros(1, dtype=np.int64)
    none = np.zeros((1, 1), dtype=np.int64)
    return Scaled(zero, zero, np.zeros(1), none, np.zeros(2), np.array([np.inf, 0.0]), False)


def structure(name: StructureName, positions: FloatArray, rho: float | None = None) -> Structure:
    """Return a structure by its name.

    Parameters
    ----------
    name : {"cs", "hcs", "ar", "har", "diag", "un"}
    positions : float array, shape (q,)
        Of the levels in time, for `ar` and `har`.
    rho : float, optional
        Holds the correlation of `cs`, `hcs`, `ar` or `har`.
    """
    q = len(positions)
    if name == "un":
        return unstructured(q)
    rows, columns = _triangle(q)
    lags = np.abs(positions[:, None] - positions) if name in ("ar", "har") else 1 - np.eye(q)
    uneven = name in ("hcs", "har", "diag")
    if uneven:
        left, right, lag = rows, columns, lags[rows, columns]
        table = np.zeros((q, q), dtype=np.int64)
        table[rows, columns] = table[columns, rows] = np.arange(len(rows))
    else:
        lag, places = np.unique(lags, return_inverse=True)
        table = places.reshape(q, q)
        left = right = np.zeros(len(lag), dtype=np.int64)
    lowest = -1 / max(q - 1, 1) if name in ("cs", "hcs") else -1.0 if np.all(lags % 1 == 0) else 0.0
    bounds = (0.0, 0.0) if name == "diag" else (lowest, 1.0) if rho is None else (rho, rho)
    sds = q if uneven else 1
    lower = np.append(np.zeros(sds), bounds[0])
    upper = np.append(np.full(sds, np.inf), bounds[1])
    return Scaled(left, right, lag, table, lower, upper, name != "diag")
