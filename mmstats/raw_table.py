"""A table as its file holds it: text, untouched, with what was found out while reading it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A table of text.

    Parameters
    ----------
    name : str
        Its name in the plan.
    frame : DataFrame of str
        One column per heading; an empty cell is an empty string. The index counts rows from 0 at the first
        row below the headings; where the file has a blank row, a number is left out.
    path : Path
        The file.
    digest : str
        The SHA-256 of the file's bytes.
    details : mapping of str to str
        How it was read: encoding, delimiter, decimal mark, sheet, and anything a reader should know.
    first_row : int
        The spreadsheet's number of the first row below the headings.
    decimal : str
        The decimal mark of its numbers: ``.`` or ``,``.
    reasons : mapping of (int, str) to str
        Why a cell was emptied by a recorded decision, by its place in the index and its heading.
    """

    name: str
    frame: pd.DataFrame
    path: Path = field(default_factory=Path)
    digest: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    first_row: int = 2
    decimal: str = "."
    reasons: Mapping[tuple[int, str], str] = field(default_factory=dict)

    @property
    def rows(self) -> list[int]:
        """Each row's number as a spreadsheet shows it."""
        return [int(position) + self.first_row for position in self.frame.index]
