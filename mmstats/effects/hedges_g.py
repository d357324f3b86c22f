"""Hedges' g: a mean difference in pooled standard deviations, free of small-sample bias."""

from math import nan, sqrt

import numpy as np

from mmstats.effects.mean_difference import FloatArray, mean_difference, variance
from mmstats.effects.noncentral_t import noncentrality_limits, small_sample_factor
from mmstats.estimate import Estimate, Quantity

HEDGES_G = Quantity("hedges_g", "Hedges' g", null=0)


def hedges_g(comparison: FloatArray, reference: FloatArray, *, level: float = 0.95) -> Estimate:
    """Return Hedges' g of two groups, comparison minus reference.

    The interval is that of the noncentral t distribution, exact for normal data with equal variances; like
    the estimate it uses the pooled standard deviation and the small-sample factor. The standard error is
    the root of the unbiased estimate of g's variance, 1/n1 + 1/n2 + g^2 (1 - (df - 2) / (df J^2)), NaN at
    2 degrees of freedom, where that variance is infinite.

    Parameters
    ----------
    comparison, reference : float arrays, shape (n1,) and (n2,), with at least 2 values each
    level : float

    References: hedges1981, steiger1997.

    Examples
    --------
    >>> g = hedges_g(np.array([6.0, 8, 7, 10, 11, 9]), np.array([4.0, 7, 8, 6, 3, 2]))
    >>> round(g.estimate, 4), round(g.conf_low, 4), round(g.conf_high, 4)
    (1.5141, 0.255, 2.7198)
    """
    n1, n2 = len(comparison), len(reference)
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * variance(comparison) + (n2 - 1) * variance(reference)) / df)
    if pooled == 0:
        return Estimate(
            quantity=HEDGES_G,
            estimate=nan,
            n=n1 + n2,
            note="Both groups are constant: there is no spread to divide by.",
        )
    factor, root = small_sample_factor(df), sqrt(1 / n1 + 1 / n2)
    d = float(mean_difference(comparison, reference) / pooled)
    g = factor * d
    low, high = noncentrality_limits(d / root, df, level)
    return Estimate(
        quantity=HEDGES_G,
        estimate=g,
        std_error=float(np.sqrt(root**2 + g**2 * (1 - (df - 2) / (df * factor**2)))) if df > 2 else nan,
        conf_low=factor * root * low,
        conf_high=factor * root * high,
        conf_level=level,
        interval="noncentral-t",
        n=n1 + n2,
    )
