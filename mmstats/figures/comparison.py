"""Groups as they are, and beside them the effect with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from matplotlib.axes import Axes
from pandas.api.types import is_numeric_dtype
from scipy.stats import gaussian_kde

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.placing import FEW, FloatArray, is_discrete, side_by_side, stacked
from mmstats.figures.points import points_of
from mmstats.figures.style import INK, MARKERS, PALETTE, SINGLE, canvas, null_line, wrapped
from mmstats.results import Result, Results
from mmstats.summary import Summary, description, summary

WIDTH = 0.56  # the room for the points of one group


def comparison_figure(
    results: Results,
    analysis: str,
    *,
    quantity: str = "",
    style: str = "apa",
    width: float = SINGLE,
    height: float = 68.0,
    id: str = "",
) -> Figure:
    """Return every participant's value by group, and the effect with its interval beside them.

    Points are set side by side, so a score of 0 to 4 shows as rows of dots; longer scales also get the
    outline of their density. The bar shows the saved description, if the plan has one: median and
    quartiles, or mean and one standard deviation; an analysis with a condition has none.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis of an outcome by a group.
    quantity : str
        The effect to draw; by default the one whose p value counts.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the analysis is unknown, has no outcome and group, its outcome has no numbers,
        or the points are not there.
    """
    seen = compared(results, analysis, quantity)
    with canvas(width, height) as drawing:
        left, right = drawing.subplots(1, 2, width_ratios=[2.3, 1])
        draw(left, right, results, seen)
        left.set_ylabel(wrapped(labels.with_unit(results, seen.outcome), 34))
    return Figure(
        id=id or f"fig-{analysis}".replace("_", "-").lower(),
        drawing=drawing,
        alt=told(results, seen, style),
        caption=f"{labels.label(results, seen.outcome)} by {labels.label(results, seen.group).lower()}"
        f"{within(results, [seen])}. {legend([seen])}",
    )


@dataclass(frozen=True)
class Compared:
    """What one comparison shows: each group's values, their saved summary, and the effect."""

    result: Result
    outcome: str
    group: str
    samples: dict[str, FloatArray]
    described: Result | None
    summary: Summary | None
    effect: Estimate | None


def compared(results: Results, analysis: str, quantity: str = "") -> Compared:
    """Return what is to be drawn of an analysis.

    Raises
    ------
    ReportError
        If the analysis is unknown, has no outcome and group, its outcome has no numbers,
        or the points are not there.
    """
    result = results[analysis]
    outcome, group = _variables(result)
    points = points_of(results, result, [outcome, group])
    if not is_numeric_dtype(points[outcome]):
        raise ReportError(
            f"{outcome!r} has categories, not numbers; a forest plot shows analysis {analysis!r}."
        )
    samples = {
        level: points.loc[points[group] == level, outcome].to_numpy(dtype=np.float64)
        for level in labels.levels(results, group)
    }
    samples = {level: values for level, values in samples.items() if len(values)}
    if not samples:
        raise ReportError(f"No value of {outcome!r} is left to draw for analysis {analysis!r}.")
    described = None if result.analysis.where else description(results, outcome, group, result.analysis.rows)
    own = summary(results, described, group) if described else None
    e = result.estimate(quantity) if result.estimates else None
    return Compared(result, outcome, group, samples, described, own, e)


def draw(left: Axes, right: Axes, results: Results, seen: Compared) -> None:
    """Draw the groups on the left, and the effect with its interval on the right."""
    _groups(left, results, seen.samples, seen.outcome, seen.group)
    if seen.summary and seen.described:
        _bars(left, seen.described, seen.summary, list(seen.samples))
    _effect(right, seen.effect, seen.result)


def within(results: Results, seen: Sequence[Compared]) -> str:
    """Return the condition that all of some comparisons have, in parentheses."""
    condition = labels.shared_condition(results, [one.result for one in seen])
    return f" ({condition})" if condition else ""


def legend(seen: Sequence[Compared]) -> str:
    """Return what points, bars and lines mean, for a caption."""
    parts = [f"Points: {'rows' if any(one.result.analysis.rows for one in seen) else 'participants'}"]
    if any(len(np.unique(np.concatenate(list(one.samples.values())))) > FEW for one in seen):
        parts.append("shading: their density")
    shown = dict.fromkeys(one.summary.statement for one in seen if one.summary)
    bars = {"mean (SD)": "mean and one standard deviation to either side"}
    if shown:
        parts.append(f"bars: {' or '.join(bars.get(name, 'median and quartiles') for name in shown)}")
    effects = [one.effect for one in seen if one.effect is not None]
    names = list(dict.fromkeys(e.quantity.label[:1].lower() + e.quantity.label[1:] for e in effects))
    known = {e.conf_level for e in effects if not isnan(e.conf_level)}
    interval = f"its {fmt.level(known.pop())} CI" if len(known) == 1 else "its confidence interval"
    if names:
        parts.append(f"beside them, on an axis of its own: {' or '.join(names)} with {interval}")
        parts.append("dashed line: no effect")
    return "; ".join(parts) + "."


