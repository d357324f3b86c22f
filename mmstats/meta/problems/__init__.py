"""What is wrong with the material of a meta-analysis: every problem, with the study's name."""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan, nan

import numpy as np

from mmstats.meta.measures import Measure, effect_sizes, measure
from mmstats.meta.measures.material import faults
from mmstats.meta.problems.contradictions import contradictions
from mmstats.meta.problems.printed_result import RESULT
from mmstats.meta.problems.problem import Problem
from mmstats.meta.problems.repeated import repeated

__all__ = ["Problem", "contradictions", "problems", "repeated"]


def problems(name: str, rows: Sequence[Mapping[str, object]], **options: str) -> Iterator[Problem]:
    """Yield every problem of every study; no row is left out because it has one.

    A row holds the study's name, as ``study``, and either the columns of the measure or a printed result, or
    both: ``estimate``, ``std_error``, ``conf_low``, ``conf_high``, ``conf_level`` (0.95 unless said),
    ``statistic`` (t or z), ``p_value`` (two-sided), ``p_greater``, ``p_less`` (one-sided). Printed values are
    on the natural scale: a ratio, not its logarithm. Columns that are neither are not looked at.

    Parameters
    ----------
    name : str
        Of the measure.
    rows : sequence of mappings from column to value
    **options : str
        Of the measure.

    Examples
    --------
    >>> rows = [
    ...     {"study": "Rossi 2010", "events": 12, "n": 10},
    ...     {"study": "Weber 2012", "events": 3, "n": 20},
    ...     {"study": "rossi 2010", "events": 4, "n": 8},
    ... ]
    >>> for problem in problems("logit_proportion", rows):
    ...     print(problem)
    Row 1, Rossi 2010: events is 12, more than n, which is 10.
    Row 3, rossi 2010: The same study is in row 1, as 'Rossi 2010'. Name its parts apart, or remove one.
    """
    chosen = measure(name)
    names = [_name(row.get("study")) for row in rows]
    known = (*chosen.columns, *(column for column in RESULT if column not in chosen.columns))
    read = [_numbers(row, known) for row in rows]
    numbers = [values for values, _ in read]
    table = {column: np.array([row.get(column, nan) for row in numbers]) for column in chosen.columns}
    found = effect_sizes(name, table, **options)
    again: dict[int, list[Problem]] = {row: [] for row in range(1, len(rows) + 1)}
    for problem in repeated(names, numbers):
        again[problem.row].append(problem)
    for at, (study, (values, unread)) in enumerate(zip(names, read, strict=True)):
        row = at + 1
        if not study:
            yield Problem(row, study, ("study",), "The study has no name.")
        for column, text in unread:
            yield Problem(row, study, (column,), text)
        given = [column for column in chosen.columns if column in values]
        if given and not found.estimable[at]:
            yield from _not_estimable(chosen, row, study, values, found.notes[at])
        if not given and not _has_result(values):
            yield Problem(row, study, (), _nothing(chosen))
        for columns, text in contradictions(chosen, values, float(found.effects[at])):
            yield Problem(row, study, columns, text)
        yield from again[row]


def _name(value: object) -> str:
    missing = value is None or (isinstance(value, float) and isnan(value))
    return "" if missing else str(value).strip()


def _numbers(
    row: Mapping[str, object], known: Sequence[str]
) -> tuple[dict[str, float], list[tuple[str, str]]]:
    """Return the values of a row's known columns that are numbers, and what is wrong with the others."""
    values: dict[str, float] = {}
    unread: list[tuple[str, str]] = []
    for column in known:
        value = row.get(column)
        if value is None or value == "":
            continue
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            unread.append((column, f"{column} is {value!r}, which is not a number."))
            continue
        if not isnan(number):
            values[column] = number
    return values, unread


def _not_estimable(
    chosen: Measure, row: int, study: str, values: Mapping[str, float], note: str
) -> Iterator[Problem]:
    """Yield what a study lacks, or why its numbers, each of which can be, determine no effect."""
    lacking = [column for column in chosen.columns if column not in values]
    for column in lacking:
        yield Problem(row, study, (column,), f"{column} is missing.")
    if not lacking and not faults({column: values[column] for column in chosen.columns}):
        yield Problem(row, study, chosen.columns, note)


def _has_result(values: Mapping[str, float]) -> bool:
    """Return whether a printed result says an effect and how precise it is."""
    interval = "conf_low" in values and "conf_high" in values
    return interval or ("estimate" in values and bool({"std_error", "statistic", "p_value"} & set(values)))


def _nothing(chosen: Measure) -> str:
    return (
        f"There is nothing to compute the effect from: it needs {', '.join(chosen.columns)}; or an "
        "estimate with a standard error, an interval, a statistic or a p value."
    )
