"""Model formulas: `fatigue ~ group * age`, parsed and checked by name, never evaluated."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.errors import NotEstimableError, PlanError, unknown
from mmstats.kind import Accepts, Kind

FloatArray = npt.NDArray[np.float64]

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


@dataclass(frozen=True)
class Formula:
    """A response and the terms that explain it; a term is a product of factors.

    Examples
    --------
    >>> formula = Formula.parse("fatigue ~ group * log(age)")
    >>> [":".join(map(str, term)) for term in formula.terms]
    ['group', 'log(age)', 'group:log(age)']
    >>> formula.variables
    ('fatigue', 'group', 'age')
    """

    text: str
    response: Factor
    terms: tuple[Term, ...]
    intercept: bool

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of all variables, the response first."""
        factors = (factor for term in self.terms for factor in term)
        return tuple(dict.fromkeys([self.response.variable, *(factor.variable for factor in factors)]))

    @classmethod
    def parse(cls, text: str) -> "Formula":
        """Read a formula; nothing in it is run.

        Parameters
        ----------
        text : str
            ``response ~ terms``, where terms are joined by ``+`` and ``-``, ``a:b`` is an interaction,
            ``a * b`` stands for ``a + b + a:b``, and ``0 +`` leaves the intercept out.

        Raises
        ------
        FormulaError
            If it is not such a formula, or uses anything but variables and `TRANSFORMATIONS`.
        """
        _check_pieces(text)
        left, right = _parse(text)
        responses = [_term(term) for term in left]
        if len(responses) != 1 or len(responses[0]) != 1:
            raise FormulaError(
                f"The formula {text!r} needs one response before '~', as in 'fatigue ~ group'."
            )
        response = responses[0][0]
        terms = tuple(sorted((_term(term) for term in right if _factors(term)), key=len))
        if any(factor.variable == response.variable for term in terms for factor in term):
            raise FormulaError(f"In the formula {text!r}, {response.variable!r} cannot explain itself.")
        return cls(text, response, terms, intercept=len(terms) < len(right))


def _check_pieces(text: str) -> None:
    """Refuse, by name, whatever is not a name, 0, 1, or a known operator, and whatever is too long."""
    if len(text) > LONGEST:
        raise FormulaError(f"A formula has at most {LONGEST} characters; this one has {len(text)}.")
    if "|" in text:
        raise FormulaError(
            f"The formula {text!r} has a random part, such as (1 | participant_id). It needs a mixed model; "
            "this method takes the fixed part alone, and supposes that rows are independent."
        )
    operators, position, previous = 0, 0, ""
    stripped = text.rstrip()
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
        operators += piece["operator"] is not None
        previous = piece["name"] or ""
        position = piece.end()
    if operators > MOST_OPERATORS:
        raise FormulaError(f"A formula has at most {MOST_OPERATORS} signs; this one has {operators}.")


def _parse(text: str) -> tuple[list[Any], list[Any]]:
    """Return formulaic's terms left and right of the tilde."""
    from formulaic.errors import FormulaicError
    from formulaic.parser import DefaultFormulaParser

    parser = DefaultFormulaParser(feature_flags={"TWOSIDED"})
    try:
        tree = parser.get_ast(text)
        if _count(tree) > MOST_TERMS:
            raise FormulaError(f"The formula {text!r} stands for more than {MOST_TERMS} terms; write fewer.")
        terms = parser.get_terms(text)
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


@dataclass(frozen=True)
class ModelData:
    """A formula and the rows its variables have: float64, or category whose first level is the reference."""

    formula: Formula
    frame: pd.DataFrame

    @classmethod
    def of(cls, text: str, frame: pd.DataFrame) -> "ModelData":
        """Parse a formula and keep the columns it names.

        Raises
        ------
        FormulaError
            If the formula is wrong, or names a column that `frame` lacks.
        """
        formula = Formula.parse(text)
        absent = [name for name in formula.variables if name not in frame]
        if absent:
            problems = [unknown(name, map(str, frame.columns), what="variable") for name in absent]
            raise FormulaError(f"The formula {text!r} names variables that are not there.", problems)
        return cls(formula, frame[list(formula.variables)])

    def take(self, rows: npt.NDArray[np.intp]) -> "ModelData":
        """Return the same model with these rows, by position, in this order."""
        return ModelData(self.formula, self.frame.iloc[rows])


ModelFormula = Annotated[ModelData, Accepts(Kind.ANY)]


