"""Partial correlation: what is left between two variables when others are held fixed linearly."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mmstats.effects.pearson_r import standardised
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

PARTIAL_CORRELATION = Quantity("partial_correlation", "Partial correlation", null=0)
DETERMINED = 1e-10  # the share of a variance below which nothing is left of it but rounding


def partial_correlation(x: FloatArray, y: FloatArray, *covariates: FloatArray) -> FloatArray:
    """Return the correlation of x and y given the covariates, over the last axis.

    NaN where a variable is constant, or determined by the covariates, or the covariates by each other.

    Examples
    --------
    >>> x, y = np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 1, 4, 3, 6])
    >>> round(float(partial_correlation(x, y, np.array([1.0, 1, 2, 3, 3]))), 4)
    0.4152
    """
    basis, known = orthonormal(*covariates)
    (u, left_x), (v, left_y) = (without(standardised(column), basis) for column in (x, y))
    known = known & left_x & left_y
    return np.asarray(np.where(known, np.clip((u * v).sum(axis=-1), -1, 1), np.nan))


def orthonormal(*columns: FloatArray) -> tuple[list[FloatArray], BoolArray]:
    """Return directions that span centred columns, and whether each column adds one, over the last axis."""
    basis: list[FloatArray] = []
    known: BoolArray = np.ones(columns[0].shape[:-1], dtype=np.bool_) if columns else np.array(True)
    for column in columns:
        direction, left = without(standardised(column), basis)
        basis.append(direction)
        known = known & left
    return basis, known


def without(column: FloatArray, basis: Sequence[FloatArray]) -> tuple[FloatArray, BoolArray]:
    """Return what is left of a standardised column off the basis, of length 1, and whether anything is."""
    for direction in [*basis, *basis]:  # twice, for orthogonality
        column = column - (column * direction).sum(axis=-1, keepdims=True) * direction
    length = np.sqrt((column**2).sum(axis=-1, keepdims=True))
    rest = column / np.where(length > 0, length, np.nan)
    return np.asarray(rest), np.asarray(length[..., 0] ** 2 > DETERMINED)
