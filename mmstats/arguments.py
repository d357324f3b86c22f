"""What an analysis is given, held against its method's signature and the variables there are."""

from collections.abc import Mapping
from typing import Any

from mmstats import expression
from mmstats.errors import MmstatsError, unknown
from mmstats.formula import Formula
from mmstats.methods import METHODS
from mmstats.one_row import condition_problems
from mmstats.plan import Analysis, Plan
from mmstats.registry import Method, Role
from mmstats.schema import Variable


def check_analyses(plan: Plan, variables: Mapping[str, Variable] | None) -> list[str]:
    """Return everything that is wrong with a plan's analyses, given the variables there will be.

    Without them (None), what depends on them is left out.
    """
    problems = []
    for analysis in plan.analyses:
        found = condition_problems(analysis.where, variables)
        if analysis.method not in METHODS:
            found.append(unknown(analysis.method, METHODS, what="method"))
        else:
            found += _argument_problems(analysis, METHODS[analysis.method], variables)
        problems += [f"In analysis {analysis.id!r}: {text}" for text in found]
    return problems


def _argument_problems(
    analysis: Analysis, method: Method, variables: Mapping[str, Variable] | None
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
            problems += _role_problems(method, name, role, analysis.arguments[name], variables)
        elif not role.optional:
            problems.append(f"{method.title} needs {_wants(role)} as its {name}.")
    return problems


def _role_problems(
    method: Method, name: str, role: Role, given: object, variables: Mapping[str, Variable] | None
) -> list[str]:
    several = isinstance(given, list) and bool(given) and all(isinstance(item, str) for item in given)
    if not (several if role.many else isinstance(given, str)):
        return [f"{method.title} needs {_wants(role)} as its {name}; it has {given!r}."]
    try:
        names = named(role, given)
    except MmstatsError as failed:
        return [str(failed)]
    if variables is None:
        return []
    problems = []
    for variable in names:
        if variable not in variables:
            problems.append(unknown(variable, variables, what="variable"))
        elif variables[variable].kind not in role.kind:
            kind = variables[variable].kind
            problems.append(f"{method.title} needs a {role.kind} {name}, but {variable!r} is {kind}.")
    return problems


def _wants(role: Role) -> str:
    if role.formula:
        return "a model formula, such as 'y ~ group + age',"
    return "a list of variables" if role.many else "one variable"


def named(role: Role, given: Any) -> list[str]:
    """Return the variables that an argument names."""
    if role.formula:
        return list(Formula.parse(given).variables)
    return list(given) if role.many else [given]


def variables_of(analysis: Analysis) -> list[str]:
    """Return the variables an analysis uses, in the order of the roles, and then those of its condition."""
    found = [
        variable
        for name, role in METHODS[analysis.method].roles.items()
        if name in analysis.arguments
        for variable in named(role, analysis.arguments[name])
    ]
    if analysis.where:
        found += expression.parse(analysis.where).names
    return list(dict.fromkeys(found))
