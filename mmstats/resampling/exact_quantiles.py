"""The bootstrap distribution of a sample quantile, exactly: what infinitely many resamples would give.

A resample's order statistics depend only on how many of its values come from below each observation, which is
binomial; for a quantile between two of them, multinomial. So there is no seed and no Monte-Carlo error.
"""

from dataclasses import dataclass
from functools import cached_property
from math import floor, sqrt

import numpy as np
from scipy.special import gammaln
from scipy.stats import binom

from mmstats.resampling.arrays import FloatArray

_NEGLIGIBLE = 1e-20  # a probability too small to change any digit
_ROUNDING = 1e-12  # values this close, relative to the largest, are one


@dataclass(frozen=True)
class Discrete:
    """A random variable with finitely many values.

    Parameters
    ----------
    values : float array, shape (k,)
        Ascending and distinct.
    probabilities : float array, shape (k,)
    """

    values: FloatArray
    probabilities: FloatArray

    @cached_property
    def cumulative(self) -> FloatArray:
        """The probability of fewer than the first 0, 1, ..., k values, shape (k + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.probabilities)])

    @property
    def mean(self) -> float:
        """The expectation."""
        return float(self.values @ self.probabilities)

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        return float((self.values - self.mean) ** 2 @ self.probabilities)


def bootstrap_quantile(sample: FloatArray, share: float) -> Discrete:
    """Return the distribution of a resample's quantile, by linear interpolation (type 7 of Hyndman and Fan).

    Parameters
    ----------
    sample : float array, shape (n,)
        Ties are kept.
    share : float
        Such as 0.5 for the median, which with an even n is the mean of the two values in the middle.

    References: efron1979, maritz1978.

    Examples
    --------
    >>> found = bootstrap_quantile(np.array([1.0, 2.0, 4.0]), 0.5)
    >>> found.values, (27 * found.probabilities).round(12)
    (array([1., 2., 4.]), array([ 7., 13.,  7.]))
    >>> found = bootstrap_quantile(np.array([1.0, 3.0]), 0.5)
    >>> found.values, found.probabilities
    (array([1., 2., 3.]), array([0.25, 0.5 , 0.25]))
    """
    ordered, n = np.sort(sample), len(sample)
    place = (n - 1) * share
    rank = floor(place + 1e-9) + 1
    between = max(place - rank + 1, 0.0)
    if between < 1e-9:
        reached = binom.sf(rank - 1, n, np.arange(n + 1) / n)
        return _merged(ordered, np.diff(reached))
    joint = _adjacent(n, rank)
    used = joint > _NEGLIGIBLE
    values = ordered[:, None] + between * (ordered - ordered[:, None])
    return _merged(values[used], joint[used])


@dataclass(frozen=True)
class Difference:
    """The difference of two independent discrete variables, `comparison` minus `reference`.

    Its values are not listed, of which there may be billions: probabilities are sums over one variable of
    what the other has accumulated, and quantiles are found by halving.
    """

    comparison: Discrete
    reference: Discrete

    @cached_property
    def _rounding(self) -> float:
        ends = [v for side in (self.comparison, self.reference) for v in (side.values[0], side.values[-1])]
        return _ROUNDING * float(np.abs(ends).max())

    @property
    def std_dev(self) -> float:
        """The standard deviation."""
        return sqrt(self.comparison.variance + self.reference.variance)

    @property
    def reversed(self) -> "Difference":
        """The negative."""
        return Difference(self.reference, self.comparison)

    def middle(self, value: float) -> float:
        """Return the probability of less than `value`, and half of that of `value` itself."""
        return (self._within(value + self._rounding) + self._within(value - self._rounding)) / 2

    def tail(self, value: float) -> float:
        """Return `middle` of the greatest possible difference up to `value`; of the least if that is above.

        So it is never 0, and is below a probability exactly when `percentile` of it lies above `value`.
        """
        return self.middle(max(-self.reversed._above(-value - 2 * self._rounding), self._least))

    def percentile(self, probability: float) -> float:
        """Return the least possible difference whose `middle` is not below `probability`.

        Examples
        --------
        >>> die = Discrete(np.arange(1.0, 7), np.full(6, 1 / 6))
        >>> Difference(die, die).percentile(0.025)  # -5 and -4 have probabilities of 1/36 and 2/36
        -4.0
        """
        low, high = self._least - 2 * self._rounding, -self.reversed._least
        while high - low > self._rounding:
            middle = (low + high) / 2
            if middle in (low, high):
                break
            if self._within(middle + self._rounding) >= probability:
                high = middle
            else:
                low = middle
        found = self._above(low)
        return found if self.middle(found) >= probability else self._above(found)

    @property
    def _least(self) -> float:
        return float(self.comparison.values[0] - self.reference.values[-1])

    def _within(self, value: float) -> float:
        """Return the probability of `value` or less, to the last bit of it."""
        places = np.searchsorted(self.comparison.values, self.reference.values + value, "right")
        return float(self.reference.probabilities @ self.comparison.cumulative[places])

    def _above(self, value: float) -> float:
        """Return the least possible difference above `value` by more than rounding; infinity if none is."""
        places = np.searchsorted(
            self.comparison.values, self.reference.values + (value + self._rounding), "right"
        )
        inside = places < len(self.comparison.values)
        gaps = self.comparison.values[places[inside]] - self.reference.values[inside]
        return float(np.min(gaps, initial=np.inf)) + 0.0


def _adjacent(n: int, rank: int) -> FloatArray:
    """Return P(the resample's values of this rank and the next are observations i and j), shape (n, n)."""
    ways = gammaln(n + 1) - gammaln(rank + 1) - gammaln(n - rank + 1)
    below, above = _log_greatest(n, rank), _log_greatest(n, n - rank)[::-1]
    joint: FloatArray = np.triu(np.exp(ways + below[:, None] + above), 1)
    both = np.diff(binom.sf(rank - 1, n, np.arange(n + 1) / n)) - joint.sum(axis=1)
    joint[np.diag_indices(n)] = np.maximum(both, 0.0)
    return joint


def _log_greatest(n: int, draws: int) -> FloatArray:
    """Return the logarithm of the probability that the greatest of `draws` is observation 1, ..., n."""
    i = np.arange(1.0, n + 1)
    with np.errstate(divide="ignore"):
        return np.asarray(draws * np.log(i / n) + np.log(-np.expm1(draws * np.log1p(-1 / i))))


def _merged(values: FloatArray, probabilities: FloatArray) -> Discrete:
    order = np.argsort(values, kind="stable")
    values, probabilities = values[order], probabilities[order]
    new = np.diff(values, prepend=-np.inf) > _ROUNDING * np.abs(values).max()
    starts = np.flatnonzero(new)
    return Discrete(values[starts] + 0.0, np.add.reduceat(probabilities, starts))
