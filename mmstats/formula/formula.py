"""A formula, and the data it is about."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import unknown
from mmstats.formula.parsing import Factor, FormulaError, Term, parse
from mmstats.kind import Accepts, Kind


@dataclass(frozen=True)
class Formula:
    """A response and the terms that explain it; a term is a product of factors.

    Examples
    --------
    >>> formula = Formula.parse("fatigue ~ group * log(age)")
    >>> [":".join(map(str, term)) for term in formula.terms]
    ['group', 'log(age)', 'group:log(age)']
    >>> formula.variables
    ('fatigue', 'group', 'age')
    """

    text: str
    response: Factor
    terms: tuple[Term, ...]
    intercept: bool

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of all variables, the response first."""
        factors = (factor for term in self.terms for factor in term)
        return tuple(dict.fromkeys([self.response.variable, *(factor.variable for factor in factors)]))

    @classmethod
    def parse(cls, text: str) -> "Formula":
        """Read a formula; nothing in it is run.

        Parameters
        ----------
        text : str
            ``response ~ terms``, where terms are joined by ``+`` and ``-``, ``a:b`` is an interaction,
            ``a * b`` stands for ``a + b + a:b``, and ``0 +`` leaves the intercept out.

        Raises
        ------
        FormulaError
            If it is not such a formula, or uses anything but variables and `TRANSFORMATIONS`.
        """
        response, terms, intercept = parse(text)
        return cls(text, response, terms, intercept)


@dataclass(frozen=True)
class ModelData:
    """A formula and the rows its variables have: float64, or category whose first level is the reference."""

    formula: Formula
    frame: pd.DataFrame

    @classmethod
    def of(cls, text: str, frame: pd.DataFrame) -> "ModelData":
        """Parse a formula and keep the columns it names.

        Raises
        ------
        FormulaError
            If the formula is wrong, or names a column that `frame` lacks.
        """
        formula = Formula.parse(text)
        absent = [name for name in formula.variables if name not in frame]
        if absent:
            problems = [unknown(name, map(str, frame.columns), what="variable") for name in absent]
            raise FormulaError(f"The formula {text!r} names variables that are not there.", problems)
        return cls(formula, frame[list(formula.variables)])

    def take(self, rows: npt.NDArray[np.intp]) -> "ModelData":
        """Return the same model with these rows, by position, in this order."""
        return ModelData(self.formula, self.frame.iloc[rows])


ModelFormula = Annotated[ModelData, Accepts(Kind.ANY)]
