"""A printable table: columns, spanners, rows and footnotes, before it becomes HTML, DOCX or PDF."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from string import ascii_lowercase
from typing import Literal

from mmstats.errors import ReportError, unknown
from mmstats.printable import for_document

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Cell:
    """Text, and the footnotes it carries.

    Parameters
    ----------
    text : str
        What is printed. A newline breaks the line; other control characters become spaces.
    notes : tuple of str
        Footnotes. The marks are assigned by the table, the same text always getting the same mark.
    """

    text: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", for_document(self.text))
        object.__setattr__(self, "notes", tuple(for_document(note) for note in self.notes if note))


@dataclass(frozen=True)
class Column:
    """A column: its key in the rows, its heading, and how its cells are aligned."""

    key: str
    label: Cell | str
    align: Align = "center"


@dataclass(frozen=True)
class Spanner:
    """A heading over several neighbouring columns, given by their keys."""

    label: Cell | str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row: cells by column key; a column that is not named is empty.

    Parameters
    ----------
    cells : mapping of str to Cell or str
    indent : int
        How deep the first column is indented.
    heading : bool
        Whether it heads the rows that follow, and is set in bold.
    """

    cells: Mapping[str, Cell | str]
    indent: int = 0
    heading: bool = False


def as_cell(content: Cell | str) -> Cell:
    """Return text as a cell."""
    return content if isinstance(content, Cell) else Cell(content)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as it is printed, the same in every format.

    A table shows itself in a notebook and in Quarto, as HTML without its caption: a report numbers and
    captions it (``tbl-cap``). Quarto turns that HTML into native tables in DOCX and PDF, and so does
    pandoc (``-f html``); `to_html` and `to_markdown` have the caption inside. `save` writes a file
    of its own.

    Parameters
    ----------
    id : str
        Its name, used in HTML and for cross-references: small letters, digits and hyphens.
    columns : tuple of Column
        The first one names the rows.
    rows : tuple of Row
    spanners : tuple of Spanner
    caption : str
    notes : tuple of str
        General notes, printed below the footnotes: abbreviations, how numbers are summarised.

    Raises
    ------
    ReportError
        If keys are repeated or unknown, or a spanner's columns are not neighbours.

    Examples
    --------
    >>> table = Table(
    ...     id="ages",
    ...     columns=(Column("name", "", "left"), Column("age", Cell("Age", ("In years.",)))),
    ...     rows=(Row({"name": "Patients", "age": "41.2"}),),
    ...     caption="Ages",
    ... )
    >>> print(table.to_csv())
    "","Age [a]"
    "Patients","41.2"
    "a In years.",""
    >>> table.marks
    {'In years.': 'a'}
    """

    id: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    spanners: tuple[Spanner, ...] = ()
    caption: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        problems = []
        if not re.fullmatch(r"[a-z][a-z0-9-]*", self.id):
            problems.append(f"The id {self.id!r} may only have small letters, digits and hyphens.")
        if not keys:
            problems.append("There are no columns.")
        problems += [f"Column {key!r} is there twice." for key in dict.fromkeys(keys) if keys.count(key) > 1]
        problems += [
            unknown(key, keys, what=f"column in row {number}")
            for number, row in enumerate(self.rows, 1)
            for key in row.cells
            if key not in keys
        ]
        covered: list[str] = []
        for spanner in self.spanners:
            label = as_cell(spanner.label).text
            missing = [key for key in spanner.columns if key not in keys]
            problems += [unknown(key, keys, what=f"column under {label!r}") for key in missing]
            places = [keys.index(key) for key in spanner.columns if key in keys]
            if places != list(range(min(places, default=0), min(places, default=0) + len(places))):
                problems.append(f"The columns under {label!r} are not neighbours, in their order.")
            if not places or set(spanner.columns) & set(covered):
                problems.append(f"{label!r} spans no column, or one that is spanned already.")
            covered += spanner.columns
        if problems:
            raise ReportError(f"The table {self.id!r} cannot be built.", problems)
        object.__setattr__(self, "caption", for_document(self.caption))
        object.__setattr__(self, "notes", tuple(for_document(note) for note in self.notes if note))

    @cached_property
    def marks(self) -> dict[str, str]:
        """The mark of each footnote, in the order a reader meets them: a, b, ..., z, aa, ..."""
        texts = dict.fromkeys(note for cell in self._cells() for note in cell.notes)
        return {text: _mark(position) for position, text in enumerate(texts)}

    def marks_of(self, content: Cell | str) -> str:
        """Return the marks a cell carries, as they are printed."""
        own = set(as_cell(content).notes)
        return ",".join(mark for text, mark in self.marks.items() if text in own)

    def cell(self, row: Row, column: Column) -> Cell:
        """Return what a row has in a column."""
        return as_cell(row.cells.get(column.key, ""))

    def _cells(self) -> Iterator[Cell]:
        heads = {spanner.columns[0]: spanner for spanner in self.spanners}
        spanned = {key for spanner in self.spanners for key in spanner.columns}
        for column in self.columns:  # the upper line of the heading: spanners, and what stands beside them
            if column.key in heads:
                yield as_cell(heads[column.key].label)
            elif column.key not in spanned:
                yield as_cell(column.label)
        for column in self.columns:
            if column.key in spanned:
                yield as_cell(column.label)
        for row in self.rows:
            for column in self.columns:
                yield self.cell(row, column)

    def with_caption(self, caption: str) -> "Table":
        """Return the table with another caption."""
        return replace(self, caption=caption)

    def with_notes(self, *notes: str) -> "Table":
        """Return the table with general notes added."""
        return replace(self, notes=(*self.notes, *notes))

    def with_rows(self, rows: Sequence[Row]) -> "Table":
        """Return the table with other rows."""
        return replace(self, rows=tuple(rows))

    def to_html(self, *, caption: bool = True, notes: bool = True) -> str:
        """Return it as HTML, styled by Great Tables; the same bytes every time."""
        from mmstats.tables.html import html

        return html(self, caption=caption, notes=notes)

    def to_markdown(self) -> str:
        """Return it as pandoc's Markdown (a grid table)."""
        from mmstats.tables.pandoc import markdown

        return markdown(self)

    def to_csv(self) -> str:
        """Return it as CSV, as printed, safe to open in a spreadsheet."""
        from mmstats.tables.csv import csv

        return csv(self)

    def save(self, path: str | Path) -> Path:
        """Write it as ``.html``, ``.docx``, ``.pdf``, ``.md`` or ``.csv``, and return the path.

        Raises
        ------
        ReportError
            If the path ends in something else.
        """
        from mmstats.tables.save import save

        return save(self, Path(path))

    def _repr_html_(self) -> str:
        return self.to_html(caption=False)


def _mark(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, remainder = divmod(position - 1, 26)
        letters = ascii_lowercase[remainder] + letters
    return letters
