"""Welch's analysis of variance."""

from collections.abc import Iterator

import numpy as np

from mmstats.effects.f_test import F_TEST
from mmstats.effects.omega_squared import OMEGA_SQUARED, omega_squared
from mmstats.effects.welch_f import welch_f
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Ordered
from mmstats.registry import method
from mmstats.samples import by_level


@method(title="Welch's analysis of variance", references=("welch1951", "delacre2019"))
def welch_anova(outcome: Ordered, group: Categorical) -> Iterator[Estimate]:
    """Test that the means of several groups are equal, without assuming equal variances.

    Omega squared is computed from Welch's F; it is not cut off at 0, where chance explains as much as the
    groups do. It has no interval, because none is known to cover with unequal variances.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        At least two levels.

    Raises
    ------
    NotEstimableError
        If a level has fewer than 2 values, or values that are all equal: Welch weighs by 1/variance.

    Notes
    -----
    References: welch1951, delacre2019.

    Examples
    --------
    >>> import pandas as pd
    >>> outcome = pd.Series([3.0, 5, 4, 6, 7, 9, 6, 8, 12, 9, 10, 15])
    >>> group = pd.Series(pd.Categorical(["HC"] * 4 + ["MS"] * 4 + ["PS"] * 4))
    >>> found = next(welch_anova(outcome, group))
    >>> f"F({found.df}, {found.df2:.1f}) = {found.estimate:.2f}, p = {found.p_value:.3f}"
    'F(2, 5.7) = 11.74, p = 0.010'
    """
    levels = by_level(outcome, group, at_least=2)
    if len(levels) < 2:
        raise NotEstimableError(f"At least two levels are compared; {group.name or 'the group'} has one.")
    samples = [np.sort(values) for values in levels.values()]
    rounding = 10 * np.finfo(np.float64).eps * float(np.abs(np.concatenate(samples)).max())
    constant = [repr(name) for name, values in levels.items() if np.ptp(values) <= rounding]
    if constant:
        raise NotEstimableError(
            f"All values are equal in {', '.join(constant)}; Welch's test weighs groups by their variances. "
            "Use kruskal_wallis."
        )
    test = welch_f(samples)
    yield Estimate(
        quantity=F_TEST,
        estimate=test.f,
        statistic=test.f,
        df=test.df,
        df2=test.df2,
        p_value=test.p_value,
        n=len(outcome),
    )
    yield Estimate(
        quantity=OMEGA_SQUARED, estimate=omega_squared(test.f, test.df, len(outcome)), n=len(outcome)
    )
