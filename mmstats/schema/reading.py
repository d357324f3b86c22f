"""Reading a dictionary's TOML tables, finding everything that is wrong in them."""

import keyword
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from math import isfinite, isnan
from typing import Any, cast

from mmstats.errors import ExpressionError, nearest, unknown
from mmstats.expression import parse
from mmstats.kind import Kind
from mmstats.schema.cells import as_number
from mmstats.schema.dictionary import Rule
from mmstats.variable import Variable
from mmstats.violation import Severity

KINDS = {str(kind): kind for kind in Kind.ANY | Kind.ID | Kind.DATE}


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value)


def _texts(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(_text(k) and _text(v) for k, v in value.items())


def _steps(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(_number(step) and isfinite(step) for step in value)
        and value == sorted(set(value))
    )


def _pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_number, value)) and value[0] < value[1]


Check = tuple[Callable[[object], bool], str]
_TEXT: Check = (_text, "text")
_TEXTS: Check = (_texts, 'a table of text to text, such as { MS = "Multiple sclerosis" }')
_PAIR: Check = (_pair, "the smallest and the largest number, such as [0, 10]")
_KEYS: Check = (lambda v: isinstance(v, list) and bool(v) and all(map(_text, v)), "a list of columns")
COLUMN: dict[str, Check] = {
    "kind": _TEXT,
    "label": _TEXT,
    "unit": _TEXT,
    "heading": _TEXT,
    "levels": _TEXTS,
    "codes": _TEXTS,
    "missing_codes": _TEXTS,
    "allowed": (_steps, "every number it may take, spelt out and increasing, such as [0, 1, 1.5]"),
    "range": _PAIR,
    "item_range": _PAIR,
    "required": (lambda value: isinstance(value, bool), "true or false"),
    "items": (lambda v: isinstance(v, int) and not isinstance(v, bool) and v > 0, "a whole number above 0"),
}
TOP: dict[str, Check] = {
    "table": _TEXT,
    "title": _TEXT,
    "key": _KEYS,
    "columns": (lambda value: isinstance(value, Mapping) and bool(value), "tables such as [columns.age]"),
    "rules": (lambda value: isinstance(value, list), "tables such as [[rules]]"),
}
RULE: dict[str, Check] = {
    "rule": _TEXT,
    "reason": _TEXT,
    "name": _TEXT,
    "severity": (lambda value: value in ("error", "warning"), '"error" or "warning"'),
}


