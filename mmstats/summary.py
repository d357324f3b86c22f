"""What one variable looks like in each group, from a saved description."""

from collections.abc import Collection
from dataclasses import dataclass, field
from math import nan

from mmstats import format as fmt
from mmstats import labels
from mmstats.kind import Kind
from mmstats.results import Result, Results

OVERALL = ""


@dataclass(frozen=True)
class Line:
    """One printed line of a summary: what it shows, and its text for each group (`OVERALL` for all)."""

    label: str
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """A variable's summary.

    Parameters
    ----------
    statement : str
        What the numbers are: ``mean (SD)``.
    lines : tuple of Line
        One line for a number or a yes/no variable, one per level otherwise.
    missing : dict of str to int
        Missing values in each group, and in all.
    """

    statement: str
    lines: tuple[Line, ...]
    missing: dict[str, int]


def description(results: Results, outcome: str, group: str, rows: str = "") -> Result | None:
    """Return the saved description of an outcome by group, without condition: of participants, or of rows."""
    wanted = (labels.DESCRIBE, outcome, group, "", rows)
    for result in results:
        plan = result.analysis
        asked = (plan.method, result.outcome, result.roles.get("group", ""), plan.where, plan.rows)
        if asked == wanted and result.estimates:
            return result
    return None


def summary(results: Results, result: Result, group: str, *, by_median: Collection[str] = ()) -> Summary:
    """Return the summary of a description: median and quartiles for an ordinal variable, else mean and SD.

    Parameters
    ----------
    results : Results
    result : Result
        Of the method ``describe``.
    group : str
        The grouping variable, or empty.
    by_median : collection of str
        Further variables to summarise by median and quartiles.
    """
    terms = [*(labels.levels(results, group) if group else ()), OVERALL]
    saved = {(e.quantity.name, e.term): e.estimate for e in result.estimates}
    missing = {term: int(saved[("missing", term)]) for term in terms if ("missing", term) in saved}
    if any(quantity == "count" for quantity, _ in saved):
        return Summary("n (%)", tuple(_levels(results, result, terms, saved)), missing)
    variable = results.variables.get(result.outcome)
    ordinal = variable is not None and variable.kind == Kind.ORDINAL
    names: tuple[str, ...]
    if ordinal or result.outcome in by_median:
        statement = "median [Q1, Q3]"
        names = ("median", "first_quartile", "third_quartile")
        low, high = (saved.get((name, OVERALL), nan) for name in names[1:])
        most = fmt.decimals_for(high - low) if 0 < high - low < 0.5 else 1
        values = (saved.get((name, term), nan) for name in names for term in terms)
        places = fmt.exact_decimals(values, most=most)
    else:
        statement, names = "mean (SD)", ("mean", "standard_deviation")
        places = fmt.spread_decimals(saved.get((names[1], OVERALL), nan))
    texts = {}
    for term in terms:
        numbers = [fmt.number(saved.get((name, term), nan), places) for name in names]
        if set(numbers) == {fmt.DASH}:
            texts[term] = fmt.DASH
        else:
            rest = ", ".join(numbers[1:])
            texts[term] = f"{numbers[0]} [{rest}]" if len(names) == 3 else f"{numbers[0]} ({rest})"
    return Summary(statement, (Line(labels.with_unit(results, result.outcome), texts),), missing)


def _levels(
    results: Results, result: Result, terms: list[str], saved: dict[tuple[str, str], float]
) -> list[Line]:
    outcome = result.outcome
    variable = results.variables.get(outcome)
    lines = []
    for value in labels.levels(results, outcome):
        texts = {}
        for term in terms:
            own = f"{value} | {term}" if term else value
            count, share = saved.get(("count", own), nan), saved.get(("proportion", own), nan)
            of = round(count / share) if share > 0 else 0
            none = share != share
            texts[term] = fmt.count(count) + ("" if none else f" ({fmt.percent(share, of)})")
        lines.append(Line(labels.level(results, outcome, value), texts))
    if variable is not None and variable.kind == Kind.BINARY:
        only = lines[-1]
        return [Line(f"{labels.label(results, outcome)}: {only.label}", only.texts)]
    return lines
