"""How cohorts came to one dictionary, and who was looked for in two of them, as results keep it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Harmonised:
    """One variable of the shared dictionary in one cohort.

    Parameters
    ----------
    variable, cohort : str
    source : str
        The cohort's own variable; empty if it has none.
    conversion : str
        What was done to its values, in words; empty if nothing was.
    instrument : str
        The scale it was measured with, if that differs between cohorts.
    unit : str
        The cohort's own unit.
    n, missing : int
        Participants with a value, and without; -1 where the cohort shares no rows.
    absent : str
        Why the cohort has no such variable; empty if it has.
    """

    variable: str
    cohort: str
    source: str = ""
    conversion: str = ""
    instrument: str = ""
    unit: str = ""
    n: int = -1
    missing: int = -1
    absent: str = ""


@dataclass(frozen=True, kw_only=True)
class Lookalikes:
    """What a search for people who are in two cohorts found.

    Parameters
    ----------
    first, second : str
        The cohorts.
    compared : tuple of str
        The variables that could tell people apart; empty if the search was not possible.
    found : int
        Pairs of participants who seem to be one.
    dropped : int
        Participants left out for it.
    reason : str
        Why they stay or which were dropped, as the plan says; or why nothing could be looked for.
    """

    first: str
    second: str
    compared: tuple[str, ...] = ()
    found: int = 0
    dropped: int = 0
    reason: str = ""


def without_rows(harmonisation: Sequence[Harmonised]) -> tuple[str, ...]:
    """Return the cohorts that share no rows, so that nobody can count their values.

    Examples
    --------
    >>> here = Harmonised(variable="age", cohort="lyon", n=66)
    >>> without_rows([here, Harmonised(variable="age", cohort="porto")])
    ('porto',)
    """
    counted = {one.cohort for one in harmonisation if one.n >= 0}
    return tuple(dict.fromkeys(one.cohort for one in harmonisation if one.cohort not in counted))


def plain(harmonisation: Sequence[Harmonised], lookalikes: Sequence[Lookalikes]) -> dict[str, Any]:
    """Return them as plain values; nothing of a study that pools no cohorts."""
    found: dict[str, Sequence[Harmonised | Lookalikes]]
    found = {"harmonisation": harmonisation, "lookalikes": lookalikes}
    return {name: [asdict(one) for one in rows] for name, rows in found.items() if rows}


def from_plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `plain` made, read back: fields of results.

    Examples
    --------
    >>> from_plain(plain([Harmonised(variable="age", cohort="lyon")], []))["harmonisation"][0].cohort
    'lyon'
    """
    found = (Lookalikes(**{**one, "compared": tuple(one["compared"])}) for one in raw.get("lookalikes", ()))
    return {
        "harmonisation": tuple(Harmonised(**one) for one in raw.get("harmonisation", ())),
        "lookalikes": tuple(found),
    }
