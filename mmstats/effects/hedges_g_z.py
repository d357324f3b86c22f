"""Hedges' g_z: the mean of paired differences in their own standard deviation, free of small-sample bias."""

from math import nan, sqrt

import numpy as np

from mmstats.effects.mean_difference import FloatArray, mean, variance
from mmstats.effects.noncentral_t import noncentrality_limits, small_sample_factor
from mmstats.effects.paired_interval import PairedInterval, spread, with_jackknife
from mmstats.estimate import Estimate, Quantity

HEDGES_G_Z = Quantity("hedges_g_z", "Hedges' g_z", null=0)


def hedges_g_z(
    differences: FloatArray, *, level: float = 0.95, interval: PairedInterval = "normal-theory"
) -> Estimate:
    """Return the standardized mean of paired differences.

    It is in standard deviations of the differences, so it is not comparable with a between-group g.
    ``normal-theory`` is the interval of the noncentral t distribution, times the small-sample factor with
    n - 1 degrees of freedom; its standard error is the root of the unbiased estimate of g_z's variance, NaN
    for 3 pairs, with which that variance is infinite. The ``jackknife`` supposes no distribution. Two pairs
    are too few: the factor is zero.

    Parameters
    ----------
    differences : float array, shape (n,)
    level : float
    interval : {'normal-theory', 'jackknife'}

    References: efron1981, hedges1981, steiger1997, lakens2013.

    Examples
    --------
    >>> g = hedges_g_z(np.array([1.0, 3.0, 2.0, 4.0, 0.0]))
    >>> round(g.estimate, 4), round(g.conf_low, 4), round(g.conf_high, 4)
    (1.0093, 0.0102, 1.9522)
    """
    n = len(differences)
    std_dev = float(np.sqrt(variance(differences)))
    if std_dev == 0 or n < 3:
        reason = (
            "All differences are equal: there is no spread to divide by."
            if std_dev == 0
            else "It needs 3 pairs."
        )
        return Estimate(quantity=HEDGES_G_Z, estimate=nan, n=n, note=reason)
    factor, root = small_sample_factor(n - 1), sqrt(1 / n)
    df, d = n - 1, float(mean(differences)) / std_dev
    g = factor * d
    if interval == "jackknife":
        base = Estimate(quantity=HEDGES_G_Z, estimate=g, n=n)
        return with_jackknife(base, lambda d: factor * mean(d) / spread(d), differences, level=level)
    low, high = noncentrality_limits(d / root, df, level)
    return Estimate(
        quantity=HEDGES_G_Z,
        estimate=g,
        std_error=sqrt(root**2 + g**2 * (1 - (df - 2) / (df * factor**2))) if df > 2 else nan,
        conf_low=factor * root * low,
        conf_high=factor * root * high,
        conf_level=level,
        interval="noncentral-t",
        n=n,
    )
