"""Replicates on scales where their spread is known: t values, and a scale of constant standard error."""

import numpy as np

from mmstats.resampling.arrays import FloatArray

BINS = 40  # in which standard errors are averaged along the estimates


def reflected(values: FloatArray, errors: FloatArray, estimate: float, spread: float) -> FloatArray:
    """Return replicates whose percentile interval is the studentized one: theta - se * t*.

    t* is infinite where only the resample's standard error is zero, and undefined where its difference
    from theta is zero as well.
    """
    gaps, flat = values - estimate, errors == 0
    at_zero = np.where(gaps == 0, np.nan, np.copysign(np.inf, gaps))
    t_values = np.where(flat, at_zero, gaps / np.where(flat, 1, errors))
    result: FloatArray = estimate - spread * t_values
    return result


def stabilized(values: FloatArray, errors: FloatArray, estimate: float) -> FloatArray:
    """Return replicates reflected about the estimate on the scale that makes their standard error constant.

    The scale is the integral of 1 / se along the estimate, where se is the average standard error of
    replicates nearby; beyond the replicates it goes on at the last se.

    References: tibshirani1988.
    """
    usable = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    if usable.sum() < 2 * BINS:
        return np.full_like(values, np.nan)
    width = float(np.std(values[usable])) or 1.0
    places = np.round((values[usable] - estimate) / width, 9)  # replicates equal but for rounding are one
    distinct, which, count = np.unique(places, return_inverse=True, return_counts=True)
    middle = (np.cumsum(count) - count / 2) / count.sum()  # seen from either end alike
    bins = np.unique(np.floor(middle * BINS), return_inverse=True)[1]
    held = np.bincount(bins, count)
    knots = estimate + width * np.bincount(bins, count * distinct) / held
    spreads = np.bincount(bins, np.bincount(which, errors[usable])) / held
    if len(knots) < 2:
        return np.full_like(values, np.nan)
    slopes = 1 / spreads
    heights = np.concatenate([[0.0], np.cumsum(np.diff(knots) * (slopes[1:] + slopes[:-1]) / 2)])
    scale = 2 * _extended(np.array([estimate]), knots, heights, slopes) - _extended(
        values, knots, heights, slopes
    )
    return _extended(scale, heights, knots, spreads)


def _extended(at: FloatArray, x: FloatArray, y: FloatArray, slopes: FloatArray) -> FloatArray:
    """Interpolate, and go on beyond both ends with the slopes there."""
    inside = np.interp(at, x, y)
    below, above = np.minimum(at - x[0], 0) * slopes[0], np.maximum(at - x[-1], 0) * slopes[-1]
    result: FloatArray = inside + below + above
    return result
