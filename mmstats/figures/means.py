"""Saved marginal means by the levels they are of, and the rows behind them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.figures.points import has_points, points_of
from mmstats.formula import Factor, Formula
from mmstats.links import link_name
from mmstats.results import Result, Results

FloatArray = npt.NDArray[np.float64]
MEAN = "marginal_mean"
TRANSFORMED: dict[str, Callable[[FloatArray], FloatArray]] = {
    "": lambda values: values,
    "log": np.log,
    "sqrt": np.sqrt,
    "square": np.square,
}


@dataclass(frozen=True)
class Means:
    """Marginal means by one factor or two.

    Parameters
    ----------
    factors : tuple of str
        The variable along the axis, and, if there are two, that of the colours.
    cells : mapping of tuple of str to Estimate
        By the value of each factor.
    """

    factors: tuple[str, ...]
    cells: Mapping[tuple[str, ...], Estimate]

    def values(self, place: int) -> list[str]:
        """Return the values of a factor, in the order in which they were saved."""
        return list(dict.fromkeys(key[place] for key in self.cells))


def has_means(result: Result) -> bool:
    """Return whether an analysis has marginal means to draw."""
    return bool(_sets(result))


def means_of(results: Results, result: Result, factors: Sequence[str] = ()) -> Means:
    """Return an analysis's marginal means by some factors; by default by the first two of which there are.

    By default, the colours are those of the study's groups, or of the first factor that a term names.

    Raises
    ------
    ReportError
        If there are none by these factors.
    """
    sets = _sets(result)
    wanted = [names for names in sets if not factors or set(names) == set(factors)]
    if not wanted:
        known = "; ".join(" and ".join(names) for names in sets)
        there = f"There are means by: {known}." if known else "It has none by one or two factors."
        by = f" by {' and '.join(factors)}" if factors else ""
        raise ReportError(f"Analysis {result.analysis.id!r} has no marginal means{by} to draw. {there}")
    names = max(wanted, key=len)
    colour = results.group if results.group in names else names[0]
    order = tuple(factors) or tuple(sorted(names, key=lambda name: name == colour))
    cells = {tuple(values[name] for name in order): e for values, e in sets[names]}
    return Means(order, cells)


def rows_of(results: Results, result: Result, names: Sequence[str]) -> pd.DataFrame | None:
    """Return the saved rows with the response as the model has it, or nothing if it cannot be drawn.

    The response is in the column ``response``, and whose a row is, where that is known, in ``who``.
    """
    factor = response_of(result)
    wanted = list(dict.fromkeys([factor.variable, *names]))
    variable = results.variables.get(factor.variable)
    if factor.transformation not in TRANSFORMED or not has_points(results, result, wanted):
        return None
    if variable is not None and variable.levels:
        return None
    who = _whose(results, result)
    found = points_of(results, result, list(dict.fromkeys([*wanted, *([who] if who else [])])))
    response = TRANSFORMED[factor.transformation](found[factor.variable].to_numpy(dtype=np.float64))
    known = found[names].copy() if names else found.iloc[:, :0].copy()
    known["response"] = response
    if who:
        known["who"] = found[who].to_numpy()
    return known


def response_of(result: Result) -> Factor:
    """Return what a model explains: a variable, or a function of one."""
    if "formula" in result.roles:
        return Formula.parse(str(result.roles["formula"])).response
    return Factor(result.outcome)


def response_label(results: Results, result: Result) -> str:
    """Return what a model explains, in words, with its unit."""
    factor = response_of(result)
    name = labels.with_unit(results, factor.variable)
    return f"{factor.transformation}({name})" if factor.transformation else name


def is_in(values: pd.Series, level: str) -> npt.NDArray[np.bool_]:
    """Return which values are those of a level, or equal to the number that it is."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return (values.astype(str) == level).to_numpy()
    number = as_number(level)
    return np.zeros(len(values), dtype=bool) if number is None else (values == number).to_numpy()


def as_number(text: str) -> float | None:
    """Return a text as a number, if it is one."""
    try:
        return float(text)
    except ValueError:
        return None


def _whose(results: Results, result: Result) -> str:
    """Return the column that says whose each row is: of several, that of the most."""
    named = [str(result.roles["participant"])] if "participant" in result.roles else []
    if "formula" in result.roles:
        named += Formula.parse(str(result.roles["formula"])).groups
    saved = results.points_of(result)
    known = [column for name in named for column in (link_name(name), name) if column in saved]
    return max(known, key=lambda column: saved[column].nunique(), default="")


def _sets(result: Result) -> dict[tuple[str, ...], list[tuple[dict[str, str], Estimate]]]:
    """Return the means by the factors they are of: one or two, each with a value."""
    found: dict[tuple[str, ...], list[tuple[dict[str, str], Estimate]]] = {}
    for e in result.estimates:
        if e.quantity.name != MEAN or not e.term:
            continue
        values = {}
        for part in labels.factors(e.term):
            name, bracket, value = part.partition("[")
            if bracket and value.endswith("]"):
                values[name] = value[:-1]
        if len(values) == len(labels.factors(e.term)) and len(values) <= 2:
            found.setdefault(tuple(values), []).append((values, e))
    return found
