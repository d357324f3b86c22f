"""Fleiss's kappa of several raters: its value, by category too, and its variance under chance agreement."""

import numpy as np
import numpy.typing as npt

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

FLEISS_KAPPA = Quantity("fleiss_kappa", "Fleiss's kappa", null=0)
ROUNDING = 1e-14


def fleiss_kappa(*counts: FloatArray) -> FloatArray:
    """Return kappa over the last axis; NaN where only one category was ever used.

    Parameters
    ----------
    *counts : float arrays, each of shape (..., n)
        For every category, how many of the raters put each subject into it.

    References: fleiss1971.

    Examples
    --------
    >>> round(float(fleiss_kappa(np.array([3.0, 2, 0, 0]), np.array([0.0, 1, 3, 3]))), 4)
    0.6571
    """
    table = np.stack(counts, axis=-1)
    raters = table[..., :1, :].sum(axis=-1)
    agreement = ((table**2).sum(axis=-1) - raters) / (raters * (raters - 1))
    shares = table.mean(axis=-2) / raters
    expected = (shares**2).sum(axis=-1)
    room = np.where(1 - expected > ROUNDING, 1 - expected, np.nan)
    return np.asarray((agreement.mean(axis=-1) - expected) / room)


def of_category(counts: FloatArray, raters: int) -> FloatArray:
    """Return the kappa of one category against all others, over the last axis.

    Examples
    --------
    >>> round(float(of_category(np.array([3.0, 2, 0, 0]), 3)), 4)
    0.6571
    """
    return fleiss_kappa(counts, raters - counts)


def null_std_error(table: FloatArray) -> float:
    """Return the standard error that kappa has if raters agree by chance only.

    Parameters
    ----------
    table : float array, shape (n, categories)
        How many raters put each subject into each category; at least two categories are used.

    References: fleiss1979, fleiss2003.
    """
    n, raters = len(table), table[0].sum()
    shares = table.mean(axis=0) / raters
    spread = shares * (1 - shares)
    total = spread.sum()
    inner = total**2 - (spread * (1 - 2 * shares)).sum()
    return float(np.sqrt(2 * max(inner, 0.0) / (n * raters * (raters - 1))) / total)


def leave_one_out(values: FloatArray) -> FloatArray:
    """Return every sample of n - 1 values, shape (n, n - 1).

    Examples
    --------
    >>> leave_one_out(np.array([1.0, 2.0, 3.0]))
    array([[2., 3.],
           [1., 3.],
           [1., 2.]])
    """
    count = len(values)
    return np.broadcast_to(values, (count, count))[~np.eye(count, dtype=bool)].reshape(count, count - 1)
