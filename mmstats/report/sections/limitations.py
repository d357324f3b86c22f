"""What limits the results, as far as the results themselves tell."""

from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import called, several


def limitations(report: Report) -> Blocks:
    """Return what could not be estimated, what was warned about, and how small the samples are."""
    results = report.results
    said = []
    if results.note:
        said.append(f"- {escape(results.note)}")
    tested = [r for r in results if r.analysis.method != labels.DESCRIBE]
    small = [r for r in tested if 0 < r.n < 30]
    if small:
        fewest = min(r.n for r in small)
        said.append(
            f"- {several(len(small), 'analysis uses', 'analyses use').capitalize()} fewer than 30 rows "
            f"(the fewest: {fewest}); intervals that wide leave room for effects of quite different size."
        )
    alone = [r for r in tested if r.tested >= 0 and not r.analysis.family]
    if len(alone) > 1:
        said.append(f"- The p values of {several(len(alone), 'test')} are not adjusted for multiplicity.")
    for result in tested:
        if result.status != "ok":
            said.append(f"- {called(results, result)}: {escape(result.status)}. {escape(result.reason)}")
        said += [f"- {called(results, result)}: {escape(warning)}" for warning in result.warnings]
    return Blocks(["\n".join(dict.fromkeys(said)) or "The results record no warnings."])
