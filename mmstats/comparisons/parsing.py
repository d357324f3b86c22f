"""The text of comparisons, read into weights of cells: ``late = 0.5 * task[b] + 0.5 * task[c] - task[a]``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 10_000
# A variable and one of its levels: as it is, if its own brackets are in pairs, or in backticks.
_FACTOR = r"[^\W\d]\w*\s*\[(?:`(?:[^`]|``)+`|(?!`)[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*)\]"
_NUMBER = r"(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})"
_TOKEN = re.compile(rf"{_FACTOR}|.", re.DOTALL)
_NAME = re.compile(r"([^\[\]=`]*)=")
_PART = re.compile(
    rf"\s*(?P<sign>[+\-−])?\s*(?:(?P<number>{_NUMBER})(?:\s*/\s*(?P<over>{_NUMBER}))?\s*\*)?"
    rf"\s*(?P<cell>{_FACTOR}(?:\s*:\s*{_FACTOR})*)"
)
_PARTS_OF_FACTOR = re.compile(r"(?P<variable>\w+)\s*\[(?P<level>.*)\]", re.DOTALL)
_EACH_FACTOR = re.compile(_FACTOR)
_PLAIN = re.compile(r"(?!`)[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*")

Cell = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Comparison:
    """A sum of weighted cells.

    Parameters
    ----------
    term : str
        Its name; without one, its spelling.
    spelling : str
        The sum, however it was spaced: ``hand[left] - 0.5 * hand[right]``.
    parts : tuple of (Fraction, tuple of (str, str))
        Weights and their cells, of each a variable and a level.
    """

    term: str
    spelling: str
    parts: tuple[tuple[Fraction, Cell], ...]


def parse(text: str) -> tuple[list[Comparison], list[str]]:
    """Return the comparisons of a text, and a sentence for each thing in it that is none.

    They are separated by ``;`` or line breaks. Each is a sum of cells, such as ``group[MS]:hand[left]``, with
    numbers or fractions as factors in front, and a name before ``=`` if it has one.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> found, problems = parse("left = hand[left] - hand[right]; hand[left] + ; 1/2 * a[b]")
    >>> [comparison.term for comparison in found]
    ['left', '1/2 * a[b]']
    >>> problems  # doctest: +ELLIPSIS
    ["Comparison 'hand[left] +': '+' cannot be read. Write ...
    """
    if len(text) > LONGEST:
        return [], [f"Comparisons have at most {LONGEST:,} characters; these have {len(text):,}."]
    found, problems = [], []
    for statement in _statements(text):
        try:
            found.append(_comparison(statement))
        except ValueError as problem:
            problems.append(f"Comparison {statement!r}: {problem}")
    return found, problems


def _statements(text: str) -> Iterator[str]:
    """Yield what stands between line breaks and semicolons, but for those inside a level."""
    statement = ""
    for token in [*_TOKEN.findall(text), "\n"]:
        if token in ";\n":
            if statement.strip():
                yield statement.strip()
            statement = ""
        else:
            statement += token


def _comparison(statement: str) -> Comparison:
    """Return one comparison, or raise with what is wrong."""
    naming = _NAME.match(statement)
    name = " ".join(naming[1].split()) if naming else ""
    if naming and not name:
        raise ValueError("There is no name before '='. Write one, or leave out '='.")
    place, spelt = naming.end() if naming else 0, ""
    parts: list[tuple[Fraction, Cell]] = []
    while statement[place:].strip():
        part = _PART.match(statement, place)
        if part is None or (parts and not part["sign"]):
            raise ValueError(
                f"{statement[place:].strip()[:40]!r} cannot be read. Write a sum of cells, such as "
                "0.5 * group[MS]:hand[left] + 0.5 * group[MS]:hand[right] - group[HC]; a level whose own "
                "brackets are not in pairs, or that begins with a backtick, stands in backticks: a[`b]c`]."
            )
        cell = tuple(_factor(factor) for factor in _EACH_FACTOR.findall(part["cell"]))
        minus = part["sign"] in ("-", "−")
        weight = Fraction(part["number"] or 1)
        if part["over"]:
            if not Fraction(part["over"]):
                raise ValueError(f"{part['number']}/{part['over']} divides by 0.")
            weight /= Fraction(part["over"])
        sign = " - " if minus else " + "
        spelt += sign if parts else sign.strip().replace("+", "")
        if part["number"]:
            spelt += part["number"] + (f"/{part['over']}" if part["over"] else "") + " * "
        spelt += ":".join(f"{variable}[{_quoted(level)}]" for variable, level in cell)
        parts.append((-weight if minus else weight, cell))
        place = part.end()
    if not parts:
        raise ValueError("Nothing follows '='.")
    return Comparison(name or spelt, spelt, tuple(parts))


def _factor(text: str) -> tuple[str, str]:
    """Return the variable and the level of a factor."""
    found = _PARTS_OF_FACTOR.fullmatch(text)
    assert found is not None
    level = found["level"]
    return found["variable"], level[1:-1].replace("``", "`") if level.startswith("`") else level


def _quoted(level: str) -> str:
    """Return a level as it is, or in backticks where it could not be read."""
    return level if _PLAIN.fullmatch(level) else "`" + level.replace("`", "``") + "`"
