"""Parsing: text to a tree that holds nothing but the language's own words."""

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from mmstats.errors import ExpressionError, unknown
from mmstats.expression.checking import meanings_of_frame, meanings_of_variables, problems
from mmstats.expression.evaluation import FUNCTIONS, evaluate
from mmstats.expression.words import words
from mmstats.variable import Variable

LONGEST = 4_000
DEEPEST = 100

_WORDS = (ast.Expression, ast.Name, ast.Constant, ast.List, ast.Tuple, ast.Call, ast.Load)
_OPERATORS = (
    *(ast.UnaryOp, ast.UAdd, ast.USub, ast.Not, ast.BoolOp, ast.And, ast.Or),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.Mod),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
)
_INSTEAD = {
    ast.BitAnd: "'&' is not part of the language: write 'and'.",
    ast.BitOr: "'|' is not part of the language: write 'or'.",
    ast.BitXor: "'^' is not part of the language: a power is written '**'.",
    ast.Invert: "'~' is not part of the language: write 'not'.",
    ast.Is: "'is' is not part of the language: write '==' or missing(x).",
    ast.IsNot: "'is not' is not part of the language: write '!=' or not missing(x).",
    ast.FloorDiv: "'//' is not part of the language: write round(x / y) or x / y.",
    ast.Attribute: "A dot after a name is not part of the language: a variable's name has none.",
    ast.Subscript: 'Square brackets stand only after \'in\': group in ["MS", "HC"].',
    ast.IfExp: "'if ... else' is not part of the language.",
    ast.Lambda: "'lambda' is not part of the language.",
}


@dataclass(frozen=True)
class Expression:
    """A condition on rows, or a number computed from each row.

    Parameters
    ----------
    text : str
        As written.
    names : tuple of str
        The variables it names, in the order of their first mention.
    is_condition : bool
        Whether it is true or false of a row, rather than a number.
    tree : ast.expr
        Its parsed form; holds only what the language allows.

    Examples
    --------
    >>> parse("0 <= edss <= 10 and group == 'MS'").names
    ('edss', 'group')
    """

    text: str
    names: tuple[str, ...]
    is_condition: bool
    tree: ast.expr = field(repr=False, compare=False)

    def problems(self, variables: Mapping[str, Variable]) -> list[str]:
        """Return what is wrong with it for a table that has `variables`; nothing if it can be evaluated.

        Unknown names and levels come with the nearest known ones.

        Examples
        --------
        >>> parse("agee > 18").problems({})
        ["Unknown variable 'agee'. Known: none."]
        """
        return problems(self.tree, meanings_of_variables(variables))

    def words(self, variables: Mapping[str, Variable]) -> str:
        """Return it for readers: labels in place of names and of levels.

        Examples
        --------
        >>> from mmstats.kind import Kind
        >>> age = Variable(name="age", kind=Kind.CONTINUOUS, label="Age", unit="years")
        >>> parse("18 <= age and not missing(edss)").words({"age": age})
        '18 ≤ Age years and not (edss missing)'
        """
        return words(self.tree, variables)

    def evaluate(self, frame: pd.DataFrame) -> pd.Series:
        """Return its value in each row.

        A condition gives pandas' ``boolean``, in which what depends on a missing value stays unknown
        (Kleene's logic: ``x or True`` is true whatever x is). A number gives ``float64``; one that has
        no finite value (a division by zero, the logarithm of a negative number) is missing. Two numbers
        are equal when they differ by less than 1e-9 of the larger (or of one), so that sums of decimals
        compare as written; ``<`` and ``<=`` agree with that.

        Raises
        ------
        ExpressionError
            If the frame lacks a variable, or holds one of a type that does not fit.

        Examples
        --------
        >>> frame = pd.DataFrame({"a": [0.1, 1.0, float("nan")], "b": [0.2, 1.0, 1.0]})
        >>> parse("a + b == 0.3").evaluate(frame).tolist()
        [True, False, <NA>]
        """
        here = frame[list(self.names)] if set(self.names) <= set(frame.columns) else frame
        found = problems(self.tree, meanings_of_frame(here))
        if found:
            raise ExpressionError(f"The expression {self.text!r} does not fit this table.", found)
        return evaluate(self.tree, frame)


