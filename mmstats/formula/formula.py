"""A formula: a response, the terms that explain it, and what differs by group."""

from dataclasses import dataclass, replace
from functools import lru_cache

from mmstats.formula.parsing import Factor, FormulaError, Term, check_length, parse_sides
from mmstats.formula.random_parts import RandomPart, parse_random, taken_off


@dataclass(frozen=True)
class Formula:
    """A response and the terms that explain it; a term is a product of factors.

    Parameters
    ----------
    text : str
        As it was written.
    response : Factor
    terms : tuple of Term
        The fixed part, in the order of their size.
    intercept : bool
        Whether the fixed part has one.
    random : tuple of RandomPart
        What differs by group.

    Examples
    --------
    >>> formula = Formula.parse("fatigue ~ group * log(age) + (1 + hand | site/participant_id)")
    >>> [":".join(map(str, term)) for term in formula.terms]
    ['group', 'log(age)', 'group:log(age)']
    >>> [str(part) for part in formula.random]
    ['(1 + hand | site)', '(1 + hand | site:participant_id)']
    >>> formula.variables
    ('fatigue', 'group', 'age', 'hand', 'site', 'participant_id')
    """

    text: str
    response: Factor
    terms: tuple[Term, ...]
    intercept: bool
    random: tuple[RandomPart, ...] = ()

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Everything that becomes numbers: the response, then the factors of fixed and of random terms."""
        random = (term for part in self.random for term in part.terms)
        explaining = (factor for term in (*self.terms, *random) for factor in term)
        return tuple(dict.fromkeys([self.response, *explaining]))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the variables that become numbers, the response first."""
        return tuple(dict.fromkeys(factor.variable for factor in self.factors))

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the variables that make the groups of random parts."""
        return tuple(dict.fromkeys(name for part in self.random for name in part.group))

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of all variables, the response first."""
        return tuple(dict.fromkeys([*self.columns, *self.groups]))

    @property
    def fixed(self) -> "Formula":
        """The formula without its random parts; its text stays, for errors."""
        return replace(self, random=())

    @classmethod
    def parse(cls, text: str) -> "Formula":
        """Read a formula; nothing in it is run.

        Parameters
        ----------
        text : str
            ``response ~ terms``, where terms are joined by ``+`` and ``-``, ``a:b`` is an interaction,
            ``a * b`` stands for ``a + b + a:b``, and ``0 +`` leaves the intercept out.

            ``(terms | group)`` is a random part: the coefficients of its terms, an intercept among them
            unless it is left out, differ by group and may correlate. The group is a variable, the
            combinations of several, ``a:b``, or nested ones: ``(1 | a/b)`` stands for
            ``(1 | a) + (1 | a:b)``. With ``||`` they do not correlate. This holds for every column,
            also for those of one categorical variable (in lme4 these still correlate).

        Raises
        ------
        FormulaError
            If it is not such a formula, or uses anything but variables and `TRANSFORMATIONS`.
        """
        return _parse(text)


@lru_cache(maxsize=512)
def _parse(text: str) -> Formula:
    check_length(text)
    fixed, bars = taken_off(text)
    response, terms, intercept = parse_sides(fixed, text)
    if any(factor.variable == response.variable for term in terms for factor in term):
        raise FormulaError(f"In the formula {text!r}, {response.variable!r} cannot explain itself.")
    return Formula(text, response, terms, intercept, parse_random(bars, response, text))


def without_random(formula: Formula) -> None:
    """Refuse a formula with a random part, where rows are supposed to be independent.

    Raises
    ------
    FormulaError
        If it has one.
    """
    if formula.random:
        raise FormulaError(
            f"The formula {formula.text!r} has a random part, such as {formula.random[0]}. It needs a mixed "
            "model; this method takes the fixed part alone, and supposes that rows are independent."
        )
