"""Which tables and figures suit a family of analyses: decided by their roles, never by a method's name."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from mmstats import labels
from mmstats.kind import Kind
from mmstats.report.assemble import escape
from mmstats.report.blocks import Float, label
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import family_name
from mmstats.results import Result
from mmstats.tables.table import Table

DRAWN = 4  # more comparisons or pairs than this are drawn together, not one by one
ORDERED = Kind.CONTINUOUS | Kind.COUNT | Kind.ORDINAL


def displays(report: Report, family: str, members: Sequence[Result]) -> Iterator[Float]:
    """Yield the tables and figures of a family, each analysis in one table."""
    shapes: dict[str, list[Result]] = {}
    for result in members:
        shapes.setdefault(shape(result), []).append(result)
    for kind, found in shapes.items():
        yield _table(report, family, kind, found)
        if kind == "comparison":
            yield from _comparisons(report, family, found)
        elif kind == "correlation":
            yield from _correlations(report, family, found)
    yield from _forest(report, family, members)


def shape(result: Result) -> str:
    """Return what an analysis looks like: groups compared, two variables correlated, or another."""
    roles = result.roles
    if "outcome" in roles and "group" in roles:
        return "comparison"
    return "correlation" if set(roles) == {"x", "y"} else "other"


def _table(report: Report, family: str, kind: str, found: Sequence[Result]) -> Float:
    from mmstats.tables.comparison import comparison_table
    from mmstats.tables.correlations import correlation_table
    from mmstats.tables.estimates import estimates_table

    tables: dict[str, tuple[Callable[..., Table], str]] = {
        "comparison": (comparison_table, "comparisons"),
        "correlation": (correlation_table, "correlations"),
        "other": (estimates_table, "all estimates"),
    }
    make, words = tables[kind]
    key = label("tbl", family, kind)
    ids = [result.analysis.id for result in found]
    caption = escape(f"{family_name(family)}: {words}.")
    return Float(key, caption, make(report.results, ids, style=report.style, id=key))


def _comparisons(report: Report, family: str, found: Sequence[Result]) -> Iterator[Float]:
    from mmstats.figures.comparison import comparison_figure

    results = report.results
    if not found[0].analysis.family or len(found) > DRAWN:
        return
    for result in found:
        variable = results.variables.get(result.outcome)
        drawable = {result.outcome, str(result.roles["group"])} <= set(results.points)
        if (
            result.status == "ok"
            and drawable
            and not result.analysis.where
            and variable
            and variable.kind & ORDERED
        ):
            key = label("fig", family, result.analysis.id)
            figure = comparison_figure(results, result.analysis.id, style=report.style, id=key)
            yield Float(key, escape(figure.caption or labels.analysis(results, result)), figure)


def _correlations(report: Report, family: str, found: Sequence[Result]) -> Iterator[Float]:
    from mmstats.figures.correlations import correlation_figure
    from mmstats.figures.scatter import scatter_figure

    results = report.results
    plain = [r for r in found if not r.analysis.where]
    pairs = Counter(frozenset((r.roles["x"], r.roles["y"])) for r in plain)
    if len(plain) >= 3 and max(pairs.values()) == 1:
        key = label("fig", family, "correlations")
        figure = correlation_figure(results, [r.analysis.id for r in plain], id=key)
        yield Float(key, escape(figure.caption or f"{family_name(family)}: correlations."), figure)
    elif found[0].analysis.family and len(plain) <= DRAWN:
        for result in plain:
            if result.status == "ok" and {result.roles["x"], result.roles["y"]} <= set(results.points):
                key = label("fig", family, result.analysis.id)
                figure = scatter_figure(results, result.analysis.id, style=report.style, id=key)
                yield Float(key, escape(figure.caption or labels.analysis(results, result)), figure)


def _forest(report: Report, family: str, members: Sequence[Result]) -> Iterator[Float]:
    """Yield a forest plot of the analyses that estimate the quantity most of them estimate."""
    from mmstats.figures.forest import forest_figure

    comparisons = [r for r in members if shape(r) == "comparison" and r.estimates]
    quantities = Counter(r.estimate().quantity.name for r in comparisons)
    if not quantities:
        return
    quantity, count = quantities.most_common(1)[0]
    if count >= 3:
        ids = [r.analysis.id for r in comparisons if r.estimate().quantity.name == quantity]
        key = label("fig", family, "forest")
        figure = forest_figure(report.results, ids, quantity=quantity, style=report.style, id=key)
        yield Float(key, escape(figure.caption or f"{family_name(family)}: estimates and intervals."), figure)
