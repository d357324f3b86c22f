"""Fatigue Scale for Motor and Cognitive Functions (Penner et al. 2009).

20 items answered 1 to 5; items are known by number only, as the wording is its authors'.
References: penner2009.
"""

import pandas as pd

from mmstats.instruments.instrument import Instrument, Scored, register
from mmstats.instruments.items import PRORATION, Questionnaire, checked, severity, sums
from mmstats.kind import Kind
from mmstats.schema import Variable

SCALE = Questionnaire(
    "fsmc",
    "FSMC",
    1,
    5,
    {
        "cognitive": (1, 4, 7, 8, 11, 13, 15, 17, 18, 20),
        "motor": (2, 3, 5, 6, 9, 10, 12, 14, 16, 19),
    },
)
CUT_OFFS = {
    "total": {"mild": 43, "moderate": 53, "severe": 63},
    "motor": {"mild": 22, "moderate": 27, "severe": 32},
    "cognitive": {"mild": 22, "moderate": 28, "severe": 34},
}
_SUFFIX = {"total": "", "motor": "_motor", "cognitive": "_cognitive"}
_LABEL = {"total": "FSMC sum score", "motor": "FSMC motor score", "cognitive": "FSMC cognitive score"}


def score(frame: pd.DataFrame, unit: str) -> Scored:
    """Score the FSMC: total 20-100, motor and cognitive 10-50, and the severity of each.

    Cut-offs are inclusive: a total of 43 is mild fatigue. A prorated score is compared unrounded.

    Examples
    --------
    >>> frame = pd.DataFrame([["a", *[2.0] * 20]], columns=["id", *SCALE.columns])
    >>> score(frame, "id").frame[["fsmc_total", "fsmc_motor", "fsmc_severity"]].to_dict("records")
    [{'fsmc_total': 40.0, 'fsmc_motor': 20.0, 'fsmc_severity': 'none'}]
    """
    points, notes = sums(checked(frame, unit, SCALE), SCALE)
    scored = pd.DataFrame(index=points.index)
    variables: dict[str, Variable] = {}
    for part in CUT_OFFS:
        name = f"fsmc_{part}"
        scored[name] = points[part]
        variables[name] = Variable(
            name=name,
            kind=Kind.CONTINUOUS,
            label=_LABEL[part],
            unit="points",
            range=SCALE.bounds("" if part == "total" else part),
        )
    for part, cut_offs in CUT_OFFS.items():
        name = f"fsmc{_SUFFIX[part]}_severity"
        scored[name] = severity(points[part], cut_offs, "none")
        variables[name] = Variable(
            name=name,
            kind=Kind.ORDINAL,
            label=f"Fatigue by {_LABEL[part]}",
            levels={level: level.capitalize() for level in ("none", *cut_offs)},
        )
    return Scored(scored, variables, notes)


FSMC = register(
    Instrument(
        name="fsmc",
        title="Fatigue Scale for Motor and Cognitive Functions",
        references=("penner2009",),
        missing_rule=PRORATION,
        needs=lambda: SCALE.columns,
        scorer=score,
    )
)
