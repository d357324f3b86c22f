"""Several contrasts of one model at a time: p values and critical values that hold for all of them."""

from dataclasses import dataclass
from math import isqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.largest_t import largest_t
from mmstats.effects.simultaneous_t import critical_value, tukey_tail
from mmstats.errors import NotEstimableError

FloatArray = npt.NDArray[np.float64]
Simultaneous = Literal["single-step", "tukey"]

ALIKE = 1e-6  # standard errors and degrees of freedom that differ by less are equal


@dataclass(frozen=True)
class Family:
    """Adjusted p values, and what standard errors are multiplied by for intervals.

    Parameters
    ----------
    p_adjusted : float array, shape (m,)
        NaN where there is no test.
    multipliers : float array, shape (m,)
    mcse : float array, shape (m,)
        Monte-Carlo standard error of the adjusted p value, 0 where none is due.
    """

    p_adjusted: FloatArray
    multipliers: FloatArray
    mcse: FloatArray


def contrast_family(
    estimates: FloatArray,
    covariance: FloatArray,
    df: FloatArray,
    *,
    adjustment: Simultaneous = "single-step",
    level: float = 0.95,
) -> Family:
    """Return what several contrasts of one model say together.

    ``single-step`` uses their correlations: the probability that the largest |t| of all would exceed each. It
    is approximate where degrees of freedom differ, since each contrast is judged as if all had its own.
    ``tukey`` is the same for all pairs of means that have equal standard errors, without Monte-Carlo error.

    Parameters
    ----------
    estimates : float array, shape (m,)
    covariance : float array, shape (m, m)
    df : float array, shape (m,)
    adjustment : {"single-step", "tukey"}
    level : float
        Of all intervals together.

    Raises
    ------
    NotEstimableError
        If Tukey's is asked for contrasts that are not all pairs, or not equally precise.

    References: hothorn2008, tukey1953.

    Examples
    --------
    >>> differences, df = np.array([1.0, 2.5, 1.5]), np.full(3, 20.0)  # of three means with variance 1/2 each
    >>> covariance = np.array([[1, 0.5, -0.5], [0.5, 1, 0.5], [-0.5, 0.5, 1]])
    >>> found = contrast_family(differences, covariance, df, adjustment="tukey")
    >>> found.p_adjusted.round(4).tolist()
    [0.5854, 0.0531, 0.3121]
    """
    estimates, df = np.asarray(estimates, dtype=np.float64), np.asarray(df, dtype=np.float64)
    errors = np.sqrt(np.diag(covariance))
    tested = np.isfinite(estimates) & (errors > 0) & (df > 0)
    statistic = np.full(len(estimates), np.nan)
    statistic[tested] = np.abs(estimates[tested] / errors[tested])
    p_values = np.asarray(2 * stats.t.sf(statistic, df))
    adjusted, multipliers, mcse = np.full((3, len(estimates)), np.nan)
    if not tested.any():
        return Family(adjusted, multipliers, mcse)
    chosen = np.flatnonzero(tested)
    correlation = (covariance / np.outer(errors, errors))[np.ix_(chosen, chosen)]
    if adjustment == "tukey":
        groups = _groups(correlation, errors, df, tested)
        middle = float(df.mean())
        adjusted[:] = [tukey_tail(float(value), groups, middle) for value in statistic]
        multipliers[:] = critical_value(
            lambda t: tukey_tail(t, groups, middle), len(estimates), middle, alpha=1 - level
        )
        return Family(adjusted, multipliers, np.zeros(len(estimates)))
    largest = largest_t(correlation)
    for place in chosen:
        own = float(df[place])
        p_value, mcse[place] = largest.tail(float(statistic[place]), own)
        adjusted[place] = max(p_value, float(p_values[place]))
    for own in np.unique(df[chosen]):
        multipliers[tested & (df == own)] = largest.critical_value(float(own), alpha=1 - level)
    return Family(adjusted, multipliers, mcse)


def _groups(
    correlation: FloatArray, errors: FloatArray, df: FloatArray, tested: npt.NDArray[np.bool_]
) -> int:
    """Return how many means there are, if the contrasts are all their pairs, and equally precise."""
    count = len(errors)
    groups = (1 + isqrt(1 + 8 * count)) // 2
    if not tested.all() or groups * (groups - 1) // 2 != count:
        raise NotEstimableError(f"Tukey's adjustment is for all pairs of means; there are {count} contrasts.")
    if np.ptp(errors) > ALIKE * errors.max() or np.ptp(df) > ALIKE * df.max():
        raise NotEstimableError(
            "Tukey's adjustment is for differences with equal standard errors and degrees of freedom; these "
            "differ. Use 'single-step' or 'holm'."
        )
    shared = np.abs(correlation - np.diag(np.diag(correlation)))
    expected = np.sort(np.repeat([0.0, 0.5], [count - 2 * (groups - 2), 2 * (groups - 2)]))
    pairs = np.allclose(np.sort(shared, axis=1), expected, rtol=0, atol=1e-5)
    if not pairs or np.linalg.matrix_rank(correlation, tol=1e-5) != groups - 1:
        raise NotEstimableError("Tukey's adjustment is for all pairs of means; these contrasts are others.")
    return groups