def _variables(result: Result) -> tuple[str, str]:
    names = [result.roles.get(role) for role in ("outcome", "group")]
    if not all(isinstance(name, str) for name in names):
        where = f"Analysis {result.analysis.id!r}"
        raise ReportError(f"{where} has no outcome and group to draw; it is about {result.outcome}.")
    return str(names[0]), str(names[1])


def _groups(axes: Axes, results: Results, samples: dict[str, FloatArray], outcome: str, group: str) -> None:
    every = np.unique(np.concatenate(list(samples.values())))
    discrete = is_discrete(every)
    allowed = results.variables[outcome].allowed if outcome in results.variables else ()
    scale = allowed if discrete and 0 < len(allowed) <= FEW else every
    for position, values in enumerate(samples.values()):
        colour, marker = PALETTE[position % len(PALETTE)], MARKERS[position % len(MARKERS)]
        at = position - 0.08
        if discrete:
            line = 0.028 * (max(scale) - min(scale) or 1)
            across, up = stacked(values, step=0.07, width=WIDTH, line=line)
        else:
            across, up = side_by_side(values, step=0.07, width=WIDTH), np.zeros(len(values))
            if len(every) > 2 and values.std() > 0:
                _density(axes, values, at, colour)
        axes.scatter(
            at + across,
            values + up,
            s=12,
            color=colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.35,
            zorder=3,
        )
    axes.set_xlim(-0.5, len(samples) - 0.38)
    names = [wrapped(labels.level(results, group, level), 14) for level in samples]
    counts = [f"(n = {len(values)})" for values in samples.values()]
    axes.set_xticks(
        range(len(samples)), [f"{name}\n{n}" for name, n in zip(names, counts, strict=True)], va="top"
    )
    axes.tick_params(axis="x", length=0)
    if discrete:
        axes.set_yticks(list(scale))
        pad = 0.08 * (max(scale) - min(scale) or 1)
        axes.set_ylim(min(scale) - pad, max(scale) + pad)


def _density(axes: Axes, values: FloatArray, at: float, colour: str) -> None:
    reach = np.linspace(values.min(), values.max(), 120)
    heights = gaussian_kde(values)(reach)
    edge = at + heights / heights.max() * (WIDTH / 2)
    mirrored = at - (edge - at)
    axes.fill_betweenx(reach, mirrored, edge, color=colour, alpha=0.13, linewidth=0, zorder=1)


def _bars(axes: Axes, told: Result, own: Summary, levels: list[str]) -> None:
    saved = {(e.quantity.name, e.term): e.estimate for e in told.estimates}
    for position, level in enumerate(levels):
        if own.statement.startswith("median"):
            middle, low, high = (
                saved[name, level] for name in ("median", "first_quartile", "third_quartile")
            )
        else:
            middle, sd = saved["mean", level], saved["standard_deviation", level]
            low, high = middle - sd, middle + sd
        at = position + 0.36
        if not isnan(high - low):
            axes.plot([at, at], [low, high], color=INK, linewidth=1.2, solid_capstyle="butt", zorder=4)
        axes.plot([at - 0.05, at + 0.05], [middle, middle], color=INK, linewidth=2, zorder=5)


def _effect(axes: Axes, e: Estimate | None, result: Result) -> None:
    axes.spines["left"].set_visible(False)
    axes.spines["right"].set_visible(True)
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.set_xlim(-1, 1)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    if e is None or isnan(e.estimate):
        axes.spines["right"].set_visible(False)
        axes.set_yticks([])
        reason = result.reason if e is None else e.note
        axes.text(0, 0.5, wrapped(f"Not estimable: {reason}", 18), ha="center", va="center", fontsize=6.5)
        return
    if e.quantity.ratio:
        axes.set_yscale("log")
    axes.set_ylabel(e.quantity.label)
    if np.isfinite([e.conf_low, e.conf_high]).all():
        axes.plot([0, 0], [e.conf_low, e.conf_high], color=INK, linewidth=1.4, zorder=3)
    axes.plot([0], [e.estimate], marker="o", markersize=5, color=INK, zorder=4)
    if not isnan(e.quantity.null):
        null_line(axes, e.quantity.null, vertical=False)
    axes.margins(y=0.12)
    axes.set_xlabel(wrapped(fmt.with_interval(e).replace(" [", "\n["), 22), fontsize=7)


def told(results: Results, seen: Compared, style: str) -> str:
    """Return a comparison in words, with its numbers, for those who do not see it."""
    result, e = seen.result, seen.effect
    parts = []
    for level, values in seen.samples.items():
        text = f"{labels.level(results, seen.group, level)}: n = {len(values)}"
        if seen.summary:
            text += f", {seen.summary.statement} {seen.summary.lines[0].texts[level]}"
        parts.append(text)
    where = labels.condition(results, result)
    by = labels.label(results, seen.group)
    what = f"Each participant's {labels.with_unit(results, seen.outcome)} by {by}"
    words = f"{what}{f' ({where})' if where else ''}. {'; '.join(parts)}."
    if e is None:
        return f"{words} Effect not estimable: {result.reason}"
    return f"{words} {e.quantity.label}: {fmt.sentence(e, style=style)}."
