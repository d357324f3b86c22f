"""The columns that a formula stands for."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import NotEstimableError
from mmstats.formula.formula import Formula, ModelData
from mmstats.formula.parsing import Factor

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """The columns a formula stands for, and how to build them again for other rows.

    Parameters
    ----------
    formula : Formula
    levels : dict
        The levels of each categorical variable, the reference first.
    constants : dict
        For each factor ``centre(x)`` and ``scale(x)``, the mean and divisor it uses.
    names : tuple of str, length p
        ``intercept``, ``age``, ``group[MS]``, ``group[MS]:age``.
    term_of : tuple of int, length p
        The term each column belongs to, as its place in `formula.terms`; -1 for the intercept.
    """

    formula: Formula
    levels: dict[str, tuple[str, ...]]
    constants: dict[Factor, tuple[float, float]]
    names: tuple[str, ...]
    term_of: tuple[int, ...]

    @classmethod
    def of(cls, data: ModelData) -> "Design":
        """Learn levels, and the constants of centring and scaling, from the rows at hand.

        Raises
        ------
        NotEstimableError
            If a transformation does not apply to a variable's values, or the response is categorical.
        """
        formula, frame = data.formula, data.frame
        levels = {
            str(name): tuple(map(str, column.cat.categories))
            for name, column in frame.items()
            if isinstance(column.dtype, pd.CategoricalDtype)
        }
        factors = {factor for term in (*formula.terms, (formula.response,)) for factor in term}
        problems = [
            problem for factor in sorted(factors, key=str) if (problem := _problem(factor, frame, levels))
        ]
        if formula.response.variable in levels:
            problems.append(f"The response {formula.response.variable!r} is categorical; it must be numeric.")
        if problems:
            raise NotEstimableError(
                f"The formula {formula.text!r} does not fit the data: {' '.join(problems)}"
            )
        constants = {
            factor: _constants(factor, frame[factor.variable].to_numpy(dtype=np.float64))
            for factor in factors
            if factor.transformation in {"centre", "scale"}
        }
        bare = cls(formula, levels, constants, (), ())
        columns = list(bare._columns(frame))
        names, term_of = tuple(name for _, name, _ in columns), tuple(term for term, _, _ in columns)
        return cls(formula, levels, constants, names, term_of)

    def response(self, frame: pd.DataFrame) -> FloatArray:
        """Return the response, shape (n,)."""
        return self._numbers(self.formula.response, frame)

    def matrix(self, frame: pd.DataFrame) -> FloatArray:
        """Return the columns for the rows of `frame`, shape (n, p)."""
        columns = [values for _, _, values in self._columns(frame)]
        return np.column_stack(columns) if columns else np.empty((len(frame), 0))

    def categorical(self, factor: Factor) -> bool:
        """Whether a factor has levels."""
        return factor.variable in self.levels

    def _columns(self, frame: pd.DataFrame) -> Iterator[tuple[int, str, FloatArray]]:
        if self.formula.intercept:
            yield -1, "intercept", np.ones(len(frame))
        present = {frozenset(term) for term in self.formula.terms}
        if self.formula.intercept:
            present.add(frozenset())
        for position, term in enumerate(self.formula.terms):
            products = [("", np.ones(len(frame)))]
            for factor in term:
                # R's rule: contrasts where the term without this factor is in the model, else every level.
                margin = frozenset(term) - {factor}
                contrasts = margin in present
                if not margin and self.categorical(factor):
                    present.add(margin)  # without an intercept, the first factor's levels stand in for it
                products = [
                    (f"{name}:{part}" if name else part, values * column)
                    for part, column in self._coded(factor, frame, contrasts=contrasts)
                    for name, values in products
                ]
            for name, values in products:
                yield position, name, values

    def _coded(self, factor: Factor, frame: pd.DataFrame, *, contrasts: bool) -> list[tuple[str, FloatArray]]:
        if not self.categorical(factor):
            return [(str(factor), self._numbers(factor, frame))]
        shown = self.levels[factor.variable][1 if contrasts else 0 :]
        text = frame[factor.variable].astype(str).to_numpy()
        return [(f"{factor}[{level}]", (text == level).astype(np.float64)) for level in shown]

    def _numbers(self, factor: Factor, frame: pd.DataFrame) -> FloatArray:
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


def _constants(factor: Factor, values: FloatArray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1)) if factor.transformation == "scale" else 1.0


def _problem(factor: Factor, frame: pd.DataFrame, levels: dict[str, tuple[str, ...]]) -> str:
    """Return why a factor cannot be computed from these rows, or an empty string."""
    column = frame[factor.variable]
    if factor.variable in levels:
        return f"{factor} needs numbers; {factor.variable!r} is categorical." if factor.transformation else ""
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
