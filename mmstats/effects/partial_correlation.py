"""Partial correlation: what is left between two variables when others are held fixed linearly."""

import numpy as np
import numpy.typing as npt

from mmstats.effects.pearson_r import standardised
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

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
    columns = np.stack([standardised(column) for column in (x, y, *covariates)], axis=-1)
    known = ~np.isnan(columns).any(axis=(-1, -2))
    basis: list[FloatArray] = []
    for index in [*range(2, columns.shape[-1]), 0, 1]:  # the covariates first; twice, for orthogonality
        rest = columns[..., index]
        for direction in basis[: len(covariates)] * 2:
            rest = rest - (rest * direction).sum(axis=-1, keepdims=True) * direction
        length = np.sqrt((rest**2).sum(axis=-1, keepdims=True))
        known &= length[..., 0] ** 2 > DETERMINED
        basis.append(rest / np.where(length > 0, length, np.nan))
    return np.asarray(np.where(known, np.clip((basis[-2] * basis[-1]).sum(axis=-1), -1, 1), np.nan))
