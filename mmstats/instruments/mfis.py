"""Modified Fatigue Impact Scale, 21 items (Multiple Sclerosis Council 1998, after Fisk et al. 1994).

Items are answered 0 to 4 and known by number only. Some translations print 1 to 5: such answers are
refused as off the scale where a 5 occurs, and must be recoded before scoring in any case.
References: fisk1994, mscouncil1998, flachenecker2002.
"""

import pandas as pd

from mmstats.instruments.instrument import Instrument, Scored, register
from mmstats.instruments.items import PRORATION, Questionnaire, checked, severity, sums
from mmstats.kind import Kind
from mmstats.schema import Variable

SCALE = Questionnaire(
    "mfis",
    "MFIS",
    0,
    4,
    {
        "physical": (4, 6, 7, 10, 13, 14, 17, 20, 21),
        "cognitive": (1, 2, 3, 5, 11, 12, 15, 16, 18, 19),
        "psychosocial": (8, 9),
    },
)
FATIGUED = 38  # flachenecker2002


def score(frame: pd.DataFrame, unit: str) -> Scored:
    """Score the MFIS: total 0-84, physical 0-36, cognitive 0-40, psychosocial 0-8; fatigued at 38 or more.

    Examples
    --------
    >>> frame = pd.DataFrame([["a", *[2.0] * 21]], columns=["id", *SCALE.columns])
    >>> score(frame, "id").frame[["mfis_total", "mfis_fatigued"]].to_dict("records")
    [{'mfis_total': 42.0, 'mfis_fatigued': 'yes'}]
    """
    points, notes = sums(checked(frame, unit, SCALE), SCALE)
    scored = pd.DataFrame(index=points.index)
    variables: dict[str, Variable] = {}
    for part in ("total", *SCALE.subscales):
        name = f"mfis_{part}"
        scored[name] = points[part]
        variables[name] = Variable(
            name=name,
            kind=Kind.CONTINUOUS,
            label=f"MFIS {part} score",
            unit="points",
            range=SCALE.bounds("" if part == "total" else part),
        )
    scored["mfis_fatigued"] = severity(points["total"], {"yes": FATIGUED}, "no", ordered=False)
    variables["mfis_fatigued"] = Variable(
        name="mfis_fatigued",
        kind=Kind.BINARY,
        label=f"Fatigued (MFIS of {FATIGUED} or more)",
        levels={"no": "No", "yes": "Yes"},
    )
    return Scored(scored, variables, notes)


MFIS = register(
    Instrument(
        name="mfis",
        title="Modified Fatigue Impact Scale",
        references=("fisk1994", "mscouncil1998", "flachenecker2002"),
        missing_rule=PRORATION,
        needs=lambda: SCALE.columns,
        scorer=score,
    )
)
