"""Which figure suits an analysis of a meta-analysis."""

from mmstats.figures.bubble import PREDICTED, bubble_figure
from mmstats.figures.figure import Figure
from mmstats.figures.forest import forest_figure
from mmstats.figures.influence import WITHOUT, influence_figure
from mmstats.figures.pooled_forest import pooled_forest_figure
from mmstats.pooled_parts import is_pooling
from mmstats.results import Results

CUMULATIVE = ("cumulative_effect", "cumulative_ratio")


def meta_figure(results: Results, analysis: str) -> Figure | None:
    """Return the figure that suits an analysis of studies; None of any other analysis.

    A pooling gets its forest plot; influence the effects without each study; a cumulative meta-analysis those
    after each; a meta-regression its first moderator.

    Parameters
    ----------
    results : Results
    analysis : str
        An id.

    Raises
    ------
    ReportError
        If the id is unknown, or what the figure needs is not there.
    """
    result = results[analysis]
    there = [e for e in result.estimates if e.term]
    if any(e.quantity.name.startswith(WITHOUT) for e in there):
        return influence_figure(results, analysis)
    for e in there:
        if e.quantity.name in CUMULATIVE:
            return forest_figure(results, [analysis], quantity=e.quantity.name)
        if e.quantity.name == PREDICTED and "=" in e.term:
            return bubble_figure(results, analysis, e.term.partition("=")[0])
    return pooled_forest_figure(results, analysis) if is_pooling(result) else None
