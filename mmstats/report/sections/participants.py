"""Who was studied: the participant flow and Table 1."""

from collections.abc import Iterator

from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.saved_values import Report
from mmstats.report.sections.notice import participants_in_words


def participants(report: Report) -> Blocks:
    """Return the flow and the characteristics of the participants."""
    return Blocks(_blocks(report))


def _blocks(report: Report) -> Iterator[str | Float]:
    from mmstats.figures.flow import flow_figure
    from mmstats.tables.table_one import table_one

    results = report.results
    described = any(
        r.analysis.method == labels.DESCRIBE and r.estimates and not r.analysis.rows for r in results
    )
    drawn = any(step.removed for step in results.flow)
    said = [participants_in_words(report)]
    said += ["@fig-flow shows how they were chosen."] if drawn else []
    said += ["@tbl-participants describes them."] if described else []
    yield " ".join(filter(None, said))
    if drawn:
        yield Float(
            "fig-flow", "Participants, from the tables read to the analysis set.", flow_figure(results)
        )
    if described:
        table = table_one(results, style=report.style)
        yield Float("tbl-participants", escape(table.caption) + ".", table)
