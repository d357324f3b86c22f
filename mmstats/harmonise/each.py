"""Any registered method in each cohort, and its tested estimate pooled."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite, isnan, log

import numpy as np
from scipy import stats

from mmstats.cohort import Cohort
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.harmonise.plan import PooledAnalysis
from mmstats.harmonise.rows import COHORT, LEVEL, TWO_STAGE_PAPERS, term_of
from mmstats.meta.pooling import pool
from mmstats.meta.quantities import EFFECT, EFFECT_RATIO
from mmstats.plan import Analysis
from mmstats.pooled_rows import PooledRows
from mmstats.results import Result
from mmstats.run import compute


def pooled_by_method(
    analysis: PooledAnalysis,
    cohorts: Mapping[str, Cohort],
    left_out: Mapping[str, str],
    labels: Mapping[str, str],
    seed: int,
) -> Result:
    """Return the pooling of what a method estimates in each cohort.

    Parameters
    ----------
    analysis : PooledAnalysis
        With a method.
    cohorts : mapping of str to Cohort
        In the shared variables.
    left_out : mapping of str to str
        Cohorts that are not analysed, and why.
    labels : mapping of str to str
        What is printed for each cohort.
    seed : int
    """
    each = analysis.each
    assert each is not None
    warnings = [f"{labels[name]} is left out: {reason}" for name, reason in left_out.items()]
    found: dict[str, tuple[Estimate, float, float, int]] = {}
    excluded: dict[str, int] = {}
    first: Result | None = None
    for name, cohort in cohorts.items():
        own = compute(replace(each, id=f"{each.id}-{name}"), cohort=cohort, seed=seed)
        warnings += [f"{labels[name]}: {text}" for text in own.warnings]
        for why, n in own.excluded.items():
            excluded[why] = excluded.get(why, 0) + n
        if not own.estimates:
            warnings.append(f"{labels[name]} is left out: {own.reason}")
            continue
        first = first or own
        try:
            found[name] = (own.estimate(), *_with_error(own.estimate()), own.n)
        except NotEstimableError as failed:
            warnings.append(f"{labels[name]} is left out: {failed}")
    plan = Analysis(
        id=analysis.id,
        method="two_stage",
        arguments={"study": COHORT, **each.arguments, "method_of_each": each.method},
        where=analysis.where,
        label=analysis.label,
    )
    result = Result(
        analysis=plan,
        title=f"{first.title if first else each.method} in each cohort, pooled",
        references=tuple(dict.fromkeys((*(first.references if first else ()), *TWO_STAGE_PAPERS))),
        options={
            **(first.options if first else {}),
            "method_of_each": each.method,
            "tau2": analysis.tau2,
            "test": analysis.test,
        },
        n=sum(n for *_, n in found.values()),
        excluded=excluded,
        warnings=tuple(dict.fromkeys(warnings)),
    )
    try:
        rows = _rows(found, analysis)
    except NotEstimableError as failed:
        return replace(result, status="not estimable", reason=" ".join(str(failed).split()))
    tested = next(i for i, e in enumerate(rows) if e.quantity in (EFFECT, EFFECT_RATIO) and not e.term)
    return replace(result, estimates=tuple(rows), tested=tested)


def _rows(
    found: Mapping[str, tuple[Estimate, float, float, int]], analysis: PooledAnalysis
) -> list[Estimate]:
    kinds = {(e.quantity.name, e.term) for e, *_ in found.values()}
    if len(kinds) > 1:
        told = ", ".join(sorted(f"{name} {term}".strip() for name, term in kinds))
        raise NotEstimableError(f"The cohorts do not estimate the same: {told}. Say which is 'tested'.")
    effects = np.array([effect for _, effect, _, _ in found.values()])
    errors = np.array([error for _, _, error, _ in found.values()])
    pooled = pool(effects, errors**2, tau2=analysis.tau2, test=analysis.test)
    ratio = any(e.quantity.ratio for e, *_ in found.values())
    rows = PooledRows(
        pooled,
        [term_of(name) for name in found],
        [n for *_, n in found.values()],
        EFFECT_RATIO if ratio else EFFECT,
        LEVEL,
    )
    return [*rows.each_study(), *rows.whole(), *rows.heterogeneity()]


def _with_error(e: Estimate) -> tuple[float, float]:
    """Return an estimate and its standard error, of the logarithm if it is a ratio.

    Raises
    ------
    NotEstimableError
        If it has neither a standard error nor limits on that scale.
    """
    name = e.quantity.label
    if not e.quantity.ratio:
        if isfinite(e.estimate) and e.std_error > 0:
            return e.estimate, e.std_error
        raise NotEstimableError(f"{name} has no standard error to weight it by.")
    if not (e.estimate > 0 and e.conf_low > 0 and isfinite(e.conf_high)):
        raise NotEstimableError(f"{name} has no finite limits above 0, from which its weight follows.")
    tail = (1 - e.conf_level) / 2
    quantile = float(stats.norm.isf(tail) if isnan(e.df) else stats.t.isf(tail, e.df))
    return log(e.estimate), (log(e.conf_high) - log(e.conf_low)) / (2 * quantile)
