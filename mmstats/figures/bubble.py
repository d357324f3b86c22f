"""Effects of studies against a feature of theirs, with the line of a meta-regression."""

import re
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from pandas.api.types import is_numeric_dtype

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.placing import side_by_side
from mmstats.figures.points import points_of
from mmstats.figures.pooled_scale import FloatArray
from mmstats.figures.pooling import several
from mmstats.figures.style import GREY, INK, PALETTE, canvas, null_line, wrapped
from mmstats.pooled_parts import WEIGHT, split
from mmstats.results import Result, Results

PREDICTED = "predicted_effect"
LARGEST, SMALLEST = 11.0, 2.2  # diameters in points


def bubble_figure(
    results: Results,
    analysis: str,
    moderator: str,
    *,
    width: float = 120.0,
    height: float = 92.0,
    id: str = "",
) -> Figure:
    """Return the studies' effects against a moderator, with areas as their weights.

    Of a moderator with categories, each is a strip, with the average of its studies as a bar. The line is
    that of the model, if it has this moderator alone; the band, and a line beside other moderators, need
    saved predictions.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis by ``meta_regression``.
    moderator : str
        A variable of its formula.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, the analysis has no coefficient of the moderator, or the points are not there.
    """
    result = results[analysis]
    seen = _seen(results, result, moderator)
    with canvas(width, height) as drawing:
        axes = drawing.subplots()
        size = np.maximum(LARGEST * np.sqrt(seen.weights / seen.weights.max()), SMALLEST)
        across = seen.x
        if seen.levels:
            across = across + _aside(seen)
            axes.set_xticks(
                range(len(seen.levels)),
                [wrapped(labels.level(results, moderator, level), 18) for level in seen.levels],
            )
            axes.set_xlim(-0.5, len(seen.levels) - 0.5)
        axes.scatter(
            across,
            seen.y,
            s=size**2,
            color=PALETTE[0],
            alpha=0.75,
            edgecolors="white",
            linewidths=0.6,
            zorder=3,
        )
        _model(axes, seen)
        null_line(axes, 0.0, vertical=False)
        axes.set_xlabel(wrapped(labels.with_unit(results, moderator), 50))
        axes.set_ylabel(wrapped(labels.with_unit(results, result.outcome), 44))
    return Figure(
        id=id or f"fig-{analysis}-{moderator}".replace("_", "-").lower(),
        drawing=drawing,
        alt=_alt(results, result, moderator, seen),
        caption=_caption(results, result, moderator, seen),
    )


@dataclass(frozen=True)
class _Seen:
    """What is drawn: moderator (places of levels), effects, weights; the line's and the band's points."""

    names: list[str]
    x: FloatArray
    y: FloatArray
    weights: FloatArray
    levels: list[str]
    line: FloatArray
    band: FloatArray


def _seen(results: Results, result: Result, moderator: str) -> _Seen:
    coefficients = {e.term: e for e in result.estimates if e.quantity.name == "coefficient"}
    own = [term for term in coefficients if moderator in _variables(term)]
    if not own:
        known = ", ".join(term for term in coefficients if term != "intercept") or "none"
        raise ReportError(
            f"Analysis {result.analysis.id!r} has no coefficient of {moderator!r}; its coefficients: {known}."
        )
    study, error = result.roles.get("study"), str(result.roles["std_error"])
    names = [result.outcome, moderator, error, *([study] if isinstance(study, str) else [])]
    points = points_of(results, result, names)
    if points.empty:
        raise ReportError(f"No study is left to draw for analysis {result.analysis.id!r}.")
    weights = _weights(result, points, str(study)) if isinstance(study, str) else np.empty(0)
    if not len(weights) or np.isnan(weights).any():
        weights = points[error].to_numpy(dtype=np.float64) ** -2.0
    values, levels = points[moderator], list[str]()
    if not is_numeric_dtype(values):
        levels = [level for level in labels.levels(results, moderator) if (values == level).any()]
        x = np.array([levels.index(str(value)) for value in values], dtype=np.float64)
    else:
        x = values.to_numpy(dtype=np.float64)
    line, band = _line(result, coefficients, moderator, x, levels)
    return _Seen(
        names=[labels.level(results, str(study), str(level)) for level in points[study]]
        if isinstance(study, str)
        else [f"Study {place + 1}" for place in range(len(points))],
        x=x,
        y=points[result.outcome].to_numpy(dtype=np.float64),
        weights=weights,
        levels=levels,
        line=line,
        band=band,
    )


