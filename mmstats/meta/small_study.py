"""Whether small studies find other effects than large ones: regressions and a rank test."""

from dataclasses import dataclass
from math import isnan, nan
from typing import Literal

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import EXACT, Tau2Method, Test, pool
from mmstats.meta.weighted import FloatArray

Predictor = Literal["std-error", "variance", "inverse-size", "inverse-root-size"]


@dataclass(frozen=True)
class Regression:
    """A regression of effects on how imprecise they are.

    Parameters
    ----------
    slope, std_error, low, high, statistic, df, p_value : float
        Of the effect on the predictor; df is infinite for the normal distribution.
    limit, limit_std_error, limit_low, limit_high : float
        The effect where the predictor is 0: of a study without sampling error.
    """

    slope: float
    std_error: float
    low: float
    high: float
    statistic: float
    df: float
    p_value: float
    limit: float
    limit_std_error: float
    limit_low: float
    limit_high: float


def meta_regression_test(
    effects: FloatArray,
    variances: FloatArray,
    *,
    predictor: Predictor = "std-error",
    sizes: FloatArray | None = None,
    tau2: Tau2Method = "reml",
    test: Test = "z",
    level: float = 0.95,
) -> Regression:
    """Return Egger's test as a meta-regression: weights 1 / (variance + tau squared), tau squared additive.

    With a predictor ``std-error`` the limit is PET's estimate, with ``variance`` PEESE's.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
    predictor : {"std-error", "variance", "inverse-size", "inverse-root-size"}
    sizes : float array, shape (k,), optional
        Participants, of whom the last two predictors are 1 over the number, and over its root.
    tau2, test : str
        As `pool` takes them.
    level : float

    Raises
    ------
    NotEstimableError
        If the studies cannot be pooled, all have the same value of the predictor, sizes are missing or not
        above 0, or effects lie on a line exactly and the test is Hartung and Knapp's.

    References: sterne2005, stanley2014.
    """
    given = pool(effects, variances, tau2="common", test="z")  # names the studies that cannot be
    columns = _columns(given.variances, predictor, sizes)
    found = pool(given.effects, given.variances, columns, ("limit", predictor), tau2=tau2, test=test)
    if test == "hartung-knapp" and found.exact:
        raise NotEstimableError(
            "The effects lie on a line exactly, so that nothing is known about its uncertainty."
        )
    slope, error = float(found.coefficients[1]), float(found.std_errors[1])
    half = found.half_width(error, level)
    statistic = slope / error
    limit = found.predict(np.array([1.0, 0.0]), level=level)
    p_value = float(2 * (stats.norm.sf if found.test == "z" else stats.t(found.df).sf)(abs(statistic)))
    return Regression(
        slope,
        error,
        slope - half,
        slope + half,
        statistic,
        found.df,
        p_value,
        limit.estimate,
        limit.std_error,
        limit.conf_low,
        limit.conf_high,
    )


def classical_test(
    effects: FloatArray,
    variances: FloatArray,
    *,
    predictor: Predictor = "std-error",
    sizes: FloatArray | None = None,
    level: float = 0.95,
) -> Regression:
    """Return Egger's own test: weights 1 / variance, times a factor for whatever more variation there is.

    The same as a regression of effect / standard error on 1 / standard error, whose intercept is the slope
    here.

    References: egger1997.
    """
    return meta_regression_test(
        effects,
        variances,
        predictor=predictor,
        sizes=sizes,
        tau2="common",
        test="hartung-knapp",
        level=level,
    )


@dataclass(frozen=True)
class RankTest:
    """Kendall's tau between effects and variances, as Begg and Mazumdar standardise them.

    Parameters
    ----------
    tau, p_value : float
    exact : bool
        Whether p comes from all orders; with ties it is a normal approximation.
    """

    tau: float
    p_value: float
    exact: bool


def rank_test(effects: FloatArray, variances: FloatArray) -> RankTest:
    """Return Begg and Mazumdar's rank correlation test.

    References: begg1994.
    """
    given = pool(effects, variances, tau2="common", test="z")  # names the studies that cannot be
    effects, variances = given.effects, given.variances
    if len(effects) < 3:
        raise NotEstimableError(f"Ranks of {len(effects)} studies say nothing; three are needed at least.")
    weights = 1 / variances
    centred = effects - float(given.coefficients[0])
    centred = np.where(np.abs(centred) <= EXACT * np.abs(effects).max(), 0.0, centred)
    standardised = centred / np.sqrt(variances - 1 / weights.sum())
    ties = len(np.unique(standardised)) < len(effects) or len(np.unique(variances)) < len(effects)
    exact = not ties and len(effects) < 50
    found = stats.kendalltau(standardised, variances, method="exact" if exact else "asymptotic")
    if isnan(float(found.statistic)):
        return RankTest(nan, nan, exact=False)
    return RankTest(float(found.statistic), float(found.pvalue), exact=exact)


def _columns(variances: FloatArray, predictor: Predictor, sizes: FloatArray | None) -> FloatArray:
    if predictor in ("std-error", "variance"):
        values = np.sqrt(variances) if predictor == "std-error" else variances
        alike = "equally precise"
    else:
        values = 1 / _checked_sizes(sizes, len(variances), predictor)
        values = np.sqrt(values) if predictor == "inverse-root-size" else values
        alike = "equally large"
    if np.ptp(values) <= 1e-10 * values.max():
        raise NotEstimableError(
            f"All studies are {alike}, so that nothing tells whether small ones find other effects."
        )
    return np.column_stack([np.ones(len(values)), values])


def _checked_sizes(sizes: FloatArray | None, count: int, predictor: Predictor) -> FloatArray:
    if sizes is None or len(sizes) != count:
        raise NotEstimableError(f"The predictor {predictor!r} needs the size of every study.")
    problems = [
        f"Study {place}: its size is {size:g}; it must be above 0 and finite."
        for place, size in enumerate(sizes, 1)
        if not (np.isfinite(size) and size > 0)
    ]
    if problems:
        raise NotEstimableError(f"There is no predictor {predictor!r}:", problems)
    return np.asarray(sizes, dtype=np.float64)
