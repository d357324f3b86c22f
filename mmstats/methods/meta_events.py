"""Meta-analysis of events in two groups."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import numpy as np

from mmstats.counted_studies import CountedStudies
from mmstats.effects.odds_ratio import ODDS_RATIO
from mmstats.effects.risk_difference import RISK_DIFFERENCE
from mmstats.effects.risk_ratio import RISK_RATIO
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.event_rows import about, average, each_study, homogeneity_row, silent
from mmstats.kind import Categorical, Numeric
from mmstats.meta.measures import effect_sizes
from mmstats.meta.quantities import BRESLOW_DAY, COCHRAN_Q, TARONE
from mmstats.meta.rare import mantel_haenszel
from mmstats.meta.rare.common import Common
from mmstats.meta.rare.homogeneity import breslow_day, tarone
from mmstats.meta.rare.peto import peto, peto_heterogeneity
from mmstats.meta.rare.pooled import CountsPooled, Test
from mmstats.meta.rare.tables import Tables, tables
from mmstats.meta.rare.two_groups import Model as CountModel
from mmstats.meta.rare.two_groups import pool_odds_ratios
from mmstats.meta.rare.weights import peto_weights, table_weights
from mmstats.meta.weighted import BoolArray, FloatArray
from mmstats.registry import Level, method

Measure = Literal["odds_ratio", "risk_ratio", "risk_difference"]
Model = Literal[
    "mantel-haenszel",
    "peto",
    "glmm-conditional-exact",
    "glmm-conditional-approximate",
    "glmm-unconditional-fixed",
    "glmm-unconditional-random",
]
COUNT_MODELS: dict[Model, CountModel] = {
    "glmm-conditional-exact": "conditional",
    "glmm-conditional-approximate": "conditional-approximate",
    "glmm-unconditional-fixed": "fixed-studies",
    "glmm-unconditional-random": "random-studies",
}
QUANTITIES = {"odds_ratio": ODDS_RATIO, "risk_ratio": RISK_RATIO, "risk_difference": RISK_DIFFERENCE}
COMMON: dict[Measure, Callable[[Tables], Common]] = {
    "odds_ratio": mantel_haenszel.odds_ratio,
    "risk_ratio": mantel_haenszel.risk_ratio,
    "risk_difference": mantel_haenszel.risk_difference,
}
ALIKE = "as both groups have only people with, or only people without the event"
NOBODY = "as nobody in either group has the event"
IN_MODEL = "though the model has their log odds"


@method(
    title="Meta-analysis of events in two groups",
    references=(
        "stijnen2010",
        "jackson2018",
        "turner2000",
        "mantel1959",
        "robins1986",
        "greenland1985",
        "sato1989",
        "yusuf1985",
        "breslow1980",
        "tarone1985",
    ),
)
def meta_events(
    study: Categorical,
    comparison_events: Numeric,
    comparison_total: Numeric,
    reference_events: Numeric,
    reference_total: Numeric,
    *,
    measure: Measure = "odds_ratio",
    model: Model = "mantel-haenszel",
    test: Test = "z",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Odds ratio, risk ratio or risk difference pooled over studies from their counts, for rare events.

    Counts are taken as they are: nothing is added to zeros. ``mantel-haenszel`` supposes one true effect;
    so does ``peto``, for small effects in groups of similar size. The others let true log odds ratios be
    normal between studies, and are for odds ratios: ``glmm-conditional-exact`` takes each study's events as
    given (noncentral hypergeometric), ``glmm-conditional-approximate`` takes those of the comparison group as
    binomial given all, which suits rare events; ``glmm-unconditional-fixed`` has the log odds of each study
    as a parameter, ``glmm-unconditional-random`` as a normal one, with Laplace's approximation.

    A study without events in either group says nothing of a ratio; a note names such studies, and they are
    never given made-up events.

    Yields each study's effect, with 1/2 added to a table with a 0 for showing it alone, and ``study_weight``
    where the model has weights; the pooled effect without a term; ``prediction_ratio``,
    ``heterogeneity_lr``, ``tau2``, ``tau``, ``i2`` and ``h2`` of models with heterogeneity; ``breslow_day``
    and ``tarone`` or ``cochran_q`` of the others.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    comparison_events : Series of float, shape (k,)
    comparison_total : Series of float, shape (k,)
        People in the comparison group.
    reference_events : Series of float, shape (k,)
    reference_total : Series of float, shape (k,)
        People in the reference group.
    measure : {"odds_ratio", "risk_ratio", "risk_difference"}
        Comparison against reference.
    model : str
        ``mantel-haenszel``, ``peto``, or one of those that begin with ``glmm``.
    test : {"z", "t"}
        Of models with heterogeneity: normal, or t with k - 1 degrees of freedom.
    level : float

    Raises
    ------
    NotEstimableError
        If a study is there twice, counts cannot be, or options do not go together; with every problem.

    Notes
    -----
    References: stijnen2010, jackson2018, turner2000, mantel1959, robins1986, greenland1985, sato1989,
    yusuf1985, breslow1980, tarone1985.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(["A", "B", "C", "D"]))
    >>> counts = [pd.Series(values) for values in ([1.0, 4, 0, 9], [50.0, 80, 41, 99], [3.0, 9, 0, 14])]
    >>> found = {e.term: e for e in meta_events(study, *counts, pd.Series([52.0, 77, 40, 95]))
    ...          if e.quantity.name == "odds_ratio"}
    >>> pooled = found[""]
    >>> f"{pooled.estimate:.2f} ({pooled.conf_low:.2f} to {pooled.conf_high:.2f})"
    '0.49 (0.25 to 0.96)'
    >>> pooled.note.startswith("1 of 4 studies says nothing of the odds ratio"), pooled.note.endswith("'C'.")
    (True, True)
    """
    _check(measure, model, test)
    studies = CountedStudies.of(study)
    counted = tables(
        studies.column(comparison_events),
        studies.column(comparison_total),
        studies.column(reference_events),
        studies.column(reference_total),
        studies.called,
    )
    columns = {
        "comparison_events": counted.a,
        "comparison_n": counted.n1,
        "reference_events": counted.c,
        "reference_n": counted.n2,
    }
    own, quantity = effect_sizes(measure, columns), QUANTITIES[measure]
    weights = _weights(counted, measure, model)
    yield from each_study(studies, own, quantity, counted.n, level, weights)
    informative, why = _informative(counted, measure)
    inside = (
        np.ones(len(informative), dtype=np.bool_) if model == "glmm-unconditional-random" else informative
    )
    why = f"{why}, {IN_MODEL}" if model == "glmm-unconditional-random" else why
    note = silent(studies, informative, quantity, why)
    found = partial(_pooled, counted, measure, model, test)
    yield from average(found, quantity, level, int(counted.n[inside].sum()), note)
    count = int(counted.informative.sum())
    if model == "peto":
        yield homogeneity_row(COCHRAN_Q, partial(peto_heterogeneity, counted), count)
    elif model == "mantel-haenszel" and measure == "odds_ratio":
        yield homogeneity_row(BRESLOW_DAY, partial(breslow_day, counted), count)
        yield homogeneity_row(TARONE, partial(tarone, counted), count)
    elif model == "mantel-haenszel":
        yield about(own, partial(COMMON[measure], counted))


