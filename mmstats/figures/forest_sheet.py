"""Where everything of a meta-analysis's forest plot goes, in millimetres from its upper left corner."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan
from typing import Literal

from mmstats import format as fmt
from mmstats.errors import ReportError
from mmstats.figures.forest_rows import Row
from mmstats.figures.style import text_width, wrapped

PITCH, TIGHT, TALL = 5.1, 3.45, 205.0  # of a row, of one of many, and of all rows before they get tight
LINE, GAP, SIGN, INDENT = 3.1, 3.0, 4.4, 2.5
ROOM = (
    (50.0, 26),
    (40.0, 19),
    (32.0, 15),
    (18.0, 12),
)  # the plot's width, and the letters that names keep for it
LETTERS = (40, 34, 30, 26, 22, 19, 15, 12)
CELL = 12
ABSENT = "not estimable"
NUMBER = re.compile(r"[−+\d.,%\s—–]*")
Side = Literal["left", "right"]


@dataclass(frozen=True)
class Sheet:
    """Places of rows and columns.

    Parameters
    ----------
    names, belows : tuple of str
        The wrapped names of the rows, and the grey words under them.
    edges : tuple of float
        The upper edge of each row, and the lower one of the last.
    columns : tuple of (float, {"left", "right"})
        The edge of each column of texts, and which it is: the left one of words, the right one of numbers.
    plot : (float, float)
        The left and the right edge of the plot.
    numbers : float
        The right edge of estimates with their intervals.
    weight : float
        The right edge of weights.
    signs : tuple of float
        The middle of each column of signs.
    heads : tuple of str
        The wrapped headings of the columns of texts.
    decimals : int or None
        Of all estimates; None where each row has its own.
    """

    names: tuple[str, ...]
    belows: tuple[str, ...]
    edges: tuple[float, ...]
    columns: tuple[tuple[float, Side], ...]
    plot: tuple[float, float]
    numbers: float
    weight: float
    signs: tuple[float, ...]
    heads: tuple[str, ...]
    decimals: int | None

    @property
    def top(self) -> float:
        """The upper edge of the first row."""
        return self.edges[0]

    def part(self, start: int, end: int) -> "Sheet":
        """Return the places of some rows by themselves."""
        moved = tuple(edge - self.edges[start] + self.top for edge in self.edges[start : end + 1])
        return replace(self, names=self.names[start:end], belows=self.belows[start:end], edges=moved)

    @property
    def bottom(self) -> float:
        """The lower edge of the last row."""
        return self.edges[-1]


def numbers(row: Row, decimals: int | None) -> str:
    """Return a row's estimate with its interval, in words where there is none."""
    if row.e is None:
        return ""
    if row.shape == "bar":
        return fmt.interval(row.e, decimals=decimals)
    if not isfinite(row.e.estimate):
        return ABSENT
    known = not (isnan(row.e.conf_low) or isnan(row.e.conf_high))
    return fmt.with_interval(row.e, decimals=decimals) if known else fmt.value(row.e, decimals=decimals)


def laid_out(
    rows: Sequence[Row],
    *,
    study: str,
    heads: Sequence[str],
    estimate: str,
    signs: int,
    width: float,
    decimals: int | None = None,
    tall: float = TALL,
) -> Sheet:
    """Return where the rows and columns of a forest plot go.

    Parameters
    ----------
    rows : sequence of Row
    study : str
        The heading of the names.
    heads : sequence of str
        The headings of the columns of texts.
    estimate : str
        The heading of the estimates.
    signs : int
        How many columns of signs there are.
    width : float
        Of the whole figure.
    decimals : int, optional
        Of all estimates; by default each row has its own.
    tall : float
        How tall all rows may be before they get tight.

    Raises
    ------
    ReportError
        If that leaves no room for the plot.
    """
    wide = max(
        [
            text_width(estimate, bold=True),
            *(text_width(numbers(row, decimals), bold=row.bold) for row in rows),
        ]
    )
    weighted = any(not isnan(row.weight) for row in rows)
    weight = text_width("Weight", bold=True) + GAP if weighted else 0.0
    titles = [wrapped(head, CELL) for head in heads]
    cells = [
        GAP + max(text_width(head, bold=True), *(text_width(row.cells[i]) for row in rows if row.cells))
        for i, head in enumerate(titles)
    ]
    fixed = sum(cells) + wide + weight + signs * SIGN + (GAP if signs else 0) + 2 * GAP + 1.4
    names, belows, first = _named(rows, study, width - fixed)
    room = width - fixed - first
    if room < ROOM[-1][0]:
        raise ReportError(
            f"A forest plot of {width:g} mm has {max(room, 0):.0f} mm left for its plot, which needs "
            f"{ROOM[-1][0]:g} mm: take fewer columns or judgements, shorter names, or a greater width."
        )
    lines = [
        name.count("\n") + 1 + (below.count("\n") + 1) * bool(below)
        for name, below in zip(names, belows, strict=True)
    ]
    pitch = min(PITCH, max(TIGHT, tall / len(rows)))
    top = LINE * max([title.count("\n") + 1 for title in titles], default=1) + 3.5
    edges = [top]
    for count in lines:
        edges.append(edges[-1] + pitch + LINE * (count - 1))
    ends: list[tuple[float, Side]] = []
    at = first
    for place, cell in enumerate(cells):
        words = any(not NUMBER.fullmatch(row.cells[place]) for row in rows if row.cells)
        ends.append((at + GAP, "left") if words else (at + cell, "right"))
        at += cell
    right = width - 0.9 - (signs * SIGN + GAP if signs else 0.0)
    return Sheet(
        names=tuple(names),
        belows=tuple(belows),
        edges=tuple(edges),
        columns=tuple(ends),
        plot=(at + GAP, right - weight - wide - GAP),
        numbers=right - weight,
        weight=right,
        signs=tuple(right + GAP + SIGN * (i + 0.5) for i in range(signs)),
        heads=tuple(titles),
        decimals=decimals,
    )


def _named(rows: Sequence[Row], study: str, room: float) -> tuple[list[str], list[str], float]:
    """Return the names and the words under them, wrapped as much as the plot needs, and their width."""
    names, belows, first = _wrapped(rows, study, LETTERS[0])
    for plot, fewest in ROOM:
        for letters in LETTERS:
            if letters >= fewest:
                names, belows, first = _wrapped(rows, study, letters)
                if room - first >= plot:
                    return names, belows, first
    return names, belows, first


def _wrapped(rows: Sequence[Row], study: str, letters: int) -> tuple[list[str], list[str], float]:
    names = [wrapped(row.name, letters) for row in rows]
    belows = [wrapped(row.below, letters) if row.below else "" for row in rows]
    widths = [
        max(text_width(name, bold=row.bold), text_width(below, size=6.5)) + INDENT * row.indented
        for name, below, row in zip(names, belows, rows, strict=True)
    ]
    return names, belows, max(text_width(study, bold=True), *widths)
