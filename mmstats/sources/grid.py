"""From rows of text to a table: headings, blank rows, rows of the wrong length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from mmstats.errors import SourceError

SHOWN = 10


@dataclass(frozen=True)
class Grid:
    """A frame of text, where it begins, and how it was read; as in a RawTable."""

    frame: pd.DataFrame
    first_row: int
    details: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."


def letter(position: int) -> str:
    """Return a column's letters in a spreadsheet.

    Examples
    --------
    >>> letter(0), letter(25), letter(26), letter(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def some(items: Sequence[object], *, shown: int = SHOWN) -> str:
    """Return a list in words, cut short.

    Examples
    --------
    >>> some([2, 5, 9], shown=2)
    '2, 5 and 1 more'
    """
    rest = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(map(str, items[:shown])) + rest


def table_of(records: Sequence[Sequence[str]], details: Mapping[str, str], decimal: str = ".") -> Grid:
    """Return the table that rows of text make; the first that is not blank has the headings.

    Raises
    ------
    SourceError
        With every heading and row that is wrong.
    """
    rows = [[cell.strip() for cell in record] for record in records]
    trimmed = sum(
        cell != text
        for record, row in zip(records, rows, strict=True)
        for cell, text in zip(record, row, strict=True)
    )
    start = next((number for number, row in enumerate(rows) if any(row)), None)
    if start is None:
        raise SourceError("is empty.")
    headings, body = rows[start], rows[start + 1 :]
    while body and not any(body[-1]):
        body.pop()
    if not body:
        raise SourceError("has headings but no rows below them.")
    first_row = start + 2
    filled = {number: row for number, row in enumerate(body) if any(row)}
    problems = [
        *_lengths(len(headings), filled, first_row),
        *_headings(headings, filled, first_row),
    ]
    if problems:
        raise SourceError("cannot be read as a table.", problems)
    kept = [position for position, heading in enumerate(headings) if heading]
    notes = dict(details)
    if start:
        notes["headings"] = f"in row {start + 1}"
    if len(kept) < len(headings):
        empty = [letter(position) for position, heading in enumerate(headings) if not heading]
        notes["empty columns"] = f"left out: {some(empty)}"
    if len(filled) < len(body):
        blank = [number + first_row for number in range(len(body)) if number not in filled]
        notes["blank rows"] = f"left out: {some(blank)}"
    if trimmed:
        notes["spaces"] = f"taken away around {trimmed} {'value' if trimmed == 1 else 'values'}"
    frame = pd.DataFrame(
        {headings[at]: pd.Series([row[at] for row in filled.values()], dtype=object) for at in kept},
    ).set_axis(pd.Index(list(filled), dtype="int64"))
    return Grid(frame, first_row, notes, decimal)


def _lengths(width: int, rows: Mapping[int, Sequence[str]], first_row: int) -> list[str]:
    problems = []
    for number, row in rows.items():
        if len(row) < width or any(row[width:]):
            value = "1 value" if len(row) == 1 else f"{len(row)} values"
            problems.append(f"Row {number + first_row} has {value}; there are {width} headings.")
    if len(problems) > SHOWN:
        more = f"{len(problems) - SHOWN} more rows have another number of values than there are headings."
        problems[SHOWN:] = [more]
    if problems:
        problems.append("A value that holds the delimiter or a line break must stand in double quotes.")
    return problems


def _headings(headings: Sequence[str], rows: Mapping[int, Sequence[str]], first_row: int) -> list[str]:
    problems = []
    for heading in dict.fromkeys(filter(None, headings)):
        places = [letter(position) for position, other in enumerate(headings) if other == heading]
        if len(places) > 1:
            problems.append(f"The heading {heading!r} stands in columns {' and '.join(places)}: rename one.")
    for position, heading in enumerate(headings):
        values = ((n, row[position]) for n, row in rows.items() if position < len(row) and row[position])
        if not heading and (first := next(values, None)):
            number, value = first
            where = f"in row {number + first_row}: {value[:40]!r}"
            problems.append(f"Column {letter(position)} has values but no heading ({where}).")
    return problems
