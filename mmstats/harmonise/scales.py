"""Instruments with different scales: standardised in each cohort, or converted by published lines."""

import numpy as np
import pandas as pd

from mmstats import expression
from mmstats.errors import CohortError
from mmstats.harmonise.plan import Scale

LEAST = 5  # participants of a reference, below which a standard deviation means nothing


def scaled(scale: Scale, frame: pd.DataFrame, instrument: str, cohort: str) -> tuple[pd.Series, str]:
    """Return a variable on the common scale, and what was done, in words.

    Parameters
    ----------
    scale : Scale
    frame : DataFrame
        A cohort's shared variables, one row for each participant.
    instrument, cohort : str

    Raises
    ------
    CohortError
        If there are too few participants to standardise by, or they all have one value.

    Examples
    --------
    >>> frame = pd.DataFrame({"fatigue": [10.0, 20, 30, 40, 50]})
    >>> values, words = scaled(Scale(variable="fatigue", way="standardise"), frame, "mfis", "lyon")
    >>> values.round(2).tolist(), words
    ([-1.26, -0.63, 0.0, 0.63, 1.26], 'less 30, over 15.8 (mean and SD of 5)')
    """
    values = frame[scale.variable].astype(float)
    if scale.way == "convert":
        line = next((line for line in scale.lines if line.instrument == instrument), None)
        if line is None:
            return values, ""
        words = f"{line.slope:g} × {instrument} {line.intercept:+g}, to {scale.to} ({line.source})"
        return values * line.slope + line.intercept, words
    who = pd.Series(True, index=frame.index)
    if scale.where:
        who = expression.parse(scale.where).evaluate(frame).fillna(False).astype(bool)
    reference = values[who].dropna().to_numpy(dtype=np.float64)
    told = f" with {scale.where}" if scale.where else ""
    if len(reference) < LEAST or np.ptp(reference) == 0:
        raise CohortError(
            f"[scales.{scale.variable}] cannot standardise in {cohort!r}: {len(reference)}{told} have "
            f"{scale.variable!r}{', all the same value' if len(reference) >= LEAST else ''}; it needs "
            f"{LEAST} with different ones. Standardise by all (no 'where'), convert by a published line, "
            f"or say in the cohort's map that {scale.variable!r} is absent, and why."
        )
    middle, spread = float(reference.mean()), float(reference.std(ddof=1))
    words = f"less {middle:.3g}, over {spread:.3g} (mean and SD of {len(reference)}{told})"
    return (values - middle) / spread, words
