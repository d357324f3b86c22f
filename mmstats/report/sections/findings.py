"""The results, family by family."""

from collections.abc import Iterator, Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.displays import displays, shape
from mmstats.report.saved_values import TESTS, Report, begun_small
from mmstats.report.sections.same_question import same_question
from mmstats.report.sections.wording import begun, called, direction, listed, several
from mmstats.results import Result, Results
from mmstats.tables.model import COEFFICIENTS

FEW = 4  # so many results are told in words; of more, the table tells


def findings(report: Report) -> Blocks:
    """Return each family in a paragraph, with the tables and figures that suit it."""
    return Blocks(_blocks(report))


def sentence(report: Report, result: Result) -> str:
    """Return one analysis in words: its name, estimate with interval, p values, and n."""
    name = called(report.results, result, where=False)
    if not result.estimates:
        return f"{name}: {escape(result.status)} ({escape(result.reason)})"
    said = [escape(report.said(e)) for e in _told(result)]
    if result.p_adjusted == result.p_adjusted:
        said.insert(1, f"adjusted {escape(report.p_adjusted(result.analysis.id))}")
    return f"{name}: {', '.join(said)} ({labels.whose_rows(result) or f'n = {result.n}'})"


def _told(result: Result) -> list[Estimate]:
    """Return what is said of an analysis: what was tested, and of a model its terms and differences."""
    own = result.estimate()
    if shape(result) not in ("model", "repeated"):
        return [own]
    known = [e for e in result.estimates if e.estimate == e.estimate]
    terms = [e for e in known if e.quantity.name in TESTS]
    if not terms:
        terms = [e for e in known if e.quantity.name in COEFFICIENTS and e.term != "intercept"]
    told = [*terms[:FEW], *[e for e in known if e.quantity.name == "contrast"][:FEW]]
    asked = bool(result.analysis.family or result.analysis.tested) or not told
    return [own, *(e for e in told if e is not own)] if asked else told


def _blocks(report: Report) -> Iterator[str | Float]:
    families = list(report.families())
    for name, members in families:
        if len(families) > 1 or name:
            yield f"## {escape(labels.family(report.results, name)) if name else 'Further analyses'}"
        floats = list(displays(report, name or "further", members))
        yield _paragraph(report, members, floats)
        yield from floats
        yield from same_question(report, members, floats)


def _paragraph(report: Report, members: Sequence[Result], floats: Sequence[Float]) -> str:
    results = report.results
    shown = listed([f"@{block.label}" for block in floats])
    titles = list(dict.fromkeys(escape(r.title) for r in members if r.title))
    condition = labels.shared_condition(results, members)
    how = f", by {titles[0]}" if len(titles) == 1 else ""
    some = f", restricted to {escape(condition)}" if condition else ""
    counted = begun(several(len(members), "analysis", "analyses"))
    said = [f"{counted}{how}{some}{f' ({shown})' if shown else ''}."]
    if len(members) <= FEW:
        said.append("; ".join(sentence(report, result) for result in members) + ".")
    elif text := _range(results, members):
        said.append(text)
    return " ".join(filter(None, [*said, direction(results, members)]))


def _range(results: Results, members: Sequence[Result]) -> str:
    """Return the smallest and the largest of many estimates, where all are of one quantity."""
    known = [e for r in members if r.estimates and (e := r.estimate()).estimate == e.estimate]
    units = {variable.unit for r in members if (variable := results.variables.get(r.outcome))}
    quantities = {e.quantity.name for e in known}
    if len(quantities) != 1 or quantities & set(TESTS) or len(units) > 1:
        return ""
    low, high = min(known, key=lambda e: e.estimate), max(known, key=lambda e: e.estimate)
    name = begun_small(known[0].quantity.label)
    return escape(f"Estimates of the {name} go from {fmt.with_interval(low)} to {fmt.with_interval(high)}.")
