"""Effects of studies against their standard errors, to see whether small ones find something else."""

from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from mmstats import format as fmt
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.pooled_scale import FloatArray, Scaled, on_scale, scaled, value_ticks, z_of
from mmstats.figures.pooling import Pooling, axis_name, called, pooling, several
from mmstats.figures.style import GREY, INK, PALETTE, canvas
from mmstats.results import Result, Results

SHADES = (("p < .01", 0.99, "#f0f0f0"), (".01 to .05", 0.95, "#dcdcdc"), (".05 to .10", 0.90, "#c4c4c4"))
FILLED = "filled_effect"
EGGER = {"egger_classical": "Egger, weighted", "egger_mixed": "Egger, mixed-effects"}
DRAWABLE = {"std-error": 1, "variance": 2}  # the power of the standard error that effects are regressed on


def funnel_figure(
    results: Results,
    analysis: str,
    *,
    bias: str = "",
    width: float = 120.0,
    height: float = 96.0,
    id: str = "",
) -> Figure:
    """Return the studies' effects against their standard errors, the precise ones on top.

    Dashed lines hold 95 % (the level of the analysis) of studies that all have the pooled effect as their
    true one. Shades tell which p value a study has by itself. Studies may be missing where small ones lie to
    one side; or small studies differ in whom they treat, and how.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of a meta-analysis.
    bias : str
        The id of an analysis by ``meta_small_study`` of the same studies: adds the studies that trim and
        fill puts in, as hollow points, and Egger's regression line.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If an id is unknown, nothing was pooled, no study has a standard error, or `bias` has neither.
    """
    found = pooling(results, analysis)
    seen = scaled(found)
    extra = _extra(results[bias], seen) if bias else _Extra(np.empty((0, 2)), nan, nan, 1, nan)
    z = z_of(found.effect.conf_level if not isnan(found.effect.conf_level) else 0.95)
    deepest = 1.08 * float(max([*seen.std_errors, *extra.filled[:, 1]]))
    with canvas(width, height) as drawing:
        axes = drawing.subplots()
        low, high = _ends(seen, extra, z * deepest)
        _shades(axes, seen, deepest)
        for side in (-1, 1):
            axes.plot(
                [seen.pooled, seen.pooled + side * z * deepest], [0, deepest], "--", color=INK, linewidth=0.8
            )
        axes.plot([seen.pooled] * 2, [0, deepest], color=INK, linewidth=0.9, label="Pooled effect")
        if not isnan(extra.slope):
            down = np.linspace(0, deepest, 60)
            line = extra.limit + extra.slope * down**extra.power
            axes.plot(line, down, "-.", color=PALETTE[1], linewidth=1.1, label="Egger's regression")
        dot: dict[str, Any] = {"s": 17, "linewidths": 0.7, "zorder": 4}
        axes.scatter(
            seen.effects, seen.std_errors, color=PALETTE[0], edgecolors="white", label="Study", **dot
        )
        if len(extra.filled):
            axes.scatter(*extra.filled.T, facecolors="white", edgecolors=PALETTE[0], label="Filled in", **dot)
        value_ticks(axes, low, high, room=0.8 * width, ratio=seen.ratio)
        axes.set_ylim(deepest, 0)
        axes.set_ylabel(f"Standard error{' of the logarithm' if seen.ratio else ''}")
        axes.set_xlabel(axis_name(results, found, found.quantity))
        handles, names = axes.get_legend_handles_labels()
        if not isnan(seen.null):
            patches = [Patch(facecolor=shade, label=name) for name, _, shade in reversed(SHADES)]
            handles += [Patch(facecolor="white", edgecolor=GREY, linewidth=0.5, label="p > .10"), *patches]
            names += ["p > .10", *(name for name, _, _ in reversed(SHADES))]
        drawing.legend(handles, names, loc="outside lower center", ncols=4)
    return Figure(
        id=id or f"fig-{analysis}-funnel".replace("_", "-").lower(),
        drawing=drawing,
        alt=_alt(found, seen, extra),
        caption=_caption(results, found, seen, extra),
    )


