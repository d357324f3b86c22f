"""Which values are missing, and why."""

from mmstats import format as fmt
from mmstats import labels
from mmstats.harmonised import without_rows
from mmstats.results import Results
from mmstats.tables.table import Column, Row, Table


def missing_table(
    results: Results, *, id: str = "tbl-missing", caption: str = "Missing values in the analysis set"
) -> Table:
    """Return how many values of each analysed variable are missing, by reason and group.

    A table of one line says so when none is missing.

    Examples
    --------
    >>> print(missing_table(Results(title="A complete study", items=())).to_csv())
    "Variable","Reason","n"
    "No value is missing.","","0"
    """
    missing = [found for found in results.missing if found.variable in results.variables]
    terms = list(dict.fromkeys(found.group for found in missing))
    if results.group:
        known = labels.levels(results, results.group)
        terms = [*known, *(term for term in terms if term not in known)]
    pairs = dict.fromkeys((found.rows, found.variable, found.reason) for found in missing)
    counts = {(found.rows, found.variable, found.reason, found.group): found.n for found in missing}
    silent = without_rows(results.harmonisation)
    rows = []
    last = ("", "")
    for table, variable, reason in pairs:
        by_group = {term: counts.get((table, variable, reason, term), 0) for term in terms}
        of = f" (rows of {table})" if table else ""
        rows.append(
            Row(
                {
                    "variable": labels.label(results, variable) + of if (table, variable) != last else "",
                    "reason": reason,
                    **{
                        f"level {term}": fmt.DASH if term in silent else fmt.count(n)
                        for term, n in by_group.items()
                    },
                    "n": fmt.count(sum(by_group.values())),
                }
            )
        )
        last = (table, variable)
    if not rows:
        terms, rows = [], [Row({"variable": "No value is missing.", "n": fmt.count(0)})]
    shown = [term for term in terms if results.group]
    return Table(
        id=id,
        columns=(
            Column("variable", "Variable", "left"),
            Column("reason", "Reason", "left"),
            *(Column(f"level {term}", _heading(results, term), "right") for term in shown),
            Column("n", "n" if not shown else "All", "right"),
        ),
        rows=tuple(
            Row({k: c for k, c in row.cells.items() if shown or not k.startswith("level ")}) for row in rows
        ),
        caption=caption,
        notes=(f"{fmt.DASH}: the cohort shares sums, and no rows.",) if silent and shown else (),
    )


def _heading(results: Results, term: str) -> str:
    return labels.level(results, results.group, term) if term else "No group"
