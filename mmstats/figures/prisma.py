"""The flow diagram of a systematic review, as PRISMA 2020 asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mmstats import format as fmt
from mmstats.errors import ReportError
from mmstats.figures.figure import Figure
from mmstats.figures.style import DOUBLE, INK, PALE, canvas, text_width
from mmstats.results import Results
from mmstats.review import Excluded, OtherWays, ReviewFlow

LINE = 3.32  # millimetres of a line of text
INSIDE = 2.0  # between a box and its text
GAP = 5.0  # between boxes
STRIP = 5.0  # the names of the phases
REMOVED = {
    "duplicates": "Duplicates",
    "automation": "Marked by automation tools",
    "removed_other": "Other reasons",
}
OTHER = {"websites": "Websites", "organisations": "Organisations", "citations": "Citation searching"}
TALL = {0: 21.0, 4: 14.0}  # rows that must be as tall as the name of their phase is long
PHASES = {"Identification": (0, 0), "Screening": (1, 3), "Included": (4, 4)}  # and their first and last row


@dataclass(frozen=True)
class _Box:
    """A box at its row and column: a heading with its number, and lines below it."""

    row: int
    column: int
    heading: str
    lines: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Its words in one line."""
        return f"{self.heading}{': ' if self.lines else ''}{'; '.join(self.lines)}"

    def text(self, width: float) -> str:
        """Return it as it stands in a box with so many millimetres for text."""
        heading = _broken(self.heading + (":" if self.lines else ""), width, "", "")
        return "\n".join([heading, *(_broken(line, width, "  ", "    ") for line in self.lines)])


def prisma_figure(results: Results, *, width: float = 0, id: str = "fig-prisma") -> Figure:
    """Return how many records and reports were found, screened, read and included, and why others were not.

    Parameters
    ----------
    results : Results
    width : float
        In millimetres; by default as wide as its columns need.
    id : str

    Raises
    ------
    ReportError
        If the results have no review, or it tells of no flow.
    """
    flow = results.review.flow if results.review else None
    if flow is None:
        raise ReportError("These results have no flow of a review: its plan has no [review.flow].")
    boxes = [*_main(flow), *(_other(flow.other) if flow.other else ())]
    columns = 4 if flow.other else 2
    width = width or (DOUBLE if flow.other else 0.75 * DOUBLE)
    across = (width - STRIP - 1 - GAP * columns) / columns
    texts = {box: box.text(across - 2 * INSIDE) for box in boxes}
    heights = [
        max(TALL.get(row, 0), *(_height(text) for box, text in texts.items() if box.row == row))
        for row in range(5)
    ]
    head = LINE + 2 * INSIDE if flow.other else 0.0
    tops = [head + (GAP / 2 if head else 0) + sum(heights[:row]) + GAP * row + 0.5 for row in range(5)]
    lefts = [STRIP + GAP + (across + GAP) * column for column in range(columns)]
    total = tops[-1] + heights[-1] + 0.5
    with canvas(width, total) as drawing:
        drawing.set_layout_engine("none")
        axes = drawing.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, width)
        axes.set_ylim(total, 0)
        axes.axis("off")
        for name, (first, last) in PHASES.items():
            end = tops[last] + heights[last]
            _frame(axes, 0.5, tops[first], STRIP, end - tops[first], filled=True)
            axes.text(0.5 + STRIP / 2, (tops[first] + end) / 2, name, rotation=90, ha="center", va="center")
        for start, name in ((0, "Databases and registers"), (2, "Other ways")) if flow.other else ():
            _frame(axes, lefts[start], 0.5, 2 * across + GAP, head - 0.5, filled=True)
            axes.text(lefts[start] + across + GAP / 2, head / 2 + 0.25, name, ha="center", va="center")
        for box, text in texts.items():
            top, tall = tops[box.row], heights[box.row]
            _frame(axes, lefts[box.column], top, across, tall, filled=False)
            axes.text(
                lefts[box.column] + INSIDE, top + tall / 2, text, va="center", linespacing=1.25, zorder=3
            )
        _arrows(axes, boxes, lefts, tops, heights, across)
    return Figure(
        id=id,
        drawing=drawing,
        alt=f"Flow of the review. {'. '.join(box.told for box in boxes)}.",
        caption="How studies were found and chosen (PRISMA 2020).",
    )


