"""Comparisons of one family, with p values and intervals that allow for their number."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan, nan, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from mmstats.contrast_family import contrast_family
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.multiplicity import adjust

FloatArray = npt.NDArray[np.float64]
Adjustment = Literal["none", "holm", "single-step", "tukey"]

BY_HOLM = "p is adjusted by Holm's method for {count} comparisons; the interval is of this one alone."
TOGETHER = {
    "single-step": "p and interval hold for {count} comparisons together, by the multivariate t.",
    "tukey": "p and interval hold for {count} comparisons together, by Tukey's studentized range.",
}


def holm(rows: Sequence[Estimate]) -> list[Estimate]:
    """Return rows with p values adjusted by Holm's method, however these were made; intervals stay.

    The Monte-Carlo error of a p value of resamples grows with it.

    Parameters
    ----------
    rows : sequence of Estimate
        All comparisons of the family; one without a p value counts in its size.

    References: holm1979.

    Examples
    --------
    >>> from mmstats.mixed.quantities import CONTRAST
    >>> rows = [Estimate(quantity=CONTRAST, estimate=1, p_value=p, n=9) for p in (0.03, 0.01)]
    >>> [row.p_value for row in holm(rows)]
    [0.03, 0.02]
    """
    if len(rows) < 2:
        return list(rows)
    found = []
    for row, p_value in zip(rows, adjust([row.p_value for row in rows], "holm"), strict=True):
        mcse = row.mcse
        if row.resamples and 0 < row.p_value < 1:
            own = sqrt(row.p_value * (1 - row.p_value) / row.resamples)
            mcse = float(np.nanmax([mcse, p_value / row.p_value * own]))
        note = "" if isnan(p_value) else BY_HOLM.format(count=len(rows))
        found.append(replace(row, p_value=p_value, mcse=mcse, note=_joined(row.note, note)))
    return found


def simultaneous(
    rows: Sequence[Estimate], covariance: FloatArray, adjustment: Literal["single-step", "tukey"]
) -> list[Estimate]:
    """Return rows with p values and intervals by t that hold for all of them together.

    Where Tukey's method does not apply, rows have neither, and a note says why.

    Parameters
    ----------
    rows : sequence of Estimate
        Each with its own degrees of freedom and interval by t.
    covariance : float array, shape (m, m)
        Of the estimates.
    adjustment : {"single-step", "tukey"}

    References: hothorn2008, tukey1953.
    """
    if len(rows) < 2:
        return list(rows)
    estimates, df = (np.array([getattr(row, name) for row in rows]) for name in ("estimate", "df"))
    way = f"{rows[0].interval}-{adjustment}"
    try:
        family = contrast_family(estimates, covariance, df, adjustment=adjustment, level=rows[0].conf_level)
    except NotEstimableError as problem:
        return [_without(row, way, problem.message) for row in rows]
    note, error = TOGETHER[adjustment].format(count=len(rows)), float(np.nanmax(family.mcse, initial=0.0))
    if error > 0:
        note += f" Integration leaves p a standard error of {error:.0e} at most."
    found = []
    for row, p_value, multiplier in zip(rows, family.p_adjusted, family.multipliers, strict=True):
        half = float(multiplier) * row.std_error
        found.append(
            replace(
                row,
                conf_low=row.estimate - half,
                conf_high=row.estimate + half,
                interval=way,
                p_value=float(p_value),
                note=_joined(row.note, note),
            )
        )
    return found


def _without(row: Estimate, way: str, reason: str) -> Estimate:
    note = _joined(row.note, reason)
    return replace(row, conf_low=nan, conf_high=nan, p_value=nan, interval=way, note=note)


def _joined(*notes: str) -> str:
    return " ".join(filter(None, notes))
