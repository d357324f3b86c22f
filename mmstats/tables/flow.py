"""The participant flow as a table."""

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.results import Results
from mmstats.tables.table import Column, Row, Spanner, Table


def flow_table(
    results: Results, *, id: str = "tbl-flow", caption: str = "From the data to the analysis set"
) -> Table:
    """Return what happened at each step, how many it removed, and how many were left, by group.

    Raises
    ------
    ReportError
        If the results have no flow.
    """
    if not results.flow:
        raise ReportError("These results have no participant flow.")
    terms = list(dict.fromkeys(term for step in results.flow for term in step.groups))
    rows = tuple(
        Row(
            {
                "reason": step.reason,
                "removed": fmt.count(step.removed) if step.removed else fmt.DASH,
                "kept": fmt.count(step.kept),
                **{f"level {term}": fmt.count(n) for term, n in step.groups.items()},
            }
        )
        for step in results.flow
    )
    columns = (
        Column("reason", "Step", "left"),
        Column("removed", "Removed", "right"),
        Column("kept", "Left", "right"),
        *(Column(f"level {term}", labels.level(results, results.group, term), "right") for term in terms),
    )
    left = Spanner("Left, by group", tuple(f"level {term}" for term in terms))
    return Table(id=id, columns=columns, rows=rows, spanners=(left,) if terms else (), caption=caption)
