"""The text of a formula, read into its terms: whatever is not part of formulas is refused by name."""

import re
from dataclasses import dataclass
from typing import Any

from mmstats.errors import PlanError, unknown

TRANSFORMATIONS = ("centre", "log", "scale", "sqrt", "square")
LONGEST = 500
MOST_OPERATORS = 60
MOST_TERMS = 60
_PIECE = re.compile(r"\s*(?:(?P<name>[^\W\d]\w*)|(?P<number>[01](?![\w.]))|(?P<operator>[~+\-*:()]))")
_CALL = re.compile(r"(\w+)\(\s*(\w+)\s*\)")


class FormulaError(PlanError):
    """A formula cannot be read, or asks for something formulas do not do."""


@dataclass(frozen=True)
class Factor:
    """A variable, as it is or transformed."""

    variable: str
    transformation: str = ""

    def __str__(self) -> str:
        return f"{self.transformation}({self.variable})" if self.transformation else self.variable


Term = tuple[Factor, ...]


def parse_sides(part: str, text: str) -> tuple[Factor, tuple[Term, ...], bool]:
    """Return the response, the terms in the order of their size, and whether there is an intercept.

    Parameters
    ----------
    part : str
        ``response ~ terms``, each character at its place in `text`.
    text : str
        The whole formula, as errors quote it.

    Raises
    ------
    FormulaError
        If it is no formula, or uses anything but variables and `TRANSFORMATIONS`.
    """
    check_pieces(part, text)
    left, right = _sides(part, text)
    responses = [_term(term) for term in left]
    if len(responses) != 1 or len(responses[0]) != 1:
        raise FormulaError(f"The formula {text!r} needs one response before '~', as in 'fatigue ~ group'.")
    terms, intercept = _by_size(right)
    return responses[0][0], terms, intercept


def parse_terms(part: str, text: str) -> tuple[tuple[Term, ...], bool]:
    """Return terms, in the order of their size, and whether there is an intercept; as for `parse_sides`.

    Raises
    ------
    FormulaError
        If they are not terms, or use anything but variables and `TRANSFORMATIONS`.
    """
    check_pieces(part, text)
    if "~" in part:
        raise FormulaError(f"The formula {text!r} has '~' inside parentheses; one '~' follows the response.")
    return _by_size(_sides(f"response ~ {part}", text)[1])


def check_length(text: str) -> None:
    """Refuse what is too long, or has too many signs."""
    if len(text) > LONGEST:
        raise FormulaError(f"A formula has at most {LONGEST} characters; this one has {len(text)}.")
    operators = sum(character in "~+-*:()|/" for character in text)
    if operators > MOST_OPERATORS:
        raise FormulaError(f"A formula has at most {MOST_OPERATORS} signs; this one has {operators}.")


def check_pieces(part: str, text: str) -> None:
    """Refuse, by name, whatever is not a name, 0, 1, or a known operator."""
    position, previous = 0, ""
    stripped = part.rstrip()
    while position < len(stripped):
        piece = _PIECE.match(stripped, position)
        if piece is None:
            rest = stripped[position:].lstrip()
            raise FormulaError(
                f"The formula {text!r} has {rest[:12]!r} at character {len(stripped) - len(rest) + 1}, which "
                "is not part of formulas. Use variables, 0 or 1, the signs ~ + - * : ( ), and "
                f"{', '.join(TRANSFORMATIONS)}; derive any other variable in the cohort."
            )
        if piece["operator"] == "(" and previous and previous not in TRANSFORMATIONS:
            raise FormulaError(
                f"In the formula {text!r}: {unknown(previous, TRANSFORMATIONS, what='transformation')} "
                "Derive any other variable in the cohort."
            )
        previous = piece["name"] or ""
        position = piece.end()


def _sides(part: str, text: str) -> tuple[list[Any], list[Any]]:
    """Return formulaic's terms left and right of the tilde."""
    from formulaic.errors import FormulaicError
    from formulaic.parser import DefaultFormulaParser

    parser = DefaultFormulaParser(feature_flags={"TWOSIDED"})
    try:
        tree = parser.get_ast(part)
        if _count(tree) > MOST_TERMS:
            raise FormulaError(f"The formula {text!r} stands for more than {MOST_TERMS} terms; write fewer.")
        terms = parser.get_terms(part)
    except FormulaicError as error:
        reason = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("\n")[0]
        raise FormulaError(f"The formula {text!r} cannot be read: {reason}") from None
    if not terms._has_structure:
        raise FormulaError(
            f"The formula {text!r} has no response. Write 'response ~ terms', as in 'fatigue ~ group'."
        )
    return list(terms.lhs), list(terms.rhs)


def _count(node: Any) -> int:
    """Return how many terms a parsed tree can stand for at most, before it is expanded."""
    from formulaic.parser.types import ASTNode

    if not isinstance(node, ASTNode):
        return 1
    sizes = [_count(child) for child in node.args]
    if node.operator.symbol == "*":
        return (sizes[0] + 1) * (sizes[1] + 1) - 1
    return sizes[0] * sizes[1] if node.operator.symbol == ":" else sum(sizes)


def _by_size(terms: list[Any]) -> tuple[tuple[Term, ...], bool]:
    """Return formulaic's terms as ours, and whether the literal 1 was among them."""
    found = tuple(sorted((_term(term) for term in terms if _factors(term)), key=len))
    return found, len(found) < len(terms)


def _factors(term: Any) -> list[Any]:
    """Return formulaic's factors of a term, without the literal 1."""
    return [factor for factor in term.factors if factor.expr != "1"]


def _term(term: Any) -> Term:
    return tuple(_factor(factor.expr) for factor in _factors(term))


def _factor(expression: str) -> Factor:
    if expression.isidentifier():
        return Factor(expression)
    call = _CALL.fullmatch(expression)
    if call is None or call[1] not in TRANSFORMATIONS or not call[2].isidentifier():
        raise FormulaError(
            f"A formula takes variables, plain or inside one of {', '.join(TRANSFORMATIONS)}; it has "
            f"{expression!r}. Derive any other variable in the cohort."
        )
    return Factor(call[2], call[1])
