"""The jackknife's standard error: how a statistic of rows changes as each of them is left out."""

from collections.abc import Callable
from math import sqrt

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BLOCK = 256  # rows left out at a time, so that memory stays bounded


def jackknife_std_error(statistic: Callable[..., FloatArray], *variables: FloatArray) -> float:
    """Return the jackknife's standard error; NaN where the statistic is undefined with a row left out.

    It supposes no distribution, only that rows are independent.

    Parameters
    ----------
    statistic : callable
        Takes the variables as arrays of shape (k, n - 1) and returns k values.
    variables : float arrays, shape (n,)
        Columns of the same rows.

    References: efron1981.

    Examples
    --------
    >>> error = jackknife_std_error(lambda values: values.mean(axis=-1), np.array([1.0, 4.0, 7.0]))
    >>> round(error**2, 12)
    3.0
    """
    n = len(variables[0])
    rows, found = np.arange(n - 1), []
    for start in range(0, n, BLOCK):
        left_out = np.arange(start, min(start + BLOCK, n))
        kept = rows + (rows >= left_out[:, None])
        found.append(statistic(*(values[kept] for values in variables)))
    values = np.concatenate(found)
    return sqrt((n - 1) / n) * float(np.sqrt(((values - values.mean()) ** 2).sum()))
