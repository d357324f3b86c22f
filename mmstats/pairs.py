"""Analyses of two variables: the cells of a correlation matrix."""

from collections.abc import Sequence

from mmstats.errors import ReportError
from mmstats.results import Result, Results

Pair = tuple[str, str]


def pairs(results: Results, analyses: Sequence[str] | None) -> list[tuple[Pair, Result]]:
    """Return analyses of two variables, the roles ``x`` and ``y``, with these variables.

    Parameters
    ----------
    results : Results
    analyses : sequence of str, optional
        Their ids; by default all of every participant: without a condition, and without `rows`.

    Raises
    ------
    ReportError
        If a chosen analysis is not about two variables, or there is none.
    """
    chosen = [r for r in results if _is_pair(r) and not (r.analysis.where or r.analysis.rows)]
    if analyses is not None:
        chosen = [results[name] for name in analyses]
    others = [f"{r.analysis.id!r} is of {r.outcome}." for r in chosen if not _is_pair(r)]
    if others or not chosen:
        raise ReportError("Correlations come from analyses of two variables, x and y.", others)
    return [((r.roles["x"], r.roles["y"]), r) for r in chosen]


def one_side(found: Sequence[tuple[Pair, Result]]) -> str:
    """Return the variable that every one of several pairs has, or nothing."""
    shared = set(found[0][0]).intersection(*(pair for pair, _ in found)) if len(found) > 1 else set()
    return shared.pop() if len(shared) == 1 else ""


def matrix(found: Sequence[tuple[Pair, Result]]) -> tuple[list[str], dict[Pair, Result]]:
    """Return the variables in order of appearance, and the analysis of each pair (later, earlier).

    Raises
    ------
    ReportError
        If two analyses are about one pair.
    """
    order = list(dict.fromkeys(name for pair, _ in found for name in pair))
    cells: dict[Pair, Result] = {}
    twice = []
    for pair, result in found:
        first, later = sorted(pair, key=order.index)
        if (later, first) in cells:
            twice.append(f"{cells[later, first].analysis.id!r} and {result.analysis.id!r}.")
        cells[later, first] = result
    if twice:
        raise ReportError("A matrix takes one analysis of each pair; name those to show.", twice)
    return order, cells


def _is_pair(result: Result) -> bool:
    return all(isinstance(result.roles.get(role), str) for role in ("x", "y"))
