"""Rows of results of a coefficient that is pooled in two stages and in one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import Any

import numpy as np
from scipy import stats

from mmstats.effects.coefficient import COEFFICIENT, RESIDUAL_SD
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.harmonise.columns import Model
from mmstats.harmonise.plan import PooledAnalysis
from mmstats.meta.one_stage import OneStage, one_stage
from mmstats.meta.one_stage_likelihood import projected
from mmstats.meta.quantities import EFFECT, TAU
from mmstats.meta.sufficient import Statistics, split_interaction
from mmstats.meta.two_stage import TwoStage, side_by_side, two_stage
from mmstats.mixed.quantities import RANDOM_SD
from mmstats.plan import Analysis
from mmstats.pooled_rows import PooledRows
from mmstats.results import Result

COHORT = "cohort"
ONE_STAGE = "one-stage"
LEVEL = 0.95
TWO_STAGE_PAPERS = (
    "riley2010",
    "burke2017",
    "viechtbauer2005",
    "hartung2001",
    "knapp2003",
    "viechtbauer2007",
)
ONE_STAGE_PAPERS = ("debray2015", "burke2017", "riley2020", "kenward1997")


@dataclass(frozen=True)
class Together:
    """What is known of the cohorts of one analysis.

    Parameters
    ----------
    statistics : dict of str to Statistics
        In the order of the plan.
    left_out : dict of str to str
        Cohorts that are not in it, and why.
    excluded : dict of str to int
        Participants left out, by reason, where rows are at hand.
    labels : mapping of str to str
        What is printed for each cohort.
    """

    statistics: dict[str, Statistics]
    left_out: dict[str, str]
    excluded: dict[str, int]
    labels: Mapping[str, str]


def term_of(cohort: str) -> str:
    """Return the term of a cohort's rows.

    Examples
    --------
    >>> term_of("lyon")
    'cohort[lyon]'
    """
    return f"{COHORT}[{cohort}]"


def results_of(analysis: PooledAnalysis, model: Model, known: Together) -> tuple[Result, ...]:
    """Return a coefficient pooled in two stages, with one stage beside it, and the one-stage model."""
    parts, n = known.statistics, sum(part.count for part in known.statistics.values())
    warnings = [f"{known.labels[name]} is left out: {reason}" for name, reason in known.left_out.items()]
    plan = Analysis(
        id=analysis.id,
        method="two_stage",
        arguments={"study": COHORT, "formula": analysis.formula, "term": analysis.term},
        where=analysis.where,
        label=analysis.label,
    )
    result = Result(
        analysis=plan,
        title="Coefficient of cohorts, pooled in two stages and in one",
        references=tuple(dict.fromkeys((*TWO_STAGE_PAPERS, *ONE_STAGE_PAPERS))),
        options={"tau2": analysis.tau2, "test": analysis.test, "level": LEVEL, **_model(analysis)},
        n=n,
        excluded=known.excluded,
    )
    two = one = None
    reasons = []
    try:
        two = two_stage(
            parts, common=(model.term,), own=_others(model), tau2=analysis.tau2, test=analysis.test
        )
        warnings += [f"{known.labels[name]}, in two stages: {why}" for name, why in two.left_out.items()]
    except NotEstimableError as failed:
        reasons.append(f"In two stages: {failed}")
    able, unable = determined(model, parts)
    warnings += [f"{known.labels[name]}, in one stage: {why}" for name, why in unable.items()]
    try:
        if not able:
            raise NotEstimableError("There is no cohort.")
        one = fitted(analysis, model, able)
    except NotEstimableError as failed:
        reasons.append(f"In one stage: {failed}")
    if two is None and one is None:
        reason = " ".join(" ".join(reasons).split())
        return (replace(result, warnings=tuple(warnings), status="not estimable", reason=reason),)
    in_one = sum(part.count for part in able.values())
    analysed = {*(two.cohorts if two else ()), *(able if one else ())}
    result = replace(result, n=sum(parts[name].count for name in analysed))
    rows = [*(_pooled(two, parts, model) if two else ()), *(_beside(one, two, model, in_one) if one else ())]
    wanted = "" if two else ONE_STAGE
    tested = next(i for i, e in enumerate(rows) if e.quantity == EFFECT and e.term == wanted)
    first = replace(result, estimates=tuple(rows), tested=tested, warnings=(*warnings, *reasons))
    return (first,) if one is None else (first, _whole(one, replace(first, n=in_one)))


def determined(model: Model, parts: Mapping[str, Statistics]) -> tuple[dict[str, Statistics], dict[str, str]]:
    """Return the cohorts that one stage can take, and why it cannot take the others.

    A cohort of too few, or of women alone in a model with sex, does not determine its own coefficients. One
    in which all have the same value of the pooled column does.
    """
    able: dict[str, Statistics] = {}
    unable: dict[str, str] = {}
    for name, part in parts.items():
        needed = len(model.names)
        if part.count <= needed:
            unable[name] = f"{needed} coefficients need more than {needed} rows; there are {part.count}."
            continue
        try:
            projected({name: part}, own=model.own, common=(model.term,), random=())
        except NotEstimableError as failed:
            unable[name] = " ".join(failed.problems)
        else:
            able[name] = part
    return able, unable


def fitted(analysis: PooledAnalysis, model: Model, parts: Mapping[str, Statistics]) -> OneStage:
    """Return the one-stage model: intercepts and adjusters by cohort, the pooled term common."""
    if not model.moderator:
        random = (model.term,) if analysis.random else ()
        return one_stage(parts, common=(model.term,), own=model.own, random=random)
    split = split_interaction(
        list(parts.values()), column=model.main, moderator=model.moderator, across=model.across
    )
    random = (model.main,) if analysis.random else ()
    common = (model.main, model.term, model.across)
    return one_stage(dict(zip(parts, split, strict=True)), common=common, own=model.own, random=random)


def _model(analysis: PooledAnalysis) -> dict[str, Any]:
    return {"random": analysis.random, **({"within": analysis.within} if analysis.within else {})}


def _others(model: Model) -> tuple[str, ...]:
    return tuple(name for name in model.names[:-1] if name != model.term)


def _pooled(two: TwoStage, parts: Mapping[str, Statistics], model: Model) -> Iterator[Estimate]:
    sizes = [parts[cohort].count for cohort in two.cohorts]
    rows = PooledRows(two.of(model.term), [term_of(c) for c in two.cohorts], sizes, EFFECT, LEVEL)
    yield from rows.each_study()
    yield from rows.whole()
    yield from rows.heterogeneity()


def _beside(one: OneStage, two: TwoStage | None, model: Model, n: int) -> Iterator[Estimate]:
    """Yield the one-stage estimate of the same coefficient, with the reasons why it is another number."""
    rows = side_by_side(one, two, level=LEVEL) if two else ()
    reasons = next((row.reasons for row in rows if row.name == model.term), ())
    yield _row(one, model.term, EFFECT, ONE_STAGE, n, " ".join(reasons))
    if model.term in one.random:
        at = one.random.index(model.term)
        spread = float(np.sqrt(one.random_covariance[at, at]))
        yield Estimate(quantity=TAU, term=ONE_STAGE, estimate=spread, n=len(one.cohorts))


def _row(one: OneStage, name: str, quantity: Quantity, term: str, n: int, note: str = "") -> Estimate:
    value, error, df, low, high = one.row(name, level=LEVEL)
    statistic = value / error
    return Estimate(
        quantity=quantity,
        term=term,
        estimate=value,
        std_error=error,
        conf_low=low,
        conf_high=high,
        conf_level=LEVEL,
        interval="kenward-roger",
        statistic=statistic,
        df=df if isfinite(df) else nan,
        p_value=float(2 * stats.t.sf(abs(statistic), df)),
        n=n,
        note=note,
    )


def _whole(one: OneStage, first: Result) -> Result:
    """Return the one-stage model as a result of its own: all common coefficients, and the spreads."""
    rows = [_row(one, name, COEFFICIENT, name, first.n) for name in one.names]
    spread = np.sqrt(np.diag(one.random_covariance)) if one.random else ()
    rows += [
        Estimate(quantity=RANDOM_SD, term=f"{name} | {COHORT}", estimate=float(sd), n=len(one.cohorts))
        for name, sd in zip(one.random, spread, strict=True)
    ]
    counts = one.data.counts
    rows += [
        Estimate(quantity=RESIDUAL_SD, term=term_of(cohort), estimate=float(sd), n=int(count))
        for cohort, sd, count in zip(one.cohorts, one.residual_sds, counts, strict=True)
    ]
    plan = replace(
        first.analysis,
        id=f"{first.analysis.id}.{ONE_STAGE}",
        method="one_stage",
        label=f"{first.analysis.label or first.analysis.id}: one-stage model",
    )
    names = " and ".join(one.random)
    told = (f"The standard deviation of {names} between cohorts is estimated as 0.",) if one.singular else ()
    return replace(
        first,
        analysis=plan,
        title="Linear mixed model of the participants of all cohorts",
        references=ONE_STAGE_PAPERS,
        options={key: first.options[key] for key in ("level", "random", "within") if key in first.options},
        estimates=tuple(rows),
        tested=-1,
        warnings=told,
    )
