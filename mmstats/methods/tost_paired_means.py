"""Equivalence of the means of pairs."""

from collections.abc import Iterator
from dataclasses import replace
from math import nan

from mmstats.effects.equivalence import check_bounds
from mmstats.effects.mean_difference import mean, mean_std_error, pair_differences
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Ordered
from mmstats.methods.tost_means import by_t
from mmstats.registry import Level, method
from mmstats.samples import measured

EQUIVALENT_PAIRS = Quantity("equivalence_of_paired_means", "Mean difference of pairs (equivalence)")


@method(title="Equivalence of the means of pairs", references=("schuirmann1987", "student1908"))
def tost_paired_means(
    comparison: Ordered, reference: Ordered, *, low: float = nan, high: float = nan, level: Level = 0.9
) -> Iterator[Estimate]:
    """Whether the mean difference of pairs, comparison minus reference, lies within bounds set before.

    Two one-sided t tests of the differences. The first row has the mean difference and the larger p value,
    which is that of the whole procedure; the other two have the tests that it is above the lower and below
    the upper bound. The interval lies within the bounds exactly when p is below alpha = (1 - level) / 2.

    Parameters
    ----------
    comparison, reference : Series of float, shape (n,)
        Two measurements of the same participants, row by row.
    low, high : float
        The bounds, in the unit of the measurements. Without them nothing is tested, and the note says so.
    level : float
        The level of the interval, 1 - 2 alpha: 0.9 for tests at 5 %.

    Raises
    ------
    MmstatsError
        If the bounds are not in order, or one is missing.
    NotEstimableError
        If there are fewer than 2 pairs, or values are infinite.

    References: schuirmann1987, student1908.

    Examples
    --------
    >>> import pandas as pd
    >>> today = pd.Series([4.1, 5.0, 6.2, 5.5, 4.8, 5.1])
    >>> yesterday = pd.Series([4.0, 5.2, 6.0, 5.6, 4.7, 5.3])
    >>> e = next(tost_paired_means(today, yesterday, low=-0.3, high=0.3))
    >>> print(f"{e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.4f}")
    -0.02 (-0.16 to 0.13), p = 0.0050
    """
    tested = check_bounds(low, high)
    n = len(comparison)
    if n < 2:
        raise NotEstimableError(f"A paired t test needs at least 2 pairs; there are {n}.")
    differences = pair_differences(measured(comparison, "comparison"), measured(reference, "reference"))
    base = Estimate(
        quantity=EQUIVALENT_PAIRS,
        estimate=float(mean(differences)),
        std_error=float(mean_std_error(differences)),
        n=n,
    )
    if base.std_error == 0:
        note = "All differences are equal, so nothing is known about the uncertainty of their mean."
        yield replace(base, conf_level=level, interval="t", note=note)
        return
    yield from by_t(base, n - 1, (low, high), tested=tested, level=level, interval="t")
