"""What is wrong with a mapping, before any data are read: names, kinds, levels, units, instruments."""

from collections.abc import Iterator, Mapping

from mmstats.errors import nearest, unknown
from mmstats.harmonise.plan import CohortSource, Mapped, PoolingPlan, Scale
from mmstats.kind import Kind
from mmstats.one_row import condition_problems
from mmstats.schema import Schema, Variable


def mapping_problems(
    cohort: CohortSource, local: Mapping[str, Variable], shared: Schema, plan: PoolingPlan
) -> Iterator[str]:
    """Yield everything that is wrong with one cohort's mapping.

    Parameters
    ----------
    cohort : CohortSource
    local : mapping of str to Variable
        What the cohort's own table gives: columns, scores, derived variables.
    shared : Schema
    plan : PoolingPlan
    """
    where = f"In [cohorts.{cohort.name}.map]"
    wanted = [name for name in shared.variables if name != plan.unit]
    scaled = {scale.variable for scale in plan.scales}
    for name in cohort.of:
        if name not in shared.variables:
            yield f"{where}: {unknown(name, wanted, what='variable of the shared dictionary')}"
    silent = [name for name in wanted if name not in cohort.of]
    if silent:
        yield (
            f"{where}, nothing is said of {', '.join(silent)}: give the cohort's own column, or "
            'absent = "why there is none".'
        )
    for name, one in cohort.of.items():
        if name not in shared.variables or one.absent:
            continue
        if one.source not in local:
            yield f"{where}, {name}: {unknown(one.source, local, what='variable')}"
            continue
        for text in _one(one, local[one.source], shared.variables[name], scaled=name in scaled):
            yield f"{where}, {name}: {text}"


def _one(one: Mapped, own: Variable, shared: Variable, *, scaled: bool) -> Iterator[str]:
    if shared.levels:
        yield from _levels(one, own, shared)
        return
    if one.codes:
        yield f"'codes' are for levels, but {shared.name!r} is {shared.kind}."
    if shared.is_number and not own.is_number:
        yield (
            f"{shared.name!r} is {shared.kind}, but {own.name!r} is "
            f"{own.kind}{' with levels' * bool(own.levels)}."
        )
    elif not shared.is_number and own.kind is not shared.kind:
        yield f"{shared.name!r} is {shared.kind}, but {own.name!r} is {own.kind}."
    elif not shared.is_number and one.converts:
        yield f"'multiply' and 'add' are for numbers, but {shared.name!r} is {shared.kind}."
    elif own.unit != shared.unit and not one.converts and not scaled:
        yield (
            f"{own.name!r} is in {own.unit or 'no unit'}, {shared.name!r} in {shared.unit or 'no unit'}: say "
            "how one becomes the other with 'multiply' or 'add', or correct the unit in a dictionary."
        )
    elif own.unit and own.unit == shared.unit and one.converts:
        yield (
            f"both dictionaries say {own.unit}, and yet the values are converted ({one.unit}): correct the "
            "unit in one of them, or take the conversion out."
        )


def _levels(one: Mapped, own: Variable, shared: Variable) -> Iterator[str]:
    if one.converts:
        yield f"'multiply' and 'add' are for numbers, but {shared.name!r} has levels: give 'codes'."
    if not own.levels:
        yield (
            f"{shared.name!r} has levels, but {own.name!r} is {own.kind} without any: give it levels in its "
            "own dictionary, or derive a variable that has."
        )
        return
    for code, level in one.codes.items():
        if code not in own.levels:
            yield f"codes: {unknown(code, own.levels, what=f'level of {own.name}')}"
        if level not in shared.levels:
            yield f"codes: {unknown(level, shared.levels, what=f'level of {shared.name}')}"
    for level in own.levels:
        if level not in one.codes and (one.codes or level not in shared.levels):
            yield (
                f'the level {level!r} of {own.name!r} becomes nothing: add {level} = "LEVEL" to its codes '
                f"({', '.join(shared.levels)}).{'' if one.codes else nearest(level, shared.levels)}"
            )


def scale_problems(plan: PoolingPlan, shared: Schema) -> Iterator[str]:
    """Yield what is wrong with how instruments meet, and which of them nothing is said of."""
    scales = {scale.variable: scale for scale in plan.scales}
    for name, scale in scales.items():
        where = f"In [scales.{name}]"
        if name not in shared.variables:
            yield f"{where}: {unknown(name, shared.variables, what='variable of the shared dictionary')}"
            continue
        if shared.variables[name].kind is not Kind.CONTINUOUS:
            kind = shared.variables[name].kind
            yield f"{where}: only a continuous variable changes its scale; it is {kind}."
        for text in condition_problems(scale.where, shared.variables):
            yield f"{where} where: {text}"
        for cohort in plan.cohorts:
            if name in cohort.of and not cohort.of[name].absent:
                yield from _instrument(scale, cohort, where)
    for name in shared.variables:
        told = {c.name: c.of[name].instrument for c in plan.cohorts if name in c.of and not c.of[name].absent}
        if name not in scales and len(set(told.values())) > 1:
            some = ", ".join(f"{instrument or 'not told'} in {cohort}" for cohort, instrument in told.items())
            yield (
                f"{name!r} was not measured by one instrument ({some}): say how their scales meet in "
                f'[scales.{name}], way = "standardise" or "convert".'
            )


def _instrument(scale: Scale, cohort: CohortSource, where: str) -> Iterator[str]:
    instrument = cohort.of[scale.variable].instrument
    known = {line.instrument for line in scale.lines}
    if not instrument:
        yield f"{where}: [cohorts.{cohort.name}.map] {scale.variable} does not name its 'instrument'."
    elif scale.way == "convert" and instrument != scale.to and instrument not in known:
        yield (
            f"{where}: nothing says how {instrument} of {cohort.name} becomes {scale.to}: add "
            f"[scales.{scale.variable}.from.{instrument}] with slope, intercept and source."
        )
