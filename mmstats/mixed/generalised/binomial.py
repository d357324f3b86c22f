"""Events among trials."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from mmstats.mixed.generalised.density import Density, FloatArray
from mmstats.mixed.generalised.links import Link


@dataclass(frozen=True)
class Binomial:
    """Events among trials, whose chance is F(predictor).

    Parameters
    ----------
    events : float array, shape (n,)
    trials : float array, shape (n,)
    link : Link
    """

    events: FloatArray
    trials: FloatArray
    link: Link

    @property
    def direction(self) -> FloatArray:
        """How random effects move the predictor."""
        return np.ones(1)

    @cached_property
    def _choose(self) -> FloatArray:
        y, n = self.events, self.trials
        return np.asarray(gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1))

    @cached_property
    def _others(self) -> tuple[FloatArray, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """The trials without an event, and in which rows there are events, and such trials."""
        rest = self.trials - self.events
        return rest, self.events > 0, rest > 0

    def density(self, predictors: FloatArray) -> Density:
        """Return the log density of each row and its derivatives."""
        x, y = predictors[0], self.events
        yes, no = self.link.log_below(x), self.link.log_above(x)
        rest, happened, failed = self._others
        with np.errstate(invalid="ignore"):
            parts = [
                np.where(happened, y * a, 0.0) + np.where(failed, rest * b, 0.0)
                for a, b in zip(yes, no, strict=True)
            ]
        return Density(parts[0] + self._choose, parts[1][None], parts[2][None, None], parts[3][None])

    def feasible(self, predictors: FloatArray) -> bool:
        """Return whether the predictors are numbers."""
        return bool(np.isfinite(predictors).all())

    def far(self, predictors: FloatArray) -> bool:
        """Return whether some chance is nearly 0 or 1."""
        return self.link.far(predictors[0])

    def cone(self, columns: FloatArray) -> FloatArray:
        """Return the rows of the cone of recession."""
        x = columns[0]
        return np.concatenate([x[self.events > 0], -x[self.events < self.trials]])

    def information(self, predictors: FloatArray) -> FloatArray:
        """Return trials f^2 / (F (1 - F)), from logarithms."""
        x = predictors[0]
        density = self.link.log_density(x)[0]
        log_size = 2 * density - self.link.log_below(x)[0] - self.link.log_above(x)[0]
        return np.asarray((self.trials * np.exp(log_size))[None, None])

    def information_root(self, predictors: FloatArray) -> FloatArray:
        """Return the root of the information."""
        return np.sqrt(self.information(predictors))

    def information_slope(self, predictors: FloatArray, kernel: FloatArray) -> FloatArray:
        """Return the derivatives of each row's trace(information @ kernel)."""
        x = predictors[0]
        tilt = 2 * self.link.log_density(x)[1] - self.link.log_below(x)[1] - self.link.log_above(x)[1]
        return np.asarray((self.information(predictors)[0, 0] * tilt * kernel[0, 0])[None])

    def simulated(self, predictors: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return shares of events; a row whose weight is not a whole number is one trial."""
        chance = np.exp(self.link.log_below(predictors[0])[0])
        whole = np.rint(self.trials)
        trials = np.where((whole == self.trials) & (whole > 0), whole, 1.0)
        return rng.binomial(trials.astype(np.int64), np.minimum(chance, 1.0)) / trials
