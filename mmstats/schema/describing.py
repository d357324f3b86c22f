"""The words for what a dictionary found wrong."""

import re
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

from mmstats.schema.checked import CheckedTable
from mmstats.schema.contract import Failure
from mmstats.variable import Variable
from mmstats.violation import Violation

if TYPE_CHECKING:
    from mmstats.schema.dictionary import Rule

_STANDS_FOR_MISSING = re.compile(r"-[0-9]+|9{2,}|8{2,}")


def plain(number: float) -> str:
    """Return a number as short as it can be written.

    Examples
    --------
    >>> plain(10.0), plain(0.25), plain(1248426.5)
    ('10', '0.25', '1248426.5')
    """
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(float(number))


def range_words(low: float, high: float) -> str:
    """Return a range in words.

    Examples
    --------
    >>> range_words(0, 10), range_words(0, inf), range_words(-inf, 5)
    ('0 to 10', 'at least 0', 'at most 5')
    """
    if high == inf:
        return f"at least {plain(low)}"
    return f"at most {plain(high)}" if low == -inf else f"{plain(low)} to {plain(high)}"


def describe_failure(
    table: CheckedTable,
    variable: Variable,
    failure: Failure,
    text: Mapping[str, str],
    keys: Mapping[int, str],
    first_rows: Mapping[tuple[object, ...], int],
) -> Violation:
    """Return a failed check as a violation; `first_rows` has the first row of each key."""
    value = text[variable.column].strip()
    message, allowed, suggestion = "", "", ""
    if failure.rule == "range":
        message, allowed = "It is out of range.", range_words(*variable.range)
        if _STANDS_FOR_MISSING.fullmatch(value):
            suggestion = "If it stands for a missing value, say so in missing_codes."
    elif failure.rule == "allowed":
        message = "It is not a step of the scale."
        allowed = ", ".join(map(plain, variable.allowed))
        suggestion = _nearest_steps(float(table.frame[variable.name].loc[failure.row]), variable.allowed)
    elif failure.rule == "whole-number":
        message, allowed = "It is not a whole number.", "whole numbers"
    elif failure.rule == "required":
        reason = str(table.reasons.at[failure.row, variable.name])
        message = "A value must be given in every row" + (
            "." if reason == "empty" else f"; this one is: {reason}."
        )
    elif failure.rule == "unique-key":
        names = list(table.schema.key)
        first = first_rows[tuple(table.frame.at[failure.row, name] for name in names)]
        value = keys[failure.row]
        message = f"Row {first} has the same {' and '.join(names)}."
        suggestion = "If both rows belong here, the key needs another column, such as the visit."
    else:
        raise AssertionError(f"{table.name}: the check {failure.rule!r} of {variable.name!r} has no words.")
    return Violation(
        table=table.name,
        row=failure.row,
        column=variable.column,
        key=keys[failure.row],
        value=value,
        rule=failure.rule,
        message=message,
        allowed=allowed,
        suggestion=suggestion,
        acceptable=failure.rule not in ("required", "unique-key") or variable.name not in table.schema.key,
    )


def describe_broken_rule(
    table: CheckedTable, rule: "Rule", row: int, text: Mapping[str, str], keys: Mapping[int, str]
) -> Violation:
    """Return a broken rule across columns as a violation."""
    headings = [table.schema.variables[name].column for name in rule.rule.names]
    alone = len(headings) == 1
    values = [text[heading].strip() for heading in headings]
    return Violation(
        table=table.name,
        row=row,
        column=headings[0] if alone else "",
        columns=() if alone else tuple(headings),
        key=keys[row],
        value=values[0] if alone else ", ".join(f"{h} = {v}" for h, v in zip(headings, values, strict=True)),
        rule=rule.name,
        message=f"{rule.reason[:1].upper()}{rule.reason[1:].rstrip('.')}; here this does not hold.",
        allowed=rule.rule.text.strip(),
        severity=rule.severity,
    )


def _nearest_steps(value: float, steps: tuple[float, ...]) -> str:
    below = [step for step in steps if step < value]
    above = [step for step in steps if step > value]
    near = [plain(step) for step in (*below[-1:], *above[:1])]
    return (
        f"The nearest steps are {near[0]} and {near[1]}."
        if len(near) == 2
        else f"The nearest step is {near[0]}."
    )
