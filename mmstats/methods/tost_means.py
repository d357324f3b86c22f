"""Equivalence of two means."""

from collections.abc import Iterator
from dataclasses import replace
from math import nan

from scipy import stats

from mmstats.effects.equivalence import NO_BOUNDS, Tail, check_bounds, two_one_sided
from mmstats.effects.mean_difference import centred, mean_difference, welch_df, welch_std_error
from mmstats.effects.t_interval import with_t
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Binary, Ordered
from mmstats.registry import Level, method
from mmstats.samples import two_samples

EQUIVALENT_MEANS = Quantity("equivalence_of_means", "Mean difference (equivalence)")


@method(title="Equivalence of two means", references=("schuirmann1987", "welch1947"))
def tost_means(
    outcome: Ordered, group: Binary, *, low: float = nan, high: float = nan, level: Level = 0.9
) -> Iterator[Estimate]:
    """Whether the difference of two means, comparison minus reference, lies within bounds set before.

    Two one-sided tests of Welch. The first row has the difference and the larger p value, which is that of
    the whole procedure; the other two have the tests that the difference is above the lower and below the
    upper bound. The interval lies within the bounds exactly when p is below alpha = (1 - level) / 2, so the
    usual test at 5 % goes with an interval at 90 %, the default here. Differing from 0 is another question:
    see `welch`.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its first category is the reference.
    low, high : float
        The bounds, in the unit of the outcome. Without them nothing is tested, and the note says so.
    level : float
        The level of the interval, 1 - 2 alpha: 0.9 for tests at 5 %.

    Raises
    ------
    MmstatsError
        If the bounds are not in order, or one is missing.
    NotEstimableError
        If a group has fewer than 2 values.

    References: schuirmann1987, welch1947.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["A"] * 6 + ["B"] * 6))
    >>> outcome = pd.Series([4.0, 7, 8, 6, 3, 5, 6, 5, 7, 4, 6, 5])
    >>> for e in tost_means(outcome, group, low=-2, high=2):
    ...     print(f"{e.term or 'within'}: {e.estimate:.2f}, p = {e.p_value:.3f}")
    within: 0.00, p = 0.026
    above -2: 0.00, p = 0.026
    below 2: 0.00, p = 0.026
    """
    tested = check_bounds(low, high)
    reference, comparison = centred(*two_samples(outcome, group, at_least=2))
    base = Estimate(
        quantity=EQUIVALENT_MEANS,
        estimate=float(mean_difference(comparison, reference)),
        std_error=float(welch_std_error(comparison, reference)),
        n=len(outcome),
    )
    if base.std_error == 0:
        note = "Both groups are constant, so nothing is known about the uncertainty of their difference."
        yield replace(base, conf_level=level, interval="welch", note=note)
        return
    yield from by_t(
        base, welch_df(comparison, reference), (low, high), tested=tested, level=level, interval="welch"
    )


def by_t(
    base: Estimate, df: float, bounds: tuple[float, float], *, tested: bool, level: float, interval: str
) -> Iterator[Estimate]:
    """Yield the estimate and, if there are bounds, both t tests against them."""
    found = replace(with_t(base, df, level=level, interval=interval), p_value=nan)
    if not tested:
        yield replace(found, note=NO_BOUNDS)
        return
    to_low, to_high = ((base.estimate - bound) / base.std_error for bound in bounds)
    above = Tail(to_low, float(stats.t.sf(to_low, df)))
    yield from two_one_sided(found, bounds, above, Tail(to_high, float(stats.t.cdf(to_high, df))))
