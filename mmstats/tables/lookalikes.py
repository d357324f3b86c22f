"""Whom a pooling of cohorts found in two of them, as a table."""

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.results import Results
from mmstats.tables.table import Column, Row, Table

COHORT = "cohort"


def lookalikes_table(
    results: Results, *, id: str = "tbl-lookalikes", caption: str = "Participants looked for in two cohorts"
) -> Table:
    """Return, for each two cohorts, what was compared, how many seem to be in both, and what was done.

    Raises
    ------
    ReportError
        If the results are not of a pooling of cohorts.

    Examples
    --------
    >>> from mmstats.harmonised import Lookalikes
    >>> search = Lookalikes(first="lyon", second="bern", compared=("age", "examined"))
    >>> print(lookalikes_table(Results(title="Two cohorts", items=(), lookalikes=(search,))).to_csv())
    "Cohorts","Compared","In both","Left out","Why"
    "lyon and bern","age, examined","0","0","–"
    """
    if not results.lookalikes:
        raise ReportError("In these results nobody was looked for in two cohorts.")
    rows = []
    for one in results.lookalikes:
        pair = " and ".join(labels.level(results, COHORT, name) for name in (one.first, one.second))
        looked = bool(one.compared)
        rows.append(
            Row(
                {
                    "pair": pair,
                    "compared": ", ".join(labels.label(results, name) for name in one.compared) or fmt.DASH,
                    "found": fmt.count(one.found) if looked else fmt.DASH,
                    "dropped": fmt.count(one.dropped) if looked else fmt.DASH,
                    "reason": one.reason or fmt.DASH,
                }
            )
        )
    columns = (
        Column("pair", "Cohorts", "left"),
        Column("compared", "Compared", "left"),
        Column("found", "In both", "right"),
        Column("dropped", "Left out", "right"),
        Column("reason", "Why", "left"),
    )
    return Table(id=id, columns=columns, rows=tuple(rows), caption=caption)
