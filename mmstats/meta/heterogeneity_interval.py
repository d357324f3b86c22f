"""Intervals of tau squared: by Cochran's Q, and by the profile of the likelihood."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy import optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import Pooled

LARGEST = 1e12  # times the effects' spread: where the search for an upper limit ends


@dataclass(frozen=True)
class Tau2Interval:
    """Limits of tau squared.

    Parameters
    ----------
    low, high : float
        The upper limit is infinite where the data hold none.
    note : str
    """

    low: float
    high: float
    note: str = ""


def q_profile(pooled: Pooled, level: float = 0.95) -> Tau2Interval:
    """Return all values of tau squared that Q does not reject: exact for normal effects.

    Where even 0 gives a Q below its lower quantile, effects differ less than sampling alone would have it,
    and both limits are 0.

    References: viechtbauer2007.
    """
    df = pooled.residual_df
    if not df:
        raise NotEstimableError("As many coefficients as studies leave no Q, so tau squared has no interval.")
    tail = (1 - level) / 2

    def q(tau2: float) -> float:
        return float(pooled.studies.weighted(tau2).q[0])

    low = _falls_to(q, float(stats.chi2.isf(tail, df)), _spread(pooled))
    high = _falls_to(q, float(stats.chi2.ppf(tail, df)), _spread(pooled))
    note = ""
    if high == 0:
        note = (
            "Effects differ less than sampling alone would have it: no tau squared is in the interval but 0."
        )
    return Tau2Interval(low, high, note)


def profile(pooled: Pooled, level: float = 0.95) -> Tau2Interval:
    """Return the values of tau squared whose likelihood, `ml` or `reml` as estimated, is near the greatest.

    References: hardy1996.
    """
    if pooled.tau2_method not in ("ml", "reml"):
        raise NotEstimableError(
            f"tau squared by {pooled.tau2_method!r} has no likelihood to profile: take 'reml' or 'ml', or "
            "the interval by Q."
        )
    restricted = pooled.tau2_method == "reml"

    def deviance(tau2: float) -> float:
        return float(pooled.studies.weighted(tau2).deviance(restricted=restricted)[0])

    limit = deviance(pooled.tau2) + float(stats.chi2.isf(1 - level, 1))
    low = 0.0
    if pooled.tau2 > 0 and deviance(0.0) > limit:
        low = _root(lambda tau2: deviance(tau2) - limit, 0.0, pooled.tau2)
    step = max(pooled.tau2, _spread(pooled))
    beyond = pooled.tau2 + step
    while deviance(beyond) < limit:
        step *= 4
        beyond = pooled.tau2 + step
        if step > LARGEST * _spread(pooled):
            return Tau2Interval(low, inf, "The likelihood holds any tau squared, however large.")
    return Tau2Interval(low, _root(lambda tau2: deviance(tau2) - limit, pooled.tau2, beyond))


def _spread(pooled: Pooled) -> float:
    """Return a variance of the effects' order of magnitude."""
    return float(np.ptp(pooled.effects) ** 2 + pooled.variances.mean())


def _falls_to(q: Callable[[float], float], target: float, spread: float) -> float:
    """Return where a falling Q comes to a target, or 0 if it begins below."""
    if q(0.0) <= target:
        return 0.0
    high = spread
    while q(high) > target:
        high *= 4
    return _root(lambda tau2: q(tau2) - target, 0.0, high)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    found: float = optimize.brentq(function, low, high, xtol=1e-300, rtol=1e-14, maxiter=1000)
    return found
