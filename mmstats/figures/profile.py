"""How fast the likelihood falls on either side of each parameter's estimate."""

from math import isfinite, isnan

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.caterpillar import ranked
from mmstats.figures.figure import Figure
from mmstats.figures.style import DOUBLE, GREY, INK, MARKERS, PALETTE, canvas, wrapped
from mmstats.results import Results

PROFILE = "profile"
ACROSS = 3
HEIGHT = 54.0  # of a row of panels, in millimetres


def profile_figure(results: Results, analysis: str, *, width: float = DOUBLE, id: str = "") -> Figure:
    """Return the signed root of the deviance against the value of each parameter, with the interval.

    A straight line means that the likelihood is that of a normal distribution, so that estimate and standard
    error tell all. A line that bends, or ends at a boundary, means an interval that is not symmetric.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of an analysis with profiles, such as one by ``lmm_diagnostics``.
    width : float
        Millimetres, of a row of three panels.
    id : str
        By default made from the analysis's id.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis has no profiles.
    """
    result = results[analysis]
    profiles = ranked(result, PROFILE)
    if not profiles:
        raise ReportError(f"Analysis {analysis!r} has no profiles to draw; 'lmm_diagnostics' has.")
    names = {term: profile_name(labels.random_term(results, term), labels.term(results, term), term)
             for term in profiles}  # fmt: skip
    across = min(len(profiles), ACROSS)
    down = -(-len(profiles) // across)
    with canvas(width * (0.1 + 0.9 * across / ACROSS), down * HEIGHT) as drawing:
        grid = drawing.subplots(down, across, squeeze=False, sharey=True)
        for position, axes in enumerate(grid.flat):
            if position >= len(profiles):
                axes.set_visible(False)
                continue
            term = list(profiles)[position]
            _draw(axes, profiles[term])
            axes.set_xlabel(wrapped(names[term], 36))
        drawing.supylabel("Signed root of the deviance", fontsize=7.5)
    middles = {term: middle for term, own in profiles.items() if (middle := _middle(own)) is not None}
    level = next((e.conf_level for e in middles.values() if not isnan(e.conf_level)), 0.95)
    texts = [f"{names[term]}: {fmt.with_interval(e)}" for term, e in middles.items()]
    name = labels.analysis(results, result)
    return Figure(
        id=id or f"fig-{analysis}-profiles".replace("_", "-").lower(),
        drawing=drawing,
        alt=f"Profiles of the parameters of {name}. {'; '.join(texts)}.",
        caption=f"Profiles of the parameters of {name}. Points: estimates; upright lines: the ends of the "
        f"{fmt.level(level)} profile interval, where the root is at the dashed quantiles.",
    )


def profile_name(random: tuple[str, str], fixed: str, term: str) -> str:
    """Return what a profiled parameter is called."""
    if " | " not in term:
        return "SD of residuals" if term == "residual" else fixed
    columns, group = random
    kind = "Correlation" if ", " in term.rpartition(" | ")[0] else "SD"
    return f"{kind} of {columns}, by {group}"


def _middle(points: list[Estimate]) -> Estimate | None:
    return next((e for e in points if not isnan(e.conf_level)), None)


def _draw(axes: Axes, points: list[Estimate]) -> None:
    known = [e for e in points if isfinite(e.estimate) and isfinite(e.statistic)]
    values, roots = (np.array([getattr(e, name) for e in known]) for name in ("estimate", "statistic"))
    axes.plot(values, roots, color=PALETTE[0], linewidth=1.3, zorder=3)
    middle = _middle(known)
    axes.axhline(0, color=GREY, linewidth=0.5, zorder=1)
    if middle is None:
        return
    quantile = float(stats.norm.isf((1 - middle.conf_level) / 2))
    for end, root in ((middle.conf_low, -quantile), (middle.conf_high, quantile)):
        axes.axhline(root, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
        if isfinite(end):
            reached = float(np.interp(end, values, roots)) if len(values) > 1 else root
            axes.plot([end, end], [0, reached], color=INK, linewidth=1.0, zorder=2)
    axes.plot([middle.estimate], [0], MARKERS[0], markersize=4.5, color=PALETTE[0], zorder=4)
