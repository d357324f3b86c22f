"""Estimates with their intervals, one row each: of groups, of models, of studies."""

from collections.abc import Sequence
from math import exp, isfinite, isnan, log10

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.style import DOUBLE, GREY, INK, PALE, PALETTE, canvas, null_line, wrapped
from mmstats.pairs import one_side
from mmstats.results import Result, Results

FAR = (
    8.0  # an estimate further from the median than so many widths of intervals or of half of all is not shown
)
REACH = 1.5  # an interval's end further from all estimates than so many median widths is cut
LETTERS = 38
FARTHEST = 700.0  # the logarithm of the greatest ratio on an axis


def forest_figure(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    quantity: str = "",
    style: str = "apa",
    width: float = DOUBLE,
    id: str = "fig-forest",
) -> Figure:
    """Return one row per estimate: its name, its interval around the null line, and its numbers.

    Ratios get a logarithmic axis. An interval too wide for the axis is cut, with an arrow at the cut end; the
    numbers beside it stay whole. What is not estimable keeps its row and says so.

    Parameters
    ----------
    results : Results
    analyses : sequence of str, optional
        Ids, in the order of the rows; by default all that are not descriptions.
    quantity : str
        The quantity to draw, every term of it; by default that of the first analysis's tested estimate.
        All rows show one quantity, for they share one axis.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    width : float
        Millimetres.
    id : str

    Raises
    ------
    ReportError
        If an id is unknown, or no analysis has the quantity.
    """
    found = labels.chosen(results, analyses)
    if not quantity:
        first = next((result for result in found if result.estimates), None)
        quantity = first.estimate().quantity.name if first else ""
    condition, common = labels.shared_condition(results, found), _common(found)
    rows: list[tuple[str, Estimate | None]] = []
    for result in found:
        where = labels.condition(results, result)
        name = _name(results, result, common) + (f" ({where})" if where and where != condition else "")
        own = [fmt.in_percent(e) for e in result.estimates if e.quantity.name == quantity]
        several = [labels.term(results, e.term) for e in own]
        several = [f"{name}: {term}" if len(found) > 1 else term for term in several]
        rows += [(long if len(own) > 1 and e.term else name, e) for long, e in zip(several, own, strict=True)]
        if not result.estimates:
            rows.append((name, None))
    drawn = [e for _, e in rows if e is not None and isfinite(e.estimate)]
    if not drawn:
        raise ReportError(f"None of these analyses has an estimate of {quantity or 'anything'!r} to draw.")
    names = [wrapped(name, LETTERS) for name, _ in rows]
    heights = np.array([max(1.0, 0.75 * (name.count("\n") + 1)) for name in names])
    places = heights.cumsum() - heights / 2
    with canvas(width, 16 + 6.2 * float(heights.sum())) as drawing:
        left, middle, right = drawing.subplots(1, 3, width_ratios=[1.25, 1.35, 1.1], sharey=True)
        low, high = ends_of_axis(drawn)
        for place, name, (_, e) in zip(places, names, rows, strict=True):
            left.text(0, place, name, va="center", ha="left")
            _numbers(right, place, e, style)
            if e is not None and isfinite(e.estimate):
                _row(middle, place, e, low, high)
        value_axis(middle, drawn[0], low, high)
        for axes in (left, right):
            axes.set_xlim(0, 1)
            axes.axis("off")
        top = -0.45
        interval = f"{fmt.level(drawn[0].conf_level)} CI" if not isnan(drawn[0].conf_level) else "CI"
        right.text(0, top, f"Estimate [{interval}]", va="center", weight="bold")
        if any(not isnan(e.p_value) for e in drawn):
            right.text(1, top, fmt.journal(style).symbol, va="center", ha="right", weight="bold")
        middle.set_ylim(float(heights.sum()), -0.9)
    with_ = f" with {labels.label(results, common)}" if common else ""
    told = f"{drawn[0].quantity.label}{with_}{f' ({condition})' if condition else ''}"
    texts = [
        f"{name.replace(chr(10), ' ')}: {_told(e, style)}" for name, (_, e) in zip(names, rows, strict=True)
    ]
    return Figure(
        id=id,
        drawing=drawing,
        alt=f"Forest plot of {told} with confidence intervals. {'; '.join(texts)}.",
        caption=f"{told[:1].upper()}{told[1:]}. Squares and lines: estimates, {interval}; dashed: no effect.",
    )


