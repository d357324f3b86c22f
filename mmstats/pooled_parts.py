"""What tables, figures and reports read of a meta-analysis: studies, subgroups, and what was pooled."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, isnan, nan

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.results import Result, Results

WEIGHT = "study_weight"
ONE_STAGE = "one-stage"
NUMBER = "effect"  # tells effects of a study apart that have no name
_BETWEEN = re.compile(r"(?<=\]):(?=[^\W\d]\w*\[.*\]$)", re.DOTALL)
PREDICTIONS = ("prediction", "prediction_ratio", "prediction_proportion", "prediction_incidence_rate")


@dataclass(frozen=True)
class StudyPart:
    """One effect of a pooling: mostly all that a study has.

    Parameters
    ----------
    level, name : str
        Of the study, the latter as printed, with that of the effect where studies have several.
    effect : Estimate
    weight : float
        In percent, or NaN.
    own : str
        The printed name of the effect within its study, where studies may have several.
    within : mapping of str to str
        The levels of other variables that tell it from others of its study.
    """

    level: str
    name: str
    effect: Estimate
    weight: float
    own: str = ""
    within: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SubgroupPart:
    """One subgroup: its variable, level and printed name, and what was pooled of it, by quantity."""

    variable: str
    level: str
    name: str
    pooled: dict[str, Estimate]


@dataclass(frozen=True)
class PooledParts:
    """A meta-analysis as its rows tell of it.

    Parameters
    ----------
    result : Result
    variable : str
        The variable whose levels are the studies.
    studies : tuple of StudyPart
    whole : dict of str to Estimate
        What is of all studies, by quantity.
    effect : Estimate
        The pooled effect.
    subgroups : tuple of SubgroupPart
    one_stage : Estimate or None
        The effect pooled in one stage, beside that of two.
    """

    result: Result
    variable: str
    studies: tuple[StudyPart, ...]
    whole: dict[str, Estimate]
    effect: Estimate
    subgroups: tuple[SubgroupPart, ...]
    one_stage: Estimate | None

    @property
    def count(self) -> int:
        """How many studies there are."""
        return len({one.level for one in self.studies if isfinite(one.effect.estimate)})

    @property
    def effects(self) -> int:
        """How many effects there are: more than studies where these have several."""
        return sum(isfinite(one.effect.estimate) for one in self.studies)

    @property
    def dependent(self) -> bool:
        """Whether studies may have several effects."""
        return any(one.own for one in self.studies)

    @property
    def decimals(self) -> int | None:
        """Of all that is printed together: the pooled effect's; None of ratios, which have their own."""
        return None if self.effect.quantity.ratio else fmt.estimate_decimals(self.effect)

    @property
    def participants(self) -> int:
        """How many participants the studies have together; 0 if that of any of them is not known."""
        sizes = [one.effect.n for one in self.studies if isfinite(one.effect.estimate)]
        return sum(sizes) if all(sizes) else 0

    @property
    def prediction(self) -> Estimate | None:
        """Where the true effect of a new study lies, if that is known."""
        return prediction_of(self.whole)

    @property
    def weighted(self) -> bool:
        """Whether the studies' weights are known."""
        return any(not isnan(study.weight) for study in self.studies)


def prediction_of(pooled: Mapping[str, Estimate]) -> Estimate | None:
    """Return where the true effect of a new study lies, if that is known."""
    for name in PREDICTIONS:
        e = pooled.get(name)
        if e is not None and not (isnan(e.conf_low) or isnan(e.conf_high)):
            return e
    return None


def split(term: str) -> tuple[str, str]:
    """Return the variable and the level that a term names first; without brackets, no level.

    Examples
    --------
    >>> split("trial[rossi2010]"), split("trial[rossi2010]:arm[high]"), split("one-stage")
    (('trial', 'rossi2010'), ('trial', 'rossi2010'), ('one-stage', ''))
    """
    name, bracket, level = _BETWEEN.split(term)[0].partition("[")
    return (name, level[:-1]) if bracket and level.endswith("]") else (term, "")


def study_variable(result: Result) -> str:
    """Return the variable whose levels are the studies of an analysis, or nothing."""
    role = result.roles.get("study")
    if isinstance(role, str):
        return role
    return next((split(e.term)[0] for e in result.estimates if e.quantity.name == WEIGHT), "")


def is_pooling(result: Result) -> bool:
    """Return whether an analysis has effects of studies, and one of them all."""
    return bool(_effects(result, study_variable(result)))


