"""The columns that the fixed part of a formula stands for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.formula.coding import Coding
from mmstats.formula.contrasts import Contrasts
from mmstats.formula.formula import Formula, without_random
from mmstats.formula.model_data import ModelData
from mmstats.formula.parsing import Factor

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """The columns a formula stands for, and how to build them again for other rows.

    Parameters
    ----------
    formula : Formula
        Without random parts.
    coding : Coding
        How each variable becomes numbers.
    names : tuple of str, length p
        ``intercept``, ``age``, ``group[MS]``, ``group[MS]:age``; with other contrasts than treatment as
        `mmstats.formula.contrasts.contrast_columns` says.
    term_of : tuple of int, length p
        The term each column belongs to, as its place in `formula.terms`; -1 for the intercept.
    """

    formula: Formula
    coding: Coding
    names: tuple[str, ...]
    term_of: tuple[int, ...]

    @classmethod
    def of(cls, data: ModelData, *, contrasts: Contrasts = "treatment") -> "Design":
        """Learn levels, and the constants of centring and scaling, from the rows at hand.

        Parameters
        ----------
        data : ModelData
        contrasts : {"treatment", "sum", "helmert", "polynomial"}
            Of categorical variables.

        Raises
        ------
        FormulaError
            If the formula has a random part: `mmstats.mixed_design` takes those.
        NotEstimableError
            If a transformation does not apply to a variable's values, values are missing, or the response
            is categorical.
        """
        without_random(data.formula)
        coding = Coding.of(data.formula, data.frame, contrasts)
        columns = coding.columns(data.formula.terms, data.frame.iloc[:0], intercept=data.formula.intercept)
        return cls(data.formula, coding, columns.names, columns.term_of)

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """The levels of each categorical variable, the reference first."""
        return self.coding.levels

    def response(self, frame: pd.DataFrame) -> FloatArray:
        """Return the response, shape (n,)."""
        return self.coding.numbers(self.formula.response, frame)

    def matrix(self, frame: pd.DataFrame) -> FloatArray:
        """Return the columns for the rows of `frame`, shape (n, p).

        Raises
        ------
        NotEstimableError
            If a row has a level that the rows learnt from had not declared.
        """
        formula = self.formula
        return self.coding.columns(formula.terms, frame, intercept=formula.intercept).matrix

    def categorical(self, factor: Factor) -> bool:
        """Whether a factor has levels."""
        return self.coding.categorical(factor)
