"""Which rows of a meta-analysis's forest plot stand on which page, if one is not enough."""

from collections.abc import Callable, Sequence
from math import ceil

from mmstats.figures.forest_rows import Row
from mmstats.figures.forest_sheet import PITCH, Sheet

PAGE = 212.0  # millimetres of a figure that leave room for its caption on a page
SPARE = 2 * PITCH  # for a name that stands again


def paged(
    rows: Sequence[Row], layout: Callable[..., Sheet], room: float
) -> list[tuple[Sequence[Row], Sheet]]:
    """Return the rows of each page, with their places.

    Parameters
    ----------
    rows : sequence of Row
    layout : callable
        Gives rows their places, within a height (``tall``).
    room : float
        Millimetres for the rows of one page and their headings.
    """
    sheet = layout(rows)
    if sheet.bottom <= room:
        return [(rows, sheet)]
    room -= sheet.top + SPARE
    count = ceil((sheet.bottom - sheet.top) / room)
    sheet = layout(rows, tall=0.9 * count * room)
    starts = _starts(rows, sheet.edges, room)
    pages = [
        [*_again(rows, start), *rows[start:end]]
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True)
    ]
    sheet = layout([row for own in pages for row in own], tall=0.9 * count * room)
    made: list[tuple[Sequence[Row], Sheet]] = []
    start = 0
    for own in pages:
        made.append((own, sheet.part(start, start + len(own))))
        start += len(own)
    return made


def _starts(rows: Sequence[Row], edges: Sequence[float], room: float) -> list[int]:
    """Return the first row of each page: all are about as long, and nothing pooled begins one."""
    starts = [0]
    while (left := edges[-1] - edges[starts[-1]]) > room:
        start = starts[-1]
        ideal = left / ceil(left / room)
        fitting = [i for i in range(start + 1, len(rows)) if edges[i] - edges[start] <= room]
        good = [i for i in fitting if _may_begin(rows, i)] or fitting or [start + 1]
        starts.append(min(good, key=lambda i: abs(edges[i] - edges[start] - ideal)))
    return starts


def _may_begin(rows: Sequence[Row], place: int) -> bool:
    row = rows[place]
    heading = row.e is None
    return rows[place - 1].e is not None and (heading or (row.shape in ("square", "") and not row.bold))


def _again(rows: Sequence[Row], start: int) -> list[Row]:
    """Return the heading of the rows that go on, if they are under one."""
    if not rows[start].indented:
        return []
    above = next((row for row in reversed(rows[:start]) if row.e is None), None)
    return [Row(f"{above.name} (continued)", bold=above.bold)] if above else []
