"""Variables made from the material of studies: their effects, standard errors, and how these were had."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mmstats.effect_section import DIRECTIONS
from mmstats.errors import unknown
from mmstats.kind import Kind
from mmstats.meta.measures import Measure, measure
from mmstats.meta.printed.effects import StudyEffects, effects_of_studies
from mmstats.meta.printed.recipe import WAYS
from mmstats.plan import EffectPlan
from mmstats.variable import Variable


@dataclass(frozen=True)
class WithEffects:
    """A table with the variables of an effect.

    Parameters
    ----------
    frame, reasons : DataFrame
    notes : tuple of str
        How the effect of each study was had, where its measure's own numbers were not printed, and why a
        study has none.
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    notes: tuple[str, ...]


def effect_names(made: EffectPlan) -> tuple[str, str, str]:
    """Return the names of the effect, its standard error, and how it was had."""
    return made.name, f"{made.name}_se", f"{made.name}_from"


def effect_variables(made: EffectPlan) -> dict[str, Variable]:
    """Return what the variables of an effect are."""
    label = made.label or (_label(measure(made.measure)) if made.measure else made.name)
    effect, error, source = effect_names(made)
    return {
        effect: Variable(name=effect, kind=Kind.CONTINUOUS, label=label),
        error: Variable(name=error, kind=Kind.CONTINUOUS, label=f"{label}: standard error"),
        source: Variable(name=source, kind=Kind.NOMINAL, label=f"{label}: made from", levels=WAYS),
    }


def _label(chosen: Measure) -> str:
    label = chosen.quantity.label
    by_logarithm = chosen.scale.name == "log" and "logarithm" not in label
    return f"{label} (logarithm)" if by_logarithm else label


def computed_effects(made: EffectPlan, frame: pd.DataFrame) -> StudyEffects:
    """Return the effects of a table's rows."""
    columns = {name: _values(name, value, frame) for name, value in made.columns.items()}
    return effects_of_studies(measure(made.measure), columns, **made.options)


def with_effects(
    made: EffectPlan, frame: pd.DataFrame, reasons: pd.DataFrame, variables: Mapping[str, Variable]
) -> WithEffects:
    """Return values, and why they are missing, with the variables of an effect."""
    found = computed_effects(made, frame)
    effect, error, source = effect_names(made)
    ways = pd.Categorical([way or None for way in found.ways], categories=list(WAYS))
    values: dict[str, pd.Series] = {
        effect: pd.Series(found.effects, index=frame.index),
        error: pd.Series(found.std_errors, index=frame.index),
        source: pd.Series(ways, index=frame.index),
    }
    why = pd.Series(found.reasons, index=frame.index, dtype=object)
    label = effect_variables(made)[effect].label
    studies = numbered(study_names(made, frame, variables))
    notes = [
        f"{label}: {name} is {value:g} in every study, by the plan"
        for name, value in made.columns.items()
        if not isinstance(value, str)
    ]
    notes += [
        f"{label}, {study}: {words or 'none (' + reason.removesuffix('.') + ')'}"
        for study, words, reason in zip(studies, found.words, found.reasons, strict=True)
        if words or reason
    ]
    return WithEffects(frame.assign(**values), reasons.assign(**dict.fromkeys(values, why)), tuple(notes))


def study_names(made: EffectPlan, frame: pd.DataFrame, variables: Mapping[str, Variable]) -> list[str]:
    """Return the name of each row's study, by its label where it is known; empty where there is none."""
    labels = variables[made.study].levels if made.study in variables else {}
    names = ["" if pd.isna(name) else str(name) for name in frame[made.study]]
    return [labels.get(name, name) for name in names]


def numbered(studies: Sequence[str]) -> list[str]:
    """Return the names of rows, told apart where a study has several.

    Examples
    --------
    >>> numbered(["Rossi 2010", "Weber 2012", "Rossi 2010"])
    ['Rossi 2010 (1 of 2)', 'Weber 2012', 'Rossi 2010 (2 of 2)']
    """
    rows, seen = Counter(studies), Counter[str]()
    names = []
    for name in studies:
        seen[name] += 1
        names.append(f"{name} ({seen[name]} of {rows[name]})" if rows[name] > 1 else name)
    return names


def _values(name: str, value: str | float, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return one column of the material: a variable's numbers, or the same number for all."""
    if name == "direction":
        if value in DIRECTIONS:
            return np.full(len(frame), DIRECTIONS[str(value)])
        return np.array([DIRECTIONS.get(word, np.nan) for word in frame[str(value)].astype(object)])
    if isinstance(value, str):
        return frame[value].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.full(len(frame), float(value))


def declare_effect(
    made: EffectPlan, variables: dict[str, Variable], problems: list[str], *, complete: bool = True
) -> None:
    """Add what the variables of an effect will be to `variables`; what is wrong goes to `problems`.

    Parameters
    ----------
    made : EffectPlan
    variables : dict of str to Variable
        Those it can be made from.
    problems : list of str
    complete : bool
        Whether `variables` has all that there will be; otherwise the names it uses are not checked.
    """
    where = f"In [effects.{made.name}]"
    for name in effect_names(made):
        if name in variables:
            problems.append(f"{where}: there is a variable {name!r} already; choose another name.")
    if complete:
        problems += [f"{where}: {text}" for text in _problems(made, variables)]
    for name, variable in effect_variables(made).items():
        variables.setdefault(name, variable)


def _problems(made: EffectPlan, variables: Mapping[str, Variable]) -> list[str]:
    found = []
    if made.study not in variables:
        found.append(
            f"{unknown(made.study, variables, what='variable')} 'study' is the variable with the studies' "
            "names: one with levels, beside the key, since results hold no identifiers."
        )
    elif variables[made.study].kind not in Kind.CATEGORICAL:
        found.append(
            "the variable that names studies has levels, since results hold no identifiers, but "
            f"{made.study!r} is {variables[made.study].kind}. Give the dictionary a nominal column of "
            "their names."
        )
    for name, value in made.columns.items():
        if name == "direction":
            found += _direction_problems(value, variables)
        elif isinstance(value, str) and value not in variables:
            found.append(f"{name}: {unknown(value, variables, what='variable')}")
        elif isinstance(value, str) and not variables[value].is_number:
            found.append(f"{name} takes a number, but {value!r} is {variables[value].kind}.")
    return found


def _direction_problems(value: str | float, variables: Mapping[str, Variable]) -> list[str]:
    if value in DIRECTIONS:
        return []
    words = "direction is 'positive', 'negative', or a variable with these levels"
    if value not in variables:
        return [f"{words}; it has {value!r}."]
    levels = set(variables[str(value)].levels)
    return [] if levels and levels <= set(DIRECTIONS) else [f"{words}; {value!r} has others."]
