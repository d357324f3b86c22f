"""Which grouping factor a mixed model's cross-products are blocked by, and where each random column lies."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.structure import FloatArray, IntArray, MixedData, RandomTerm


@dataclass(frozen=True)
class Layout:
    """Where the columns of each random term lie: inside the blocks of one factor, or among common columns.

    Parameters
    ----------
    sizes : int array, shape (terms,)
        Columns per level.
    inside : int array, shape (terms,)
        1 for a term of the blocks, 0 for one of the common columns.
    starts : int array, shape (terms,)
        Its first column there.
    copies : int array, shape (terms,)
        How many levels it has there: in a block, the most that any has.
    places : tuple of int arrays, shape (n,)
        For each term, the level of each row: within its block, or among all.
    groups : int array, shape (n,)
        The block of each row.
    """

    sizes: IntArray
    inside: IntArray
    starts: IntArray
    copies: IntArray
    places: tuple[IntArray, ...]
    groups: IntArray

    @cached_property
    def width(self) -> int:
        """The number of columns of a block."""
        return int((self.sizes * self.copies)[self.inside == 1].sum())

    @cached_property
    def common(self) -> int:
        """The number of common random columns."""
        return int((self.sizes * self.copies)[self.inside == 0].sum())

    @cached_property
    def blocks(self) -> int:
        """The number of blocks."""
        return int(self.groups.max()) + 1

    @cached_property
    def elements(self) -> IntArray:
        """For each entry: whether inside, first row, first column, step to the next level, levels."""
        return np.array(
            [
                (inside, start + row, start + column, size, copies)
                for size, inside, start, copies in zip(
                    self.sizes, self.inside, self.starts, self.copies, strict=True
                )
                for column in range(size)
                for row in range(column, size)
            ],
            dtype=np.int64,
        )


def lower_triangles(theta: FloatArray, sizes: Iterable[int]) -> Iterator[FloatArray]:
    """Yield the lower triangles whose entries `theta` lists, shape (..., t), column by column, term by term.

    Parameters
    ----------
    theta : float array, shape (..., t)
    sizes : iterable of int
        Columns of each term.
    """
    at = 0
    for size in sizes:
        triangle = np.zeros((*theta.shape[:-1], size, size))
        for column in range(size):
            triangle[..., column:, column] = theta[..., at : at + size - column]
            at += size - column
        yield triangle


def layout_of(data: MixedData) -> Layout:
    """Return the layout that costs least, of those that block by one of the model's grouping factors."""
    factors = {term.codes.tobytes(): term for term in data.random}
    found = [_blocked_by(factor, data) for factor in factors.values()]
    return min(found, key=lambda one: _cost(one, data.fixed.shape[1]))


def outermost(data: MixedData) -> Layout:
    """Return the layout blocked by the factor that all others are nested in.

    Raises
    ------
    NotEstimableError
        If there is none.
    """
    factors = {term.codes.tobytes(): term for term in data.random}
    for factor in factors.values():
        found = _blocked_by(factor, data)
        if not found.common:
            return found
    names = ", ".join(term.group for term in factors.values())
    raise NotEstimableError(
        f"The factors {names} are crossed: no groups are independent of each other, so none can be left out, "
        "drawn or exchanged on their own. Use a parametric bootstrap."
    )


def _blocked_by(factor: RandomTerm, data: MixedData) -> Layout:
    sizes, inside, starts, copies, places = [], [], [], [], []
    ends = {True: 0, False: 0}
    for term in data.random:
        own = _within(term, factor)
        place = term.codes if own is None else own
        count = int(place.max()) + 1
        sizes.append(term.size)
        inside.append(int(own is not None))
        starts.append(ends[own is not None])
        copies.append(count)
        places.append(place)
        ends[own is not None] += term.size * count
    return Layout(*_integers(sizes, inside, starts, copies), tuple(places), factor.codes)


def _integers(*lists: list[int]) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    sizes, inside, starts, copies = (np.array(values, dtype=np.int64) for values in lists)
    return sizes, inside, starts, copies


def _within(term: RandomTerm, factor: RandomTerm) -> IntArray | None:
    """Return each row's level of `term`, counted within that of `factor`; None where it is not nested."""
    if term.codes is factor.codes or np.array_equal(term.codes, factor.codes):
        return np.zeros(len(term.codes), dtype=np.int64)
    pairs = np.unique(np.stack([factor.codes, term.codes]), axis=1)
    if len(np.unique(pairs[1])) < pairs.shape[1]:  # a level in two groups: crossed
        return None
    sizes = np.bincount(pairs[0])
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    order = np.empty(int(pairs[1].max()) + 1, dtype=np.int64)
    order[pairs[1]] = np.arange(pairs.shape[1]) - first[pairs[0]]
    return order[term.codes]


def _cost(layout: Layout, fixed: int) -> float:
    """Return about how many operations one evaluation of the deviance takes."""
    across = layout.common + fixed
    return layout.blocks * layout.width * float(layout.width + across) ** 2 + float(across) ** 3
