"""Carrying out a plan on a cohort. Knows the registry, and nothing of any one method."""

import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from math import isnan, nan

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.arguments import check_analyses, variables_of
from mmstats.cohort import Cohort
from mmstats.compute import HERE, Place, each
from mmstats.coverage.evidence import by_name, told_of
from mmstats.coverage.people import about_people
from mmstats.errors import NotEstimableError, PlanError, unknown
from mmstats.estimate import Estimate
from mmstats.formula import Formula
from mmstats.kind import Kind
from mmstats.links import link_name, links
from mmstats.long_rows import LongRows
from mmstats.methods import METHODS
from mmstats.multiplicity import adjust
from mmstats.own_methods import OwnMethods
from mmstats.plan import Analysis, Plan
from mmstats.prepare import prepare
from mmstats.results import Result, Results

Progress = Callable[[str], None]


def run(
    plan: Plan,
    cohort: Cohort,
    *,
    on: str | Place = HERE,
    progress: Progress | None = None,
    own: Sequence[OwnMethods] = (),
) -> Results:
    """Check the analyses, compute each of them, and adjust within families.

    Parameters
    ----------
    plan : Plan
    cohort : Cohort
    on : str or Place
        Where the analyses run (`mmstats.compute.each`); the answer does not depend on it.
    progress : callable, optional
        Called with the id of each analysis when it is done.
    own : sequence of OwnMethods
        Files of methods that every process needs.

    Raises
    ------
    PlanError
        With every problem of the plan's analyses, before anything is computed. An analysis that fails
        while computing is recorded in its result, and the rest go on.
    ComputeError
        If they cannot run there.
    """
    at_rows = {name: cohort.at_rows(name) for name in cohort.tables}
    problems = check_analyses(
        plan, cohort.variables, {name: rows.variables for name, rows in at_rows.items()}
    )
    if problems:
        raise PlanError(f"The plan has {len(problems)} problem(s):", problems)
    work = partial(compute, cohort=cohort, seed=plan.seed, own=tuple(own))
    items = []
    with closing(each(work, plan.analyses, on=on)) as found:
        for result in found:
            items.append(result)
            if progress:
                progress(result.analysis.id)
    families = {family.name: family.adjust for family in plan.families}
    used = {name: [n for n in cohort.tables[name].own if n in _shown(plan, name)] for name in at_rows}
    return Results(
        title=plan.title,
        items=_adjusted(items, families),
        variables={
            **cohort.variables,
            **{name: at_rows[table].variables[name] for table, names in used.items() for name in names},
        },
        families=families,
        family_labels={family.name: family.label or family.name for family in plan.families},
        flow=cohort.flow,
        missing=(
            *cohort.missing(),
            *(one for table, names in used.items() for one in at_rows[table].missing(names, cohort.group)),
        ),
        points=points(plan, cohort),
        row_points={table: points(plan, rows, table) for table, rows in at_rows.items()},
        group=plan.cohort.group,
        note=plan.note,
        called=plan.cohort.called,
        review=plan.review,
    )


def points(plan: Plan, data: Cohort | LongRows, table: str = "") -> pd.DataFrame:
    """Return the values that figures draw: no identifiers, rows in the order of their values.

    Where an analysis is told by an identifier which rows belong together, a number stands for it
    (`mmstats.links`).
    """
    used = {plan.cohort.group} | _shown(plan, table)
    names = [name for name in data.variables if name in used and data.variables[name].kind in Kind.ANY]
    frame = data.frame[names]
    if not names:
        return frame.iloc[:0]
    keys = [_sort_key(frame[name]) for name in names]
    for name in _recurring(plan, data, table):
        keys.append(links(data.frame[name], keys))
        frame = frame.assign(**{link_name(name): keys[-1]})
    return frame.take(np.lexsort(keys[::-1])).reset_index(drop=True)


def _recurring(plan: Plan, data: Cohort | LongRows, table: str) -> list[str]:
    """Return the identifiers by which analyses are told which rows belong together."""
    told = {
        name for one in plan.analyses if one.rows == table for name in variables_of(replace(one, where=""))
    }
    return [
        name
        for name, variable in data.variables.items()
        if name in told and variable.kind is Kind.ID and data.frame[name].duplicated().any()
    ]


