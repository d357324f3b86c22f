"""A condition in words, for readers: ``group == 'MS'`` becomes ``Group: Multiple sclerosis``."""

import ast
from collections.abc import Mapping

from mmstats.variable import Variable

_SIGNS = {ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Eq: "=", ast.NotEq: "≠"}
_ARITHMETIC = {ast.Add: "+", ast.Sub: "−", ast.Mult: "×", ast.Div: "/", ast.Pow: "^", ast.Mod: "mod"}


def words(tree: ast.expr, variables: Mapping[str, Variable]) -> str:
    """Return an expression with labels in place of names and of levels.

    Parameters
    ----------
    tree : ast.expr
        Parsed by the expression language.
    variables : mapping of str to Variable
        A name without a variable stays as it is written.
    """
    match tree:
        case ast.BoolOp():
            joint = " and " if isinstance(tree.op, ast.And) else " or "
            return joint.join(_inside(value, variables) for value in tree.values)
        case ast.UnaryOp(op=ast.Not()):
            return f"not ({words(tree.operand, variables)})"
        case ast.UnaryOp():
            sign = "−" if isinstance(tree.op, ast.USub) else ""
            return sign + _inside(tree.operand, variables)
        case ast.Compare():
            return _compared(tree, variables)
        case ast.Call(func=ast.Name(id="missing")):
            return f"{words(tree.args[0], variables)} missing"
        case ast.Call(func=ast.Name(id=name)):
            return f"{name}({', '.join(words(argument, variables) for argument in tree.args)})"
        case ast.BinOp():
            sign = _ARITHMETIC[type(tree.op)]
            return f"{_inside(tree.left, variables)} {sign} {_inside(tree.right, variables)}"
        case ast.Name(id=name):
            return variables[name].label if name in variables else name
        case ast.Constant(value=value):
            return f"{value:g}" if isinstance(value, int | float) else str(value)
        case _:
            return ast.unparse(tree)


def _inside(tree: ast.expr, variables: Mapping[str, Variable]) -> str:
    text = words(tree, variables)
    return f"({text})" if isinstance(tree, ast.BoolOp | ast.BinOp) else text


def _compared(tree: ast.Compare, variables: Mapping[str, Variable]) -> str:
    sides = [tree.left, *tree.comparators]
    named = [side.id for side in sides if isinstance(side, ast.Name) and side.id in variables]
    variable = variables[named[0]] if len(named) == 1 else None
    if variable and variable.levels and len(sides) == 2:
        return _level(tree, variable)
    text = words(sides[0], variables)
    for operator, side in zip(tree.ops, sides[1:], strict=True):
        text += f" {_SIGNS[type(operator)]} {words(side, variables)}"
    return f"{text} {variable.unit}" if variable and variable.unit else text


def _level(tree: ast.Compare, variable: Variable) -> str:
    """Return a variable held against its levels: ``Group: Multiple sclerosis``, ``Sex: not Male``."""
    other = tree.comparators[0] if isinstance(tree.left, ast.Name) else tree.left
    items = other.elts if isinstance(other, ast.List | ast.Tuple) else [other]
    names = [str(item.value) for item in items if isinstance(item, ast.Constant)]
    levels = " or ".join(variable.levels.get(name, name) for name in names)
    operator = tree.ops[0]
    if isinstance(operator, ast.Eq | ast.In):
        return f"{variable.label}: {levels}"
    if isinstance(operator, ast.NotEq | ast.NotIn):
        return f"{variable.label}: not {levels}"
    return f"{variable.label} {_SIGNS[type(operator)]} {levels}"
