"""Proportional odds: the likelihood of an ordinal outcome by cumulative logits."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import expit, log_expit

from mmstats.effects.likelihood import Evaluated, FloatArray, LikelihoodFit, maximise
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity

IntArray = npt.NDArray[np.intp]

PROPORTIONALITY = Quantity("proportional_odds_test", "Test of proportional odds")


def cumulative_logit_fit(
    codes: IntArray, columns: FloatArray, free: FloatArray | None = None
) -> LikelihoodFit:
    """Return the fit of logit P(outcome <= k) = threshold_k - columns @ slopes.

    The parameters are the thresholds, the slopes and, with `free` columns, for each threshold but the
    first by how much their slopes differ there (partial proportional odds).

    Parameters
    ----------
    codes : int array, shape (n,)
        The level of each row, 0 to k - 1; each level has a row.
    columns : float array, shape (n, p)
    free : float array, shape (n, q), optional

    References: mccullagh1980, peterson1990.
    """
    cuts, n = int(codes.max()), len(codes)
    extra = np.empty((n, 0)) if free is None else free
    upper = _cut_rows(codes, cuts, columns, extra)
    lower = _cut_rows(codes - 1, cuts, columns, extra)
    top, bottom = codes == cuts, codes == 0

    def likelihood(parameters: FloatArray) -> Evaluated:
        above = np.where(top, np.inf, upper @ parameters)
        below = np.where(bottom, -np.inf, lower @ parameters)
        width = above - below
        if not (width > 0).all():
            return -np.inf, np.zeros(len(parameters)), np.zeros((len(parameters), len(parameters)))
        with np.errstate(over="ignore"):
            value = float((log_expit(above) + log_expit(-below) + np.log(-np.expm1(-width))).sum())
            shared, bend = 1 / np.expm1(width), 1 / (4 * np.sinh(width / 2) ** 2)
        up, down = expit(-above) + shared, -expit(below) - shared
        gradient = upper.T @ up + lower.T @ down
        high = upper.T * -(expit(above) * expit(-above) + bend) @ upper
        low = lower.T * -(expit(below) * expit(-below) + bend) @ lower
        cross = (upper.T * bend) @ lower
        return value, gradient, high + low + cross + cross.T

    shares = np.cumsum(np.bincount(codes))[:-1] / n
    start = np.concatenate([np.log(shares / (1 - shares)), np.zeros(upper.shape[1] - cuts)])
    return LikelihoodFit(likelihood, start, np.concatenate([upper[~top], -lower[~bottom]]), n)


def proportionality_ratio(
    fit: LikelihoodFit, codes: IntArray, columns: FloatArray, free: FloatArray
) -> float:
    """Return the likelihood-ratio statistic of `fit` against slopes of some columns that differ by cut.

    Parameters
    ----------
    fit : LikelihoodFit
        That of `codes` and `columns`.
    codes : int array, shape (n,)
    columns : float array, shape (n, p)
    free : float array, shape (n, q)
        Columns in the span of `columns`.

    Raises
    ------
    NotEstimableError
        If there is one cut only, there are not more rows than parameters, or no maximum is found.

    References: peterson1990.
    """
    n, cuts = len(codes), int(codes.max())
    needed = cuts + columns.shape[1] + (cuts - 1) * free.shape[1]
    if cuts == 1:
        raise NotEstimableError("The outcome has two values, so there is one cut, and nothing to compare.")
    if needed >= n:
        raise NotEstimableError(f"Odds ratios at every cut need more than {needed} rows; there are {n}.")
    start = np.concatenate([fit.maximum.parameters, np.zeros((cuts - 1) * free.shape[1])])
    apart = maximise(cumulative_logit_fit(codes, columns, free).likelihood, start)
    return max(0.0, 2 * (apart.value - fit.maximum.value))


def proportionality_test(
    base: Estimate, fit: LikelihoodFit, codes: IntArray, columns: FloatArray, free: FloatArray
) -> Estimate:
    """Return `base` with the test that slopes are the same at every cut, or why there is none."""
    try:
        ratio = proportionality_ratio(fit, codes, columns, free)
    except NotEstimableError as problem:
        return replace(base, quantity=PROPORTIONALITY, estimate=np.nan, note=problem.message)
    df = (int(codes.max()) - 1) * free.shape[1]
    p_value = float(stats.chi2.sf(ratio, df))
    return replace(base, quantity=PROPORTIONALITY, estimate=ratio, statistic=ratio, df=df, p_value=p_value)


def _cut_rows(at: IntArray, cuts: int, columns: FloatArray, free: FloatArray) -> FloatArray:
    """Return what multiplies the parameters to give each row's cut `at`; zeros where there is none."""
    n = len(at)
    inside = (at >= 0) & (at < cuts)
    chosen = np.zeros((n, cuts))
    chosen[np.flatnonzero(inside), at[inside]] = 1
    differing = (chosen[:, 1:, None] * free[:, None, :]).reshape(n, -1)
    return np.concatenate([chosen, -columns * inside[:, None], -differing], axis=1)
