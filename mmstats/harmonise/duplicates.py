"""People who seem to be in two cohorts: rows that agree in more than chance gives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.harmonise.mapping import MappedCohort
from mmstats.kind import Kind
from mmstats.variable import Variable

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

EXPECTED = 0.01  # pairs of different people that agree so far by chance, at most
LEAST = 2  # dates and measurements in which they agree
APART = 1  # variables in which they may differ: one was measured again, or typed wrongly
CLOSE = 1e-9  # a difference, relative, that conversion of units makes
AT_ONCE = 1_000_000  # pairs that are compared at a time


@dataclass(frozen=True)
class Pair:
    """Two rows that seem to be of one person.

    Parameters
    ----------
    first, second : int
        Their places in the two cohorts.
    agree : tuple of str
        The dates and measurements that are the same.
    chance : float
        How many pairs of different people would agree in these, among all pairs of the two cohorts.
    """

    first: int
    second: int
    agree: tuple[str, ...]
    chance: float


def lookalikes(
    first: MappedCohort,
    second: MappedCohort,
    variables: Mapping[str, Variable],
    differing: Sequence[str] = (),
) -> tuple[tuple[str, ...], list[Pair]]:
    """Return what was compared, and the pairs of rows that seem to be of one person.

    Two rows are suspected if they have the same value in two dates or measurements at least, differ in one
    variable that both have at most, and so few pairs would agree by chance: the number of pairs, times the
    probability for each variable that two people of one cohort agree, as if variables were independent.

    Parameters
    ----------
    first, second : MappedCohort
    variables : mapping of str to Variable
    differing : sequence of str
        Variables that were measured by different instruments, which tell nothing.
    """
    names = [
        name
        for name, variable in variables.items()
        if name in first.unscaled
        and name not in differing
        and variable.kind is not Kind.ID
        and first.unscaled[name].notna().any()
        and second.unscaled[name].notna().any()
    ]
    told = [name for name in names if not variables[name].levels]
    if len(told) < LEAST:
        return (), []
    columns = {name: (_numbers(first.unscaled[name]), _numbers(second.unscaled[name])) for name in names}
    rows, others = len(first.unscaled), len(second.unscaled)
    chances = {
        name: max(_coincidence(one), _coincidence(other), 1 / (rows * others))
        for name, (one, other) in columns.items()
        if name in told
    }
    found: list[Pair] = []
    step = max(1, AT_ONCE // others)
    for start in range(0, rows, step):
        some = {name: (one[start : start + step], other) for name, (one, other) in columns.items()}
        found += _suspected(some, chances, start, rows * others)
    return tuple(told), found


def _suspected(
    columns: Mapping[str, tuple[FloatArray, FloatArray]], chances: Mapping[str, float], start: int, pairs: int
) -> Iterator[Pair]:
    """Yield the suspected pairs of some rows of the first cohort, from the place `start`, with all others."""
    shape = tuple(map(len, next(iter(columns.values()))))
    chance = np.full(shape, float(pairs))
    same, apart = np.zeros(shape, dtype=int), np.zeros(shape, dtype=int)
    agreeing: dict[str, BoolArray] = {}
    for name, (one, other) in columns.items():
        with np.errstate(invalid="ignore"):
            equal = np.abs(one[:, None] - other) <= CLOSE * np.maximum(np.abs(one[:, None]), np.abs(other))
        apart += np.isfinite(one)[:, None] & np.isfinite(other) & ~equal
        if name in chances:
            agreeing[name] = equal
            same += equal
            chance *= np.where(equal, chances[name], 1.0)
    for i, j in np.argwhere((same >= LEAST) & (apart <= APART) & (chance < EXPECTED)):
        agree = tuple(name for name, equal in agreeing.items() if equal[i, j])
        yield Pair(int(i) + start, int(j), agree, float(chance[i, j]))


def _numbers(values: pd.Series) -> FloatArray:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy(dtype=np.float64)
        return np.where(codes < 0, np.nan, codes)
    if pd.api.types.is_datetime64_any_dtype(values):
        days = values.to_numpy(dtype="datetime64[D]")
        return np.where(np.isnat(days), np.nan, days.astype(np.float64))
    return values.to_numpy(dtype=np.float64)


def _coincidence(values: FloatArray) -> float:
    """Return the probability that two people of one cohort have the same value."""
    _, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    n = int(counts.sum())
    return float((counts * (counts - 1)).sum()) / (n * (n - 1)) if n > 1 else 1.0