@dataclass(frozen=True)
class _Extra:
    """Studies filled in (effect and standard error), and Egger's line."""

    filled: FloatArray
    slope: float
    limit: float
    power: int
    p_value: float


def _extra(result: Result, seen: Scaled) -> _Extra:
    rows = [e for e in result.estimates if e.quantity.name == FILLED and not isnan(e.std_error)]
    filled = np.array([[e.estimate, e.std_error] for e in rows]).reshape(-1, 2)
    power = DRAWABLE.get(str(result.options.get("predictor", "std-error")), 0)
    slope = next((e for e in result.estimates if e.quantity.name in EGGER and not isnan(e.estimate)), None)
    limit = _limit(result, EGGER[slope.quantity.name]) if slope is not None and power else None
    asked = any(e.quantity.name in (*EGGER, "filled_studies", FILLED) for e in result.estimates)
    if not asked:
        raise ReportError(
            f"Analysis {result.analysis.id!r} has neither studies filled in nor Egger's regression; "
            "'meta_small_study' has."
        )
    if slope is None or limit is None:
        return _Extra(filled, nan, nan, 1, nan)
    return _Extra(
        filled, slope.estimate, on_scale(limit.estimate, ratio=limit.quantity.ratio), power, slope.p_value
    )


def _limit(result: Result, term: str) -> Estimate | None:
    """Return the effect at a predictor of 0."""
    for e in result.estimates:
        if e.quantity.name.startswith("adjusted_effect") and e.term == term and not isnan(e.estimate):
            return e
    return None


def _ends(seen: Scaled, extra: _Extra, half: float) -> tuple[float, float]:
    values = [*seen.effects, *extra.filled[:, 0], seen.pooled - half, seen.pooled + half]
    if not isnan(seen.null):
        values.append(seen.null)
    pad = 0.04 * (max(values) - min(values)) or 0.5
    return float(min(values)) - pad, float(max(values)) + pad


def _shades(axes: Axes, seen: Scaled, deepest: float) -> None:
    """Shade where a study's own two-sided p value lies, the smallest outside."""
    if isnan(seen.null):
        return
    axes.set_facecolor(SHADES[0][2])
    inner = [*(shade for _, _, shade in SHADES[1:]), "white"]
    for (_, level, _), shade in zip(SHADES, inner, strict=True):
        half = z_of(level) * deepest
        axes.fill(
            [seen.null, seen.null - half, seen.null + half], [0, deepest, deepest], color=shade, zorder=0
        )


def _alt(found: Pooling, seen: Scaled, extra: _Extra) -> str:
    points = (
        f"{study.name}: {fmt.value(study.effect)}, "
        f"standard error {fmt.number(error, fmt.decimals_for(error))}"
        for study, error in zip(
            [one for one in found.studies if one.level in seen.levels], seen.std_errors, strict=True
        )
    )
    more = f" {len(extra.filled)} filled in by trim and fill." if len(extra.filled) else ""
    return (
        f"Funnel plot of {several(len(seen.levels))} around the pooled {found.quantity.label.lower()} of "
        f"{fmt.with_interval(found.effect)}. {'; '.join(points)}.{more}"
    )


def _caption(results: Results, found: Pooling, seen: Scaled, extra: _Extra) -> str:
    name = called(results, found.result)
    level = fmt.level(found.effect.conf_level) if not isnan(found.effect.conf_level) else "95%"
    parts = [
        f"{name}: effects of {several(len(seen.levels))} against their standard errors",
        f"Line: pooled effect; dashed: where {level} of studies with this true effect would be",
    ]
    if not isnan(seen.null):
        parts.append("Shades: p value of each study by itself")
    if len(extra.filled):
        parts.append("Hollow: studies filled in by trim and fill")
    if not isnan(extra.slope):
        parts.append("Dash-dotted: Egger's regression")
    return f"{'. '.join(parts)}."
