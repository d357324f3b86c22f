"""Table 1: who was studied, by group."""

from collections.abc import Collection, Sequence
from math import isnan
from typing import Any

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.results import Result, Results
from mmstats.summary import OVERALL, Summary, description, summary
from mmstats.tables.effect import (
    adjusted_label,
    effect_cells,
    effect_of,
    interval_label,
    p_label,
    shown,
)
from mmstats.tables.table import Cell, Column, Row, Spanner, Table

MEANINGS = {
    "CI": "CI, confidence interval",
    "mean (SD)": "SD, standard deviation",
    "median [Q1, Q3]": "Q1, Q3, first and third quartile",
}


def table_one(
    results: Results,
    *,
    group: str | None = None,
    variables: Sequence[str] | None = None,
    by_median: Collection[str] = (),
    quantities: Sequence[str] = (),
    overall: bool = True,
    effects: bool = True,
    style: str = "apa",
    id: str = "tbl-one",
    caption: str = "Characteristics of the participants",
) -> Table:
    """Return the table of characteristics by group, from the plan's ``describe`` analyses.

    A variable also shows the effect, interval and p value of the plan's first analysis of it by the same
    group, if there is one without a condition. Missing values are counted and never tested.

    Parameters
    ----------
    results : Results
    group : str, optional
        The grouping variable; by default that of the participant flow. An empty one gives one column.
    variables : sequence of str, optional
        Which variables, in which order; by default all that are described by this group.
    by_median : collection of str
        Numeric variables to show as median and quartiles, as ordinal ones always are.
    quantities : sequence of str
        The effects to prefer, best first, as ``("hedges_g", "superiority")``; by default the tested one.
    overall : bool
        Whether there is a column for all participants.
    effects : bool
        Whether there are columns for effects and p values.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    id, caption : str

    Raises
    ------
    ReportError
        If a variable has no description, or there is none at all.
    """
    by = results.group if group is None else group
    terms = [*(labels.levels(results, by) if by else ()), *([OVERALL] if overall or not by else [])]
    described = _described(results, by, variables)
    summaries = [summary(results, result, by, by_median=by_median) for result in described]
    found = [effect_of(results, result.outcome, by) if effects and by else None for result in described]
    estimates = [e for r in found if r is not None and (e := shown(r, quantities)) is not None]
    rows = []
    for result, own, effect in zip(described, summaries, found, strict=True):
        cells = effect_cells(effect, shown(effect, quantities), style=style) if effect else {}
        rows += _rows(results, result, own, terms, cells)
    columns = [Column("name", "Characteristic", "left"), *(_group_column(results, by, t) for t in terms)]
    notes = [
        MEANINGS[statement] for statement in MEANINGS if any(s.statement == statement for s in summaries)
    ]
    if any(found):
        against = _direction(results, by)
        columns.append(Column("effect", Cell(f"Effect [{interval_label(estimates)}]", (against,))))
        columns.append(Column("p", p_label(style), "right"))
        if any(r is not None and not isnan(r.p_adjusted) for r in found):
            label = adjusted_label(results, [r for r in found if r is not None], style)
            columns.append(Column("p_adjusted", label, "right"))
        notes.insert(0, MEANINGS["CI"])
    return Table(
        id=id,
        columns=tuple(columns),
        rows=tuple(rows),
        spanners=(Spanner(labels.label(results, by), tuple(_key(t) for t in terms if t)),) if by else (),
        caption=caption,
        notes=("; ".join(notes) + ".",) if notes else (),
    )


def _described(results: Results, group: str, variables: Sequence[str] | None) -> list[Result]:
    if variables is None:
        names = dict.fromkeys(r.outcome for r in results if r.analysis.method == labels.DESCRIBE)
        found = [r for name in names if (r := description(results, name, group)) is not None]
        if not found:
            by = f" by {group!r}" if group else ""
            raise ReportError(f"The plan has no analysis with method = 'describe'{by}, which Table 1 shows.")
        return found
    every = {name: description(results, name, group) for name in variables}
    missing = [
        f"{name!r} has no analysis with method = 'describe'." for name, r in every.items() if r is None
    ]
    if missing:
        raise ReportError(f"Table 1 by {group!r} cannot be made.", missing)
    return [result for result in every.values() if result is not None]


def _rows(results: Results, result: Result, own: Summary, terms: list[str], cells: Any) -> list[Row]:
    several = len(own.lines) > 1
    heading = labels.with_unit(results, result.outcome) if several else own.lines[0].label
    first = {"name": f"{heading}, {own.statement}", **cells}
    if several:
        rows = [Row(first)]
        rows += [Row({"name": line.label, **_texts(line.texts, terms)}, indent=1) for line in own.lines]
    else:
        rows = [Row({**first, **_texts(own.lines[0].texts, terms)})]
    if any(own.missing.values()):
        texts = {term: fmt.count(n) for term, n in own.missing.items()}
        rows.append(Row({"name": "Missing, n", **_texts(texts, terms)}, indent=1))
    return rows


def _texts(texts: dict[str, str], terms: list[str]) -> dict[str, str]:
    return {_key(term): texts.get(term, fmt.DASH) for term in terms}


def _key(term: str) -> str:
    return f"level {term}" if term else "overall"


def _group_column(results: Results, group: str, term: str) -> Column:
    last = results.flow[-1] if results.flow else None
    n = None if last is None else last.groups.get(term) if term else last.kept
    name = labels.level(results, group, term) if term else "Overall"
    return Column(_key(term), name + (f"\n(n = {fmt.count(n)})" if n is not None else ""))


def _direction(results: Results, group: str) -> str:
    levels = [labels.level(results, group, value) for value in labels.levels(results, group)]
    return f"{levels[1]} compared with {levels[0]}." if len(levels) == 2 else ""
