"""Distance correlation: how the distances between values of one variable go with those of another."""

from math import nan, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.pearson_r import standardised
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DISTANCE_CORRELATION = Quantity("distance_correlation", "Distance correlation")
BIAS_CORRECTED = Quantity(
    "squared_distance_correlation", "Squared distance correlation, bias-corrected", null=0
)
PERFECT = 1e-12


def distances(values: FloatArray) -> FloatArray:
    """Return the distances between all values, shape (n, n), in a unit of their own."""
    scaled = standardised(values)
    return np.asarray(np.abs(scaled[:, None] - scaled[None, :]))


def double_centred(distance: FloatArray) -> FloatArray:
    """Return distances less their row and column means, plus the mean of all.

    References: szekely2007.
    """
    rows = distance.mean(axis=0)
    return np.asarray(distance - rows - rows[:, None] + rows.mean())


def u_centred(distance: FloatArray) -> FloatArray:
    """Return distances centred so that their products are unbiased; 0 on the diagonal.

    References: szekely2014.
    """
    n, rows = len(distance), distance.sum(axis=0)
    centred = distance - rows / (n - 2) - rows[:, None] / (n - 2) + rows.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(centred, 0)
    return np.asarray(centred)


def distance_correlation(x: FloatArray, y: FloatArray) -> float:
    """Return the distance correlation, between 0 and 1; 0 in the population only under independence.

    Parameters
    ----------
    x, y : float arrays, shape (n,), not constant

    References: szekely2007.

    Examples
    --------
    >>> x = np.array([-2.0, -1, 0, 1, 2])
    >>> round(distance_correlation(x, x**2), 4)
    0.5159
    """
    a, b = double_centred(distances(x)), double_centred(distances(y))
    return sqrt(min(max(float((a * b).sum()) / sqrt(float((a**2).sum() * (b**2).sum())), 0.0), 1.0))


def bias_corrected(x: FloatArray, y: FloatArray) -> float:
    """Return the bias-corrected squared distance correlation, which may be negative; n is at least 4.

    References: szekely2013, szekely2014.

    Examples
    --------
    >>> x = np.array([-2.0, -1, 0, 1, 2])
    >>> round(bias_corrected(x, x**2), 4)
    -0.4082
    """
    a, b = u_centred(distances(x)), u_centred(distances(y))
    lengths = float((a**2).sum() * (b**2).sum())
    return float(np.clip((a * b).sum() / sqrt(lengths), -1, 1)) if lengths > PERFECT else nan


def t_test(corrected: float, n: int) -> tuple[float, float, float]:
    """Return t, its degrees of freedom, and the one-sided p value of a bias-corrected squared correlation.

    References: szekely2013.
    """
    df = n * (n - 3) / 2 - 1
    t = corrected * sqrt(df / ((1 - corrected) * (1 + corrected)))
    return t, df, float(stats.t.sf(t, df))


def share_as_large(x: FloatArray, y: FloatArray, orders: IntArray) -> float:
    """Return the share of orders of `y` whose distance covariance is at least as large.

    Parameters
    ----------
    x, y : float arrays, shape (n,)
    orders : int array, shape (B, n)
    """
    a, b = double_centred(distances(x)), distances(y)
    found = float((a * b).sum())
    slack = 1e-10 * sqrt(float((a**2).sum() * (b**2).sum()))
    step = max(1, 2_000_000 // len(x) ** 2)
    larger = 0
    for start in range(0, len(orders), step):
        chunk = orders[start : start + step]
        larger += int((_sums(a, b, chunk) >= found - slack).sum())
    return larger / len(orders)


def _sums(a: FloatArray, b: FloatArray, orders: IntArray) -> FloatArray:
    return np.asarray(np.einsum("ij,bij->b", a, b[orders[:, :, None], orders[:, None, :]]))
