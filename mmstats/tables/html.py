"""Tables as HTML, by Great Tables."""

import re
from html import escape
from math import floor

import great_tables as gt
import pandas as pd

from mmstats.format import MINUS
from mmstats.tables.table import Cell, Column, Row, Table, as_cell
from mmstats.tables.widths import Sized, widths

INDENT = "\u2003"  # an em space: every format keeps it
RULE = "#4d4d4d"
HAIR = "#d9d9d9"

_CSS = """#ID caption { caption-side: top; text-align: left; padding: 0 6px 6px; font-size: 13px; }
#ID tbody td:first-child { padding-left: calc(6px + 1em); text-indent: -1em; }
#ID sup { font-size: 70%; line-height: 0; }
"""

# Great Tables writes two rules that would reach every other table of the page.
_LEAKS = {
    re.compile(r"#(\S+) thead, tbody, tfoot, tr, td, th \{"): r"#\1 :is(thead, tbody, tfoot, tr, td, th) {",
    re.compile(r"(?m)^ tr \{ background-color: transparent; \}\n"): "",
}


def html(table: Table, *, caption: bool, notes: bool = True) -> str:
    """Return a table as a piece of HTML that needs nothing else, with or without the notes below it.

    Every text is escaped here. Alignment is written into each cell, where pandoc and Quarto read it.
    """
    keys = [f"c{position}" for position in range(len(table.columns))]
    name = dict(zip((column.key for column in table.columns), keys, strict=True))
    frame = pd.DataFrame(
        [[_body(table, row, column) for column in table.columns] for row in table.rows],
        columns=keys,
        dtype=object,
    )
    shown = gt.GT(frame, id=table.id).fmt(lambda text: text, columns=keys)
    shown = shown.cols_label(
        {
            name[column.key]: gt.html(_inline(table, as_cell(column.label)).replace("% CI]", "%\u00a0CI]"))
            for column in table.columns
        }
    )
    for position, spanner in enumerate(table.spanners):
        label = gt.html(_inline(table, as_cell(spanner.label)))
        columns = [name[key] for key in spanner.columns]
        own = f"spanner-{position}"
        shown = shown.tab_spanner(label, columns=columns, id=own)
        shown = shown.tab_style(gt.style.css("text-align: center;"), gt.loc.spanner_labels(ids=[own]))
    for column in table.columns:
        key = name[column.key]
        shown = shown.cols_align(column.align, columns=[key])
        aligned = gt.style.css(f"text-align: {column.align};")
        shown = shown.tab_style(aligned, [gt.loc.body(columns=[key]), gt.loc.column_labels(columns=[key])])
    for note in below(table) if notes else ():
        shown = shown.tab_source_note(gt.html(note))
    text = _style(shown).as_raw_html()
    for leak, instead in _LEAKS.items():
        text = leak.sub(instead, text)
    text = text.replace("</style>", _CSS.replace("ID", table.id) + "</style>", 1)
    start = f"\n<caption>{escape(table.caption)}</caption>" if caption and table.caption else ""
    start += "\n<colgroup>" + "".join(f'<col style="width: {w}%">' for w in shares(table)) + "</colgroup>"
    return re.sub(r"<table\b[^>]*>", lambda found: found[0] + start, text, count=1)


def shares(table: Table) -> list[int]:
    """Return each column's share of the table's width, in percent, from the texts it holds."""
    sized = [
        Sized(
            column.align == "left",
            as_cell(column.label).text.split("\n"),
            [
                line
                for row in table.rows
                if not row.heading
                for line in (" " * 2 * row.indent + table.cell(row, column).text).split("\n")
            ],
        )
        for column in table.columns
    ]
    found = widths(sized)
    return [floor(100 * width / sum(found)) for width in found]


def below(table: Table) -> list[str]:
    """Return the lines under a table: its footnotes with their marks, then its general notes."""
    marked = [f"<sup>{mark}</sup> {_lines(text)}" for text, mark in table.marks.items()]
    return marked + [_lines(note) for note in table.notes]


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _inline(table: Table, cell: Cell) -> str:
    marks = table.marks_of(cell)
    return _lines(cell.text) + (f"<sup>{marks}</sup>" if marks else "")


def _unbroken(text: str) -> str:
    return re.sub(rf"(?<=\d), (?=[{MINUS}\d])", ",\u00a0", text)  # an interval stays on one line


def _body(table: Table, row: Row, column: Column) -> str:
    text = _unbroken(_inline(table, table.cell(row, column)))
    if row.heading:
        text = f"<strong>{text}</strong>" if text else ""
    return INDENT * row.indent + text if column is table.columns[0] else text


def _style(shown: gt.GT) -> gt.GT:
    return shown.tab_options(
        table_font_size="13px",
        table_font_color="#1a1a1a",
        data_row_padding="4px",
        data_row_padding_horizontal="6px",
        column_labels_padding_horizontal="6px",
        column_labels_font_weight="bold",
        table_border_top_color=RULE,
        table_border_bottom_color=RULE,
        column_labels_border_top_color=RULE,
        column_labels_border_top_width="1px",
        column_labels_border_bottom_color=RULE,
        column_labels_border_bottom_width="1px",
        table_body_border_top_width="1px",
        table_body_border_top_color=RULE,
        table_body_border_bottom_color=RULE,
        table_body_border_bottom_width="1px",
        table_body_hlines_color=HAIR,
        source_notes_padding="2px",
    )
