"""What a model's residuals and modes look like, and who moves its coefficients."""

from collections.abc import Callable
from functools import partial
from math import isnan

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.caterpillar import MODE, ranked
from mmstats.figures.figure import Figure
from mmstats.figures.style import DOUBLE, GREY, MARKERS, PALETTE, canvas, null_line, wrapped
from mmstats.results import Results

RESIDUAL, FITTED, COOK = "residual", "fitted_value", "cooks_distance"
HEIGHT = 58.0  # of a row of panels, in millimetres


def diagnostics_figure(results: Results, analysis: str, *, width: float = DOUBLE, id: str = "") -> Figure:
    """Return what speaks against a model: panels of residuals, modes and influence.

    Residuals against fitted values; normal quantiles of residuals and of the conditional modes of each
    random coefficient; and Cook's distances of groups, largest first. Lines in quantile plots go through
    the quartiles.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis with residuals, such as one by ``lmm_diagnostics``.
    width : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis has no residuals.
    """
    result = results[analysis]
    residuals = ranked(result, RESIDUAL).get("", [])
    if not residuals:
        raise ReportError(f"Analysis {analysis!r} has no residuals to draw; 'lmm_diagnostics' has.")
    fitted = ranked(result, FITTED).get("", [])
    panels: list[tuple[str, str, str, Callable[[Axes], None]]] = [
        ("Residuals", "Fitted value", "Residual", partial(_against, fitted=fitted, residuals=residuals)),
        ("Residuals", "Normal quantile", "Residual", partial(_quantiles, values=residuals)),
    ]
    for term, modes in ranked(result, MODE).items():
        columns, group = labels.random_term(results, term)
        panels.append(
            (f"{columns[:1].upper()}{columns[1:]}, by {group}", "Normal quantile", "Conditional mode",
             partial(_quantiles, values=modes))
        )  # fmt: skip
    for term, distances in ranked(result, COOK).items():
        panels.append(
            (f"Influence, by {labels.label(results, term)}", "Rank", "Cook's distance",
             partial(_stems, distances=distances))
        )  # fmt: skip
    across = 2 if len(panels) in (2, 4) else 3
    down = -(-len(panels) // across)
    with canvas(width if across == 3 else 0.7 * width, down * HEIGHT) as drawing:
        grid = drawing.subplots(down, across, squeeze=False)
        for position, axes in enumerate(grid.flat):
            if position >= len(panels):
                axes.set_visible(False)
                continue
            title, below, beside, draw = panels[position]
            draw(axes)
            axes.set_title(f"{chr(65 + position)}  {wrapped(title, 34)}", loc="left", fontsize=7.5)
            axes.set_xlabel(below)
            axes.set_ylabel(beside)
    n = residuals[0].n
    name = labels.analysis(results, result)
    some = "" if len(residuals) == n else f", {len(residuals)} of {n} rows, both ends among them"
    return Figure(
        id=id or f"fig-{analysis}-diagnostics".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"Diagnostics of {name}. {_told(residuals)}",
        caption=f"Diagnostics of {name}: residuals{some}, normal quantiles, and the influence of each group. "
        "Dashed: no residual, or the normal distribution with the same quartiles.",
    )


def _against(axes: Axes, fitted: list[Estimate], residuals: list[Estimate]) -> None:
    axes.scatter(
        [e.estimate for e in fitted], [e.estimate for e in residuals], s=9, color=PALETTE[0],
        marker=MARKERS[0], edgecolors="white", linewidths=0.3, alpha=0.85, zorder=3,
    )  # fmt: skip
    null_line(axes, 0.0, vertical=False)


def _quantiles(axes: Axes, values: list[Estimate]) -> None:
    known = [e for e in values if not isnan(e.statistic) and not isnan(e.estimate)]
    across, up = (np.array([getattr(e, name) for e in known]) for name in ("statistic", "estimate"))
    axes.scatter(
        across, up, s=9, color=PALETTE[0], marker=MARKERS[0], edgecolors="white", linewidths=0.3, alpha=0.85,
        zorder=3,
    )  # fmt: skip
    (left, right), (low, high) = (np.quantile(one, [0.25, 0.75]) for one in (across, up))
    if right > left:
        axes.axline(
            (left, low), slope=(high - low) / (right - left), color=GREY, linewidth=0.8,
            linestyle=(0, (3, 2)), zorder=1,
        )  # fmt: skip


def _stems(axes: Axes, distances: list[Estimate]) -> None:
    ranks = np.arange(1, len(distances) + 1)
    values = np.array([e.estimate for e in distances])
    axes.vlines(ranks, 0, values, color=PALETTE[0], linewidth=1.0, zorder=3)
    axes.plot(ranks, values, MARKERS[0], markersize=3, color=PALETTE[0], zorder=4)
    axes.set_ylim(bottom=0)
    axes.set_xlim(0.2, len(distances) + 0.8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _told(residuals: list[Estimate]) -> str:
    values = [e.estimate for e in residuals]
    low, high = min(values), max(values)
    return f"Residuals go from {low:.3g} to {high:.3g}.".replace("-", "−")
