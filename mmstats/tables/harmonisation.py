"""How the cohorts of a pooling came to one dictionary, as a table."""

from collections.abc import Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.harmonised import Harmonised
from mmstats.results import Results
from mmstats.tables.table import Column, Row, Table

COHORT = "cohort"


def harmonisation_table(
    results: Results,
    *,
    id: str = "tbl-harmonisation",
    caption: str = "How each cohort came to the shared variables",
) -> Table:
    """Return, for each shared variable, each cohort's own, how it was converted, and who has a value.

    Raises
    ------
    ReportError
        If the results are not of a pooling of cohorts.

    Examples
    --------
    >>> age = Harmonised(variable="age", cohort="lyon", source="âge (mois)", unit="months", n=66, missing=1,
    ...                  conversion="months to years: times 0.0833333")
    >>> print(harmonisation_table(Results(title="Three cohorts", items=(), harmonisation=(age,))).to_csv())
    "Variable and cohort","From","Instrument","Conversion","n","Missing"
    "age","","","","",""
    "  lyon","âge (mois), months","–","months to years: times 0.0833333","66","1"
    """
    if not results.harmonisation:
        raise ReportError("These results are not of cohorts that were brought to one dictionary.")
    rows = []
    by_variable: dict[str, list[Harmonised]] = {}
    for one in results.harmonisation:
        by_variable.setdefault(one.variable, []).append(one)
    for variable, found in by_variable.items():
        rows.append(Row({"name": labels.with_unit(results, variable)}, heading=True))
        rows += [_row(results, one) for one in found]
    columns = (
        Column("name", "Variable and cohort", "left"),
        Column("source", "From", "left"),
        Column("instrument", "Instrument", "left"),
        Column("conversion", "Conversion", "left"),
        Column("n", "n", "right"),
        Column("missing", "Missing", "right"),
    )
    return Table(
        id=id, columns=columns, rows=tuple(rows), caption=caption, notes=tuple(_notes(results.harmonisation))
    )


def _row(results: Results, one: Harmonised) -> Row:
    shares = one.n >= 0
    return Row(
        {
            "name": labels.level(results, COHORT, one.cohort),
            "source": ", ".join(filter(None, (one.source, one.unit))) or fmt.DASH,
            "instrument": one.instrument or fmt.DASH,
            "conversion": f"not available: {one.absent}" if one.absent else one.conversion or "as it is",
            "n": fmt.count(one.n) if shares else fmt.DASH,
            "missing": fmt.count(one.missing) if shares else fmt.DASH,
        },
        indent=1,
    )


def _notes(rows: Sequence[Harmonised]) -> list[str]:
    if any(one.n < 0 and not one.absent for one in rows):
        return [f"{fmt.DASH} in the columns of counts: the cohort shares sums, and no rows."]
    return []
