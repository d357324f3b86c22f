"""The t interval of an estimate, with the p value that belongs to it; limits on the scale of Fisher's z."""

from dataclasses import replace
from math import atanh, tanh

from scipy import stats

from mmstats.estimate import Estimate


def with_t(base: Estimate, df: float, *, level: float, interval: str) -> Estimate:
    """Return `base` with the limits and the two-sided p value of Student's t.

    Parameters
    ----------
    base : Estimate
        With its standard error, and the statistic that the test refers to t.
    df : float
        Degrees of freedom.
    level : float
    interval : str
        What the interval is called.

    Examples
    --------
    >>> from mmstats.estimate import Quantity
    >>> mean = Quantity("mean", "Mean")
    >>> base = Estimate(quantity=mean, estimate=2, std_error=1, statistic=2, n=11)
    >>> e = with_t(base, 10, level=0.95, interval="t")
    >>> round(e.conf_low, 3), round(e.conf_high, 3), round(e.p_value, 3)
    (-0.228, 4.228, 0.073)
    """
    half = base.std_error * float(stats.t.isf((1 - level) / 2, df))
    return replace(
        base,
        conf_low=base.estimate - half,
        conf_high=base.estimate + half,
        conf_level=level,
        interval=interval,
        df=float(df),
        p_value=float(2 * stats.t.sf(abs(base.statistic), df)),
    )


def transformed_limits(estimate: float, std_error: float, df: float, *, level: float) -> tuple[float, float]:
    """Return t limits of a coefficient between -1 and 1, made on the scale of Fisher's z by the delta method.

    Examples
    --------
    >>> low, high = transformed_limits(0.8, 0.1, 20, level=0.95)
    >>> round(low, 3), round(high, 3)
    (0.477, 0.933)
    """
    half = std_error / ((1 - estimate) * (1 + estimate)) * float(stats.t.isf((1 - level) / 2, df))
    return tanh(atanh(estimate) - half), tanh(atanh(estimate) + half)
