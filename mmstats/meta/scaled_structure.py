"""Covariance matrices of standard deviations and powers of one correlation."""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from mmstats.meta.structure_elements import Elements, IntArray, Structure
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class Scaled:
    """Elements sd_a sd_b r ** lag: all structures but the unstructured one.

    A lag of 0 is a variance. Parameters are the standard deviations, then r. Held ones have equal bounds.

    Parameters
    ----------
    left, right : int array, shape (e,)
        Places of the two standard deviations.
    lag : float array, shape (e,)
    table : int array, shape (q, q)
    lower, upper : float array, shape (t,)
    correlated : bool
        Whether r is a correlation of the model, and not the 0 of independent levels.
    unit : float
        Of lags: r is the correlation rho of the model to this power. With the shortest lag as the unit, no
        slope by r is infinite, and none vanishes because all times are far apart.
    """

    left: IntArray
    right: IntArray
    lag: FloatArray
    table: IntArray
    lower: FloatArray
    upper: FloatArray
    correlated: bool
    unit: float = 1.0

    def elements(self, theta: FloatArray) -> Elements:
        """Return the elements, shape (e,), and their derivatives."""
        if len(self.lag) == 1 and not self.lag[0]:  # one variance: what most models have, and often
            sd = float(theta[0])
            bent = np.zeros((2, 2, 1))
            bent[0, 0, 0] = 2.0
            return Elements(np.array([sd * sd]), np.array([[2 * sd], [0.0]]), bent)
        sds, rho, e = theta[:-1], float(theta[-1]), np.arange(len(self.lag))
        t, lag = len(theta), self.lag
        a, b = sds[self.left], sds[self.right]
        power = rho**lag
        if rho:
            slope, bend = lag * rho ** (lag - 1), lag * (lag - 1) * rho ** (lag - 2)
        else:  # of lags below 1, which no outer level has, the slope at 0 is infinite
            slope, bend = (lag == 1) * 1.0, (lag == 2) * 2.0
        by_a, by_b = np.zeros((t, len(e))), np.zeros((t, len(e)))
        by_a[self.left, e] = 1
        by_b[self.right, e] = 1
        sum_first = by_a * b + by_b * a
        first = sum_first * power
        first[-1] = a * b * slope
        second = (by_a[:, None] * by_b[None] + by_b[:, None] * by_a[None]) * power
        second[-1] = second[:, -1] = sum_first * slope
        second[-1, -1] = a * b * bend
        return Elements(a * b * power, first, second)

    def starts(self, variance: float) -> tuple[FloatArray, ...]:
        """Return equal standard deviations and several correlations; one variance alone has one start."""
        low, high = float(self.lower[-1]), float(self.upper[-1])
        rhos = (0.5 * high, 0.95 * high, 0.05 * high, 0.5 * low, 0.95 * low) if low < high else (low,)
        found = []
        for size in (1.0, 4.0, 0.2) if len(self.lower) > 2 or low < high else (1.0,):
            for rho in dict.fromkeys(rhos):
                theta = np.full(len(self.lower), size * sqrt(variance))
                theta[-1] = rho
                found.append(np.asarray(np.clip(theta, self.lower, self.upper)))
        return tuple(found)

    def variances(self, theta: FloatArray) -> FloatArray:
        """Return the variances, one or q."""
        return np.asarray(theta[:-1] ** 2)

    def correlations(self, theta: FloatArray) -> FloatArray:
        """Return rho, or nothing."""
        if not self.correlated:
            return theta[:0]
        return theta[-1:] if self.unit == 1 else theta[-1:] ** (1 / self.unit)

    def with_variance(self, theta: FloatArray, place: int, value: float) -> tuple[Structure, FloatArray]:
        """Return the structure with one variance held."""
        return self._held(theta, place, sqrt(value))

    def with_correlation(self, theta: FloatArray, place: int, value: float) -> tuple[Structure, FloatArray]:
        """Return the structure with rho held."""
        return self._held(theta, len(theta) - 1, value**self.unit)

    def _held(self, theta: FloatArray, place: int, value: float) -> tuple[Structure, FloatArray]:
        lower, upper, start = self.lower.copy(), self.upper.copy(), theta.copy()
        lower[place] = upper[place] = start[place] = value
        return replace(self, lower=lower, upper=upper), start
