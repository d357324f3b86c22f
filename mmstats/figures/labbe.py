"""How often an event happens in both groups of each study."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.points import points_of
from mmstats.figures.pooled_scale import FloatArray
from mmstats.figures.pooling import called, pooling, several
from mmstats.figures.style import GREY, INK, PALETTE, canvas
from mmstats.results import Results

ROLES = ("comparison_events", "comparison_total", "reference_events", "reference_total")
LARGEST, SMALLEST = 12.0, 3.2  # diameters in points


def labbe_figure(
    results: Results, analysis: str, *, width: float = 105.0, height: float = 112.0, id: str = ""
) -> Figure:
    """Return the share of participants with the event in the comparison group against the reference group.

    The area of a point is as the study's participants. On the diagonal both groups have the event as often;
    on the dashed line the effect is the pooled one, whatever the share in the reference group.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis by ``meta_events``.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis has no counts of two groups.
    """
    found = pooling(results, analysis)
    roles = found.result.roles
    if any(not isinstance(roles.get(role), str) for role in ROLES):
        raise ReportError(
            f"Analysis {analysis!r} has no events of two groups to draw; an analysis by 'meta_events' has."
        )
    columns = [str(roles[role]) for role in ROLES]
    points = points_of(results, found.result, [found.variable, *columns]).sort_values(found.variable)
    a, n1, c, n2 = (points[name].to_numpy(dtype=np.float64) for name in columns)
    x, y, total = c / n2, a / n1, n1 + n2
    top = min(1.0, 1.1 * float(max(x.max(), y.max(), 0.01)))
    with canvas(width, height) as drawing:
        axes = drawing.subplots()
        axes.plot([0, top], [0, top], color=GREY, linewidth=0.8, label="Equally often")
        line = _line(found.effect, np.linspace(0, top, 200))
        if line is not None:
            axes.plot(*line, "--", color=INK, linewidth=1, label="Pooled effect")
        sizes = np.maximum(LARGEST * np.sqrt(total / total.max()), SMALLEST)
        axes.scatter(
            x, y, s=sizes**2, color=PALETTE[0], alpha=0.75, edgecolors="white", linewidths=0.6, zorder=3
        )
        _percent(axes, top)
        axes.set_xlabel(f"{_group(results, columns[2], 'Reference')} (%)")
        axes.set_ylabel(f"{_group(results, columns[0], 'Comparison')} (%)")
        drawing.legend(loc="outside lower center", ncols=2)
    names = [labels.level(results, found.variable, str(level)) for level in points[found.variable]]
    told = "; ".join(
        f"{name}: {fmt.percent(one, int(n))} of {fmt.count(n)} against "
        f"{fmt.percent(other, int(m))} of {fmt.count(m)}"
        for name, one, n, other, m in zip(names, y, n1, x, n2, strict=True)
    )
    return Figure(
        id=id or f"fig-{analysis}-labbe".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"L'Abbé plot of {several(len(points))}, comparison against reference. {told}.",
        caption=f"{called(results, found.result)}: share of participants with the event in both "
        f"groups of {several(len(points))}. Points: studies, as large as their participants; "
        f"line: equally often"
        f"{f'; dashed: the pooled {found.quantity.label.lower()}' if line is not None else ''}.",
    )


def _group(results: Results, name: str, otherwise: str) -> str:
    """Return what the events of a group are called: their label, where they have one."""
    variable = results.variables.get(name)
    return variable.label if variable is not None and variable.label else f"{otherwise} group, with the event"


def _line(e: Estimate, x: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Return where the comparison group lies at the pooled effect; None of an effect that has no line."""
    if not np.isfinite(e.estimate):
        return None
    if e.quantity.name == "risk_ratio":
        y = e.estimate * x
    elif e.quantity.name == "odds_ratio":
        y = e.estimate * x / (1 - x + e.estimate * x)
    elif e.quantity.name == "risk_difference":
        y = x + e.estimate
    else:
        return None
    inside = (y >= 0) & (y <= x.max())
    return x[inside], y[inside]


def _percent(axes: Axes, top: float) -> None:
    axes.set_xlim(-0.025 * top, top)
    axes.set_ylim(-0.025 * top, top)
    axes.set_aspect("equal")
    told = FuncFormatter(lambda value, _: f"{100 * value:g}")
    axes.xaxis.set_major_formatter(told)
    axes.yaxis.set_major_formatter(told)
