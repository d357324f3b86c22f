"""Generalised estimating equations: means modelled, rows of a participant correlated by a working model.

Coefficients, dispersion and working correlation solve the three moment equations of geepack (Yan and Fine):
the dispersion is the mean square of all Pearson residuals, and the correlation is fitted by least squares
to the products of all pairs of residuals of a participant.

References: liang1986, yan2004.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy.special import expit

from mmstats.effects.likelihood import Evaluated, LikelihoodFit
from mmstats.effects.logistic import logistic_fit
from mmstats.errors import NotEstimableError
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
FamilyName = Literal["gaussian", "binomial", "poisson"]
Correlation = Literal["exchangeable", "independence", "ar1"]

WORKING_CORRELATION = Quantity("working_correlation", "Working correlation", null=0)
DISPERSION = Quantity("dispersion", "Dispersion")

MOST_STEPS = 200
NEAR = 1e-12  # the last step, in standard errors
EXACT = 1e-13  # residuals smaller than this share of the response are rounding
LIMIT = 1 - 1e-8  # a correlation of more leaves a matrix that cannot be inverted


@dataclass(frozen=True)
class Clusters:
    """Which rows belong together; rows of a participant are neighbours, in the order of their times.

    Parameters
    ----------
    starts : int array, shape (k,)
        The first row of each participant.
    sizes : int array, shape (k,)
    times : float array, shape (n,), optional
        For ``ar1``: a unit apart, two rows have the working correlation; else it is raised to their distance.
    """

    starts: IntArray
    sizes: IntArray
    times: FloatArray | None = None

    @cached_property
    def codes(self) -> IntArray:
        """The participant of each row, from 0, shape (n,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the sum of each participant's rows."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=0))

    @cached_property
    def distances(self) -> tuple[FloatArray, IntArray, IntArray]:
        """How far apart the two rows of each pair are, and their places; each of shape (pairs,)."""
        if self.times is None:
            raise ValueError("An ar1 correlation needs times.")
        first, second = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for start, size in zip(self.starts, self.sizes, strict=True):
            one, other = np.triu_indices(size, 1)
            first.append(start + one)
            second.append(start + other)
        i, j = np.concatenate(first), np.concatenate(second)
        return self.times[j] - self.times[i], i, j

    def whitened(self, values: FloatArray, correlation: Correlation, alpha: float) -> FloatArray:
        """Return rows multiplied by an inverse root of the working correlation matrix, shape as `values`."""
        if correlation == "independence":
            return values
        if correlation == "exchangeable":
            share = 1 - np.sqrt((1 - alpha) / (1 + (self.sizes - 1) * alpha))
            taken = self.sums(values) * (share / self.sizes).reshape((-1,) + (1,) * (values.ndim - 1))
            return np.asarray((values - taken[self.codes]) / np.sqrt(1 - alpha))
        if self.times is None:
            raise ValueError("An ar1 correlation needs times.")
        found = values.copy()
        later = np.setdiff1d(np.arange(len(values)), self.starts)
        rho = np.power(alpha, self.times[later] - self.times[later - 1])
        rho = rho.reshape((-1,) + (1,) * (values.ndim - 1))
        found[later] = (values[later] - rho * values[later - 1]) / np.sqrt(1 - rho**2)
        return found


@dataclass(frozen=True)
class Equations:
    """The solution of the estimating equations.

    Parameters
    ----------
    coefficients : float array, shape (p,)
    alpha : float
        The working correlation; 0 for independence.
    dispersion : float
    columns : float array, shape (n, p)
        What a unit of each coefficient adds to the mean, whitened by the working covariance but for the
        dispersion.
    residuals : float array, shape (n,)
        Whitened alike.
    rounding : float
        How far a whitened residual may be from 0 by rounding.
    """

    coefficients: FloatArray
    alpha: float
    dispersion: float
    columns: FloatArray
    residuals: FloatArray
    rounding: float


def solve(
    response: FloatArray, columns: FloatArray, clusters: Clusters, family: FamilyName, correlation: Correlation
) -> Equations:
    """Solve the estimating equations.

    Parameters
    ----------
    response : float array, shape (n,)
        Numbers (gaussian), 0 and 1 (binomial) or counts (poisson).
    columns : float array, shape (n, p)
        Of full rank, with columns of mean square near 1.
    clusters : Clusters
    family : {"gaussian", "binomial", "poisson"}
        With identity, logit and log link.
    correlation : {"exchangeable", "independence", "ar1"}

    Raises
    ------
    NotEstimableError
        If rows are separated or fitted exactly, nobody has two rows although a correlation is asked for, the
        residuals give no correlation matrix, or the steps do not come to an end.
    """
    estimate_alpha = _ALPHA[correlation]
    coefficients, alpha = _start(response, columns, family), 0.0
    read = 4 * float(np.finfo(np.float64).eps * np.abs(response).max())
    rounding = EXACT * float(np.abs(response).max()) + read
    before = np.inf
    for _ in range(MOST_STEPS):
        mean, variance = _mean(columns @ coefficients, family)
        raw = response - mean
        if np.abs(raw).max() <= rounding:
            raise NotEstimableError(
                "The model fits every row exactly, so nothing is known about the uncertainty."
            )
        residuals = raw / np.sqrt(variance)
        dispersion = float(residuals @ residuals) / len(response)
        after = estimate_alpha(residuals / np.sqrt(dispersion), clusters)
        moved, alpha = abs(after - alpha), after
        white = clusters.whitened(columns * np.sqrt(variance)[:, None], correlation, alpha)
        left = clusters.whitened(residuals, correlation, alpha)
        q, r = np.linalg.qr(white)
        if np.abs(np.diag(r)).min() < 1e-10 * np.abs(np.diag(r)).max():
            break
        along = q.T @ left
        size = float(np.linalg.norm(along)) / np.sqrt(dispersion)
        scale = float(np.linalg.norm(r @ coefficients)) / np.sqrt(dispersion)
        settled = moved <= NEAR and size <= NEAR + 1e-14 * scale
        stalled = max(moved, size) >= before and before <= 1e-9 + 1e-12 * scale  # no better than rounding
        if settled or stalled:
            return Equations(
                coefficients, alpha, dispersion, white, left, rounding / float(np.sqrt(variance.min()))
            )
        before = max(moved, size)
        coefficients = coefficients + np.linalg.solve(r, along)
    raise NotEstimableError(
        "No solution of the estimating equations was found: the data hardly inform some coefficient or the "
        "correlation. Leave a term out, or use correlation = 'independence'."
    )


def _start(response: FloatArray, columns: FloatArray, family: FamilyName) -> FloatArray:
    """Return the coefficients of independent rows, by maximum likelihood."""
    if family == "gaussian":
        return np.asarray(np.linalg.lstsq(columns, response)[0])
    fit = (
        logistic_fit(columns, response, firth=False)
        if family == "binomial"
        else poisson_fit(columns, response)
    )
    if fit.separated:
        what = "events from others" if family == "binomial" else "rows with a count from rows without"
        raise NotEstimableError(
            f"The data are separated: the formula's variables tell {what}, so that a coefficient is infinite "
            "and no correction helps. Leave a term out or merge levels."
        )
    return fit.maximum.parameters


def poisson_fit(columns: FloatArray, counts: FloatArray) -> LikelihoodFit:
    """Return the likelihood of independent counts whose logarithms of means are linear."""

    def likelihood(parameters: FloatArray) -> Evaluated:
        with np.errstate(over="ignore", invalid="ignore"):
            along = columns @ parameters
            mean = np.exp(along)
            value = float((counts * along - mean).sum())
            return value, columns.T @ (counts - mean), -(columns.T * mean) @ columns

    none = counts == 0
    cone = np.concatenate([-columns[none], columns[~none], -columns[~none]])
    start = np.linalg.lstsq(columns, np.log(counts + 0.5))[0]
    return LikelihoodFit(likelihood, np.asarray(start), cone, len(counts))


def _mean(along: FloatArray, family: FamilyName) -> tuple[FloatArray, FloatArray]:
    """Return means and variances, which for these links are also the slopes of the means."""
    if family == "gaussian":
        return along, np.ones_like(along)
    if family == "binomial":
        return expit(along), np.maximum(expit(along) * expit(-along), 1e-300)
    with np.errstate(over="ignore"):
        mean = np.exp(along)
    if not np.isfinite(mean).all():
        raise NotEstimableError("The expected counts grew without end: no solution was found.")
    return mean, np.maximum(mean, 1e-300)


def _independent(residuals: FloatArray, clusters: Clusters) -> float:
    return 0.0


def _exchangeable(residuals: FloatArray, clusters: Clusters) -> float:
    """Return the mean product of all pairs of standardized residuals of a participant."""
    pairs = float((clusters.sizes * (clusters.sizes - 1.0)).sum())
    if not pairs:
        raise NotEstimableError(NO_PAIRS)
    alpha = float((clusters.sums(residuals) ** 2).sum() - (residuals**2).sum()) / pairs
    lowest = -1 / (float(clusters.sizes.max()) - 1)
    if not lowest * LIMIT < alpha < LIMIT:
        raise NotEstimableError(NO_MATRIX.format(alpha))
    return alpha


def _ar1(residuals: FloatArray, clusters: Clusters) -> float:
    """Return the correlation whose powers are nearest to the products of pairs of residuals."""
    distance, i, j = clusters.distances
    if not len(distance):
        raise NotEstimableError(NO_PAIRS)
    lags, place = np.unique(distance, return_inverse=True)
    count = np.bincount(place).astype(np.float64)
    seen = np.bincount(place, residuals[i] * residuals[j]) / count
    whole = bool((lags == np.rint(lags)).all())  # otherwise the power of a negative number is not a number
    misfit: Callable[[float], float] = lambda a: float(count @ (seen - np.power(a, lags)) ** 2)  # noqa: E731
    slope: Callable[[float], float] = lambda a: float(  # noqa: E731
        (count * lags * np.power(a, lags - 1)) @ (seen - np.power(a, lags))
    )
    grid = np.linspace(-LIMIT if whole else 0.0, LIMIT, 401)
    best = int(np.argmin([misfit(float(a)) for a in grid]))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 400)])
    if best in (0, 400) or slope(low) * slope(high) > 0:
        raise NotEstimableError(NO_MATRIX.format(float(grid[best])))
    return float(optimize.brentq(slope, low, high, xtol=1e-15, rtol=1e-14))


NO_PAIRS = (
    "Nobody has two rows, so there is no correlation to estimate: use correlation = 'independence', or a method "
    "for independent rows."
)
NO_MATRIX = (
    "The residuals' correlation of {:.3g} gives no correlation matrix of the participants' rows: use "
    "correlation = 'independence'."
)
_ALPHA = {"independence": _independent, "exchangeable": _exchangeable, "ar1": _ar1}
