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
DECIMALS = 4  # that values are looked at for
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
    Where one cohort has more decimals, values agree that are the same when cut or rounded to the fewer.

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
    steps = {name: _coarser(*both) if name in told else 0.0 for name, both in columns.items()}
    chances = {
        name: max(*(_coincidence(v, abs(steps[name])) for v in (one, other)), 1 / (rows * others))
        for name, (one, other) in columns.items()
        if name in told
    }
    found: list[Pair] = []
    step = max(1, AT_ONCE // others)
    for start in range(0, rows, step):
        some = {name: (one[start : start + step], other) for name, (one, other) in columns.items()}
        found += _suspected(some, chances, steps, start, rows * others)
    return tuple(told), found


def _suspected(
    columns: Mapping[str, tuple[FloatArray, FloatArray]],
    chances: Mapping[str, float],
    steps: Mapping[str, float],
    start: int,
    pairs: int,
) -> Iterator[Pair]:
    """Yield the suspected pairs of some rows of the first cohort, from the place `start`, with all others."""
    shape = tuple(map(len, next(iter(columns.values()))))
    chance = np.full(shape, float(pairs))
    same, apart = np.zeros(shape, dtype=int), np.zeros(shape, dtype=int)
    agreeing: dict[str, BoolArray] = {}
    for name, (one, other) in columns.items():
        with np.errstate(invalid="ignore"):
            near = CLOSE * np.maximum(np.abs(one[:, None]), np.abs(other))
            more, step = one[:, None] - other, steps[name]
            more, step = (-more, -step) if step < 0 else (more, step)
            equal = (more >= -step / 2 - near) & (more < step - near) if step else np.abs(more) <= near
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


def _coarser(one: FloatArray, other: FloatArray) -> float:
    """Return the step of values with fewer decimals, negative if the first have, 0 if both have as many.

    Of one person, the other value is less than a step above (if that was cut) or half a step below it.
    """
    steps = _step(one), _step(other)
    return 0.0 if steps[0] == steps[1] else steps[1] if steps[1] > steps[0] else -steps[0]


def _step(values: FloatArray) -> float:
    """Return the decimal place that values are given to, or 0 if they have more places than are looked at."""
    told = values[np.isfinite(values)]
    for places in range(DECIMALS + 1):
        scaled = told * 10.0**places
        if np.abs(scaled - np.round(scaled)).max() <= CLOSE * max(float(np.abs(scaled).max()), 1.0):
            return 10.0**-places
    return 0.0


def _coincidence(values: FloatArray, step: float) -> float:
    """Return the probability that two people of one cohort have one value, within 3/4 of a step."""
    told = np.sort(values[np.isfinite(values)])
    n = len(told)
    if n < 2:
        return 1.0
    last = np.searchsorted(told, told + 0.75 * step, "right")
    return float((last - np.arange(n) - 1).sum()) / (n * (n - 1) / 2)
