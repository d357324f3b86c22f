"""The columns that effect measures are made of: what each may hold, and what is wrong with a row."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmstats.meta.weighted import BoolArray, FloatArray


@dataclass(frozen=True)
class TwoMeans:
    """Means and standard deviations of two independent groups, each column of shape (k,)."""

    comparison_mean: FloatArray
    comparison_sd: FloatArray
    comparison_n: FloatArray
    reference_mean: FloatArray
    reference_sd: FloatArray
    reference_n: FloatArray


@dataclass(frozen=True)
class PairedMeans:
    """Means and standard deviations of one group measured twice, each column of shape (k,)."""

    after_mean: FloatArray
    after_sd: FloatArray
    before_mean: FloatArray
    before_sd: FloatArray
    correlation: FloatArray
    n: FloatArray


@dataclass(frozen=True)
class OneMean:
    """The mean and standard deviation of one group, each column of shape (k,)."""

    mean: FloatArray
    sd: FloatArray
    n: FloatArray


@dataclass(frozen=True)
class TwoProportions:
    """Events among the participants of two independent groups, each column of shape (k,)."""

    comparison_events: FloatArray
    comparison_n: FloatArray
    reference_events: FloatArray
    reference_n: FloatArray


@dataclass(frozen=True)
class PairedProportions:
    """Participants by two yes-or-no answers, the first condition against the second, shape (k,) each."""

    both: FloatArray
    first_only: FloatArray
    second_only: FloatArray
    neither: FloatArray


@dataclass(frozen=True)
class OneProportion:
    """Events among the participants of one group, each column of shape (k,)."""

    events: FloatArray
    n: FloatArray


@dataclass(frozen=True)
class TwoRates:
    """Events over the time at risk (person-years, say) of two groups, each column of shape (k,)."""

    comparison_events: FloatArray
    comparison_time: FloatArray
    reference_events: FloatArray
    reference_time: FloatArray


@dataclass(frozen=True)
class OneRate:
    """Events over the time at risk of one group, each column of shape (k,)."""

    events: FloatArray
    time: FloatArray


@dataclass(frozen=True)
class Correlation:
    """A correlation of n pairs, each column of shape (k,)."""

    correlation: FloatArray
    n: FloatArray


@dataclass(frozen=True)
class RegressionTest:
    """The t of one coefficient of a regression with so many predictors, each column of shape (k,)."""

    t_value: FloatArray
    n: FloatArray
    predictors: FloatArray


@dataclass(frozen=True)
class RegressionFit:
    """The t of one coefficient, and the R squared of the whole regression, each column of shape (k,)."""

    t_value: FloatArray
    n: FloatArray
    predictors: FloatArray
    r_squared: FloatArray


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of a number of items, each column of shape (k,)."""

    alpha: FloatArray
    items: FloatArray
    n: FloatArray


@dataclass(frozen=True)
class Agreement:
    """The intraclass correlation of single ratings, n participants rated so many times, shape (k,) each."""

    icc: FloatArray
    ratings: FloatArray
    n: FloatArray


SIZES = frozenset({"n"})
COUNTS = frozenset({"events", "both", "first_only", "second_only", "neither"})
AT_LEAST_TWO = frozenset({"items", "ratings"})


def bare(column: str) -> str:
    """Return what a column holds, without whose it is.

    Examples
    --------
    >>> bare("comparison_events"), bare("before_sd"), bare("first_only")
    ('events', 'sd', 'first_only')
    """
    for group in ("comparison_", "reference_", "after_", "before_"):
        column = column.removeprefix(group)
    return column


def value_problem(column: str, value: float) -> str:
    """Return what is wrong with one value, or nothing.

    Examples
    --------
    >>> value_problem("reference_sd", -2.0)
    'reference_sd is -2; a standard deviation is above 0.'
    >>> value_problem("reference_sd", 2.0)
    ''
    """
    kind = bare(column)
    if np.isnan(value):
        return f"{column} is missing."
    if np.isinf(value):
        return f"{column} is infinite."
    whole = value == round(value)
    rules = (
        (kind == "sd" and value <= 0, "a standard deviation is above 0"),
        (kind == "time" and value <= 0, "a time at risk is above 0"),
        (kind in SIZES and (value < 1 or not whole), "it is a whole number of participants, 1 or more"),
        (kind in COUNTS and (value < 0 or not whole), "a count is a whole number, 0 or more"),
        (kind in AT_LEAST_TWO and (value < 2 or not whole), "it is a whole number, 2 or more"),
        (kind == "predictors" and (value < 1 or not whole), "it is a whole number, 1 or more"),
        (kind == "correlation" and abs(value) > 1, "a correlation is between -1 and 1"),
        (kind == "r_squared" and not 0 <= value < 1, "R squared is at least 0 and below 1"),
        (kind in ("alpha", "icc") and value > 1, "it is at most 1"),
    )
    return next((f"{column} is {value:.15g}; {rule}." for broken, rule in rules if broken), "")


def faults(row: Mapping[str, float]) -> list[tuple[tuple[str, ...], str]]:
    """Return everything that is wrong with one study's values, each with the columns that it lies in.

    Examples
    --------
    >>> faults({"events": 12.0, "n": 10.0})
    [(('events', 'n'), 'events is 12, more than n, which is 10.')]
    """
    found: list[tuple[tuple[str, ...], str]] = [
        ((column,), text) for column, value in row.items() if (text := value_problem(column, value))
    ]
    for group in ("", "comparison_", "reference_"):
        events, n = row.get(f"{group}events"), row.get(f"{group}n")
        if events is not None and n is not None and events > n:
            text = f"{group}events is {events:.15g}, more than {group}n, which is {n:.15g}."
            found.append(((f"{group}events", f"{group}n"), text))
    return found


def row_problems(row: Mapping[str, float]) -> list[str]:
    """Return everything that is wrong with one study's values, those that do not fit together included.

    Examples
    --------
    >>> row_problems({"events": 12.0, "n": 10.0})
    ['events is 12, more than n, which is 10.']
    """
    return [text for _, text in faults(row)]


def sound(columns: Mapping[str, npt.NDArray[np.float64]]) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
    """Return the columns with faulty rows as NaN, and what is wrong with each row, shape (k,)."""
    names = list(columns)
    table = np.column_stack([columns[name] for name in names]) if names else np.empty((0, 0))
    notes = tuple(" ".join(row_problems(dict(zip(names, map(float, row), strict=True)))) for row in table)
    faulty: BoolArray = np.array([bool(note) for note in notes], dtype=bool)
    table = np.where(faulty[:, None], np.nan, table)
    return {name: table[:, at] for at, name in enumerate(names)}, notes
