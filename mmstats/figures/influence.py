"""What is left when each study is left out, and how much each study moves."""

from math import isfinite, isnan, sqrt

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.forest import ends_of_axis, value_axis
from mmstats.figures.forest_ticks import tick, ticks
from mmstats.figures.pooling import called
from mmstats.figures.style import DOUBLE, GREY, INK, PALE, PALETTE, canvas, page_of, text_width, wrapped
from mmstats.pooled_parts import split
from mmstats.results import Result, Results

WITHOUT = "effect_without"
PANELS = {"cooks_distance": "Cook's distance", "dffits": "DFFITS"}
PITCH, TIGHT, TALL = 5.0, 3.5, 200.0  # millimetres: of a row, of one of many, of all
TOP, BOTTOM, GAP, PANEL = 7.0, 11.0, 4.0, 27.0
NARROW = 18.0  # millimetres that effects must have


def influence_figure(results: Results, analysis: str, *, width: float = DOUBLE, id: str = "") -> Figure:
    """Return the pooled effect without each study, and how far each study moves the answer.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis by ``meta_influence``.
    width : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis has no effects without single studies.
    """
    result = results[analysis]
    without = {e.term: e for e in result.estimates if e.term and e.quantity.name.startswith(WITHOUT)}
    drawn = [e for e in without.values() if isfinite(e.estimate)]
    if not drawn:
        raise ReportError(
            f"Analysis {analysis!r} has no effects without single studies; 'meta_influence' has them."
        )
    pooled = _pooled(results, result, drawn[0])
    panels = {name: found for name in PANELS if (found := _values(result, name, without))}
    marked = {e.term for e in result.estimates if e.quantity.name == "influential" and e.estimate == 1}
    names = [wrapped(labels.level(results, *split(term)), 30) for term in without]
    told = [fmt.with_interval(e) if isfinite(e.estimate) else "not estimable" for e in without.values()]
    pitch = min(PITCH, max(TIGHT, TALL / len(names)))
    heights = [pitch + 3.1 * name.count("\n") for name in names]
    edges = TOP + np.concatenate([[0.0], np.cumsum(heights)])
    places, bottom = (edges[1:] + edges[:-1]) / 2, float(edges[-1])
    like = pooled or drawn[0]
    head = f"Without it [{fmt.level(drawn[0].conf_level)} CI]"
    first = max(text_width("Left out", bold=True), *(text_width(name, bold=True) for name in names))
    wide = max(text_width(head, bold=True), *(text_width(text) for text in told))
    room = width - first - wide - (PANEL + GAP) * len(panels) - 2 * GAP - 1
    title = wrapped(like.quantity.label, max(int(room / 1.5), 8))
    height = bottom + BOTTOM + 3.1 * title.count("\n")
    if room < NARROW:
        raise ReportError(
            f"A figure of {width:g} mm has {max(room, 0):.0f} mm left for effects, which need {NARROW:g} mm: "
            "take shorter names of studies, or a greater width."
        )
    with canvas(width, height) as drawing:
        drawing.set_layout_engine("none")  # places are known
        page = page_of(drawing, width, height)
        low, high = ends_of_axis([*drawn, *([pooled] if pooled else [])])
        plot = drawing.add_axes(_box(first + GAP, room, bottom, (width, height)))
        value_axis(plot, drawn[0], low, high)
        at = ticks(low, high, room=room, ratio=drawn[0].quantity.ratio)
        plot.set_xticks(at, [tick(value) for value in at])
        plot.set_xlabel(title)
        plot.set_ylim(bottom, TOP)
        if pooled is not None:
            plot.axvline(pooled.estimate, color=INK, linewidth=0.8, zorder=1)
        right = first + GAP + room + GAP + wide
        for name, text, e, y in zip(names, told, without.values(), places, strict=True):
            weight = "bold" if e.term in marked else "normal"
            page.text(0.4, y, name, va="center", weight=weight)
            page.text(right, y, text, va="center", ha="right", color=INK if isfinite(e.estimate) else GREY)
            _row(plot, e, y, low, high)
        page.text(0.4, TOP - 1.4, "Left out", va="bottom", weight="bold")
        page.text(right, TOP - 1.4, head, va="bottom", ha="right", weight="bold")
        for place, (name, values) in enumerate(panels.items()):
            left = right + GAP + place * (PANEL + GAP)
            axes = drawing.add_axes(_box(left, PANEL, bottom, (width, height)))
            _dots(axes, name, np.array(values), places)
            axes.set_ylim(bottom, TOP)
    return Figure(
        id=id or f"fig-{analysis}-influence".replace("_", "-").lower(),
        drawing=drawing,
        alt=_alt(names, told, panels, drawn[0]),
        caption=_caption(results, result, pooled, panels, bool(marked)),
    )


