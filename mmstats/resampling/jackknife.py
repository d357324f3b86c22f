"""The jackknife: each observation left out once, group by group."""

from collections.abc import Callable, Sequence

import numpy as np

from mmstats.resampling.draws import FloatArray

Statistic = Callable[..., FloatArray]


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


def influences(samples: Sequence[FloatArray], statistic: Statistic, *, paired: bool) -> FloatArray:
    """Return the jackknife influence of every observation, divided by the size of its group.

    Independent groups are jackknifed separately: n1 + n2 values for two groups. Paired samples lose one
    row at a time. A left-out value that is undefined makes its influence NaN.

    References: davison1997.

    Examples
    --------
    >>> influences([np.array([1.0, 4.0, 7.0])], lambda x: x.mean(axis=-1), paired=False)
    array([-1.,  0.,  1.])
    """
    if paired:
        return _scaled(statistic(*(leave_one_out(sample) for sample in samples)))
    parts = []
    for index, sample in enumerate(samples):
        held = [np.broadcast_to(other, (len(sample), len(other))) for other in samples]
        held[index] = leave_one_out(sample)
        parts.append(_scaled(statistic(*held)))
    return np.concatenate(parts)


def acceleration(influence: FloatArray) -> float:
    """Return the acceleration of BCa: a sixth of the influences' skewness; 0 where they are all 0.

    References: efron1987, davison1997.
    """
    squares = float(np.sum(influence**2))
    return float(np.sum(influence**3)) / (6 * squares**1.5) if squares > 0 else 0.0


def _scaled(left_out: FloatArray) -> FloatArray:
    count = len(left_out)
    scaled: FloatArray = (count - 1) / count * (left_out.mean() - left_out)
    return scaled
