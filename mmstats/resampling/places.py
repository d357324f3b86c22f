"""Where among the ordered replicates a limit is read: the difference between percentile intervals.

A place turns the probability wanted below a limit into the share of replicates to be below it, and back.
Each is written for the lower limit; the upper is the lower of the mirrored problem, so that exchanging two
groups mirrors an interval to the last bit.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from mmstats.resampling.arrays import FloatArray


class Places(Protocol):
    """Where replicates are read in place of a probability."""

    def at(self, probability: float) -> float:
        """Return the share of replicates to be below the limit."""

    def back(self, place: float) -> float:
        """Return the largest probability whose place is at most `place`."""

    def error(self, probability: float, count: int) -> float:
        """Return the standard deviation of the share below a limit, of that many replicates."""

    def mirrored(self) -> "Places":
        """Return the places of the statistic with its sign changed."""


@dataclass(frozen=True)
class Percentile:
    """The probability itself."""

    def at(self, probability: float) -> float:
        """Return the share of replicates to be below the limit."""
        return probability

    def back(self, place: float) -> float:
        """Return the largest probability whose place is at most `place`."""
        return place

    def error(self, probability: float, count: int) -> float:
        """Return the standard deviation of the share below a limit, of that many replicates."""
        return sqrt(probability * (1 - probability) / count)

    def mirrored(self) -> "Percentile":
        """Return the places of the statistic with its sign changed."""
        return self


@dataclass(frozen=True)
class Expanded(Percentile):
    """Percentiles moved outwards by as much as t and n / (n - 1) would widen a normal interval.

    Parameters
    ----------
    size : int
        The number of observations; of the smallest group, where there are several.

    References: hesterberg2015.

    Examples
    --------
    >>> round(Expanded(10).at(0.025), 4)
    0.0086
    """

    size: int

    def at(self, probability: float) -> float:
        """Return the share of replicates to be below the limit."""
        return float(ndtr(sqrt(self.size / (self.size - 1)) * stdtrit(self.size - 1, probability)))

    def back(self, place: float) -> float:
        """Return the largest probability whose place is at most `place`."""
        return float(stdtr(self.size - 1, ndtri(place) / sqrt(self.size / (self.size - 1))))

    def error(self, probability: float, count: int) -> float:
        """Return the standard deviation of the share below a limit, of that many replicates."""
        return super().error(self.at(probability), count)

    def mirrored(self) -> "Expanded":
        """Return the places of the statistic with its sign changed."""
        return self


@dataclass(frozen=True)
class Accelerated:
    """BCa: corrected for bias, and for a standard error that changes with the parameter.

    Parameters
    ----------
    bias : float
        The normal quantile of the share of replicates below the estimate.
    acceleration : float
        A sixth of the skewness of the observations' influence.

    References: efron1987, davison1997.
    """

    bias: float
    acceleration: float

    def at(self, probability: float) -> float:
        """Return the share of replicates to be below the limit."""
        reach = self.bias + float(ndtri(probability))
        if 1 - self.acceleration * reach <= 0:  # past the pole of the transformation: the far end
            return float(reach > 0)
        return float(ndtr(self.bias + reach / (1 - self.acceleration * reach)))

    def back(self, place: float) -> float:
        """Return the largest probability whose place is at most `place`."""
        moved = float(ndtri(place)) - self.bias
        if 1 + self.acceleration * moved <= 0:  # no probability is read there
            return float(moved > 0)
        return float(ndtr(moved / (1 + self.acceleration * moved) - self.bias))

    def error(self, probability: float, count: int) -> float:
        """Return the standard deviation of the share below a limit, of that many replicates.

        Delta method: the place depends on the share below the estimate, counted in the same replicates.
        """
        place, share = self.at(probability), float(ndtr(self.bias))
        if not 0 < place < 1:
            return 0.0
        reach = self.bias + float(ndtri(probability))
        slope = 1 + 1 / (1 - self.acceleration * reach) ** 2
        slope *= float(np.exp((self.bias**2 - ndtri(place) ** 2) / 2))
        shared = min(place, share) - place * share
        variance = place * (1 - place) + slope**2 * share * (1 - share) - 2 * slope * shared
        return sqrt(max(variance, 0.0) / count)

    def mirrored(self) -> "Accelerated":
        """Return the places of the statistic with its sign changed."""
        return Accelerated(-self.bias, -self.acceleration)


@dataclass(frozen=True)
class Calibrated:
    """Percentiles at the level that covers as wanted when the sample stands for the population.

    Parameters
    ----------
    shares : float array, shape (outer,)
        For each of some resamples, the share of its own resamples that are at or below the estimate.

    References: hall1986, martin1990.
    """

    shares: FloatArray

    @cached_property
    def _ordered(self) -> FloatArray:
        return np.sort(self.shares)

    def at(self, probability: float) -> float:
        """Return the share of replicates to be below the limit."""
        return float(np.interp(probability, self._ranks, self._ordered))

    def back(self, place: float) -> float:
        """Return the largest probability whose place is at most `place`."""
        below = int(np.searchsorted(self._ordered, place, side="right"))
        if below in (0, len(self._ordered)):
            return float(self._ranks[max(below - 1, 0)]) if below == 0 else 1.0
        low, high = self._ordered[below - 1], self._ordered[below]
        ranks = self._ranks
        return float(ranks[below - 1] + (place - low) / (high - low) * (ranks[below] - ranks[below - 1]))

    def error(self, probability: float, count: int) -> float:
        """Return the standard deviation of the share below a limit, of that many replicates.

        That of the replicates, and that of the calibration, which stands on fewer.
        """
        place, outer = self.at(probability), len(self.shares)
        step = sqrt(probability * (1 - probability) / outer)
        ends = [self.at(min(max(probability + sign * step, 0.0), 1.0)) for sign in (-1, 1)]
        return sqrt(place * (1 - place) / count + ((ends[1] - ends[0]) / 2) ** 2)

    def mirrored(self) -> "Calibrated":
        """Return the places of the statistic with its sign changed."""
        return Calibrated(1 - self.shares)

    @cached_property
    def _ranks(self) -> FloatArray:
        count = len(self.shares)
        return np.arange(1, count + 1) / (count + 1)
