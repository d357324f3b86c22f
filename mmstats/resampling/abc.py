"""ABC intervals: BCa by derivatives in the weights, without drawing."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf, sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.design import Design
from mmstats.resampling.statistic import Evaluate

STEP = 1e-3  # of the weights, in units of 1 / n, for derivatives
FURTHEST = 4.0  # standard errors; p is not followed beyond, and is at least 0.00006


@dataclass(frozen=True)
class AbcLimits:
    """Limits read off the statistic along its steepest path.

    Parameters
    ----------
    along : callable
        The statistic that many standard errors along the path.
    bias, acceleration : float
        As in BCa.
    """

    along: Callable[[float], float]
    bias: float
    acceleration: float

    def at(self, alpha: float) -> tuple[float, float]:
        """Return the lower and upper limit at level 1 - `alpha`."""
        z = float(ndtri(alpha / 2))
        return self._limit(z), self._limit(-z)

    def p_value(self, null: float) -> float:
        """Return the alpha at which the interval begins to leave out `null`.

        Where the path turns back, the first time that it reaches `null` counts.
        """
        sign = 1.0 if self._limit(0.0) < null else -1.0

        def gap(z: float) -> float:
            """Return how far the limit at that many standard errors is from reaching `null`."""
            return sign * (null - self._limit(sign * z))

        steps = np.linspace(0.0, FURTHEST, 81)
        reached = next((i for i, z in enumerate(steps) if gap(float(z)) <= 0), None)
        if reached is None:
            return float(2 * ndtr(-FURTHEST))
        if reached == 0:
            return 1.0
        low, high = float(steps[reached - 1]), float(steps[reached])
        for _ in range(60):  # a limit may be infinite, which root finders do not take
            middle = (low + high) / 2
            low, high = (low, middle) if gap(middle) <= 0 else (middle, high)
        return float(2 * ndtr(-high))

    def std_error(self, alpha: float) -> float:
        """Return 0: nothing is drawn."""
        return 0.0

    def _limit(self, z: float) -> float:
        reach = self.bias + z
        if 1 - self.acceleration * reach <= 0:
            return inf if reach > 0 else -inf
        return self.along(reach / (1 - self.acceleration * reach) ** 2)


def abc_limits(evaluate: Evaluate, design: Design) -> AbcLimits | None:
    """Return the ABC limits of a smooth statistic; none if no weight moves it.

    References: diciccio1992.
    """
    sizes = np.repeat(np.array(design.sizes, dtype=np.float64), design.sizes)

    def values(shifts: FloatArray) -> FloatArray:
        return evaluate(design.rows(1 + shifts), spread=False)[0]

    own = np.zeros((design.units, design.units))  # towards each unit, within its stratum
    for start, end in pairwise(design.starts):
        own[start:end, start:end] = (end - start) * np.eye(end - start) - 1
    step = STEP / sizes
    up, down = values(step[:, None] * own), values(-step[:, None] * own)
    centre = float(values(np.zeros((1, design.units)))[0])
    first, second = (up - down) / (2 * step), (up - 2 * centre + down) / step**2
    std_error = sqrt(float(np.sum((first / sizes) ** 2)))
    if not std_error > 0:
        return None
    skewness = float(np.sum((first / sizes) ** 3)) / (6 * std_error**3)
    path = first / (sizes * std_error)  # the change of weights, in units of 1 / n, per standard error
    small = STEP / float(sizes.max())
    there, back = values(np.vstack([small * path, -small * path]))
    curvature = float(there - 2 * centre + back) / (2 * std_error * small**2)
    bias = float(np.sum(second / sizes**2)) / 2
    return AbcLimits(
        along=lambda reach: float(values(reach * path[None, :])[0]),
        bias=skewness - bias / std_error + curvature,  # to first order, as R's boot has it
        acceleration=skewness,
    )
