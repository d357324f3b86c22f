"""How cohorts came together: the shared variables, people looked for twice, and two ways of pooling."""

from collections.abc import Iterator

from mmstats import labels
from mmstats.harmonised import without_rows
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import begun, several
from mmstats.results import Results
from mmstats.tables.harmonisation import harmonisation_table
from mmstats.tables.lookalikes import lookalikes_table
from mmstats.tables.stages import has_stages, stages_table

COHORT = "cohort"


def harmonisation(report: Report) -> Blocks:
    """Return how cohorts came to one dictionary; nothing for results that are not of cohorts."""
    return Blocks(_blocks(report.results) if report.results.harmonisation else ())


def _blocks(results: Results) -> Iterator[str | Float]:
    yield _cohorts(results)
    table = harmonisation_table(results)
    yield Float(table.id, escape(f"{table.caption}."), table)
    found = sum(one.found for one in results.lookalikes)
    dropped = sum(one.dropped for one in results.lookalikes)
    if results.lookalikes:
        some = several(found, "pair seems to be one person", "pairs seem to be one person each")
        out = several(dropped, "participant was", "participants were")
        yield (
            "Participants who are in two cohorts were looked for by their values, not by their identifiers, "
            f"which differ. {begun(some) if found else 'Nobody was found'}"
            f"{f', and {out} left out for it' if dropped else ''} (@tbl-lookalikes)."
        )
        table = lookalikes_table(results)
        yield Float(table.id, escape(f"{table.caption}."), table)
    if has_stages(results):
        yield (
            "Each coefficient was estimated in two stages (each cohort by itself, and then their average) "
            "and in one (a model of all participants, with intercepts and adjusters by cohort). Both are "
            "given the same participants; @tbl-stages says why they differ."
        )
        table = stages_table(results)
        yield Float(table.id, escape(f"{table.caption}."), table)


def _cohorts(results: Results) -> str:
    """Return which cohorts there are, and which of them share sums in place of rows."""
    names = dict.fromkeys(one.cohort for one in results.harmonisation)
    silent = without_rows(results.harmonisation)
    every = ", ".join(escape(labels.level(results, COHORT, name)) for name in names)
    said = (
        f"{begun(several(len(names), 'cohort was', 'cohorts were'))} pooled: {every}. @tbl-harmonisation "
        "shows how each came to the shared variables."
    )
    if silent:
        told = " and ".join(escape(labels.level(results, COHORT, name)) for name in silent)
        verb = "shares" if len(silent) == 1 else "share"
        said += f" {told} {verb} sums over participants in place of rows."
    return said
