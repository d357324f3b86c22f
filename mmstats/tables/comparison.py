"""Comparisons of groups: one row per analysis."""

from collections.abc import Mapping, Sequence
from math import isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.results import Result, Results
from mmstats.summary import description, summary
from mmstats.tables.effect import (
    adjusted_label,
    effect_cells,
    interval_label,
    p_label,
    sentence_end,
    shown,
    without_shared,
)
from mmstats.tables.table import Cell, Column, Row, Spanner, Table


def comparison_table(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    quantities: Sequence[str] = (),
    summaries: bool = True,
    style: str = "apa",
    id: str = "tbl-comparisons",
    caption: str = "Comparisons",
) -> Table:
    """Return outcome, n, each group's summary, effect with interval, and p, for several analyses.

    Footnotes name each test, and say why something is not estimable. Summaries appear when all analyses
    compare the same groups and the plan describes their outcomes.

    Parameters
    ----------
    results : Results
    analyses : sequence of str, optional
        Ids, in the order of the rows; by default all that are not descriptions.
    quantities : sequence of str
        The effects to prefer, best first; by default the one whose p value counts.
    summaries : bool
        Whether to show each group's summary.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    id, caption : str

    Raises
    ------
    ReportError
        If an id is unknown, or nothing was chosen.
    """
    found = labels.chosen(results, analyses)
    estimates = [shown(result, quantities) for result in found]
    known = [e for e in estimates if e is not None]
    names = {e.quantity.label for e in known}
    group = _common_group(found) if summaries else ""
    sides = _sides(results, found, group) if group else {}
    terms = labels.levels(results, group) if any(sides.values()) else []
    pairs = list(zip(found, estimates, strict=True))
    effects, shared = without_shared([effect_cells(r, e, style=style, named=False) for r, e in pairs])
    condition = labels.shared_condition(results, found)
    rows = tuple(
        Row(
            {
                "name": _name(results, result, sides, condition),
                "n": fmt.count(result.n) if result.n else fmt.DASH,
                **{f"level {term}": _side(sides[result.analysis.id], term) for term in terms},
                "measure": e.quantity.label if e is not None else "",
                **effect,
            }
        )
        for (result, e), effect in zip(pairs, effects, strict=True)
    )
    columns = [Column("name", "Outcome", "left"), Column("n", "n", "right")]
    columns += [Column(f"level {term}", labels.level(results, group, term)) for term in terms]
    if len(names) == 1:
        rows = tuple(Row({k: v for k, v in row.cells.items() if k != "measure"}) for row in rows)
    else:
        columns.append(Column("measure", "Measure", "left"))
    columns += _effect_columns(results, found, known, names.pop() if len(names) == 1 else "Effect", style)
    label = labels.label(results, group)
    return Table(
        id=id,
        columns=tuple(columns),
        rows=rows,
        spanners=(Spanner(label, tuple(f"level {term}" for term in terms)),) if terms else (),
        caption=caption,
        notes=(" ".join([*shared, *([f"{condition}."] if condition else []), "CI, confidence interval."]),),
    )


def _effect_columns(
    results: Results, found: Sequence[Result], known: Sequence[Estimate], name: str, style: str
) -> list[Column]:
    columns = [
        Column("effect", f"{name} [{interval_label(known)}]"),
        Column("p", p_label(style), "right"),
    ]
    if any(not isnan(result.p_adjusted) for result in found):
        columns.append(Column("p_adjusted", adjusted_label(results, found, style), "right"))
    return columns


def _common_group(found: Sequence[Result]) -> str:
    groups = {str(result.roles.get("group", "")) for result in found}
    return groups.pop() if len(groups) == 1 else ""


def _sides(results: Results, found: Sequence[Result], group: str) -> dict[str, Mapping[str, str]]:
    """Return, by analysis, each group's summary and what it states, where the summary is one line."""
    sides: dict[str, Mapping[str, str]] = {}
    for result in found:
        sides[result.analysis.id] = {}
        told = description(results, result.outcome, group, result.analysis.rows)
        if told is not None and not result.analysis.where:
            own = summary(results, told, group)
            if len(own.lines) == 1:
                statement = f"{own.lines[0].label}, {own.statement}"
                sides[result.analysis.id] = {**own.lines[0].texts, "statement": statement}
    return sides


def _side(texts: Mapping[str, str], term: str) -> str:
    """Return a group's summary; nothing where the plan describes none, a dash where it has no value."""
    return texts.get(term, fmt.DASH) if texts else ""


def _name(results: Results, result: Result, sides: Mapping[str, Mapping[str, str]], condition: str) -> Cell:
    own = result.analysis.label or sides.get(result.analysis.id, {}).get("statement", "")
    where = labels.condition(results, result)
    notes = (f"{where}." if where != condition and where else "", sentence_end(labels.whose_rows(result)))
    return Cell(own or labels.analysis(results, result), notes)
