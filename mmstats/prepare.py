"""The rows and columns that one analysis uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mmstats import expression
from mmstats.arguments import named, variables_of
from mmstats.cohort import Cohort
from mmstats.formula import Formula, ModelData
from mmstats.kind import Kind
from mmstats.plan import Analysis
from mmstats.registry import Method, Role
from mmstats.schema import Variable

_NAMES = Kind.ID | Kind.DATE  # kinds whose values may tell who somebody is


@dataclass(frozen=True)
class Prepared:
    """The rows an analysis uses, who is left out and why, and what each role receives.

    `participants` is how many there are in a table's own rows, or how many groups one variable names; 0 where
    each row is a participant.
    """

    frame: pd.DataFrame
    excluded: dict[str, int]
    roles: dict[str, Any]
    notes: tuple[str, ...]
    participants: int = 0


def prepare(analysis: Analysis, method: Method, cohort: Cohort) -> Prepared:
    """Return the rows an analysis uses and what each role receives."""
    rows = cohort.at_rows(analysis.rows) if analysis.rows else None
    data = rows or cohort
    frame, variables, reasons, told = data.frame, data.variables, data.reasons, data.told
    excluded, notes = {}, []
    if analysis.where:
        holds = expression.parse(analysis.where).evaluate(frame)
        untold = int(holds.isna().sum())
        kept = holds.fillna(False).astype(bool)
        excluded["condition does not hold"] = int((~kept).sum()) - untold
        excluded["condition cannot be told"] = untold
        frame = frame[kept]
    for name, role in method.roles.items():
        if name in analysis.arguments and not role.keeps_missing:
            for variable in named(role, analysis.arguments[name]):
                absent = frame[variable].isna()
                n = int(absent.to_numpy().sum())
                known = reasons[variable].loc[absent.index[absent]] if variable in told else [""] * n
                for why in known:
                    reason = f"{variable} is missing: {why}" if why else f"{variable} is missing"
                    excluded[reason] = excluded.get(reason, 0) + 1
                frame = frame[~absent] if n else frame
    participants = frame[rows.unit].nunique() if rows else _groups(analysis, frame, variables)
    frame = frame.assign(**{n: _numbered(frame[n]) for n, v in variables.items() if v.kind in _NAMES})
    roles: dict[str, Any] = {}
    for name, role in method.roles.items():
        if name not in analysis.arguments:
            continue
        given, columns = analysis.arguments[name], {}
        for variable in Formula.parse(given).columns if role.formula else named(role, given):
            columns[variable] = _column(frame[variable], variables[variable], role).rename(variable)
            empty = [] if role.keeps_levels else _empty_levels(columns[variable])
            if empty and variables[variable].kind is not Kind.BINARY:
                columns[variable] = columns[variable].cat.remove_unused_categories()
                notes.append(f"No row has {variable} {' or '.join(empty)}; left out.")
        together = pd.DataFrame(columns, index=frame.index)
        if role.formula:
            roles[name] = ModelData.of(given, together, groups=frame)
        else:
            roles[name] = together if role.many else columns[given]
    excluded = {reason: n for reason, n in excluded.items() if n}
    return Prepared(frame, excluded, roles, tuple(notes), participants)


def _groups(analysis: Analysis, frame: pd.DataFrame, variables: Mapping[str, Variable]) -> int:
    """Return how many groups the rows are of, if one variable of the analysis names them; otherwise 0."""
    names = [v for v in variables_of(analysis) if v in variables and variables[v].kind is Kind.ID]
    return frame[names[0]].nunique() if len(names) == 1 else 0


def _numbered(names: pd.Series) -> pd.Series:
    """Return numbered levels in place of identifiers, so that no result, warning or error can tell them."""
    known = pd.Categorical(names)
    numbers = {name: str(number) for number, name in enumerate(known.categories, 1)}
    return pd.Series(known.rename_categories(numbers), names.index)


def _column(values: pd.Series, variable: Variable, role: Role) -> pd.Series:
    """Return a variable as a role receives it: scores for ordered roles, levels for categorical ones."""
    as_scores = role.kind in Kind.ORDERED or (role.kind is Kind.ANY and variable.kind in Kind.ORDERED)
    if as_scores and isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.astype(float)
        return codes.where(codes >= 0)
    if (
        not as_scores
        and variable.kind in Kind.CATEGORICAL
        and not isinstance(values.dtype, pd.CategoricalDtype)
    ):
        levels = [f"{step:g}" for step in variable.allowed]
        text = values.map("{:g}".format, na_action="ignore")
        return pd.Series(pd.Categorical(text, levels, ordered=True), values.index)
    return values


def _empty_levels(values: pd.Series) -> list[str]:
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return []
    there = set(values.cat.codes.to_numpy().tolist())
    return [str(level) for code, level in enumerate(values.cat.categories) if code not in there]
