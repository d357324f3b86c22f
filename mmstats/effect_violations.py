"""What is wrong with the material of studies: what cannot be, contradicts itself, or is there twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mmstats.cohort import assemble
from mmstats.effect_variables import computed_effects, numbered, study_names
from mmstats.errors import CohortError
from mmstats.meta.problems import repeated
from mmstats.meta.problems.repeated import plain as unpunctuated
from mmstats.plan import EffectPlan, Plan, TablePlan
from mmstats.schema import CheckedTable, Variable
from mmstats.schema.describing import plain
from mmstats.violation import Violation, ordered

Tables = Sequence[tuple[TablePlan, CheckedTable]]
Columns = tuple[str, ...]


def effect_violations(plan: Plan, tables: Tables) -> list[Violation]:
    """Return what is wrong with the material of the studies that are analysed.

    Parameters
    ----------
    plan : Plan
        In whose variables nothing is wrong.
    tables : sequence of (TablePlan, CheckedTable)
        All of the plan's.

    Returns
    -------
    list of Violation
        ``effect-material``: a number that cannot be, or numbers that contradict each other. ``same-study``: a
        study, or all of its numbers, are there twice. What a study lacks is neither: its effect is missing.
    """
    asked = {"", *(analysis.rows for analysis in plan.analyses)}
    plan = replace(plan, effects=tuple(made for made in plan.effects if made.measure and made.rows in asked))
    try:
        cohort = assemble(plan, tables)
    except CohortError:  # nobody is left, as the run says
        return []
    found: list[Violation] = []
    checked = {table.name: one for table, one in tables}
    for made in plan.effects:
        if made.rows:
            rows = cohort.at_rows(made.rows)
            lines = dict(zip(rows.frame.index, rows.lines, strict=True))
            units = dict(zip(rows.frame.index, rows.frame[rows.unit], strict=True))
            places = _Places(plan.cohort.unit, checked, made.rows, units, lines)
            found += _of_effect(made, rows.frame, rows.variables, places)
        else:
            units = dict(zip(cohort.frame.index, cohort.frame.index, strict=True))
            places = _Places(plan.cohort.unit, checked, "", units, {})
            found += _of_effect(made, cohort.frame, cohort.variables, places)
    return list(ordered(found))


class _Places:
    """Where the values of a row stand in the tables.

    Parameters
    ----------
    unit : str
    tables : mapping of str to CheckedTable
    rows : str
        The table whose rows are taken, or empty.
    units : mapping
        The participant of each row.
    lines : mapping
        The row of each in that table, as a spreadsheet numbers it.
    """

    def __init__(
        self,
        unit: str,
        tables: Mapping[str, CheckedTable],
        rows: str,
        units: Mapping[object, object],
        lines: Mapping[object, int],
    ) -> None:
        self.rows, self.units, self.lines = rows, units, lines
        self.first = next(iter(tables.values()))
        own = [tables[rows]] if rows else []
        self.tables = [*own, *(table for table in tables.values() if table.schema.key == (unit,))]
        self.known = {
            table.name: dict(zip(table.frame[unit], table.frame.index, strict=True)) for table in self.tables
        }

    def of(self, variables: Sequence[str], row: object) -> tuple[CheckedTable, int, list[str]]:
        """Return the table that has the first of these variables, the row in it, and those that it has."""
        for table in self.tables:
            there = [name for name in variables if name in table.schema.variables]
            line = self.line(table, row)
            if there and line is not None:
                return table, line, there
        table = self.tables[0] if self.tables else self.first
        return table, self.line(table, row) or 0, []

    def line(self, table: CheckedTable, row: object) -> int | None:
        """Return the row of a table that a row's values come from."""
        if table.name == self.rows:
            return self.lines[row]
        found = self.known[table.name].get(self.units[row])
        return None if found is None else int(found)


def _of_effect(
    made: EffectPlan, frame: pd.DataFrame, variables: Mapping[str, Variable], places: _Places
) -> Iterator[Violation]:
    studies = study_names(made, frame, variables)
    shown = numbered(studies)
    for row, study, faults in zip(frame.index, shown, computed_effects(made, frame).faults, strict=True):
        for columns, text in faults:
            yield _violation(
                made, frame, row, columns, f"{study or 'a study without a name'}: {text}", places
            )
    for at, columns, text in _twice(made, frame, studies, places):
        yield _violation(made, frame, frame.index[at], columns, text, places, rule="same-study")


def _twice(
    made: EffectPlan, frame: pd.DataFrame, studies: Sequence[str], places: _Places
) -> Iterator[tuple[int, Columns, str]]:
    """Yield rows without a study, and those whose study or numbers stand in an earlier one."""
    for at, study in enumerate(studies):
        if not study:
            yield at, ("study",), "The study has no name."
    columns = [name for name, value in made.columns.items() if value in frame and name != "direction"]
    numbers = [
        {name: float(frame[made.columns[name]].iloc[at]) for name in columns} for at in range(len(frame))
    ]
    lines = [places.of([made.study], row)[1] for row in frame.index]
    if made.rows:
        yield from _names_of_two(studies, [places.units[row] for row in frame.index])
    for problem in repeated(studies, numbers, lines):
        if problem.columns == ("study",) and made.rows:
            continue  # several effects of a study are what these rows are for, but see below
        yield problem.row - 1, problem.columns, f"{problem.study}: {problem.text}"


def _names_of_two(studies: Sequence[str], units: Sequence[object]) -> Iterator[tuple[int, Columns, str]]:
    """Yield the first row of each unit whose study has the name of another unit's."""
    first: dict[str, int] = {}
    told = set()
    for at, (study, unit) in enumerate(zip(studies, units, strict=True)):
        before = first.setdefault(unpunctuated(study), at)
        if study and unit != units[before] and unit not in told:
            told.add(unit)
            yield (
                at,
                ("study",),
                f"{study}: The same study is {units[before]}, as '{studies[before]}'. "
                "Name its parts apart, or remove one.",
            )


def _violation(
    made: EffectPlan,
    frame: pd.DataFrame,
    row: object,
    columns: Columns,
    text: str,
    places: _Places,
    *,
    rule: str = "effect-material",
) -> Violation:
    named = [made.study if name == "study" else made.columns.get(name) for name in columns]
    used = [name for name in named if isinstance(name, str)]
    table, line, there = places.of(used, row)
    headings = tuple(dict.fromkeys(table.schema.variables[name].column for name in there))
    about = "" if columns == ("study",) else f"[effects.{made.name}] "  # a name is that of all effects
    value = table.frame.at[line, there[0]] if len(headings) == 1 else ""
    return Violation(
        table=table.name,
        row=line,
        column=headings[0] if len(headings) == 1 else "",
        columns=headings if len(headings) > 1 else (),
        key=table.key_of(line),
        value=plain(value) if isinstance(value, float) and np.isfinite(value) else _text(value),
        rule=rule,
        message=f"{about}{text}",
    )


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]
