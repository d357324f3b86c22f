"""A matrix of correlations, coloured, with its numbers."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from mmstats import format as fmt
from mmstats import labels
from mmstats.figures.figure import Figure
from mmstats.figures.style import DOUBLE, GREY, INK, SINGLE, canvas, wrapped
from mmstats.pairs import matrix, pairs
from mmstats.results import Result, Results


def correlation_figure(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    width: float = DOUBLE * 0.7,
    id: str = "fig-correlations",
) -> Figure:
    """Return the lower triangle of a matrix of correlations: colour, coefficient and interval in each cell.

    A pair that the plan does not have stays empty, one that is not estimable has a dash.

    Parameters
    ----------
    results : Results
    analyses : sequence of str, optional
        Ids of analyses of two variables; by default all of these without a condition.
    width : float
        Millimetres.
    id : str

    Raises
    ------
    ReportError
        If an analysis is not about two variables, there is none, or two are about one pair.
    """
    order, cells = matrix(pairs(results, analyses))
    down = [name for name in order if any(name == later for later, _ in cells)]
    along = [name for name in order if any(name == first for _, first in cells)]
    values = np.full((len(down), len(along)), np.nan)
    for (later, first), result in cells.items():
        if result.estimates:
            values[down.index(later), along.index(first)] = result.estimate().estimate
    width = width if len(along) > 1 else min(width, SINGLE)
    with canvas(width, 11.5 * len(down) + 26) as drawing:
        axes = drawing.subplots()
        image = axes.imshow(values, cmap="PuOr_r", vmin=-1, vmax=1, aspect="auto")
        for (later, first), result in cells.items():
            row, column = down.index(later), along.index(first)
            light = not isfinite(values[row, column]) or abs(values[row, column]) < 0.62
            axes.text(
                column,
                row,
                _text(result),
                ha="center",
                va="center",
                color=INK if light else "white",
                fontsize=7 if len(along) < 6 else 5,
                linespacing=1.35,
            )
        letters = 18 if len(along) > 1 else 30
        columns = [wrapped(labels.with_unit(results, name), letters) for name in along]
        turned: Any = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if len(along) > 4 else {}
        axes.set_xticks(range(len(along)), columns, **turned)
        axes.set_yticks(range(len(down)), [wrapped(labels.with_unit(results, name), 26) for name in down])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xticks(np.arange(len(along) + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(down) + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=1.5)
        axes.tick_params(which="minor", length=0)
        names = " or ".join(dict.fromkeys(r.estimate().quantity.label for r in cells.values() if r.estimates))
        bar = drawing.colorbar(image, ax=axes, shrink=0.8, aspect=18, ticks=[-1, -0.5, 0, 0.5, 1])
        bar.set_label(names)
        bar.outline.set_edgecolor(GREY)
        bar.ax.set_yticklabels([fmt.number(value, 1) for value in (-1, -0.5, 0, 0.5, 1)])
    rows = " or ".join(dict.fromkeys(labels.condition(results, r) or "everybody" for r in cells.values()))
    some = "" if rows == "everybody" else f", {rows}"
    told = [
        f"{labels.label(results, x)} and {labels.label(results, y)} {_text(r).replace(chr(10), ' ')}"
        for (y, x), r in cells.items()
    ]
    return Figure(
        id=id,
        drawing=drawing,
        alt=f"Correlations ({names}{some}) with confidence intervals: {'; '.join(told)}.",
        caption=f"{names} with confidence intervals{some}.",
    )


def _text(result: Result) -> str:
    e = result.estimate() if result.estimates else None
    if e is None or not isfinite(e.estimate):
        return fmt.DASH
    return fmt.with_interval(e).replace(" [", "\n[")
