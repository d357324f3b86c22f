"""What an analysis is given, held against its method's signature and the variables there are."""

from collections.abc import Mapping
from typing import Any

from mmstats import expression
from mmstats.analysis_sets import AnalysisSets, Elsewhere
from mmstats.comparisons import comparison_problems
from mmstats.effect_use import effect_use_problems
from mmstats.errors import MmstatsError, unknown
from mmstats.formula import Formula, FormulaError, without_random
from mmstats.kind import Kind
from mmstats.methods import METHODS
from mmstats.one_row import condition_problems
from mmstats.plan import Analysis, Plan
from mmstats.registry import Method, Role
from mmstats.schema import Variable


def check_analyses(
    plan: Plan,
    variables: Mapping[str, Variable] | None,
    rows: Mapping[str, Mapping[str, Variable]] | None = None,
) -> list[str]:
    """Return everything that is wrong with a plan's analyses, given the variables there will be.

    Parameters
    ----------
    plan : Plan
    variables : mapping of str to Variable, or None
        Those of participants. Without them (None), what depends on them is left out.
    rows : mapping of str to mapping of str to Variable
        Those at the own rows of each table that has several per participant.
    """
    at = AnalysisSets(variables, rows or {})
    problems = []
    for analysis in plan.analyses:
        known, elsewhere, found = at.of(analysis, plan)
        found += _condition_problems(analysis, plan.cohort.unit, known, elsewhere)
        if analysis.method not in METHODS:
            found.append(unknown(analysis.method, METHODS, what="method"))
        else:
            found += _argument_problems(analysis, METHODS[analysis.method], known, elsewhere)
            found += effect_use_problems(analysis, plan)
        problems += [f"In analysis {analysis.id!r}: {text}" for text in found]
    return problems or at.differing(plan, variables_of)


def _condition_problems(
    analysis: Analysis,
    unit: str,
    variables: Mapping[str, Variable] | None,
    elsewhere: Mapping[str, Elsewhere],
) -> list[str]:
    text = analysis.where
    if not text or variables is None or condition_problems(text, None):
        return condition_problems(text, variables)
    names = expression.parse(text).names
    problems = [elsewhere[name].hint for name in names if name in elsewhere]
    if analysis.rows and unit in names:
        problems.append(
            f"'where' may not use {unit!r}, since results must not name participants; use what is known of "
            "them, or exclude them in the cohort."
        )
    known = {**variables, **{name: elsewhere[name].variable for name in names if name in elsewhere}}
    return [*problems, *condition_problems(text, known)]


def _argument_problems(
    analysis: Analysis,
    method: Method,
    variables: Mapping[str, Variable] | None,
    elsewhere: Mapping[str, Elsewhere],
) -> list[str]:
    problems = []
    for name, value in analysis.arguments.items():
        if name in method.options:
            trouble = method.options[name].problem(value)
            problems += [f"option {name!r}: {trouble}"] if trouble else []
        elif name not in method.roles:
            known = [*method.roles, *method.options]
            problems.append(f"{method.title}: {unknown(name, known, what='role or option')}")
    for name, role in method.roles.items():
        if name in analysis.arguments:
            found = _role_problems(method, name, role, analysis.arguments[name], variables, elsewhere)
            if role.formula and not found and "comparisons" in method.options:
                found = _comparison_problems(analysis, analysis.arguments[name], variables)
            problems += found
        elif not role.optional:
            problems.append(f"{method.title} needs {_wants(role)} as its {name}.")
    for name, option in method.options.items():
        if option.required and name not in analysis.arguments:
            problems.append(f"{method.title} needs its option {name!r}: {option.takes}.")
    return problems


def _role_problems(
    method: Method,
    name: str,
    role: Role,
    given: object,
    variables: Mapping[str, Variable] | None,
    elsewhere: Mapping[str, Elsewhere],
) -> list[str]:
    several = isinstance(given, list) and bool(given) and all(isinstance(item, str) for item in given)
    if not (several if role.many else isinstance(given, str)):
        return [f"{method.title} needs {_wants(role)} as its {name}; it has {given!r}."]
    try:
        kinds = kinds_of(role, given)
    except MmstatsError as failed:
        return [str(failed)]
    if variables is None:
        return []
    problems = []
    for variable, allowed in kinds.items():
        if variable in elsewhere:
            problems.append(elsewhere[variable].hint)
        elif variable not in variables:
            problems.append(unknown(variable, variables, what="variable"))
        elif variables[variable].kind not in allowed:
            kind = variables[variable].kind
            wanted = f"an {allowed}" if Kind.ID in allowed else f"a {allowed}"
            problems.append(f"{method.title} needs {wanted} {name}, but {variable!r} is {kind}.")
    return problems


def _comparison_problems(
    analysis: Analysis, formula: str, variables: Mapping[str, Variable] | None
) -> list[str]:
    """Return what is wrong with comparisons of a model's means, as far as the dictionary tells."""
    text = analysis.arguments.get("comparisons", "")
    if not isinstance(text, str):
        return []
    names = dict.fromkeys(factor.variable for term in Formula.parse(formula).terms for factor in term)
    levels = None
    if variables is not None:
        own = Kind.CATEGORICAL & ~Kind.ORDERED
        levels = {name: tuple(variables[name].levels) for name in names if variables[name].kind in own}
    return comparison_problems(text, levels, {"intercept", *names})


def _wants(role: Role) -> str:
    if role.formula:
        example = "y ~ group + (1 | participant_id)" if role.random else "y ~ group + age"
        return f"a model formula, such as {example!r},"
    return "a list of variables" if role.many else "one variable"


def kinds_of(role: Role, given: Any) -> dict[str, Kind]:
    """Return the variables that an argument names, and the kinds each may have.

    Raises
    ------
    FormulaError
        If a formula is wrong, has a random part where rows are independent, or none where they are not.
    """
    if not role.formula:
        return dict.fromkeys(given if role.many else [given], role.kind)
    formula = Formula.parse(given)
    if not role.random:
        without_random(formula)
    elif not formula.random:
        raise FormulaError(
            f"The formula {given!r} has no random part, such as (1 | participant_id), which says what rows "
            "share. If they are independent, use a method without one, such as linear_model."
        )
    return dict.fromkeys(formula.variables, Kind.GROUPING) | dict.fromkeys(formula.columns, role.kind)


def named(role: Role, given: Any) -> list[str]:
    """Return the variables that an argument names."""
    return list(kinds_of(role, given))


def variables_of(analysis: Analysis) -> dict[str, Kind]:
    """Return the variables an analysis uses, in the order of the roles, and then those of its condition.

    With each come the kinds it may have, by all that is asked of it.
    """
    found: dict[str, Kind] = {}
    for name, role in METHODS[analysis.method].roles.items():
        if name in analysis.arguments:
            for variable, kinds in kinds_of(role, analysis.arguments[name]).items():
                found[variable] = found.get(variable, kinds) & kinds
    if analysis.where:
        found |= {name: found.get(name, Kind.ANY) for name in expression.parse(analysis.where).names}
    return found
