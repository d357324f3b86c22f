"""Tables as CSV, safe to open in a spreadsheet."""

import csv as standard
import io

from mmstats.tables.table import Cell, Table, as_cell

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv(table: Table) -> str:
    """Return a table as CSV: one heading line, the rows, and the notes below them.

    A text that a spreadsheet would run as a formula is preceded by an apostrophe.
    """
    over = {key: as_cell(s.label) for s in table.spanners for key in s.columns}
    headings = []
    for column in table.columns:
        own = _text(table, as_cell(column.label))
        headings.append(f"{_text(table, over[column.key])}: {own}" if column.key in over else own)
    lines = [headings]
    for row in table.rows:
        cells = [_text(table, table.cell(row, column)) for column in table.columns]
        lines.append(["  " * row.indent + cells[0], *cells[1:]])
    empty = [""] * (len(table.columns) - 1)
    lines += [[f"{mark} {text}", *empty] for text, mark in table.marks.items()]
    lines += [[note, *empty] for note in table.notes]
    out = io.StringIO()
    writer = standard.writer(out, quoting=standard.QUOTE_ALL, lineterminator="\n")
    writer.writerows([[neutral(text) for text in line] for line in lines])
    return out.getvalue().removesuffix("\n")


def neutral(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula.

    Examples
    --------
    >>> neutral("=1+1"), neutral("  @SUM(A1)"), neutral("−1.2 [−2, 0]")
    ("'=1+1", "'  @SUM(A1)", '−1.2 [−2, 0]')
    """
    return f"'{text}" if text.lstrip(" \u00a0\u2003").startswith(_FORMULA) else text


def _text(table: Table, cell: Cell) -> str:
    marks = table.marks_of(cell)
    return cell.text.replace("\n", " ") + (f" [{marks}]" if marks else "")
