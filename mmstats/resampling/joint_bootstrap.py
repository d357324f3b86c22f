"""Several statistics of the same rows, resampled together: how far the most extreme one strays by chance."""

from collections.abc import Callable, Sequence

import numpy as np

from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.design import one_sample, resample_weights
from mmstats.resampling.statistic import written_out

ROUNDING = 1e-10  # relative distance within which two distances are equal


def joint_distances(
    columns: Sequence[FloatArray],
    statistics: Callable[[Sequence[FloatArray]], FloatArray],
    *,
    resamples: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return how far the statistics of each resample of rows are from those of the data.

    Parameters
    ----------
    columns : sequence of float arrays, each of shape (n,)
    statistics : callable
        Takes columns of shape (..., n), returns an array of shape (..., m).
    resamples : int
    rng : numpy.random.Generator

    Returns
    -------
    float array, shape (B, m)
        Absolute distances; an undefined one is infinite, the worst case.

    References: romano2005.
    """
    here = statistics(columns)
    design = one_sample(len(columns[0]))
    parts = [
        np.abs(statistics([written_out(column, counts) for column in columns]) - here)
        for counts in resample_weights(design, design.seeds(rng), 0, resamples)
    ]
    found = np.concatenate(parts)
    return np.where(np.isnan(found), np.inf, found)


def step_down(observed: FloatArray, distances: FloatArray) -> FloatArray:
    """Return p values adjusted for the number of statistics by the step-down maximum.

    The largest is held against the largest distance of each resample, the next against the largest among
    those not larger than itself, and so on; a p value is (b + 1) / (B + 1), and at least that before it.

    Parameters
    ----------
    observed : float array, shape (m,)
        Distances of the statistics from their null values.
    distances : float array, shape (B, m)
        Distances of the statistics of each resample from those of the data.

    References: westfall1993, romano2005.

    Examples
    --------
    >>> step_down(np.array([2.0, 5.0]), np.array([[1.0, 4.0], [3.0, 1.0], [0.5, 0.5]])).tolist()
    [0.5, 0.25]
    """
    falling = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(distances[:, falling[::-1]], axis=1)[:, ::-1]
    exceeding = (largest >= observed[falling] * (1 - ROUNDING)).sum(axis=0)
    adjusted = np.empty(len(observed))
    adjusted[falling] = np.maximum.accumulate((exceeding + 1) / (len(distances) + 1))
    return adjusted
