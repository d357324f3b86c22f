"""Cliff's delta: how much oftener a comparison value lies above a reference value than below it."""

from math import copysign, sqrt

import numpy as np
from scipy import stats

from mmstats.effects.mean_difference import FloatArray, variance
from mmstats.effects.superiority import placements
from mmstats.estimate import Quantity

CLIFFS_DELTA = Quantity("cliffs_delta", "Cliff's delta", null=0)


def from_superiority(value: float) -> float:
    """Return delta where the probability of superiority is `value`: the same measure from -1 to 1."""
    return 2 * value - 1 + 0.0  # no negative zero


def consistent_std_error(comparison: FloatArray, reference: FloatArray) -> float:
    """Return the standard error of delta, by the estimate of its variance that is never negative.

    The unbiased estimate, which is used more often, can be. Needs 2 values in each group.

    References: feng2004.

    Examples
    --------
    >>> round(consistent_std_error(np.array([3.0, 4.0, 6.0]), np.array([1.0, 2.0, 5.0])), 4)
    0.5809
    """
    n1, n2 = len(comparison), len(reference)
    upper, lower = placements(comparison, reference)
    delta = from_superiority(float(upper.mean()))
    pairs = n1 * n2 * (_untied(comparison, reference) - delta**2) / ((n1 - 1) * (n2 - 1))
    parts = (n2 - 1) * 4 * variance(upper) + (n1 - 1) * 4 * variance(lower) + max(pairs, 0.0)
    return sqrt(float(parts) / (n1 * n2))


def feng_limits(
    delta: float, std_error: float, sizes: tuple[int, int], *, level: float
) -> tuple[float, float]:
    """Return Feng and Cliff's asymmetric limits, which let the variance shrink towards -1 and 1.

    They are the values d for which (delta - d)^2 is at most z^2 (1 - d^2) / (1 - delta^2) variances, z the
    normal quantile. At complete separation, where that is 0/0, the open end is (n - z^2) / (n + z^2) with n
    the smaller group.

    References: feng2004.

    Examples
    --------
    >>> low, high = feng_limits(0.5, 0.2, (10, 10), level=0.95)
    >>> round(low, 4), round(high, 4)
    (0.0479, 0.7821)
    """
    reach = float(stats.norm.isf((1 - level) / 2)) ** 2
    if abs(delta) == 1:
        open_end = (min(sizes) - reach) / (min(sizes) + reach)
        return (open_end, 1.0) if delta > 0 else (-1.0, -open_end)
    reach *= std_error**2
    left = 1 - delta**2
    middle, half = delta * left, sqrt(reach * (left**2 + reach))
    return (middle - half) / (left + reach), (middle + half) / (left + reach)


def feng_statistic(delta: float, std_error: float, sizes: tuple[int, int]) -> float:
    """Return the z at which an end of `feng_limits` is 0: the test that they belong to."""
    if abs(delta) == 1:
        return copysign(sqrt(min(sizes)), delta)
    return delta * sqrt(1 - delta**2) / std_error


def _untied(comparison: FloatArray, reference: FloatArray) -> float:
    """Return the share of pairs whose values differ."""
    ordered = np.sort(reference)
    tied = np.searchsorted(ordered, comparison, "right") - np.searchsorted(ordered, comparison, "left")
    return 1 - float(tied.sum()) / (len(comparison) * len(reference))
