"""Odds ratio: the comparison's odds over the reference's; unconditional, and given both margins."""

from collections.abc import Callable
from math import exp, inf, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from mmstats.effects.two_proportions import (
    Bounds,
    Contrast,
    Table,
    greatest_probability,
    inverted,
    quadratic_root,
    ratio,
)
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

ODDS_RATIO = Quantity("odds_ratio", "Odds ratio", null=1, ratio=True)
LOG_ODDS = Quantity("log_odds", "Log odds", null=0)
_FARTHEST = 40.0


def _fit(effect: float, x1: FloatArray, n1: int, x0: FloatArray, n0: int) -> tuple[FloatArray, FloatArray]:
    events = x1 + x0
    slope = n1 * effect + n0 - events * (effect - 1)
    p0 = quadratic_root(np.full(x1.shape, n0 * (1 - effect)), -slope, events)
    p0 = np.clip(p0, 0, 1)
    return np.clip((events - n0 * p0) / n1, 0, 1), p0  # the most likely proportions keep the number of events


def _path(effect: float, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    root = sqrt(effect)
    comparison = root * positions / (1 - positions + root * positions)
    return comparison, positions / (positions + root * (1 - positions))


CONTRAST = Contrast(ODDS_RATIO, lambda p1, p0: ratio(p1 * (1 - p0), p0 * (1 - p1)), _fit, _path)


def conditional_estimate(table: Table) -> float:
    """Return the conditional maximum likelihood estimate, as `fisher.test` in R does."""
    support, weights = _hypergeometric(table)
    seen = table.events_comparison
    if seen == support[0]:
        return 0.0
    if seen == support[-1]:
        return inf
    return exp(_root(lambda u: float(support @ _tilted(weights, support, u)) - seen))


def mid_p_value(table: Table) -> float:
    """Return twice the smaller one-sided mid-p value of Fisher's exact test."""
    above = _mid_p(table, 0.0)
    return min(1.0, 2 * min(above, 1 - above))


def mid_p_interval(table: Table, *, level: float) -> Bounds:
    """Return the odds ratios that neither one-sided mid-p test rejects at (1 - level)/2."""
    alpha, support = (1 - level) / 2, _hypergeometric(table)[0]
    at_low, at_high = table.events_comparison == support[0], table.events_comparison == support[-1]
    return Bounds(
        0.0 if at_low else exp(_root(lambda u: _mid_p(table, u) - alpha)),
        inf if at_high else exp(_root(lambda u: _mid_p(table, u) - (1 - alpha))),
    )


def boschloo_p_value(table: Table) -> float:
    """Return twice the smaller one-sided p value of Boschloo's test, whose statistic is Fisher's p."""
    return min(1.0, 2 * min(_boschloo(table, 1.0, upper=True), _boschloo(table, 1.0, upper=False)))


def boschloo_interval(table: Table, *, level: float) -> Bounds:
    """Return the odds ratios that neither one-sided Boschloo test rejects at (1 - level)/2."""
    alpha = (1 - level) / 2
    return inverted(
        CONTRAST,
        table,
        lambda effect: _boschloo(table, effect, upper=True) > alpha,
        lambda effect: _boschloo(table, effect, upper=False) > alpha,
    )


def _boschloo(table: Table, effect: float, *, upper: bool) -> float:
    """Return the greatest probability of a one-sided Fisher p, at this odds ratio, as small as seen."""
    x1, n1, x0, n0 = table
    p_values = np.ones((n1 + 1, n0 + 1))
    for events in range(n1 + n0 + 1):
        support, weights = _hypergeometric(Table(min(events, n1), n1, events - min(events, n1), n0))
        probability = _tilted(weights, support, log(effect))
        tail = np.cumsum(probability[::-1])[::-1] if upper else np.cumsum(probability)
        first = support.astype(int)
        p_values[first, events - first] = tail
    extreme = p_values <= p_values[x1, x0] * (1 + 1e-7)
    return greatest_probability(CONTRAST, effect, extreme.astype(np.float64))


def _mid_p(table: Table, log_odds_ratio: float) -> float:
    """Return P(X > x) + P(X = x)/2 given both margins; it grows with the odds ratio."""
    support, weights = _hypergeometric(table)
    probability = _tilted(weights, support, log_odds_ratio)
    seen = table.events_comparison
    return float(probability[support > seen].sum() + probability[support == seen].sum() / 2)


def _hypergeometric(table: Table) -> tuple[FloatArray, FloatArray]:
    """Return the possible numbers of events in the comparison group, and the logarithms of their weights."""
    x1, n1, x0, n0 = table
    events = x1 + x0
    support = np.arange(max(0, events - n0), min(n1, events) + 1.0)
    return support, _log_choose(n1, support) + _log_choose(n0, events - support)


def _log_choose(n: int, k: FloatArray) -> FloatArray:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))


def _tilted(weights: FloatArray, support: FloatArray, log_odds_ratio: float) -> FloatArray:
    tilted = weights + support * log_odds_ratio
    probability = np.exp(tilted - tilted.max())
    return np.asarray(probability / probability.sum())


def _root(rising: Callable[[float], float]) -> float:
    """Return where a rising function of the log odds ratio is 0."""
    return float(optimize.brentq(rising, -_FARTHEST, _FARTHEST, xtol=1e-14, rtol=1e-14))
