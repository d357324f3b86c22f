"""Lists, counts and citations in words."""

from collections.abc import Iterable, Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.results import Result, Results

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
SHOWN = 12


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')

    Words with commas of their own are kept apart by semicolons.

    >>> listed(["a, b", "c"])
    'a, b; c'
    """
    if any("," in word for word in words):
        return "; ".join(words)
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def several(n: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> several(1, "test"), several(3, "analysis", "analyses"), several(24, "row")
    ('one test', 'three analyses', '24 rows')
    """
    number = NUMBERS[n] if n < len(NUMBERS) else fmt.count(n)
    return f"{number} {one if n == 1 else many or one + 's'}"


def cited(keys: Iterable[str]) -> str:
    """Return a citation of BibTeX keys, or nothing."""
    marks = "; ".join(f"@{key}" for key in dict.fromkeys(keys))
    return f" [{marks}]" if marks else ""


def called(results: Results, result: Result, *, where: bool = True) -> str:
    """Return an analysis's name in Markdown, with its condition."""
    roles, condition = result.roles, result.analysis.where
    name = labels.analysis(results, result)
    if set(roles) == {"x", "y"} and not result.analysis.label:
        name = f"{labels.label(results, roles['x'])} and {labels.label(results, roles['y'])}"
    return escape(name) + (f", where {code(condition)}" if where and condition else "")


def code(text: str) -> str:
    """Return text as code in a line; what could end it is printed as text instead."""
    return escape(text) if "`" in text or "{" in text else f"`{' '.join(text.split())}`"


def family_name(name: str) -> str:
    """Return a family's name as a heading.

    Examples
    --------
    >>> family_name("fatigue-correlates")
    'Fatigue correlates'
    """
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def by_method(results: Results) -> dict[str, list[Result]]:
    """Return the analyses of each method, in the order in which the plan first names it."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.analysis.method, []).append(result)
    return found
