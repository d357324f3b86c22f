"""What every report says first: what its readers must know, and the study in short."""

from mmstats import format as fmt
from mmstats import labels
from mmstats.plan import PARTICIPANTS
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks
from mmstats.report.saved_values import TESTS, Report, begun_small
from mmstats.report.sections.findings import FEW
from mmstats.report.sections.wording import begun, called, direction, several
from mmstats.results import Result


def notice(report: Report) -> Blocks:
    """Return the study's notice, if it has one."""
    note = report.results.note
    return Blocks([f"::: {{.callout-important}}\n## Please note\n\n{escape(note)}\n:::" if note else ""])


def summary(report: Report) -> Blocks:
    """Return the study in short: participants, and the tested estimates of each small family."""
    results = report.results
    small = [(name, members) for name, members in report.families() if name and len(members) <= FEW]
    lines = []
    for name, members in small:
        condition = labels.shared_condition(results, members)
        some = f" ({escape(condition)})" if condition else ""
        told = "; ".join(_short(report, result) for result in members)
        lines.append(f"- **{escape(labels.family(results, name))}**{some}: {told}.")
    large = [name for name, members in report.families() if name and len(members) > FEW]
    further = sum(len(members) for name, members in report.families() if not name)
    rest = [f"*{escape(labels.family(results, name))}*" for name in large]
    rest += [several(further, "further analysis", "further analyses")] if further else []
    end = f"The results also have {'; '.join(rest)}." if rest else ""
    ways = direction(results, [r for _, members in small for r in members])
    caution = "Estimates describe associations in this sample; their intervals show how uncertain they are."
    return Blocks(
        [participants_in_words(report), "\n".join(lines), " ".join(filter(None, (ways, end, caution)))]
    )


def participants_in_words(report: Report) -> str:
    """Return how many were analysed, by group, and who was left out and why."""
    results = report.results
    if not results.flow:
        return ""
    last = results.flow[-1]
    groups = ", ".join(
        f"{escape(labels.level(results, results.group, name))}: {fmt.count(n)}"
        for name, n in last.groups.items()
    )
    if results.called == PARTICIPANTS:
        said = begun(several(last.kept, "participant was", "participants were"))
    else:
        said = f"Of the {escape(results.called)}, {several(last.kept, 'was', 'were')}"
    said += f" analysed{f' ({groups})' if groups else ''}."
    left = [step for step in results.flow if step.removed]
    if left:
        why = "; ".join(f"{escape(step.reason.removeprefix('Excluded: '))}: {step.removed}" for step in left)
        total = sum(step.removed for step in left)
        said += f" Of {fmt.count(last.kept + total)}, {several(total, 'was', 'were')} excluded ({why})."
    return said


def _short(report: Report, result: Result) -> str:
    name = called(report.results, result, where=False)
    if not result.estimates:
        return f"{name}: {escape(result.status)}"
    e = result.estimate()
    told = f"{begun_small(e.quantity.label)} {fmt.with_interval(e)}"
    text = f"{name}, {escape(report.said(e) if e.quantity.name in TESTS else told)}"
    if result.p_adjusted == result.p_adjusted:
        text += f" (adjusted {escape(report.p_adjusted(result.analysis.id))})"
    return text
