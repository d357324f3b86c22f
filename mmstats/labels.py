"""The words printed for variables, levels and analyses."""

import re
from collections.abc import Mapping, Sequence

from mmstats import expression
from mmstats import format as fmt
from mmstats.errors import ReportError, unknown
from mmstats.results import Result, Results

DESCRIBE = "describe"  # the method whose results tables show as summaries, not as effects
PEOPLE = (
    *("wald", "welch", "wilson", "feldt", "bonett", "miettinen-nurminen", "bonett-wright", "brunner-munzel"),
    *("kenward-roger", "satterthwaite", "kauermann-carroll", "mancl-derouen", "fay-graubard"),
    *("fleiss-cohen-everitt", "bland-altman", "clopper-pearson", "jeffreys", "garwood", "hartung-knapp"),
)
SPELT = {
    "hc3": "HC3",
    "bca": "BCa",
    "newcombe": "Newcombe",
    "hotelling": "Hotelling",
    "fisher": "Fisher",
    "mover": "MOVER",
    "wald": "Wald",
    "delong": "DeLong",
    "q": "Q",
}
SIMULTANEOUS = {"single-step": "single-step", "tukey": "Tukey"}
POOLED = ("effect", "comparison_events", "events")  # roles that say what studies are pooled for
_FACTOR = re.compile(r"[^\W\d]\w*(\[.*\]|\(\w+\))?", re.DOTALL)
_WEIGHTED = re.compile(r"(-?)((?:[\d./]+ \* )?)(.*)", re.DOTALL)


def label(results: Results, name: str) -> str:
    """Return a variable's label; without one, its name."""
    variable = results.variables.get(name)
    return variable.label if variable and variable.label else name


def with_unit(results: Results, name: str) -> str:
    """Return a variable's label with its unit, if it has one: ``Age (years)``."""
    variable = results.variables.get(name)
    unit = variable.unit if variable else ""
    return f"{label(results, name)} ({unit})" if unit else label(results, name)


def level(results: Results, name: str, value: str) -> str:
    """Return the label of one level of a categorical variable; without one, the level's name."""
    variable = results.variables.get(name)
    return (variable.levels.get(value) if variable else None) or value


def levels(results: Results, name: str) -> list[str]:
    """Return the levels of a categorical variable, the reference first.

    Raises
    ------
    ReportError
        If the results know no such variable, or it has no levels.
    """
    variable = results.variables.get(name)
    if variable is None:
        raise ReportError(unknown(name, results.variables, what="variable in these results"))
    if not variable.levels:
        raise ReportError(f"{name!r} is {variable.kind} and has no levels to compare.")
    return list(variable.levels)


def analysis(results: Results, result: Result) -> str:
    """Return what an analysis is named: its label or its outcome's; of studies their effect's or events'."""
    if result.analysis.label:
        return result.analysis.label
    roles = result.roles
    if isinstance(own := next((roles[name] for name in POOLED if name in roles), None), str):
        return label(results, own)
    names = [name.strip() for name in result.outcome.split(",")]
    return ", ".join(label(results, name) for name in names) or result.analysis.id


def condition(results: Results, result: Result) -> str:
    """Return an analysis's condition in words, such as ``Group: Multiple sclerosis``, or nothing."""
    where = result.analysis.where
    return expression.parse(where).words(results.variables) if where else ""


def shared_condition(results: Results, found: Sequence[Result]) -> str:
    """Return the condition, in words, that all of some analyses have; nothing if they differ."""
    told = {condition(results, result) for result in found}
    return told.pop() if len(told) == 1 else ""


def family(results: Results, name: str) -> str:
    """Return what a family of tests is called: its label, else its name in words.

    Examples
    --------
    >>> family(Results(title="", items=()), "fatigue-correlates")
    'Fatigue correlates'
    """
    words = results.family_labels.get(name) or name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def whose_rows(result: Result) -> str:
    """Return how many rows of how many participants an analysis used; nothing where each is a participant."""
    if not result.analysis.rows:
        return ""
    rows, participants = result.n, result.participants
    return (
        f"{fmt.count(rows)} row{'s' * (rows != 1)} of "
        f"{fmt.count(participants)} participant{'s' * (participants != 1)}"
    )


def participants(result: Result) -> int:
    """Return how many participants an analysis used."""
    return result.participants if result.analysis.rows else result.n


def excluded(results: Results, result: Result) -> dict[str, int]:
    """Return the rows an analysis left out by reason in words, without those that its condition left out."""
    told = {}
    for reason, n in result.excluded.items():
        name, middle, rest = reason.partition(" is missing")
        if middle and (not rest or rest.startswith(": ")) and name in results.variables:
            told[f"{label(results, name)} missing{rest}"] = n
        elif reason != "condition does not hold":
            told[reason] = n
    return told


def term(results: Results, name: str) -> str:
    """Return what a model's term is called: ``group[MS]`` by its labels, ``a:b`` as a product.

    Examples
    --------
    >>> nothing = Results(title="", items=())
    >>> term(nothing, "group[MS]:log(age)")
    'group: MS × log(age)'
    >>> term(nothing, "group[sum.HC]"), term(nothing, "visit[linear]")
    ('group: HC against the mean of all', 'visit: linear')
    >>> term(nothing, "group[MS]:hand[left] - group[MS]:hand[right]")
    'hand: left − right, group: MS'
    >>> term(nothing, "0.5 * task[a] + 0.5 * task[b] - task[c]"), term(nothing, "left hand: MS")
    ('task: 0.5 × a + 0.5 × b − c', 'left hand: MS')
    """
    cells, signs = _cells(name)
    if len(cells) > 1 and all("[" in cell for cell in cells):
        return _combination(results, cells, signs)
    parts = factors(name)
    if len(parts) > 1 and not all(_FACTOR.fullmatch(part) for part in parts):
        return name  # that somebody gave
    if len(parts) == 1:
        return " − ".join(factor(results, side) for side in _split(name, " - "))
    return " × ".join(factor(results, part) for part in parts)


