"""The analysis set: one row per participant, what its columns mean, and who left it and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from mmstats import expression
from mmstats.derivation import declare, derived, with_derived
from mmstats.effect_variables import declare_effect, effect_names, effect_variables, with_effects
from mmstats.errors import CohortError, unknown
from mmstats.kind import Kind
from mmstats.long_rows import LongRows, LongTable
from mmstats.missing_counts import Missing, missing_counts
from mmstats.one_row import OneRow, condition_problems, declared, one_row
from mmstats.plan import PARTICIPANTS, Derivation, EffectPlan, Exclusion, Plan, TablePlan
from mmstats.schema import CheckedTable, Schema, Variable


@dataclass(frozen=True)
class Step:
    """One line of the participant flow.

    Parameters
    ----------
    reason : str
        What happened: a table was read, participants were excluded, an analysis set was made.
    kept, removed : int
        Participants after the step, and those it removed.
    groups : mapping of str to int
        Participants after the step, by level of the grouping variable.
    """

    reason: str
    kept: int
    removed: int = 0
    groups: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Cohort:
    """An immutable analysis set; every change returns a new one.

    Parameters
    ----------
    frame : DataFrame
        Indexed by participant, sorted; one column per variable.
    reasons : DataFrame of str
        Of the same shape: why a value is missing, or empty.
    variables : mapping of str to Variable
    group : str
        The grouping variable of the flow, or empty.
    flow : tuple of Step
    notes : tuple of str
        What scoring had to say, and how effects of studies were had.
    tables : mapping of str to LongTable
        The tables that analyses take at their own rows.
    told : tuple of str
        The variables of which analyses say why they are missing.
    called : str
        The word for several of them.
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    variables: Mapping[str, Variable]
    group: str = ""
    flow: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    tables: Mapping[str, LongTable] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    called: str = PARTICIPANTS

    @classmethod
    def of(cls, part: OneRow, *, title: str, group: str = "", called: str = PARTICIPANTS) -> "Cohort":
        """Start from one table."""
        start = cls(
            part.frame.sort_index(),
            part.reasons.sort_index(),
            part.variables,
            group,
            (),
            part.notes,
            called=called,
        )
        return start._stepped(f"In {title}", removed=0)

    def join(self, part: OneRow, *, title: str) -> "Cohort":
        """Add another table's variables to each participant; rows are never added or lost.

        A variable that is there already is kept as it is (tables are checked to agree on it).
        Participants without a row get missing values, with that as their reason.
        """
        new = {name: variable for name, variable in part.variables.items() if name not in self.variables}
        units = self.frame.index
        reasons = part.reasons[list(new)].reindex(units, fill_value=f"no row in {title}")
        added = self.frame.join(part.frame[list(new)], validate="one_to_one")
        unused = len(part.frame.index.difference(units))
        notes = (
            (f"{unused} in {title} have no row in the first table and are not analysed",) if unused else ()
        )
        return replace(
            self,
            frame=added,
            reasons=self.reasons.join(reasons),
            variables={**self.variables, **new},
            notes=(*self.notes, *part.notes, *notes),
        )

    def derive(self, made: Derivation) -> "Cohort":
        """Add a variable made from others; where one of them is missing, so may it be."""
        frame, reasons = with_derived(made, self.frame, self.reasons)
        return replace(
            self, frame=frame, reasons=reasons, variables={**self.variables, made.name: derived(made)}
        )

    def exclude(self, exclusion: Exclusion) -> "Cohort":
        """Drop the participants for whom a condition holds, recording why.

        Where the condition cannot be told, because a value is missing, the participant is kept and
        the flow says how many there were.
        """
        holds = expression.parse(exclusion.where).evaluate(self.frame)
        untold = int(holds.isna().sum())
        out = holds.fillna(False).astype(bool)
        reason = exclusion.reason + (f" ({untold} cannot be told and stay)" if untold else "")
        kept = replace(self, frame=self.frame[~out], reasons=self.reasons[~out])
        return kept._stepped(f"Excluded: {reason}", removed=int(out.sum()))

    def effects(self, made: EffectPlan) -> "Cohort":
        """Add the effects of studies, of which each row is one."""
        found = with_effects(made, self.frame, self.reasons, self.variables)
        return replace(
            self,
            frame=found.frame,
            reasons=found.reasons,
            variables={**self.variables, **effect_variables(made)},
            notes=(*self.notes, *found.notes),
            told=(*self.told, *effect_names(made)),
        )

    def missing(self) -> tuple[Missing, ...]:
        """Count the missing values of each variable, by reason and group."""
        return missing_counts(self.frame, self.reasons, self.variables, group=self.group)

    def at_rows(self, table: str) -> LongRows:
        """Return a table's own rows of these participants, each with what is known of its participant."""
        return self.tables[table].of_cohort(OneRow(self.frame, self.reasons, self.variables))

    def _stepped(self, reason: str, *, removed: int) -> "Cohort":
        groups: dict[str, int] = {}
        if self.group:
            counts = self.frame[self.group].value_counts(sort=False)
            groups = {str(level): int(counts[level]) for level in self.frame[self.group].cat.categories}
        return replace(self, flow=(*self.flow, Step(reason, len(self.frame), removed, groups)))


