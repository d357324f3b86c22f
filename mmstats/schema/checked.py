"""A table after its dictionary has been held against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from mmstats.violation import Violation

if TYPE_CHECKING:
    from mmstats.schema.dictionary import Schema


@dataclass(frozen=True, kw_only=True)
class CheckedTable:
    """A typed table.

    Parameters
    ----------
    name : str
        Its name in the plan.
    schema : Schema
        Its dictionary.
    frame : DataFrame
        One column per variable of the dictionary, in its order: ``float64`` for numbers, a category whose
        categories are the levels in their order for categories (ordered for ordinal ones), ``object`` text
        for identifiers, ``datetime64[s]`` for dates. The index is the row's number in a spreadsheet.
    reasons : DataFrame of str
        Of the same shape: why a value is missing (``empty``, what a missing code means, what could not be
        read); an empty string where there is a value.
    details : mapping of str to str
        How the file was read.
    digest : str
        The SHA-256 of the file's bytes.
    """

    name: str
    schema: "Schema"
    frame: pd.DataFrame
    reasons: pd.DataFrame
    details: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    def key_of(self, row: int) -> str:
        """Return who a row is about: the values of the key, joined."""
        return " / ".join(str(self.frame.at[row, name]) for name in self.schema.key)


@dataclass(frozen=True)
class Checked:
    """A table, and everything that is wrong with it.

    Parameters
    ----------
    table : CheckedTable or None
        None if the columns of the key are not there. A value that cannot be read is missing in it.
    violations : tuple of Violation
        By row and column.
    """

    table: CheckedTable | None
    violations: tuple[Violation, ...]
