"""Two proportions: the table of a binary outcome by a binary group."""

from collections.abc import Iterator
from typing import Literal

import pandas as pd

from mmstats.effects import odds_ratio, risk_difference, risk_ratio
from mmstats.effects.two_proportions import (
    MOST_TABLES,
    Bounds,
    Contrast,
    Table,
    score,
    score_interval,
    score_p_value,
    unconditional_interval,
    unconditional_p_value,
)
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Binary
from mmstats.registry import Level, method

_SMALL = "An expected count is below 1: the score test is approximate; test = 'unconditional' is exact."


@method(
    title="Comparison of two proportions",
    references=("miettinen1985", "campbell2007", "chan1999", "boschloo1970", "berry1995", "fagerland2015"),
)
def two_by_two(
    outcome: Binary,
    group: Binary,
    *,
    test: Literal["score", "unconditional", "boschloo", "fisher-midp"] = "score",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Risk difference, risk ratio and odds ratio, each with the interval its own test inverts to.

    The event is the second level of the outcome; effects are comparison against reference. The p value and
    the interval of a row always come from one test, so the interval holds the null exactly when p exceeds
    1 - level. Under the null of equal proportions the three effects are the same hypothesis, and
    their rows share one p value.

    - ``score``: the N - 1 chi-squared test and the Miettinen-Nurminen intervals, which invert it. Coverage is
      not guaranteed: with 10 per group the 95 % intervals cover 96 % on average over proportions between 0.02
      and 0.98, and 91 % at worst.
    - ``unconditional``: the exact distribution of the same score statistic over both binomials, greatest
      over the nuisance proportion; p is twice the smaller tail. Coverage is at least the level. It takes
      about a second with 30 per group, 20 with 150, and is refused from 200 on.
    - ``boschloo``: unconditional as well, with Fisher's one-sided p value as the statistic; p is twice the
      smaller tail. Its order of tables has a meaning for the odds ratio alone, so the risk difference and
      risk ratio are left out.
    - ``fisher-midp``: Fisher's exact test given both margins, with the mid-p correction; p is twice the
      smaller tail. It too speaks of the odds ratio alone (conditional maximum likelihood).

    A zero cell gives a ratio of 0 or infinity with one finite end. Without any event, or any non-event,
    a ratio that is 0/0 has no estimate, every value from 0 to infinity is compatible, and p is 1.

    Parameters
    ----------
    outcome : Series of category with two levels, shape (n,)
        The second level is the event.
    group : Series of category with two levels, shape (n,)
        The first level is the reference.
    test : {"score", "unconditional", "boschloo", "fisher-midp"}
        Where p and interval come from.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If a group is empty, or an unconditional test would need too many tables.

    Notes
    -----
    References: miettinen1985, campbell2007, chan1999, boschloo1970, berry1995, fagerland2015.

    Examples
    --------
    Newcombe (1998), Table II, example (a): 56/70 against 48/80.

    >>> outcome = pd.Series(pd.Categorical(["yes"] * 56 + ["no"] * 14 + ["yes"] * 48 + ["no"] * 32))
    >>> group = pd.Series(pd.Categorical(["b"] * 70 + ["a"] * 80))
    >>> difference = next(two_by_two(outcome, group))
    >>> f"{difference.estimate:.4f} ({difference.conf_low:.4f} to {difference.conf_high:.4f})"
    '0.2000 (0.0528 to 0.3382)'
    """
    table = table_of(outcome, group)
    if test == "fisher-midp":
        yield _conditional(table, level=level)
        return
    if test != "score" and (table.n_comparison + 1) * (table.n_reference + 1) > MOST_TABLES:
        raise NotEstimableError(
            f"An exact unconditional test goes through every table, at most {MOST_TABLES}; groups of "
            f"{table.n_comparison} and {table.n_reference} have more. Use test = 'score'."
        )
    if test == "boschloo":
        yield _boschloo(table, level=level)
        return
    for contrast in (risk_difference.CONTRAST, risk_ratio.CONTRAST, odds_ratio.CONTRAST):
        yield _unconditional(contrast, table, exact=test == "unconditional", level=level)


def _unconditional(contrast: Contrast, table: Table, *, exact: bool, level: float) -> Estimate:
    bounds = (unconditional_interval if exact else score_interval)(contrast, table, level=level)
    z = score(contrast, contrast.quantity.null, table)
    events = table.events_comparison + table.events_reference
    expected = min(events, table.n - events) * min(table.n_comparison, table.n_reference) / table.n
    estimate = contrast.estimate(table)
    notes = ["" if estimate == estimate else _undefined(table), "" if exact or expected >= 1 else _SMALL]
    return Estimate(
        quantity=contrast.quantity,
        estimate=estimate,
        conf_low=bounds.low,
        conf_high=bounds.high,
        conf_level=level,
        interval="exact-unconditional" if exact else "miettinen-nurminen",
        statistic=z**2,
        df=1,
        p_value=(unconditional_p_value if exact else score_p_value)(contrast, table),
        n=table.n,
        note=" ".join(filter(None, notes)),
    )


def _boschloo(table: Table, *, level: float) -> Estimate:
    bounds = odds_ratio.boschloo_interval(table, level=level)
    return Estimate(
        quantity=odds_ratio.ODDS_RATIO,
        estimate=odds_ratio.CONTRAST.estimate(table),
        conf_low=bounds.low,
        conf_high=bounds.high,
        conf_level=level,
        interval="boschloo",
        p_value=odds_ratio.boschloo_p_value(table),
        n=table.n,
        note="" if table.informative else _undefined(table),
    )


def _conditional(table: Table, *, level: float) -> Estimate:
    defined = table.informative
    bounds = odds_ratio.mid_p_interval(table, level=level) if defined else Bounds(0, float("inf"))
    return Estimate(
        quantity=odds_ratio.ODDS_RATIO,
        estimate=odds_ratio.conditional_estimate(table) if defined else float("nan"),
        conf_low=bounds.low,
        conf_high=bounds.high,
        conf_level=level,
        interval="conditional-mid-p",
        p_value=odds_ratio.mid_p_value(table) if defined else 1.0,
        n=table.n,
        note="" if defined else _undefined(table),
    )


def _undefined(table: Table) -> str:
    nobody = "an event" if table.events_comparison == 0 else "no event"
    return (
        f"Everybody has the same outcome (nobody had {nobody}): the ratio is 0/0, and any value is possible."
    )


def table_of(outcome: pd.Series, group: pd.Series) -> Table:
    """Return the table of events by group.

    Raises
    ------
    NotEstimableError
        If there are not two levels each, or a group is empty.
    """
    problems = [
        f"{name} has {len(column.cat.categories)} levels"
        for name, column in (("outcome", outcome), ("group", group))
        if len(column.cat.categories) != 2
    ]
    if problems:
        raise NotEstimableError(f"A table of two by two needs two levels each: {' and '.join(problems)}.")
    event = (outcome.cat.codes == 1).to_numpy()
    comparison = (group.cat.codes == 1).to_numpy()
    sizes = int(comparison.sum()), int((~comparison).sum())
    if not all(sizes):
        empty = group.cat.categories[1 if sizes[0] == 0 else 0]
        raise NotEstimableError(f"Nobody is in the group {str(empty)!r}.")
    return Table(int(event[comparison].sum()), sizes[0], int(event[~comparison].sum()), sizes[1])
