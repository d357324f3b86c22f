"""How many participants have a value, or two values together, as far as sums of products tell."""

from collections.abc import Iterator, Sequence
from itertools import combinations, combinations_with_replacement

import numpy as np

from mmstats.bundle.bundle import IntArray
from mmstats.bundle.suppression import Line, possible
from mmstats.meta.sufficient import FloatArray

MOST_VALUES = 12  # different values of a column, up to which sums can tell how often each is there
MOST_CELLS = 36  # combinations of values of two columns
MOST_STEPS = 60  # from a column's least value to its greatest
LARGEST = 10**8  # weight of a sum
ROUNDING = 1e-9


def told_problems(
    rows: FloatArray, names: Sequence[str], threshold: int, groups: Sequence[Sequence[int]] = ()
) -> Iterator[str]:
    """Yield each number of participants below the threshold that the sums leave no other number for.

    A value of a column is looked for among all participants, and within each value of another column. Every
    sum of products counts that depends on these columns alone: of their squares, of `square(x)` beside `x`,
    of an interaction.

    Parameters
    ----------
    rows : float array, shape (n, m)
    names : sequence of str, length m
    threshold : int
    groups : sequence of sequences of int, optional
        Columns whose products with each other are told; by default, all.
    """
    groups = groups or [range(len(names))]
    sums = _products(rows, groups)
    scales = [_scale(column) for column in rows.T]
    for name, scale in zip(names, scales, strict=True):
        if scale is None:
            continue
        values, codes = scale
        for (value,), count in _told(sums, (values,), (codes,), True, threshold):
            yield (
                f"Column {name!r}: sums tell that {_have(count)} the value {value:g}; the least is "
                f"{threshold}. Join values, or leave the column out."
            )
    for a, b in combinations(range(len(names)), 2):
        one, other = scales[a], scales[b]
        if one is None or other is None or _follows(one[1], other[1]):
            continue
        if len(one[0]) * len(other[0]) > MOST_CELLS:
            continue
        both = any(a in group and b in group for group in groups)
        for (v, w), count in _told(sums, (one[0], other[0]), (one[1], other[1]), both, threshold):
            yield (
                f"Columns {names[a]!r} and {names[b]!r}: sums of their products tell that {_have(count)} "
                f"{v:g} and {w:g}; the least is {threshold}. Join values, or leave one of them out."
            )


def _have(count: int) -> str:
    return f"{count} participant has" if count == 1 else f"{count} participants have"


def _scale(column: FloatArray) -> tuple[FloatArray, IntArray] | None:
    """Return the few values of a column and which each row has; None if a reader cannot know the values.

    They are known if they lie on an even scale, or are so few that rows share them.
    """
    values, codes = np.unique(column, return_inverse=True)
    if not 1 < len(values) <= MOST_VALUES:
        return None
    places = _places(values)
    even = places is not None and places.max() <= MOST_STEPS
    return (values, codes.astype(np.int64)) if even or len(values) <= max(3, len(column) // 2) else None


def _follows(one: IntArray, other: IntArray) -> bool:
    """Return whether one of two columns follows from the other, as its square does."""
    both = len(np.unique(np.column_stack([one, other]), axis=0))
    return bool(both <= max(one.max(), other.max()) + 1)


def _products(rows: FloatArray, groups: Sequence[Sequence[int]]) -> list[FloatArray]:
    """Return the columns, and their products whose sums are told."""
    pairs = {pair for group in groups for pair in combinations_with_replacement(sorted(group), 2)}
    return [*rows.T, *(rows[:, a] * rows[:, b] for a, b in sorted(pairs))]


def _told(
    products: Sequence[FloatArray],
    values: Sequence[FloatArray],
    codes: Sequence[IntArray],
    both: bool,
    threshold: int,
) -> Iterator[tuple[tuple[float, ...], int]]:
    """Yield the combinations of values that are known to be of few, and of how many.

    `both` says whether the sum of the product of two columns is told.
    """
    shape = tuple(map(len, values))
    cell = np.ravel_multi_index(tuple(codes), shape)
    counts = np.bincount(cell, minlength=int(np.prod(shape))).astype(np.int64)
    if not ((counts > 0) & (counts < threshold)).any():
        return
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*values, indexing="ij")])
    there, sums = np.flatnonzero(counts), list(_of_these(grid, both))
    known = {_key(weights[there]) for weights in sums}
    if more := [weights for weights in _of_others(products, cell, there) if _key(weights) not in known]:
        grid, counts = grid[:, there], counts[there]  # what these weigh a combination that nobody has by?
        sums = [*(weights[there] for weights in sums), *more]
    lines = [line for weights in sums for line in _lines(weights, counts)]
    lines.append(Line(np.ones_like(counts), int(counts.sum())))
    low, high = possible(counts, np.ones(counts.shape, dtype=bool), lines)
    for at in np.flatnonzero((counts > 0) & (counts < threshold) & (low == high)):
        yield tuple(float(v) for v in grid[:, at]), int(counts[at])


def _of_these(grid: FloatArray, both: bool) -> Iterator[FloatArray]:
    """Yield what the sums of one column or two weigh each combination of their values by."""
    yield from grid
    yield from grid**2
    if both and len(grid) == 2:
        yield grid[0] * grid[1]


def _of_others(products: Sequence[FloatArray], cell: IntArray, there: IntArray) -> Iterator[FloatArray]:
    """Yield the weights of all sums that depend on the cell of a row alone."""
    counts = np.bincount(cell)
    for product in products:
        weights = np.bincount(cell, product)[there] / counts[there]
        apart = product - weights[np.searchsorted(there, cell)]
        if np.abs(apart).max() <= ROUNDING * np.abs(product).max() and np.ptp(product):
            yield weights


def _key(weights: FloatArray) -> bytes:
    """Return what two sums that weigh combinations alike have in common."""
    return np.round(weights / max(float(np.abs(weights).max()), 1e-300), 9).tobytes()


def _lines(weights: FloatArray, counts: IntArray) -> Iterator[Line]:
    """Yield what a sum tells of counts: itself on an even scale, otherwise how many have each weight.

    Whole numbers times weights without a common measure add up to one and the same sum hardly ever.
    """
    distinct, codes = np.unique(weights, return_inverse=True)
    places = _places(distinct)
    own = [places[codes]] if places is not None else [codes == at for at in range(len(distinct))]
    for one in own:
        whole = one.astype(np.int64)
        yield Line(whole, int(whole @ counts))


def _places(values: FloatArray) -> IntArray | None:
    """Return which steps of an even scale sorted values are, from 0, or None if they are on none."""
    if len(values) == 1:
        return np.zeros(1, dtype=np.int64)
    step = float(np.diff(values).min())
    places = (values - values[0]) / step
    whole = np.round(places)
    if places[-1] > LARGEST or np.abs(places - whole).max() > ROUNDING * max(places[-1], 1.0):
        return None
    return np.asarray(whole, dtype=np.int64)