def _main(flow: ReviewFlow) -> list[_Box]:
    found = [
        (name or kind, n)
        for kind, places in (("Databases", flow.databases), ("Registers", flow.registers))
        for name, n in places.items()
    ]
    removed = [(words, n) for key, words in REMOVED.items() if (n := getattr(flow, key)) is not None]
    total = sum(n for _, n in removed) if removed else None
    included = [_n("Reports of these", flow.included_reports)]
    return [
        _Box(0, 0, _n("Records found", flow.found), _listed(found)),
        _Box(0, 1, _n("Removed before screening", total), _listed(removed)),
        _Box(1, 0, _n("Records screened", flow.screened)),
        _Box(1, 1, _n("Records excluded", flow.excluded_screening)),
        *_reports(flow, flow.excluded, 0),
        _Box(4, 0, _n("Studies included", flow.included_studies), tuple(included)),
    ]


def _other(other: OtherWays) -> list[_Box]:
    found = [(words, n) for key, words in OTHER.items() if (n := getattr(other, key)) is not None]
    total = sum(n for _, n in found) if found else None
    return [_Box(0, 2, _n("Records found", total), _listed(found)), *_reports(other, other.excluded, 2)]


def _reports(flow: ReviewFlow | OtherWays, excluded: Sequence[Excluded], column: int) -> list[_Box]:
    told = excluded or flow.assessed is not None
    reasons = _listed([(one.reason, one.n) for one in excluded])
    return [
        _Box(2, column, _n("Reports sought", flow.sought)),
        _Box(2, column + 1, _n("Not retrieved", flow.not_retrieved)),
        _Box(3, column, _n("Reports read", flow.assessed)),
        _Box(
            3, column + 1, _n("Reports excluded", sum(one.n for one in excluded) if told else None), reasons
        ),
    ]


def _listed(lines: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(_n(words, n) for words, n in lines)


def _n(words: str, n: int | None) -> str:
    return f"{words} ({f'not{fmt.NBSP}reported' if n is None else f'n{fmt.NBSP}={fmt.NBSP}{fmt.count(n)}'})"


def _broken(text: str, width: float, first: str, then: str) -> str:
    """Return a text with breaks between words where a line is full; a word that is too long is broken too."""
    lines = [first]
    for word in text.split(" "):
        longer = f"{lines[-1]}{'' if lines[-1].isspace() or not lines[-1] else ' '}{word}"
        if text_width(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1].strip():
            lines.append(then)
        for letter in word:
            if text_width(lines[-1] + letter) > width and lines[-1].strip():
                lines.append(then)
            lines[-1] += letter
    return "\n".join(lines)


def _height(text: str) -> float:
    return (text.count("\n") + 1) * LINE + 2 * INSIDE


def _frame(axes: Axes, x: float, y: float, across: float, tall: float, *, filled: bool) -> None:
    face, edge = (PALE, "none") if filled else ("white", INK)
    axes.add_patch(Rectangle((x, y), across, tall, linewidth=0.7, zorder=2, facecolor=face, edgecolor=edge))


def _arrows(
    axes: Axes,
    boxes: Sequence[_Box],
    lefts: Sequence[float],
    tops: Sequence[float],
    heights: Sequence[float],
    across: float,
) -> None:
    """Draw from each box to the one beside it and the one below it; from other ways' last to the included."""
    there = {(box.row, box.column) for box in boxes}
    for row, column in sorted(there):
        middle, bottom = tops[row] + heights[row] / 2, tops[row] + heights[row]
        if column % 2:
            continue
        if (row, column + 1) in there:
            start = lefts[column] + across
            _arrow(axes, (start, middle), (lefts[column + 1], middle))
        centre = lefts[column] + across / 2
        below = next((then for then in range(row + 1, 5) if (then, column) in there), None)
        if below is not None:
            _arrow(axes, (centre, bottom), (centre, tops[below]))
        elif column:
            level = tops[4] + heights[4] / 2
            axes.plot([centre, centre], [bottom, level], color=INK, linewidth=0.7, zorder=1)
            _arrow(axes, (centre, level), (lefts[0] + across, level))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0},
        zorder=1,
    )
