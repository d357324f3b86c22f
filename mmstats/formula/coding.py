"""From variables to columns of numbers, by R's rules, for fixed and for random terms alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import NotEstimableError, PlanError, unknown
from mmstats.formula.contrasts import Contrasts, contrast_columns
from mmstats.formula.formula import Formula
from mmstats.formula.parsing import Factor, Term

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """Columns of numbers, what they are called, and which term each belongs to (-1 for the intercept).

    Parameters
    ----------
    names, term_of : tuple, length p
    matrix : float array, shape (n, p)
    """

    names: tuple[str, ...]
    term_of: tuple[int, ...]
    matrix: FloatArray


@dataclass(frozen=True)
class Coding:
    """How each factor of a formula becomes numbers: learnt from some rows, and applied to any.

    Parameters
    ----------
    levels : dict
        The levels of each categorical variable, the reference first.
    constants : dict
        For each factor ``centre(x)`` and ``scale(x)``, the mean and divisor it uses.
    contrasts : {"treatment", "sum", "helmert", "polynomial"}
        Of categorical variables.
    """

    levels: dict[str, tuple[str, ...]]
    constants: dict[Factor, tuple[float, float]]
    contrasts: Contrasts

    @classmethod
    def of(cls, formula: Formula, frame: pd.DataFrame, contrasts: Contrasts) -> "Coding":
        """Learn levels, and the constants of centring and scaling, from the rows at hand.

        Raises
        ------
        PlanError
            If there are no contrasts of that name.
        NotEstimableError
            If a transformation does not apply to a variable's values, values are missing, or the response
            is categorical.
        """
        if contrasts not in get_args(Contrasts):
            raise PlanError(unknown(str(contrasts), get_args(Contrasts), what="contrasts"))
        levels = {
            str(name): tuple(map(str, column.cat.categories))
            for name, column in frame.items()
            if isinstance(column.dtype, pd.CategoricalDtype)
        }
        problems = [
            problem
            for factor in sorted(formula.factors, key=str)
            if (problem := _problem(factor, frame[factor.variable], categorical=factor.variable in levels))
        ]
        if formula.response.variable in levels:
            problems.append(f"The response {formula.response.variable!r} is categorical; it must be numeric.")
        if problems:
            raise NotEstimableError(
                f"The formula {formula.text!r} does not fit the data: {' '.join(problems)}"
            )
        constants = {
            factor: _constants(factor, frame[factor.variable].to_numpy(dtype=np.float64))
            for factor in formula.factors
            if factor.transformation in {"centre", "scale"}
        }
        return cls(levels, constants, contrasts)

    def columns(self, terms: Iterable[Term], frame: pd.DataFrame, *, intercept: bool) -> Columns:
        """Return the columns of terms, for the rows of `frame`.

        R's rule: in a term, a categorical variable has contrasts if the term without it is among the terms,
        or is the intercept; else a column for every level.

        Raises
        ------
        NotEstimableError
            If a row has a level that is not known.
        """
        terms = tuple(terms)
        ones = np.ones(len(frame))
        found = [("intercept", -1, ones)] if intercept else []
        present = {frozenset(term) for term in terms}
        if intercept:
            present.add(frozenset())
        for position, term in enumerate(terms):
            products: list[tuple[str, FloatArray | None]] = [("", None)]
            for factor in term:
                margin = frozenset(term) - {factor}
                coded = self._coded(factor, frame, contrasts=margin in present)
                if not margin and self.categorical(factor):
                    present.add(margin)  # without an intercept, the first factor's levels stand in for it
                products = [
                    (part, column) if values is None else (f"{name}:{part}", values * column)
                    for part, column in coded
                    for name, values in products
                ]
            found += [(name, position, ones if values is None else values) for name, values in products]
        names, term_of = tuple(name for name, _, _ in found), tuple(term for _, term, _ in found)
        matrix = np.column_stack([values for _, _, values in found]) if found else np.empty((len(frame), 0))
        return Columns(names, term_of, matrix)

    def numbers(self, factor: Factor, frame: pd.DataFrame) -> FloatArray:
        """Return a numeric factor, transformed, shape (n,)."""
        values: FloatArray = frame[factor.variable].to_numpy(dtype=np.float64)
        match factor.transformation:
            case "log":
                values = np.log(values)
            case "sqrt":
                values = np.sqrt(values)
            case "square":
                values = np.square(values)
            case "centre" | "scale":
                middle, divisor = self.constants[factor]
                values = (values - middle) / divisor
        return values

    def categorical(self, factor: Factor) -> bool:
        """Whether a factor has levels."""
        return factor.variable in self.levels

    def _coded(self, factor: Factor, frame: pd.DataFrame, *, contrasts: bool) -> list[tuple[str, FloatArray]]:
        if not self.categorical(factor):
            return [(str(factor), self.numbers(factor, frame))]
        levels = self.levels[factor.variable]
        codes = _codes(frame[factor.variable], levels)
        if contrasts:
            names, rows = contrast_columns(levels, self.contrasts)
        else:
            names, rows = levels, np.eye(len(levels))
        return [(f"{factor}[{name}]", column[codes]) for name, column in zip(names, rows.T, strict=True)]


def _codes(values: pd.Series, levels: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Return the place of each row's level among `levels`, shape (n,)."""
    given = values.array if isinstance(values.dtype, pd.CategoricalDtype) else pd.Categorical(values)
    place = {level: code for code, level in enumerate(levels)}
    places = np.array([*(place.get(str(level), -1) for level in given.categories), -1], dtype=np.intp)
    codes: npt.NDArray[np.intp] = places[given.codes]
    if (codes < 0).any():
        other = sorted({str(level) for level in values[codes < 0]})
        raise NotEstimableError(
            f"{values.name!r} has {', '.join(other[:5])} in some row; its levels are {', '.join(levels)}."
        )
    return codes


def _constants(factor: Factor, values: FloatArray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1)) if factor.transformation == "scale" else 1.0


def _problem(factor: Factor, column: pd.Series, *, categorical: bool) -> str:
    """Return why a factor cannot be computed from these rows, or an empty string."""
    if categorical:
        if factor.transformation:
            return f"{factor} needs numbers; {factor.variable!r} is categorical."
        return f"{factor.variable!r} has values that are missing." if (column.cat.codes < 0).any() else ""
    values = column.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        return f"{factor.variable!r} has values that are missing or not finite."
    if factor.transformation == "log" and not (values > 0).all():
        return f"{factor} needs positive numbers; the smallest is {values.min():g}."
    if factor.transformation == "sqrt" and not (values >= 0).all():
        return f"{factor} needs numbers of at least 0; the smallest is {values.min():g}."
    if factor.transformation == "scale" and np.ptp(values) == 0:
        return f"{factor} divides by the standard deviation, which is 0."
    return ""
