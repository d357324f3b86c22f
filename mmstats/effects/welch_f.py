"""Welch's F for several means."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]


class WelchF(NamedTuple):
    """F, its degrees of freedom, and p."""

    f: float
    df: int
    df2: float
    p_value: float


def welch_f(samples: Sequence[FloatArray]) -> WelchF:
    """Return Welch's test that several means are equal, given variances above 0.

    References: welch1951.

    Examples
    --------
    >>> found = welch_f([np.array([1.0, 2, 3]), np.array([2.0, 4, 9]), np.array([5.0, 6, 8])])
    >>> round(found.f, 3), found.df, round(found.df2, 3)
    (7.363, 2, 3.498)
    """
    k = len(samples)
    sizes = np.array([len(values) for values in samples])
    shift = samples[0][0]  # a common offset would cost digits
    means = np.array([(values - shift).mean() for values in samples])
    precision = sizes / np.array([(values - shift).var(ddof=1) for values in samples])
    weights = precision / precision.sum()
    middle = weights @ means
    spread = float(((1 - weights) ** 2 / (sizes - 1)).sum()) / (k**2 - 1)
    between = float(precision @ (means - middle) ** 2) / (k - 1)
    f, df2 = between / (1 + 2 * (k - 2) * spread), 1 / (3 * spread)
    return WelchF(f, k - 1, df2, float(stats.f.sf(f, k - 1, df2)))
