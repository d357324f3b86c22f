"""Kruskal-Wallis test."""

from collections.abc import Iterator
from math import isnan

import numpy as np
from scipy import stats

from mmstats.effects import kruskal_wallis_h as effect
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Ordered
from mmstats.registry import Level, method
from mmstats.samples import by_level


@method(title="Kruskal-Wallis test", references=("kruskal1952", "tomczak2014", "conover1981", "steiger1997"))
def kruskal_wallis(outcome: Ordered, group: Categorical, *, level: Level = 0.95) -> Iterator[Estimate]:
    """Test that several groups have the same distribution, by ranks.

    H is corrected for ties. p is exact, over every way to deal the ranks to the groups, up to a million ways
    (three groups of 5 have 756,756), and from chi-squared beyond; the note says when it is exact. Epsilon
    squared, H/(n - 1), runs from 0 to 1. Chance alone makes it (k - 1)/(n - 1) on average.

    Its interval is that of the noncentral F of the analysis of variance of the ranks. It is approximate: with
    3 groups of 8 to 20, normal, with unequal spreads or at a floor, the 95 % intervals cover 91 to 98 %.
    Bootstrap intervals cover 59 to 94 %, and nothing where the groups do not differ. It is not the inversion
    of the test, and at its lower end asks for p below about (1 - level) / 2.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        At least two levels.
    level : float
        The confidence level.

    Raises
    ------
    NotEstimableError
        If a level is empty, or all values are equal.

    Notes
    -----
    References: kruskal1952, tomczak2014, conover1981, steiger1997.

    Examples
    --------
    >>> import pandas as pd
    >>> outcome = pd.Series([3.0, 5, 4, 6, 7, 9, 6, 8, 12, 9, 10, 15])
    >>> group = pd.Series(pd.Categorical(["HC"] * 4 + ["MS"] * 4 + ["PS"] * 4))
    >>> found = next(kruskal_wallis(outcome, group))
    >>> f"H = {found.estimate:.2f}, p = {found.p_value:.4f}. {found.note}"
    'H = 9.31, p = 0.0007. p is exact.'
    """
    samples = [np.sort(values) for values in by_level(outcome, group).values()]
    if len(samples) < 2:
        raise NotEstimableError(f"At least two levels are compared; {group.name or 'the group'} has one.")
    pooled = np.concatenate(samples)
    if np.ptp(pooled) == 0:
        raise NotEstimableError("All values are equal: there is nothing to rank.")
    h, df, n = effect.h(samples), len(samples) - 1, len(pooled)
    exact = effect.arrangements(samples) <= effect.MOST_ARRANGEMENTS
    yield Estimate(
        quantity=effect.KRUSKAL_WALLIS_H,
        estimate=h,
        statistic=h,
        df=df,
        p_value=effect.exact_p_value(samples) if exact else float(stats.chi2.sf(h, df)),
        n=n,
        note="p is exact." if exact else "",
    )
    share = h / (n - 1)
    low, high = effect.epsilon_squared_limits(share, [len(values) for values in samples], level=level)
    yield Estimate(
        quantity=effect.EPSILON_SQUARED,
        estimate=share,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval="noncentral-f",
        n=n,
        note="Ranks do not vary within the groups, or too little for an interval."
        if isnan(low + high)
        else "",
    )
