"""Coefficients of cohorts in two stages and in one, side by side."""

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.results import Result, Results
from mmstats.tables.table import Cell, Column, Row, Spanner, Table

ONE_STAGE = "one-stage"
EFFECTS = ("effect", "effect_ratio")


def has_stages(results: Results) -> bool:
    """Return whether any analysis was pooled in one stage beside two."""
    return any(_effect(result, ONE_STAGE) for result in results)


def stages_table(
    results: Results, *, id: str = "tbl-stages", caption: str = "Two stages and one, side by side"
) -> Table:
    """Return each pooled coefficient in two stages and in one, with the reasons for differences as footnotes.

    Raises
    ------
    ReportError
        If no analysis was pooled in both ways.
    """
    rows = []
    for result in results:
        one, two = _effect(result, ONE_STAGE), _effect(result, "")
        if one is None or two is None:
            continue
        rows.append(
            Row(
                {
                    "name": labels.analysis(results, result),
                    "cohorts": fmt.count(sum(e.quantity.name == "study_weight" for e in result.estimates)),
                    "n": fmt.count(two.n),
                    "two": fmt.with_interval(two),
                    "two_sd": _spread(result, ""),
                    "one": Cell(fmt.with_interval(one), (one.note,) if one.note else ()),
                    "one_sd": _spread(result, ONE_STAGE),
                }
            )
        )
    if not rows:
        raise ReportError("In these results nothing is pooled in two stages and in one.")
    columns = (
        Column("name", "Coefficient", "left"),
        Column("cohorts", "Cohorts", "right"),
        Column("n", "n", "right"),
        Column("two", "Estimate [95% CI]"),
        Column("two_sd", "SD between cohorts", "right"),
        Column("one", "Estimate [95% CI]"),
        Column("one_sd", "SD between cohorts", "right"),
    )
    spanners = (Spanner("Two stages", ("two", "two_sd")), Spanner("One stage", ("one", "one_sd")))
    return Table(id=id, columns=columns, rows=tuple(rows), spanners=spanners, caption=caption)


def _effect(result: Result, term: str) -> Estimate | None:
    return next((e for e in result.estimates if e.quantity.name in EFFECTS and e.term == term), None)


def _spread(result: Result, term: str) -> str:
    found = next((e for e in result.estimates if e.quantity.name == "tau" and e.term == term), None)
    return fmt.DASH if found is None else fmt.number(found.estimate, fmt.decimals_for(found.estimate))
