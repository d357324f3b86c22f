"""A formula and the rows it is about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import unknown
from mmstats.formula.formula import Formula
from mmstats.formula.parsing import FormulaError
from mmstats.kind import Accepts, Kind


@dataclass(frozen=True)
class ModelData:
    """A formula and the rows that its variables have.

    A variable may be in both frames: a week, say, as a number whose slope is estimated, and as a group.

    Parameters
    ----------
    formula : Formula
    frame : DataFrame
        The variables that become numbers, the response among them: float64, or category whose first level
        is the reference.
    groups : DataFrame
        The variables that make the groups of random parts, all as categories, whatever their kind; rows as
        in `frame`. Without columns if there is no random part.
    """

    formula: Formula
    frame: pd.DataFrame
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)

    @classmethod
    def of(cls, text: str, frame: pd.DataFrame, groups: pd.DataFrame | None = None) -> "ModelData":
        """Parse a formula and keep the columns it names.

        Parameters
        ----------
        text : str
        frame : DataFrame
        groups : DataFrame, optional
            Where groups are looked up, if not in `frame`.

        Raises
        ------
        FormulaError
            If the formula is wrong, or names a column that is not there.
        """
        formula, grouping = Formula.parse(text), frame if groups is None else groups
        problems = [*_absent(formula.columns, frame), *_absent(formula.groups, grouping)]
        if problems:
            raise FormulaError(f"The formula {text!r} names variables that are not there.", problems)
        named = {name: as_groups(grouping[name]) for name in formula.groups}
        return cls(formula, frame[list(formula.columns)], pd.DataFrame(named, frame.index if named else None))

    def take(self, rows: npt.NDArray[np.intp]) -> "ModelData":
        """Return the same model with these rows, by position, in this order."""
        groups = self.groups.iloc[rows] if len(self.groups.columns) else self.groups
        return ModelData(self.formula, self.frame.iloc[rows], groups)


def as_groups(values: pd.Series) -> pd.Series:
    """Return values as a category of the levels that occur, each a text, in an order that rows do not decide.

    Categories keep their order, numbers and dates go by size, and texts by the alphabet.

    Examples
    --------
    >>> as_groups(pd.Series([10.0, 2.0, 10.0])).cat.categories.tolist()
    ['2', '10']
    """
    ordered = isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_object_dtype(values.dtype)
    given = values.array if isinstance(values.dtype, pd.CategoricalDtype) else pd.Categorical(values)
    codes = np.asarray(given.codes, dtype=np.intp)
    texts = [_text(level) for level in given.categories]
    there = {texts[code] for code in np.unique(codes[codes >= 0])}
    levels = [text for text in dict.fromkeys(texts if ordered else sorted(texts)) if text in there]
    places = {text: place for place, text in enumerate(levels)}
    moved = np.array([*(places.get(text, -1) for text in texts), -1], dtype=np.intp)
    categories = pd.Index(levels, dtype=object)
    return pd.Series(pd.Categorical.from_codes(moved[codes], categories), values.index, name=values.name)


def _text(level: object) -> str:
    whole = isinstance(level, float | np.floating) and float(level).is_integer()
    return str(int(level)) if whole else str(level)  # type: ignore[call-overload]


def _absent(names: Iterable[str], frame: pd.DataFrame) -> list[str]:
    known = list(map(str, frame.columns))
    return [unknown(name, known, what="variable") for name in names if name not in known]


ModelFormula = Annotated[ModelData, Accepts(Kind.ANY)]
MixedFormula = Annotated[ModelData, Accepts(Kind.ANY, random=True)]
