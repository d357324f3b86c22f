"""What figures add to the parts of a meta-analysis: the studies of each subgroup, and names."""

from dataclasses import dataclass

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate, Quantity
from mmstats.figures.points import points_of
from mmstats.pooled_parts import PooledParts, StudyPart, pooled_parts
from mmstats.results import Result, Results


@dataclass(frozen=True)
class Subgroup:
    """One subgroup: its printed name, its studies, and what was pooled of them, by quantity."""

    name: str
    studies: tuple[StudyPart, ...]
    pooled: dict[str, Estimate]


@dataclass(frozen=True)
class Pooling(PooledParts):
    """A meta-analysis as figures read it: with the studies of each subgroup; none without subgroups."""

    groups: tuple[Subgroup, ...]

    @property
    def quantity(self) -> Quantity:
        """Of the effects."""
        return self.effect.quantity


def pooling(results: Results, analysis: str) -> Pooling:
    """Return what an analysis pooled.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis pooled nothing.
    """
    parts = pooled_parts(results, analysis)
    return Pooling(**vars(parts), groups=_subgroups(results, parts) if parts.subgroups else ())


def axis_name(results: Results, found: Pooling, quantity: Quantity) -> str:
    """Return the name of an axis of effects: that of their variable, where the quantity says less."""
    role = found.result.roles.get("effect")
    if quantity.name == "percentage":
        return f"{quantity.label} (%)"
    if quantity.name != "effect":
        return quantity.label
    role = found.result.outcome if "formula" in found.result.roles else role
    if isinstance(role, str):
        return labels.with_unit(results, role)
    return found.result.analysis.label or quantity.label


def called(results: Results, result: Result) -> str:
    """Return what a meta-analysis is called: its own label, or that of its effects, or its method's title."""
    role = result.roles.get("effect")
    effect = labels.label(results, role) if isinstance(role, str) else ""
    return result.analysis.label or effect or result.title or result.analysis.id


def several(studies: int, effects: int = 0) -> str:
    """Return how many studies there are: ``1 study``, ``13 studies``; and how many effects, if told."""
    found = f"{fmt.count(studies)} {'study' if studies == 1 else 'studies'}"
    return f"{found}, {fmt.count(effects)} effects" if effects else found


def _subgroups(results: Results, parts: PooledParts) -> tuple[Subgroup, ...]:
    study, group = parts.variable, parts.subgroups[0].variable
    points = points_of(results, parts.result, [study, group])
    where = dict(zip(points[study].astype(str), points[group].astype(str), strict=True))
    made = [
        Subgroup(one.name, tuple(s for s in parts.studies if where.get(s.level) == one.level), one.pooled)
        for one in parts.subgroups
    ]
    known = {one.level for one in parts.subgroups}
    rest = tuple(s for s in parts.studies if where.get(s.level) not in known)
    return (*made, Subgroup("Not in a subgroup", rest, {})) if rest else tuple(made)
