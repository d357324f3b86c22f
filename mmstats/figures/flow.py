"""The participant flow: boxes from the data to the analysis set."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mmstats import format as fmt
from mmstats import labels
from mmstats.cohort import Step
from mmstats.errors import ReportError
from mmstats.figures.figure import Figure
from mmstats.figures.style import DOUBLE, GREY, INK, canvas, wrapped
from mmstats.plan import PARTICIPANTS
from mmstats.results import Results

LINE = 3.4  # millimetres of a line of text
SPACE = 5.5  # between boxes


def flow_figure(results: Results, *, width: float = DOUBLE * 0.75, id: str = "fig-flow") -> Figure:
    """Return the participant flow: who was left after each step, and beside the arrows who left and why.

    The last step also shows the groups.

    Raises
    ------
    ReportError
        If the results have no flow.
    """
    if not results.flow:
        raise ReportError("These results have no participant flow.")
    left, right = 0.46 * width, 0.44 * width
    start, *steps = results.flow
    boxes = [(wrapped(start.reason, _letters(left)), start)]
    last = len(steps) - 1
    boxes += [("Analysis set" if i == last else "Remaining", step) for i, step in enumerate(steps)]
    texts = [_box(results, text, step, groups=i in (0, last + 1)) for i, (text, step) in enumerate(boxes)]
    sides = [wrapped(f"{step.reason} {_n(step.removed)}", _letters(right)) for step in steps]
    heights = [_height(text) for text in texts]
    gaps = [
        max(_height(side) + 3, SPACE) if step.removed else SPACE
        for side, step in zip(sides, steps, strict=True)
    ]
    total = sum(heights) + sum(gaps) + 2
    with canvas(width, total) as drawing:
        drawing.set_layout_engine("none")
        axes = drawing.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, width)
        axes.set_ylim(total, 0)
        axes.axis("off")
        top, centre = 1.0, 1 + left / 2
        for i, (text, height) in enumerate(zip(texts, heights, strict=True)):
            _draw(axes, 1, top, left, height, text, INK)
            top += height
            if i <= last:
                end = top + gaps[i]
                _arrow(axes, (centre, top), (centre, end))
                if steps[i].removed:
                    side = _height(sides[i])
                    middle = (top + end) / 2
                    _arrow(axes, (centre, middle), (width - right - 1, middle))
                    _draw(axes, width - right - 1, middle - side / 2, right, side, sides[i], GREY)
                top = end
    told = [
        f"{step.reason}: {fmt.count(step.removed)} removed, {fmt.count(step.kept)} left" for step in steps
    ]
    flow = "Participant flow." if results.called == PARTICIPANTS else f"Flow of {results.called}."
    return Figure(
        id=id,
        drawing=drawing,
        alt=f"{flow} {start.reason}: {fmt.count(start.kept)}. {'; '.join(told)}."
        + (f" In the analysis set: {_groups(results, results.flow[-1])}." if results.flow[-1].groups else ""),
        caption=flow,
    )


def _groups(results: Results, step: Step) -> str:
    return ", ".join(
        f"{labels.level(results, results.group, name)} {fmt.count(n)}" for name, n in step.groups.items()
    )


def _box(results: Results, text: str, step: Step, *, groups: bool) -> str:
    lines = [f"{text} {_n(step.kept)}"]
    if groups:
        lines += [
            f"{labels.level(results, results.group, name)}: {fmt.count(n)}" for name, n in step.groups.items()
        ]
    return "\n".join(lines)


def _n(count: int) -> str:
    return f"(n{fmt.NBSP}={fmt.NBSP}{fmt.count(count)})"


def _letters(width: float) -> int:
    return max(int(width / 1.55) - 2, 12)


def _height(text: str) -> float:
    return (text.count("\n") + 1) * LINE + 3


def _draw(axes: Axes, x: float, y: float, width: float, height: float, text: str, edge: str) -> None:
    axes.add_patch(
        Rectangle((x, y), width, height, facecolor="white", edgecolor=edge, linewidth=0.7, zorder=2)
    )
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", linespacing=1.3, zorder=3)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0},
        zorder=1,
    )
