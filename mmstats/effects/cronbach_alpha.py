"""Cronbach's alpha, with Feldt's and Bonett's limits."""

from math import exp, log, sqrt

from scipy import stats

from mmstats.estimate import Quantity

CRONBACH_ALPHA = Quantity("cronbach_alpha", "Cronbach's alpha")


def feldt_limits(alpha: float, n: int, items: int, *, level: float) -> tuple[float, float]:
    """Return the limits that are exact if scores are normal and items equally good (F distribution).

    References: feldt1965.

    Examples
    --------
    >>> low, high = feldt_limits(0.8, 30, 5, level=0.95)
    >>> round(low, 3), round(high, 3)
    (0.659, 0.894)
    """
    half, df, df2 = (1 - level) / 2, n - 1, (n - 1) * (items - 1)
    low = 1 - (1 - alpha) * float(stats.f.isf(half, df, df2))
    return low, 1 - (1 - alpha) / float(stats.f.isf(half, df2, df))


def bonett_limits(alpha: float, n: int, items: int, *, level: float) -> tuple[float, float]:
    """Return the limits that are symmetrical for the logarithm of 1 - alpha.

    References: bonett2002.

    Examples
    --------
    >>> low, high = bonett_limits(0.8, 30, 5, level=0.95)
    >>> round(low, 3), round(high, 3)
    (0.641, 0.889)
    """
    half = float(stats.norm.isf((1 - level) / 2)) * sqrt(2 * items / ((items - 1) * (n - 2)))
    return 1 - exp(log(1 - alpha) + half), 1 - exp(log(1 - alpha) - half)
