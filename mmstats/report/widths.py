"""How wide the columns of a native table are: as wide as their words need, and no word broken."""

import re
from typing import Any

from mmstats.report.tree import Node, as_text

PAGE = 88  # characters of table text across an A4 page, in a wide font
MOST = 42  # no column asks for more than this, in characters
LONGEST = 32  # a longer word may break
ROOM = 14  # long text gets at least this
BOLD = 1.25  # how much wider a heading is
PADDING = 2.5  # beside a cell's text, in characters
UNBROKEN = re.compile(r"\[[^\]]{1,16}\]\S*|\S+")  # an interval stays on one line


def fitted(table: Node) -> Node:
    """Return a table whose columns suit what is in them.

    Each column gets room for its longest word; what is left is shared by how much more each would like.
    A table that needs less than the page stays narrower.
    """
    attributes, caption, columns, head, bodies, foot = table["c"]
    cells = [(at, BOLD, lines) for row in head[1] for at, lines in _single(row)]
    cells += [(at, 1.0, lines) for row in _body_rows(bodies) for at, lines in _single(row)]
    least, wished = [PADDING] * len(columns), [PADDING] * len(columns)
    for position, weight, lines in cells:
        longest = max((len(word) for line in lines for word in UNBROKEN.findall(line)), default=0)
        least[position] = max(least[position], min(longest, LONGEST) * weight + PADDING)
        wished[position] = max(wished[position], *(min(len(line), MOST) + PADDING for line in lines))
    least = [max(a, min(b, ROOM)) for a, b in zip(least, wished, strict=True)]
    while sum(least) > PAGE:  # the widest give way first
        widest = least.index(max(least))
        least[widest] -= 1
    wished = [max(pair) for pair in zip(least, wished, strict=True)]
    room, more = max(PAGE - sum(least), 0.0), sum(wished) - sum(least)
    shares = [a + (b - a) * min(room / more, 1.0) if more else a for a, b in zip(least, wished, strict=True)]
    whole = max(PAGE, sum(shares))
    widths: list[Node] = [{"t": "ColWidth", "c": round(share / whole, 4)} for share in shares]
    kept = [[alignment, width] for (alignment, _), width in zip(columns, widths, strict=True)]
    return {"t": "Table", "c": [attributes, caption, kept, head, bodies, foot]}


def _body_rows(bodies: list[Any]) -> list[Any]:
    return [row for body in bodies for part in (body[2], body[3]) for row in part]


def _single(row: list[Any]) -> list[tuple[int, list[str]]]:
    """Return the lines of each cell that stands in one column."""
    position, found = 0, []
    for cell in row[1]:
        span, blocks = cell[3], cell[4]
        if span == 1:
            text = "\n".join(as_text(block) for block in blocks)
            found.append((position, text.split("\n") or [""]))
        position += span
    return found