def is_of_studies(result: Result) -> bool:
    """Return whether an analysis is of studies: a pooling, or anything else that is told their names."""
    return bool(study_variable(result))


def pooled_parts(results: Results, analysis: str) -> PooledParts:
    """Return what an analysis pooled.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis pooled nothing.
    """
    result = results[analysis]
    variable = study_variable(result)
    effects = _effects(result, variable)
    if not effects:
        why = f" It is {result.status}: {result.reason}" if result.reason else ""
        raise ReportError(f"Analysis {analysis!r} pooled no studies.{why}")
    own: dict[str, dict[str, Estimate]] = {}  # by quantity and term
    whole: dict[str, Estimate] = {}
    others: dict[tuple[str, str], dict[str, Estimate]] = {}
    one_stage = None
    for e in result.estimates:
        name, level = split(e.term)
        if not e.term:
            whole.setdefault(e.quantity.name, e)
        elif e.term == ONE_STAGE and e.quantity.name == effects:
            one_stage = e
        elif level and name == variable:
            own.setdefault(e.quantity.name, {})[e.term] = e
        elif level:
            others.setdefault((name, level), {})[e.quantity.name] = e
    weights = own.get(WEIGHT, {})
    studies = tuple(_parts(results, variable, own[effects], weights))
    groups = tuple(
        SubgroupPart(name, level, labels.level(results, name, level), found)
        for (name, level), found in others.items()
        if effects in found
    )
    return PooledParts(result, variable, studies, whole, whole[effects], groups, one_stage)


def _parts(
    results: Results, variable: str, effects: Mapping[str, Estimate], weights: Mapping[str, Estimate]
) -> Iterator[StudyPart]:
    """Yield the effects, each with its name within its study, or its number there, where it is not alone."""
    count: dict[str, int] = {}
    for term, e in effects.items():
        level = split(term)[1]
        name = labels.level(results, variable, level)
        weight = weights[term].estimate if term in weights else nan
        within = dict(map(split, _BETWEEN.split(term)[1:]))
        if not within:
            yield StudyPart(level, name, e, weight)
            continue
        count[level] = count.get(level, 0) + 1
        known = {one: at for one, at in within.items() if one in results.variables and one != NUMBER}
        told = [_told(results, *pair) for pair in known.items()]
        own = ", ".join(told if told and NUMBER not in within else [*told, f"effect {count[level]}"])
        yield StudyPart(level, f"{name}, {own}", e, weight, own[:1].upper() + own[1:], known)


def _told(results: Results, variable: str, level: str) -> str:
    known = results.variables[variable].levels.get(level)
    return known or f"{labels.label(results, variable)} {level}"


def _effects(result: Result, variable: str) -> str:
    """Return the quantity that studies have, and all of them together."""
    of_studies = {e.quantity.name for e in result.estimates if variable and _is_of(e.term, variable)}
    of_all = {e.quantity.name for e in result.estimates if not e.term}
    return next(
        (e.quantity.name for e in result.estimates if e.quantity.name in (of_studies & of_all) - {WEIGHT}), ""
    )


def _is_of(term: str, variable: str) -> bool:
    name, level = split(term)
    return name == variable and bool(level)


def study_values(results: Results, names: Sequence[str]) -> dict[str, dict[str, list[object]]]:
    """Return the values that each study of a review has in some variables, by its level; each value once.

    Raises
    ------
    ReportError
        If the results have no review, or do not hold its variables.
    """
    if results.review is None:
        raise ReportError("These results have no review: its plan has no [review].")
    study = results.review.study
    lacking = [name for name in (study, *names) if name not in results.points]
    if lacking:
        raise ReportError(f"The saved results do not hold {', '.join(lacking)}: run the study again.")
    found: dict[str, dict[str, list[object]]] = {}
    for level, rows in results.points.groupby(study, observed=True, sort=False):
        found[str(level)] = {name: list(dict.fromkeys(rows[name].dropna())) for name in names}
    order = [level for level in labels.levels(results, study) if level in found]
    return {level: found[level] for level in order}


def cited_studies(results: Results) -> dict[str, str]:
    """Return the BibTeX key of each study, by its printed name, as far as they are known."""
    review = results.review
    if review is None or not review.citation:
        return {}
    return {
        labels.level(results, review.study, level): str(values[review.citation][0])
        for level, values in study_values(results, [review.citation]).items()
        if values[review.citation]
    }