def declared_variables(plan: Plan, schemas: Mapping[str, Schema], problems: list[str]) -> dict[str, Variable]:
    """Return every variable the cohort will have, before data are read; what is wrong goes to `problems`.

    Parameters
    ----------
    plan : Plan
    schemas : mapping of str to Schema
        The dictionary of each of the plan's tables that has one. If one is lacking, names cannot be checked.
    problems : list of str
        Where problems go.
    """
    unit = plan.cohort.unit
    variables: dict[str, Variable] = {}
    tables = [table for table in plan.tables if table.name in schemas]
    long = {analysis.rows for analysis in plan.analyses}
    known = variables if len(tables) == len(plan.tables) else None
    for table in tables:
        if table is plan.tables[0] and schemas[table.name].key != (unit,):
            key = ", ".join(schemas[table.name].key)
            problems.append(
                f"The first table, {table.name!r}, decides who is in the study: its dictionary must have "
                f"the key {unit!r} alone, but it has {key}. List another table first."
            )
        at_rows = table.name in long
        found = declared(table, schemas[table.name], unit, problems, at_rows=at_rows)
        for name, variable in found.items():
            earlier = variables.setdefault(name, variable)
            if (earlier.kind, set(earlier.levels)) != (variable.kind, set(variable.levels)):
                problems.append(
                    f"In [tables.{table.name}], {name!r} is not the same variable as in an earlier table."
                )
    for made in plan.cohort.derive:
        declare(made, "[cohort.derive]", variables, problems, complete=known is not None)
    made_later = {name for effect in plan.effects for name in effect_names(effect)}
    for position, exclusion in enumerate(plan.cohort.exclude, 1):
        wrong = condition_problems(exclusion.where, known)
        if wrong and not condition_problems(exclusion.where, None):
            later = [name for name in expression.parse(exclusion.where).names if name in made_later]
            wrong = [
                f"{name!r} is made of the studies that are left after exclusions: use it in "
                "'where' of analyses."
                for name in later
            ] or wrong
        problems += [f"In [cohort] exclude number {position}: {text}" for text in wrong]
    for effect in plan.effects:
        if not effect.rows:
            declare_effect(effect, variables, problems, complete=known is not None)
    group = plan.cohort.group
    if group and group not in variables and known is not None:
        problems.append(f"In [cohort]: {unknown(group, variables, what='group')}")
    elif group in variables and variables[group].kind not in Kind.CATEGORICAL:
        problems.append(
            f"In [cohort], the group is a variable with levels, but {group!r} is {variables[group].kind}."
        )
    return variables


def assemble(plan: Plan, tables: Sequence[tuple[TablePlan, CheckedTable]]) -> Cohort:
    """Join the tables, derive variables, exclude participants and make effects, as a checked plan says.

    Tables that analyses take at their own rows are kept beside what is joined.

    Raises
    ------
    CohortError
        If nobody is left.
    """
    parts = [(table, one_row(checked, table, plan.cohort.unit)) for table, checked in tables]
    (first, part), *others = parts
    cohort = Cohort.of(part, title=first.name, group=plan.cohort.group, called=plan.cohort.called)
    for table, part in others:
        cohort = cohort.join(part, title=table.name)
    for made in plan.cohort.derive:
        cohort = cohort.derive(made)
    for exclusion in plan.cohort.exclude:
        cohort = cohort.exclude(exclusion)
    if cohort.frame.empty:
        steps = "; ".join(f"{step.reason}: {step.kept} left" for step in cohort.flow)
        raise CohortError(f"Nobody is left to analyse. {steps}.")
    for effect in plan.effects:
        if not effect.rows:
            cohort = cohort.effects(effect)
    known = OneRow(cohort.frame, cohort.reasons, cohort.variables)
    asked = {analysis.rows for analysis in plan.analyses}
    kept = {
        table.name: LongTable.of(checked, table, plan.cohort.unit, plan.effects)
        for table, checked in tables
        if table.name in asked
    }
    notes = (note for table in kept.values() for note in table.notes(known, plan.cohort.called))
    return replace(cohort, tables=kept, notes=(*cohort.notes, *notes))
