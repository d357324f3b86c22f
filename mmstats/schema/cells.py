"""One cell: from text to its value, or to what is wrong with it."""

import re
from dataclasses import dataclass
from math import isfinite

from mmstats.errors import nearest
from mmstats.expression.checking import is_iso_date
from mmstats.kind import Kind
from mmstats.variable import Variable

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[ .,'\u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?")
_INSIDE = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Cell:
    """What a cell holds: a value; or nothing, and why; or something that is against a rule.

    Parameters
    ----------
    value : float, str or None
        A number, a level's name, an identifier or an ISO date.
    reason : str
        Why there is no value.
    rule, message, allowed, suggestion : str
        As in a Violation, if the cell cannot be read.
    """

    value: float | str | None = None
    reason: str = ""
    rule: str = ""
    message: str = ""
    allowed: str = ""
    suggestion: str = ""


def as_number(text: str, decimal: str) -> float | None:
    """Return the finite number that `text` writes plainly, or None; also if it would become another one.

    Examples
    --------
    >>> as_number("-1.5", "."), as_number("1,5", ","), as_number("1,5", "."), as_number("nan", ".")
    (-1.5, 1.5, None, None)
    >>> as_number("1e999", "."), as_number("1e-999", "."), as_number("9007199254740993", ".")
    (None, None, None)
    """
    plain = text.replace(",", ".") if decimal == "," and "." not in text else text
    if (decimal == "," and "." in text) or not _NUMBER.fullmatch(plain):
        return None
    number = float(plain)
    if not isfinite(number):
        return None
    vanished = number == 0 and any(sign in "123456789" for sign in re.split("[eE]", plain)[0])
    rounded = len(plain) > 15 and plain.lstrip("+-").isdigit() and int(number) != int(plain)
    return None if vanished or rounded else number


def read_cell(text: str, variable: Variable, decimal: str = ".") -> Cell:
    """Return what `text` holds for a variable.

    Examples
    --------
    >>> codes = {"1": "F", "2": "M"}
    >>> sex = Variable(name="sex", kind=Kind.BINARY, label="Sex", levels={"F": "", "M": ""}, codes=codes)
    >>> read_cell("2", sex).value
    'M'
    >>> read_cell("f", sex).suggestion
    "The dictionary says that F is written '1'."
    """
    text = text.strip()
    if not text:
        return Cell(reason="empty")
    if reason := _missing(text, variable, decimal):
        return Cell(reason=reason)
    if variable.is_number:
        number = as_number(text, decimal)
        return _not_a_number(text, decimal) if number is None else Cell(value=number)
    if variable.kind is Kind.DATE:
        if is_iso_date(text):
            return Cell(value=text)
        message = "It is not a date as ISO 8601 writes it."
        return Cell(
            reason=f"not a date: {text!r}", rule="date", message=message, allowed="year-month-day, 2024-01-31"
        )
    return _level(text, variable) if variable.levels else Cell(value=text)


def _missing(text: str, variable: Variable, decimal: str) -> str:
    codes = variable.missing_codes
    if text in codes or not variable.is_number:
        return codes.get(text, "")
    number = as_number(text, decimal)
    same = (reason for code, reason in codes.items() if number is not None and as_number(code, ".") == number)
    return next(same, "")


def _not_a_number(text: str, decimal: str) -> Cell:
    mark = "comma" if decimal == "," else "point"
    suggestion = "If it stands for a missing value, say so in missing_codes."
    inside = _INSIDE.findall(text.replace(",", ".").replace("\u2212", "-"))
    if _GROUPED.fullmatch(text):
        suggestion = "Write it without thousands separators."
    elif "," in text and decimal == "." and as_number(text, ",") is not None:
        suggestion = (
            f"Perhaps {text.replace(',', '.')}: the other numbers of this table have a decimal point."
        )
    elif decimal == "," and as_number(text, ".") is not None:
        suggestion = (
            f"Perhaps {text.replace('.', ',')}: the other numbers of this table have a decimal comma."
        )
    elif len(inside) == 1:
        suggestion = (
            f"Perhaps {inside[0].replace('.', decimal)}; or, for a missing value, say so in missing_codes."
        )
    return Cell(
        reason=f"not a number: {text!r}",
        rule="number",
        message="It is not a number.",
        allowed=f"digits, with a decimal {mark}",
        suggestion=suggestion,
    )


def _level(text: str, variable: Variable) -> Cell:
    written = variable.codes or {level: level for level in variable.levels}
    if text in written:
        return Cell(value=written[text])
    same = [code for code in written if code.casefold() == text.casefold() or _equal_numbers(code, text)]
    suggestion = f"Did you mean {same[0]!r}?" if same else nearest(text, written).strip()
    for code, level in variable.codes.items():
        if level.casefold() == text.casefold():
            suggestion = f"The dictionary says that {level} is written {code!r}."
    return Cell(
        reason=f"not a level: {text!r}",
        rule="level",
        message="It is not one of the levels.",
        allowed=", ".join(f"{code} ({level})" if variable.codes else code for code, level in written.items()),
        suggestion=suggestion,
    )


def _equal_numbers(first: str, second: str) -> bool:
    number = as_number(first, ".")
    return number is not None and number == as_number(second, ".")
