"""What each study does to a pooling: leaving it out, adding studies one by one, Cook's distances."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.heterogeneity import heterogeneity
from mmstats.meta.pooling import EXACT, Pooled, Test, residual_scale
from mmstats.meta.weighted import BoolArray, FloatArray, Studies, Weighted

ALL = 1e-9  # a leverage nearer to 1 leaves a residual that is rounding


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
    scale : float array, shape (b,)
        What Hartung and Knapp multiply covariances by; 1 for other tests.
    determined : bool array, shape (b,)
        Whether the studies left determine the coefficients and tau squared; all else is NaN where not.
        Standard errors by Hartung and Knapp are NaN where the effects left are all the same.
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
    scale: FloatArray
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
            h2 = np.where(studies.df > 0, none.q / studies.df, np.nan)
            i2 = np.where(studies.df > 0, np.maximum(0.0, 100 * (none.q - studies.df) / none.q), np.nan)
        else:
            h2 = between.tau2 / typical + 1
            i2 = 100 * between.tau2 / (between.tau2 + typical)
    coefficients = fit.coefficients @ pooled.back.T
    scale = np.where(_exact(pooled.test, fit), np.nan, scale)
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
        scale,
        determined,
    )


def _exact(test: Test, fit: Weighted) -> BoolArray:
    """Return where Hartung and Knapp's scale measures nothing but rounding, shape (b,)."""
    largest = np.abs(fit.studies.counted * fit.studies.effects).max(axis=1)
    if test != "hartung-knapp":
        return np.zeros(len(largest), dtype=np.bool_)
    return np.asarray(fit.q <= (EXACT * largest) ** 2 * fit.weights.sum(axis=1))


def leave_one_out(pooled: Pooled, *, level: float = 0.95) -> Subsets:
    """Return the pooling without each study in turn."""
    return subsets(pooled, 1.0 - np.eye(pooled.count), level=level)


def cumulative(pooled: Pooled, order: npt.NDArray[np.integer], *, level: float = 0.95) -> Subsets:
    """Return the pooling of the first study, the first two, and so on, in a given order of their places."""
    counted = np.zeros((pooled.count, pooled.count))
    for row, last in enumerate(order):
        counted[row:, last] = 1.0
    return subsets(pooled, counted, level=level)


@dataclass(frozen=True)
class Influence:
    """How much each of k studies weighs, and what it moves.

    Parameters
    ----------
    hat, weights_percent : float array, shape (k,)
    standardised, studentised : float array, shape (k,)
        Residuals over their standard errors; of the studentised, the study has no part in the prediction.
        Hartung and Knapp's scale enters those of the studentised only.
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

    def beyond(self, coefficients: int) -> dict[str, BoolArray]:
        """Return which studies pass each of Viechtbauer and Cheung's bounds, by what is bounded."""
        k, p = len(self.hat), coefficients
        return {
            "DFFITS": np.abs(self.dffits) > 3 * np.sqrt(p / (k - p)),
            "Cook's distance": np.asarray(stats.chi2.cdf(self.cooks_distance, p) > 0.5),
            "leverage": self.hat > 3 * p / k,
            "DFBETAS": (np.abs(self.dfbetas) > 1).any(axis=1),
        }

    def influential(self, coefficients: int) -> BoolArray:
        """Return which studies pass one of Viechtbauer and Cheung's bounds."""
        return np.asarray(np.any(list(self.beyond(coefficients).values()), axis=0))


def influence(pooled: Pooled) -> Influence:
    """Return what each study does to the pooling.

    References: viechtbauer2010a, baujat2002.
    """
    if pooled.residual_df < 2:
        raise NotEstimableError("Without one more study than the model needs, none can be left out.")
    if pooled.test == "hartung-knapp" and pooled.exact:
        raise NotEstimableError(
            "All effects are what the model predicts but for rounding, and Hartung and Knapp's covariance is "
            '0, by which nothing can be measured: take test = "hartung-knapp-ad-hoc" or test = "z".'
        )
    without = leave_one_out(pooled)
    design, fit = pooled.design, pooled.fit
    q = pooled.studies.design
    weights = fit.weights[0]
    hat = weights * np.einsum("kx,xy,ky->k", q, fit.covariance[0], q)
    total = pooled.variances + pooled.tau2
    residuals = fit.residuals[0]
    room = np.where(hat < 1 - ALL, 1 - hat, np.nan)
    standardised = residuals / np.sqrt(total * room)
    predicted = np.einsum("kx,kx->k", design, without.coefficients)
    spread = np.einsum("kx,kxy,ky->k", design, without.covariances, design)
    deleted = pooled.effects - predicted
    apart = without.scale * (pooled.variances + without.tau2)
    studentised = deleted / np.sqrt(apart + spread)
    moved = pooled.coefficients - without.coefficients
    fitted = design @ pooled.coefficients
    inverse = np.linalg.inv(pooled.covariance)
    cooks = np.einsum("kx,xy,ky->k", moved, inverse, moved)
    ratio = _determinants(without.covariances) / np.linalg.det(pooled.covariance)
    own = _own_covariances(pooled, without)
    dfbetas = moved / np.sqrt(without.scale[:, None] * np.einsum("kxx->kx", own))
    dffits = (fitted - predicted) / np.sqrt(hat * apart)
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


def _determinants(matrices: FloatArray) -> FloatArray:
    """Return the determinants of some matrices, shape (b, p, p), NaN of those that are unknown."""
    known = np.isfinite(matrices).all(axis=(1, 2))
    found = np.full(len(matrices), np.nan)
    found[known] = np.linalg.det(matrices[known])
    return found


def _own_covariances(pooled: Pooled, without: Subsets) -> FloatArray:
    """Return the covariances of all studies together, with tau squared as it is without each."""
    k = pooled.count
    own = pooled.studies
    studies = Studies(
        np.broadcast_to(own.effects, (k, k)), np.broadcast_to(own.variances, (k, k)), own.design, own.counted
    )
    return pooled.covariances(studies.weighted(np.where(without.determined, without.tau2, 0.0)))
