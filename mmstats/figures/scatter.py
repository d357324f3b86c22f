"""Two variables, one point per participant."""

import numpy as np
from matplotlib.axes import Axes

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.figures.figure import Figure
from mmstats.figures.placing import apart
from mmstats.figures.points import points_of
from mmstats.figures.style import INK, MARKERS, PALETTE, SINGLE, canvas, wrapped
from mmstats.pairs import pairs
from mmstats.results import Results

TICKS = 6  # a scale of at most so many values has a tick at each of them


def scatter_figure(
    results: Results,
    analysis: str,
    *,
    group: str | None = None,
    line: str = "",
    style: str = "apa",
    width: float = SINGLE,
    height: float = 74.0,
    id: str = "",
) -> Figure:
    """Return a scatter plot of an analysis of two variables, with its coefficient and interval above.

    Points in the same place stand around it, as petals. A line is drawn only from a saved model.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis with the roles ``x`` and ``y``.
    group : str, optional
        The variable of the colours; by default that of the participant flow; empty for none.
    line : str
        The id of a model ``y ~ x`` whose saved intercept and slope give the line.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    width, height : float
        Millimetres.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If an id is unknown, the analysis is not of two variables, or the points are not there.
    """
    (((x, y), result),) = pairs(results, [analysis])
    by = results.group if group is None else group
    points = points_of(results, result, list(dict.fromkeys(name for name in (x, y, by) if name)))
    if points.empty:
        raise ReportError(f"No point is left to draw for analysis {analysis!r}.")
    levels = dict(enumerate(labels.levels(results, by) if by else [""]))
    levels = {place: level for place, level in levels.items() if not by or (points[by] == level).any()}
    e = result.estimate() if result.estimates else None
    told = f"{e.quantity.label} = {fmt.with_interval(e)}" if e else f"Not estimable: {result.reason}"
    p = fmt.p_value(e.p_value, style) if e else ""
    with canvas(width, height) as drawing:
        axes = drawing.subplots()
        axes.set_xlabel(wrapped(labels.with_unit(results, x), 44))
        axes.set_ylabel(wrapped(labels.with_unit(results, y), 36))
        across, up = points[x].to_numpy(dtype=np.float64), points[y].to_numpy(dtype=np.float64)
        moved = apart(across, up)
        for position, level in levels.items():
            here = (points[by] == level).to_numpy() if by else np.ones(len(points), dtype=bool)
            axes.scatter(
                moved[0][here],
                moved[1][here],
                s=15,
                color=PALETTE[position % len(PALETTE)],
                marker=MARKERS[position % len(MARKERS)],
                edgecolors="white",
                linewidths=0.4,
                alpha=0.9,
                label=labels.level(results, by, level) if by else None,
                zorder=3,
            )
        for values, axis in ((across, axes.xaxis), (up, axes.yaxis)):
            if len(np.unique(values)) <= TICKS:
                axis.set_ticks(np.unique(values).tolist())
        if line:
            _line(axes, results, line, x, y, across)
        if len(levels) > 1:
            drawing.legend(loc="outside lower center", ncols=2, handletextpad=0.2, columnspacing=1.2)
        axes.set_title(wrapped(f"{told}{', ' + p if p else ''}", 58), loc="left", fontsize=7.5)
    axes_names = f"{labels.with_unit(results, y)} against {labels.with_unit(results, x)}"
    where = labels.condition(results, result)
    each = "rows" if result.analysis.rows else "participants"
    seen = f"{axes_names}, {len(points)} {each}{f' ({where})' if where else ''}"
    return Figure(
        id=id or f"fig-{analysis}".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"Scatter plot of {seen}. {told}{', ' + p if p else ''}.",
        caption=f"{labels.label(results, y)} against {labels.label(results, x)}"
        f"{f' ({where})' if where else ''}. "
        f"Points: {each} (n = {len(points)}).",
    )


def _line(axes: Axes, results: Results, model: str, x: str, y: str, across: np.ndarray) -> None:
    result = results[model]
    saved = {e.term: e.estimate for e in result.estimates if e.quantity.name == "coefficient"}
    if result.outcome != y or set(saved) != {"intercept", x}:
        raise ReportError(f"{model!r} is not a model {y} ~ {x}; its line is not that of this plot.")
    ends = np.array([across.min(), across.max()])
    axes.plot(ends, saved["intercept"] + saved[x] * ends, color=INK, linewidth=1.1, zorder=2)
