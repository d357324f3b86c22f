"""What tables, figures and reports read of a meta-analysis: studies, subgroups, and what was pooled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan

from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.results import Result, Results

WEIGHT = "study_weight"
ONE_STAGE = "one-stage"
PREDICTIONS = ("prediction", "prediction_ratio", "prediction_proportion", "prediction_incidence_rate")


@dataclass(frozen=True)
class StudyPart:
    """One study of a pooling: its level and printed name, its effect, its weight in percent or NaN."""

    level: str
    name: str
    effect: Estimate
    weight: float


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
        return sum(isfinite(one.effect.estimate) for one in self.studies)

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
    """Return the variable and the level that a term names; without brackets, no level.

    Examples
    --------
    >>> split("trial[rossi2010]"), split("one-stage")
    (('trial', 'rossi2010'), ('one-stage', ''))
    """
    name, bracket, level = term.partition("[")
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
    own: dict[str, dict[str, Estimate]] = {}
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
            own.setdefault(e.quantity.name, {})[level] = e
        elif level:
            others.setdefault((name, level), {})[e.quantity.name] = e
    weights = own.get(WEIGHT, {})
    studies = tuple(
        StudyPart(
            level,
            labels.level(results, variable, level),
            e,
            weights[level].estimate if level in weights else nan,
        )
        for level, e in own[effects].items()
    )
    groups = tuple(
        SubgroupPart(name, level, labels.level(results, name, level), found)
        for (name, level), found in others.items()
        if effects in found
    )
    return PooledParts(result, variable, studies, whole, whole[effects], groups, one_stage)


def _effects(result: Result, variable: str) -> str:
    """Return the quantity that studies have, and all of them together."""
    of_studies = {
        e.quantity.name for e in result.estimates if variable and split(e.term)[0] == variable != e.term
    }
    of_all = {e.quantity.name for e in result.estimates if not e.term}
    return next(
        (e.quantity.name for e in result.estimates if e.quantity.name in (of_studies & of_all) - {WEIGHT}), ""
    )


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