def _common(found: Sequence[Result]) -> str:
    """Return the variable that all of some correlations have, or nothing."""
    sides = [tuple(r.roles.get(role) for role in ("x", "y")) for r in found]
    if not all(isinstance(name, str) for pair in sides for name in pair):
        return ""
    return one_side([((str(x), str(y)), r) for (x, y), r in zip(sides, found, strict=True)])


def _name(results: Results, result: Result, common: str) -> str:
    roles = result.roles
    if common and not result.analysis.label:
        return labels.label(results, str(roles["y"] if roles["x"] == common else roles["x"]))
    return labels.analysis(results, result)


def ends_of_axis(drawn: Sequence[Estimate]) -> tuple[float, float]:
    """Return the axis's ends: they hold the null and every estimate but those very far from all others.

    Intervals are cut where they are far out.
    """
    ratio = drawn[0].quantity.ratio
    scale = np.log if ratio else np.asarray
    ends = np.array([[e.conf_low, e.estimate, e.conf_high] for e in drawn], dtype=float)
    if ratio:
        ends[ends <= 0] = np.nan
    ends = scale(ends)
    null = float(scale(np.float64(drawn[0].quantity.null)))
    widths = (ends[:, 2] - ends[:, 0])[np.isfinite(ends[:, 2] - ends[:, 0])]
    usual = float(np.median(widths)) if len(widths) else 1.0
    middles = ends[:, 1][np.isfinite(ends[:, 1])]
    if len(middles):
        half = float(np.subtract(*np.percentile(middles, [75, 25])))
        near = np.abs(ends[:, 1] - np.median(middles)) <= FAR * max(usual, half)
        ends, middles = ends[near], ends[near, 1]
    core = np.append(middles, null if isfinite(null) or not len(middles) else middles[0])
    core = core if np.isfinite(core).any() else np.zeros(1)
    reach = REACH * usual or 1.0
    seen = np.append(ends[np.isfinite(ends)], core)
    low = max(float(seen.min()), float(core.min()) - reach)
    high = min(float(seen.max()), float(core.max()) + reach)
    pad = 0.05 * (high - low) or 0.5
    low, high = low - pad, high + pad
    return (exp(max(low, -FARTHEST)), exp(min(high, FARTHEST))) if ratio else (low, high)


def _row(axes: Axes, place: float, e: Estimate, low: float, high: float) -> None:
    colour = PALETTE[0]
    if not isnan(e.conf_level) and not (isnan(e.conf_low) or isnan(e.conf_high)):
        start, end = max(e.conf_low, low), min(e.conf_high, high)
        axes.plot([start, end], [place, place], color=colour, linewidth=1.3, solid_capstyle="butt", zorder=3)
        if e.conf_low < low:
            axes.plot([low], [place], marker="<", markersize=5, color=colour, clip_on=False, zorder=4)
        if e.conf_high > high:
            axes.plot([high], [place], marker=">", markersize=5, color=colour, clip_on=False, zorder=4)
    if e.estimate > high or e.estimate < low:
        at, marker = (high, ">") if e.estimate > high else (low, "<")
        axes.plot([at], [place], marker=marker, markersize=5, color=colour, clip_on=False, zorder=4)
        return
    axes.plot([e.estimate], [place], marker="s", markersize=4.5, color=colour, zorder=5)


def value_axis(axes: Axes, e: Estimate, low: float, high: float) -> None:
    """Give an axis of values its ends, ticks, name and null line; ratios get a logarithmic one."""
    if e.quantity.ratio:
        axes.set_xscale("log")
        decades = log10(high / low)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2.2 else (1,), numticks=9))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="x", which="minor", length=0)
    axes.set_xlim(low, high)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.grid(axis="x", color=PALE, linewidth=0.4, zorder=0)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"{e.quantity.label} (%)" if e.quantity.name == "percentage" else e.quantity.label)
    if not isnan(e.quantity.null):
        null_line(axes, e.quantity.null, vertical=True)


def _numbers(axes: Axes, place: float, e: Estimate | None, style: str) -> None:
    if e is None or not isfinite(e.estimate):
        axes.text(0, place, "not estimable", va="center", color=GREY, style="italic")
        return
    axes.text(0, place, fmt.with_interval(e), va="center", color=INK)
    axes.text(1, place, fmt.p_value(e.p_value, style, symbol=False), va="center", ha="right")


def _told(e: Estimate | None, style: str) -> str:
    return fmt.sentence(e, style=style) if e is not None else "not estimable"
