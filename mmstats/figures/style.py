"""How every figure looks: sizes of journals, colours that all readers can tell apart."""

import textwrap
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.font_manager import FontProperties
from matplotlib.style import context
from matplotlib.textpath import text_to_path

SINGLE, DOUBLE = 85.0, 175.0  # the width of one and of two columns of a journal, in millimetres
MM = 1 / 25.4

# Okabe and Ito's colours, dark ones first, each with a marker of its own for print without colour.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK, GREY, PALE = "#1a1a1a", "#6e6e6e", "#d9d9d9"

_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "legend.frameon": False,
    "text.usetex": False,
    "text.parse_math": False,  # a label's dollar signs are text
}


def look(**more: object) -> AbstractContextManager[None]:
    """Return the context in which drawings are made and printed: only this package's settings hold in it."""
    return context(["default", {**_STYLE, **more}])


@contextmanager
def canvas(width: float, height: float) -> Iterator[Drawing]:
    """Give an empty drawing of so many millimetres, in this package's style; at the end, fix its layout.

    A layout worked out anew for each format would differ a little from one to the next.
    """
    with look():
        drawing = Drawing(figsize=(width * MM, height * MM), layout="constrained")
        yield drawing
        drawing.draw_without_rendering()
        drawing.set_layout_engine("none")


def page_of(drawing: Drawing, width: float, height: float, *, margin: float = 0.0) -> Axes:
    """Return axes over all of a drawing whose units are millimetres, from its upper left corner."""
    page = drawing.add_axes((0, 0, 1, 1), zorder=2)
    page.patch.set_visible(False)
    page.set_xlim(-margin, width - margin)
    page.set_ylim(height, 0)
    page.axis("off")
    return page


def text_width(text: str, *, size: float = 7.5, bold: bool = False) -> float:
    """Return how many millimetres a text is wide in this package's letters: its longest line."""
    letters = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    points = [
        text_to_path.get_text_width_height_descent(line, letters, ismath=False)[0]
        for line in text.split("\n")
    ]
    return float(max(points)) / 72 / MM


def wrapped(text: str, width: int) -> str:
    """Return `text` with lines of at most so many letters, as far as its words allow."""
    return "\n".join(textwrap.fill(line, width, break_long_words=False) for line in text.split("\n"))


def null_line(axes: Axes, at: float, *, vertical: bool) -> None:
    """Draw where there would be no effect."""
    draw = axes.axvline if vertical else axes.axhline
    draw(at, color=GREY, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)
