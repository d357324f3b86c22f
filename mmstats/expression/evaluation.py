"""Evaluating: walking a checked tree over the columns of a typed frame."""

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.arrays import BooleanArray

Array = npt.NDArray[Any]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Function:
    """A function of the language: how many values it takes, and what it computes from them."""

    compute: Callable[..., Array]
    arguments: tuple[int, int]
    says: str


_SEVERAL = (2, 200)
_WITHIN = "two or more values (it works within a row, not down a column)"
FUNCTIONS: dict[str, Function] = {
    "missing": Function(pd.isna, (1, 1), "one value"),
    "abs": Function(np.abs, (1, 1), "one value"),
    "log": Function(np.log, (1, 1), "one value"),
    "sqrt": Function(np.sqrt, (1, 1), "one value"),
    "round": Function(np.round, (1, 2), "a value and, if need be, the number of decimals"),
    "min": Function(lambda *values: np.min(values, axis=0), _SEVERAL, _WITHIN),
    "max": Function(lambda *values: np.max(values, axis=0), _SEVERAL, _WITHIN),
    "sum": Function(lambda *values: np.sum(values, axis=0), _SEVERAL, _WITHIN),
    "mean": Function(lambda *values: np.mean(values, axis=0), _SEVERAL, _WITHIN),
}
_CALCULATIONS: dict[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.Mod: np.mod,
}


def evaluate(tree: ast.expr, frame: pd.DataFrame) -> pd.Series:
    """Return the value of a checked expression in each row of a frame whose types fit it."""
    with np.errstate(all="ignore"):
        return pd.Series(_Evaluator(frame).visit(tree), index=frame.index)


@dataclass(frozen=True)
class _Evaluator:
    frame: pd.DataFrame

    def visit(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            value = node.value if isinstance(node.value, str) else float(node.value)  # type: ignore[arg-type]
            return np.full(len(self.frame), value, dtype=object if isinstance(value, str) else np.float64)
        if isinstance(node, ast.Name):
            return _values(self.frame[node.id])
        if isinstance(node, ast.BoolOp):
            join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
            return reduce(join, [self.visit(value) for value in node.values])
        if isinstance(node, ast.UnaryOp):
            value = self.visit(node.operand)
            if isinstance(node.op, ast.Not):
                return ~value
            return -value if isinstance(node.op, ast.USub) else value
        if isinstance(node, ast.BinOp):
            calculate = _CALCULATIONS[type(node.op)]
            return _finite(calculate(self.visit(node.left), self.visit(node.right)))
        if isinstance(node, ast.Compare):
            return self.compare(node)
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        return self.call(node.func.id, node.args)

    def call(self, name: str, arguments: list[ast.expr]) -> Any:
        function = FUNCTIONS[name].compute
        if name == "missing":
            return BooleanArray(pd.isna(self.visit(arguments[0])), np.zeros(len(self.frame), dtype=bool))
        if name == "round":
            digits = [int(a.value) for a in arguments[1:] if isinstance(a, ast.Constant)]  # type: ignore[arg-type]
            return function(self.visit(arguments[0]), *digits)
        return _finite(function(*(self.visit(argument) for argument in arguments)))

    def compare(self, node: ast.Compare) -> BooleanArray:
        links: list[BooleanArray] = []
        before = node.left
        for op, item in zip(node.ops, node.comparators, strict=True):
            if isinstance(item, ast.List | ast.Tuple):
                among = reduce(operator.or_, [self.link(ast.Eq(), before, element) for element in item.elts])
                links.append(~among if isinstance(op, ast.NotIn) else among)
            else:
                links.append(self.link(op, before, item))
            before = item
        every: BooleanArray = reduce(operator.and_, links)
        return every

    def link(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> BooleanArray:
        a, b = self.visit(left), self.visit(right)
        if isinstance(a, BooleanArray):
            same: BooleanArray = a == b
            return same if isinstance(op, ast.Eq) else ~same
        mask = np.asarray(pd.isna(a) | pd.isna(b))
        if a.dtype.kind == "M" or b.dtype.kind == "M":
            a, b = a.astype("datetime64[s]"), b.astype("datetime64[s]")
        elif a.dtype == object:
            a, b = self.ranks(op, left, right, a, b)
        if a.dtype.kind == "f":
            close = np.abs(a - b) <= TOLERANCE * np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
        else:
            close = a == b
        close = np.asarray(close, dtype=bool)
        if isinstance(op, ast.Eq | ast.NotEq):
            return BooleanArray(close if isinstance(op, ast.Eq) else ~close, mask)
        strict = np.asarray(a < b if isinstance(op, ast.Lt | ast.LtE) else a > b, dtype=bool)
        return BooleanArray(strict & ~close if isinstance(op, ast.Lt | ast.Gt) else strict | close, mask)

    def ranks(
        self, op: ast.cmpop, left: ast.expr, right: ast.expr, a: Array, b: Array
    ) -> tuple[Array, Array]:
        """Return text as it is, or for an ordering, each level's place in the declared order."""
        if isinstance(op, ast.Eq | ast.NotEq):
            return a, b
        columns = [self.frame[node.id] for node in (left, right) if isinstance(node, ast.Name)]
        place = {str(level): float(rank) for rank, level in enumerate(columns[0].cat.categories)}
        return (
            np.array([place.get(value, np.nan) for value in a], dtype=np.float64),
            np.array([place.get(value, np.nan) for value in b], dtype=np.float64),
        )


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _values(column: pd.Series) -> Any:
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return column.astype("boolean").array
    if pd.api.types.is_datetime64_dtype(dtype):
        return column.to_numpy()
    if not isinstance(dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(dtype):
        return _finite(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return column.astype(object).to_numpy()
