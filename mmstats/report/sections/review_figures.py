"""Which figures suit a meta-analysis: by what its rows are of, never by a method's name."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from mmstats.figures.figure import Figure
from mmstats.formula import Formula
from mmstats.pooled_parts import is_pooling, pooled_parts, study_variable
from mmstats.report.assemble import escape
from mmstats.report.blocks import Float, label
from mmstats.report.saved_values import Report
from mmstats.results import Result

FEWEST = 10  # with fewer studies, a funnel's shape says nothing
SMALL_STUDY = ("egger_mixed", "egger_classical", "filled_studies")
EVENTS = ("comparison_events", "comparison_total", "reference_events", "reference_total")

SEEN = {
    "funnel": "the studies against their precision",
    "influence": "the pooled effect without each study",
    "baujat": "which studies make the effects differ, and which move the pooled one",
    "labbe": "the risk in both groups of each study",
    "bubble": "the effects against a moderator",
}


def forest(report: Report, result: Result) -> list[Float]:
    """Return the forest plot of a pooling, with judgements of bias and published results, page by page."""
    from mmstats.figures.pooled_forest import pooled_forest_pages

    review, results = report.results.review, report.results
    points = results.points_of(result)
    judged = review.risk_of_bias if review and study_variable(result) in points else ()
    beside = review.of(result.analysis.id) if review else ()
    key = label("fig", "forest", result.analysis.id)
    bias = [name for name in judged if name in points]
    drawn = pooled_forest_pages(
        results, result.analysis.id, risk_of_bias=bias, published=beside, style=report.style, id=key
    )
    return [Float(one.id, escape(one.caption), one) for one in drawn]


def funnel(report: Report, result: Result, others: Sequence[Result]) -> Iterator[Float]:
    """Yield the funnel plot of a pooling of enough studies, with what tests of small studies add to it.

    Effects that depend on each other have none: their points would gather where one study gave many.
    """
    from mmstats.figures.funnel import funnel_figure

    found = pooled_parts(report.results, result.analysis.id)
    if (
        found.dependent
        or found.count < FEWEST
        or found.effect.quantity.name not in ("effect", "effect_ratio")
    ):
        return
    tests = [r for r in others if _has(r, SMALL_STUDY) and r.analysis.where == result.analysis.where]
    bias = tests[0].analysis.id if tests else ""
    yield _float("funnel", result, partial(funnel_figure, report.results, result.analysis.id, bias=bias))


def further(report: Report, result: Result) -> Iterator[Float]:
    """Yield the figures of one analysis: without each study, with a moderator, by the reference's risk."""
    results, name = report.results, result.analysis.id
    if _has(result, ("effect_without", "effect_without_ratio")):
        from mmstats.figures.influence import influence_figure

        yield _float("influence", result, partial(influence_figure, results, name))
    if _has(result, ("baujat_x",)) and _has(result, ("baujat_y",)):
        from mmstats.figures.baujat import baujat_figure

        yield _float("baujat", result, partial(baujat_figure, results, name))
    if is_pooling(result) and all(isinstance(result.roles.get(role), str) for role in EVENTS):
        from mmstats.figures.labbe import labbe_figure

        yield _float("labbe", result, partial(labbe_figure, results, name))
    yield from _bubbles(report, result)


def counts_of(result: Result) -> tuple[object, ...]:
    """Return of which counts a pooling of events is; nothing of other analyses."""
    counts = tuple(result.roles.get(role) for role in EVENTS)
    return (*counts, result.analysis.rows, result.analysis.where) if all(counts) else ()


def seen_in(drawn: Float) -> str:
    """Return the sentence that leads to a figure."""
    kind = drawn.label.split("-")[1]
    return f"@{drawn.label} shows {SEEN[kind]}."


def _bubbles(report: Report, result: Result) -> Iterator[Float]:
    """Yield a figure of each moderator that is a number and stands by itself in the formula."""
    from mmstats.figures.bubble import bubble_figure

    formula = result.roles.get("formula")
    if not isinstance(formula, str) or not _has(result, ("coefficient",)):
        return
    alone = {str(term[0]) for term in Formula.parse(formula).terms if len(term) == 1}
    terms = {e.term for e in result.estimates if e.quantity.name == "coefficient"}
    results = report.results
    points = results.points_of(result)
    for name in sorted(alone & terms):
        if name in points and results.variables[name].is_number:
            yield _float("bubble", result, partial(bubble_figure, results, result.analysis.id, name), name)


def _float(kind: str, result: Result, draw: Callable[..., Figure], *more: str) -> Float:
    key = label("fig", kind, result.analysis.id, *more)
    drawn = draw(id=key)
    return Float(key, escape(drawn.caption), drawn)


def _has(result: Result, quantities: Sequence[str]) -> bool:
    return any(e.quantity.name in quantities for e in result.estimates)
