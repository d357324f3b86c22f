"""The likelihood of study effects of which some are more likely to be published than others."""

from dataclasses import dataclass
from functools import cached_property
from math import inf, log, pi, sqrt

import numpy as np
from scipy import special

from mmstats.meta.selection.weights import Weight
from mmstats.meta.weighted import FloatArray

PANEL = 0.25  # standard errors of a study: the width of a stretch of quadrature
POINTS = 10  # in each of them


@dataclass(frozen=True)
class SelectionLikelihood:
    """The log likelihood by the mean, tau (of either sign) and the free forms of a weight's parameters.

    Each study's density is that of its effect times its weight, over the integral of both: effects are normal
    around the mean with variance v + tau^2.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
    sign : {1, -1}
        Whether results above or below 0 are favoured.
    weight : Weight
    """

    effects: FloatArray
    variances: FloatArray
    sign: int
    weight: Weight

    @cached_property
    def errors(self) -> FloatArray:
        """The studies' standard errors, shape (k,)."""
        return np.sqrt(self.variances)

    @cached_property
    def z(self) -> FloatArray:
        """Effects over standard errors, positive where favoured, shape (k,)."""
        return np.asarray(self.sign * self.effects / self.errors)

    @cached_property
    def nodes(self) -> tuple[FloatArray, FloatArray]:
        """Where the weight varies: z values and their quadrature weights, each of shape (nodes,)."""
        cuts = self.weight.cuts
        if not self.weight.smooth:
            return np.empty(0), np.empty(0)
        count = int(np.ceil((cuts[-1] - cuts[0]) / PANEL))
        ends = np.linspace(cuts[0], cuts[-1], count + 1)
        at, size = np.polynomial.legendre.leggauss(POINTS)
        half = (ends[1] - ends[0]) / 2
        middle = (ends[1:] + ends[:-1]) / 2
        return (middle[:, None] + half * at).ravel(), np.tile(half * size, count)

    @cached_property
    def stretches(self) -> tuple[FloatArray, FloatArray]:
        """Where the weight is constant: the ends, shape (2, s), and a z value in each stretch, shape (s,)."""
        ends = np.concatenate([[-inf], self.weight.cuts, [inf]])
        low, high = ends[:-1], ends[1:]
        if self.weight.smooth:
            low, high = ends[[0, -2]], ends[[1, -1]]
        inside = np.where(np.isinf(low), high - 1, np.where(np.isinf(high), low + 1, (low + high) / 2))
        return np.stack([low, high]), inside

    def __call__(self, point: FloatArray) -> tuple[float, FloatArray]:
        """Return the log likelihood and its gradient at (mean, tau, free forms), shape (2 + m,)."""
        mean, tau, free = float(point[0]), float(point[1]), point[2:]
        parameters, chain = self.weight.natural(free)
        if not np.isfinite(parameters).all():
            return -inf, np.zeros(len(point))
        total = self.variances + tau**2
        residual = self.effects - mean
        own, own_slopes = self.weight.log_weight(self.z, parameters)
        chance, by_mean, by_spread, by_weight = self._chances(mean, np.sqrt(total) / self.errors, parameters)
        if not (np.isfinite(own).all() and np.isfinite(chance).all() and (chance > 0).all()):
            return -inf, np.zeros(len(point))
        value = -0.5 * float(np.sum(np.log(total) + residual**2 / total)) - len(total) / 2 * log(2 * pi)
        value += float(np.sum(own - np.log(chance)))
        along_mean = np.sum(residual / total - by_mean / chance * self.sign / self.errors)
        spread_by_tau = tau / (np.sqrt(total) * self.errors)
        along_tau = np.sum(tau * (residual**2 / total**2 - 1 / total) - by_spread / chance * spread_by_tau)
        along_weight = (own_slopes - by_weight / chance).sum(axis=1) * chain
        return value, np.concatenate([[along_mean, along_tau], along_weight])

    def _chances(
        self, mean: float, spread: FloatArray, parameters: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return each study's expected weight, and its derivatives by z's mean and spread and the parameters.

        The z value of a study is normal with mean `centre` and standard deviation `spread`, from 1.
        """
        centre = (self.sign * mean / self.errors)[:, None]
        spread = spread[:, None]
        (low, high), inside = self.stretches
        weight, slopes = _exp(*self.weight.log_weight(inside, parameters))
        a, b = (low - centre) / spread, (high - centre) / spread
        share = np.where(a > 0, special.ndtr(-a) - special.ndtr(-b), special.ndtr(b) - special.ndtr(a))
        at_a, at_b = _density(a), _density(b)
        chance = share @ weight
        by_mean = ((at_a - at_b) / spread) @ weight
        by_spread = ((_times(a, at_a) - _times(b, at_b)) / spread) @ weight
        by_weight = slopes @ share.T
        z, size = self.nodes
        if len(z):
            weight, slopes = _exp(*self.weight.log_weight(z, parameters))
            u = (z - centre) / spread
            density = _density(u) / spread * size
            chance = chance + density @ weight
            by_mean = by_mean + (density * u / spread) @ weight
            by_spread = by_spread + (density * (u**2 - 1) / spread) @ weight
            by_weight = by_weight + slopes @ density.T
        return chance, by_mean, by_spread, by_weight


def _exp(logs: FloatArray, slopes: FloatArray) -> tuple[FloatArray, FloatArray]:
    weight = np.exp(logs)
    return weight, weight * slopes


def _density(u: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * u**2) / sqrt(2 * pi))


def _times(u: FloatArray, density: FloatArray) -> FloatArray:
    """Return u times its density, 0 where u is infinite."""
    return np.where(np.isinf(u), 0.0, u) * density
