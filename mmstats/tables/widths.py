"""How wide the columns of a table are: numbers stay on their line, and words get the rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

PAGE = 114  # characters of table text across an A4 page
PADDING = 3.2  # beside a cell's text, in characters
BOLD = 1.12  # how much wider a heading is
LONGEST = 30  # a longer word may break
WISH = 64  # no column of words asks for more
NAMES = 34  # what a column of words gets before numbers stay on one line
SLACK = 1.12  # a table that needs less than the page is a little wider than its text
UNBROKEN = re.compile(r"\[[^\]]{1,18}\]\S*|\S+")  # an interval stays on one line


@dataclass(frozen=True)
class Sized:
    """The texts of one column, line by line, and whether it holds words rather than numbers."""

    words: bool
    head: Sequence[str]
    body: Sequence[str]


def widths(columns: Sequence[Sized], page: float = PAGE) -> list[float]:
    """Return each column's share of the page; the sum is less than 1 when a table does not need all of it.

    Parameters
    ----------
    columns : sequence of Sized
    page : float
        How many characters of table text go across the page.

    Examples
    --------
    >>> [round(w, 2) for w in widths([Sized(True, ["Outcome"], ["Age"]), Sized(False, ["n"], ["40"])])]
    [0.11, 0.05]
    """
    least = [_least(column) for column in columns]
    wished = [_wished(column) for column in columns]
    first = [min(wish, NAMES) if column.words else wish for column, wish in zip(columns, wished, strict=True)]
    first = [max(pair) for pair in zip(first, least, strict=True)]
    while sum(least) > page:  # the widest give way first
        least[least.index(max(least))] -= 1
    if sum(first) > page:
        found = _between(least, first, page)
    else:
        found = _between(first, [max(pair) for pair in zip(first, wished, strict=True)], page)
    scale = min(SLACK, page / sum(found))
    return [scale * width / page for width in found]


def _between(low: list[float], high: list[float], page: float) -> list[float]:
    """Return widths from `low` towards `high`, as far as the page goes."""
    more = sum(high) - sum(low)
    part = min((page - sum(low)) / more, 1.0) if more > 0 else 0.0
    return [a + part * (b - a) for a, b in zip(low, high, strict=True)]


def _least(column: Sized) -> float:
    heads = [BOLD * min(len(word), LONGEST) for line in column.head for word in line.split()]
    words = [min(len(word), LONGEST) for line in column.body for word in UNBROKEN.findall(line)]
    return max([*heads, *words], default=0) + PADDING


def _wished(column: Sized) -> float:
    lines = [float(min(len(line), WISH)) for line in column.body]
    if column.words:
        lines += [min(len(line), LONGEST) * BOLD for line in column.head]
    return max([*lines, _least(column) - PADDING], default=0) + PADDING
