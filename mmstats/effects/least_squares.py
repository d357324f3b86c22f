"""Ordinary least squares by QR, with classical and heteroscedasticity-consistent (HC3, HC4) covariances."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import linalg, stats

from mmstats.effects.independent_columns import independent
from mmstats.errors import NotEstimableError

FloatArray = npt.NDArray[np.float64]
Covariance = Literal["hc3", "hc4", "classical"]

ALONE = 1e-10  # a row whose leverage is closer to 1 than this is fitted exactly
EXACT = 1e-13  # residuals smaller than this share of the response are rounding


@dataclass(frozen=True)
class LeastSquares:
    """A fit of n rows by p columns, X = QR.

    Parameters
    ----------
    q : float array, shape (n, p)
        Orthonormal columns.
    r : float array, shape (p, p)
        Upper triangular.
    response : float array, shape (n,)
    covariance : {"hc3", "hc4", "classical"}
        Whether the rows may differ in variance, and how much more the residuals of rows far out count.
    origin : float
        A value near the responses if they are far from 0, subtracted while fitting and added to the first
        coefficient, which is then the intercept; otherwise 0. A large common offset so costs no digits.
    """

    q: FloatArray
    r: FloatArray
    response: FloatArray
    covariance: Covariance
    origin: float

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return int(self.q.shape[0] - self.q.shape[1])

    @cached_property
    def coefficients(self) -> FloatArray:
        """Shape (p,)."""
        found = np.asarray(linalg.solve_triangular(self.r, self.q.T @ self._shifted))
        found[0] += self.origin
        return found

    @property
    def _shifted(self) -> FloatArray:
        return self.response - self.origin

    @cached_property
    def residuals(self) -> FloatArray:
        """Shape (n,)."""
        first = self._shifted - self.q @ (self.q.T @ self._shifted)
        return np.asarray(
            first - self.q @ (self.q.T @ first)
        )  # once more, for the digits the first pass lost

    @cached_property
    def residual_sd(self) -> float:
        """The square root of the residual mean square."""
        return float(np.linalg.norm(self.residuals)) / sqrt(self.df)

    @cached_property
    def problem(self) -> str:
        """Why standard errors do not exist, or nothing."""
        if np.abs(self.residuals).max() <= self._rounding:
            return "The model fits every row exactly, so nothing is known about the uncertainty."
        alone = int((self._room <= ALONE).sum())
        if self.covariance != "classical" and alone:
            rows = "1 row has" if alone == 1 else f"{alone} rows have"
            return (
                f"{rows} leverage 1 (each is the only one to inform some coefficient), which leaves "
                f"{self.covariance.upper()} standard errors undefined. Merge levels or drop a term, or "
                "suppose equal variances: covariance = 'classical'."
            )
        return ""

    @cached_property
    def _rounding(self) -> float:
        """How far a residual may be from 0 by rounding, of the fit or of the responses as they were read."""
        read = 4 * float(np.finfo(np.float64).eps * np.abs(self.response).max())
        return EXACT * float(np.abs(self._shifted).max()) + read

    @cached_property
    def _room(self) -> FloatArray:
        return np.asarray(1 - (self.q**2).sum(axis=1))

    @cached_property
    def _middle(self) -> FloatArray:
        """The covariance of Q'y, shape (p, p)."""
        if self.covariance == "classical":
            return np.eye(self.q.shape[1]) * self.residual_sd**2
        weighted = self.q * self._apart[:, None]
        return np.asarray(weighted.T @ weighted)

    @cached_property
    def _apart(self) -> FloatArray:
        """Each row's residual as it counts; by HC3, its distance from the fit to the other rows, (n,)."""
        return np.asarray(self.residuals / self._shrinkage)

    @cached_property
    def _shrinkage(self) -> FloatArray:
        """By how much each residual is taken to be too small, shape (n,)."""
        if self.covariance != "hc4":
            return self._room
        n, p = self.q.shape
        return np.asarray(self._room ** (np.minimum(4, n / p * (1 - self._room)) / 2))

    def directions(self, contrasts: FloatArray) -> FloatArray:
        """Return what multiplies Q'y to give each linear combination of coefficients, shape (m, p)."""
        return np.asarray(linalg.solve_triangular(self.r, contrasts.T, trans="T").T)

    def values(self, contrasts: FloatArray) -> FloatArray:
        """Return each linear combination (row) of coefficients, shape (m,).

        It goes by way of Q, not of the coefficients: where a covariate is near 1e9, a mean at its average
        is the small difference of two large products of coefficients.
        """
        along = self.directions(contrasts) @ (self.q.T @ self._shifted)
        return np.asarray(along + self.origin * contrasts[:, 0])

    def std_errors(self, contrasts: FloatArray) -> FloatArray:
        """Return the standard error of each combination (row) of coefficients, shape (m,).

        Exactly 0 where it could be rounding: a combination that only rows with exact fits inform.
        """
        along = self.directions(contrasts)
        if self.covariance == "classical":
            return np.asarray(np.linalg.norm(along, axis=1) * self.residual_sd)
        shares = along @ self.q.T  # what each row's response adds to each combination
        found = np.linalg.norm(shares * self._apart, axis=1)
        noise = np.linalg.norm(shares, axis=1) * max(self._rounding, EXACT * np.abs(self._apart).max())
        return np.asarray(np.where(found > noise, found, 0.0))

    def shares(self, contrast: FloatArray) -> FloatArray:
        """Return what each row's response adds to one combination of coefficients, shape (n,)."""
        return np.asarray(self.q @ self.directions(contrast[None])[0])

    def error_weights(self, contrast: FloatArray) -> FloatArray:
        """Return by what each residual is multiplied before squares add up to the squared error, (n,)."""
        shares = self.shares(contrast)
        if self.covariance == "classical":
            return np.full(len(shares), float(np.linalg.norm(shares)) / sqrt(self.df))
        return np.asarray(shares / self._shrinkage)

    def f_test(self, contrasts: FloatArray) -> tuple[float, int, int, float]:
        """Return Wald's F that all combinations (rows) are 0, its two degrees of freedom, and p."""
        along = self.directions(contrasts)
        values, covariance = self.values(contrasts), along @ self._middle @ along.T
        count = len(contrasts)
        if not self.std_errors(contrasts).all():
            raise NotEstimableError("A coefficient of the term has a standard error of 0.")
        scale = 1 / np.sqrt(np.diag(covariance))  # so that units do not decide what is singular
        scaled = covariance * np.outer(scale, scale)
        if np.linalg.eigvalsh(scaled)[0] < 1e-12:
            raise NotEstimableError("The robust covariance of the term's coefficients is singular.")
        f = float((values * scale) @ np.linalg.solve(scaled, values * scale)) / count
        return f, count, self.df, float(stats.f.sf(f, count, self.df))