def _pooled(results: Results, result: Result, like: Estimate) -> Estimate | None:
    """Return what is pooled of all these studies, by this analysis or by another with the same roles."""
    same = ("study", "effect", "std_error")
    candidates: list[Result] = [result, *results]
    for one in candidates:
        alike = one.analysis.where == result.analysis.where and one.analysis.rows == result.analysis.rows
        if not alike or any(one.roles.get(role) != result.roles.get(role) for role in same):
            continue
        for e in one.estimates:
            name = "effect_ratio" if like.quantity.ratio else "effect"
            if not e.term and e.quantity.name == name and isfinite(e.estimate):
                return e
    return None


def _values(result: Result, name: str, terms: dict[str, Estimate]) -> list[float]:
    found = {e.term: e.estimate for e in result.estimates if e.quantity.name == name}
    return [found.get(term, np.nan) for term in terms] if found else []


def _box(
    left: float, wide: float, bottom: float, size: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Return the place of a panel of rows, as shares of the drawing."""
    width, height = size
    return left / width, 1 - bottom / height, wide / width, (bottom - TOP) / height


def _row(plot: Axes, e: Estimate, y: float, low: float, high: float) -> None:
    if not isfinite(e.estimate):
        return
    if not (isnan(e.conf_low) or isnan(e.conf_high)):
        ends = [max(e.conf_low, low), min(e.conf_high, high)]
        plot.plot(ends, [y, y], color=PALETTE[0], linewidth=1.1, solid_capstyle="butt", zorder=3)
        for cut, marker, at in ((e.conf_low < low, "<", low), (e.conf_high > high, ">", high)):
            if cut:
                plot.plot([at], [y], marker=marker, markersize=4.5, color=PALETTE[0], clip_on=False)
    plot.plot([e.estimate], [y], marker="s", markersize=4, color=PALETTE[0], zorder=4)


def _bounds(name: str, studies: int) -> list[float]:
    """Return Viechtbauer and Cheung's bounds for a model of one coefficient."""
    if name == "cooks_distance":
        return [float(stats.chi2.ppf(0.5, 1))]
    return [side * 3 * sqrt(1 / (studies - 1)) for side in (-1, 1)] if studies > 1 else []


def _dots(axes: Axes, name: str, values: np.ndarray, places: np.ndarray) -> None:
    bounds = _bounds(name, len(values))
    known = np.isfinite(values)
    beyond = known & (
        (values < min(bounds, default=-np.inf)) & (len(bounds) > 1) | (values > max(bounds, default=np.inf))
    )
    axes.hlines(places[known], 0, values[known], color=GREY, linewidth=0.7, zorder=2)
    for chosen, filled in ((known & ~beyond, False), (beyond, True)):
        axes.plot(
            values[chosen], places[chosen], "o", markersize=4, color=PALETTE[1],
            markerfacecolor=PALETTE[1] if filled else "white", zorder=3,
        )  # fmt: skip
    for at in bounds:
        axes.axvline(at, color=INK, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1)
    ends = [0.0, *bounds, *values[known]]
    pad = 0.08 * (max(ends) - min(ends)) or 1.0
    low, high = min(ends) - pad, max(ends) + pad
    marks = ticks(low, high, room=PANEL, ratio=False)
    axes.set_xticks(marks, [tick(value) for value in marks])
    axes.set_xlim(low, high)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    axes.set_xlabel(PANELS[name])


def _alt(names: list[str], told: list[str], panels: dict[str, list[float]], e: Estimate) -> str:
    texts = []
    for place, (name, text) in enumerate(zip(names, told, strict=True)):
        more = "".join(f", {PANELS[key]} {fmt.number(values[place], 2)}" for key, values in panels.items())
        texts.append(f"{name.replace(chr(10), ' ')}: {text}{more}")
    return f"{e.quantity.label}, each left out in turn. {'; '.join(texts)}."


def _caption(
    results: Results,
    result: Result,
    pooled: Estimate | None,
    panels: dict[str, list[float]],
    marked: bool,
) -> str:
    parts = ["Squares and lines: the pooled effect without the study, with its interval"]
    if pooled is not None:
        parts.append("line: that of all studies")
    if panels:
        parts.append("dotted: Viechtbauer and Cheung's bounds, filled points beyond them")
    if marked:
        parts.append("bold: studies beyond one of their bounds")
    return f"{called(results, result)}: influence of each study. {'; '.join(parts)}."
