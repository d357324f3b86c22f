"""What each study does to a pooling: leaving it out, adding studies one by one, Cook's distances."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.heterogeneity import heterogeneity
from mmstats.meta.pooling import Pooled, residual_scale
from mmstats.meta.weighted import BoolArray, FloatArray, Studies


@dataclass(frozen=True)
class Subsets:
    """The same pooling of several sets of the studies.

    Parameters
    ----------
    coefficients, std_errors : float array, shape (b, p)
    covariances : float array, shape (b, p, p)
    conf_low, conf_high, p_value : float array, shape (b, p)
    tau2, q, i2, h2 : float array, shape (b,)
    count : float array, shape (b,)
    determined : bool array, shape (b,)
        Whether the studies left determine the coefficients and tau squared; all else is NaN where not.
    """

    coefficients: FloatArray
    std_errors: FloatArray
    covariances: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    p_value: FloatArray
    tau2: FloatArray
    q: FloatArray
    i2: FloatArray
    h2: FloatArray
    count: FloatArray
    determined: BoolArray


def subsets(pooled: Pooled, counted: FloatArray, *, level: float = 0.95) -> Subsets:
    """Return the pooling of each set of studies, shape (b, k), whose members are counted 1 and others 0."""
    chosen, own = np.asarray(counted, dtype=np.float64), pooled.studies
    p = own.columns
    sizes = np.linalg.eigvalsh(own.moment(chosen))[:, 0]
    needed = p if pooled.tau2_method == "common" and pooled.test == "z" else p + 1
    determined = (chosen.sum(axis=1) >= needed) & (sizes > 1e-12)
    kept = np.where(determined[:, None], chosen, 1.0)
    b = len(kept)
    studies = Studies(
        np.broadcast_to(own.effects, (b, own.effects.shape[1])),
        np.broadcast_to(own.variances, (b, own.variances.shape[1])),
        own.design,
        kept,
    )
    between = heterogeneity(studies, pooled.tau2_method)
    determined = determined & between.certified
    fit, none = studies.weighted(between.tau2), studies.weighted()
    with np.errstate(divide="ignore", invalid="ignore"):
        typical = studies.df / none.trace
        scale = residual_scale(pooled.test, fit)
        if pooled.tau2_method == "common":
            h2 = none.q / studies.df
            i2 = np.maximum(0.0, 100 * (none.q - studies.df) / none.q)
        else:
            h2 = between.tau2 / typical + 1
            i2 = 100 * between.tau2 / (between.tau2 + typical)
    coefficients = fit.coefficients @ pooled.back.T
    covariances = scale[:, None, None] * pooled.covariances(fit)
    errors = np.sqrt(np.einsum("bxx->bx", covariances))
    df = np.full((b, 1), np.inf) if pooled.test == "z" else studies.df[:, None]
    half = np.asarray(stats.t.isf((1 - level) / 2, df) * errors, dtype=np.float64)
    p_value = np.asarray(2 * stats.t.sf(np.abs(coefficients) / errors, df), dtype=np.float64)
    lost = ~determined
    for values in (coefficients, errors, covariances, half, p_value, i2, h2):
        values[lost] = np.nan
    return Subsets(
        coefficients,
        errors,
        covariances,
        coefficients - half,
        coefficients + half,
        p_value,
        np.where(lost, np.nan, between.tau2),
        np.where(lost, np.nan, none.q),
        i2,
        h2,
        chosen.sum(axis=1),
        determined,
    )


def leave_one_out(pooled: Pooled, *, level: float = 0.95) -> Subsets:
    """Return the pooling without each study in turn."""
    return subsets(pooled, 1.0 - np.eye(pooled.count), level=level)


def cumulative(pooled: Pooled, order: FloatArray, *, level: float = 0.95) -> Subsets:
    """Return the pooling of the first study, the first two, and so on, in a given order of their places."""
    counted = np.zeros((pooled.count, pooled.count))
    for row, last in enumerate(order):
        counted[row:, int(last)] = 1.0
    return subsets(pooled, counted, level=level)


@dataclass(frozen=True)
class Influence:
    """How much each of k studies weighs, and what it moves.

    Parameters
    ----------
    hat, weights_percent : float array, shape (k,)
    standardised, studentised : float array, shape (k,)
        Residuals over their standard errors; of the studentised, the study has no part in the prediction.
    dffits, cooks_distance, covariance_ratio, tau2_without, q_without : float array, shape (k,)
    dfbetas : float array, shape (k, p)
    baujat_x, baujat_y : float array, shape (k,)
        The study's part of Q, and how far the other studies' predictions move without it.
    """

    hat: FloatArray
    weights_percent: FloatArray
    standardised: FloatArray
    studentised: FloatArray
    dffits: FloatArray
    cooks_distance: FloatArray
    covariance_ratio: FloatArray
    tau2_without: FloatArray
    q_without: FloatArray
    dfbetas: FloatArray
    baujat_x: FloatArray
    baujat_y: FloatArray

    def influential(self, coefficients: int) -> BoolArray:
        """Return which studies pass one of Viechtbauer and Cheung's bounds."""
        k, p = len(self.hat), coefficients
        bound = 3 * np.sqrt(p / (k - p))
        return np.asarray(
            (np.abs(self.dffits) > bound)
            | (stats.chi2.cdf(self.cooks_distance, p) > 0.5)
            | (self.hat > 3 * p / k)
            | (np.abs(self.dfbetas) > 1).any(axis=1)
        )


def influence(pooled: Pooled) -> Influence:
    """Return what each study does to the pooling.

    References: viechtbauer2010a, baujat2002.
    """
    if pooled.residual_df < 2:
        raise NotEstimableError("Without one more study than the model needs, none can be left out.")
    without = leave_one_out(pooled)
    design, fit = pooled.design, pooled.fit
    q = pooled.studies.design
    weights = fit.weights[0]
    hat = weights * np.einsum("kx,xy,ky->k", q, fit.covariance[0], q)
    total = pooled.variances + pooled.tau2
    residuals = fit.residuals[0]
    standardised = residuals / np.sqrt(pooled.scale * (total - total * hat))
    predicted = np.einsum("kx,kx->k", design, without.coefficients)
    spread = np.einsum("kx,kxy,ky->k", design, without.covariances, design)
    deleted = pooled.effects - predicted
    studentised = deleted / np.sqrt(pooled.variances + spread + without.tau2)
    moved = pooled.coefficients - without.coefficients
    fitted = design @ pooled.coefficients
    inverse = np.linalg.inv(pooled.covariance)
    cooks = np.einsum("kx,xy,ky->k", moved, inverse, moved)
    ratio = np.linalg.det(without.covariances) / np.linalg.det(pooled.covariance)
    own = _own_covariances(pooled, without)
    dfbetas = moved / np.sqrt(np.einsum("kxx->kx", own))
    dffits = (fitted - predicted) / np.sqrt(hat * (pooled.variances + without.tau2))
    return Influence(
        hat,
        pooled.weights_percent,
        standardised,
        studentised,
        dffits,
        cooks,
        ratio,
        without.tau2,
        without.q,
        dfbetas,
        residuals**2 / total,
        (fitted - predicted) ** 2 / spread,
    )


def _own_covariances(pooled: Pooled, without: Subsets) -> FloatArray:
    """Return the covariances of all studies together, with tau squared as it is without each."""
    k = pooled.count
    own = pooled.studies
    studies = Studies(
        np.broadcast_to(own.effects, (k, k)), np.broadcast_to(own.variances, (k, k)), own.design, own.counted
    )
    return pooled.covariances(studies.weighted(np.where(without.determined, without.tau2, 0.0)))
