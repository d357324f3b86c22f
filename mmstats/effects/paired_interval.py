"""Limits of a standardized difference of pairs that suppose no distribution."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.jackknife import jackknife_std_error
from mmstats.effects.mean_difference import variance
from mmstats.estimate import Estimate

FloatArray = npt.NDArray[np.float64]
PairedInterval = Literal["jackknife", "normal-theory"]


def with_jackknife(
    base: Estimate, statistic: Callable[..., FloatArray], *variables: FloatArray, level: float
) -> Estimate:
    """Return `base` with the jackknife's standard error, and limits by t with n - 1 degrees of freedom.

    Parameters
    ----------
    base : Estimate
    statistic : callable
        The estimate as a function of the variables, over the last axis; NaN where undefined.
    variables : float arrays, shape (n,)
    level : float

    References: efron1981.
    """
    error = jackknife_std_error(statistic, *variables)
    if not error > 0:
        note = "The interval cannot be told from leaving out one pair at a time: no spread would be left."
        return replace(base, conf_level=level, interval="jackknife", note=note)
    half = float(stats.t.isf((1 - level) / 2, len(variables[0]) - 1)) * error
    return replace(
        base,
        std_error=error,
        conf_low=base.estimate - half,
        conf_high=base.estimate + half,
        conf_level=level,
        interval="jackknife",
    )


def spread(values: FloatArray) -> FloatArray:
    """Return the standard deviation over the last axis, NaN where it is zero."""
    found = np.sqrt(variance(values))
    return np.where(found > 0, found, np.nan)
