"""One page of a meta-analysis's forest plot: its words in columns, and the shapes of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt
from string import ascii_uppercase

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from mmstats import format as fmt
from mmstats.estimate import Estimate
from mmstats.figures import judgements
from mmstats.figures.forest import value_axis
from mmstats.figures.forest_rows import Row
from mmstats.figures.forest_sheet import INDENT, LINE, SIGN, Sheet, numbers
from mmstats.figures.forest_ticks import tick, ticks
from mmstats.figures.style import GREY, INK, PALE, PALETTE, canvas, page_of, wrapped

SMALLEST, LARGEST = 1.8, 7.2  # markers, in points: their areas are as the weights
AXIS = 10.5  # millimetres below the rows, for the axis and its name
HALF = 1.55  # millimetres from the middle of a diamond to its upper corner
MARGIN = 0.4
A_LETTER = 1.55  # millimetres, about


@dataclass(frozen=True)
class Frame:
    """What all pages of a forest plot have in common.

    Parameters
    ----------
    study, estimate, axis : str
        The headings of names and of estimates, and the name of the axis.
    ends : (float, float)
        Of the axis.
    effect : Estimate
        The pooled effect.
    heaviest : float
        The largest weight of a study, or NaN.
    width : float
        Millimetres.
    """

    study: str
    estimate: str
    axis: str
    ends: tuple[float, float]
    effect: Estimate
    heaviest: float
    width: float

    @classmethod
    def of(
        cls,
        rows: Sequence[Row],
        effect: Estimate,
        ends: tuple[float, float],
        *,
        study: str,
        estimate: str,
        axis: str,
        width: float,
    ) -> "Frame":
        """Return the frame of some rows."""
        heaviest = max((row.weight for row in rows if row.shape == "square" and row.weight > 0), default=nan)
        return cls(study, estimate, axis, ends, effect, heaviest, width)

    def title(self, sheet: Sheet) -> str:
        """Return the name of the axis, wrapped."""
        left, right = sheet.plot
        return wrapped(self.axis, int((right - left) / A_LETTER))


def foot_height(notes: Sequence[str], judged: bool) -> float:
    """Return how many millimetres the notes and the legend of judgements take."""
    return sum(LINE * (text.count("\n") + 1) + 0.7 for text in notes) + (SIGN + 1.5) * judged


def page(
    rows: Sequence[Row],
    sheet: Sheet,
    frame: Frame,
    notes: Sequence[str],
    shown: Sequence[tuple[str, str, str]],
) -> Drawing:
    """Return the drawing of some rows, with what stands below them."""
    width, title = frame.width, frame.title(sheet)
    left, right = sheet.plot
    below = sheet.bottom + AXIS + LINE * title.count("\n")
    height = below + foot_height(notes, bool(shown)) + 1
    with canvas(width, height) as drawing:
        drawing.set_layout_engine("none")  # places are known
        whole = page_of(drawing, width, height, margin=MARGIN)
        plot = drawing.add_axes(
            (
                (left + MARGIN) / width,
                1 - sheet.bottom / height,
                (right - left) / width,
                (sheet.bottom - sheet.top) / height,
            )
        )
        low, high = frame.ends
        value_axis(plot, frame.effect, low, high)
        places = ticks(low, high, room=right - left, ratio=frame.effect.quantity.ratio)
        plot.set_xticks(places, [tick(value) for value in places])
        plot.set_xlabel(title)
        plot.set_ylim(sheet.bottom, sheet.top)
        _heads(whole, sheet, frame.study, frame.estimate)
        for place, row in enumerate(rows):
            _words(whole, sheet, row, place)
            middle = (sheet.edges[place] + sheet.edges[place + 1]) / 2
            _shape(plot, row, middle, frame.ends, frame.heaviest)
            if row.above or place == 0:
                whole.plot([0, width], [sheet.edges[place]] * 2, color=PALE if place else INK, linewidth=0.6)
        _foot(whole, below, notes, shown)
    return drawing


def _heads(page: Axes, sheet: Sheet, study: str, estimate: str) -> None:
    y = sheet.top - 1.2
    page.text(0, y, study, va="bottom", weight="bold")
    for (x, side), head in zip(sheet.columns, sheet.heads, strict=True):
        page.text(x, y, head, va="bottom", ha=side, weight="bold")
    page.text(sheet.numbers, y, estimate, va="bottom", ha="right", weight="bold")
    if sheet.weight > sheet.numbers:
        page.text(sheet.weight, y, "Weight", va="bottom", ha="right", weight="bold")
    for x, letter in zip(sheet.signs, ascii_uppercase, strict=False):
        page.text(x, y, letter, va="bottom", ha="center", weight="bold")


def _words(page: Axes, sheet: Sheet, row: Row, place: int) -> None:
    top, bottom = sheet.edges[place], sheet.edges[place + 1]
    y, weight, x = (top + bottom) / 2, "bold" if row.bold else "normal", INDENT * row.indented
    name, below = sheet.names[place], sheet.belows[place]
    if below:
        lines = below.count("\n") + 1
        page.text(x, y - LINE * lines / 2, name, va="center", weight=weight)
        page.text(x, y + LINE * (name.count("\n") + 1) / 2, below, va="center", color=GREY, fontsize=6.5)
    else:
        page.text(x, y, name, va="center", weight=weight)
    for (at, side), text in zip(sheet.columns, row.cells, strict=False):
        page.text(at, y, text, va="center", ha=side)
    told = numbers(row, sheet.decimals)
    absent = row.e is not None and not row.shape
    page.text(
        sheet.numbers,
        y,
        told,
        va="center",
        ha="right",
        weight=weight,
        color=GREY if absent else INK,
        style="italic" if absent else "normal",
    )
    if not isnan(row.weight):
        page.text(sheet.weight, y, f"{fmt.number(row.weight, 1)}%", va="center", ha="right", weight=weight)
    for at, (letters, colour) in zip(sheet.signs, row.signs, strict=False):
        if letters:
            judgements.circle(page, at, y, letters, colour)


def _shape(plot: Axes, row: Row, y: float, ends: tuple[float, float], heaviest: float) -> None:
    e, (low, high) = row.e, ends
    if e is None or not row.shape:
        return
    known = not (isnan(e.conf_low) or isnan(e.conf_high))
    if known and (e.conf_low > high or e.conf_high < low):  # all of it is out of sight
        _arrows(plot, y, e, ends, PALETTE[0] if row.shape == "square" else INK)
        return
    if row.shape in ("diamond", "hollow") and known:
        _diamond(plot, y, e, ends, hollow=row.shape == "hollow")
        return
    colour = PALETTE[1] if row.shape == "bar" else PALETTE[0] if row.shape == "square" else INK
    if known:
        start, end = max(e.conf_low, low), min(e.conf_high, high)
        thick = 2.6 if row.shape == "bar" else 1.1
        plot.plot([start, end], [y, y], color=colour, linewidth=thick, solid_capstyle="butt", zorder=3)
        _arrows(plot, y, e, ends, colour)
    if row.shape == "bar":
        return
    if not low <= e.estimate <= high:
        return
    marker = "s" if row.shape == "square" else "D"
    size = 4.5 if isnan(row.weight) or isnan(heaviest) else LARGEST * sqrt(max(row.weight, 0) / heaviest)
    plot.plot(
        [e.estimate],
        [y],
        marker=marker,
        markersize=max(SMALLEST, size),
        color=colour,
        clip_on=False,
        zorder=5,
    )


def _diamond(plot: Axes, y: float, e: Estimate, ends: tuple[float, float], *, hollow: bool) -> None:
    low, high = ends
    start, end = max(e.conf_low, low), min(e.conf_high, high)
    middle = min(max(e.estimate, low), high)
    plot.fill(
        [start, middle, end, middle],
        [y, y - HALF, y, y + HALF],
        facecolor="white" if hollow else INK,
        edgecolor=INK,
        linewidth=0.8,
        zorder=5,
    )
    _arrows(plot, y, e, ends, INK)


def _arrows(plot: Axes, y: float, e: Estimate, ends: tuple[float, float], colour: str) -> None:
    low, high = ends
    for cut, marker, at in ((e.conf_low < low, "<", low), (e.conf_high > high, ">", high)):
        if cut:
            plot.plot([at], [y], marker=marker, markersize=4.5, color=colour, clip_on=False, zorder=6)


def _foot(page: Axes, y: float, notes: Sequence[str], shown: Sequence[tuple[str, str, str]]) -> None:
    for text in notes:
        page.text(0, y, text, va="top", color=GREY, fontsize=7)
        y += LINE * (text.count("\n") + 1) + 0.7
    if shown:
        judgements.legend(page, y + SIGN / 2, 0.0, shown)
