"""What limits the results, as far as the results themselves tell."""

from collections.abc import Iterator

from mmstats import format as fmt
from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import begun, called, left_out, listed, several
from mmstats.results import Results

SMALL = 50  # participants in a group


def limitations(report: Report) -> Blocks:
    """Return how small the samples are, what tests were not adjusted, what is missing, and every warning."""
    said = [f"- {text}" for text in _points(report.results)]
    return Blocks(["\n".join(dict.fromkeys(said)) or "The results record no warnings."])


def _points(results: Results) -> Iterator[str]:
    if results.note:
        yield escape(results.note)
    tested = [r for r in results if r.analysis.method != labels.DESCRIBE]
    groups = results.flow[-1].groups if results.flow else {}
    if groups and min(groups.values()) < SMALL:
        counts = listed([fmt.count(n) for n in groups.values()])
        yield (
            f"The groups have {counts} participants. Intervals are wide: where one holds the value of no "
            "effect, that is no evidence of no effect."
        )
    some = [r for r in tested if r.analysis.where]
    if some:
        fewest = min(labels.participants(r) for r in some)
        yield (
            f"{begun(several(len(some), 'analysis is', 'analyses are'))} of a subgroup, "
            f"the smallest with {several(fewest, 'participant')}."
        )
    alone = [r for r in tested if r.tested >= 0 and not r.analysis.family]
    if results.families:
        yield "P values were adjusted within families of tests, not across all of them." + (
            f" {begun(several(len(alone), 'test'))} outside the families "
            f"{'was' if len(alone) == 1 else 'were'} not adjusted."
            if alone
            else ""
        )
    elif len(alone) > 1:
        yield f"The p values of {several(len(alone), 'test')} are not adjusted for multiplicity."
    lacking = [r for r in tested if labels.excluded(results, r)]
    if lacking:
        count = begun(several(len(lacking), "analysis", "analyses"))
        yield (
            f"{count} left out {left_out(lacking)} with missing "
            "values, which is unbiased only if these are missing for reasons unrelated to the results."
        )
    yield "The analyses describe associations; they cannot show by themselves what causes them."
    for result in tested:
        if result.status != "ok":
            yield f"{called(results, result)}: {escape(result.status)}. {escape(result.reason)}"
        for warning in result.warnings:
            yield f"{called(results, result)}: {escape(warning)}"
