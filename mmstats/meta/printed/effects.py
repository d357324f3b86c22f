"""Effects of studies from whatever their papers print, each with the words that say how it was had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt

from mmstats.errors import MmstatsError, nearest
from mmstats.meta.measures import Measure, effect_sizes
from mmstats.meta.printed.group_recipes import group_recipes
from mmstats.meta.printed.making import SIZES_OF_GROUPS, Made, complete, made_of
from mmstats.meta.printed.recipe import AS_PRINTED, SEVERAL, Recipe, given
from mmstats.meta.printed.result_recipes import result_recipes
from mmstats.meta.problems import contradictions
from mmstats.meta.problems.printed_result import Found
from mmstats.meta.weighted import FloatArray

CHECKED = (
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "conf_level",
    "t_value",
    "p_value",
    "p_greater",
    "p_less",
)
NOTHING = "nothing is given to compute it from"


@dataclass(frozen=True)
class StudyEffects:
    """Effects of k studies on the scale on which they are pooled.

    Parameters
    ----------
    effects, std_errors : float array, shape (k,)
        NaN where a study has none.
    ways : tuple of str, length k
        How each was had: a key of `mmstats.meta.printed.recipe.WAYS`; empty where there is none.
    words : tuple of str, length k
        The same in words; empty where the measure's own numbers were printed and taken as they are.
    reasons : tuple of str, length k
        Why a study has no effect; empty where it has one.
    faults : tuple of tuple of (columns, text), length k
        What cannot be among a study's numbers, or contradicts itself; an effect may be there all the same.
    """

    effects: FloatArray
    std_errors: FloatArray
    ways: tuple[str, ...]
    words: tuple[str, ...]
    reasons: tuple[str, ...]
    faults: tuple[tuple[Found, ...], ...]


def recipes(measure: Measure) -> tuple[Recipe, ...]:
    """Return every way to what a measure needs; of groups first, which win over printed results."""
    return (*group_recipes(measure), *result_recipes(measure))


def known_columns(measure: Measure) -> tuple[str, ...]:
    """Return every column that can tell something of a measure's effect.

    Examples
    --------
    >>> from mmstats.meta.measures import measure
    >>> ["comparison_median" in known_columns(measure(name)) for name in ("SMD", "OR")]
    [True, False]
    """
    used = (name for recipe in recipes(measure) for name in (*recipe.needs, *recipe.may_use))
    return tuple(dict.fromkeys((*measure.columns, *used, *CHECKED)))


def lacking(measure: Measure, columns: Sequence[str]) -> tuple[str, ...]:
    """Return which of a measure's columns these can never give, nor an effect in their place.

    Examples
    --------
    >>> from mmstats.meta.measures import measure
    >>> lacking(measure("OR"), ["comparison_events", "comparison_n"])
    ('reference_events', 'reference_n')
    >>> lacking(measure("OR"), ["comparison_events", "conf_low", "conf_high"])
    ()
    """
    if any(recipe.fits(columns) for recipe in result_recipes(measure)):
        return ()
    known = set(columns)
    for recipe in group_recipes(measure):
        if recipe.fits(known):
            known |= set(recipe.gives)
    return tuple(name for name in measure.columns if name not in known)


def effects_of_studies(
    measure: Measure, columns: Mapping[str, npt.ArrayLike], **options: str
) -> StudyEffects:
    """Return the effects of k studies, each from what it gives.

    The measure's own columns are taken where they are there or can be made; a printed result of the
    comparison only where they cannot. Values that are not there are NaN.

    Parameters
    ----------
    measure : Measure
    columns : mapping of str to float array, shape (k,)
        Some of `known_columns`; ``direction`` is 1 (positive) or -1.
    **options : str
        Of the measure.

    Raises
    ------
    MmstatsError
        If a column is none of the measure, or there are not as many values in each.

    Examples
    --------
    >>> from mmstats.meta.measures import measure
    >>> columns = {"estimate": [2, 3], "conf_low": [1, 4], "conf_high": [4, 2]}
    >>> found = effects_of_studies(measure("OR"), columns)
    >>> found.effects.round(4), found.std_errors.round(4), found.ways
    (array([0.6931,    nan]), array([0.3537,    nan]), ('interval', ''))
    >>> found.words[0]
    'log ratio from the ratio 2; variance of the log ratio from the 95 % interval 1 to 4 (normal)'
    >>> found.reasons[1]
    'These do not increase: low 4, ratio 3, high 2.'
    >>> found.faults[1][0][1]
    'The limits are swapped: 4 is above 2.'
    """
    rows = _rows(measure, columns)
    made = [made_of(measure, row) for row in rows]
    table = {
        name: np.array([each.filled.get(name, nan) if complete(measure, each) else nan for each in made])
        for name in measure.columns
    }
    found = effect_sizes(measure.name, table, **options)
    effects, errors = found.effects.copy(), found.std_errors
    ways, words, reasons, faults = [], [], [], []
    for at, each in enumerate(made):
        if each.result is not None:
            effects[at], errors[at] = each.result
        there = bool(np.isfinite(effects[at]) and np.isfinite(errors[at]))
        if not there:
            effects[at] = errors[at] = nan
        note = found.notes[at] if complete(measure, each) else ""
        kinds = dict.fromkeys(each.ways)
        ways.append((SEVERAL if len(kinds) > 1 else next(iter(kinds), AS_PRINTED)) if there else "")
        words.append("; ".join(dict.fromkeys((*each.words, *filter(None, [note])))) if there else "")
        reasons.append("" if there else _reason(measure, each, note))
        of_groups = effects[at] if each.of_groups and there else nan
        faults.append(_faults(measure, each, float(of_groups)))
    return StudyEffects(effects, errors, tuple(ways), tuple(words), tuple(reasons), tuple(faults))


def _rows(measure: Measure, columns: Mapping[str, npt.ArrayLike]) -> list[dict[str, float]]:
    known = known_columns(measure)
    problems = [
        f"There is no column '{name}'.{nearest(name, known)}" for name in columns if name not in known
    ]
    arrays = {name: np.atleast_1d(np.asarray(values, dtype=np.float64)) for name, values in columns.items()}
    if len({array.shape for array in arrays.values()}) > 1 or any(a.ndim > 1 for a in arrays.values()):
        problems.append("All columns have one value for each study.")
    if problems:
        raise MmstatsError(f"{measure.quantity.label} ({measure.name}) cannot be computed:", problems)
    count = len(next(iter(arrays.values()))) if arrays else 0
    return [given({name: float(array[at]) for name, array in arrays.items()}) for at in range(count)]


def _reason(measure: Measure, made: Made, note: str) -> str:
    """Return why a study has no effect."""
    absent = [name for name in measure.columns if name not in made.filled]
    if made.failed:
        return " ".join(text for _, text in made.failed)
    if not set(made.given) - {*SIZES_OF_GROUPS, "direction", "conf_level"}:
        return NOTHING
    return note if not absent else f"not given: {', '.join(absent)}"


def _faults(measure: Measure, made: Made, effect: float) -> tuple[Found, ...]:
    """Return what is wrong with a row; what a conversion says only if nothing else is."""
    row = dict(made.given)
    if "t_value" in row:
        row["statistic"] = row["t_value"]
    found = [
        (tuple("t_value" if name == "statistic" else name for name in columns), text)
        for columns, text in contradictions(measure, row, effect)
    ]
    return tuple(found) or made.failed
