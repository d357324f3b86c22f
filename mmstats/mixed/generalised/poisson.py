"""Counts whose variance is their mean."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaln

from mmstats.mixed.generalised.density import Density, FloatArray
from mmstats.mixed.generalised.links import FAR


@dataclass(frozen=True)
class Poisson:
    """Counts with mean exp(predictor).

    Parameters
    ----------
    counts : float array, shape (n,)
    weights : float array, shape (n,)
        How often each row counts.
    """

    counts: FloatArray
    weights: FloatArray

    @property
    def direction(self) -> FloatArray:
        """How random effects move the predictor."""
        return np.ones(1)

    @cached_property
    def _log_counts(self) -> FloatArray:
        return np.asarray(np.log(np.maximum(self.counts, 1.0)))

    @cached_property
    def _highest(self) -> FloatArray:
        """The log density at a mean of the count itself; the rest, from there, keeps its digits."""
        return np.asarray(self.counts * self._log_counts - self.counts - gammaln(self.counts + 1))

    def density(self, predictors: FloatArray) -> Density:
        """Return the log density of each row and its derivatives."""
        x, w = predictors[0], self.weights
        with np.errstate(over="ignore"):
            mean = np.exp(x)
        third = -w * mean
        with np.errstate(over="ignore"):
            part = x - self._log_counts
            value = w * (
                self._highest - np.where(self.counts > 0, self.counts * (np.expm1(part) - part), mean)
            )
        return Density(value, (w * (self.counts - mean))[None], third[None, None], third[None])

    def feasible(self, predictors: FloatArray) -> bool:
        """Return whether the means are numbers."""
        return bool((np.abs(predictors) < 700).all())

    def far(self, predictors: FloatArray) -> bool:
        """Return whether some mean is nearly 0, the one end to which a row can go."""
        return bool(predictors[0].min() < -FAR)

    def cone(self, columns: FloatArray) -> FloatArray:
        """Return the rows of the cone of recession: only a row without counts can go to one end."""
        x = columns[0]
        return np.concatenate([-x, x[self.counts > 0]])

    def information(self, predictors: FloatArray) -> FloatArray:
        """Return the mean."""
        return np.asarray((self.weights * np.exp(predictors[0]))[None, None])

    def information_root(self, predictors: FloatArray) -> FloatArray:
        """Return the root of the information."""
        return np.sqrt(self.information(predictors))

    def information_slope(self, predictors: FloatArray, kernel: FloatArray) -> FloatArray:
        """Return the derivatives of each row's trace(information @ kernel)."""
        return np.asarray((self.information(predictors)[0, 0] * kernel[0, 0])[None])

    def simulated(self, predictors: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return counts."""
        return np.asarray(rng.poisson(np.exp(np.minimum(predictors[0], 40.0))), dtype=np.float64)