def _sort_key(values: pd.Series) -> npt.NDArray[np.float64]:
    """Return numbers that sort as the values do: levels in their order, what is missing last."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy()
        return np.where(codes < 0, np.nan, codes)
    return values.to_numpy(dtype=np.float64)


def _named(plan: Plan, table: str) -> set[str]:
    """Return what analyses at the rows of a table name, or, without a table, those of participants."""
    return {name for one in plan.analyses if one.rows == table for name in variables_of(one)}


def _shown(plan: Plan, table: str) -> set[str]:
    """Return what analyses name, how effects that they name were had, and what a review shows."""
    named = _named(plan, table)
    made = {f"{name}_from" for name in named} if plan.review or plan.effects else set()
    return named | made | set(plan.review.variables if plan.review else ())


def stream(seed: int, analysis: str) -> np.random.Generator:
    """Return an analysis's own random stream: it depends on the seed and the analysis's id alone."""
    words = np.frombuffer(hashlib.sha256(analysis.encode()).digest(), dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence([seed, *(int(word) for word in words)]))


def compute(analysis: Analysis, *, cohort: Cohort, seed: int, own: Sequence[OwnMethods] = ()) -> Result:
    """Carry out one analysis of a cohort; `own` are files of methods it may need."""
    for one in own:
        one.register()
    method = METHODS[analysis.method]
    options = {name: analysis.arguments.get(name, o.default) for name, o in method.options.items()}
    result = Result(analysis=analysis, title=method.title, references=method.references, options=options)
    extra = {"rng": stream(seed, analysis.id)} if method.random else {}
    estimates: tuple[Estimate, ...] = ()
    status, reason = "ok", ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            data = prepare(analysis, method, cohort)
            result = replace(
                result, n=len(data.frame), participants=data.participants, excluded=data.excluded
            )
            if data.frame.empty:
                raise NotEstimableError("No row has a value for each of its variables.")
            found = tuple(method.function(**data.roles, **options, **extra))
            told = told_of(analysis.method, found, data.roles, options)
            if analysis.rows and not about_people(analysis.method):
                told = ()  # what is simulated of this method is data of independent rows
            result = replace(result, tested=_tested(analysis, found), evidence=told)
            estimates = found
        except NotEstimableError as failed:
            status, reason = "not estimable", str(failed)
        except Exception as failed:  # recorded for the reader; the other analyses go on
            status, reason = "failed", f"{type(failed).__name__}: {failed}"
    notes = data.notes if status != "failed" else ()
    unit = cohort.tables[analysis.rows].unit if analysis.rows else ""
    named = bool(unit) and status == "ok" and _tells_participants(analysis, data.frame, unit)
    return replace(
        result,
        estimates=estimates,
        warnings=(
            *notes,
            *dict.fromkeys(str(one.message) for one in caught),
            *dict.fromkeys(_too_narrow(result, estimates)),
            *_taken_for_independent(result, estimates, "" if named else unit),
        ),
        status=status,
        reason=reason,
    )


def _too_narrow(result: Result, estimates: tuple[Estimate, ...]) -> Iterator[str]:
    """Warn of intervals that cover too little in simulations; of a model's, say of which."""
    for name, one in by_name(estimates, result.evidence):
        if one.warning:
            yield f"{name}: {one.warning}" if about_people(result.analysis.method) else one.warning


def _tells_participants(analysis: Analysis, frame: pd.DataFrame, unit: str) -> bool:
    """Return whether a method is told whose each row is: by identifiers, or by groups that are the same."""
    if unit in variables_of(analysis):
        return True
    formula = analysis.arguments.get("formula")
    parts = Formula.parse(formula).random if isinstance(formula, str) else ()
    pairs = (frame[[unit, *part.group]].drop_duplicates() for part in parts)
    return any(same[unit].is_unique and not same.drop(columns=unit).duplicated().any() for same in pairs)


def _taken_for_independent(result: Result, estimates: tuple[Estimate, ...], unit: str) -> Iterator[str]:
    """Warn if a method infers something from several rows per participant and is not told whose they are."""
    infers = any(not (isnan(e.conf_low) and isnan(e.p_value)) for e in estimates)
    if unit and infers and 0 < result.participants < result.n:
        yield (
            f"The {result.n:,} rows are of {result.participants:,} participants, and this method takes all "
            f"of them as independent, since no variable of it is {unit!r}: its intervals and p values are "
            "not valid if rows of one participant are alike."
        )


def _tested(analysis: Analysis, estimates: tuple[Estimate, ...]) -> int:
    """Return the position of the estimate whose p value counts, or -1.

    Raises
    ------
    PlanError
        If the plan names one that the method does not give.
    """
    if not analysis.tested:
        return next((i for i, e in enumerate(estimates) if not isnan(e.p_value)), -1)
    names = [f"{e.quantity.name}/{e.term}" if e.term else e.quantity.name for e in estimates]
    if analysis.tested not in names:
        raise PlanError(unknown(analysis.tested, names, what="estimate to be tested"))
    return names.index(analysis.tested)


def _adjusted(items: list[Result], families: Mapping[str, str]) -> tuple[Result, ...]:
    adjusted = list(items)
    for family, method in families.items():
        members = [i for i, result in enumerate(items) if result.analysis.family == family]
        p_values = [
            items[i].estimates[items[i].tested].p_value if items[i].tested >= 0 else nan for i in members
        ]
        for i, p in zip(members, adjust(p_values, method), strict=True):
            adjusted[i] = replace(items[i], p_adjusted=p)
    return tuple(adjusted)