class Reader:
    """Reads one dictionary, collecting problems."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.problems: list[str] = []

    def parts(self) -> dict[str, Any]:
        """Return the fields of a Schema; meaningless if there are problems."""
        top = self._fields(self.spec, TOP, "", needed=("table", "key", "columns"))
        columns = top.get("columns", {})
        variables = {name: self._variable(name, spec) for name, spec in columns.items()}
        self._headings(variables)
        for name in (key := tuple(top.get("key", ()))):
            if name not in columns:
                self.problems.append(f"[key] {unknown(name, columns, what='column')}")
            elif variables[name].kind in Kind.CONTINUOUS | Kind.DATE and key == (name,):
                self.problems.append(
                    f"[key] {name!r} is {variables[name].kind}: it cannot name a row by itself."
                )
        if len(set(key)) < len(key):
            self.problems.append("[key] It names a column twice.")
        rules = [self._rule(number, spec, variables) for number, spec in enumerate(top.get("rules", ()), 1)]
        names = [rule.name for rule in rules if rule]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            self.problems.append(f"[[rules]] Two rules are called {name!r}.")
        table = str(top.get("table", ""))
        return {
            "table": table,
            "title": str(top.get("title", table)),
            "key": key,
            "variables": variables,
            "rules": tuple(filter(None, rules)),
        }

    def _fields(
        self, spec: object, checks: Mapping[str, Check], where: str, needed: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return what is well formed in a TOML table."""
        if not isinstance(spec, Mapping):
            self.problems.append(f"{where}It is not a table.")
            return {}
        for name in needed:
            if name not in spec:
                self.problems.append(f"{where}{name!r} is missing: {checks[name][1]}.")
        good = {}
        for name, value in spec.items():
            if name not in checks:
                self.problems.append(where + unknown(str(name), checks, what="key"))
            elif not checks[name][0](value):
                self.problems.append(f"{where}{name!r} must be {checks[name][1]}; it is {value!r}.")
            else:
                good[name] = value
        return good

    def _variable(self, name: str, spec: object) -> Variable:
        where = f"[columns.{name}] "
        if not name.isidentifier() or keyword.iskeyword(name) or unicodedata.normalize("NFKC", name) != name:
            self.problems.append(
                f"{where}A name has letters, digits and underscores only, does not start with a digit and is "
                f"not a word of the language. Give the file's heading as heading = {name!r}."
            )
        good = self._fields(spec, COLUMN, where, needed=("kind",))
        written = good.pop("kind", None)
        if written is not None and written not in KINDS:
            self.problems.append(where + unknown(written, KINDS, what="kind"))
        for pair in ("range", "item_range"):
            if pair in good:
                good[pair] = (float(good[pair][0]), float(good[pair][1]))
        good["allowed"] = tuple(map(float, good.get("allowed", ())))
        kind = KINDS.get(written or "", Kind.ANY)
        variable = Variable(name=name, kind=kind, **{"label": name, **good})
        if written in KINDS:
            self.problems += [where + text for text in _contradictions(variable, set(good))]
        if variable.items and "range" not in good and "item_range" in good:
            low, high = variable.item_range
            total = (low * variable.items, high * variable.items)
            variable = Variable(**{**variable.__dict__, "range": total})
        if kind is Kind.COUNT and variable.range[0] == float("-inf"):
            variable = Variable(**{**variable.__dict__, "range": (0.0, variable.range[1])})
        return variable

    def _headings(self, variables: Mapping[str, Variable]) -> None:
        first: dict[str, str] = {}
        for name, variable in variables.items():
            other = first.setdefault(variable.column, name)
            if other != name:
                self.problems.append(f"[columns.{name}] It has the heading {variable.column!r} of {other!r}.")

    def _rule(self, number: int, spec: object, variables: Mapping[str, Variable]) -> Rule | None:
        where = f"[[rules]] number {number}: "
        good = self._fields(spec, RULE, where, needed=("rule", "reason"))
        if "rule" not in good or "reason" not in good:
            return None
        try:
            condition = parse(good["rule"])
        except ExpressionError as error:
            self.problems += [where + text for text in (error.problems or (error.message,))]
            return None
        self.problems += [where + text for text in condition.problems(variables)]
        if not condition.is_condition:
            self.problems.append(
                f"{where}{good['rule']!r} is a number; a rule is a condition, such as a + b == c."
            )
        severity = cast(Severity, good.get("severity", "error"))
        name = good.get("name", f"rule-{number}")
        return Rule(name=name, rule=condition, reason=good["reason"], severity=severity)


def _contradictions(variable: Variable, given: set[str]) -> Iterable[str]:
    """Yield what does not go together in one column."""
    kind = variable.kind
    if kind not in Kind.CATEGORICAL and "levels" in given:
        yield f"'levels' are for a binary, nominal or ordinal column; it is {kind}."
    if kind in Kind.CATEGORICAL and not variable.levels and not (kind is Kind.ORDINAL and variable.allowed):
        also = " or the numbers it may take (allowed)" if kind is Kind.ORDINAL else ""
        yield f"'levels' is missing: a {kind} column needs its levels{also}."
    if kind is Kind.BINARY and variable.levels and len(variable.levels) != 2:
        yield f"A binary column has two levels; it has {len(variable.levels)}."
    if kind is Kind.NOMINAL and len(variable.levels) == 1:
        yield "A nominal column has at least two levels; it has 1."
    for key in ("unit", "range", "allowed", "items"):
        if key in given and getattr(variable, key) and not variable.is_number:
            yield f"{key!r} is for numbers; it is {kind}{' with levels' if variable.levels else ''}."
    if variable.allowed and "range" in given:
        yield "'allowed' and 'range' are both given: the numbers it may take already say the range."
    if "codes" in given and not variable.levels:
        yield "'codes' needs 'levels': codes say how the file writes each level."
    for level in dict.fromkeys(variable.codes.values()):
        if variable.levels and level not in variable.levels:
            yield f"'codes' names {level!r}, which is not a level.{nearest(level, variable.levels)}"
    for level in variable.levels:
        if variable.codes and level not in variable.codes.values():
            yield f"'codes' has no code for the level {level!r}."
    if ("items" in given) != ("item_range" in given):
        yield "'items' and 'item_range' go together: how many items, and the scores of one."
    for code in variable.missing_codes:
        number = as_number(code, ".")
        if code in (variable.codes or variable.levels):
            yield f"{code!r} is both a missing code and a level."
        elif variable.is_number and number is not None:
            low, high = variable.range
            bounded = "range" in given and low <= number <= high
            if number in variable.allowed or bounded:
                yield f"{code!r} is both a missing code and a value it may take."
