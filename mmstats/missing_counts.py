"""How many values of a variable are missing, and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Missing:
    """How many values of a variable are missing in the analysis set, for one reason and group.

    `rows` names the table whose rows are counted; where it is empty, participants are.
    """

    variable: str
    reason: str
    group: str
    n: int
    rows: str = ""


def missing_counts(
    frame: pd.DataFrame, reasons: pd.DataFrame, names: Iterable[str], *, group: str, rows: str = ""
) -> tuple[Missing, ...]:
    """Count the missing values of some variables, by reason and group.

    Parameters
    ----------
    frame, reasons : DataFrame
        Values, and for each why it is missing.
    names : iterable of str
        The variables to count.
    group : str
        The grouping variable, or empty.
    rows : str
        The table whose rows these are; empty where they are participants.
    """
    absences = {name: frame[name].isna() for name in names}
    absences = {name: absent for name, absent in absences.items() if absent.to_numpy().any()}
    if not absences:
        return ()
    groups = frame[group] if group else pd.Series("", index=frame.index)
    found = []
    for name, absent in absences.items():
        why = reasons.loc[absent, name].replace("", "empty")
        counts = Counter(zip(why, groups[absent].astype(object).fillna("").astype(str), strict=True))
        found += [Missing(name, reason, level, n, rows) for (reason, level), n in sorted(counts.items())]
    return tuple(found)
