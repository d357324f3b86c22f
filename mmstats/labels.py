"""The words printed for variables, levels and analyses."""

from collections.abc import Sequence

from mmstats import expression
from mmstats import format as fmt
from mmstats.errors import ReportError, unknown
from mmstats.results import Result, Results

DESCRIBE = "describe"  # the method whose results tables show as summaries, not as effects


def label(results: Results, name: str) -> str:
    """Return a variable's label; without one, its name."""
    variable = results.variables.get(name)
    return variable.label if variable and variable.label else name


def with_unit(results: Results, name: str) -> str:
    """Return a variable's label with its unit, if it has one: ``Age (years)``."""
    variable = results.variables.get(name)
    unit = variable.unit if variable else ""
    return f"{label(results, name)} ({unit})" if unit else label(results, name)


def level(results: Results, name: str, value: str) -> str:
    """Return the label of one level of a categorical variable; without one, the level's name."""
    variable = results.variables.get(name)
    return (variable.levels.get(value) if variable else None) or value


def levels(results: Results, name: str) -> list[str]:
    """Return the levels of a categorical variable, the reference first.

    Raises
    ------
    ReportError
        If the results know no such variable, or it has no levels.
    """
    variable = results.variables.get(name)
    if variable is None:
        raise ReportError(unknown(name, results.variables, what="variable in these results"))
    if not variable.levels:
        raise ReportError(f"{name!r} is {variable.kind} and has no levels to compare.")
    return list(variable.levels)


def analysis(results: Results, result: Result) -> str:
    """Return what an analysis is called: its own label, or its outcome's."""
    if result.analysis.label:
        return result.analysis.label
    names = [name.strip() for name in result.outcome.split(",")]
    return ", ".join(label(results, name) for name in names) or result.analysis.id


def condition(results: Results, result: Result) -> str:
    """Return an analysis's condition in words, such as ``Group: Multiple sclerosis``, or nothing."""
    where = result.analysis.where
    return expression.parse(where).words(results.variables) if where else ""


def shared_condition(results: Results, found: Sequence[Result]) -> str:
    """Return the condition, in words, that all of some analyses have; nothing if they differ."""
    told = {condition(results, result) for result in found}
    return told.pop() if len(told) == 1 else ""


def family(results: Results, name: str) -> str:
    """Return what a family of tests is called: its label, else its name in words.

    Examples
    --------
    >>> family(Results(title="", items=()), "fatigue-correlates")
    'Fatigue correlates'
    """
    words = results.family_labels.get(name) or name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def whose_rows(result: Result) -> str:
    """Return how many rows of how many participants an analysis used; nothing where each is a participant."""
    if not result.analysis.rows:
        return ""
    rows, participants = result.n, result.participants
    return (
        f"{fmt.count(rows)} row{'s' * (rows != 1)} of "
        f"{fmt.count(participants)} participant{'s' * (participants != 1)}"
    )


def participants(result: Result) -> int:
    """Return how many participants an analysis used."""
    return result.participants if result.analysis.rows else result.n


def excluded(results: Results, result: Result) -> dict[str, int]:
    """Return the rows an analysis left out by reason in words, without those that its condition left out."""
    told = {}
    for reason, n in result.excluded.items():
        name, middle, rest = reason.partition(" is missing")
        if middle and not rest and name in results.variables:
            told[f"{label(results, name)} missing"] = n
        elif reason != "condition does not hold":
            told[reason] = n
    return told


def term(results: Results, name: str) -> str:
    """Return what a model's term is called: ``group[MS]`` by its labels, ``a:b`` as a product.

    Examples
    --------
    >>> term(Results(title="", items=()), "group[MS]:age")
    'group: MS × age'
    """
    parts = []
    for part in name.split(":"):
        variable, bracket, value = part.partition("[")
        if bracket and value.endswith("]"):
            parts.append(f"{label(results, variable)}: {level(results, variable, value[:-1])}")
        else:
            parts.append("Intercept" if part == "intercept" else label(results, part))
    return " × ".join(parts)


def chosen(results: Results, analyses: Sequence[str] | None) -> list[Result]:
    """Return the analyses of these ids, in that order; without ids, all that are not descriptions.

    Raises
    ------
    ReportError
        If an id is unknown, or there are none.
    """
    if analyses is None:
        found = [result for result in results if result.analysis.method != DESCRIBE]
    else:
        found = [results[name] for name in analyses]
    if not found:
        raise ReportError("No analysis was chosen: these results hold descriptions only, or nothing.")
    return found
