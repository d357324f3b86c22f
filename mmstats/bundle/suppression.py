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

    Cells of 1 to threshold - 1 are not told, and then further cells until each of these has `threshold` possible
    values or more, given the cells that are told and the known sums. Whoever reads the table is supposed to
    know the sums, but not which of the hidden cells are small.

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
    small = (cells > 0) & (cells < threshold)
    hidden = small.copy()
    while hidden.any():
        ranges = possible(cells, hidden, known)
        tight = hidden & (ranges[1] - ranges[0] + 1 < threshold)
        if not tight.any():
            return hidden
        if hidden.all():
            raise BundleError(
                f"Counts per cell cannot be told: even with all of them hidden, one is known to within "
                f"{threshold - 1} from the sums of the model. Leave out a variable, or join levels."
            )
        hidden |= _next(cells, hidden, np.argwhere(tight)[0], known)
    return hidden


def possible(cells: IntArray, hidden: BoolArray, known: Sequence[Line]) -> tuple[IntArray, IntArray]:
    """Return the least and the greatest number that each hidden cell can be; told ones are what they are."""
    low, high = cells.copy(), cells.copy()
    places = np.argwhere(hidden)
    if not len(places):
        return low, high
    matrix = np.array([line.weights[hidden] for line in known], dtype=np.float64).reshape(-1, len(places))
    told = np.where(hidden, 0, cells)
    totals = np.array([line.total - (line.weights * told).sum() for line in known], dtype=np.float64)
    for at, place in enumerate(places):
        goal = np.eye(len(places))[at]
        low[tuple(place)] = _extreme(goal, matrix, totals, cells[hidden])
        high[tuple(place)] = -_extreme(-goal, matrix, totals, cells[hidden])
    return low, high


def _extreme(
    goal: npt.NDArray[np.float64],
    matrix: npt.NDArray[np.float64],
    totals: npt.NDArray[np.float64],
    truth: IntArray,
) -> int:
    """Return the least of whole numbers, not negative, with given sums; that of the truth if it is not found."""
    found = optimize.milp(
        goal,
        constraints=optimize.LinearConstraint(sparse.csr_array(matrix), totals, totals),
        integrality=np.ones(len(goal)),
        bounds=optimize.Bounds(0, np.inf if not len(totals) else totals.max()),
    )
    values = np.round(found.x) if found.x is not None else truth
    if (matrix @ values != totals).any():
        values = truth
    return int(goal @ values)


def _next(cells: IntArray, hidden: BoolArray, place: IntArray, known: Sequence[Line]) -> BoolArray:
    """Return one more cell to hide: the smallest of those that share most known sums with a cell, but none."""
    shared = np.zeros(cells.shape)
    for line in known:
        if line.weights[tuple(place)]:
            shared += line.weights / line.weights.sum()
    shared[hidden] = -1
    order = np.lexsort((cells.ravel(), cells.ravel() == 0, -shared.ravel()))
    found = np.zeros(cells.shape, dtype=bool)
    found.ravel()[order[0]] = True
    return found
