"""The jackknife: each unit left out once, stratum by stratum."""

from itertools import pairwise
from math import fsum, nan

import numpy as np

from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.design import Design, left_out
from mmstats.resampling.statistic import Evaluate


def influences(evaluate: Evaluate, design: Design) -> FloatArray:
    """Return the jackknife influence of every unit, divided by the size of its stratum.

    Independent groups are jackknifed separately: n1 + n2 values for two groups. A left-out value that is
    undefined makes its stratum's influences NaN.

    References: davison1997.

    Examples
    --------
    >>> from mmstats.resampling.design import groups
    >>> from mmstats.resampling.statistics import MEAN
    >>> sample = [np.array([1.0, 4.0, 7.0])]
    >>> influences(MEAN.bind(sample), groups(sample))
    array([-1.,  0.,  1.])
    """
    weights, parts = left_out(design), []
    for start, end in pairwise(design.starts):
        values = evaluate(weights[start:end], spread=False)[0]
        parts.append((len(values) - 1) / len(values) * (values.mean() - values))
    return np.concatenate(parts)


def acceleration(influence: FloatArray) -> float:
    """Return the acceleration of BCa: a sixth of the influences' skewness; 0 where they are all 0.

    References: efron1987, davison1997.
    """
    if np.isnan(influence).any():
        return nan
    squares = fsum(influence**2)  # the same to the last bit in any order of groups
    return fsum(influence**3) / (6 * squares**1.5) if squares > 0 else 0.0
