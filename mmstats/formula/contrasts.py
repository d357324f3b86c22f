"""How a categorical variable becomes columns."""

from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Contrasts = Literal["treatment", "sum", "helmert", "polynomial"]

_DEGREES = ("linear", "quadratic", "cubic")


def contrast_columns(levels: tuple[str, ...], contrasts: Contrasts) -> tuple[tuple[str, ...], FloatArray]:
    """Return what stands in brackets after a variable's name, and a row of numbers for each level.

    They are those of R's ``contr.treatment``, ``contr.sum``, ``contr.helmert`` and ``contr.poly``:

    - ``treatment``: ``group[MS]``, that level against the first;
    - ``sum``: ``group[sum.HC]``, that level against the mean of all; the last level has no column of its own;
    - ``helmert``: ``group[helmert.MS]``, that level against the mean of those before it. The j-th
      coefficient is the difference divided by j + 1;
    - ``polynomial``: ``visit[linear]``, ``visit[quadratic]``, ``visit[cubic]``, ``visit[degree4]``:
      orthonormal, for levels that are in order and equally far apart.

    Parameters
    ----------
    levels : tuple of str, length k
    contrasts : {"treatment", "sum", "helmert", "polynomial"}

    Returns
    -------
    tuple of str, length k - 1
    float array, shape (k, k - 1)
    """
    count = len(levels)
    if count == 0:
        return (), np.empty((0, 0))
    match contrasts:
        case "treatment":
            return levels[1:], np.eye(count)[:, 1:]
        case "sum":
            rows = np.concatenate([np.eye(count - 1), -np.ones((1, count - 1))])
            return tuple(f"sum.{level}" for level in levels[:-1]), rows
        case "helmert":
            rows = np.diag(np.arange(float(count))) - np.triu(np.ones((count, count)), 1)
            return tuple(f"helmert.{level}" for level in levels[1:]), rows[:, 1:]
        case "polynomial":
            degrees = (*_DEGREES, *(f"degree{degree}" for degree in range(4, count)))
            return degrees[: count - 1], _polynomials(count)


def _polynomials(count: int) -> FloatArray:
    """Return the orthonormal polynomials of degree 1 to count - 1 at 1, ..., count, shape (count, count - 1).

    Each is the one before times x, made orthogonal to all before it, twice: powers of x would lose digits.
    """
    places = np.arange(count) - (count - 1) / 2
    found = np.full((count, 1), 1 / np.sqrt(count))
    for _ in range(count - 1):
        raised = places * found[:, -1]
        for _ in range(2):
            raised = raised - found @ (found.T @ raised)
        found = np.column_stack([found, raised / np.linalg.norm(raised)])
    return found[:, 1:]
