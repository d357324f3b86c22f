"""The analysis set: one row per participant, what its columns mean, and who left it and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One line of the participant flow.

    Parameters
    ----------
    reason : str
        What happened: a table was read, participants were excluded, an analysis set was made.
    kept, removed : int
        Participants after the step, and those it removed.
    groups : mapping of str to int
        Participants after the step, by level of the grouping variable.
    """

    reason: str
    kept: int
    removed: int = 0
    groups: Mapping[str, int] = field(default_factory=dict)
