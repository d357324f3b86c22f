"""The correlations of all pairs of several variables."""

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from mmstats.effects.kendall_tau import kendall_tau
from mmstats.effects.pearson_r import ON_A_LINE, standardised
from mmstats.effects.spearman_rho import ranks

FloatArray = npt.NDArray[np.float64]
Correlation = Literal["pearson", "spearman", "kendall"]


def all_pairs(columns: Sequence[FloatArray], *, correlation: Correlation) -> FloatArray:
    """Return the correlations of all pairs, over the last axis of each column; NaN where one is constant.

    Parameters
    ----------
    columns : sequence of k float arrays, each of shape (..., n)
    correlation : {"pearson", "spearman", "kendall"}

    Returns
    -------
    float array, shape (..., k (k - 1) / 2)
        First with second, first with third, and so on.

    Examples
    --------
    >>> columns = np.array([[1.0, 2, 3, 4], [2.0, 1, 4, 3], [1.0, 4, 2, 3]])
    >>> all_pairs(columns, correlation="kendall").round(3).tolist()
    [0.333, 0.333, -0.333]
    """
    if correlation == "kendall":
        return np.stack([kendall_tau(x, y) for x, y in combinations(columns, 2)], axis=-1)
    units = [standardised(ranks(c) if correlation == "spearman" else c) for c in columns]
    found = [(u * v).sum(axis=-1) for u, v in combinations(units, 2)]
    return np.asarray(np.clip(np.stack(found, axis=-1), -1, 1))


def fisher_z(correlations: FloatArray) -> FloatArray:
    """Return inverse hyperbolic tangents; NaN where a correlation is perfect or undefined."""
    return np.asarray(np.arctanh(np.where(np.abs(correlations) > 1 - ON_A_LINE, np.nan, correlations)))
