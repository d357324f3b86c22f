"""What every report says first: which study, and what its readers must know."""

from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import called, family_name, several
from mmstats.results import Result


def notice(report: Report) -> Blocks:
    """Return the study's title, and its notice if it has one."""
    results = report.results
    blocks = [f"**{escape(results.title)}**"]
    if results.note:
        blocks.append(f"::: {{.callout-important}}\n## Please note\n\n{escape(results.note)}\n:::")
    return Blocks(blocks)


def summary(report: Report) -> Blocks:
    """Return the study in a few sentences: participants, and each family's results."""
    results = report.results
    said = []
    if results.flow:
        last = results.flow[-1]
        groups = _groups(report)
        said.append(
            f"The analysis set has {several(last.kept, 'participant')}{f' ({groups})' if groups else ''}."
        )
    tests = [r for _, members in report.families() for r in members if r.tested >= 0]
    below = [r for r in tests if (r.p_adjusted if r.p_adjusted == r.p_adjusted else _p(r)) < 0.05]
    if tests:
        number = several(len(tests), "test")
        said.append(
            f"Of {number}, {several(len(below), 'p value is', 'p values are')} below .05 "
            "after the adjustment that applies to each."
        )
    blocks = [" ".join(said)]
    name, members = next(report.families(), ("", []))
    if name:
        blocks.append(f"Of the family *{escape(family_name(name).lower())}*:")
        blocks.append(
            "\n".join(f"- {called(results, r)}: {escape(report.text(r.analysis.id))}." for r in members)
        )
    return Blocks(blocks)


def _p(result: Result) -> float:
    return float(result.estimates[result.tested].p_value)


def _groups(report: Report) -> str:
    results = report.results
    counts = results.flow[-1].groups
    return ", ".join(
        f"{escape(labels.level(results, results.group, name))}: {n}" for name, n in counts.items()
    )
