"""A number that was not printed but worked out, with the words that say how."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from scipy import stats

from mmstats.errors import MmstatsError

Alternative = Literal["two-sided", "greater", "less"]
Direction = Literal["positive", "negative"]


@dataclass(frozen=True)
class Converted:
    """A converted number.

    Parameters
    ----------
    value : float
    from_ : str
        What it was had from, and how, in plain words: it goes with the study's row.
    """

    value: float
    from_: str


def demand(*checks: tuple[bool, str]) -> None:
    """Raise one error with every check that failed.

    Parameters
    ----------
    *checks : pairs of a bool and a str
        Whether it holds, and what to say if it does not.

    Raises
    ------
    MmstatsError

    Examples
    --------
    >>> demand((True, "n is 0."), (False, "the standard error is -1; it is above 0."))
    Traceback (most recent call last):
    mmstats.errors.MmstatsError: These printed numbers cannot be converted:
      1. the standard error is -1; it is above 0.
    """
    problems = [text for holds, text in checks if not holds]
    if problems:
        raise MmstatsError("These printed numbers cannot be converted:", problems)


def above_zero(what: str, value: float) -> tuple[bool, str]:
    """Return the check that a number is above 0."""
    return 0 < value < float("inf"), f"the {what} is {value:.15g}; it is above 0, and finite."


def participants(what: str, n: float, *, least: int = 1) -> tuple[bool, str]:
    """Return the check that a number of participants is whole and not too small."""
    return least <= n < float("inf") and n == int(
        n
    ), f"{what} is {n:.15g}; it is a whole number, {least} or more."


def in_order(**values: float) -> tuple[bool, str]:
    """Return the check that numbers do not decrease, in the order given."""
    numbers = list(values.values())
    told = ", ".join(f"{name} {value:.15g}" for name, value in values.items())
    return all(a <= b for a, b in pairwise(numbers)), f"these do not increase: {told}."


def a_level(level: float) -> tuple[bool, str]:
    """Return the check of a confidence level."""
    return 0 < level < 1, f"the level is {level:.15g}; it is between 0 and 1, such as 0.95."


def exact_p(p: float) -> tuple[bool, str]:
    """Return the check that a p value is one that can be turned round."""
    return 0 < p <= 1, f"p is {p:.15g}; an exact p is above 0 and at most 1 (p < 0.05 is not enough)."


def t_from_p(p: float, df: float, alternative: Alternative, direction: Direction) -> float:
    """Return the t that has this p.

    Parameters
    ----------
    p : float
        Exact, not a bound.
    df : float
    alternative : {"two-sided", "greater", "less"}
        What p was the probability of.
    direction : {"positive", "negative"}
        The sign of the effect; a one-sided p implies it.

    Raises
    ------
    MmstatsError
        If p cannot be, or a one-sided p contradicts the direction.

    Examples
    --------
    >>> round(t_from_p(0.05, 20, "two-sided", "negative"), 6)
    -2.085963
    >>> round(t_from_p(0.025, 20, "less", "negative"), 6)
    -2.085963
    """
    demand(exact_p(p), above_zero("number of degrees of freedom", df))
    if alternative == "two-sided":
        size = float(stats.t.isf(p / 2, df))
        return size if direction == "positive" else -size
    demand((p < 1, "a one-sided p of 1 says that the effect is infinite."))
    value = float(stats.t.isf(p, df) if alternative == "greater" else stats.t.ppf(p, df))
    demand(
        (
            value == 0 or (value > 0) == (direction == "positive"),
            f"a one-sided p of {p:.15g} for '{alternative}' belongs to a {_sign(value)} effect, "
            f"but the effect is {direction}.",
        )
    )
    return value


def _sign(value: float) -> Direction:
    return "positive" if value > 0 else "negative"
