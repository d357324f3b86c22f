"""A way from what a paper prints to what an effect measure needs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isnan, nan

from mmstats.meta.printed.converted import Converted

AS_PRINTED = "as_printed"
SEVERAL = "several"

WAYS: dict[str, str] = {
    AS_PRINTED: "Numbers as printed",
    "median": "Median with quartiles or range",
    "standard_error_of_mean": "Mean with standard error",
    "interval_of_mean": "Mean with confidence interval",
    "change": "Before and after, with a correlation",
    "t": "t statistic",
    "f": "F statistic",
    "p": "p value",
    "estimate": "Estimate with standard error",
    "interval": "Confidence interval",
    SEVERAL: "Several of these",
}

Row = Mapping[str, float]


@dataclass(frozen=True)
class Recipe:
    """One conversion.

    Parameters
    ----------
    gives : tuple of str
        Columns of the measure; or ``effect`` and ``variance``, on the scale on which effects are pooled.
    needs : tuple of str
        Columns that the row must have.
    way : str
        A key of `WAYS`.
    convert : callable
        Takes the row, and returns as many numbers as it gives.
    may_use : tuple of str
        Columns that it takes where the row has them.
    """

    gives: tuple[str, ...]
    needs: tuple[str, ...]
    way: str
    convert: Callable[[Row], tuple[Converted, ...]]
    may_use: tuple[str, ...] = ()

    def fits(self, columns: Iterable[str]) -> bool:
        """Whether these columns are enough."""
        return set(self.needs) <= set(columns)


def given(row: Row) -> dict[str, float]:
    """Return the columns of a row that have a number."""
    return {name: value for name, value in row.items() if not isnan(value)}


def level_of(row: Row) -> float:
    """Return the confidence level of a row's intervals: 0.95 unless it says another."""
    level = row.get("conf_level", nan)
    return 0.95 if isnan(level) else level


def is_size(value: float) -> bool:
    """Whether a number can be one of participants; what is wrong with others is told where they are checked.

    Examples
    --------
    >>> is_size(12.0), is_size(0.0), is_size(10.5)
    (True, False, False)
    """
    return 1 <= value < float("inf") and value == int(value)
