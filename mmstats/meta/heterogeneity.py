"""Estimators of tau squared, the variance of true effects between studies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from mmstats.meta.weighted import BoolArray, FloatArray, Studies, Weighted

STEPS = 500
SMALL = 1e-13  # how near to 0 an estimating equation must come, relative to what it is the difference of


@dataclass(frozen=True)
class Heterogeneity:
    """Estimates of tau squared, b of them.

    Parameters
    ----------
    tau2, std_error : float array, shape (b,)
    gradient : float array, shape (b,)
        What is left of the estimating equation, relative to its two sides; 0 where there is none to solve.
    certified : bool array, shape (b,)
        Whether the equation is solved, or tau squared is 0 and the equation would have it below.
    """

    tau2: FloatArray
    std_error: FloatArray
    gradient: FloatArray
    certified: BoolArray


def heterogeneity(studies: Studies, method: str = "reml") -> Heterogeneity:
    """Return tau squared by one of the estimators in `ESTIMATORS`.

    Parameters
    ----------
    studies : Studies
    method : str

    References: viechtbauer2005, veroniki2016.
    """
    return ESTIMATORS[method](studies)


def moment_estimate(studies: Studies, weights: FloatArray) -> Heterogeneity:
    """Return the estimate that makes Q with given weights its own expectation: generalised DerSimonian-Laird.

    Parameters
    ----------
    studies : Studies
    weights : float array, shape (b, k) or (k,)

    References: dersimonian2007.
    """
    fit = studies.weighted_by(weights)
    trace_v, trace_vv, trace_v_ = fit.traces_with(studies.variances)
    tau2 = np.maximum((fit.q - trace_v) / fit.trace, 0.0)
    spread = 2 * trace_vv + 4 * tau2 * trace_v_ + 2 * tau2**2 * fit.trace_of_square
    return _closed(tau2, np.sqrt(spread) / fit.trace)


def _common(studies: Studies) -> Heterogeneity:
    zero = np.zeros(len(studies.effects))
    return _closed(zero, np.full_like(zero, np.nan))


def _dersimonian_laird(studies: Studies) -> Heterogeneity:
    return moment_estimate(studies, 1 / studies.variances)


def _hedges(studies: Studies) -> Heterogeneity:
    return moment_estimate(studies, np.ones(studies.effects.shape))


def _two_step_dersimonian_laird(studies: Studies) -> Heterogeneity:
    first = _dersimonian_laird(studies).tau2
    return moment_estimate(studies, 1 / (studies.variances + first[:, None]))


def _two_step_hedges(studies: Studies) -> Heterogeneity:
    first = _hedges(studies).tau2
    return moment_estimate(studies, 1 / (studies.variances + first[:, None]))


def _hunter_schmidt(studies: Studies) -> Heterogeneity:
    return _hunter_schmidt_with(studies, np.ones(len(studies.effects)))


def _hunter_schmidt_corrected(studies: Studies) -> Heterogeneity:
    return _hunter_schmidt_with(studies, studies.count / studies.df)


def _hunter_schmidt_with(studies: Studies, factor: FloatArray) -> Heterogeneity:
    fit = studies.weighted()
    total = fit.weights.sum(axis=1)
    tau2 = np.maximum((factor * fit.q - studies.count) / total, 0.0)
    spread = 2 * studies.df + 4 * tau2 * fit.trace + 2 * tau2**2 * fit.trace_of_square
    return _closed(tau2, factor * np.sqrt(spread) / total)


def _sidik_jonkman(studies: Studies) -> Heterogeneity:
    counted = np.broadcast_to(studies.counted, studies.effects.shape)
    mean = (counted * studies.effects).sum(axis=1) / studies.count
    start = (counted * (studies.effects - mean[:, None]) ** 2).sum(axis=1) / studies.count
    started = np.where(start > 0, start, 1.0)
    fit = studies.weighted(started)
    tau2 = np.where(start > 0, started * fit.q / studies.df, 0.0)
    _, trace_vv, trace_v = fit.traces_with(studies.variances)
    spread = 2 * trace_vv + 4 * tau2 * trace_v + 2 * tau2**2 * fit.trace_of_square
    return _closed(tau2, started * np.sqrt(spread) / studies.df)


def _paule_mandel(studies: Studies) -> Heterogeneity:
    return _profiled(studies, studies.df)


def _median_unbiased(studies: Studies) -> Heterogeneity:
    return _profiled(studies, np.asarray(stats.chi2.median(studies.df), dtype=np.float64))


def _profiled(studies: Studies, target: FloatArray) -> Heterogeneity:
    """Return where Q falls to a target, or 0; Q is convex and falls, so that Newton's steps rise from 0."""
    tau2 = np.zeros(len(studies.effects))
    for _ in range(STEPS):
        fit = studies.weighted(tau2)
        above = fit.q - target
        step = np.divide(above, fit.square, out=np.zeros_like(above), where=above > 0)
        moved = tau2 + step
        if (moved == tau2).all() or (np.abs(above) <= SMALL * target)[step > 0].all():
            break
        tau2 = moved
    fit = studies.weighted(tau2)
    left = np.where(tau2 > 0, np.abs(fit.q / target - 1), 0.0)
    error = np.sqrt(2 / studies.df) * studies.count / fit.weights.sum(axis=1)
    return Heterogeneity(tau2, error, left, left < 1e-9)


