"""The random parts of a formula, such as `(1 + hand | participant_id)`: taken off the text, then read."""

from dataclasses import dataclass
from itertools import accumulate

from mmstats.formula.parsing import Factor, FormulaError, Term, parse_terms

EXAMPLE = "(1 | participant_id)"


@dataclass(frozen=True)
class RandomPart:
    """Columns whose coefficients differ by group.

    Parameters
    ----------
    terms : tuple of Term
        What stands before the bar.
    intercept : bool
        Whether there is an intercept, which is there unless `terms` begin with ``0 +``.
    group : tuple of str
        The variables whose combinations are the groups.
    correlated : bool
        Whether the coefficients of a group may correlate: ``|``, not ``||``.
    """

    terms: tuple[Term, ...]
    intercept: bool
    group: tuple[str, ...]
    correlated: bool = True

    def __str__(self) -> str:
        columns = ["1" if self.intercept else "0", *(":".join(map(str, term)) for term in self.terms)]
        return f"({' + '.join(columns)} {'|' if self.correlated else '||'} {':'.join(self.group)})"


@dataclass(frozen=True)
class _Bar:
    """The text inside a pair of parentheses with a bar: what stands before it, at its place, and after it."""

    left: str
    right: str
    correlated: bool


def taken_off(text: str) -> tuple[str, tuple[_Bar, ...]]:
    """Return a formula without its random parts, every character at its place, and their texts.

    Raises
    ------
    FormulaError
        If a bar does not stand in parentheses of its own, added to the other terms.
    """
    if "|" not in text:
        return text, ()
    left, bars = list(text), []
    for start, places, end in _enclosed(text):
        if places[1:] not in ([], [places[0] + 1]):
            raise FormulaError(f"In the formula {text!r}, a random part has one bar, '|', or two together.")
        before, after = text[:start].rstrip(), text[end + 1 :].lstrip()
        if "~" not in before:
            raise FormulaError(f"In the formula {text!r}, random parts stand to the right of '~'.")
        if before[-1] not in "~+" or after[:1] not in ("", "+", "-"):
            raise FormulaError(
                f"In the formula {text!r}, {text[start : end + 1]} is joined to something other than by '+'. "
                "A random part is added, as in 'fatigue ~ group + (1 | participant_id)'."
            )
        left[start : end + 1] = " " * (end + 1 - start)
        if before[-1] == "+":
            left[len(before) - 1] = " "
        inside = " " * (start + 1) + text[start + 1 : places[0]]
        bars.append(_Bar(inside, text[places[-1] + 1 : end], len(places) == 1))
    fixed = "".join(left)
    return (fixed + "1" if fixed.rstrip().endswith("~") else fixed), tuple(bars)


def _enclosed(text: str) -> list[tuple[int, list[int], int]]:
    """Return where each pair of parentheses with bars opens, where its bars are, and where it closes."""
    opened: list[int] = []
    bars: dict[int, list[int]] = {}
    found = []
    unmatched = FormulaError(f"The formula {text!r} cannot be read: its parentheses do not match.")
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == "|":
            if not opened:
                raise FormulaError(
                    f"In the formula {text!r}, a random part stands in parentheses, as in {EXAMPLE}."
                )
            bars.setdefault(opened[-1], []).append(place)
        elif character == ")":
            if not opened:
                raise unmatched
            start = opened.pop()
            if start in bars and opened:
                raise FormulaError(
                    f"In the formula {text!r}, a random part stands inside other parentheses. "
                    f"Add it to the other terms by itself, as in 'fatigue ~ group + {EXAMPLE}'."
                )
            if start in bars:
                found.append((start, bars[start], place))
    if opened:
        raise unmatched
    return found


def parse_random(bars: tuple[_Bar, ...], response: Factor, text: str) -> tuple[RandomPart, ...]:
    """Return the random parts, those of nested groups one by one.

    Raises
    ------
    FormulaError
        If one has no columns or no group, or what it names cannot be that, or two parts share a column.
    """
    parts = [
        RandomPart(terms, intercept, group, bar.correlated)
        for bar in bars
        for terms, intercept in [_columns(bar.left, text)]
        for group in _groups(bar.right, text)
    ]
    for part in parts:
        used = {factor.variable for term in part.terms for factor in term}
        if response.variable in used | set(part.group):
            raise FormulaError(
                f"In the formula {text!r}, {response.variable!r} is the response; {part} cannot use it."
            )
        if len(part.group) == 1 and part.group[0] in used:
            raise FormulaError(
                f"In the formula {text!r}, {part.group[0]!r} is the same throughout each group of {part}. "
                "Leave it out before the bar."
            )
    places: dict[tuple[frozenset[str], frozenset[Factor]], list[str]] = {}
    for part in parts:
        for term in (*([()] if part.intercept else []), *part.terms):
            shown = f"({':'.join(map(str, term)) or '1'} | {':'.join(part.group)})"
            places.setdefault((frozenset(part.group), frozenset(term)), []).append(shown)
    twice = [shown[0] for shown in places.values() if len(shown) > 1]
    if twice:
        raise FormulaError(
            f"The formula {text!r} has {' and '.join(twice)} in more than one random part; "
            "nothing tells their variances apart. Write each column once for each group."
        )
    return tuple(parts)


def _columns(left: str, text: str) -> tuple[tuple[Term, ...], bool]:
    terms, intercept = parse_terms(left, text) if left.strip() else ((), False)
    if not (terms or intercept):
        raise FormulaError(
            f"In the formula {text!r}, a random part has no column before the bar. Write 1 for an "
            f"intercept, as in {EXAMPLE}."
        )
    return terms, intercept


def _groups(right: str, text: str) -> list[tuple[str, ...]]:
    """Return the groups that a text after a bar stands for: ``a/b`` is ``a`` and ``a:b``."""
    nested = [tuple(name.strip() for name in level.split(":")) for level in right.split("/")]
    groups = list(accumulate(nested, lambda outer, inner: outer + inner))
    wrong = [name for name in groups[-1] if not name.isidentifier()]
    if wrong:
        raise FormulaError(
            f"In the formula {text!r}, a random part has {right.strip()!r} after its bar. Groups are a "
            "variable as it is, variables joined by ':', or nested by '/', as in "
            "(1 | site/participant_id)."
        )
    if len(set(groups[-1])) < len(groups[-1]):
        raise FormulaError(f"In the formula {text!r}, the groups {right.strip()!r} name a variable twice.")
    return groups
