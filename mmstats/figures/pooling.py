"""What figures read of a meta-analysis: its studies, its subgroups, and what was pooled."""

from dataclasses import dataclass
from math import isnan, nan

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate, Quantity
from mmstats.figures.points import points_of
from mmstats.results import Result, Results

WEIGHT = "study_weight"
ONE_STAGE = "one-stage"


@dataclass(frozen=True)
class Study:
    """One study of a pooling: its level and printed name, its effect, its weight in percent or NaN."""

    level: str
    name: str
    effect: Estimate
    weight: float


@dataclass(frozen=True)
class Subgroup:
    """One subgroup: its printed name, its studies, and what was pooled of them, by quantity."""

    name: str
    studies: tuple[Study, ...]
    pooled: dict[str, Estimate]


@dataclass(frozen=True)
class Pooling:
    """A meta-analysis as figures read it.

    Parameters
    ----------
    result : Result
    variable : str
        The variable whose levels are the studies.
    studies : tuple of Study
    pooled : dict of str to Estimate
        What is of all studies, by quantity.
    quantity : Quantity
        Of the effects.
    one_stage : Estimate or None
        The effect pooled in one stage, beside that of two.
    subgroups : tuple of Subgroup
        Empty without a subgroup variable.
    """

    result: Result
    variable: str
    studies: tuple[Study, ...]
    pooled: dict[str, Estimate]
    quantity: Quantity
    one_stage: Estimate | None
    subgroups: tuple[Subgroup, ...]

    @property
    def effect(self) -> Estimate:
        """The pooled effect."""
        return self.pooled[self.quantity.name]

    @property
    def weighted(self) -> bool:
        """Whether the studies' weights are known."""
        return any(not isnan(study.weight) for study in self.studies)


def pooling(results: Results, analysis: str) -> Pooling:
    """Return what an analysis pooled.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis pooled nothing.
    """
    result = results[analysis]
    variable = study_variable(result)
    own: dict[str, dict[str, Estimate]] = {}
    whole: dict[str, Estimate] = {}
    one_stage: dict[str, Estimate] = {}
    others: dict[str, dict[str, dict[str, Estimate]]] = {}
    for e in result.estimates:
        name, level = split(e.term)
        if not e.term:
            whole.setdefault(e.quantity.name, e)
        elif e.term == ONE_STAGE:
            one_stage[e.quantity.name] = e
        elif level and name == variable:
            own.setdefault(e.quantity.name, {})[level] = e
        elif level:
            others.setdefault(name, {}).setdefault(level, {})[e.quantity.name] = e
    effects = next((name for name in own if name in whole and name != WEIGHT), "")
    if not effects:
        why = f" It is {result.status}: {result.reason}" if result.reason else ""
        raise ReportError(f"Analysis {analysis!r} pooled no studies, so there is nothing to draw.{why}")
    weights = own.get(WEIGHT, {})
    studies = tuple(
        Study(
            level,
            labels.level(results, variable, level),
            e,
            weights[level].estimate if level in weights else nan,
        )
        for level, e in own[effects].items()
    )
    groups = next((name for name in others if any(effects in found for found in others[name].values())), "")
    return Pooling(
        result=result,
        variable=variable,
        studies=studies,
        pooled=whole,
        quantity=studies[0].effect.quantity,
        one_stage=one_stage.get(effects),
        subgroups=_subgroups(results, result, (variable, groups), studies, others[groups]) if groups else (),
    )


def has_pooled(result: Result) -> bool:
    """Return whether an analysis has effects of studies, and what was pooled of them."""
    variable = study_variable(result)
    own = {e.quantity.name for e in result.estimates if variable and split(e.term)[0] == variable != e.term}
    return any(not e.term and e.quantity.name in own - {WEIGHT} for e in result.estimates)


def axis_name(results: Results, found: Pooling, quantity: Quantity) -> str:
    """Return the name of an axis of effects: that of their variable, where the quantity says less."""
    role = found.result.roles.get("effect")
    if quantity.name == "effect" and isinstance(role, str):
        return labels.with_unit(results, role)
    return quantity.label


def called(results: Results, result: Result) -> str:
    """Return what a meta-analysis is called: its own label, or that of its effects, or its method's title."""
    role = result.roles.get("effect")
    effect = labels.label(results, role) if isinstance(role, str) else ""
    return result.analysis.label or effect or result.title or result.analysis.id


def several(studies: int) -> str:
    """Return how many studies there are: ``1 study``, ``13 studies``."""
    return f"{fmt.count(studies)} {'study' if studies == 1 else 'studies'}"


def study_variable(result: Result) -> str:
    """Return the variable whose levels are the studies."""
    role = result.roles.get("study")
    if isinstance(role, str):
        return role
    return next((split(e.term)[0] for e in result.estimates if e.quantity.name == WEIGHT), "")


def split(term: str) -> tuple[str, str]:
    """Return the variable and the level that a term names; without brackets, no level.

    Examples
    --------
    >>> split("trial[rossi2010]"), split("one-stage")
    (('trial', 'rossi2010'), ('one-stage', ''))
    """
    name, bracket, level = term.partition("[")
    return (name, level[:-1]) if bracket and level.endswith("]") else (term, "")


def prediction_of(found: dict[str, Estimate]) -> Estimate | None:
    """Return where the true effect of a new study lies, if that is known."""
    for name, e in found.items():
        if name.startswith("prediction") and not isnan(e.conf_low) and not isnan(e.conf_high):
            return e
    return None


def _subgroups(
    results: Results,
    result: Result,
    names: tuple[str, str],
    studies: tuple[Study, ...],
    pooled: dict[str, dict[str, Estimate]],
) -> tuple[Subgroup, ...]:
    study, group = names
    points = points_of(results, result, [study, group])
    where = dict(zip(points[study].astype(str), points[group].astype(str), strict=True))
    made = [
        Subgroup(
            labels.level(results, group, level),
            tuple(one for one in studies if where.get(one.level) == level),
            found,
        )
        for level, found in pooled.items()
    ]
    rest = tuple(one for one in studies if where.get(one.level) not in pooled)
    return (*made, Subgroup("Not in a subgroup", rest, {})) if rest else tuple(made)
