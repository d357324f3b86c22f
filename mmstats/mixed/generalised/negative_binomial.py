"""Counts whose variance is mean + mean^2 / size (NB2)."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln, log_expit, polygamma

from mmstats.mixed.generalised.density import Density, FloatArray
from mmstats.mixed.generalised.links import FAR

LARGEST = 16.0  # log size beyond which the counts are Poisson, and digits are lost


@dataclass(frozen=True)
class NegativeBinomial:
    """Counts with mean exp(first predictor) and size exp(second), which random effects do not move.

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
        """How random effects move the predictors."""
        return np.array([1.0, 0.0])

    def density(self, predictors: FloatArray) -> Density:
        """Return the log density of each row and its derivatives."""
        y, w = self.counts, self.weights
        x = predictors[0] - predictors[1]
        size = np.exp(np.minimum(predictors[1], 300.0))
        share, rest = expit(x), expit(-x)  # of the mean, and of the size, in their sum
        some = np.maximum(y, 1.0)
        rising = np.where(y > 0, gammaln(some) - betaln(some, size), 0.0)
        value = rising - gammaln(y + 1) + y * log_expit(x) + size * log_expit(-x)
        more = digamma(y + size) - digamma(size)
        second = polygamma(1, y + size) - polygamma(1, size)
        by_mean = y * rest - size * share
        by_size = size * (more + log_expit(-x)) - by_mean
        product = share * rest
        mean_mean = -(y + size) * product
        mean_size = -size * share - mean_mean
        size_size = size * (more + log_expit(-x) + size * second + share) - mean_size
        third = mean_mean * (rest - share)
        twist = np.stack([w * third, w * (-size * product - third)])
        bend = np.stack([np.stack([mean_mean, mean_size]), np.stack([mean_size, size_size])]) * w
        return Density(w * value, np.stack([w * by_mean, w * by_size]), bend, twist)

    def feasible(self, predictors: FloatArray) -> bool:
        """Return whether means and size are numbers."""
        return bool((np.abs(predictors) < 700).all() and (np.abs(predictors[1]) < LARGEST).all())

    def far(self, predictors: FloatArray) -> bool:
        """Return whether some mean is nearly 0, the one end to which a row can go."""
        return bool(predictors[0].min() < -FAR)

    def cone(self, columns: FloatArray) -> FloatArray:
        """Return the rows of the cone of recession for a given size."""
        x = columns[0]
        fixed = np.zeros((2, x.shape[1]))
        fixed[:, -1] = 1.0, -1.0
        return np.concatenate([-x, x[self.counts > 0], fixed])

    def information(self, predictors: FloatArray) -> FloatArray:
        """Return the expected information about the mean; of the size it is left at 1."""
        mean = np.exp(predictors[0])
        found = np.zeros((2, 2, len(mean)))
        found[0, 0] = self.weights * mean * expit(predictors[1] - predictors[0])
        found[1, 1] = 1 / len(mean)
        return found

    def information_root(self, predictors: FloatArray) -> FloatArray:
        """Return the root of the information."""
        return np.sqrt(self.information(predictors))

    def information_slope(self, predictors: FloatArray, kernel: FloatArray) -> FloatArray:
        """Return the derivatives of each row's trace(information @ kernel)."""
        size = self.information(predictors)[0, 0] * kernel[0, 0]
        x = predictors[0] - predictors[1]
        return np.stack([size * expit(-x), size * expit(x)])

    def simulated(self, predictors: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return counts: Poisson of gamma."""
        mean, size = np.exp(np.minimum(predictors, 40.0))
        return np.asarray(rng.poisson(rng.gamma(size, mean / size)), dtype=np.float64)
