"""How wide the columns of a native table are, whoever made it."""

from typing import Any

from mmstats.report.tree import Node, as_text
from mmstats.tables.widths import Sized, widths
from mmstats.tables.word import lines

LEFT = ("AlignLeft", "AlignDefault")


def fitted(table: Node, letters: int) -> Node:
    """Return a table whose columns suit what is in them, on a page of so many letters across."""
    attributes, caption, columns, head, bodies, foot = table["c"]
    heads = _columns(head[1], len(columns))
    body = _columns([row for body in bodies for part in (body[2], body[3]) for row in part], len(columns))
    sized = []
    for (alignment, _), above, below in zip(columns, heads, body, strict=True):
        given = {own["t"] for own, _ in below} - {"AlignDefault"} or {alignment["t"]}
        sized.append(Sized(given <= set(LEFT), _lines(above), _lines(below)))
    kept = [
        [alignment, {"t": "ColWidth", "c": round(width, 4)}]
        for (alignment, _), width in zip(columns, widths(sized, letters), strict=True)
    ]
    head = [head[0], [[row[0], [_strong(cell) for cell in row[1]]] for row in head[1]]]
    return {"t": "Table", "c": [attributes, caption, kept, head, bodies, foot]}


def height(table: Node) -> int:
    """Return about how many lines a table takes, its heading included."""
    _, _, _, head, bodies, foot = table["c"]
    rows = [*head[1], *foot[1], *(row for body in bodies for part in (body[2], body[3]) for row in part)]
    return sum(max((lines(as_text(cell[4])) for cell in row[1]), default=1) for row in rows)


def _strong(cell: list[Any]) -> list[Any]:
    """Return a cell of a heading in bold."""
    blocks = [
        {**block, "c": [{"t": "Strong", "c": block["c"]}]} if block["t"] in ("Plain", "Para") else block
        for block in cell[4]
    ]
    return [*cell[:4], blocks]


def _columns(rows: list[Any], count: int) -> list[list[tuple[Node, str]]]:
    """Return the alignments and texts of the cells that stand in each one column."""
    found: list[list[tuple[Node, str]]] = [[] for _ in range(count)]
    taken = [0] * count  # for so many more rows, a cell from above stands in the column
    for row in rows:
        position = 0
        for _, alignment, down, across, blocks in row[1]:
            while position < count and taken[position]:
                taken[position] -= 1
                position += 1
            if across == 1 and position < count:
                found[position].append((alignment, "\n".join(as_text(block) for block in blocks)))
            for column in range(position, min(position + across, count)):
                taken[column] = down - 1
            position += across
    return found


def _lines(cells: list[tuple[Node, str]]) -> list[str]:
    return [line for _, text in cells for line in text.split("\n")]
