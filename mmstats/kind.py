"""What a variable is, statistically: decides its checks, its methods and its formatting."""

from dataclasses import dataclass
from enum import Flag, auto
from typing import Annotated

import pandas as pd


class Kind(Flag):
    """A statistical type; a union of kinds means that any of them will do."""

    ID = auto()
    CONTINUOUS = auto()
    COUNT = auto()
    BINARY = auto()
    NOMINAL = auto()
    ORDINAL = auto()
    DATE = auto()

    NUMERIC = CONTINUOUS | COUNT
    ORDERED = NUMERIC | ORDINAL
    CATEGORICAL = BINARY | NOMINAL | ORDINAL
    ANY = NUMERIC | CATEGORICAL
    GROUPING = ANY | ID | DATE  # whatever can tell groups of rows apart

    def __str__(self) -> str:
        return " or ".join(str(kind.name).lower() for kind in self)


@dataclass(frozen=True)
class Accepts:
    """What a role of a method takes: which kinds; whether missing values, and levels nobody has, are kept.

    `random` is about formulas alone: whether they have random parts.
    """

    kind: Kind
    keeps_missing: bool = False
    keeps_levels: bool = False
    random: bool = False


# A role that takes one variable receives a Series without missing values: float64 for NUMERIC and
# ORDERED roles (an ordinal variable as its scores), an ordered-by-declaration category otherwise,
# whose first category is the reference. A role that takes several receives a DataFrame of them. Levels that
# no row has are left out, except of a rating, whose scale is part of its meaning. A grouping says which rows
# belong together, such as those of a participant: an identifier comes as numbered levels, so that no result
# can name anybody.
Numeric = Annotated[pd.Series, Accepts(Kind.NUMERIC)]
Ordered = Annotated[pd.Series, Accepts(Kind.ORDERED)]
Grouping = Annotated[pd.Series, Accepts(Kind.CATEGORICAL | Kind.ID)]
Binary = Annotated[pd.Series, Accepts(Kind.BINARY)]
Categorical = Annotated[pd.Series, Accepts(Kind.CATEGORICAL)]
AnyKind = Annotated[pd.Series, Accepts(Kind.ANY, keeps_missing=True)]
SeveralOrdered = Annotated[pd.DataFrame, Accepts(Kind.ORDERED)]
Rating = Annotated[pd.Series, Accepts(Kind.CATEGORICAL, keeps_levels=True)]
Factors = Annotated[pd.DataFrame, Accepts(Kind.CATEGORICAL)]
SeveralCategorical = Annotated[pd.DataFrame, Accepts(Kind.CATEGORICAL, keeps_levels=True)]
