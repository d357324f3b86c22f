"""Lists, counts and citations in words."""

from collections.abc import Iterable, Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.results import Result, Results

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
SHOWN = 6


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


def counted(n: int) -> str:
    """Return a count as a sentence says it.

    Examples
    --------
    >>> counted(3), counted(24)
    ('three', '24')
    """
    return NUMBERS[n] if n < len(NUMBERS) else fmt.count(n)


def several(n: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> several(1, "test"), several(3, "analysis", "analyses"), several(24, "row")
    ('one test', 'three analyses', '24 rows')
    """
    return f"{counted(n)} {one if n == 1 else many or one + 's'}"


def left_out(found: Sequence[Result]) -> str:
    """Return what some analyses left out: participants, or rows of them."""
    kinds = dict.fromkeys("rows" if r.analysis.rows else "participants" for r in found)
    return " or ".join(sorted(kinds))


def after(name: str) -> str:
    """Return a name with the colon behind it that it needs.

    Examples
    --------
    >>> after("Walking"), after("Do small trials find more?")
    ('Walking:', 'Do small trials find more?')
    """
    return name if name.endswith(("?", "!", ".")) else f"{name}:"


def begun(text: str) -> str:
    """Return a sentence with a capital at its start."""
    return text[:1].upper() + text[1:]


def cited(keys: Iterable[str]) -> str:
    """Return a citation of BibTeX keys, or nothing."""
    marks = "; ".join(f"@{key}" for key in dict.fromkeys(keys))
    return f" [{marks}]" if marks else ""


def called(results: Results, result: Result, *, where: bool = True) -> str:
    """Return an analysis's name in Markdown, with its condition in words."""
    roles, condition = result.roles, labels.condition(results, result)
    name = labels.analysis(results, result)
    if {"x", "y"} <= set(roles) and not result.analysis.label:
        name = f"{labels.label(results, roles['x'])} and {labels.label(results, roles['y'])}"
    return escape(name) + (f" ({escape(condition)})" if where and condition else "")


def purposes(results: Results, found: Sequence[Result], *, where: bool = False) -> str:
    """Return what some analyses are for: their families with their sizes, and the names of the rest."""
    families: dict[str, int] = {}
    for result in found:
        if result.analysis.family:
            families[result.analysis.family] = families.get(result.analysis.family, 0) + 1
    said = [f"*{escape(labels.family(results, name))}* ({counted(n)})" for name, n in families.items()]
    alone = list(dict.fromkeys(called(results, r, where=where) for r in found if not r.analysis.family))
    said += alone if len(alone) <= SHOWN else [several(len(alone), "further analysis", "further analyses")]
    return "; ".join(said)


def by_method(results: Results) -> dict[str, list[Result]]:
    """Return the analyses of each method, in the order in which the plan first names it."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.analysis.method, []).append(result)
    return found


def direction(results: Results, found: Sequence[Result]) -> str:
    """Return which way estimates point, where two groups and the quantities say it; else nothing."""
    groups = {str(result.roles.get("group", "")) for result in found}
    name = groups.pop() if len(groups) == 1 else ""
    variable = results.variables.get(name)
    if variable is None or len(variable.levels) != 2:
        return ""
    reference, comparison = (escape(labels.level(results, name, value)) for value in variable.levels)
    quantities = {r.estimate().quantity.name for r in found if r.estimates}
    said = []
    if quantities & {"mean_difference", "hodges_lehmann", "risk_difference", "hedges_g"}:
        said.append(f"Differences are {comparison} minus {reference}.")
    if "superiority" in quantities:
        said.append(
            f"The probability of superiority is that of a higher value in {comparison} than in {reference}, "
            "ties counting half."
        )
    return " ".join(said)
