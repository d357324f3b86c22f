"""Tables whose rows have citations: Markdown tables, since citations are set by pandoc alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from mmstats.report.assemble import escape
from mmstats.tables.html import INDENT, shares
from mmstats.tables.table import Cell, Table, as_cell

DASHES = 200  # of the line under the heading: wider than a page, so that pandoc wraps cells
LINE = {"left": (":", ""), "center": (":", ":"), "right": ("", ":")}


@dataclass(frozen=True)
class Cited:
    """A table, and the BibTeX key of each row that has one, by the text of its first cell."""

    table: Table
    keys: Mapping[str, str]

    def markdown(self) -> str:
        """Return it as a pipe table of pandoc's Markdown, without caption and notes."""
        table = self.table
        widths = [max(3, round(DASHES * share / 100)) for share in shares(table)]
        heads = [self._inline(as_cell(column.label)) for column in table.columns]
        rules = [
            f"{LINE[column.align][0]}{'-' * width}{LINE[column.align][1]}"
            for column, width in zip(table.columns, widths, strict=True)
        ]
        lines = [heads, rules]
        for row in table.rows:
            cells = [self._inline(table.cell(row, column)) for column in table.columns]
            key = self.keys.get(table.cell(row, table.columns[0]).text, "")
            cells[0] = INDENT * row.indent + cells[0] + (f"\u00a0[@{key}]" if key else "")
            lines.append([f"**{text}**" if row.heading and text else text for text in cells])
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _inline(self, cell: Cell) -> str:
        marks = self.table.marks_of(cell)
        text = escape(cell.text).replace("% CI\\]", "%\u00a0CI\\]")
        return text + (f"^{marks}^" if marks else "")
