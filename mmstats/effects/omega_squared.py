"""Omega squared: the share of the variance that groups explain, corrected for chance."""

from mmstats.estimate import Quantity

OMEGA_SQUARED = Quantity("omega_squared", "Omega squared", null=0)


def omega_squared(f: float, df: float, n: int) -> float:
    """Return omega squared from F between `df` + 1 groups of `n` values in all; below 0 when F is below 1.

    Examples
    --------
    >>> round(omega_squared(5.0, 2, 30), 4)
    0.2105
    """
    explained = df * (f - 1)
    return explained / (explained + n)
