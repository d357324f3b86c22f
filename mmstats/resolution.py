"""What a plan decides about violations, each with its reason; the file itself is never touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mmstats.errors import PlanError, nearest, unknown
from mmstats.raw_table import RawTable
from mmstats.violation import Violation

ACTIONS = ("becomes", "missing", "accept")
_KEYS = ("rule", "column", "key", "value", "reason", *ACTIONS)


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """One decision about the violations of a rule.

    Parameters
    ----------
    rule : str
        The violations' rule.
    column, key, value : str or None
        The heading, the row's key and the value of those meant; None means any.
    action : {"becomes", "missing", "accept"}
        Whether the cell takes another value, becomes missing, or stays as it is.
    becomes : str
        The value it takes, as text.
    reason : str
        Why, for the reader of the report.
    """

    rule: str
    column: str | None = None
    key: str | None = None
    value: str | None = None
    action: Literal["becomes", "missing", "accept"]
    becomes: str = ""
    reason: str

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any], where: str = "resolve") -> "Resolution":
        """Return the decision that a plan's TOML table spells.

        Raises
        ------
        PlanError
            With everything that is wrong in it.

        Examples
        --------
        >>> Resolution.from_dict({"rule": "range", "column": "PHQ9", "missing": "-1 meant unknown"}).action
        'missing'
        """
        problems = [unknown(str(key), _KEYS, what="key") for key in spec if key not in _KEYS]
        for key in _KEYS:
            value = spec.get(key, "x")
            if not isinstance(value, str):
                problems.append(f"{key!r} must be text in quotes; it is {value!r}.")
            elif not value.strip() and key != "value":
                problems.append(f"{key!r} is empty.")
        actions = [key for key in ACTIONS if key in spec]
        if "rule" not in spec:
            problems.append("'rule' is missing: the rule of the violations it is about, such as \"number\".")
        if len(actions) != 1:
            has = " and ".join(actions) or "none"
            problems.append(f"It needs exactly one of becomes, missing and accept; it has {has}.")
        elif actions == ["becomes"] and "reason" not in spec:
            problems.append("'reason' is missing: why the value is changed.")
        elif actions != ["becomes"] and "reason" in spec:
            problems.append(f"'reason' is for becomes only: the reason is the text of {actions[0]!r}.")
        if problems:
            raise PlanError(f"In {where}, the resolution cannot be used.", problems)
        action: Any = actions[0]
        return cls(
            rule=spec["rule"],
            column=spec.get("column"),
            key=spec.get("key"),
            value=spec.get("value"),
            action=action,
            becomes=spec.get("becomes", ""),
            reason=spec["reason"] if action == "becomes" else spec[action],
        )

    def matches(self, violation: Violation) -> bool:
        """Whether it is about this violation."""
        return (
            self.rule == violation.rule
            and self.column in (None, violation.column, *violation.columns)
            and self.key in (None, violation.key)
            and self.value in (None, violation.value)
        )

    def __str__(self) -> str:
        about = {"rule": self.rule, "column": self.column, "key": self.key, "value": self.value}
        said = ", ".join(f"{name} = {text!r}" for name, text in about.items() if text is not None)
        return f"the resolution of {said}"


@dataclass(frozen=True)
class Decision:
    """A violation, and what was decided about it."""

    violation: Violation
    resolution: Resolution


@dataclass(frozen=True)
class Resolved:
    """A table after its decisions.

    Parameters
    ----------
    raw : RawTable
        With the cells that take another value or become missing changed; why is in its `reasons`.
        It is to be checked again.
    changed : tuple of Decision
        Violations whose cell was changed.
    accepted : tuple of Decision
        Violations that stay and were accepted.
    open : tuple of Violation
        Violations about which nothing was decided.
    problems : tuple of str
        Resolutions that match nothing, or cannot be carried out.
    """

    raw: RawTable
    changed: tuple[Decision, ...]
    accepted: tuple[Decision, ...]
    open: tuple[Violation, ...]
    problems: tuple[str, ...]


def resolve(raw: RawTable, violations: Sequence[Violation], resolutions: Sequence[Resolution]) -> Resolved:
    """Carry out a plan's decisions about one table.

    A violation is settled by the first resolution that matches it. Violations of other tables are ignored.

    Parameters
    ----------
    raw : RawTable
    violations : sequence of Violation
        What checking `raw`, alone and together with other tables, found.
    resolutions : sequence of Resolution
        In the plan's order.
    """
    mine = [violation for violation in violations if violation.table == raw.name]
    settled: dict[Violation, Resolution] = {}
    problems: list[str] = []
    for resolution in resolutions:
        matched = [violation for violation in mine if resolution.matches(violation)]
        fresh = [violation for violation in matched if violation not in settled]
        settled.update(dict.fromkeys(fresh, resolution))
        if not fresh:
            problems.append(f"In table {raw.name!r}, {resolution} {_stale(resolution, mine, matched)}")
    changed, accepted = [], []
    frame, reasons = raw.frame.copy(), dict(raw.reasons)
    for violation, resolution in settled.items():
        if resolution.action == "accept":
            accepted.append(Decision(violation, resolution))
            continue
        heading = violation.column or resolution.column or ""
        if violation.row is None or heading not in frame.columns:
            why = "is about no single cell: accept it, or change the dictionary or the file."
            if violation.columns:
                why = f"is about several columns: name the one to change, of {', '.join(violation.columns)}."
            problems.append(f"In table {raw.name!r}, {resolution} {why}")
            continue
        place = violation.row - raw.first_row
        frame.at[place, heading] = resolution.becomes if resolution.action == "becomes" else ""
        if resolution.action == "missing":
            reasons[place, heading] = resolution.reason
        changed.append(Decision(violation, resolution))
    touched = {(d.violation.row, d.violation.column or d.resolution.column) for d in changed}
    still = [v for v in mine if v not in settled and (v.row, v.column) not in touched]
    after = replace(raw, frame=frame, reasons=reasons)
    return Resolved(after, tuple(changed), tuple(accepted), tuple(still), tuple(dict.fromkeys(problems)))


def _stale(resolution: Resolution, violations: Sequence[Violation], matched: Sequence[Violation]) -> str:
    if matched:
        return "matches only what an earlier one already settles: take one of them out."
    same = [v for v in violations if v.rule == resolution.rule]
    if not same:
        rules = sorted({v.rule for v in violations})
        hint = nearest(resolution.rule, rules) or " Take it out if the file is mended."
        return f"matches nothing: no violation has this rule.{hint}"
    return f"matches nothing. Of this rule there is: {'; '.join(v.sentence for v in same[:3])}"
