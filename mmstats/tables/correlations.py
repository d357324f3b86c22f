"""Correlations: a list of pairs, or the lower triangle of a matrix."""

from collections.abc import Sequence
from dataclasses import replace

from mmstats import format as fmt
from mmstats import labels
from mmstats.pairs import Pair, one_side, pairs
from mmstats.pairs import matrix as lower_triangle
from mmstats.results import Result, Results
from mmstats.tables.comparison import comparison_table
from mmstats.tables.effect import effect_cells, interval_label, p_label, sentence_end, shown
from mmstats.tables.table import Cell, Column, Row, Table, as_cell


def correlation_table(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    matrix: bool = False,
    style: str = "apa",
    id: str = "tbl-correlations",
    caption: str = "Correlations",
) -> Table:
    """Return correlations with intervals and p values.

    Parameters
    ----------
    results : Results
    analyses : sequence of str, optional
        Ids of analyses of two variables; by default all of these.
    matrix : bool
        Whether to print the lower triangle of a matrix, p values below the coefficients, instead of one
        row per pair. A pair that the plan does not have stays empty.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    id, caption : str

    Raises
    ------
    ReportError
        If an analysis is not about two variables, there is none, or a matrix has two of one pair.
    """
    found = pairs(results, analyses)
    if matrix:
        return _matrix(results, found, style=style, id=id, caption=caption)
    ids = [result.analysis.id for _, result in found]
    table = comparison_table(results, ids, summaries=False, style=style, id=id, caption=caption)
    common = one_side(found)
    heading = f"{labels.with_unit(results, common)} and" if common else "Variables"
    names = [
        " and ".join(labels.with_unit(results, name) for name in pair if name != common) for pair, _ in found
    ]
    rows = [
        Row({**row.cells, "name": Cell(name, as_cell(row.cells["name"]).notes)})
        for row, name in zip(table.rows, names, strict=True)
    ]
    return replace(table, columns=(Column("name", heading, "left"), *table.columns[1:]), rows=tuple(rows))


def _matrix(
    results: Results, found: Sequence[tuple[Pair, Result]], *, style: str, id: str, caption: str
) -> Table:
    order, cells = lower_triangle(found)
    condition = labels.shared_condition(results, [result for _, result in found])
    texts = {pair: _cell(results, result, condition, style) for pair, result in cells.items()}
    known = [e for _, result in found if (e := shown(result)) is not None]
    along = [name for name in order if any(name == first for _, first in cells)]
    down = [name for name in order if any(name == later for later, _ in cells)]
    rows = [
        Row({"name": labels.with_unit(results, y), **{x: texts.get((y, x), "") for x in along}}) for y in down
    ]
    columns = [Column("name", "", "left"), *(Column(x, labels.with_unit(results, x)) for x in along)]
    names = " or ".join(dict.fromkeys(e.quantity.label for e in known))
    some = f" {condition}." if condition else ""
    note = f"{names} [{interval_label(known)}], {p_label(style)} value below.{some} CI, confidence interval."
    return Table(id=id, columns=tuple(columns), rows=tuple(rows), caption=caption, notes=(note,))


def _cell(results: Results, result: Result, condition: str, style: str) -> Cell:
    own = effect_cells(result, shown(result), style=style, named=False)
    where = labels.condition(results, result)
    notes = (
        *own["effect"].notes,
        f"{where}." if where and where != condition else "",
        sentence_end(labels.whose_rows(result)),
    )
    tested = result.estimates[result.tested] if result.tested >= 0 else None
    p = fmt.p_value(tested.p_value, style) if tested else ""
    return Cell(own["effect"].text + (f"\n{p}" if p else ""), notes)
