"""Splitting an outcome by the levels of a group."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import NotEstimableError

FloatArray = npt.NDArray[np.float64]

EXTREME = 1e60  # products of squares stay within what a double can hold, also those of rounding errors


def measured(values: pd.Series, role: str) -> FloatArray:
    """Return values as numbers that can be squared and added.

    Parameters
    ----------
    values : Series of float, shape (n,)
    role : str
        What to call a series without a name.

    Raises
    ------
    NotEstimableError
        If any is missing or infinite, or the largest is beyond 1e60 or below 1e-60.
    """
    numbers = values.to_numpy(dtype=np.float64)
    name = repr(str(values.name or role))
    unknown = int((~np.isfinite(numbers)).sum())
    if unknown:
        raise NotEstimableError(
            f"{name} has {unknown} value{'s' if unknown > 1 else ''} missing or infinite, with which nothing "
            "can be computed."
        )
    largest = float(np.abs(numbers).max(initial=0.0))
    if largest > EXTREME or 0 < largest < 1 / EXTREME:
        raise NotEstimableError(
            f"The largest value of {name} is {largest:g}, whose powers a computer cannot hold. "
            "Measure it in another unit."
        )
    return numbers


def by_level(outcome: pd.Series, group: pd.Series, *, at_least: int = 1) -> dict[str, FloatArray]:
    """Return the outcome's values at each level, in the order of the levels: the reference first.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
    at_least : int
        The fewest values a level may have.

    Raises
    ------
    NotEstimableError
        If a level has fewer values, or there are values that cannot be computed with (`measured`).
    """
    values = measured(outcome, "the outcome")
    samples = {str(level): values[(group == level).to_numpy()] for level in group.cat.categories}
    short = [f"{level!r} has {len(values)}" for level, values in samples.items() if len(values) < at_least]
    if short:
        name = group.name or "the group"
        raise NotEstimableError(f"Each level of {name} needs at least {at_least} values: {', '.join(short)}.")
    return samples


def two_samples(outcome: pd.Series, group: pd.Series, *, at_least: int = 1) -> tuple[FloatArray, FloatArray]:
    """Return the values of the reference and of the comparison level of a binary group.

    Raises
    ------
    NotEstimableError
        If a level has fewer than `at_least` values, or there are not exactly two levels.
    """
    samples = list(by_level(outcome, group, at_least=at_least).values())
    if len(samples) != 2:
        raise NotEstimableError(f"Two levels are compared; {group.name or 'the group'} has {len(samples)}.")
    return samples[0], samples[1]


def sorted_rows(columns: Mapping[str, pd.Series], *, at_least: int) -> tuple[FloatArray, ...]:
    """Return columns as arrays whose rows are in one order, so that the order given cannot change a digit.

    Parameters
    ----------
    columns : mapping of role to Series of float, each of shape (n,)
    at_least : int
        The fewest rows needed.

    Raises
    ------
    NotEstimableError
        If there are fewer rows, a column has values that cannot be computed with (`measured`), or a column is
        constant but for rounding; all constant ones are named.
    """
    arrays = [measured(column, role) for role, column in columns.items()]
    if len(arrays[0]) < at_least:
        raise NotEstimableError(f"At least {at_least} complete rows are needed; there are {len(arrays[0])}.")
    constant = [
        str(column.name or role)
        for (role, column), values in zip(columns.items(), arrays, strict=True)
        if np.ptp(values) <= 20 * np.finfo(np.float64).eps * np.abs(values).max()
    ]
    if constant:
        is_constant = "is constant" if len(constant) == 1 else "are constant"
        raise NotEstimableError(
            f"{' and '.join(map(repr, constant))} {is_constant}: there is no correlation."
        )
    order = np.lexsort(tuple(reversed(arrays)))
    return tuple(values[order] for values in arrays)


def table(columns: pd.DataFrame, *, at_least: int) -> FloatArray:
    """Return several columns as one array whose rows are in one order, whatever the order given.

    Parameters
    ----------
    columns : DataFrame of float, shape (n, k)
    at_least : int
        The fewest rows needed.

    Raises
    ------
    NotEstimableError
        If there are fewer rows, or values that cannot be computed with (`measured`).
    """
    values = np.column_stack([measured(column, str(name)) for name, column in columns.items()])
    if len(values) < at_least:
        raise NotEstimableError(f"At least {at_least} complete rows are needed; there are {len(values)}.")
    return values[np.lexsort(values.T[::-1])]


def on_one_scale(ratings: Mapping[str, pd.Series]) -> FloatArray:
    """Return ratings as places in their scale, from 0: a row for each subject, in one order.

    Parameters
    ----------
    ratings : mapping of role or name to Series of category, each of shape (n,)

    Raises
    ------
    NotEstimableError
        If the scales differ, or there are fewer than 2 subjects.
    """
    scales = {role: [str(level) for level in column.cat.categories] for role, column in ratings.items()}
    if len({tuple(levels) for levels in scales.values()}) > 1:
        told = "; ".join(f"{ratings[role].name or role!r} has {', '.join(s)}" for role, s in scales.items())
        raise NotEstimableError(f"Ratings are compared on one scale, and these differ: {told}.")
    places: FloatArray = np.column_stack(
        [column.cat.codes.to_numpy(dtype=np.float64) for column in ratings.values()]
    )
    if len(places) < 2:
        raise NotEstimableError(f"At least 2 rated subjects are needed; there are {len(places)}.")
    return places[np.lexsort(places.T[::-1])]


def rows_with_covariates(x: pd.Series, y: pd.Series, covariates: pd.DataFrame) -> tuple[FloatArray, ...]:
    """Return x, y and the covariates as `sorted_rows` does, of at least three rows more than covariates.

    Raises
    ------
    NotEstimableError
        As `sorted_rows` does.
    """
    given = {"x": x, "y": y, **{str(name): column for name, column in covariates.items()}}
    return sorted_rows(given, at_least=covariates.shape[1] + 3)
