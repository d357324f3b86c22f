"""The analysis set: one row per participant, what its columns mean, and who left it and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from mmstats import expression
from mmstats.errors import CohortError, MmstatsError, unknown
from mmstats.kind import Kind
from mmstats.one_row import OneRow, condition_problems, declared, one_row
from mmstats.plan import Derivation, Exclusion, Plan, TablePlan
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
class Missing:
    """How many values of a variable are missing in the analysis set, for one reason and group."""

    variable: str
    reason: str
    group: str
    n: int


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
        What scoring had to say.
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    variables: Mapping[str, Variable]
    group: str = ""
    flow: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, part: OneRow, *, title: str, group: str = "") -> "Cohort":
        """Start from one table."""
        start = cls(part.frame.sort_index(), part.reasons.sort_index(), part.variables, group, (), part.notes)
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
        values = expression.parse(made.value).evaluate(self.frame)
        variable = derived(made)
        if variable.kind is Kind.BINARY:
            words = values.map({True: "yes", False: "no"}, na_action="ignore").astype(object)
            values = pd.Series(pd.Categorical(words, categories=["no", "yes"]), index=values.index)
        reasons = values.isna().map({True: "made from a missing value", False: ""})
        return replace(
            self,
            frame=self.frame.assign(**{made.name: values}),
            reasons=self.reasons.assign(**{made.name: reasons}),
            variables={**self.variables, made.name: variable},
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

    def missing(self) -> tuple[Missing, ...]:
        """Count the missing values of each variable, by reason and group."""
        absences = {name: self.frame[name].isna() for name in self.variables}
        absences = {name: absent for name, absent in absences.items() if absent.to_numpy().any()}
        if not absences:
            return ()
        groups = self.frame[self.group] if self.group else pd.Series("", index=self.frame.index)
        found = []
        for name, absent in absences.items():
            reasons = self.reasons.loc[absent, name].replace("", "empty")
            counts = Counter(zip(reasons, groups[absent].astype(object).fillna("").astype(str), strict=True))
            found += [Missing(name, reason, group, n) for (reason, group), n in sorted(counts.items())]
        return tuple(found)

    def _stepped(self, reason: str, *, removed: int) -> "Cohort":
        groups: dict[str, int] = {}
        if self.group:
            counts = self.frame[self.group].value_counts(sort=False)
            groups = {str(level): int(counts[level]) for level in self.frame[self.group].cat.categories}
        return replace(self, flow=(*self.flow, Step(reason, len(self.frame), removed, groups)))


def derived(made: Derivation) -> Variable:
    """Return what a derived variable is: yes/no for a condition, a number otherwise."""
    label = made.label or made.name
    if expression.parse(made.value).is_condition:
        levels = dict(made.levels) or {"no": "No", "yes": "Yes"}
        return Variable(
            name=made.name, kind=Kind.BINARY, label=label, levels={k: levels[k] for k in ("no", "yes")}
        )
    return Variable(name=made.name, kind=Kind.CONTINUOUS, label=label, unit=made.unit)


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
    known = variables if len(tables) == len(plan.tables) else None
    for table in tables:
        if table is plan.tables[0] and schemas[table.name].key != (unit,):
            key = ", ".join(schemas[table.name].key)
            problems.append(
                f"The first table, {table.name!r}, decides who is in the study: its dictionary must have "
                f"the key {unit!r} alone, but it has {key}. List another table first."
            )
        for name, variable in declared(table, schemas[table.name], unit, problems).items():
            earlier = variables.setdefault(name, variable)
            if (earlier.kind, set(earlier.levels)) != (variable.kind, set(variable.levels)):
                problems.append(
                    f"In [tables.{table.name}], {name!r} is not the same variable as in an earlier table."
                )
    for made in plan.cohort.derive:
        where = f"In [cohort.derive] {made.name}"
        if not made.name.isidentifier():
            problems.append(f"{where}: a name holds letters, digits and '_' only, and starts with a letter.")
        if made.name in variables:
            problems.append(f"{where}: there is a variable of this name already; choose another.")
        try:
            parsed = expression.parse(made.value)
            found = [] if known is None else parsed.problems(variables)
        except MmstatsError as failed:
            problems.append(f"{where}: {failed}")
            continue
        problems += [f"{where}: {text}" for text in found]
        variables.setdefault(made.name, derived(made))
    for position, exclusion in enumerate(plan.cohort.exclude, 1):
        found = condition_problems(exclusion.where, known)
        problems += [f"In [cohort] exclude number {position}: {text}" for text in found]
    group = plan.cohort.group
    if group and group not in variables and known is not None:
        problems.append(f"In [cohort]: {unknown(group, variables, what='group')}")
    elif group in variables and variables[group].kind not in Kind.CATEGORICAL:
        problems.append(
            f"In [cohort], the group is a variable with levels, but {group!r} is {variables[group].kind}."
        )
    return variables


def assemble(plan: Plan, tables: Sequence[tuple[TablePlan, CheckedTable]]) -> Cohort:
    """Join the tables, derive variables and exclude participants, as a checked plan says.

    Raises
    ------
    CohortError
        If nobody is left.
    """
    parts = [(table, one_row(checked, table, plan.cohort.unit)) for table, checked in tables]
    (first, part), *others = parts
    cohort = Cohort.of(part, title=first.name, group=plan.cohort.group)
    for table, part in others:
        cohort = cohort.join(part, title=table.name)
    for made in plan.cohort.derive:
        cohort = cohort.derive(made)
    for exclusion in plan.cohort.exclude:
        cohort = cohort.exclude(exclusion)
    if cohort.frame.empty:
        steps = "; ".join(f"{step.reason}: {step.kept} left" for step in cohort.flow)
        raise CohortError(f"Nobody is left to analyse. {steps}.")
    return cohort
