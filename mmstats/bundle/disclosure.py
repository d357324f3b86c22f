"""What sums and sums of products would tell about few participants; each problem with the way out."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import sqrt

import numpy as np
import numpy.typing as npt

from mmstats.bundle.bundle import Factor, IntArray
from mmstats.bundle.suppression import Line, possible
from mmstats.meta.sufficient import FloatArray

ALONE = 0.7  # of a row's leverage: at more, the sums are mostly about it (a dominance rule of 1 row, 70 %)
MOST_VALUES = 12  # different values of a column, up to which sums can tell how often each is there
MOST_STEPS = 60  # from its least to its greatest value
SPAN = 1e-8  # what of an indicator, relative, is rounding


def problems(
    rows: FloatArray, names: Sequence[str], factors: Mapping[str, Factor], threshold: int
) -> Iterator[str]:
    """Yield why the sufficient statistics of rows must not be shared.

    Parameters
    ----------
    rows : float array, shape (n, m)
        The outcome is the last column.
    names : sequence of str, length m
    factors : mapping of str to Factor
    threshold : int

    References: hundepool2012.
    """
    yield from _freedom(rows, names, threshold)
    for name, column in zip(names, rows.T, strict=True):
        yield from _column(name, column, threshold)
    yield from _pairs(rows, names, threshold)
    yield from _rest(rows, names, threshold)
    for name, factor in factors.items():
        yield from _levels(name, factor, len(rows), threshold)
    for text, line in told_lines(rows, factors).items():
        if 0 < line.total < threshold:
            yield (
                f"The model's columns tell that {_participants(line.total)} {text}; the least is "
                f"{threshold}. Join levels, or leave a column out."
            )
    yield from _leverage(rows, names)


def told_lines(rows: FloatArray, factors: Mapping[str, Factor]) -> dict[str, Line]:
    """Return the sums of the table of all factors that the model's cross-products tell, and what each counts.

    A number of participants is told if their indicator is the product of two combinations of columns, or a
    combination of columns and of squares of those with three values.
    """
    if not factors:
        return {}
    n, span = len(rows), _orthonormal(_centred(rows))
    squares = [column**2 for column in rows.T if len(np.unique(column)) == 3]
    wide = _orthonormal(_centred(np.column_stack([rows, *squares])))
    shape = tuple(len(factor.levels) for factor in factors.values())
    grid, variables = np.indices(shape), list(factors)
    found = {"are there": Line(np.ones(shape, dtype=np.int64), n)}
    parts: dict[tuple[tuple[int, int], ...], bool] = {(): True}
    for size in range(1, len(variables) + 1):
        for chosen in combinations(range(len(variables)), size):
            for levels in np.ndindex(*(shape[axis] for axis in chosen)):
                event = tuple(zip(chosen, levels, strict=True))
                own = np.ones(n, dtype=bool)
                members = np.ones(shape, dtype=bool)
                words = []
                for axis, level in event:
                    factor = factors[variables[axis]]
                    own &= factor.codes == level
                    members &= grid[axis] == level
                    words.append(f"{variables[axis]} {factor.levels[level]!r}")
                here = own.astype(np.float64)
                parts[event] = _inside(here, span) if own.any() else _nobody(event, factors, span)
                split = any(
                    parts[one] and parts[tuple(part for part in event if part not in one)]
                    for length in range(len(event) // 2 + 1)
                    for one in combinations(event, length)
                )
                if split or (own.any() and _inside(here, wide)):
                    found[f"have {' and '.join(words)}"] = Line(members.astype(np.int64), int(own.sum()))
    return found


def _nobody(event: tuple[tuple[int, int], ...], factors: Mapping[str, Factor], span: FloatArray) -> bool:
    """Return whether columns tell that a level has nobody, since they tell of all the other levels."""
    if len(event) > 1:
        return False
    codes = list(factors.values())[event[0][0]].codes
    return all(_inside((codes == level).astype(np.float64), span) for level in np.unique(codes))


def _orthonormal(columns: FloatArray) -> FloatArray:
    """Return orthonormal columns that span a constant and centred columns."""
    n = len(columns)
    lengths = np.linalg.norm(columns, axis=0)
    kept = lengths > 0
    u, s, _ = np.linalg.svd(columns[:, kept] / lengths[kept], full_matrices=False)
    u = u[:, s > 1e-10 * max(float(s[0]), 1.0)] if len(s) else u
    return np.column_stack([np.full(n, 1 / sqrt(n)), u])


def _inside(indicator: FloatArray, span: FloatArray) -> bool:
    left = indicator - span @ (span.T @ indicator)
    return float(np.linalg.norm(left)) <= SPAN * max(float(np.linalg.norm(indicator)), 1.0)


def _participants(count: int) -> str:
    return f"{count} participant{'s' * (count != 1)}"


def _centred(rows: FloatArray) -> FloatArray:
    left = rows - rows.mean(axis=0)
    return np.asarray(left - left.mean(axis=0))


def _freedom(rows: FloatArray, names: Sequence[str], threshold: int) -> Iterator[str]:
    rank = _orthonormal(_centred(rows[:, :-1])).shape[1]
    if len(rows) - rank < threshold:
        yield (
            f"{len(rows)} rows leave {max(len(rows) - rank, 0)} residual degrees of freedom after {rank} "
            f"coefficients; the least is {threshold}. Leave out columns ({', '.join(names[:-1])})."
        )


def _column(name: str, column: FloatArray, threshold: int) -> Iterator[str]:
    values, counts = np.unique(column, return_counts=True)
    n = len(column)
    if len(values) == n and n > 2 and (column == np.round(column)).all() and np.ptp(column) == n - 1:
        yield (
            f"Column {name!r} has {n} different whole numbers without a gap, as identifiers have. Leave it "
            "out."
        )
    elsewhere = n - int(counts.max())
    if len(values) > 2 and elsewhere < threshold:
        yield (
            f"Column {name!r} is {values[counts.argmax()]:g} for all but {_participants(elsewhere)}; the "
            f"least is {threshold}. Leave the column out."
        )
    elif 1 < len(values) <= MOST_VALUES and counts.min() < threshold:
        for value, count in zip(values, counts, strict=True):
            verb = "has" if count == 1 else "have"
            if count < threshold and _told(values, counts, value):
                yield (
                    f"Column {name!r}: sums tell that {_participants(int(count))} {verb} "
                    f"the value {value:g}; the least is {threshold}. Join values, or leave the column out."
                )


def _places(values: FloatArray) -> IntArray | None:
    """Return which steps of an even scale values are, from 0, or None if they are on none."""
    step = float(np.diff(values).min())
    places = (values - values[0]) / step
    whole = np.round(places).astype(np.int64)
    return None if places[-1] > MOST_STEPS or np.abs(places - whole).max() > 1e-9 else whole


def _told(values: FloatArray, counts: IntArray, value: float) -> bool:
    """Return whether n, the sum and the sum of squares leave one number of times for a value to be there."""
    places = _places(values)
    if places is None or len(values) <= 3:
        return len(values) <= 3
    sums = [Line(places**power, int(places**power @ counts)) for power in range(3)]
    low, high = possible(counts, np.ones(len(counts), dtype=bool), sums)
    at = int(np.flatnonzero(values == value)[0])
    return bool(low[at] == high[at])


def _pairs(rows: FloatArray, names: Sequence[str], threshold: int) -> Iterator[str]:
    """Look at each column of few values within each column of two: how many have which value in which half.

    Sums of products tell how many rows and what sum each half has, and the sum of squares of both.
    """
    found = [np.unique(column, return_inverse=True) for column in rows.T]
    halves = [at for at, (values, _) in enumerate(found) if len(values) == 2]
    for half in halves:
        for other, (values, codes) in enumerate(found):
            alike = other in halves and other <= half
            if alike or not 1 < len(values) <= MOST_VALUES or (places := _places(values)) is None:
                continue
            cells = np.zeros((2, len(values)), dtype=np.int64)
            np.add.at(cells, (found[half][1], codes), 1)
            if not ((cells > 0) & (cells < threshold)).any():
                continue
            squares = Line(np.tile(places**2, (2, 1)), int((cells @ places**2).sum()))
            sums = [
                Line(np.eye(2, dtype=np.int64)[:, [side]] * places**power, int(cells[side] @ places**power))
                for side in (0, 1)
                for power in (0, 1)
            ]
            low, high = possible(cells, np.ones(cells.shape, dtype=bool), [*sums, squares])
            for a, b in np.argwhere((cells > 0) & (cells < threshold) & (low == high)):
                count, verb = int(cells[a, b]), "has" if cells[a, b] == 1 else "have"
                yield (
                    f"Columns {names[half]!r} and {names[other]!r}: sums of their products tell that "
                    f"{_participants(count)} {verb} {found[half][0][a]:g} and {values[b]:g}; the least is "
                    f"{threshold}. Join values, or leave one of them out."
                )


def _rest(rows: FloatArray, names: Sequence[str], threshold: int) -> Iterator[str]:
    """Look at who is in no level that has a column, the reference level mostly; in all, and in each half."""
    found = [np.unique(column, return_inverse=True) for column in rows.T]
    marked = {at: codes == 1 for at, (values, codes) in enumerate(found) if len(values) == 2}
    families: dict[frozenset[int], npt.NDArray[np.bool_]] = {}
    for start in marked:
        family, taken = {start}, marked[start].copy()
        for at, own in marked.items():
            if at != start and not (taken & own).any():
                family.add(at)
                taken |= own
        if len(family) > 1:
            families[frozenset(family)] = ~taken
    for members, rest in families.items():
        listed = ", ".join(repr(names[at]) for at in sorted(members))
        for at, own in [(-1, np.ones(len(rows), dtype=bool)), *marked.items()]:
            for side, value in ((own, 1), (~own, 0)):
                count = int((rest & side).sum())
                if at not in members and 0 < count < threshold:
                    within = "" if at < 0 else f" with {names[at]!r} at {found[at][0][value]:g}"
                    yield (
                        f"Columns {listed}: {_participants(count)}{within} {'is' if count == 1 else 'are'} "
                        f"in none of them; the least is {threshold}. Join levels, or leave a column out."
                    )


def _levels(name: str, factor: Factor, n: int, threshold: int) -> Iterator[str]:
    if len(factor.levels) * threshold > n:
        yield (
            f"Variable {name!r} has {len(factor.levels)} levels for {_participants(n)}, as identifiers have; "
            f"there may be {n // threshold} at most. Leave it out of the counts, or join levels."
        )


def _leverage(rows: FloatArray, names: Sequence[str]) -> Iterator[str]:
    """Look for a row that sums are mostly about, the outcome being one of the columns."""
    centred = _centred(rows)
    leverage = (_orthonormal(centred) ** 2).sum(axis=1)
    for row in np.flatnonzero(leverage > ALONE):
        spread = np.abs(centred[row]) / np.maximum(np.sqrt((centred**2).mean(axis=0)), 1e-300)
        name = names[int(spread.argmax())]
        yield (
            f"Row {row + 1} has leverage {leverage[row]:.2f} among the model's columns and the outcome, "
            f"where the most is {ALONE:g}: sums are mostly about it. It is furthest out in {name!r}: leave "
            "that column out, transform it, or leave out the row and say so."
        )
