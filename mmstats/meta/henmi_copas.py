"""Henmi and Copas' interval: the common effect's weights, with the uncertainty of heterogeneity."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, pi, sqrt

import numpy as np
from scipy import integrate, optimize, special

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import pool
from mmstats.meta.weighted import FloatArray

FARTHEST = 12.0  # standard errors beyond which the normal distribution has nothing
RELATIVE = 1e-12
LARGEST = 1e8  # standard errors


@dataclass(frozen=True)
class CommonWeighted:
    """A pooled effect in which small studies, which bias hits most, weigh little.

    Parameters
    ----------
    estimate, std_error, conf_low, conf_high : float
    tau2 : float
        DerSimonian and Laird's.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    tau2: float


def henmi_copas(effects: FloatArray, variances: FloatArray, *, level: float = 0.95) -> CommonWeighted:
    """Return the effect weighted by 1 / variance, with an interval that supposes random effects.

    The distribution of the estimate over its own standard error, with tau squared estimated from the same
    studies, is found by integrating over the estimate; Q given the estimate is taken as gamma. The true tau
    squared in it is the estimated one, so that the interval is short with few studies: with 8 of unequal
    precision and tau squared of 0.1, 352 of 400 simulated intervals held the effect.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
    level : float

    References: henmi2010.

    Examples
    --------
    >>> found = henmi_copas(np.array([0.1, 0.5, 0.4, 0.9]), np.array([0.04, 0.02, 0.05, 0.1]))
    >>> round(found.estimate, 3), round(found.conf_low, 3), round(found.conf_high, 3)
    (0.424, 0.095, 0.753)
    """
    pooled = pool(effects, variances, tau2="dl", test="z")
    tau2 = pooled.tau2
    weights = 1 / pooled.variances
    total = float(weights.sum())
    ratio = float((weights**2).sum()) / total
    estimate = float(weights @ pooled.effects) / total
    std_error = sqrt((1 + tau2 * ratio) / total)
    tail = (1 - level) / 2
    factor = _root(lambda u: beyond(u, weights, tau2) - tail)
    half = factor * std_error
    return CommonWeighted(estimate, std_error, estimate - half, estimate + half, tau2)


def beyond(u: float, weights: FloatArray, tau2: float) -> float:
    """Return the probability that the estimate is more than u of its own standard errors too high.

    Parameters
    ----------
    u : float
    weights : float array, shape (k,)
        1 / variance.
    tau2 : float
        The true one; the standard error has DerSimonian and Laird's in it.
    """
    total = float(weights.sum())
    ratio = float((weights**2).sum()) / total
    given = _QGiven.of(weights, tau2)

    def chance(r: float) -> float:
        needed = (r**2 * given.spread / u**2 - 1) / ratio * (total - ratio) + len(weights) - 1
        return exp(-0.5 * r**2) / sqrt(2 * pi) * given.below(needed, r)

    start = u / sqrt(given.spread)
    if start >= FARTHEST:
        return 0.0
    found, _ = integrate.quad(chance, start, FARTHEST, epsabs=0, epsrel=RELATIVE, limit=500)
    return float(found)


def _root(falling: Callable[[float], float]) -> float:
    high = 2.0
    while falling(high) > 0:
        high *= 2
        if high > LARGEST:
            raise NotEstimableError("The interval of Henmi and Copas has no end with these studies.")
    return float(optimize.brentq(falling, 1e-3, high, xtol=1e-12, rtol=1e-12))


@dataclass(frozen=True)
class _QGiven:
    """Cochran's Q, given how many of its true standard deviations r the estimate is off.

    With effects over their standard errors, Q is the squared length across the direction h of the estimate;
    the covariance is diagonal, G = 1 + tau^2 weights, and its product with h leaves h by e.

    Parameters
    ----------
    spread : float
        h'Gh: the estimate's true variance times the sum of weights.
    rest, across : float
        The trace of G less its part along h, and e'e.
    squares, bent : float
        The trace of the square of G across h, and e'Ge.
    """

    spread: float
    rest: float
    across: float
    squares: float
    bent: float

    @classmethod
    def of(cls, weights: FloatArray, tau2: float) -> "_QGiven":
        h, g = np.sqrt(weights / weights.sum()), 1 + tau2 * weights
        s = float(g @ h**2)
        e = g * h - s * h
        squares = float((g**2).sum() - 2 * (g**2 @ h**2) + s**2)
        return cls(s, float(g.sum()) - s, float(e @ e), squares, float(e @ (g * e)))

    def below(self, q: float, r: float) -> float:
        """Return the probability of a Q below q."""
        along = self.across / self.spread
        mean = self.rest + along * (r**2 - 1)
        variance = 2 * (self.squares - 2 * self.bent / self.spread + along**2)
        variance += 4 * r**2 / self.spread * (self.bent - self.across * along)
        return float(special.gammainc(mean**2 / variance, max(q, 0.0) * mean / variance))
