"""The small-sample factor of standardised differences, for many degrees of freedom at a time."""

import numpy as np
from scipy.special import gamma

from mmstats.meta.weighted import FloatArray

LARGE = 30.0  # degrees of freedom from which Stirling's series is exact to rounding


def small_sample_factors(df: FloatArray) -> FloatArray:
    """Return the factor that makes a standardised mean difference unbiased for normal data.

    The ratio of two gamma functions over the root of df / 2; from 30 degrees of freedom by Stirling's series,
    whose terms do not cancel as logarithms of large gamma functions do. NaN up to 1 degree of freedom.

    Parameters
    ----------
    df : float array, shape (k,)

    References: hedges1981.

    Examples
    --------
    >>> small_sample_factors(np.array([1.0, 10.0, 1e6])).round(9)
    array([       nan, 0.92274561, 0.99999925])
    """
    half = np.where(df > 1, df, np.nan) / 2
    low, high = np.minimum(half, LARGE / 2), np.maximum(half, LARGE / 2)
    few = gamma(low) / gamma(low - 0.5) / np.sqrt(low)
    many = np.exp(-(high - 1) * np.log1p(-0.5 / high) - 0.5 + _stirling(high) - _stirling(high - 0.5))
    return np.where(half <= LARGE / 2, few, many)


def _stirling(z: FloatArray) -> FloatArray:
    """Return what Stirling's formula lacks of the logarithm of the gamma function."""
    square = z**-2
    return (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z
