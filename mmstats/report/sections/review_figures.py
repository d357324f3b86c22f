"""Which figures suit a meta-analysis: by what its rows are of, never by a method's name."""

from collections.abc import Iterator
from importlib.util import find_spec

from mmstats.pooled_parts import is_pooling, pooled_parts
from mmstats.report.assemble import escape
from mmstats.report.blocks import Float, label
from mmstats.report.saved_values import Report
from mmstats.results import Result

FEWEST = 10  # with fewer studies, a funnel's shape says nothing


def forest(report: Report, result: Result) -> Float | None:
    """Return the forest plot of a pooling, with judgements of bias and published results beside it."""
    if find_spec("mmstats.figures.pooled_forest") is None:
        return None
    from mmstats.figures.pooled_forest import pooled_forest_figure

    review = report.results.review
    points = report.results.points_of(result)
    bias = [name for name in review.risk_of_bias if name in points] if review else []
    key = label("fig", "forest", result.analysis.id)
    figure = pooled_forest_figure(
        report.results,
        result.analysis.id,
        risk_of_bias=bias,
        published=review.of(result.analysis.id) if review and not result.analysis.where else (),
        style=report.style,
        id=key,
    )
    return Float(key, escape(figure.caption), figure)


def around(report: Report, result: Result) -> Iterator[Float]:
    """Yield the funnel plot of a pooling of enough studies."""
    if find_spec("mmstats.figures.funnel") is None:
        return
    from mmstats.figures.funnel import funnel_figure

    if is_pooling(result) and pooled_parts(report.results, result.analysis.id).count >= FEWEST:
        key = label("fig", "funnel", result.analysis.id)
        figure = funnel_figure(report.results, result.analysis.id, id=key)
        yield Float(key, escape(figure.caption), figure)
