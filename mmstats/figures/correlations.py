"""A matrix of correlations, coloured, with its numbers."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from mmstats import format as fmt
from mmstats import labels
from mmstats.figures.figure import Figure
from mmstats.figures.style import DOUBLE, GREY, INK, canvas, wrapped
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
    size = len(order) - 1
    values = np.full((size, size), np.nan)
    for (later, first), result in cells.items():
        if result.estimates:
            values[order.index(later) - 1, order.index(first)] = result.estimate().estimate
    with canvas(width, max(width * 0.16 * size + 30, 55)) as drawing:
        axes = drawing.subplots()
        image = axes.imshow(values, cmap="PuOr_r", vmin=-1, vmax=1, aspect="auto")
        for (later, first), result in cells.items():
            row, column = order.index(later) - 1, order.index(first)
            light = not isfinite(values[row, column]) or abs(values[row, column]) < 0.62
            axes.text(
                column,
                row,
                _text(result),
                ha="center",
                va="center",
                color=INK if light else "white",
                fontsize=7 if size < 7 else 5.5,
                linespacing=1.35,
            )
        columns = [wrapped(labels.with_unit(results, name), 18) for name in order[:-1]]
        turned: Any = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if size > 4 else {}
        axes.set_xticks(range(size), columns, **turned)
        axes.set_yticks(range(size), [wrapped(labels.with_unit(results, name), 24) for name in order[1:]])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=1.5)
        axes.tick_params(which="minor", length=0)
        names = " or ".join(dict.fromkeys(r.estimate().quantity.label for r in cells.values() if r.estimates))
        bar = drawing.colorbar(image, ax=axes, shrink=0.8, aspect=18, ticks=[-1, -0.5, 0, 0.5, 1])
        bar.set_label(names)
        bar.outline.set_edgecolor(GREY)
        bar.ax.set_yticklabels([fmt.number(value, 1) for value in (-1, -0.5, 0, 0.5, 1)])
    told = [
        f"{labels.label(results, x)} and {labels.label(results, y)} {_text(r).replace(chr(10), ' ')}"
        for (y, x), r in cells.items()
    ]
    return Figure(
        id=id,
        drawing=drawing,
        alt=f"Correlations ({names}) with confidence intervals: {'; '.join(told)}.",
        caption=f"{names} with confidence intervals.",
    )


def _text(result: Result) -> str:
    e = result.estimate() if result.estimates else None
    if e is None or not isfinite(e.estimate):
        return fmt.DASH
    return fmt.with_interval(e).replace(" [", "\n[")
