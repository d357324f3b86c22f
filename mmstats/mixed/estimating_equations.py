"""Generalised estimating equations: means modelled, rows of a participant correlated by a working model.

Coefficients, dispersion and working correlation solve the three moment equations of geepack (Yan and Fine):
the dispersion is the mean square of all Pearson residuals, and the correlation is fitted by least squares
to the products of all pairs of residuals of a participant.

References: liang1986, yan2004.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from mmstats.effects.likelihood import Evaluated, LikelihoodFit
from mmstats.effects.logistic import logistic_fit
from mmstats.errors import NotEstimableError
from mmstats.estimate import Quantity
from mmstats.mixed.working_correlation import ESTIMATES, Clusters, Correlation

FloatArray = npt.NDArray[np.float64]
FamilyName = Literal["gaussian", "binomial", "poisson"]

DISPERSION = Quantity("dispersion", "Dispersion")

MOST_STEPS = 200
NEAR = 1e-12  # the last step, in standard errors
EXACT = 1e-13  # residuals smaller than this share of the response are rounding


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
    response: FloatArray,
    columns: FloatArray,
    clusters: Clusters,
    family: FamilyName,
    correlation: Correlation,
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
    estimate_alpha = ESTIMATES[correlation]
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
