"""The rows of a meta-analysis's forest plot, from top to bottom, as values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import isfinite, isnan, nan
from numbers import Real
from typing import Protocol

import pandas as pd

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.figures.effect_points import values_of_effects
from mmstats.figures.forest_words import NBSP, heterogeneity
from mmstats.figures.judgements import sign
from mmstats.figures.points import points_of
from mmstats.figures.pooling import Pooling, Subgroup, several
from mmstats.pooled_parts import StudyPart, prediction_of
from mmstats.results import Results

FIRST = "Effect 1"  # what one effect of a study is called where it has no name
Key = tuple[str, str]  # of a row: the level of its study, and its name


class Published(Protocol):
    """A pooled result that somebody else published, on the scale that the forest plot shows."""

    @property
    def label(self) -> str:
        """Whose result it is, as printed."""

    @property
    def estimate(self) -> float:
        """The pooled effect."""

    @property
    def conf_low(self) -> float:
        """The lower end of its interval."""

    @property
    def conf_high(self) -> float:
        """The upper end of its interval."""

    @property
    def conf_level(self) -> float:
        """The level of its interval."""

    @property
    def studies(self) -> int:
        """How many studies were pooled; 0 if it is not known."""


@dataclass(frozen=True)
class Row:
    """One row: its name and numbers, and the shape that is drawn.

    Parameters
    ----------
    name : str
    e : Estimate or None
    shape : {"", "square", "diamond", "hollow", "bar"}
    weight : float
        In percent, or NaN.
    cells : tuple of str
        The texts of the columns.
    signs : tuple of (str, str)
        Letters and colour of each judgement.
    below : str
        Words in grey under the name.
    bold, indented : bool
    above : bool
        Whether a line is drawn above it.
    """

    name: str
    e: Estimate | None = None
    shape: str = ""
    weight: float = nan
    cells: tuple[str, ...] = ()
    signs: tuple[tuple[str, str], ...] = ()
    below: str = ""
    bold: bool = False
    indented: bool = False
    above: bool = False


def forest_rows(
    results: Results,
    found: Pooling,
    *,
    columns: Sequence[str] = (),
    risk_of_bias: Sequence[str] = (),
    published: Sequence[Published] = (),
    style: str = "apa",
) -> Iterator[Row]:
    """Yield the rows: studies by subgroup with what was pooled of each, all pooled, and what is published."""
    for row in _rows(results, found, columns, risk_of_bias, published, style):
        yield replace(row, e=fmt.in_percent(row.e)) if row.e is not None else row


def _rows(
    results: Results,
    found: Pooling,
    columns: Sequence[str],
    risk_of_bias: Sequence[str],
    published: Sequence[Published],
    style: str,
) -> Iterator[Row]:
    texts = [_texts(results, found, name) for name in columns]
    signs = [_signs(results, found, name) for name in risk_of_bias]

    def of(study: StudyPart, name: str = "", indented: bool = False) -> Row:
        key = (study.level, study.name)
        return Row(
            name or study.name,
            study.effect,
            "square" if isfinite(study.effect.estimate) else "",
            study.weight,
            tuple(told.get(key, fmt.DASH) for told in texts),
            tuple(told.get(key, ("", "")) for told in signs),
            indented=indented,
        )

    if found.dependent:
        for level, several_of in groupby(found.studies, key=lambda study: study.level):
            own = list(several_of)
            name = labels.level(results, found.variable, level)
            if len(own) == 1:
                yield of(own[0], name if own[0].own == FIRST else "")
                continue
            yield Row(name)
            yield from (of(study, study.own, indented=True) for study in own)
    elif not found.groups:
        yield from map(of, found.studies)
    for place, group in enumerate(found.groups):
        yield Row(group.name, bold=True, above=place > 0)
        yield from (of(study, indented=True) for study in group.studies)
        yield from _pooled_subgroup(found, group, style)
    yield from _pooled(found)
    for place, one in enumerate(published):
        if place == 0:
            yield Row("Published elsewhere", bold=True, above=True)
        other = one.conf_level != found.effect.conf_level
        level = f", {fmt.level(one.conf_level)}{NBSP}CI" if other and isfinite(one.conf_level) else ""
        yield Row(
            f"{one.label}{_count(one.studies)}{level}",
            Estimate(
                quantity=found.quantity,
                estimate=one.estimate,
                conf_low=one.conf_low,
                conf_high=one.conf_high,
                conf_level=one.conf_level,
                n=0,
                note="Its report does not say.",
            ),
            "hollow",
            indented=True,
        )


def _pooled_subgroup(found: Pooling, group: Subgroup, style: str) -> Iterator[Row]:
    effect = group.pooled.get(found.quantity.name)
    if effect is None:
        return
    weights = [study.weight for study in group.studies if not isnan(study.weight)]
    estimable = sum(isfinite(study.effect.estimate) for study in group.studies)
    yield Row(
        f"Pooled{_count(estimable)}",
        effect,
        "diamond" if isfinite(effect.estimate) else "",
        sum(weights) if weights else nan,
        below=heterogeneity(group.pooled, style, short=True),
        indented=True,
        bold=True,
    )
    if (prediction := prediction_of(group.pooled)) is not None:
        yield Row(prediction.quantity.label, prediction, "bar", indented=True)


def _pooled(found: Pooling) -> Iterator[Row]:
    name = "Two-stage" if found.one_stage is not None else "Pooled"
    weights = [study.weight for study in found.studies if not isnan(study.weight)]
    yield Row(
        f"{name}{_count(found.count, found.effects if found.dependent else 0)}",
        found.effect,
        "diamond" if isfinite(found.effect.estimate) else "",
        sum(weights) if weights else nan,
        bold=True,
        above=True,
    )
    if (one := found.one_stage) is not None:
        yield Row("One-stage", one, "diamond" if isfinite(one.estimate) else "", bold=True)
    if (prediction := prediction_of(found.whole)) is not None:
        yield Row(prediction.quantity.label, prediction, "bar")


def _count(studies: int, effects: int = 0) -> str:
    told = several(studies, effects).replace(" ", NBSP).replace(f",{NBSP}", ", ")
    return f" ({told})" if studies else ""


def _values(results: Results, found: Pooling, name: str) -> dict[Key, list[object]]:
    """Return the different values of a variable in each study, or of each of its effects."""
    if found.dependent:
        return {key: [value] for key, value in values_of_effects(results, found, name).items()}
    points = points_of(results, found.result, [found.variable, name])
    names = {study.level: study.name for study in found.studies}
    return {
        (str(level), names.get(str(level), "")): list(pd.unique(own[name]))
        for level, own in points.groupby(found.variable, observed=True, sort=False)
    }


def _texts(results: Results, found: Pooling, name: str) -> dict[Key, str]:
    values = _values(results, found, name)
    shown = fmt.column(float(v) for own in values.values() for v in own if isinstance(v, Real))

    def told(own: list[object]) -> str:
        if len(own) != 1:
            return "varies"
        value = own[0]
        return shown(float(value)) if isinstance(value, Real) else labels.level(results, name, str(value))

    return {level: told(own) for level, own in values.items()}


def _signs(results: Results, found: Pooling, name: str) -> dict[Key, tuple[str, str]]:
    known = results.variables[name].levels if name in results.variables else {}
    return {
        level: sign(str(own[0]), known.get(str(own[0]), ""), list(known))
        for level, own in _values(results, found, name).items()
        if len(own) == 1
    }
