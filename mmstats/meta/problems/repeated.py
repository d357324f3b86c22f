"""Whether the same study stands in the material twice."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from math import isnan

from mmstats.meta.problems.problem import Problem

FEWEST = 3  # equal numbers that are not chance
EXCHANGED = re.compile("^(comparison|reference)_")


def repeated(
    names: Sequence[str], rows: Sequence[Mapping[str, float]], lines: Sequence[int] = ()
) -> Iterator[Problem]:
    """Yield the rows whose study, or all of whose numbers, stand in an earlier row.

    Names are compared without capitals, accents, spaces and punctuation, numbers also with the two groups
    exchanged. `lines` are the numbers by which texts call the rows, if they are not counted from 1.

    Examples
    --------
    >>> found = repeated(["Ménéret 2014", "Meneret, 2014"], [{"n": 26.0}, {"n": 30.0}])
    >>> print(next(found).text)
    The same study is in row 1, as 'Ménéret 2014'. Name its parts apart, or remove one.
    """
    lines = lines or range(1, len(rows) + 1)
    first: dict[str, int] = {}
    numbers: dict[tuple[tuple[str, float], ...], int] = {}
    for at, (name, row) in enumerate(zip(names, rows, strict=True)):
        key = plain(name)
        values = tuple(sorted((column, value) for column, value in row.items() if not isnan(value)))
        before = first.get(key) if key else None
        exchanged = tuple(sorted((EXCHANGED.sub(_other, column), value) for column, value in values))
        if before is not None:
            yield Problem(
                at + 1,
                name,
                ("study",),
                f"The same study is in row {lines[before]}, as '{names[before]}'. "
                "Name its parts apart, or remove one.",
            )
        for told, how in ((values, ""), (exchanged, ", with the two groups exchanged")):
            same = numbers.get(told)
            if same is not None and len(values) >= FEWEST:
                yield Problem(
                    at + 1,
                    name,
                    tuple(column for column, _ in values),
                    f"All {len(values)} numbers are those of row {lines[same]}, '{names[same]}'{how}: "
                    "is it one trial?",
                )
                break
        first.setdefault(key, at)
        numbers.setdefault(values, at)


def _other(group: re.Match[str]) -> str:
    return "reference_" if group[1] == "comparison" else "comparison_"


def plain(name: str) -> str:
    """Return a name without capitals, accents, spaces and punctuation.

    Examples
    --------
    >>> plain(" Ménéret, 2014 ")
    'meneret2014'
    """
    return "".join(each for each in unicodedata.normalize("NFKD", name).casefold() if each.isalnum())
