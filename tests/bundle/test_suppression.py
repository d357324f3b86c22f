"""Counts that are not told: what is left of them, by counting every table."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mmstats.bundle.suppression import BoolArray, IntArray, Line, possible, suppressed
from mmstats.errors import BundleError

THRESHOLD = 3


def whole(cells: IntArray) -> Line:
    return Line(np.ones(cells.shape, dtype=np.int64), int(cells.sum()))


def margins(cells: IntArray) -> list[Line]:
    """Return the sums along each dimension, as a model with all main effects tells them."""
    found = [whole(cells)]
    for axis in range(cells.ndim):
        for level in range(cells.shape[axis]):
            weights = np.zeros(cells.shape, dtype=np.int64)
            weights[(slice(None),) * axis + (level,)] = 1
            found.append(Line(weights, int(cells[weights == 1].sum())))
    return found


def tables(cells: IntArray, hidden: BoolArray, known: list[Line]) -> Iterator[IntArray]:
    """Yield every table with the same told cells and known sums."""
    places = np.argwhere(hidden)
    most = int(cells[hidden].sum())
    for values in product(range(most + 1), repeat=len(places)):
        if sum(values) == most:
            found = cells.copy()
            found[hidden] = values
            if all((line.weights * found).sum() == line.total for line in known):
                yield found


small = st.integers(0, 4)


@settings(max_examples=60)
@given(arrays.arrays(np.int64, st.sampled_from([(3,), (4,), (2, 2)]), elements=small), st.booleans())
def test_every_hidden_cell_can_be_several_numbers(cells: IntArray, with_margins: bool) -> None:
    known = margins(cells) if with_margins else [whole(cells)]
    if with_margins and any(0 < line.total < THRESHOLD for line in known):
        return  # such a sum is refused before
    try:
        hidden = suppressed(cells, THRESHOLD, known)
    except BundleError:
        everything = np.ones(cells.shape, dtype=bool)
        counted = list(tables(cells, everything, known))
        fewest = min(len({int(t[tuple(at)]) for t in counted}) for at in np.argwhere(everything))
        assert fewest <= THRESHOLD
        return
    zero = sum((line.weights for line in known if line.total == 0), np.zeros_like(cells)) > 0
    assert not ((cells < THRESHOLD) & ~hidden & ~zero).any()
    counted = list(tables(cells, hidden, known))
    low, high = possible(cells, hidden, known)
    for at in np.argwhere(hidden):
        values = {int(t[tuple(at)]) for t in counted}
        assert (min(values), max(values)) == (low[tuple(at)], high[tuple(at)])
        assert max(values) - min(values) >= THRESHOLD - 1


def every_table(shape: tuple[int, ...], total: int) -> Iterator[IntArray]:
    """Yield every table with a total."""
    for values in product(range(total + 1), repeat=int(np.prod(shape)) - 1):
        if sum(values) <= total:
            yield np.array([*values, total - sum(values)]).reshape(shape)


@pytest.mark.parametrize(
    ("shape", "total", "with_margins"),
    [((2,), 20, False), ((3,), 9, False), ((3,), 12, False), ((2, 2), 9, False), ((2, 2), 11, True)],
    ids=str,
)
def test_not_even_who_knows_the_rule_finds_a_small_count(
    shape: tuple[int, ...], total: int, with_margins: bool
) -> None:
    """Of all tables that are written in one way, a small cell has not the same number in each."""
    written: dict[object, list[IntArray]] = {}
    for cells in every_table(shape, total):
        known = margins(cells) if with_margins else [whole(cells)]
        if any(0 < line.total < THRESHOLD for line in known):
            continue
        try:
            hidden = suppressed(cells, THRESHOLD, known)
        except BundleError:
            continue
        told = tuple(np.where(hidden, -1, cells).ravel().tolist())
        written.setdefault((told, tuple(line.total for line in known)), []).append(cells)
    assert len(written) > 3
    for alike in written.values():
        for at in np.ndindex(shape):
            values = {int(cells[at]) for cells in alike}
            assert not (len(values) == 1 and 0 < min(values) < THRESHOLD)


def test_a_table_without_small_cells_is_told() -> None:
    cells = np.array([[5, 6], [7, 9]])
    assert not suppressed(cells, 5, margins(cells)).any()


def test_a_level_that_the_model_knows_nobody_has_is_told() -> None:
    cells = np.array([[5, 6, 0], [7, 9, 0]])
    assert not suppressed(cells, 5, margins(cells)).any()


def test_known_margins_hide_a_rectangle() -> None:
    cells = np.array([[2, 20, 30], [15, 18, 22], [19, 25, 40]])
    hidden = suppressed(cells, 5, margins(cells))
    assert hidden[0].sum() > 1
    assert hidden[:, 0].sum() > 1
    assert not hidden.all()
    low, high = possible(cells, hidden, margins(cells))
    assert high[0, 0] - low[0, 0] >= 4


def test_sums_that_tell_a_cell_even_so_are_refused() -> None:
    cells = np.array([[1, 30], [40, 20]])
    own = Line(np.array([[1, 0], [0, 0]]), 1)
    with pytest.raises(BundleError, match="even with all of them hidden"):
        suppressed(cells, 5, [whole(cells), own])
