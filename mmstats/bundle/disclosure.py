"""What sums and sums of products would tell about few participants; each problem with the way out."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import sqrt

import numpy as np
import numpy.typing as npt

from mmstats.bundle.bundle import Factor
from mmstats.bundle.suppression import Line
from mmstats.bundle.value_counts import told_problems
from mmstats.meta.sufficient import FloatArray

ALONE = 0.7  # of a row's leverage: at more, the sums are mostly about it (a dominance rule of 1 row, 70 %)
HARDLY = 0.02  # of a column's sum of squares, which is left without the few who are furthest out
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
    yield from told_problems(rows, names, threshold)
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
    elif len(values) > 2 and (few := _few(column, threshold)):
        yield (
            f"Column {name!r} hardly varies but for {_participants(few)}; the least is {threshold}. "
            "Transform it, or leave the column out."
        )


def _few(column: FloatArray, threshold: int) -> int:
    """Return how few participants, furthest out, have nearly all of a column's sum of squares, or 0."""
    order = np.argsort(-np.abs(column - np.median(column)), kind="stable")
    whole = float(((column - column.mean()) ** 2).sum())
    for count in range(1, threshold):
        rest = column[order[count:]]
        left = float(((rest - rest.mean()) ** 2).sum())
        if left < (1 - ALONE if count == 1 else HARDLY) * whole:
            return count if count > 1 else 0  # of one, its leverage tells
    return 0


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
            f"there may be {n // threshold} at most. Leave it out, or join levels."
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
