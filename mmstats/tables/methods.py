"""What was computed, how, and on how many rows."""

from collections.abc import Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.results import Result, Results
from mmstats.tables.effect import ADJUSTMENTS, sentence_end
from mmstats.tables.table import Cell, Column, Row, Table


def methods_table(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    id: str = "tbl-methods",
    caption: str = "Planned analyses",
) -> Table:
    """Return one row per analysis: its variables, method, interval, family, rows used, and what became of it.

    Warnings raised by an analysis are its footnotes.

    Raises
    ------
    ReportError
        If an id is unknown, or nothing was chosen.
    """
    found = labels.chosen(results, analyses)
    rows = tuple(
        Row(
            {
                "name": labels.analysis(results, result),
                "variables": _variables(results, result),
                "method": Cell(result.title, tuple(sentence_end(text) for text in result.warnings)),
                "interval": ", ".join(dict.fromkeys(e.interval for e in result.estimates if e.interval)),
                "family": _family(results, result),
                "n": Cell(fmt.count(result.n), (f"{rows}.",) if (rows := labels.whose_rows(result)) else ()),
                "status": Cell(result.status, (sentence_end(result.reason),) if result.reason else ()),
            }
        )
        for result in found
    )
    columns = (
        Column("name", "Analysis", "left"),
        Column("variables", "Variables", "left"),
        Column("method", "Method", "left"),
        Column("interval", "Interval", "left"),
        Column("family", "Family", "left"),
        Column("n", "n", "right"),
        Column("status", "Status", "left"),
    )
    return Table(id=id, columns=columns, rows=rows, caption=caption)


def _variables(results: Results, result: Result) -> Cell:
    texts = []
    for role, value in result.roles.items():
        names = value if isinstance(value, list | tuple) else [value]
        words = ", ".join(labels.label(results, str(name)) for name in names)
        texts.append(f"{role}: {words}")
    where = labels.condition(results, result)
    notes = (f"{where}.",) if where else ()
    return Cell("; ".join(texts), notes)


def _family(results: Results, result: Result) -> str:
    family = result.analysis.family
    if not family:
        return ""
    adjust = results.families.get(family, "")
    name = labels.family(results, family)
    return f"{name} ({ADJUSTMENTS.get(adjust, adjust)})" if adjust else name
