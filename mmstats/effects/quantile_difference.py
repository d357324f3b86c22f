"""Differences of medians and other quantiles, and Price and Bonett's standard error of a median."""

from math import nan, sqrt

import numpy as np
from scipy import stats

from mmstats.effects.mean_difference import FloatArray
from mmstats.estimate import Quantity

MEDIAN_DIFFERENCE = Quantity("median_difference", "Median difference", null=0)
QUANTILE_DIFFERENCE = Quantity("quantile_difference", "Quantile difference", null=0)


def quantile_difference(comparison: FloatArray, reference: FloatArray, share: float) -> float:
    """Return the quantile of `comparison` minus that of `reference` (type 7 of Hyndman and Fan).

    Examples
    --------
    >>> quantile_difference(np.array([3.0, 5.0, 9.0]), np.array([1.0, 2.0]), 0.5)
    3.5
    """
    return float(np.quantile(comparison, share) - np.quantile(reference, share)) + 0.0


def median_std_error(values: FloatArray) -> float:
    """Return the standard error of a median from the distance of two order statistics; NaN below 3 values.

    Those are about the root of n ranks from the middle. Their distance is divided by that of the normal
    quantiles of their exact binomial probability, as Price and Bonett proposed.

    References: mckean1984, price2002.

    Examples
    --------
    >>> round(median_std_error(np.arange(1.0, 12)), 4)
    1.6284
    """
    n = len(values)
    if n < 3:
        return nan
    ordered = np.sort(values)
    place = max(1, round((n + 1) / 2 - sqrt(n)))
    beyond = float(stats.norm.isf(stats.binom.cdf(place - 1, n, 0.5)))
    return float(ordered[n - place] - ordered[place - 1]) / (2 * beyond)
