"""Every estimate of some analyses, as a model's coefficients are printed."""

from collections.abc import Sequence
from math import isfinite, isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.results import Result, Results
from mmstats.tables.effect import estimate_text, interval_label, p_label, sentence_end
from mmstats.tables.table import Cell, Column, Row, Table


def estimates_table(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    quantities: Sequence[str] = (),
    style: str = "apa",
    id: str = "tbl-estimates",
    caption: str = "Estimates",
) -> Table:
    """Return every estimate of the chosen analyses under the analysis's name; columns without content go.

    Parameters
    ----------
    results : Results
    analyses : sequence of str, optional
        Ids, in the order of the rows; by default all that are not descriptions.
    quantities : sequence of str
        Only these quantities; by default all.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    id, caption : str

    Raises
    ------
    ReportError
        If an id is unknown, or nothing was chosen.
    """
    found = labels.chosen(results, analyses)
    every = [e for result in found for e in result.estimates]
    rows = []
    for result in found:
        rows.append(
            Row({"name": Cell(labels.analysis(results, result), (_method(results, result),))}, heading=True)
        )
        rows += [
            Row(_cells(results, e, style), indent=1)
            for e in result.estimates
            if not quantities or e.quantity.name in quantities
        ]
        if not result.estimates:
            state = "Not estimable" if result.status == "not estimable" else "Failed"
            note = sentence_end(f"{state}: {result.reason}")
            rows.append(Row({"name": Cell(state, (note,)), "estimate": fmt.DASH}, indent=1))
    columns = (
        Column("name", "Quantity", "left"),
        Column("estimate", f"Estimate [{interval_label(every)}]"),
        Column("std_error", "SE", "right"),
        Column("statistic", "Statistic", "right"),
        Column("df", "df", "right"),
        Column("p", p_label(style), "right"),
        Column("n", "n", "right"),
    )
    used = {key for row in rows for key, content in row.cells.items() if content}
    notes = ["CI, confidence interval"]
    meanings = {"std_error": "SE, standard error", "df": "df, degrees of freedom"}
    notes += [meaning for key, meaning in meanings.items() if key in used]
    return Table(
        id=id,
        columns=tuple(column for column in columns if column.key in used | {"name", "estimate"}),
        rows=tuple(Row({k: c for k, c in row.cells.items() if c}, row.indent, row.heading) for row in rows),
        caption=caption,
        notes=("; ".join(notes) + ".",),
    )


def _method(results: Results, result: Result) -> str:
    where = labels.condition(results, result)
    left_out = labels.excluded(results, result)
    why = ", ".join(f"{reason}: {fmt.count(n)}" for reason, n in left_out.items())
    rows = labels.whose_rows(result)
    said = sentence_end(result.title) + (f" {where}." if where else "") + (f" {rows}." if rows else "")
    return said + (f" Left out: {why}." if left_out else "")


def _cells(results: Results, e: Estimate, style: str) -> dict[str, Cell | str]:
    name = f"{e.quantity.label}: {labels.term(results, e.term)}" if e.term else e.quantity.label
    notes = (sentence_end(e.note),) if e.note else ()
    df2 = f", {fmt.df(e.df2)}" if not isnan(e.df2) else ""
    return {
        "name": name,
        "estimate": Cell(estimate_text(e), notes),
        "std_error": _error(e) if isfinite(e.std_error) else "",
        "statistic": fmt.number(e.statistic, 2) if not isnan(e.statistic) else "",
        "df": fmt.df(e.df) + df2,
        "p": fmt.p_value(e.p_value, style, symbol=False),
        "n": fmt.count(e.n),
    }


def _error(e: Estimate) -> str:
    return fmt.number(fmt.in_percent(e).std_error, fmt.estimate_decimals(e) + 1)