def _maximum_likelihood(studies: Studies) -> Heterogeneity:
    return _likeliest(studies, restricted=False)


def _restricted_maximum_likelihood(studies: Studies) -> Heterogeneity:
    return _likeliest(studies, restricted=True)


def _likeliest(studies: Studies, *, restricted: bool) -> Heterogeneity:
    """Return the maximum of the likelihood; sets of studies that are done wait for no others."""
    tau2 = np.maximum(_hedges(studies).tau2, _dersimonian_laird(studies).tau2)
    left = np.arange(len(tau2))
    for _ in range(STEPS):
        chosen = studies.take(left)
        moved = _stepped(chosen, tau2[left], restricted=restricted)
        far = np.abs(moved - tau2[left]) > SMALL * (moved + chosen.variances.min(axis=1))
        tau2[left] = moved
        left = left[far]
        if not len(left):
            break
    fit = studies.weighted(tau2)
    here = fit.deviance(restricted=restricted)
    none = studies.weighted(0.0)
    better = none.deviance(restricted=restricted) < here
    tau2 = np.where(better, 0.0, tau2)
    fit = studies.weighted(tau2)
    slope, expected = _slope(fit, restricted=restricted)
    left = slope / (fit.square + (fit.trace if restricted else fit.weights.sum(axis=1)))
    certified = (np.abs(left) < 1e-9) | ((tau2 == 0) & (left < 0))
    return Heterogeneity(tau2, np.sqrt(2 / expected), left, certified)


def _stepped(studies: Studies, tau2: FloatArray, *, restricted: bool) -> FloatArray:
    """Return tau squared after a step uphill: Newton's where the likelihood is concave, else Fisher's."""
    fit = studies.weighted(tau2)
    here = fit.deviance(restricted=restricted)
    slope, expected = _slope(fit, restricted=restricted)
    observed = 2 * fit.cube - expected
    step = slope / np.where(observed > 0.1 * expected, observed, expected)
    moved = np.maximum(tau2 + step, 0.0)
    for _ in range(60):
        deviance = studies.weighted(moved).deviance(restricted=restricted)
        worse = deviance > here + 1e-12 * np.abs(here)
        if not worse.any():
            break
        moved = np.where(worse, (moved + tau2) / 2, moved)
    return moved


def _slope(fit: Weighted, *, restricted: bool) -> tuple[FloatArray, FloatArray]:
    """Return twice the log likelihood's slope along tau squared, and twice its expected curvature."""
    if restricted:
        return fit.square - fit.trace, fit.trace_of_square
    return fit.square - fit.weights.sum(axis=1), (fit.weights**2).sum(axis=1)


def _closed(tau2: FloatArray, std_error: FloatArray) -> Heterogeneity:
    return Heterogeneity(tau2, std_error, np.zeros_like(tau2), np.isfinite(tau2))


ESTIMATORS: Mapping[str, Callable[[Studies], Heterogeneity]] = {
    "common": _common,
    "dl": _dersimonian_laird,
    "dl2": _two_step_dersimonian_laird,
    "he": _hedges,
    "he2": _two_step_hedges,
    "hs": _hunter_schmidt,
    "hsk": _hunter_schmidt_corrected,
    "sj": _sidik_jonkman,
    "ml": _maximum_likelihood,
    "reml": _restricted_maximum_likelihood,
    "eb": _paule_mandel,
    "pm": _paule_mandel,
    "pmm": _median_unbiased,
}
