"""Expanded Disability Status Scale (Kurtzke 1983): its steps, and the usual three bands.

The bands are a convention, not Kurtzke's: walking is not limited below 4, and needs an aid from 6.
References: kurtzke1983.
"""

import numpy as np
import pandas as pd

from mmstats.errors import SchemaError
from mmstats.instruments.instrument import Instrument, Scored, off_scale, register
from mmstats.instruments.items import severity
from mmstats.kind import Kind
from mmstats.schema import Variable

STEPS = (0.0, *(step / 2 for step in range(2, 21)))  # 0, then 1 to 10 in halves: there is no 0.5
BANDS = {"mild": "Mild (0 to 3.5)", "moderate": "Moderate (4 to 5.5)", "severe": "Severe (6 to 10)"}


def score(frame: pd.DataFrame, unit: str) -> Scored:
    """Check that every EDSS is a step of the scale, and name its band.

    Raises
    ------
    SchemaError
        If a value is off the scale (4.75 and 0.5 are not steps), or a unit has several rows.

    Examples
    --------
    >>> score(pd.DataFrame({"id": ["a", "b"], "edss": [3.5, 4.0]}), "id").frame["edss_band"].tolist()
    ['mild', 'moderate']
    """
    edss = frame["edss"].astype(np.float64)
    problems = [
        f"{unit} {who!r} has several rows; one is needed."
        for who in frame[unit][frame[unit].duplicated()].unique()
    ]
    problems += off_scale(edss, frame[unit], STEPS)
    if problems:
        raise SchemaError("EDSS cannot be used.", problems)
    edss.index = pd.Index(frame[unit], name=unit)
    band = severity(edss, {"moderate": 4.0, "severe": 6.0}, "mild")
    variable = Variable(name="edss_band", kind=Kind.ORDINAL, label="Disability by EDSS", levels=BANDS)
    missing = int(edss.isna().sum())
    notes = (f"EDSS: {missing} of {len(edss)} have none.",) if missing else ()
    return Scored(pd.DataFrame({"edss_band": band}), {"edss_band": variable}, notes)


EDSS = register(
    Instrument(
        name="edss",
        title="Expanded Disability Status Scale",
        references=("kurtzke1983",),
        missing_rule="A missing EDSS has no band.",
        needs=lambda: ("edss",),
        scorer=score,
    )
)
