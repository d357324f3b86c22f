"""One column of a data dictionary: what it means and which values it may take."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmstats.kind import Kind


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One column: what it means and which values it may take.

    Parameters
    ----------
    name : str
        Its name in plans and results.
    kind : Kind
    label : str
        The words printed for it.
    unit : str
        The unit of its numbers, as printed.
    heading : str
        The column's heading in the file, when it differs from `name`.
    levels : mapping of str to str
        For a categorical variable: each level's name and printed label; the first is the reference.
    codes : mapping of str to str
        How the file writes each level, when it does not use the level's name: written value to level.
    allowed : tuple of float
        The only numbers it may take (an ordinal scale's steps).
    range : tuple of two floats
        The smallest and largest number it may take.
    missing_codes : mapping of str to str
        Written values that stand for a missing value, and why it is missing.
    required : bool
        Whether a value must be given in every row, unless the plan says why one is missing.
    items : int
        For a questionnaire's total: how many items it adds up.
    item_range : tuple of two floats
        The smallest and largest score of one of those items.

    Examples
    --------
    >>> Variable(name="edss", kind=Kind.ORDINAL, label="EDSS", allowed=(0, 1, 1.5)).is_number
    True
    """

    name: str
    kind: Kind
    label: str
    unit: str = ""
    heading: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[float, ...] = ()
    range: tuple[float, float] = (float("-inf"), float("inf"))
    missing_codes: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    items: int = 0
    item_range: tuple[float, float] = (float("-inf"), float("inf"))

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers: a measurement, a count, or the steps of a scale."""
        return self.kind in Kind.NUMERIC or (self.kind is Kind.ORDINAL and not self.levels)

    @property
    def column(self) -> str:
        """The column's heading in the file."""
        return self.heading or self.name
