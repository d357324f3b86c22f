"""Covariance structures of a random term's effects by their names."""

from typing import Literal

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.factored_structure import unstructured
from mmstats.meta.scaled_structure import Scaled
from mmstats.meta.structure_elements import Structure, triangle
from mmstats.meta.weighted import FloatArray

ROUNDING = 1e-9  # of a number of units of time
StructureName = Literal["cs", "hcs", "ar", "har", "diag", "un"]


def single() -> Scaled:
    """Return the structure of one variance."""
    zero = np.zeros(1, dtype=np.int64)
    none = np.zeros((1, 1), dtype=np.int64)
    return Scaled(zero, zero, np.zeros(1), none, np.zeros(2), np.array([np.inf, 0.0]), False)


def structure(
    name: StructureName, positions: FloatArray, rho: float | None = None, *, shortest: float = 1.0
) -> Structure:
    """Return a structure by its name.

    Parameters
    ----------
    name : {"cs", "hcs", "ar", "har", "diag", "un"}
    positions : float array, shape (q,)
        Of the levels in time, for `ar` and `har`. The correlation at one unit of time is from -1 if times are
        whole and the shortest distance is 1, and else from 0, as it has roots.
    rho : float, optional
        Holds the correlation of `cs`, `hcs`, `ar` or `har`.
    shortest : float
        The least distance in time between two rows of one outer level, for `ar` and `har`.
    """
    q = len(positions)
    if name == "un":
        return unstructured(q)
    rows, columns = triangle(q)
    lags = np.abs(positions[:, None] - positions) if name in ("ar", "har") else 1 - np.eye(q)
    uneven = name in ("hcs", "har", "diag")
    unit = shortest if name in ("ar", "har") else 1.0
    lags = lags / unit
    near = np.rint(lags)
    lags = np.where(np.abs(lags - near) < ROUNDING, near, lags)
    if uneven:
        left, right, lag = rows, columns, lags[rows, columns]
        table = np.zeros((q, q), dtype=np.int64)
        table[rows, columns] = table[columns, rows] = np.arange(len(rows))
    else:
        lag, places = np.unique(lags, return_inverse=True)
        table = places.reshape(q, q)
        left = right = np.zeros(len(lag), dtype=np.int64)
    whole = unit == 1 and bool(np.all(lags % 1 == 0))
    lowest = -1 / max(q - 1, 1) if name in ("cs", "hcs") else -1.0 if whole else 0.0
    if rho is not None and not lowest <= rho <= 1:
        raise NotEstimableError(
            f"A correlation of {rho:g} is held; with {name!r} here it is from {lowest:g} to 1."
        )
    bounds = (0.0, 0.0) if name == "diag" else (lowest, 1.0) if rho is None else (rho**unit, rho**unit)
    sds = q if uneven else 1
    lower = np.append(np.zeros(sds), bounds[0])
    upper = np.append(np.full(sds, np.inf), bounds[1])
    return Scaled(left, right, lag, table, lower, upper, name != "diag", unit)
