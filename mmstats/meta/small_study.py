"""Whether small studies find other effects than large ones: regressions and a rank test."""

from dataclasses import dataclass
from math import isnan, nan
from typing import Literal

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import Tau2Method, Test, pool
from mmstats.meta.weighted import FloatArray

Predictor = Literal["std-error", "variance"]


@dataclass(frozen=True)
class Regression:
    """A regression of effects on how imprecise they are.

    Parameters
    ----------
    slope, std_error, statistic, df, p_value : float
        Of the effect on its standard error or variance; df is infinite for the normal distribution.
    limit, limit_std_error, limit_low, limit_high : float
        The effect at a standard error of 0.
    """

    slope: float
    std_error: float
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
    tau2: Tau2Method = "reml",
    test: Test = "z",
    level: float = 0.95,
) -> Regression:
    """Return Egger's test as a meta-regression: weights 1 / (variance + tau squared), tau squared additive.

    With a predictor ``std-error`` the limit is PET's estimate, with ``variance`` PEESE's.

    References: sterne2005, stanley2014.
    """
    columns = _columns(variances, predictor)
    found = pool(effects, variances, columns, ("limit", predictor), tau2=tau2, test=test)
    slope, error = float(found.coefficients[1]), float(found.std_errors[1])
    statistic = slope / error
    limit = found.predict(np.array([1.0, 0.0]), level=level)
    p_value = float(2 * (stats.norm.sf if found.test == "z" else stats.t(found.df).sf)(abs(statistic)))
    return Regression(
        slope,
        error,
        statistic,
        found.df,
        p_value,
        limit.estimate,
        limit.std_error,
        limit.conf_low,
        limit.conf_high,
    )


def classical_test(
    effects: FloatArray, variances: FloatArray, *, predictor: Predictor = "std-error", level: float = 0.95
) -> Regression:
    """Return Egger's own test: weights 1 / variance, times a factor for whatever more variation there is.

    The same as a regression of effect / standard error on 1 / standard error, whose intercept is the slope
    here.

    References: egger1997.
    """
    return meta_regression_test(
        effects, variances, predictor=predictor, tau2="common", test="hartung-knapp", level=level
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
    if len(effects) < 3:
        raise NotEstimableError(f"Ranks of {len(effects)} studies say nothing; three are needed at least.")
    weights = 1 / variances
    mean = float(effects @ weights / weights.sum())
    standardised = (effects - mean) / np.sqrt(variances - 1 / weights.sum())
    ties = len(np.unique(standardised)) < len(effects) or len(np.unique(variances)) < len(effects)
    exact = not ties and len(effects) < 50
    found = stats.kendalltau(standardised, variances, method="exact" if exact else "asymptotic")
    if isnan(float(found.statistic)):
        return RankTest(nan, nan, exact=False)
    return RankTest(float(found.statistic), float(found.pvalue), exact=exact)


def _columns(variances: FloatArray, predictor: Predictor) -> FloatArray:
    values = np.sqrt(variances) if predictor == "std-error" else np.asarray(variances, dtype=np.float64)
    if np.ptp(values) <= 1e-10 * values.max():
        raise NotEstimableError(
            "All studies are equally precise, so that nothing tells whether small ones find other effects."
        )
    return np.column_stack([np.ones(len(values)), values])
