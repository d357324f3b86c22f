"""The interval and the test of Pearson's r, for what behaves as one; and where they part."""

from dataclasses import replace

from mmstats.effects.pearson_r import ON_A_LINE, exact_interval, t_test
from mmstats.estimate import Estimate


def with_r(base: Estimate, n: int, *, level: float, interval: str) -> Estimate:
    """Return `base` with the limits of a Pearson correlation of `n` pairs and the p value of its t test.

    The limits invert the distribution of r in a bivariate normal population; at a correlation of 0 that is
    the t test, so they leave out 0 exactly when p is below 1 - level.

    Parameters
    ----------
    base : Estimate
        With the correlation.
    n : int
        Pairs, less the variables held fixed; at least 3.
    level : float
    interval : str
        What the interval is called.

    References: fisher1915, hotelling1953.

    Examples
    --------
    >>> from mmstats.effects.pearson_r import PEARSON_R
    >>> e = with_r(Estimate(quantity=PEARSON_R, estimate=0.5, n=20), 20, level=0.95, interval="exact")
    >>> round(e.conf_low, 3), round(e.conf_high, 3), round(e.p_value, 4)
    (0.07, 0.762, 0.0248)
    """
    if abs(base.estimate) > 1 - ON_A_LINE:
        note = "The correlation is perfect, so nothing is known about the uncertainty."
        note = " ".join(filter(None, (base.note, note)))
        return replace(base, conf_level=level, interval=interval, note=note)
    low, high = exact_interval(base.estimate, n, level=level)
    t, df, p = t_test(base.estimate, n)
    return replace(
        base,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval=interval,
        statistic=t,
        df=df,
        p_value=p,
    )


def with_word_of_disagreement(e: Estimate) -> Estimate:
    """Return an estimate with a note if its test and its interval disagree about 0.

    Parameters
    ----------
    e : Estimate
        Whose test supposes more, or less, than its interval.
    """
    if (e.p_value < 1 - e.conf_level) == (e.conf_low > 0 or e.conf_high < 0):
        return e
    note = "The test supposes independence, the interval does not: they disagree about 0 here."
    return replace(e, note=" ".join(filter(None, (e.note, note))))