@dataclass(frozen=True)
class Design:
    """The columns a formula stands for, and how to build them again for other rows.

    Parameters
    ----------
    formula : Formula
    levels : dict
        The levels of each categorical variable, the reference first.
    constants : dict
        For each factor ``centre(x)`` and ``scale(x)``, the mean and divisor it uses.
    names : tuple of str, length p
        ``intercept``, ``age``, ``group[MS]``, ``group[MS]:age``.
    term_of : tuple of int, length p
        The term each column belongs to, as its place in `formula.terms`; -1 for the intercept.
    """

    formula: Formula
    levels: dict[str, tuple[str, ...]]
    constants: dict[Factor, tuple[float, float]]
    names: tuple[str, ...]
    term_of: tuple[int, ...]

    @classmethod
    def of(cls, data: ModelData) -> "Design":
        """Learn levels, and the constants of centring and scaling, from the rows at hand.

        Raises
        ------
        NotEstimableError
            If a transformation does not apply to a variable's values, or the response is categorical.
        """
        formula, frame = data.formula, data.frame
        levels = {
            str(name): tuple(map(str, column.cat.categories))
            for name, column in frame.items()
            if isinstance(column.dtype, pd.CategoricalDtype)
        }
        factors = {factor for term in (*formula.terms, (formula.response,)) for factor in term}
        problems = [
            problem for factor in sorted(factors, key=str) if (problem := _problem(factor, frame, levels))
        ]
        if formula.response.variable in levels:
            problems.append(f"The response {formula.response.variable!r} is categorical; it must be numeric.")
        if problems:
            raise NotEstimableError(
                f"The formula {formula.text!r} does not fit the data: {' '.join(problems)}"
            )
        constants = {
            factor: _constants(factor, frame[factor.variable].to_numpy(dtype=np.float64))
            for factor in factors
            if factor.transformation in {"centre", "scale"}
        }
        bare = cls(formula, levels, constants, (), ())
        columns = list(bare._columns(frame))
        names, term_of = tuple(name for _, name, _ in columns), tuple(term for term, _, _ in columns)
        return cls(formula, levels, constants, names, term_of)

    def response(self, frame: pd.DataFrame) -> FloatArray:
        """Return the response, shape (n,)."""
        return self._numbers(self.formula.response, frame)

    def matrix(self, frame: pd.DataFrame) -> FloatArray:
        """Return the columns for the rows of `frame`, shape (n, p)."""
        columns = [values for _, _, values in self._columns(frame)]
        return np.column_stack(columns) if columns else np.empty((len(frame), 0))

    def categorical(self, factor: Factor) -> bool:
        """Whether a factor has levels."""
        return factor.variable in self.levels

    def _columns(self, frame: pd.DataFrame) -> Iterator[tuple[int, str, FloatArray]]:
        if self.formula.intercept:
            yield -1, "intercept", np.ones(len(frame))
        present = {frozenset(term) for term in self.formula.terms}
        if self.formula.intercept:
            present.add(frozenset())
        for position, term in enumerate(self.formula.terms):
            products = [("", np.ones(len(frame)))]
            for factor in term:
                # R's rule: contrasts where the term without this factor is in the model, else every level.
                margin = frozenset(term) - {factor}
                contrasts = margin in present
                if not margin and self.categorical(factor):
                    present.add(margin)  # without an intercept, the first factor's levels stand in for it
                products = [
                    (f"{name}:{part}" if name else part, values * column)
                    for part, column in self._coded(factor, frame, contrasts=contrasts)
                    for name, values in products
                ]
            for name, values in products:
                yield position, name, values

    def _coded(self, factor: Factor, frame: pd.DataFrame, *, contrasts: bool) -> list[tuple[str, FloatArray]]:
        if not self.categorical(factor):
            return [(str(factor), self._numbers(factor, frame))]
        shown = self.levels[factor.variable][1 if contrasts else 0 :]
        text = frame[factor.variable].astype(str).to_numpy()
        return [(f"{factor}[{level}]", (text == level).astype(np.float64)) for level in shown]

    def _numbers(self, factor: Factor, frame: pd.DataFrame) -> FloatArray:
        values: FloatArray = frame[factor.variable].to_numpy(dtype=np.float64)
        match factor.transformation:
            case "log":
                values = np.log(values)
            case "sqrt":
                values = np.sqrt(values)
            case "square":
                values = np.square(values)
            case "centre" | "scale":
                middle, divisor = self.constants[factor]
                values = (values - middle) / divisor
        return values


def _constants(factor: Factor, values: FloatArray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1)) if factor.transformation == "scale" else 1.0


def _problem(factor: Factor, frame: pd.DataFrame, levels: dict[str, tuple[str, ...]]) -> str:
    """Return why a factor cannot be computed from these rows, or an empty string."""
    column = frame[factor.variable]
    if factor.variable in levels:
        return f"{factor} needs numbers; {factor.variable!r} is categorical." if factor.transformation else ""
    values = column.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        return f"{factor.variable!r} has values that are missing or not finite."
    if factor.transformation == "log" and not (values > 0).all():
        return f"{factor} needs positive numbers; the smallest is {values.min():g}."
    if factor.transformation == "sqrt" and not (values >= 0).all():
        return f"{factor} needs numbers of at least 0; the smallest is {values.min():g}."
    if factor.transformation == "scale" and np.ptp(values) == 0:
        return f"{factor} divides by the standard deviation, which is 0."
    return ""