def _pooled(counted: Tables, measure: Measure, model: Model, test: Test) -> Common | CountsPooled:
    if model == "mantel-haenszel":
        return COMMON[measure](counted)
    if model == "peto":
        return peto(counted)
    return pool_odds_ratios(counted, model=COUNT_MODELS[model], test=test)


def _weights(counted: Tables, measure: Measure, model: Model) -> FloatArray | None:
    if model == "mantel-haenszel":
        return table_weights(counted, measure)
    return peto_weights(counted) if model == "peto" else None


def _informative(counted: Tables, measure: Measure) -> tuple[BoolArray, str]:
    """Return which studies say something of the effect, and why the others do not."""
    if measure == "odds_ratio":
        return counted.informative, ALIKE
    if measure == "risk_ratio":
        return np.asarray(counted.a + counted.c > 0), NOBODY
    return np.ones(len(counted.a), dtype=np.bool_), ""


def _check(measure: Measure, model: Model, test: Test) -> None:
    problems = []
    if model != "mantel-haenszel" and measure != "odds_ratio":
        problems.append(
            f"model = {model!r} pools odds ratios alone: measure = {measure!r} goes with 'mantel-haenszel'."
        )
    if test == "t" and model not in COUNT_MODELS:
        problems.append(f"test = 't' is for models that begin with 'glmm'; {model!r} has 'z' alone.")
    if problems:
        raise NotEstimableError("The options do not go together:", problems)
