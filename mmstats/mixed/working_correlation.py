"""Working correlations of a participant's rows: estimated from residuals, and taken out of rows.

References: liang1986, yan2004.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize

from mmstats.errors import NotEstimableError
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Correlation = Literal["exchangeable", "independence", "ar1"]

WORKING_CORRELATION = Quantity("working_correlation", "Working correlation", null=0)

LIMIT = 1 - 1e-8  # a correlation of more leaves a matrix that cannot be inverted
NO_PAIRS = (
    "Nobody has two rows, so there is no correlation to estimate: use correlation = 'independence', or a "
    "method for independent rows."
)
NOT_POSITIVE = (
    "Times that are no multiples of the smallest gap need a positive correlation; the residuals have none: "
    "number the visits, or use correlation = 'independence'."
)
NO_MATRIX = (
    "The residuals' correlation of {:.3g} gives no correlation matrix of the participants' rows: use "
    "correlation = 'independence'."
)


@dataclass(frozen=True)
class Clusters:
    """Which rows belong together; rows of a participant are neighbours, in the order of their times.

    Parameters
    ----------
    starts : int array, shape (k,)
        The first row of each participant.
    sizes : int array, shape (k,)
    times : float array, shape (n,), optional
        For ``ar1``: a unit apart, two rows have the working correlation; else it is raised to their distance.
    """

    starts: IntArray
    sizes: IntArray
    times: FloatArray | None = None

    @cached_property
    def codes(self) -> IntArray:
        """The participant of each row, from 0, shape (n,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the sum of each participant's rows."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=0))

    @cached_property
    def distances(self) -> tuple[FloatArray, IntArray, IntArray]:
        """How far apart the two rows of each pair are, and their places; each of shape (pairs,)."""
        if self.times is None:
            raise ValueError("An ar1 correlation needs times.")
        first, second = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for start, size in zip(self.starts, self.sizes, strict=True):
            one, other = np.triu_indices(size, 1)
            first.append(start + one)
            second.append(start + other)
        i, j = np.concatenate(first), np.concatenate(second)
        return self.times[j] - self.times[i], i, j

    def whitened(self, values: FloatArray, correlation: Correlation, alpha: float) -> FloatArray:
        """Return rows multiplied by an inverse root of the working correlation matrix, shape as `values`."""
        if correlation == "independence":
            return values
        if correlation == "exchangeable":
            share = 1 - np.sqrt((1 - alpha) / (1 + (self.sizes - 1) * alpha))
            taken = self.sums(values) * (share / self.sizes).reshape((-1,) + (1,) * (values.ndim - 1))
            return np.asarray((values - taken[self.codes]) / np.sqrt(1 - alpha))
        if self.times is None:
            raise ValueError("An ar1 correlation needs times.")
        found = values.copy()
        later = np.setdiff1d(np.arange(len(values)), self.starts)
        rho = np.power(alpha, self.times[later] - self.times[later - 1])
        rho = rho.reshape((-1,) + (1,) * (values.ndim - 1))
        found[later] = (values[later] - rho * values[later - 1]) / np.sqrt(1 - rho**2)
        return found


def timed(clusters: Clusters, times: FloatArray) -> tuple[Clusters, float]:
    """Return participants with the times of their rows, in units of the smallest gap, and that gap.

    Raises
    ------
    NotEstimableError
        If a participant has two rows at the same time.
    """
    later = np.setdiff1d(np.arange(len(times)), clusters.starts)
    gaps = times[later] - times[later - 1]
    tied = len(np.unique(clusters.codes[later[gaps == 0]]))
    if tied:
        raise NotEstimableError(
            f"{tied} participant{'s have' if tied > 1 else ' has'} two rows at the same time: an ar1 "
            "correlation takes one."
        )
    unit = float(gaps.min()) if len(gaps) else 1.0
    shifted = (times - times.min()) / unit
    whole = np.rint(shifted)  # where they are multiples but for rounding
    return replace(clusters, times=whole if (np.abs(shifted - whole) < 1e-6).all() else shifted), unit


def _independent(residuals: FloatArray, clusters: Clusters) -> float:
    return 0.0


def _exchangeable(residuals: FloatArray, clusters: Clusters) -> float:
    """Return the mean product of all pairs of standardized residuals of a participant."""
    pairs = float((clusters.sizes * (clusters.sizes - 1.0)).sum())
    if not pairs:
        raise NotEstimableError(NO_PAIRS)
    alpha = float((clusters.sums(residuals) ** 2).sum() - (residuals**2).sum()) / pairs
    lowest = -1 / (float(clusters.sizes.max()) - 1)
    if not lowest * LIMIT < alpha < LIMIT:
        raise NotEstimableError(NO_MATRIX.format(alpha))
    return alpha


def _ar1(residuals: FloatArray, clusters: Clusters) -> float:
    """Return the correlation whose powers are nearest to the products of pairs of residuals."""
    distance, i, j = clusters.distances
    if not len(distance):
        raise NotEstimableError(NO_PAIRS)
    lags, place = np.unique(distance, return_inverse=True)
    count = np.bincount(place).astype(np.float64)
    seen = np.bincount(place, residuals[i] * residuals[j]) / count
    whole = bool((lags == np.rint(lags)).all())  # otherwise the power of a negative number is not a number

    def misfit(alpha: float) -> float:
        return float(count @ (seen - np.power(alpha, lags)) ** 2)

    def slope(alpha: float) -> float:
        powers = np.power(alpha, lags)
        return float((count * lags * np.power(alpha, lags - 1)) @ (seen - powers))

    grid = np.linspace(-LIMIT if whole else 0.0, LIMIT, 401)
    best = int(np.argmin([misfit(float(alpha)) for alpha in grid]))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 400)])
    if best == 0 and not whole:
        raise NotEstimableError(NOT_POSITIVE)
    if best in (0, 400) or slope(low) * slope(high) > 0:
        raise NotEstimableError(NO_MATRIX.format(float(grid[best])))
    return float(optimize.brentq(slope, low, high, xtol=1e-15, rtol=1e-14))


ESTIMATES = {"independence": _independent, "exchangeable": _exchangeable, "ar1": _ar1}
