"""Cells of a table of counts that are not told, so that no small one can be worked out from the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from mmstats.errors import BundleError

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """A sum of cells that is known otherwise.

    Parameters
    ----------
    weights : int array
        Of the table's shape: how often each cell counts.
    total : int
    """

    weights: IntArray
    total: int


def suppressed(cells: IntArray, threshold: int, known: Sequence[Line]) -> BoolArray:
    """Return which cells must not be told.

    Cells below the threshold are not told, and then further cells until each of these can be any number below
    the threshold, given the cells that are told and the known sums. Whoever reads the table is supposed to
    know the sums, and this rule, and which cells are hidden for the sake of others: zeros are hidden too, and
    further cells are chosen by their place alone, or what is told would tell of what is not. Only zeros that
    a known sum of 0 tells are told. If all cells are hidden, that is all there is to know: then each must
    have more than `threshold` possible values.

    Parameters
    ----------
    cells : int array
    threshold : int
    known : sequence of Line
        The sum of all cells among them.

    Raises
    ------
    BundleError
        If the known sums tell a small cell even so.

    Examples
    --------
    >>> cells = np.array([[3, 9], [20, 12]])
    >>> everything = Line(np.ones((2, 2), dtype=np.int64), 44)
    >>> suppressed(cells, 5, [everything]).tolist()
    [[True, True], [False, False]]
    """
    small = cells < threshold
    for line in known:
        if line.total == 0:
            small &= line.weights == 0
    hidden = small.copy()
    while hidden.any():
        place = _tight(cells, small, hidden, known, threshold)
        if place is None:
            return hidden
        free = _next(hidden, place, known)
        if free is None:
            break
        hidden |= free
    low, high = possible(cells, hidden, known)
    if (small & (high - low < threshold)).any():
        raise BundleError(
            "Counts per cell cannot be told: even with all of them hidden, one is known too closely from the "
            "sums of the model. Leave out a variable, or join levels."
        )
    return hidden


def _tight(
    cells: IntArray, small: BoolArray, hidden: BoolArray, known: Sequence[Line], threshold: int
) -> IntArray | None:
    """Return the first small cell that cannot be any number below the threshold."""
    least = np.where(small, 0, threshold)
    most = np.where(small, threshold - 1, cells.sum())
    low, high = possible(cells, hidden, known, least, most)
    tight = np.argwhere(small & (high - low < threshold - 1))
    return tight[0] if len(tight) else None


def possible(
    cells: IntArray,
    hidden: BoolArray,
    known: Sequence[Line],
    least: IntArray | None = None,
    most: IntArray | None = None,
) -> tuple[IntArray, IntArray]:
    """Return the least and the greatest number that each hidden cell can be; told ones are what they are.

    Parameters
    ----------
    cells : int array
    hidden : bool array
    known : sequence of Line
    least, most : int array, optional
        Limits that the reader is supposed to know; 0 and the sum of all cells by default.
    """
    least = np.zeros_like(cells) if least is None else least
    most = np.full_like(cells, cells.sum()) if most is None else most
    low, high = cells.copy(), cells.copy()
    places = np.argwhere(hidden)
    if not len(places):
        return low, high
    matrix = np.array([line.weights[hidden] for line in known], dtype=np.float64).reshape(-1, len(places))
    told = np.where(hidden, 0, cells)
    totals = np.array([line.total - (line.weights * told).sum() for line in known], dtype=np.float64)
    for at, place in enumerate(places):
        goal = np.eye(len(places))[at]
        bounds = optimize.Bounds(least[hidden], most[hidden])
        low[tuple(place)] = _extreme(goal, matrix, totals, bounds, cells[hidden])
        high[tuple(place)] = -_extreme(-goal, matrix, totals, bounds, cells[hidden])
    return low, high


def _extreme(
    goal: npt.NDArray[np.float64],
    matrix: npt.NDArray[np.float64],
    totals: npt.NDArray[np.float64],
    bounds: optimize.Bounds,
    truth: IntArray,
) -> int:
    """Return the least by whole numbers with given sums and bounds; that by the truth if not found."""
    found = optimize.milp(
        goal,
        constraints=optimize.LinearConstraint(sparse.csr_array(matrix), totals, totals),
        integrality=np.ones(len(goal), dtype=np.int64),
        bounds=bounds,
    )
    values = np.round(found.x) if found.x is not None else truth
    if (matrix @ values != totals).any():
        values = truth
    return int(goal @ values)


def _next(hidden: BoolArray, place: IntArray, known: Sequence[Line]) -> BoolArray | None:
    """Return one more cell to hide: the first of those that share most known sums with a cell."""
    shared = np.zeros(hidden.shape)
    for line in known:
        if line.weights[tuple(place)]:
            shared += line.weights / line.weights.sum()
        if line.total == 0:
            shared[line.weights > 0] = -np.inf
    shared[hidden] = -np.inf
    if np.isneginf(shared).all():
        return None
    found = np.zeros(hidden.shape, dtype=bool)
    found.ravel()[int(shared.argmax())] = True
    return found
