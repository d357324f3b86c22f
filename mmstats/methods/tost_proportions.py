"""Equivalence of two proportions."""

from collections.abc import Iterator
from dataclasses import replace
from math import isinf, nan

from scipy import stats

from mmstats.effects.equivalence import NO_BOUNDS, Tail, check_bounds, two_one_sided
from mmstats.effects.risk_difference import CONTRAST
from mmstats.effects.two_proportions import score, score_interval
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Binary
from mmstats.methods.two_by_two import table_of
from mmstats.registry import Level, method

EQUIVALENT_PROPORTIONS = Quantity("equivalence_of_proportions", "Risk difference (equivalence)")


@method(title="Equivalence of two proportions", references=("schuirmann1987", "miettinen1985"))
def tost_proportions(
    outcome: Binary, group: Binary, *, low: float = nan, high: float = nan, level: Level = 0.9
) -> Iterator[Estimate]:
    """Whether the difference of two proportions, comparison minus reference, lies within bounds set before.

    Two one-sided score tests of Miettinen and Nurminen, as in `two_by_two`. The first row has the difference
    and the larger p value, which is that of the whole procedure; the other two have the tests that it is
    above the lower and below the upper bound. The interval lies within the bounds exactly when p is below
    alpha = (1 - level) / 2. The test is approximate: with few events it may reject a little too often.

    Parameters
    ----------
    outcome : Series of category with two levels, shape (n,)
        The second level is the event.
    group : Series of category with two levels, shape (n,)
        The first level is the reference.
    low, high : float
        The bounds, differences between -1 and 1. Without them nothing is tested, and the note says so.
    level : float
        The level of the interval, 1 - 2 alpha: 0.9 for tests at 5 %.

    Raises
    ------
    MmstatsError
        If the bounds are not in order, one is missing, or they are not between -1 and 1.
    NotEstimableError
        If a group is empty.

    References: schuirmann1987, miettinen1985.

    Examples
    --------
    >>> import pandas as pd
    >>> outcome = pd.Series(pd.Categorical(["yes"] * 56 + ["no"] * 14 + ["yes"] * 66 + ["no"] * 14))
    >>> group = pd.Series(pd.Categorical(["b"] * 70 + ["a"] * 80))
    >>> e = next(tost_proportions(outcome, group, low=-0.2, high=0.2))
    >>> print(f"{e.estimate:.3f} ({e.conf_low:.3f} to {e.conf_high:.3f}), p = {e.p_value:.4f}")
    -0.025 (-0.133 to 0.080), p = 0.0045
    """
    tested = check_bounds(low, high, most=1)
    table = table_of(outcome, group)
    limits = score_interval(CONTRAST, table, level=level)
    base = Estimate(
        quantity=EQUIVALENT_PROPORTIONS,
        estimate=CONTRAST.estimate(table),
        conf_low=limits.low,
        conf_high=limits.high,
        conf_level=level,
        interval="miettinen-nurminen",
        n=table.n,
    )
    if not tested:
        yield replace(base, note=NO_BOUNDS)
        return
    to_low, to_high = (score(CONTRAST, bound, table) for bound in (low, high))
    above, below = float(stats.norm.sf(to_low)), float(stats.norm.cdf(to_high))
    yield from two_one_sided(base, (low, high), Tail(_finite(to_low), above), Tail(_finite(to_high), below))


def _finite(statistic: float) -> float:
    return nan if isinf(statistic) else statistic
