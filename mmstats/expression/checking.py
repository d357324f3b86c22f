"""Checking: whether an expression makes sense for the variables of a table."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import pandas as pd

from mmstats.errors import nearest, unknown
from mmstats.kind import Kind
from mmstats.variable import Variable


class Type(StrEnum):
    """What a part of an expression gives."""

    NUMBER = "a number"
    CONDITION = "a condition"
    TEXT = "text"
    DATE = "a date"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Meaning:
    """What a part of an expression gives, and for a variable with levels, which and whether in order."""

    type: Type
    said: str
    levels: tuple[str, ...] = ()
    ordered: bool = False
    literal: str | None = None


def meanings_of_variables(variables: Mapping[str, Variable]) -> dict[str, Meaning]:
    """Return what each variable of a dictionary gives."""

    def meaning(name: str, variable: Variable) -> Meaning:
        said = f"{name!r} is {variable.kind}"
        if variable.is_number:
            return Meaning(Type.NUMBER, said)
        if variable.kind is Kind.DATE:
            return Meaning(Type.DATE, said)
        return Meaning(Type.TEXT, said, tuple(variable.levels), variable.kind is Kind.ORDINAL)

    return {name: meaning(name, variable) for name, variable in variables.items()}


def meanings_of_frame(frame: pd.DataFrame) -> dict[str, Meaning]:
    """Return what each column of a typed frame gives."""

    def meaning(name: str, column: pd.Series) -> Meaning:
        dtype = column.dtype
        said = f"{name!r} is {dtype}"
        if isinstance(dtype, pd.CategoricalDtype):
            return Meaning(Type.TEXT, said, tuple(map(str, dtype.categories)), bool(dtype.ordered))
        if pd.api.types.is_bool_dtype(dtype):
            return Meaning(Type.CONDITION, said)
        if pd.api.types.is_numeric_dtype(dtype):
            return Meaning(Type.NUMBER, said)
        return Meaning(Type.DATE if pd.api.types.is_datetime64_dtype(dtype) else Type.TEXT, said)

    return {str(name): meaning(str(name), column) for name, column in frame.items()}


def problems(tree: ast.expr, known: Mapping[str, Meaning]) -> list[str]:
    """Return what is wrong with a parsed expression when its names mean what `known` says."""
    checker = _Checker(known)
    meaning = checker.visit(tree)
    if meaning.type in (Type.TEXT, Type.DATE):
        checker.found.append(f"It gives {meaning.type} ({meaning.said}), neither a condition nor a number.")
    return list(dict.fromkeys(checker.found))


_NUMBER = Meaning(Type.NUMBER, "a calculation gives a number")
_CONDITION = Meaning(Type.CONDITION, "a comparison gives true or false")
_UNKNOWN = Meaning(Type.UNKNOWN, "unknown")


@dataclass
class _Checker:
    known: Mapping[str, Meaning]
    found: list[str] = field(default_factory=list)

    def visit(self, node: ast.expr) -> Meaning:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return Meaning(Type.TEXT, f"{node.value!r} is text", literal=node.value)
            return Meaning(Type.NUMBER, f"{node.value!r} is a number")
        if isinstance(node, ast.Name):
            if node.id not in self.known:
                self.found.append(unknown(node.id, self.known, what="variable"))
                return _UNKNOWN
            return self.known[node.id]
        if isinstance(node, ast.BoolOp):
            return self.all(node.values, Type.CONDITION, "'and' and 'or' join conditions")
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.all([node.operand], Type.CONDITION, "'not' turns a condition round")
        if isinstance(node, ast.UnaryOp):
            return self.all([node.operand], Type.NUMBER, "'-' is for numbers")
        if isinstance(node, ast.BinOp):
            return self.all([node.left, node.right], Type.NUMBER, "Calculations are for numbers")
        if isinstance(node, ast.Compare):
            return self.compare(node)
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        if node.func.id != "missing":
            return self.all(node.args, Type.NUMBER, f"{node.func.id}() is for numbers")
        self.visit(node.args[0])
        return _CONDITION

    def all(self, nodes: Iterable[ast.expr], wanted: Type, rule: str) -> Meaning:
        for node in nodes:
            meaning = self.visit(node)
            if meaning.type not in (wanted, Type.UNKNOWN):
                self.found.append(f"{rule}, but {meaning.said}.")
        return _NUMBER if wanted is Type.NUMBER else _CONDITION

    def compare(self, node: ast.Compare) -> Meaning:
        left = self.visit(node.left)
        for operator, item in zip(node.ops, node.comparators, strict=True):
            if isinstance(item, ast.List | ast.Tuple):
                for element in item.elts:
                    self.pair(left, self.visit(element), ordering=False)
                continue
            right = self.visit(item)
            self.pair(left, right, ordering=not isinstance(operator, ast.Eq | ast.NotEq))
            left = right
        return _CONDITION

    def pair(self, left: Meaning, right: Meaning, *, ordering: bool) -> None:
        """Check that two parts can be compared."""
        if Type.UNKNOWN in (left.type, right.type):
            return
        if right.literal is None and left.literal is not None:
            left, right = right, left
        if left.type is Type.DATE and right.literal is not None:
            if not is_iso_date(right.literal):
                self.found.append(
                    f"{left.said}: compare it with a date such as '2024-01-31', not {right.literal!r}."
                )
        elif left.type is not right.type:
            wrong = right if left.type is Type.NUMBER else left
            hint = " A level is written in quotes." if wrong.levels else ""
            self.found.append(
                f"Cannot compare {left.type} with {right.type}: {left.said}, {right.said}.{hint}"
            )
        elif left.type is Type.TEXT:
            self.text(left, right, ordering=ordering)
        elif left.type is Type.CONDITION and ordering:
            self.found.append("Conditions have no order: compare them with '==' or '!='.")

    def text(self, left: Meaning, right: Meaning, *, ordering: bool) -> None:
        if right.literal is not None and left.levels and right.literal not in left.levels:
            levels = ", ".join(map(repr, left.levels))
            near = nearest(right.literal, left.levels)
            self.found.append(f"{right.literal!r} is not a level: {left.said} with levels {levels}.{near}")
        elif right.literal is None and ordering and left.ordered and left.levels != right.levels:
            self.found.append(f"Cannot order different levels: {left.said}, {right.said}.")
        if ordering and not left.ordered:
            self.found.append(f"{left.said} and has no order: compare it with '==', '!=' or 'in'.")


def is_iso_date(text: str) -> bool:
    """Whether `text` is a day as ISO 8601 writes it.

    Examples
    --------
    >>> is_iso_date("2024-02-29"), is_iso_date("2023-02-29"), is_iso_date("1.2.2024")
    (True, False, False)
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
