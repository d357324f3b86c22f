"""The skipped correlation: outliers of the cloud of points are removed, then the rest is correlated."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.pearson_r import standardised
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SKIPPED = Quantity("skipped_correlation", "Skipped correlation", null=0)
REACH = float(np.sqrt(stats.chi2.ppf(0.975, 2)))  # interquartile ranges beyond the median distance
CELLS = 2_000_000  # projections held in memory at once
ROUNDING = 1e-10


def skipped(x: FloatArray, y: FloatArray, *, correlation: Literal["pearson", "spearman"]) -> FloatArray:
    """Return the correlation, over the last axis, of the points that are no outliers.

    NaN where the median absolute deviation of `x` or `y` is 0, or what is left of one is constant.

    References: wilcox2004, wilcox2018.

    Examples
    --------
    >>> x = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    >>> y = np.array([2.0, 1, 4, 3, 6, 5, 8, 7, 10, -30])
    >>> round(float(skipped(x, y, correlation="spearman")), 4)
    0.9333
    """
    leading = x.shape[:-1]
    x, y = np.atleast_2d(x), np.atleast_2d(y)
    step = max(1, CELLS // x.shape[-1] ** 2)
    parts = [
        _rest(x[start : start + step], y[start : start + step], correlation == "spearman")
        for start in range(0, len(x), step)
    ]
    return np.concatenate(parts).reshape(leading)


def outliers(x: FloatArray, y: FloatArray) -> BoolArray:
    """Return which points are outliers of the cloud, over the last axis.

    Both variables are measured from their median, in median absolute deviations. All points are projected
    on the line from the centre through each of them; a point is an outlier if its distance from the centre
    on any of these lines is beyond the median distance by `REACH` interquartile ranges (ideal fourths).

    References: wilcox2004, wilcox2012.
    """
    u, v = _from_median(x), _from_median(y)
    length = np.sqrt(u**2 + v**2)
    inner = np.abs(u[..., :, None] * u[..., None, :] + v[..., :, None] * v[..., None, :])
    distance = inner / np.where(length > 0, length, np.inf)[..., None]  # one row per line
    low, middle, high = _fourths_and_median(distance)
    limit = middle + REACH * (high - low)
    return np.asarray((distance > limit[..., None] * (1 + ROUNDING)).any(axis=-2))


def _rest(x: FloatArray, y: FloatArray, of_ranks: bool) -> FloatArray:
    kept = ~outliers(x, y)
    known = ~np.isnan(_from_median(x) + _from_median(y)).any(axis=-1)
    u, v = (_length_one(side, kept, of_ranks) for side in (x, y))
    return np.where(known, np.clip((u * v).sum(axis=-1), -1, 1), np.nan)


def _length_one(values: FloatArray, kept: BoolArray, of_ranks: bool) -> FloatArray:
    """Return deviations of the values kept from their mean, divided by their length; 0 for the others.

    NaN where those kept are all equal.
    """
    if of_ranks:  # those removed rank after all others
        values = np.asarray(stats.rankdata(np.where(kept, values, np.inf), axis=-1))
    first = np.take_along_axis(values, kept.argmax(axis=-1)[..., None], axis=-1)
    filled = np.where(kept, values, first)
    gaps = np.where(kept, standardised(filled), 0)
    gaps = np.where(kept, gaps - gaps.sum(axis=-1, keepdims=True) / kept.sum(axis=-1, keepdims=True), 0)
    length = np.sqrt((gaps**2).sum(axis=-1, keepdims=True))
    return np.asarray(gaps / length)


def _from_median(values: FloatArray) -> FloatArray:
    values = standardised(values)
    gaps = values - np.median(values, axis=-1, keepdims=True)
    deviation = np.median(np.abs(gaps), axis=-1, keepdims=True)
    return np.asarray(gaps / np.where(deviation > 10 * np.finfo(np.float64).eps, deviation, np.nan))


def _fourths_and_median(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    ordered, n = np.sort(values, axis=-1), values.shape[-1]
    place, share = divmod(n / 4 + 5 / 12, 1)
    below = int(place) - 1
    low = (1 - share) * ordered[..., below] + share * ordered[..., below + 1]
    high = (1 - share) * ordered[..., n - 1 - below] + share * ordered[..., n - 2 - below]
    middle = (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
    return low, middle, high
