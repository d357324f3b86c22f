"""Proportion, with Wilson's score interval."""

from math import sqrt

from scipy import stats

from mmstats.estimate import Quantity

PROPORTION = Quantity("proportion", "Proportion")


def wilson_interval(count: int, n: int, *, level: float) -> tuple[float, float]:
    """Return the proportions that the score test of `count` in `n` does not reject.

    References: wilson1927.

    Examples
    --------
    >>> low, high = wilson_interval(0, 20, level=0.95)
    >>> low, round(high, 4)
    (0.0, 0.1611)
    """
    z2 = float(stats.norm.isf((1 - level) / 2)) ** 2
    middle, half = count + z2 / 2, sqrt(z2 * (count * (n - count) / n + z2 / 4))
    # The ends are exact where everybody agrees; elsewhere take the form without cancellation.
    high = 1.0 if count == n else (middle + half) / (n + z2)
    low = 0.0 if count == 0 else count**2 / n / (middle + half)
    return low, high
