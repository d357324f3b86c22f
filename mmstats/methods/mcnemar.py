"""McNemar's test."""

from collections.abc import Iterator
from math import inf
from typing import Literal

import pandas as pd

from mmstats.effects.paired_proportions import (
    CONDITIONAL_ODDS_RATIO,
    PAIRED_DIFFERENCE,
    Changes,
    conditional_interval,
    conditional_p_value,
    mcnemar_p_value,
    score_interval,
    tango_interval,
    tango_statistic,
)
from mmstats.effects.two_proportions import Bounds
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Binary
from mmstats.registry import Level, method

NOTHING = "No pair differs: the ratio is 0/0, and any value is possible."


@method(title="McNemar's test", references=("mcnemar1947", "tango1998", "fagerland2013", "wilson1927"))
def mcnemar(
    comparison: Binary,
    reference: Binary,
    *,
    test: Literal["score", "mid-p", "exact"] = "score",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Difference of two proportions of the same people, and the odds that a change is for the event.

    The event is the second level. Everything rests on the pairs that differ: those with the event in the
    comparison only, and those with it in the reference only, whose ratio is the conditional odds ratio. The p
    value and the interval of a row come from one test.

    - ``score``: McNemar's test without a continuity correction. The difference has Tango's interval and the
      odds ratio Wilson's, which both invert it, so the rows share one p value.
    - ``mid-p``: the exact binomial test of the pairs that differ, with half of the probability of what was
      seen; twice the smaller tail. It speaks of the odds ratio alone, which it gives with its own interval.
    - ``exact``: the same without the mid-p correction. It is the most cautious by far, and Fagerland and
      others advise against it; fewer than 6 differing pairs are never significant at 5 %.

    If no pair differs, p is 1, the difference is 0 with an interval that depends on n, and the odds ratio is
    0/0.

    Parameters
    ----------
    comparison, reference : Series of category with the same two levels, shape (n,)
        Two judgements of the same participants, row by row. The second level is the event.
    test : {"score", "mid-p", "exact"}
        Where p and interval come from.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If there is no pair, or the two do not have the same two levels.

    Notes
    -----
    References: mcnemar1947, tango1998, fagerland2013, wilson1927.

    Examples
    --------
    Airway hyper-responsiveness in 21 children before and after transplantation of stem cells, an example of
    Fagerland, Lydersen and Laake: one had it before only, seven after only.

    >>> before = ["yes"] * 1 + ["yes"] * 1 + ["no"] * 7 + ["no"] * 12
    >>> after = ["yes"] * 1 + ["no"] * 1 + ["yes"] * 7 + ["no"] * 12
    >>> columns = [pd.Series(pd.Categorical(values, categories=["no", "yes"])) for values in (after, before)]
    >>> for e in mcnemar(*columns):
    ...     print(f"{e.estimate:.3f} ({e.conf_low:.3f} to {e.conf_high:.3f}), p = {e.p_value:.4f}")
    0.286 (0.026 to 0.517), p = 0.0339
    7.000 (1.124 to 43.608), p = 0.0339
    >>> [round(next(mcnemar(*columns, test=test)).p_value, 4) for test in ("mid-p", "exact")]
    [0.0391, 0.0703]
    """
    changes = _changes(comparison, reference)
    if test == "score":
        p_value = mcnemar_p_value(changes)
        bounds = tango_interval(changes, level=level)
        yield Estimate(
            quantity=PAIRED_DIFFERENCE,
            estimate=(changes.gained - changes.lost) / changes.n,
            conf_low=bounds.low,
            conf_high=bounds.high,
            conf_level=level,
            interval="tango-score",
            statistic=tango_statistic(changes, 0.0) ** 2,
            df=1,
            p_value=p_value,
            n=changes.n,
        )
    else:
        p_value = conditional_p_value(changes, mid=test == "mid-p")
    bounds = Bounds(0.0, inf)
    if changes.changed and test == "score":
        bounds = score_interval(changes, level=level)
    elif changes.changed:
        bounds = conditional_interval(changes, mid=test == "mid-p", level=level)
    yield Estimate(
        quantity=CONDITIONAL_ODDS_RATIO,
        estimate=changes.odds_ratio,
        conf_low=bounds.low,
        conf_high=bounds.high,
        conf_level=level,
        interval=f"conditional-{test}",
        p_value=p_value,
        n=changes.n,
        note="" if changes.changed else NOTHING,
    )


def _changes(comparison: pd.Series, reference: pd.Series) -> Changes:
    levels = [[str(level) for level in column.cat.categories] for column in (comparison, reference)]
    if levels[0] != levels[1] or len(levels[0]) != 2:
        first, second = (" and ".join(map(repr, names)) for names in levels)
        raise NotEstimableError(
            f"Both need the same two levels in one order; the comparison has {first}, the reference {second}."
        )
    if len(comparison) == 0:
        raise NotEstimableError("McNemar's test needs at least 1 pair; there is none.")
    after, before = (comparison.cat.codes == 1).to_numpy(), (reference.cat.codes == 1).to_numpy()
    return Changes(int((after & ~before).sum()), int((before & ~after).sum()), len(after))
