"""The Hodges-Lehmann estimates: the shift between two groups, and the centre of paired differences."""

from math import floor, inf

import numpy as np

from mmstats.effects.mean_difference import FloatArray
from mmstats.estimate import Quantity

HODGES_LEHMANN = Quantity("hodges_lehmann", "Hodges-Lehmann difference", null=0)


def shifts(comparison: FloatArray, reference: FloatArray) -> FloatArray:
    """Return all differences of a comparison and a reference value, sorted; their median is the estimate.

    References: hodges1963.

    Examples
    --------
    >>> shifts(np.array([3.0, 5.0]), np.array([1.0, 2.0]))
    array([1., 2., 3., 4.])
    """
    return np.sort(np.subtract.outer(comparison, reference), axis=None)


def walsh_averages(differences: FloatArray) -> FloatArray:
    """Return the means of all pairs, each value with itself too, sorted; their median is the estimate.

    References: hodges1963.

    Examples
    --------
    >>> walsh_averages(np.array([1.0, 2.0, 6.0]))
    array([1. , 1.5, 2. , 3.5, 4. , 6. ])
    """
    first, second = np.triu_indices(len(differences))
    return np.sort((differences[first] + differences[second]) / 2)


def inverted_limits(ordered: FloatArray, critical: float) -> tuple[float, float]:
    """Return the ends of the shifts that a rank test does not reject.

    The rank statistic at a shift is the number of `ordered` above it, equal ones counting half; its mean is
    half their number. The test rejects a distance from the mean of `critical` or more.

    Parameters
    ----------
    ordered : float array, shape (m,)
        Sorted differences (`shifts`) or averages (`walsh_averages`).
    critical : float

    References: bauer1972.

    Examples
    --------
    >>> inverted_limits(np.array([1.0, 2.0, 3.0, 4.0]), critical=2.0)
    (1.0, 4.0)
    >>> inverted_limits(np.array([1.0, 2.0, 3.0, 4.0]), critical=2.5)
    (-inf, inf)
    """
    count = len(ordered)
    if critical > count / 2:
        return -inf, inf
    at = floor(count / 2 - critical)
    return float(ordered[at]), float(ordered[count - 1 - at])
