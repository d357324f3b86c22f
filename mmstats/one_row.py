"""A table's rows become one row per participant: as they are, scored by an instrument, or summarised."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mmstats import expression
from mmstats.errors import MmstatsError, unknown
from mmstats.instruments import INSTRUMENTS
from mmstats.kind import Kind
from mmstats.plan import Summary, TablePlan
from mmstats.schema import CheckedTable, Schema, Variable


@dataclass(frozen=True)
class OneRow:
    """One row per participant.

    Parameters
    ----------
    frame : DataFrame
        Indexed by participant; one column per variable.
    reasons : DataFrame of str
        Of the same shape: why a value is missing, or empty.
    variables : mapping of str to Variable
    notes : tuple of str
        What scoring had to say, such as how many missing items it met.
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    variables: Mapping[str, Variable]
    notes: tuple[str, ...] = ()


def one_row(table: CheckedTable, plan: TablePlan, unit: str) -> OneRow:
    """Return `table` with one row per participant, as its part of the plan says.

    Where the plan only takes it at its own rows, that is nothing but who is in it.
    """
    parts = []
    if table.schema.key == (unit,):
        columns = [name for name in table.schema.variables if name != unit]
        keys = table.frame[unit].rename(unit)
        parts.append(
            OneRow(
                table.frame[columns].set_axis(keys, axis=0),
                table.reasons[columns].set_axis(keys, axis=0),
                {name: table.schema.variables[name] for name in columns},
            )
        )
    for scoring in plan.score:
        scored = INSTRUMENTS[scoring.instrument].score(table.frame, unit=unit, **scoring.options)
        parts.append(
            OneRow(scored.frame, _reasons(scored.frame, "not scored"), scored.variables, tuple(scored.notes))
        )
    for summary in plan.summarise:
        values = _summarise(table, summary, unit)
        reasons = _reasons(values.to_frame(), "no value to summarise")
        parts.append(OneRow(values.to_frame(), reasons, {summary.name: summarised(summary, table.schema)}))
    if not parts:
        nothing = pd.DataFrame(index=pd.Index(sorted(table.frame[unit].dropna().unique()), name=unit))
        return OneRow(nothing, nothing, {})
    return OneRow(
        pd.concat([part.frame for part in parts], axis=1),
        pd.concat([part.reasons for part in parts], axis=1).fillna(""),
        {name: variable for part in parts for name, variable in part.variables.items()},
        tuple(note for part in parts for note in part.notes),
    )


def declared(
    plan: TablePlan, schema: Schema, unit: str, problems: list[str], *, at_rows: bool = False
) -> dict[str, Variable]:
    """Return the variables `one_row` will give, before data are read; what is wrong goes to `problems`.

    Where analyses take the table's own rows (`at_rows`), nothing needs to become one row.
    """
    where = f"[tables.{plan.name}]"
    variables: dict[str, Variable] = {}
    if unit not in schema.variables:
        problems.append(f"In {where}: {unknown(unit, schema.variables, what='unit')}")
        return variables
    if schema.key == (unit,):
        variables |= {name: variable for name, variable in schema.variables.items() if name != unit}
    elif not plan.score and not plan.summarise and not at_rows:
        problems.append(
            f"In {where}, dictionary {schema.table!r} has several rows per {unit} (its key is "
            f"{', '.join(schema.key)}): say how they become one with 'score' or 'summarise', or give "
            f"analyses of the rows themselves rows = {plan.name!r}."
        )
    for scoring in plan.score:
        variables |= _scored(scoring.instrument, dict(scoring.options), schema, unit, where, problems)
    for summary in plan.summarise:
        here = f"In {where} summarise {summary.name!r}"
        if summary.value not in schema.variables:
            problems.append(f"{here}: {unknown(summary.value, schema.variables, what='variable')}")
            continue
        variable = schema.variables[summary.value]
        if variable.kind not in Kind.ORDERED or variable.levels:
            problems.append(f"{here}: only numbers are summarised, but {summary.value!r} is {variable.kind}.")
        problems += [f"{here}: {text}" for text in condition_problems(summary.where, schema.variables)]
        variables[summary.name] = summarised(summary, schema)
    return variables


def condition_problems(text: str, variables: Mapping[str, Variable] | None) -> list[str]:
    """Return what is wrong with a condition, which may be empty; without variables, with its grammar only."""
    if not text:
        return []
    try:
        parsed = expression.parse(text)
    except MmstatsError as failed:
        return [str(failed)]
    problems = [] if variables is None else parsed.problems(variables)
    if not problems and not parsed.is_condition:
        problems = [f"{text!r} is a number; a condition is needed, such as 'age >= 18'."]
    return problems


def summarised(summary: Summary, schema: Schema) -> Variable:
    """Return what a summary of a variable is."""
    source = schema.variables[summary.value]
    label = summary.label or f"{source.label} ({summary.by})"
    if summary.by in ("min", "max", "first"):
        return replace(source, name=summary.name, label=label, heading="", required=False, missing_codes={})
    kind = Kind.COUNT if summary.by == "count" else Kind.CONTINUOUS
    unit = "" if summary.by == "count" else source.unit
    return Variable(name=summary.name, kind=kind, label=label, unit=unit)


def _summarise(table: CheckedTable, summary: Summary, unit: str) -> pd.Series:
    frame = table.frame.sort_values(list(table.schema.key), kind="stable")
    units = pd.Index(sorted(frame[unit].unique()), name=unit)
    if summary.where:
        frame = frame[expression.parse(summary.where).evaluate(frame).fillna(False).astype(bool)]
    values = frame.dropna(subset=[summary.value]).groupby(unit, observed=True)[summary.value]
    made: pd.Series = values.agg(summary.by).reindex(units)
    if summary.by == "count":
        made = made.fillna(0.0)
    return made.astype(float).rename(summary.name)


def _scored(
    name: str, options: dict[str, Any], schema: Schema, unit: str, where: str, problems: list[str]
) -> dict[str, Variable]:
    if name not in INSTRUMENTS:
        problems.append(f"In {where}: {unknown(name, INSTRUMENTS, what='instrument')}")
        return {}
    instrument = INSTRUMENTS[name]
    found = list(instrument.problems(**options))
    if not found:
        columns = (unit, *instrument.columns(**options))
        found = [unknown(c, schema.variables, what="column") for c in columns if c not in schema.variables]
    problems += [f"In {where} score {name!r}: {text}" for text in found]
    if found:
        return {}
    empty = pd.DataFrame({column: pd.Series(dtype=float) for column in columns})
    return dict(instrument.score(empty, unit=unit, **options).variables)


def _reasons(frame: pd.DataFrame, reason: str) -> pd.DataFrame:
    return frame.isna().map(lambda missing: reason if missing else "")
