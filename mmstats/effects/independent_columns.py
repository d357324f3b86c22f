"""Whether the columns of a model are independent of each other, and which ones are not."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import linalg

from mmstats.errors import NotEstimableError

FloatArray = npt.NDArray[np.float64]

DEPENDENT = 1e-10  # a column with less than this share of its length left depends on the others


def independent(
    matrix: FloatArray, names: Sequence[str], *, intercept: bool
) -> tuple[FloatArray, FloatArray]:
    """Return Q and R of columns that do not depend on each other.

    They are centred, if the first is an intercept, and scaled to equal length before they are judged, so
    that neither a unit nor a distant origin makes a column look like others; R is that of the columns as
    they are.

    Parameters
    ----------
    matrix : float array, shape (n, p)
    names : sequence of str, length p
    intercept : bool
        Whether the first column is one.

    Returns
    -------
    q : float array, shape (n, p)
    r : float array, shape (p, p)

    Raises
    ------
    NotEstimableError
        If there are no more rows than columns, or columns depend on each other; all of them are named.

    Examples
    --------
    >>> x = np.array([1.0, 2, 4, 8])
    >>> independent(np.column_stack([np.ones(4), x, 3 - x]), ["intercept", "x", "z"], intercept=True)
    Traceback (most recent call last):
    mmstats.errors.NotEstimableError: The coefficients are not determined by the data: z follows from others,
        z from x. Leave a term out.
    """
    n, p = matrix.shape
    if n <= p:
        raise NotEstimableError(f"{p} coefficients need more than {p} rows; there are {n}.")
    means = matrix.mean(axis=0) if intercept else np.zeros(p)
    if intercept:
        means[0] = 0
    columns = matrix - means
    lengths = np.linalg.norm(columns, axis=0)
    flat = lengths <= 1e-14 * np.linalg.norm(matrix, axis=0)
    if flat.any():
        _refuse([name for name, zero in zip(names, flat, strict=True) if zero], ())
    q, r = linalg.qr(columns / lengths, mode="economic")
    dependent = np.abs(np.diag(r)) < DEPENDENT
    if dependent.any():
        first = int(np.flatnonzero(dependent)[0])
        weights = linalg.solve_triangular(r[:first, :first], r[:first, first])
        others = [names[int(i)] for i in np.flatnonzero(np.abs(weights) > 1e-6)]
        _refuse([name for name, bad in zip(names, dependent, strict=True) if bad], others)
    r = r * lengths
    if intercept:  # undo the centring: the first row of R holds the means
        r[0] += r[0, 0] * means
    return q, r


def _refuse(columns: Sequence[str], others: Sequence[str]) -> None:
    one = len(columns) == 1
    shown = ", ".join(columns)
    if not others:
        reason = f"{shown} {'is' if one else 'are'} the same in every row"
        reason += " (a level, or a combination of levels, that nobody has gives such a column)"
    else:
        reason = (
            f"{shown} {'follows' if one else 'follow'} from others, {columns[0]} from {', '.join(others)}"
        )
    raise NotEstimableError(f"The coefficients are not determined by the data: {reason}. Leave a term out.")
