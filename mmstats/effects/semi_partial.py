"""Semi-partial correlation: of one variable with what is left of another when others are removed from it."""

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from mmstats.effects.partial_correlation import orthonormal, without
from mmstats.effects.pearson_r import standardised
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

SEMI_PARTIAL = Quantity("semi_partial_correlation", "Semi-partial correlation", null=0)


def semi_partial(x: FloatArray, y: FloatArray, *covariates: FloatArray) -> FloatArray:
    """Return the correlation of y with what the covariates leave of x, over the last axis.

    NaN where a variable is constant, or x or y is determined by the covariates, or they by each other.

    Examples
    --------
    >>> x, y = np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 1, 4, 3, 6])
    >>> round(float(semi_partial(x, y, np.array([1.0, 1, 2, 3, 3]))), 4)
    0.2599
    """
    basis, known = orthonormal(*covariates)
    whole = standardised(y)
    rest, left_x = without(standardised(x), basis)
    _, left_y = without(whole, basis)
    known = known & left_x & left_y
    return np.asarray(np.where(known, np.clip((rest * whole).sum(axis=-1), -1, 1), np.nan))


def explained(y: FloatArray, *covariates: FloatArray) -> float:
    """Return the share of the variance of y that the covariates explain."""
    basis, _ = orthonormal(*covariates)
    whole = standardised(y)
    return min(sum(float(direction @ whole) ** 2 for direction in basis), 1.0)


def t_test(r: float, share: float, df: int) -> tuple[float, float]:
    """Return t and its p value: that of the coefficient of x in the regression of y on it and the covariates.

    Parameters
    ----------
    r : float
        The semi-partial correlation.
    share : float
        The variance of y that the covariates explain.
    df : int
        Rows less covariates less 2.
    """
    t = r * sqrt(df / (1 - share - r**2))
    return t, float(2 * stats.t.sf(abs(t), df))


def score_limits(r: float, share: float, df: int, *, level: float) -> tuple[float, float]:
    """Return the correlations whose distance from `r` is not beyond what they make probable.

    The large-sample variance of Aloe and Becker is taken at the correlation in question, not at the one
    found, and scaled so that at 0 the test is the t test.

    Parameters
    ----------
    r, share, df
        As for `t_test`.
    level : float

    References: aloe2012.

    Examples
    --------
    >>> low, high = score_limits(0.4, 0.2, 20, level=0.95)
    >>> round(low, 3), round(high, 3)
    (0.022, 0.637)
    """
    critical = float(stats.t.isf((1 - level) / 2, df))
    reach = critical / sqrt(critical**2 + df)

    def spread(rho: float) -> float:
        return reach * sqrt(max(1 - share - rho**2, 0.0) ** 2 + share * (1 - share))

    def limit(far: float) -> float:
        sign = 1 if far > r else -1
        if sign * (far - r) <= spread(far):
            return far
        return float(optimize.brentq(lambda rho: sign * (rho - r) - spread(rho), r, far, xtol=1e-15))

    return limit(-1.0), limit(1.0)
