"""Which tables and figures suit a family of analyses: by what they are of, never by a method's name."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from mmstats import labels
from mmstats.kind import Kind
from mmstats.pairs import one_side
from mmstats.pooled_parts import is_of_studies, is_pooling
from mmstats.report.assemble import escape
from mmstats.report.blocks import Float, label
from mmstats.report.saved_values import Report, begun_small
from mmstats.results import Result, Results
from mmstats.tables.table import Table

ACROSS = 3  # models side by side
PANELS = 6  # more comparisons than this are drawn as a forest plot, not as panels
ORDERED = Kind.CONTINUOUS | Kind.COUNT | Kind.ORDINAL
WITH_UNIT = ("mean_difference", "hodges_lehmann")  # shown together only where outcomes share their unit


def displays(report: Report, family: str, members: Sequence[Result]) -> Iterator[Float]:
    """Yield the tables and figures of a family, each analysis in one table."""
    shapes: dict[str, list[Result]] = {}
    for result in members:
        shapes.setdefault(shape(result), []).append(result)
    for kind, found in shapes.items():
        yield from _tables(report, family, kind, found)
        if found[0].analysis.family and kind == "comparison":
            yield from _comparisons(report, family, found)
        elif found[0].analysis.family and kind == "correlation":
            yield from _correlations(report, family, found)
        elif kind == "model":
            yield from _means(report, family, found)
        elif kind == "checks":
            yield from _checks(report, family, found)
        yield from _agreement(report, family, found)


def shape(result: Result) -> str:
    """Return what an analysis looks like.

    ``comparison`` of groups, ``correlation`` of two variables, ``model`` of several rows of each group,
    ``checks`` of such a model, ``repeated`` measures, ``pooling`` of studies, ``studies`` examined otherwise,
    or ``other``.
    """
    from mmstats.tables.model import has_checks, random_part

    roles = result.roles
    if is_of_studies(result):
        return "pooling" if is_pooling(result) else "studies"
    if random_part(result):
        return "checks" if has_checks(result) else "model"
    if "within" in roles:
        return "repeated"
    if "outcome" in roles and "group" in roles and not _by_level(result, str(roles["group"])):
        return "comparison"
    return "correlation" if set(roles) == {"x", "y"} else "other"


def _by_level(result: Result, group: str) -> bool:
    """Whether the first row is of everybody, and others are the same of each group: nothing is compared."""
    if not result.estimates or result.estimates[0].term:
        return False
    first = result.estimates[0].quantity
    terms = [e.term for e in result.estimates if e.quantity == first]
    return len(terms) > 1 and all(term.startswith(f"{group}[") for term in terms[1:])


def _tables(report: Report, family: str, kind: str, found: Sequence[Result]) -> Iterator[Float]:
    """Yield a table of all analyses, or, of models, one of those that suit each other."""
    if kind == "checks":
        return
    groups = list(_side_by_side(found)) if kind == "model" else [found]
    for number, members in enumerate(groups, 1):
        yield _table(report, family, kind, members, "" if len(groups) == 1 else f"-{number}")


def _side_by_side(found: Sequence[Result]) -> Iterator[list[Result]]:
    """Yield models that share an outcome or a fixed part, at most so many as a page is wide."""
    from mmstats.formula import Formula

    def fixed(result: Result) -> frozenset[str]:
        terms = Formula.parse(str(result.roles["formula"])).terms
        return frozenset(":".join(sorted(map(str, term))) for term in terms)

    rest = list(found)
    while rest:
        first = rest[0]
        alike = [r for r in rest if r.outcome == first.outcome or fixed(r) == fixed(first)][:ACROSS]
        yield alike
        rest = [r for r in rest if r not in alike]


def _table(report: Report, family: str, kind: str, found: Sequence[Result], number: str) -> Float:
    from mmstats.tables.anova import anova_table
    from mmstats.tables.comparison import comparison_table
    from mmstats.tables.correlations import correlation_table
    from mmstats.tables.model import model_table
    from mmstats.tables.poolings import poolings_table

    tables: dict[str, tuple[Callable[..., Table], str]] = {
        "comparison": (comparison_table, "Comparisons of groups"),
        "correlation": (correlation_table, "Correlations"),
        "model": (model_table, "Models of several rows of each participant"),
        "repeated": (anova_table, "Repeated measures"),
        "pooling": (poolings_table, "Effects of studies, pooled"),
        "studies": (_estimates, "Further analyses of studies"),
        "other": (_estimates, "Models, agreement, and comparisons within participants"),
    }
    make, words = tables[kind]
    if kind == "repeated" and not any(result.estimates for result in found):
        make, words = tables["other"]
    key = label("tbl", family, f"{kind}{number}")
    ids = [result.analysis.id for result in found]
    own = found[0].analysis.family
    caption = labels.family(report.results, own) if own else words
    if own and kind in ("model", "repeated"):
        caption += f": {words[:1].lower()}{words[1:]}"
    return Float(key, escape(f"{caption}."), make(report.results, ids, style=report.style, id=key))


def _estimates(results: Results, ids: Sequence[str], *, style: str, id: str) -> Table:
    """Return the estimates a reader looks for: of the tested quantity, and of the analysis as a whole."""
    from mmstats.tables.estimates import estimates_table

    every = [(results[name], e) for name in ids for e in results[name].estimates]
    kept = {e.quantity.name for r, e in every if not e.term or e.quantity == r.estimate().quantity}
    others = dict.fromkeys(begun_small(e.quantity.label) for _, e in every if e.quantity.name not in kept)
    table = estimates_table(results, ids, quantities=tuple(kept), style=style, id=id)
    return table.with_notes(f"Saved, but not shown: {', '.join(others)}.") if others else table


def _comparisons(report: Report, family: str, found: Sequence[Result]) -> Iterator[Float]:
    from mmstats.figures.panels import comparison_panels

    results = report.results
    drawable = [result for result in found if _is_drawable(results, result)]
    if len(found) > PANELS:
        yield from _forest(report, family, found)
    elif drawable:
        key = label("fig", family, "comparisons")
        ids = [r.analysis.id for r in drawable]
        caption = labels.family(results, found[0].analysis.family)
        figure = comparison_panels(results, ids, style=report.style, id=key, caption=caption)
        yield Float(key, escape(figure.caption), figure)


def _is_drawable(results: Results, result: Result) -> bool:
    from mmstats.figures.points import has_points

    variable = results.variables.get(result.outcome)
    saved = has_points(results, result, [result.outcome, str(result.roles["group"])])
    return result.status == "ok" and saved and variable is not None and bool(variable.kind & ORDERED)


def _correlations(report: Report, family: str, found: Sequence[Result]) -> Iterator[Float]:
    from mmstats.figures.correlations import correlation_figure
    from mmstats.figures.points import has_points
    from mmstats.figures.scatter import scatter_figure

    results = report.results
    pairs = [((str(r.roles["x"]), str(r.roles["y"])), r) for r in found]
    often = Counter(frozenset(pair) for pair, _ in pairs)
    if len(found) >= 3 and one_side(pairs):
        yield from _forest(report, family, found)
    elif len(found) >= 3 and max(often.values()) == 1 and not any(r.analysis.where for r in found):
        key = label("fig", family, "correlations")
        figure = correlation_figure(results, [r.analysis.id for r in found], id=key)
        yield Float(key, escape(figure.caption), figure)
    elif len(found) < 3:
        for (x, y), result in pairs:
            if result.status == "ok" and has_points(results, result, [x, y]):
                key = label("fig", family, result.analysis.id)
                drawn = scatter_figure(results, result.analysis.id, style=report.style, id=key)
                yield Float(key, escape(drawn.caption), drawn)


def _means(report: Report, family: str, found: Sequence[Result]) -> Iterator[Float]:
    """Yield the marginal means of each model that has them."""
    from mmstats.figures.marginal_means import marginal_means_figure
    from mmstats.figures.means import has_means

    for result in [r for r in found if has_means(r)][:PANELS]:
        key = label("fig", family, f"{result.analysis.id}-means")
        figure = marginal_means_figure(report.results, result.analysis.id, style=report.style, id=key)
        yield Float(key, escape(figure.caption), figure)


def _checks(report: Report, family: str, found: Sequence[Result]) -> Iterator[Float]:
    """Yield what residuals, modes and influence look like, and profiles where there are some."""
    from mmstats.figures.diagnostics import diagnostics_figure
    from mmstats.figures.profile import PROFILE, profile_figure

    for result in found:
        key = label("fig", family, f"{result.analysis.id}-checks")
        figure = diagnostics_figure(report.results, result.analysis.id, id=key)
        yield Float(key, escape(figure.caption), figure)
        if any(e.quantity.name == PROFILE for e in result.estimates):
            key = label("fig", family, f"{result.analysis.id}-profiles")
            figure = profile_figure(report.results, result.analysis.id, id=key)
            yield Float(key, escape(figure.caption), figure)


def _agreement(report: Report, family: str, found: Sequence[Result]) -> Iterator[Float]:
    """Yield a plot of each analysis that has limits of agreement."""
    from mmstats.figures.bland_altman import bland_altman_figure, has_limits
    from mmstats.figures.points import has_points

    for result in found:
        pair = [str(result.roles.get(role)) for role in ("comparison", "reference")]
        if has_limits(result) and has_points(report.results, result, pair):
            key = label("fig", family, result.analysis.id)
            figure = bland_altman_figure(report.results, result.analysis.id, id=key)
            yield Float(key, escape(figure.caption), figure)


def _forest(report: Report, family: str, members: Sequence[Result]) -> Iterator[Float]:
    """Yield a forest plot, if most of some analyses estimate one quantity in one unit."""
    from mmstats.figures.forest import forest_figure

    results = report.results
    known = [r for r in members if r.estimates]
    quantities = Counter(r.estimate().quantity.name for r in known)
    if not quantities:
        return
    quantity, _ = quantities.most_common(1)[0]
    same = [r for r in known if r.estimate().quantity.name == quantity]
    units = {results.variables[r.outcome].unit for r in same if r.outcome in results.variables}
    if len(same) >= 3 and (quantity not in WITH_UNIT or len(units) == 1):
        key = label("fig", family, "forest")
        ids = [r.analysis.id for r in same]
        figure = forest_figure(results, ids, quantity=quantity, style=report.style, id=key)
        yield Float(key, escape(figure.caption), figure)
