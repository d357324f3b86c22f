"""Who was studied: the participant flow and Table 1."""

from collections.abc import Iterator

from mmstats import format as fmt
from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import several
from mmstats.tables.table import Column, Row, Table


def participants(report: Report) -> Blocks:
    """Return the flow and the characteristics of the participants."""
    return Blocks(_blocks(report))


def flow_table(report: Report) -> Table:
    """Return the participant flow as a table: what happened, how many left, how many stayed."""
    results = report.results
    groups = list(dict.fromkeys(level for step in results.flow for level in step.groups))
    columns = [
        Column("reason", "Step", "left"),
        Column("removed", "Removed", "right"),
        Column("kept", "Kept", "right"),
    ]
    columns += [Column(f"level {g}", labels.level(results, results.group, g), "right") for g in groups]
    rows = [
        Row(
            {
                "reason": step.reason,
                "removed": fmt.count(step.removed) if step.removed else "",
                "kept": fmt.count(step.kept),
                **{f"level {g}": fmt.count(step.groups[g]) for g in groups if g in step.groups},
            }
        )
        for step in results.flow
    ]
    return Table(id="tbl-flow", columns=tuple(columns), rows=tuple(rows))


def _blocks(report: Report) -> Iterator[str | Float]:
    from mmstats.tables.table_one import table_one

    results = report.results
    described = any(r.analysis.method == labels.DESCRIBE and r.estimates for r in results)
    if results.flow:
        left = sum(step.removed for step in results.flow)
        text = f"The analysis set has {several(results.flow[-1].kept, 'participant')}"
        text += f"; {several(left, 'was', 'were')} left out" if left else ""
        more = " @tbl-participants describes them." if described else ""
        yield f"{text} (@fig-flow).{more}"
        yield from _flow(report)
    if described:
        table = table_one(results, style=report.style)
        yield Float("tbl-participants", escape(table.caption) + ".", table)
    for note in results.scoring:
        yield escape(note)


def _flow(report: Report) -> Iterator[Float]:
    from mmstats.figures.flow import flow_figure

    yield Float(
        "fig-flow", "Participants, from the tables read to the analysis set.", flow_figure(report.results)
    )
