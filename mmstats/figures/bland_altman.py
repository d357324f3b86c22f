"""Differences of two measurements against their means, with the limits of agreement."""

from math import isnan

import numpy as np

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.placing import apart
from mmstats.figures.points import points_of
from mmstats.figures.style import GREY, INK, MARKERS, PALE, PALETTE, SINGLE, canvas, null_line, wrapped
from mmstats.results import Result, Results

LIMITS = ("lower_limit_of_agreement", "upper_limit_of_agreement")
BIAS = "mean_difference"


def has_limits(result: Result) -> bool:
    """Return whether an analysis has limits of agreement to draw."""
    return any(e.quantity.name in LIMITS for e in result.estimates)


def bland_altman_figure(
    results: Results,
    analysis: str,
    *,
    width: float = SINGLE,
    height: float = 74.0,
    id: str = "",
) -> Figure:
    """Return the plot of an analysis of agreement: bias, limits, and the interval of each as a band.

    Lines and bands are the saved estimates; points in the same place stand around it, as petals.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis with limits of agreement.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, the analysis has no limits of agreement, or the points are not there.
    """
    result = results[analysis]
    if not has_limits(result):
        raise ReportError(f"Analysis {analysis!r} has no limits of agreement to draw.")
    comparison, reference = str(result.roles["comparison"]), str(result.roles["reference"])
    points = points_of(results, result, list(dict.fromkeys((comparison, reference))))
    if points.empty:
        raise ReportError(f"No point is left to draw for analysis {analysis!r}.")
    x, y = (points[name].to_numpy(dtype=np.float64) for name in (comparison, reference))
    lines = [result.estimate(name) for name in (BIAS, *LIMITS)]
    unit = _unit(results, comparison, reference)
    with canvas(width, height) as drawing:
        axes = drawing.subplots()
        null_line(axes, 0.0, vertical=False)
        for place, e in enumerate(lines):
            dashes = "solid" if place == 0 else (0, (6, 3))
            axes.axhline(e.estimate, color=INK, linewidth=1.0, linestyle=dashes, zorder=2)
            if not isnan(e.conf_low):
                axes.axhspan(e.conf_low, e.conf_high, color=PALE, alpha=0.55, linewidth=0, zorder=0)
            axes.annotate(
                fmt.value(e),
                (1.0, e.estimate),
                xycoords=("axes fraction", "data"),
                xytext=(2, 0),
                textcoords="offset points",
                va="center",
                fontsize=6.5,
                color=GREY,
            )
        across, up = apart((x + y) / 2, x - y)
        axes.scatter(
            across,
            up,
            s=15,
            color=PALETTE[0],
            marker=MARKERS[0],
            edgecolors="white",
            linewidths=0.4,
            alpha=0.9,
            zorder=3,
        )
        axes.set_xlabel(wrapped(f"Mean of both{unit}", 44))
        words = f"{labels.label(results, comparison)} minus {_begun_small(labels.label(results, reference))}"
        axes.set_ylabel(wrapped(f"{words}{unit}", 36))
        axes.set_title(
            wrapped(f"{lines[0].quantity.label} = {fmt.with_interval(lines[0])}", 58),
            loc="left",
            fontsize=7.5,
        )
    told = _told(lines)
    where = labels.condition(results, result)
    among = f" ({where})" if where else ""
    of = f", of {fmt.count(result.participants)} participants" if result.participants else ""
    return Figure(
        id=id or f"fig-{analysis}".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"Bland-Altman plot of {words}{among}, {len(points)} pairs. {told}",
        caption=f"{words}, against the mean of both{among}. Lines: bias and 95% limits of agreement, each "
        f"with its {fmt.level(lines[0].conf_level)} confidence interval as a band. "
        f"Points: pairs (n = {len(points)}{of}).",
    )


def _told(lines: list[Estimate]) -> str:
    bias, lower, upper = lines
    return (
        f"{bias.quantity.label} {fmt.with_interval(bias)}; limits of agreement "
        f"{fmt.with_interval(lower)} and {fmt.with_interval(upper)}."
    )


def _unit(results: Results, *names: str) -> str:
    """Return the unit in parentheses, if all variables share one."""
    units = {results.variables[name].unit for name in names if name in results.variables}
    unit = units.pop() if len(units) == 1 else ""
    return f" ({unit})" if unit else ""


def _begun_small(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
