"""A table at its own rows, several of each participant, with what is known of the participants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mmstats.derivation import declare, derived, with_derived
from mmstats.effect_variables import declare_effect, effect_names, effect_variables, with_effects
from mmstats.missing_counts import Missing, missing_counts
from mmstats.one_row import OneRow
from mmstats.plan import Derivation, EffectPlan, Plan, TablePlan
from mmstats.schema import CheckedTable, Schema, Variable


@dataclass(frozen=True)
class LongRows:
    """The analysis set of analyses at a table's own rows.

    Parameters
    ----------
    frame : DataFrame
        The table's rows of participants of the cohort, in the order of its key; one column per variable:
        the table's own, what its plan derives, and the cohort's. The unit is a column of text.
    reasons : DataFrame of str
        Of the same shape: why a value is missing, or empty.
    variables : mapping of str to Variable
    table, unit : str
        The table's name, and the variable that names the participant of a row.
    told, notes : tuple of str
        The variables of which analyses say why they are missing, and how effects of studies were had.
    lines : tuple of int
        The rows as a spreadsheet numbers them.
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    variables: Mapping[str, Variable]
    table: str
    unit: str
    told: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()

    def missing(self, names: Sequence[str], group: str) -> tuple[Missing, ...]:
        """Count the missing values of some variables in these rows, by reason and group."""
        return missing_counts(self.frame, self.reasons, names, group=group, rows=self.table)


@dataclass(frozen=True)
class LongTable:
    """A checked table with several rows per participant, and what its plan derives at them.

    Parameters
    ----------
    frame, reasons : DataFrame
        As checked, in the order of the key.
    variables : mapping of str to Variable
        Its own.
    table, unit : str
    derive : tuple of Derivation
    effects : tuple of EffectPlan
        Those at its rows.
    lines : tuple of int
        The rows as a spreadsheet numbers them.
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    variables: Mapping[str, Variable]
    table: str
    unit: str
    derive: tuple[Derivation, ...] = ()
    effects: tuple[EffectPlan, ...] = ()
    lines: tuple[int, ...] = ()

    @classmethod
    def of(
        cls, table: CheckedTable, plan: TablePlan, unit: str, effects: Sequence[EffectPlan] = ()
    ) -> "LongTable":
        """Return a checked table in the order of its key, whatever the order of the file."""
        order = table.frame.sort_values(list(table.schema.key), kind="stable").index
        frame, reasons = (part.loc[order].reset_index(drop=True) for part in (table.frame, table.reasons))
        own = tuple(effect for effect in effects if effect.rows == plan.name)
        lines = tuple(int(line) for line in order)
        return cls(frame, reasons, table.schema.variables, plan.name, unit, plan.derive, own, lines)

    @property
    def own(self) -> tuple[str, ...]:
        """The variables that are not the cohort's."""
        effects = (name for effect in self.effects for name in effect_names(effect))
        return (*self.variables, *(made.name for made in self.derive), *effects)

    def of_cohort(self, known: OneRow) -> LongRows:
        """Return the rows of the participants that are known, each with what is known of them.

        Parameters
        ----------
        known : OneRow
            One row per participant of the cohort. It has no variable of this table's names.
        """
        places = known.frame.index.get_indexer(pd.Index(self.frame[self.unit]))
        here = places >= 0
        frame, reasons = (
            pd.concat(
                [own[here].reset_index(drop=True), theirs.take(places[here]).reset_index(drop=True)], axis=1
            )
            for own, theirs in ((self.frame, known.frame), (self.reasons, known.reasons))
        )
        variables = {**self.variables, **known.variables}
        for made in self.derive:
            frame, reasons = with_derived(made, frame, reasons)
            variables[made.name] = derived(made)
        told: list[str] = []
        notes: list[str] = []
        for effect in self.effects:
            found = with_effects(effect, frame, reasons, variables)
            frame, reasons = found.frame, found.reasons
            variables |= effect_variables(effect)
            told += effect_names(effect)
            notes += found.notes
        lines = tuple(line for line, kept in zip(self.lines, here, strict=True) if kept)
        return LongRows(frame, reasons, variables, self.table, self.unit, tuple(told), tuple(notes), lines)

    def notes(self, known: OneRow, called: str) -> tuple[str, ...]:
        """Return how much of the table is of the cohort and the other way round, and how effects were had."""
        rows = self.of_cohort(known)
        some = (
            f"{len(rows.frame)} of {len(self.frame)} rows in {self.table} are of the analysis set; "
            f"{rows.frame[self.unit].nunique()} of its {len(known.frame)} {called} have one or more"
        )
        return (some, *rows.notes)


def declared_rows(
    plan: Plan,
    schemas: Mapping[str, Schema],
    cohort: Mapping[str, Variable],
    problems: list[str],
) -> dict[str, dict[str, Variable]]:
    """Return the variables at each table's own rows, before data are read; what is wrong goes to `problems`.

    Parameters
    ----------
    plan : Plan
    schemas : mapping of str to Schema
        The dictionary of each of the plan's tables that has one. If one is lacking, names cannot be checked.
    cohort : mapping of str to Variable
        The cohort's variables.
    problems : list of str
        Where problems go.
    """
    unit = plan.cohort.unit
    complete = all(table.name in schemas for table in plan.tables)
    rows: dict[str, dict[str, Variable]] = {}
    for table in plan.tables:
        schema = schemas.get(table.name)
        if schema is None or unit not in schema.variables:  # which is told already
            continue
        asking = [analysis.id for analysis in plan.analyses if analysis.rows == table.name]
        variables = rows[table.name] = {**schema.variables, **cohort}
        if schema.key == (unit,):
            problems += [
                f"In analysis {name!r}: table {table.name!r} has one row per {unit}, so rows = "
                f"{table.name!r} is needless: leave it out."
                for name in asking
            ]
            problems += [
                f"In [effects.{effect.name}]: table {table.name!r} has one row per {unit}, so rows = "
                f"{table.name!r} is needless: leave it out."
                for effect in plan.effects
                if effect.rows == table.name
            ]
            if table.derive:
                problems.append(
                    f"In [tables.{table.name}.derive]: this table has one row per {unit}; derive in "
                    "[cohort.derive] instead."
                )
            continue
        if table.derive and not asking:
            problems.append(
                f"In [tables.{table.name}.derive]: what is derived there is there for analyses with "
                f"rows = {table.name!r}, and there is none."
            )
        effects = [effect for effect in plan.effects if effect.rows == table.name]
        problems += [
            f"In [effects.{effect.name}]: what is made at the rows of {table.name!r} is there for analyses "
            f"with rows = {table.name!r}, and there is none."
            for effect in effects
            if not asking
        ]
        clash = [name for name in schema.variables if name in cohort]
        if asking and clash:
            problems.append(
                f"In [tables.{table.name}], whose rows are analysed (rows = {table.name!r}): "
                f"{', '.join(map(repr, clash))} {'is' if len(clash) == 1 else 'are'} in this table and in "
                "the cohort too, and no row can have both. Give one of them another name: a column in its "
                "dictionary (its 'heading' stays the file's), a summary or derived variable in the plan."
            )
        for made in table.derive:
            declare(made, f"[tables.{table.name}.derive]", variables, problems, complete=complete)
        for effect in effects:
            declare_effect(effect, variables, problems, complete=complete)
    return rows
