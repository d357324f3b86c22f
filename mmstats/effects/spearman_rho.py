"""Spearman's rank correlation: Pearson's correlation of midranks."""

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.pearson_r import ON_A_LINE, pearson_r, t_test
from mmstats.effects.rank_correlation import MOST_PERMUTED, orders, perfect_p_value
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

SPEARMAN_RHO = Quantity("spearman_rho", "Spearman's rho", null=0)


def ranks(values: FloatArray) -> FloatArray:
    """Return midranks over the last axis."""
    return np.asarray(stats.rankdata(values, axis=-1), dtype=np.float64)


def spearman_rho(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the rank correlation over the last axis; NaN where `x` or `y` is constant."""
    return pearson_r(ranks(x), ranks(y))


def exact_p_value(x: FloatArray, y: FloatArray) -> float:
    """Return the share of all orders of `y`, ties kept, whose correlation is as far from 0."""
    a, b = 2 * ranks(x), 2 * ranks(y)  # whole numbers, so that equal correlations are equal
    n, centre = len(a), a.sum() * b.sum() / len(a)
    distance = np.abs(b[orders(n)] @ a - centre)
    return float(np.mean(distance >= abs(a @ b - centre) - 1e-6))


def p_value(x: FloatArray, y: FloatArray) -> tuple[float, float, float, bool]:
    """Return t, its degrees of freedom, the p value, and whether that is exact (then t and df are NaN)."""
    rho, n = float(spearman_rho(x, y)), len(x)
    if n <= MOST_PERMUTED:
        return np.nan, np.nan, exact_p_value(x, y), True
    if abs(rho) > 1 - ON_A_LINE:
        return np.nan, np.nan, perfect_p_value(ranks(x)), True
    t, df, p = t_test(rho, n)
    return t, df, p, False


def bonett_wright_std_error(rho: float, n: int) -> float:
    """Return the standard error of Fisher's z of a rank correlation (Bonett and Wright 2000)."""
    return sqrt((1 + rho**2 / 2) / (n - 3))
