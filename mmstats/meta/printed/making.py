"""What is made of the numbers of one study: the columns of a measure by its groups, or else an effect."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt

from mmstats.errors import MmstatsError
from mmstats.meta.measures import Measure
from mmstats.meta.measures.computing import OUT_OF_RANGE
from mmstats.meta.printed.converted import Converted, demand
from mmstats.meta.printed.group_recipes import group_recipes
from mmstats.meta.printed.recipe import Recipe, Row, is_size
from mmstats.meta.printed.result_recipes import result_recipes
from mmstats.meta.problems.printed_result import Found

LARGEST = 2.0**53  # the last number up to which all whole ones are exact
SIZES_OF_GROUPS = ("n", "comparison_n", "reference_n")


@dataclass
class Made:
    """What a study gives, and what was made of it.

    Parameters
    ----------
    given : dict of str to float
        Its numbers.
    filled : dict of str to float
        The same with what was made of them.
    result : (float, float) or None
        Effect and standard error, where they are those of a printed result.
    of_groups : bool
        Whether what is filled is of the groups themselves.
    ways, words : list of str
        Of each conversion.
    failed : tuple of (columns, text)
        What stood against a conversion; then nothing is made.
    """

    given: dict[str, float]
    filled: dict[str, float] = field(default_factory=dict)
    result: tuple[float, float] | None = None
    of_groups: bool = True
    ways: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    failed: tuple[Found, ...] = ()


def made_of(measure: Measure, row: Row) -> Made:
    """Return what can be made of a row: the measure's columns by its groups, or else an effect."""
    made = Made(dict(row), dict(row))
    try:
        for recipe in group_recipes(measure):
            if set(recipe.gives) - made.filled.keys() and _usable(recipe, made.filled):
                _take(made, recipe, _converted(recipe, made.filled))
        if complete(measure, made):
            return made
        for recipe in result_recipes(measure):
            if _usable(recipe, row):
                return _instead(row, recipe, _converted(recipe, row))
    except MmstatsError as failed:
        made.failed = tuple((recipe.needs, _sentence(text)) for text in failed.problems)
    return made


def _usable(recipe: Recipe, row: Row) -> bool:
    return recipe.fits(row) and all(is_size(row[name]) for name in recipe.needs if name in SIZES_OF_GROUPS)


def _converted(recipe: Recipe, row: Row) -> tuple[Converted, ...]:
    """Return what a recipe makes of a row.

    Raises
    ------
    MmstatsError
        If it can make nothing of it, as of numbers beyond what can be computed with.
    """
    sizes = [row[name] for name in recipe.needs if name in SIZES_OF_GROUPS]
    demand((all(size <= LARGEST for size in sizes), OUT_OF_RANGE))
    try:
        found = recipe.convert(row)
    except ArithmeticError:
        found = ()
    values = dict(zip(recipe.gives, (one.value for one in found), strict=False))
    demand(
        (bool(found) and all(map(isfinite, values.values())) and values.get("variance", 1) > 0, OUT_OF_RANGE)
    )
    return found


def _take(made: Made, recipe: Recipe, found: Sequence[Converted]) -> None:
    """Add what a row lacks."""
    for name, one in zip(recipe.gives, found, strict=True):
        if name not in made.filled:
            made.filled[name] = one.value
            made.words.append(one.from_)
            made.ways.append(recipe.way)


def _instead(row: Row, recipe: Recipe, found: Sequence[Converted]) -> Made:
    """Return a row whose effect is that of a printed result, whatever there is of its groups."""
    values = {name: one.value for name, one in zip(recipe.gives, found, strict=True)}
    made = Made(dict(row), dict(row), of_groups=False)
    made.ways, made.words = [recipe.way], list(dict.fromkeys(one.from_ for one in found))
    if "variance" in values:
        made.result = values["effect"], sqrt(values["variance"])
        return made
    made.filled |= values
    return made


def complete(measure: Measure, made: Made) -> bool:
    """Whether a study has every column of a measure, as printed or made."""
    return made.result is None and not made.failed and set(measure.columns) <= made.filled.keys()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