def parse(text: str) -> Expression:
    """Return the expression that `text` spells.

    Raises
    ------
    ExpressionError
        If it is not in the language: everything that is wrong, each with what to write instead.

    Examples
    --------
    >>> parse("__import__('os').remove('x')")
    Traceback (most recent call last):
    mmstats.errors.ExpressionError: The expression "__import__('os').remove('x')" cannot be read.
      1. A dot after a name is not part of the language: a variable's name has none.
      2. Unknown function '__import__'. Known: abs, log, max, mean, min, missing, round, sqrt, sum.
    """
    if not isinstance(text, str) or not text.strip():
        raise ExpressionError(f"An expression is text such as 'age >= 18'; it is {text!r}.")
    if len(text) > LONGEST:
        raise ExpressionError(f"The expression {text[:60]!r}... has {len(text)} characters; {LONGEST} fit.")
    shown = f"The expression {text!r}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"{shown} cannot be read{_position(error)}.{_hint(text)}") from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError(
            f"{shown} cannot be read: it is nested too deeply or holds odd bytes."
        ) from None
    if (deep := _depth(tree)) > DEEPEST:
        raise ExpressionError(f"{shown} is nested {deep} deep; {DEEPEST} are allowed. Use sum() or mean().")
    found = list(dict.fromkeys(_foreign(tree)))
    if found:
        raise ExpressionError(f"{shown} cannot be read.", found)
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions]
    named.sort(key=lambda node: (node.lineno, node.col_offset))
    return Expression(text, tuple(dict.fromkeys(node.id for node in named)), _is_condition(tree), tree)


def _position(error: SyntaxError) -> str:
    return f" at character {error.offset}: {error.msg}" if error.offset else f": {error.msg}"


def _hint(text: str) -> str:
    alone = text.replace("==", "").replace("<=", "").replace(">=", "").replace("!=", "")
    if "=" in alone:
        return " Equality is written '=='."
    return " '!' is written 'not'." if "!" in alone else ""


def _depth(tree: ast.AST) -> int:
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


def _is_condition(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "missing"
    return isinstance(node, ast.Compare | ast.BoolOp)


def _foreign(tree: ast.expr) -> Iterator[str]:
    """Yield what is not part of the language."""
    listed = {
        id(item)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for operator, item in zip(node.ops, node.comparators, strict=True)
        if isinstance(operator, ast.In | ast.NotIn)
    }
    for node in ast.walk(tree):
        if not isinstance(node, _WORDS + _OPERATORS):
            yield _INSTEAD.get(type(node), f"{type(node).__name__} is not part of the language.")
        elif isinstance(node, ast.Constant):
            yield from _foreign_constant(node.value)
        elif isinstance(node, ast.List | ast.Tuple) and id(node) not in listed:
            yield 'A list stands only after \'in\': group in ["MS", "HC"].'
        elif isinstance(node, ast.Compare):
            yield from _foreign_membership(node)
        elif isinstance(node, ast.Call):
            yield from _foreign_call(node)


def _foreign_constant(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"{value} is not part of the language: a condition is true or false by itself."
    elif value is None:
        yield "None is not part of the language: a missing value is found by missing(x)."
    elif isinstance(value, int | float):
        if not abs(value) < 1e300:
            yield "A number is too large."
    elif not isinstance(value, str):
        yield f"{value!r} is neither a number nor text."


def _foreign_membership(node: ast.Compare) -> Iterator[str]:
    for operator, item in zip(node.ops, node.comparators, strict=True):
        if not isinstance(operator, ast.In | ast.NotIn):
            continue
        if len(node.ops) > 1:
            yield "'in' cannot be part of a chain: join two conditions with 'and'."
        if not isinstance(item, ast.List | ast.Tuple) or not item.elts:
            yield '\'in\' needs a list of values: group in ["MS", "HC"].'
        elif not all(_is_literal(element) for element in item.elts):
            yield "The list after 'in' holds numbers or text only."


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    return isinstance(node, ast.Constant)


def _foreign_call(node: ast.Call) -> Iterator[str]:
    if not isinstance(node.func, ast.Name):
        return
    name = node.func.id
    if name not in FUNCTIONS:
        yield unknown(name, FUNCTIONS, what="function")
        return
    if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
        yield f"{name}() takes values separated by commas."
    low, high = FUNCTIONS[name].arguments
    if not low <= len(node.args) <= high:
        yield f"{name}() takes {FUNCTIONS[name].says}; it has {len(node.args)}."
    if name == "round" and len(node.args) == 2:
        digits = node.args[1]
        if not (isinstance(digits, ast.Constant) and digits.value in range(16)):
            yield "round() takes the number of decimals as a whole number from 0 to 15."
