"""Bland and Altman's limits of agreement of two measurements, and whether differences grow with size."""

from dataclasses import replace
from math import nan, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.mean_difference import mean, pair_differences, variance
from mmstats.effects.noncentral_t import noncentral_t_quantile
from mmstats.effects.pearson_r import ON_A_LINE, pearson_r
from mmstats.effects.t_interval import with_t
from mmstats.estimate import Estimate, Quantity

FloatArray = npt.NDArray[np.float64]

LOWER_LIMIT = Quantity("lower_limit_of_agreement", "Lower limit of agreement")
UPPER_LIMIT = Quantity("upper_limit_of_agreement", "Upper limit of agreement")
PROPORTIONAL_BIAS = Quantity("proportional_bias", "Proportional bias", null=0)
HELD = float(stats.norm.isf(0.025))  # the limits hold 95 % of the differences
ALL_EQUAL = "All differences are equal, so nothing is known about the uncertainty."


def exact_reach(n: int, *, level: float) -> tuple[float, float]:
    """Return how many standard deviations from the bias the inner and outer end of a limit's interval are.

    References: carkeet2015.

    Examples
    --------
    >>> inner, outer = exact_reach(20, level=0.95)
    >>> round(inner, 3), round(outer, 3)
    (1.356, 3.014)
    """
    tail, shift = (1 - level) / 2, HELD * sqrt(n)
    inner, outer = (noncentral_t_quantile(p, n - 1, shift) for p in (tail, 1 - tail))
    return inner / sqrt(n), outer / sqrt(n)


def approximate_reach(n: int, *, level: float) -> tuple[float, float]:
    """Return the same by Bland and Altman's normal approximation, which is symmetrical.

    References: bland1999.
    """
    half = sqrt(1 / n + HELD**2 / (2 * (n - 1))) * float(stats.t.isf((1 - level) / 2, n - 1))
    return HELD - half, HELD + half


def proportional_bias(x: FloatArray, y: FloatArray, *, level: float) -> Estimate:
    """Return the slope of the differences x - y on the means of the pairs, with its t test.

    It is zero exactly where both have the same standard deviation: the test is Pitman and Morgan's.

    Parameters
    ----------
    x, y : float array, shape (n,)
    level : float

    References: bland1999.

    Examples
    --------
    >>> found = proportional_bias(np.array([1.0, 3, 5, 8]), np.array([1.0, 2, 4, 5]), level=0.95)
    >>> round(found.estimate, 4), round(found.p_value, 4)
    (0.4873, 0.0731)
    """
    n = len(x)
    base = Estimate(
        quantity=PROPORTIONAL_BIAS, estimate=nan, n=n, note="It needs 3 pairs that differ in size."
    )
    differences, middles = x - y, y + (x - y) / 2
    if n < 3 or variance(pair_differences(x, y)) == 0:
        return base if n < 3 else replace(base, note="All differences are equal.")
    r = float(pearson_r(differences, middles))
    if np.isnan(r):
        return base
    ratio = sqrt(float(variance(differences)) / float(variance(middles)))
    base = replace(base, estimate=r * ratio + 0.0, note="")
    if abs(r) > 1 - ON_A_LINE:
        note = "All points lie on one line, so nothing is known about the uncertainty."
        return replace(base, conf_level=level, interval="t", note=note)
    root = sqrt((1 - r) * (1 + r) / (n - 2))
    return with_t(
        replace(base, std_error=ratio * root, statistic=r / root + 0.0), n - 2, level=level, interval="t"
    )


def limits(
    differences: FloatArray, reach: tuple[float, float] | None, *, level: float, interval: str
) -> list[Estimate]:
    """Return the lower and the upper limit of agreement, each with its interval.

    Parameters
    ----------
    differences : float array, shape (n,)
    reach : pair of float, or None
        How far from the bias the inner and outer ends are, in standard deviations; None if all are equal.
    level : float
    interval : str
    """
    middle, spread = float(mean(differences)), float(np.sqrt(variance(differences)))
    found = []
    for quantity, sign in ((LOWER_LIMIT, -1), (UPPER_LIMIT, 1)):
        inner, outer = (middle + sign * end * spread for end in reach or (nan, nan))
        found.append(
            Estimate(
                quantity=quantity,
                estimate=middle + sign * HELD * spread,
                conf_low=min(inner, outer),
                conf_high=max(inner, outer),
                conf_level=level,
                interval=interval,
                n=len(differences),
                note="" if reach else ALL_EQUAL,
            )
        )
    return found