def fit(
    matrix: FloatArray,
    response: FloatArray,
    names: Sequence[str],
    *,
    intercept: bool,
    covariance: Covariance,
) -> LeastSquares:
    """Fit by QR of columns that are centred, if the first is an intercept, and scaled to equal length.

    Raises
    ------
    NotEstimableError
        If there are no more rows than columns, or columns depend on each other; all of them are named.
    """
    q, r = independent(matrix, names, intercept=intercept)
    far = bool(np.abs(response).min() > np.ptp(response))
    origin = float(np.sort(response)[len(response) // 2]) if intercept and far else 0.0
    return LeastSquares(q, r, response, covariance, origin)


def resampled(direction: FloatArray) -> Callable[..., FloatArray]:
    """Return the statistic of one combination of coefficients, for resampled rows of (y, columns of Q)."""

    def statistic(y: FloatArray, *columns: FloatArray) -> FloatArray:
        q = np.stack(columns, axis=-1)
        gram = np.swapaxes(q, -1, -2) @ q
        known = np.linalg.eigvalsh(gram)[..., 0] > 1e-8
        gram = np.where(known[..., None, None], gram, np.eye(len(direction)))
        solved = np.linalg.solve(gram, np.swapaxes(q, -1, -2) @ y[..., None])[..., 0]
        return np.asarray(np.where(known, solved @ direction, np.nan))

    return statistic
