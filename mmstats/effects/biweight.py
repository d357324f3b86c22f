"""The biweight midcorrelation: weights fall with the distance from the median, to 0 at nine deviations."""

import numpy as np
import numpy.typing as npt

from mmstats.effects.pearson_r import standardised
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

BIWEIGHT = Quantity("biweight_midcorrelation", "Biweight midcorrelation", null=0)
REACH = 9.0  # median absolute deviations from the median at which a value has no weight left


def biweight(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the biweight midcorrelation over the last axis.

    NaN where the median absolute deviation of a variable is 0.

    References: wilcox2012, langfelder2012.

    Examples
    --------
    >>> x, y = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.0, 3, 2, 5, 4, 60])
    >>> round(float(biweight(x, y)), 4)
    0.6607
    """
    found = (_weighted(x) * _weighted(y)).sum(axis=-1)
    return np.asarray(np.clip(found, -1, 1))


def _weighted(values: FloatArray) -> FloatArray:
    """Return weighted deviations from the median, of length 1."""
    values = standardised(values)
    gaps = values - np.median(values, axis=-1, keepdims=True)
    deviation = np.median(np.abs(gaps), axis=-1, keepdims=True)
    far = gaps / (REACH * np.where(deviation > 10 * np.finfo(np.float64).eps, deviation, np.nan))
    weighted = gaps * np.where(np.abs(far) < 1, (1 - far**2) ** 2, 0 * far)
    return np.asarray(weighted / np.sqrt((weighted**2).sum(axis=-1, keepdims=True)))
