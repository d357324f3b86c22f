"""How far groups are from the mean, ranked, with intervals: conditional modes of random coefficients."""

from math import isnan

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.figure import Figure
from mmstats.figures.style import MARKERS, PALETTE, SINGLE, canvas, null_line, wrapped
from mmstats.results import Result, Results

MODE = "conditional_mode"
ACROSS = 3  # panels in a row


def caterpillar_figure(
    results: Results, analysis: str, *, width: float = 0.0, height: float = 74.0, id: str = ""
) -> Figure:
    """Return the conditional modes of each random coefficient, smallest first, with their intervals.

    Groups are ranks, so that nobody is named; a rank in one panel is another group than in the next.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis with conditional modes, such as one by ``lmm_diagnostics``.
    width, height : float
        Millimetres, of a row of panels; by default what the panels need.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis has no conditional modes.
    """
    result = results[analysis]
    columns = ranked(result, MODE)
    if not columns:
        raise ReportError(f"Analysis {analysis!r} has no conditional modes to draw; 'lmm_diagnostics' has.")
    across = min(len(columns), ACROSS)
    down = -(-len(columns) // across)
    named = {term: _name(results, term) for term in columns}
    with canvas(width or min(SINGLE * (0.55 + 0.45 * across), 2.06 * SINGLE), height * down) as drawing:
        grid = drawing.subplots(down, across, squeeze=False)
        for position, axes in enumerate(grid.flat):
            if position >= len(columns):
                axes.set_visible(False)
                continue
            term, modes = list(columns.items())[position]
            _draw(axes, modes)
            axes.set_title(wrapped(named[term], 34), loc="left", fontsize=7.5)
        for axes in grid[:, 0]:
            axes.set_ylabel("Rank")
        drawing.supxlabel("Difference from the mean of all", fontsize=7.5)
    first = next(iter(columns.values()))[0]
    interval = "" if isnan(first.conf_level) else f" with {fmt.level(first.conf_level)} intervals"
    texts = [
        f"{named[term]}: {len(modes)} from {fmt.with_interval(modes[0])} to {fmt.with_interval(modes[-1])}"
        for term, modes in columns.items()
    ]
    name = labels.analysis(results, result)
    return Figure(
        id=id or f"fig-{analysis}-modes".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"Conditional modes of {name}, ranked. {'; '.join(texts)}.",
        caption=f"Conditional modes of random coefficients{interval}, ranked: {name}. "
        "Dashed: the mean of all.",
    )


def ranked(result: Result, quantity: str) -> dict[str, list[Estimate]]:
    """Return the estimates of a quantity whose terms end in ``#1``, ``#2``, ..., by what stands before."""
    found: dict[str, list[tuple[int, Estimate]]] = {}
    for e in result.estimates:
        term, mark, rank = e.term.rpartition("#")
        if e.quantity.name == quantity and mark and rank.isdecimal():
            found.setdefault(term.strip(), []).append((int(rank), e))
    return {term: [e for _, e in sorted(own, key=lambda one: one[0])] for term, own in found.items()}


def _name(results: Results, term: str) -> str:
    columns, group = labels.random_term(results, term)
    return f"{columns[:1].upper()}{columns[1:]}, by {group}"


def _draw(axes: Axes, modes: list[Estimate]) -> None:
    size = max(1.8, min(4.5, 130 / len(modes)))
    for rank, e in enumerate(modes, 1):
        if not isnan(e.conf_low) and not isnan(e.conf_high):
            axes.plot([e.conf_low, e.conf_high], [rank, rank], color=PALETTE[0], linewidth=0.9, zorder=3)
    known = [(e.estimate, rank) for rank, e in enumerate(modes, 1) if not isnan(e.estimate)]
    axes.plot(*np.array(known).T, MARKERS[0], markersize=size, color=PALETTE[0], zorder=4)
    null_line(axes, 0.0, vertical=True)
    axes.set_ylim(0.2, len(modes) + 0.8)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
