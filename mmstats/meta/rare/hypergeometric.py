"""Events of one group given all events of a table: noncentral hypergeometric."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaln, logsumexp

from mmstats.meta.rare.tables import Tables
from mmstats.meta.weighted import FloatArray
from mmstats.mixed.generalised.density import Density

FAR = 12.0  # log odds ratios so far out are those of a separated table, if at all


@dataclass(frozen=True)
class Hypergeometric:
    """Events of the comparison group, whose log odds ratio is the predictor.

    Parameters
    ----------
    tables : Tables
    """

    tables: Tables

    @property
    def direction(self) -> FloatArray:
        """How random effects move the predictor."""
        return np.ones(1)

    @cached_property
    def low(self) -> FloatArray:
        """The fewest events that there can be, shape (n,)."""
        return np.asarray(np.maximum(0, self.tables.a + self.tables.c - self.tables.n2))

    @cached_property
    def high(self) -> FloatArray:
        """The most, shape (n,)."""
        return np.asarray(np.minimum(self.tables.n1, self.tables.a + self.tables.c))

    @cached_property
    def _support(self) -> tuple[FloatArray, FloatArray]:
        """Each number of events and its log weight, shape (n, most + 1); -inf behind the last one."""
        t, low, high = self.tables, self.low, self.high
        at = low[:, None] + np.arange(int((high - low).max()) + 1)
        inside = at <= high[:, None]
        j = np.where(inside, at, low[:, None])
        other = (t.a + t.c)[:, None] - j
        logs = _log_choose(t.n1[:, None], j) + _log_choose(t.n2[:, None], other)
        return j, np.where(inside, logs, -np.inf)

    @cached_property
    def _own(self) -> FloatArray:
        t = self.tables
        return _log_choose(t.n1, t.a) + _log_choose(t.n2, t.c)

    def cumulants(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the log of the normalising sum at x of shape (..., n), and the first three cumulants."""
        j, logs = self._support
        terms = logs + x[..., None] * j
        total = logsumexp(terms, axis=-1)
        chance = np.exp(terms - total[..., None])
        mean = (chance * j).sum(axis=-1)
        away = j - mean[..., None]
        return total, mean, (chance * away**2).sum(axis=-1), (chance * away**3).sum(axis=-1)

    def density(self, predictors: FloatArray) -> Density:
        """Return the log density of each row and its derivatives."""
        x, events = predictors[0], self.tables.a
        total, mean, variance, third = self.cumulants(x)
        value = self._own + x * events - total
        return Density(value, (events - mean)[None], -variance[None, None], -third[None])

    def feasible(self, predictors: FloatArray) -> bool:
        """Return whether the predictors are numbers."""
        return bool(np.isfinite(predictors).all())

    def far(self, predictors: FloatArray) -> bool:
        """Return whether some odds ratio is as far as separation drives it."""
        return bool((np.abs(predictors[0]) > FAR).any())

    def cone(self, columns: FloatArray) -> FloatArray:
        """Return the rows of the cone of recession."""
        x = columns[0]
        return np.concatenate([x[self.tables.a > self.low], -x[self.tables.a < self.high]])

    def information(self, predictors: FloatArray) -> FloatArray:
        """Return the variance of the events."""
        return np.asarray(self.cumulants(predictors[0])[2][None, None])

    def information_root(self, predictors: FloatArray) -> FloatArray:
        """Return the root of the information."""
        return np.sqrt(self.information(predictors))

    def information_slope(self, predictors: FloatArray, kernel: FloatArray) -> FloatArray:
        """Return the derivatives of each row's trace(information @ kernel)."""
        return np.asarray((self.cumulants(predictors[0])[3] * kernel[0, 0])[None])

    def simulated(self, predictors: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return events drawn for each table with its margins."""
        j, logs = self._support
        terms = logs + predictors[0][:, None] * j
        summed = np.cumsum(np.exp(terms - logsumexp(terms, axis=-1)[:, None]), axis=1)
        at = (summed < rng.random(len(j))[:, None] * summed[:, -1:]).sum(axis=1)
        return np.asarray(j[np.arange(len(j)), at])


def _log_choose(n: FloatArray, k: FloatArray) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
