"""Trim and fill: how many studies seem to be missing on one side of the funnel, and the answer with them."""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import EXACT, Pooled, pool
from mmstats.meta.weighted import FloatArray

Estimator = Literal["l0", "r0", "q0"]
Side = Literal["left", "right"]
ROUNDS = 100


@dataclass(frozen=True)
class Filled:
    """Studies with those that seem to be missing.

    Parameters
    ----------
    missing : int
    std_error : float
        Of the estimated number, before it is rounded and kept from being negative.
    side : {"left", "right"}
        Where they are missing.
    effects, variances : float array
        Those observed, in their order, then those filled in.
    pooled : Pooled
        Of all.
    """

    missing: int
    std_error: float
    side: Side
    effects: FloatArray
    variances: FloatArray
    pooled: Pooled


def trim_and_fill(pooled: Pooled, *, estimator: Estimator = "l0", side: Side | None = None) -> Filled:
    """Return Duval and Tweedie's answer, by the model and test that `pooled` has.

    Rank-based: studies that are too far out on one side are trimmed until the others lie evenly around their
    pooled effect, and then mirrored on the other side. An illustration of how much could be missing, not a
    correction: heterogeneity alone makes funnels uneven.

    Parameters
    ----------
    pooled : Pooled
        Without features of studies.
    estimator : {"l0", "r0", "q0"}
    side : {"left", "right"}, optional
        Where studies are missing; by default the side that small studies lean away from.

    Raises
    ------
    NotEstimableError
        If effects are regressed on features, there are fewer than three studies, or the numbers do not
        settle.

    References: duval2000.
    """
    if len(pooled.names) > 1:
        raise NotEstimableError("Trim and fill is for a pooled effect, not for a regression on features.")
    if pooled.count < 3:
        raise NotEstimableError(f"With {pooled.count} studies no side of the funnel can be uneven.")
    side = side or _side(pooled)
    sign = 1.0 if side == "left" else -1.0
    order = np.argsort(sign * pooled.effects, kind="stable")
    effects, variances = sign * pooled.effects[order], pooled.variances[order]
    missing, before = 0, -1
    for _ in range(ROUNDS):
        kept = len(effects) - missing
        middle = _middle(pooled, effects[:kept], variances[:kept])
        centred = effects - middle
        centred = np.where(np.abs(centred) <= EXACT * np.abs(effects).max(), 0.0, centred)
        before, (missing, error) = missing, _missing(centred, estimator)
        missing = min(missing, len(effects) - 1)
        if missing == before:
            break
    else:
        raise NotEstimableError(
            f"The number of missing studies does not settle: it was {before} and {missing} by turns."
        )
    mirrored = 2 * middle - effects[len(effects) - missing :]
    whole = np.concatenate([pooled.effects, sign * mirrored])
    spread = np.concatenate([pooled.variances, variances[len(effects) - missing :]])
    return Filled(missing, error, side, whole, spread, _again(pooled, whole, spread))


def _missing(centred: FloatArray, estimator: Estimator) -> tuple[int, float]:
    """Return how many studies are missing on the left, and the standard error of that."""
    k = len(centred)
    ranks = np.sign(centred) * stats.rankdata(np.abs(centred), method="ordinal")
    above = float(ranks[ranks > 0].sum())
    if estimator == "r0":
        below = -ranks[ranks < 0]
        found = k - (float(below.max()) if len(below) else 0.0) - 1
        return max(0, round(found)), sqrt(2 * max(0.0, found) + 2)
    if estimator == "l0":
        found = (4 * above - k * (k + 1)) / (2 * k - 1)
        return max(0, round(found)), 4 * sqrt(_rank_variance(k, found)) / (2 * k - 1)
    inside = 2 * k**2 - 4 * above + 0.25
    if inside < 0:
        raise NotEstimableError("The estimator 'q0' has no value here; take 'l0'.")
    found = k - 0.5 - sqrt(inside)
    width = sqrt(max(0.0, (k - 0.5) ** 2 - found * (2 * k - found - 1)))
    return max(0, round(found)), 2 * sqrt(_rank_variance(k, found)) / width


def _rank_variance(k: int, missing: float) -> float:
    m = missing
    total = k * (k + 1) * (2 * k + 1) + 10 * m**3 + 27 * m**2 + 17 * m
    return max(0.0, (total - 18 * k * m**2 - 18 * k * m + 6 * k**2 * m) / 24)


def _side(pooled: Pooled) -> Side:
    errors = np.sqrt(pooled.variances)
    if np.ptp(errors) <= 1e-10 * errors.max():
        raise NotEstimableError(
            "All studies are equally precise, so that small ones lean to no side: say where some are missing."
        )
    columns = np.column_stack([np.ones(pooled.count), errors])
    leaning = pool(
        pooled.effects, pooled.variances, columns, ("intercept", "error"), tau2=pooled.tau2_method, test="z"
    )
    return "right" if leaning.coefficients[1] < 0 else "left"


def _middle(pooled: Pooled, effects: FloatArray, variances: FloatArray) -> float:
    """Return the average of the studies that are kept; of one, its effect."""
    return float(effects[0] if len(effects) == 1 else _again(pooled, effects, variances).coefficients[0])


def _again(pooled: Pooled, effects: FloatArray, variances: FloatArray) -> Pooled:
    return pool(effects, variances, tau2=pooled.tau2_method, test=pooled.test)