def _cells(name: str) -> tuple[list[str], list[str]]:
    """Return the cells of a sum, and what stands in front of each: its sign, and its weight."""
    cells, signs = [], []
    for place, positive in enumerate(_split(name, " - ")):
        for then, cell in enumerate(_split(positive, " + ")):
            minus, weight, rest = _WEIGHTED.findall(cell)[0]
            cells.append(rest)
            signs.append(("− " if minus or (place and not then) else "+ ") + weight.replace("*", "×"))
    return cells, signs


def _combination(results: Results, cells: list[str], signs: list[str]) -> str:
    """Return a sum of cells: what differs, and behind it what they have in common."""
    own = [factors(cell) for cell in cells]
    common = [part for part in own[0] if all(part in others for others in own)]
    if any(len(others) == len(common) for others in own):
        common = []
    left = [[part for part in others if part not in common] for others in own]
    names = {part.partition("[")[0] for others in left for part in others}
    shared = f"{label(results, *names)}: " if len(names) == 1 and all(len(one) == 1 for one in left) else ""
    said = [" × ".join(factor(results, part).removeprefix(shared) for part in others) for others in left]
    told = " ".join(f"{sign}{one}" for sign, one in zip(signs, said, strict=True))
    told = told.removeprefix("+ ") if told.startswith("+ ") else told.replace("− ", "−", 1)
    return ", ".join([shared + told, *(factor(results, part) for part in common)])


def factor(results: Results, name: str) -> str:
    """Return what one factor of a term is called: a variable, one level of it, or a function of it."""
    variable, bracket, value = name.partition("[")
    if bracket and value.endswith("]"):
        kind, dot, of = value[:-1].partition(".")
        told = {"sum": "against the mean of all", "helmert": "against the mean of those before"}
        if dot and kind in told and value[:-1] not in _levels(results, variable):
            return f"{label(results, variable)}: {level(results, variable, of)} {told[kind]}"
        return f"{label(results, variable)}: {level(results, variable, value[:-1])}"
    function, opened, inside = name.partition("(")
    if opened and inside.endswith(")"):
        return f"{function}({label(results, inside[:-1])})"
    return "Intercept" if name == "intercept" else label(results, name)


def factors(term: str) -> list[str]:
    """Return the factors of a term; what stands in brackets is a level, whatever is in it.

    Examples
    --------
    >>> factors("group[a:b]:age")
    ['group[a:b]', 'age']
    """
    return _split(term, ":")


def random_term(results: Results, name: str) -> tuple[str, str]:
    """Return the columns and the groups of a term of the random part, in words.

    Examples
    --------
    >>> random_term(Results(title="", items=()), "intercept, hand[left] | site:person")
    ('intercept and hand: left', 'site × person')
    """
    columns, _, group = name.rpartition(" | ")
    told = [name if name == "intercept" else term(results, name) for name in _split(columns, ", ")]
    return " and ".join(told), " × ".join(label(results, part) for part in group.split(":"))


def way_named(interval: str) -> str:
    """Return how an interval was made, in words.

    Examples
    --------
    >>> way_named("bonett-wright"), way_named("studentized-bootstrap"), way_named("hc3-t")
    ('Bonett-Wright', 'studentized bootstrap', 'HC3 t')
    >>> way_named("kauermann-carroll-t"), way_named("hartung-knapp-ad-hoc")
    ('Kauermann-Carroll t', 'Hartung-Knapp ad hoc')
    >>> way_named("kenward-roger-single-step")
    'Kenward-Roger, single-step'
    """
    for together, word in SIMULTANEOUS.items():
        if interval.endswith(f"-{together}"):
            return f"{way_named(interval.removesuffix(f'-{together}'))}, {word}"
    end = next((end for end in ("-t", "-ad-hoc") if interval.endswith(end)), "")
    people, then = interval.removesuffix(end), end.replace("-", " ")
    if people in PEOPLE:
        return "-".join(name.capitalize() for name in people.split("-")) + then
    return " ".join(SPELT.get(word, word) for word in interval.split("-"))


def _levels(results: Results, name: str) -> Mapping[str, str]:
    variable = results.variables.get(name)
    return variable.levels if variable else {}


def _split(text: str, by: str) -> list[str]:
    """Return the parts of a text between separators that are not in brackets."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(text):
        depth += {"[": 1, "]": -1}.get(text[place], 0)
        if depth <= 0 and text.startswith(by, place):
            parts.append(text[start:place])
            place = start = place + len(by)
        else:
            place += 1
    return [*parts, text[start:]]


def chosen(results: Results, analyses: Sequence[str] | None) -> list[Result]:
    """Return the analyses of these ids, in that order; without ids, all that are not descriptions.

    Raises
    ------
    ReportError
        If an id is unknown, or there are none.
    """
    if analyses is None:
        found = [result for result in results if result.analysis.method != DESCRIBE]
    else:
        found = [results[name] for name in analyses]
    if not found:
        raise ReportError("No analysis was chosen: these results hold descriptions only, or nothing.")
    return found
