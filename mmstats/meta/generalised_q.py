"""The interval of tau squared by a Q with any weights (Jackson)."""

from collections.abc import Callable

import numpy as np
from scipy import optimize

from mmstats.errors import NotEstimableError
from mmstats.meta.heterogeneity_interval import Tau2Interval
from mmstats.meta.pooling import Pooled
from mmstats.meta.quadratic_form import tails
from mmstats.meta.weighted import FloatArray


def generalised_q(pooled: Pooled, weights: FloatArray | None = None, level: float = 0.95) -> Tau2Interval:
    """Return all values of tau squared that a Q with fixed weights does not reject: exact for normal effects.

    Unlike Q-profile, the weights stay while tau squared varies, so that the distribution of Q is that of a
    weighted sum of chi-squared values. The time it takes grows with the cube of the number of studies.

    Parameters
    ----------
    pooled : Pooled
    weights : float array, shape (k,), optional
        1 / variance by default, which is most precise without heterogeneity; 1 / standard error is a
        compromise that Jackson recommends.
    level : float

    References: jackson2013.

    Examples
    --------
    >>> from mmstats.meta.pooling import pool
    >>> pooled = pool(np.array([0.1, 0.5, 0.4, 1.2]), np.array([0.04, 0.02, 0.05, 0.1]), tau2="dl")
    >>> found = generalised_q(pooled)
    >>> round(found.low, 4), round(found.high, 3)
    (0.0, 1.876)
    """
    if not pooled.residual_df:
        raise NotEstimableError("As many coefficients as studies leave no Q, so tau squared has no interval.")
    a = 1 / pooled.variances if weights is None else np.asarray(weights, dtype=np.float64)
    _check(a, pooled.count)
    fit = pooled.studies.weighted_by(a)
    observed = float(fit.q[0])
    design, spread = pooled.studies.design, pooled.variances
    projection = np.diag(a) - (a[:, None] * design) @ fit.covariance[0] @ (design.T * a)

    def chances(tau2: float) -> tuple[float, float]:
        root = np.sqrt(spread + tau2)
        values = np.linalg.eigvalsh(root[:, None] * projection * root)
        return tails(np.maximum(values[-pooled.residual_df :], 0.0), observed)

    tail = (1 - level) / 2
    scale = float(np.ptp(pooled.effects) ** 2 + spread.mean())
    low = _rises_to(lambda tau2: chances(tau2)[1], tail, scale)
    high = _rises_to(lambda tau2: -chances(tau2)[0], -tail, scale)
    note = ""
    if high == 0:
        note = (
            "Effects differ less than sampling alone would have it: no tau squared is in the interval but 0."
        )
    return Tau2Interval(low, high, note)


def _rises_to(function: Callable[[float], float], target: float, scale: float) -> float:
    """Return where a rising function comes to a target, or 0 if it begins above."""
    if function(0.0) >= target:
        return 0.0
    high = scale
    while function(high) < target:
        high *= 4
    return float(optimize.brentq(lambda t: function(t) - target, 0.0, high, xtol=1e-14 * scale, rtol=1e-12))


def _check(weights: FloatArray, count: int) -> None:
    if weights.shape != (count,):
        raise NotEstimableError(f"There are {weights.size} weights for {count} studies.")
    problems = [
        f"Study {place}: its weight is {weight:g}; it must be above 0 and finite."
        for place, weight in enumerate(weights, 1)
        if not (np.isfinite(weight) and weight > 0)
    ]
    if problems:
        raise NotEstimableError("The weights cannot be used:", problems)
