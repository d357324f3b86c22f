"""Marginal means of a model with their intervals, and the rows behind them."""

from collections.abc import Sequence
from math import isfinite, isnan

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.means import Means, as_number, is_in, means_of, response_label, rows_of
from mmstats.figures.placing import side_by_side
from mmstats.figures.style import MARKERS, PALETTE, SINGLE, canvas, wrapped
from mmstats.results import Result, Results

SPREAD = 0.62  # of the room between two places on the axis, what its colours share


def marginal_means_figure(
    results: Results,
    analysis: str,
    *,
    factors: Sequence[str] = (),
    points: bool = True,
    style: str = "apa",
    width: float = SINGLE,
    height: float = 74.0,
    id: str = "",
) -> Figure:
    """Return a model's marginal means with their intervals, by one factor or two, over the saved rows.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of a model with marginal means.
    factors : sequence of str
        The variable along the axis, and that of the colours; by default the first of which there are means.
    points : bool
        Whether rows stand behind the means, where they were saved and are on the scale of the means.
    style : {"apa", "ama", "bmc"}
        How p values are printed in the text alternative.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis has no marginal means by these factors.
    """
    result = results[analysis]
    means = means_of(results, result, factors)
    rows = rows_of(results, result, list(means.factors)) if points else None
    across, places, names = _places(results, means)
    colours = means.values(1) if len(means.factors) > 1 else [""]
    step = min(np.diff(np.sort(places)), default=1.0)
    with canvas(width, height) as drawing:
        axes = drawing.subplots()
        for position, colour in enumerate(colours):
            share = SPREAD * step / max(len(colours), 1)
            aside = (position - (len(colours) - 1) / 2) * share
            cells = [means.cells.get((value, colour) if colour else (value,)) for value in across]
            for place, value in zip(places, across, strict=True):
                if rows is not None:
                    here = is_in(rows[means.factors[0]], value)
                    if colour:
                        here = here & is_in(rows[means.factors[1]], colour)
                    _rows(axes, rows["response"].to_numpy()[here], place + aside, position, share)
            _line(axes, cells, places + aside, position)
        axes.set_xticks(places, [wrapped(name, 16) for name in names])
        axes.set_xlim(min(places) - 0.6 * step, max(places) + 0.6 * step)
        axes.set_xlabel(wrapped(labels.with_unit(results, means.factors[0]), 44))
        axes.set_ylabel(wrapped(response_label(results, result), 36))
        if len(means.factors) > 1:
            _legend(drawing, results, means, colours)
    drawn = rows is not None and len(rows) > 0
    return Figure(
        id=id or f"fig-{analysis}-means".replace("_", "-").lower(),
        drawing=drawing,
        alt=_told(results, result, means, style),
        caption=_caption(results, result, means, len(rows) if rows is not None and drawn else 0),
    )


def _places(results: Results, means: Means) -> tuple[list[str], np.ndarray, list[str]]:
    """Return the values along the axis, where they stand, and what they are called."""
    across = means.values(0)
    name = means.factors[0]
    variable = results.variables.get(name)
    numbers = [as_number(value) for value in across]
    if variable is not None and not variable.levels and None not in numbers:
        return across, np.array(numbers, dtype=np.float64), [f"{number:g}" for number in numbers]
    return across, np.arange(len(across), dtype=np.float64), [labels.level(results, name, v) for v in across]


def _rows(axes: Axes, values: np.ndarray, at: float, position: int, share: float) -> None:
    if not len(values):
        return
    aside = side_by_side(values, step=share / 9, width=0.8 * share)
    axes.scatter(
        at + aside,
        values,
        s=8,
        color=PALETTE[position % len(PALETTE)],
        marker=MARKERS[position % len(MARKERS)],
        alpha=0.28,
        linewidths=0,
        zorder=2,
    )


def _line(axes: Axes, cells: Sequence[Estimate | None], places: np.ndarray, position: int) -> None:
    colour, marker = PALETTE[position % len(PALETTE)], MARKERS[position % len(MARKERS)]
    known = [(p, e) for p, e in zip(places, cells, strict=True) if e is not None and isfinite(e.estimate)]
    if len(known) > 1:
        axes.plot(
            [p for p, _ in known], [e.estimate for _, e in known], color=colour, linewidth=1.0, zorder=3
        )
    for place, e in known:
        if not isnan(e.conf_low) and not isnan(e.conf_high):
            axes.plot([place, place], [e.conf_low, e.conf_high], color=colour, linewidth=1.5, zorder=4)
        axes.plot(
            [place], [e.estimate], marker=marker, markersize=5.5, color=colour, markeredgecolor="white",
            markeredgewidth=0.6, zorder=5,
        )  # fmt: skip


def _legend(drawing: object, results: Results, means: Means, colours: Sequence[str]) -> None:
    handles = [
        Line2D(
            [], [], color=PALETTE[i % len(PALETTE)], marker=MARKERS[i % len(MARKERS)], markersize=5,
            linewidth=1.0, label=wrapped(labels.level(results, means.factors[1], level), 30),
        )
        for i, level in enumerate(colours)
    ]  # fmt: skip
    drawing.legend(  # type: ignore[attr-defined]
        handles=handles, loc="outside lower center", ncols=min(len(handles), 2), columnspacing=1.4
    )


def _told(results: Results, result: Result, means: Means, style: str) -> str:
    names = " and ".join(labels.label(results, name) for name in means.factors)
    texts = []
    for key, e in means.cells.items():
        levels = [labels.level(results, name, value) for name, value in zip(means.factors, key, strict=True)]
        texts.append(f"{', '.join(levels)}: {fmt.with_interval(e)}")
    told = f"Marginal means of {response_label(results, result)} by {names}. {'; '.join(texts)}."
    contrasts = [e for e in result.estimates if e.quantity.name == "contrast"]
    if contrasts:
        said = "; ".join(f"{labels.term(results, e.term)}: {fmt.sentence(e, style=style)}" for e in contrasts)
        told += f" Differences: {said}."
    return told


def _caption(results: Results, result: Result, means: Means, rows: int) -> str:
    names = " and ".join(labels.label(results, name).lower() for name in means.factors)
    first = next(iter(means.cells.values()))
    interval = f"{fmt.level(first.conf_level)} confidence intervals" if not isnan(first.conf_level) else ""
    where = labels.condition(results, result)
    told = f"{response_label(results, result)} by {names}{f' ({where})' if where else ''}. "
    told += f"Large symbols: marginal means{f' with {interval}' if interval else ''}"
    if rows:
        people = f" of {fmt.count(result.participants)} participants" if result.participants else ""
        told += f"; small ones: {fmt.count(rows)} rows{people}"
    return told + "."
