"""Share of participants with an event, in all and by group."""

from collections.abc import Iterator
from math import nan
from typing import Literal

import pandas as pd

from mmstats.effects.exact_binomial import clopper_pearson, jeffreys
from mmstats.effects.wilson import PROPORTION, wilson_interval
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Binary, Rating
from mmstats.registry import Level, method

Interval = Literal["clopper-pearson", "wilson", "jeffreys"]
INTERVALS = {"clopper-pearson": clopper_pearson, "wilson": wilson_interval, "jeffreys": jeffreys}


@method(title="Proportion", references=("clopper1934", "wilson1927", "brown2001"))
def proportion(
    outcome: Binary,
    group: Rating | None = None,
    *,
    interval: Interval = "clopper-pearson",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Share of participants that have the second level of a binary variable, in all and in each group.

    ``clopper-pearson`` is exact: it holds the true proportion at least as often as its level says, and more
    often where there are few participants. ``wilson`` and ``jeffreys`` are shorter, and hold it that often on
    average over proportions, less often for some.

    With a group, all participants whose group is known count in the first row, and each level of the group
    has a row of its own; that nobody is in a group is said.

    Parameters
    ----------
    outcome : Series of category with two levels, shape (n,)
        The second level is the event.
    group : Series of category, shape (n,), optional
    interval : {"clopper-pearson", "wilson", "jeffreys"}
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If there are no participants, or the outcome has not two levels.

    Notes
    -----
    References: clopper1934, wilson1927, brown2001.

    Examples
    --------
    Nobody of 20 has the event, which leaves room for one in six:

    >>> outcome = pd.Series(pd.Categorical(["no"] * 20, categories=["no", "yes"]))
    >>> found = next(proportion(outcome))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f})"
    '0.00 (0.00 to 0.17)'
    """
    levels = len(outcome.cat.categories)
    if levels != 2:
        raise NotEstimableError(f"A proportion needs an outcome with two levels; this one has {levels}.")
    if not len(outcome):
        raise NotEstimableError("There are no participants.")
    event = outcome.cat.codes == 1
    yield _row(event, "", interval, level)
    if group is not None:
        for name in group.cat.categories:
            yield _row(event[(group == name).to_numpy()], f"{group.name}[{name}]", interval, level)


def _row(event: pd.Series, term: str, interval: Interval, level: float) -> Estimate:
    count, n = int(event.sum()), len(event)
    low, high = INTERVALS[interval](count, n, level=level) if n else (nan, nan)
    return Estimate(
        quantity=PROPORTION,
        term=term,
        estimate=count / n if n else nan,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval=interval,
        n=n,
        note="" if n else "Nobody is in this group.",
    )
