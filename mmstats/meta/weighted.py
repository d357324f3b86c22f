"""Weighted least squares of study effects, for many sets of effects and variances at a time."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Studies:
    """What k studies found, b times: as observed, without each in turn, with signs or rows exchanged.

    Parameters
    ----------
    effects, variances : float array, shape (b, k)
    design : float array, shape (k, p)
        Orthonormal columns.
    counted : float array, shape (b, k) or (1, k)
        1 for each study that takes part, 0 for one left out.
    """

    effects: FloatArray
    variances: FloatArray
    design: FloatArray
    counted: FloatArray

    @property
    def columns(self) -> int:
        """The number of coefficients, p."""
        return int(self.design.shape[1])

    @cached_property
    def count(self) -> FloatArray:
        """How many studies take part, shape (b,)."""
        return np.asarray(np.broadcast_to(self.counted, self.effects.shape).sum(axis=1))

    @cached_property
    def df(self) -> FloatArray:
        """Studies less coefficients, shape (b,)."""
        return self.count - self.columns

    @cached_property
    def products(self) -> FloatArray:
        """The products of each two columns, shape (k, p * p)."""
        k, p = self.design.shape
        return (self.design[:, :, None] * self.design[:, None, :]).reshape(k, p * p)

    def moment(self, values: FloatArray) -> FloatArray:
        """Return X' diag(values) X for values of shape (b, k), shape (b, p, p)."""
        return np.asarray(values @ self.products).reshape(-1, self.columns, self.columns)

    def weighted(self, tau2: FloatArray | float = 0.0) -> "Weighted":
        """Return the fits with weights 1 / (variance + tau2), tau2 of shape (b,)."""
        total = self.variances + np.reshape(tau2, (-1, 1))
        return Weighted(self, self.counted / total, total)

    def weighted_by(self, weights: FloatArray) -> "Weighted":
        """Return the fits with given weights, shape (b, k) or (k,)."""
        return Weighted(self, self.counted * weights, self.variances)


@dataclass(frozen=True)
class Weighted:
    """Fits with weights W; P is W less its projection on the columns, W - WX (X'WX)^-1 X'W.

    Parameters
    ----------
    studies : Studies
    weights, total : float array, shape (b, k)
        The weights, and the variances that they are the inverses of.
    """

    studies: Studies
    weights: FloatArray
    total: FloatArray

    @cached_property
    def covariance(self) -> FloatArray:
        """The inverse of X'WX, shape (b, p, p)."""
        return np.asarray(np.linalg.inv(self.studies.moment(self.weights)))

    @cached_property
    def coefficients(self) -> FloatArray:
        """Of the orthonormal columns, shape (b, p)."""
        right = (self.weights * self.studies.effects) @ self.studies.design
        return np.asarray(np.einsum("bxy,by->bx", self.covariance, right))

    @cached_property
    def residuals(self) -> FloatArray:
        """Effects less what the columns predict, shape (b, k)."""
        return np.asarray(self.studies.effects - self.coefficients @ self.studies.design.T)

    @cached_property
    def scores(self) -> FloatArray:
        """P times the effects, shape (b, k)."""
        return np.asarray(self.weights * self.residuals)

    @cached_property
    def q(self) -> FloatArray:
        """The weighted sum of squared residuals, shape (b,)."""
        return np.asarray((self.scores * self.residuals).sum(axis=1))

    @cached_property
    def _second(self) -> FloatArray:
        return self.covariance @ self.studies.moment(self.weights**2)

    @cached_property
    def trace(self) -> FloatArray:
        """The trace of P, shape (b,)."""
        return np.asarray(self.weights.sum(axis=1) - np.einsum("bxx->b", self._second))

    @cached_property
    def trace_of_square(self) -> FloatArray:
        """The trace of PP, shape (b,)."""
        if self.studies.columns == 1:
            one = np.ones_like(self.weights)
            return self._product_trace(one, one)
        third = np.einsum("bxy,byx->b", self.covariance, self.studies.moment(self.weights**3))
        return np.asarray(
            (self.weights**2).sum(axis=1) - 2 * third + np.einsum("bxy,byx->b", self._second, self._second)
        )

    @cached_property
    def square(self) -> FloatArray:
        """The effects' y'PPy, shape (b,)."""
        return np.asarray((self.scores**2).sum(axis=1))

    @cached_property
    def cube(self) -> FloatArray:
        """The effects' y'PPPy, shape (b,)."""
        along = (self.weights * self.scores) @ self.studies.design
        inside = np.einsum("bx,bxy,by->b", along, self.covariance, along)
        return np.asarray((self.weights * self.scores**2).sum(axis=1) - inside)

    def traces_with(self, variances: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the traces of PV, PVPV and PVP, V being diagonal with variances of shape (b, k)."""
        w, m = self.weights, self.studies.moment
        a, b = self.covariance @ m(w**2 * variances), self.covariance @ m(w**2)
        one = (w * variances).sum(axis=1) - np.einsum("bxx->b", a)
        if self.studies.columns == 1:
            v, flat = np.broadcast_to(variances, w.shape), np.ones_like(w)
            return one, self._product_trace(v, v), self._product_trace(v, flat)
        crossed = np.einsum("bxy,byx->b", self.covariance, m(w**3 * variances**2))
        two = (w**2 * variances**2).sum(axis=1) - 2 * crossed + np.einsum("bxy,byx->b", a, a)
        mixed = np.einsum("bxy,byx->b", self.covariance, m(w**3 * variances))
        three = (w**2 * variances).sum(axis=1) - 2 * mixed + np.einsum("bxy,byx->b", a, b)
        return one, two, three

    def _product_trace(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Return the trace of PAPB with diagonal A and B, shape (b, k), of a single column.

        A sum of what is above 0: by the differences of powers of weights, as of several columns, nothing is
        left of the answer where one weight is 1e8 times the others.
        """
        shares = self.weights * self.studies.design[:, 0] ** 2
        whole = shares.sum(axis=1)
        own = self.weights**2 * first * second * _others(shares) ** 2
        crossed = (self.weights * shares * first) * _others(self.weights * shares * second)
        return np.asarray((own + crossed).sum(axis=1) / whole**2)

    @cached_property
    def log_determinant(self) -> FloatArray:
        """Of X'WX, shape (b,)."""
        return np.asarray(np.linalg.slogdet(self.studies.moment(self.weights))[1])

    def deviance(self, *, restricted: bool) -> FloatArray:
        """Return minus twice the log likelihood, shape (b,), of weights that are inverse variances."""
        s = self.studies
        rows = s.df if restricted else s.count
        logs = (s.counted * np.log(self.total)).sum(axis=1)
        found = rows * np.log(2 * np.pi) + logs + self.q
        return np.asarray(found + self.log_determinant if restricted else found)


def _others(values: FloatArray) -> FloatArray:
    """Return for each value of a row the sum of all others, without subtracting it, shape (b, k)."""
    before, after = np.cumsum(values, axis=1), np.cumsum(values[:, ::-1], axis=1)[:, ::-1]
    none = np.zeros((len(values), 1))
    return np.hstack([none, before[:, :-1]]) + np.hstack([after[:, 1:], none])


def orthonormal_studies(
    effects: FloatArray, variances: FloatArray, design: FloatArray | None = None
) -> Studies:
    """Return studies with orthonormal columns, a constant one by default."""
    k = len(effects)
    columns = np.full((k, 1), 1 / np.sqrt(k)) if design is None else design
    return Studies(effects[None], variances[None], columns, np.ones((1, k)))
