"""The results, family by family."""

from collections.abc import Iterator

from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.displays import displays
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import called, family_name, listed, several
from mmstats.results import Result


def findings(report: Report) -> Blocks:
    """Return every analysis in words, with the tables and figures that suit it."""
    return Blocks(_blocks(report))


def _blocks(report: Report) -> Iterator[str | Float]:
    families = list(report.families())
    for name, members in families:
        if len(families) > 1 or name:
            yield f"## {escape(family_name(name)) if name else 'Further analyses'}"
        floats = list(displays(report, name or "further", members))
        if floats:
            shown = listed([f"@{block.label}" for block in floats])
            yield f"{several(len(members), 'analysis', 'analyses').capitalize()}; see {shown}."
        yield "\n".join(f"- {_sentence(report, result)}" for result in members)
        yield from floats


def _sentence(report: Report, result: Result) -> str:
    how = escape(result.title or result.analysis.method)
    name = f"**{called(report.results, result)}** ({how}, n = {result.n})"
    if not result.estimates:
        return f"{name}: {escape(result.status)}. {escape(result.reason)}"
    first = result.estimate()
    said = [escape(report.said(first))]
    if result.p_adjusted == result.p_adjusted:
        said.append(f"adjusted {escape(report.p_adjusted(result.analysis.id))}")
    return f"{name}: {', '.join(said)}."