def _weights(result: Result, points: pd.DataFrame, study: str) -> FloatArray:
    known = {split(e.term)[1]: e.estimate for e in result.estimates if e.quantity.name == WEIGHT}
    return np.array([known.get(str(level), nan) for level in points[study]])


def _line(
    result: Result, coefficients: dict[str, Estimate], moderator: str, x: FloatArray, levels: list[str]
) -> tuple[FloatArray, FloatArray]:
    """Return the model's line as rows (x, y), and its band as rows (x, low, high); empty if unknown."""
    predicted = []
    for e in result.estimates:
        name, _, value = e.term.partition("=")
        if e.quantity.name == PREDICTED and name == moderator and (not levels or value in levels):
            at = float(levels.index(value)) if levels else float(value)
            predicted.append((at, e.estimate, e.conf_low, e.conf_high))
    if predicted:
        found = np.array(sorted(predicted))
        return found[:, :2], found[:, [0, 2, 3]]
    none = np.empty((0, 3))
    if levels:
        terms = {level: f"{moderator}[{level}]" for level in levels}
        if set(coefficients) - {"intercept"} - set(terms.values()) or "intercept" not in coefficients:
            return none[:, :2], none
        base = coefficients["intercept"].estimate
        own = (coefficients[term].estimate if term in coefficients else 0.0 for term in terms.values())
        return np.array([(place, base + more) for place, more in enumerate(own)], dtype=np.float64), none
    if set(coefficients) != {"intercept", moderator}:
        return none[:, :2], none
    ends = np.array([x.min(), x.max()])
    y = coefficients["intercept"].estimate + coefficients[moderator].estimate * ends
    return np.column_stack([ends, y]), none


def _aside(seen: _Seen) -> FloatArray:
    moved = np.zeros(len(seen.x))
    for place in range(len(seen.levels)):
        here = np.flatnonzero(seen.x == place)
        moved[here] = side_by_side(seen.y[here], step=0.09, width=0.6, rows=14)
    return moved


def _model(axes: Axes, seen: _Seen) -> None:
    if seen.levels:
        for at, y in seen.line:
            axes.plot([at - 0.36, at + 0.36], [y, y], color=INK, linewidth=1.4, zorder=2)
        for at, low, high in seen.band:
            axes.fill_between(
                [at - 0.36, at + 0.36], low, high, color=GREY, alpha=0.22, linewidth=0, zorder=1
            )
        return
    if len(seen.line):
        axes.plot(*seen.line.T, color=INK, linewidth=1.2, zorder=2)
    if len(seen.band):
        axes.fill_between(*seen.band.T, color=GREY, alpha=0.22, linewidth=0, zorder=1)


def _others(result: Result, moderator: str) -> bool:
    """Return whether the model has terms without this moderator."""
    terms = (e.term for e in result.estimates if e.quantity.name == "coefficient" and e.term != "intercept")
    return any(moderator not in _variables(term) for term in terms)


def _variables(term: str) -> list[str]:
    """Return the names in a term, without its levels."""
    return re.split(r"[^\w]+", re.sub(r"\[.*?\]", "", term))


def _alt(results: Results, result: Result, moderator: str, seen: _Seen) -> str:
    where = [
        labels.level(results, moderator, seen.levels[int(v)]) if seen.levels else f"{v:g}" for v in seen.x
    ]
    points = "; ".join(
        f"{name}: {at}, {fmt.number(y, 2)}" for name, at, y in zip(seen.names, where, seen.y, strict=True)
    )
    slopes = "; ".join(
        f"{labels.term(results, e.term)} {fmt.with_interval(e)}"
        for e in result.estimates
        if e.quantity.name == "coefficient"
    )
    what = f"{labels.label(results, result.outcome)} against {labels.label(results, moderator)}"
    return f"Bubble plot of {what}, {several(len(seen.x))}. {points}. Coefficients: {slopes}."


def _caption(results: Results, result: Result, moderator: str, seen: _Seen) -> str:
    what = f"{labels.label(results, result.outcome)} against {labels.label(results, moderator)}"
    parts = [f"Points: {several(len(seen.x))}, as large as their weight"]
    if len(seen.line):
        fixed = ", other moderators held fixed" if _others(result, moderator) else ""
        parts.append(f"{'bars: averages by the model' if seen.levels else 'line: meta-regression'}{fixed}")
    else:
        parts.append("no line, as it depends on the other moderators")
    if len(seen.band):
        level = next((e.conf_level for e in result.estimates if e.quantity.name == PREDICTED), nan)
        parts.append(f"{'shaded' if seen.levels else 'band'}: {fmt.level(level)} CI of the average")
    parts.append("dashed: no effect")
    return f"{what}. {'; '.join(parts)}."
