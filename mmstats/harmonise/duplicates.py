"""People who seem to be in two cohorts: rows that agree in more than chance gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.harmonise.mapping import MappedCohort
from mmstats.kind import Kind
from mmstats.variable import Variable

BoolArray = npt.NDArray[np.bool_]

EXPECTED = 0.01  # pairs of different people that agree so far by chance, at most
LEAST = 2  # dates and measurements in which they agree
APART = 1  # variables in which they may differ: one was measured again, or typed wrongly
CLOSE = 1e-9  # a difference, relative, that conversion of units makes
MOST = 25_000_000  # pairs that are compared


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
    pairs = len(first.unscaled) * len(second.unscaled)
    if len(told) < LEAST or not 0 < pairs <= MOST:
        return (), []
    chance = np.full((len(first.unscaled), len(second.unscaled)), float(pairs))
    same, apart = np.zeros(chance.shape, dtype=int), np.zeros(chance.shape, dtype=int)
    agreeing: dict[str, BoolArray] = {}
    for name in names:
        one, other = _numbers(first.unscaled[name]), _numbers(second.unscaled[name])
        with np.errstate(invalid="ignore"):
            equal = np.abs(one[:, None] - other) <= CLOSE * np.maximum(np.abs(one[:, None]), np.abs(other))
        known = np.isfinite(one)[:, None] & np.isfinite(other)
        apart += known & ~equal
        if name in told:
            agreeing[name] = equal
            same += equal
            chance *= np.where(equal, max(_coincidence(one), _coincidence(other), 1 / pairs), 1.0)
    suspected = (same >= LEAST) & (apart <= APART) & (chance < EXPECTED)
    found = [
        Pair(int(i), int(j), tuple(name for name in told if agreeing[name][i, j]), float(chance[i, j]))
        for i, j in np.argwhere(suspected)
    ]
    return tuple(told), found


def _numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy(dtype=np.float64)
        return np.where(codes < 0, np.nan, codes)
    if pd.api.types.is_datetime64_any_dtype(values):
        days = values.to_numpy(dtype="datetime64[D]")
        return np.where(np.isnat(days), np.nan, days.astype(np.float64))
    return values.to_numpy(dtype=np.float64)


def _coincidence(values: npt.NDArray[np.float64]) -> float:
    """Return the probability that two people of one cohort have the same value."""
    _, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    n = int(counts.sum())
    return float((counts * (counts - 1)).sum()) / (n * (n - 1)) if n > 1 else 1.0
