"""Meta-analysis of rates in two groups."""

from collections.abc import Iterator
from functools import partial
from typing import Literal

import numpy as np

from mmstats.counted_studies import CountedStudies
from mmstats.effects.rate_ratio import RATE_RATIO
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.event_rows import about, average, each_study, silent
from mmstats.kind import Categorical, Numeric
from mmstats.meta.measures import effect_sizes
from mmstats.meta.quantities import RATE_DIFFERENCE
from mmstats.meta.rare import mantel_haenszel
from mmstats.meta.rare.common import Common
from mmstats.meta.rare.pooled import CountsPooled, Test
from mmstats.meta.rare.tables import Rates, rates
from mmstats.meta.rare.two_rates import pool_rate_ratios
from mmstats.meta.rare.weights import rate_weights
from mmstats.registry import Level, method

Measure = Literal["rate_ratio", "rate_difference"]
Model = Literal["glmm", "mantel-haenszel"]
QUANTITIES: dict[Measure, Quantity] = {"rate_ratio": RATE_RATIO, "rate_difference": RATE_DIFFERENCE}


@method(
    title="Meta-analysis of rates in two groups",
    references=("stijnen2010", "greenland1985", "rothman2008"),
)
def meta_rates(
    study: Categorical,
    comparison_events: Numeric,
    comparison_time: Numeric,
    reference_events: Numeric,
    reference_time: Numeric,
    *,
    measure: Measure = "rate_ratio",
    model: Model = "mantel-haenszel",
    test: Test = "z",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Ratio or difference of rates pooled over studies from events and the time at risk.

    Counts are taken as they are: nothing is added to zeros. ``mantel-haenszel`` supposes one true effect.
    ``glmm`` lets true log ratios be normal between studies: given all events of a study, those of the
    comparison group are binomial, so that no rate of the reference group has to be modelled. A study without
    events says nothing of a ratio; a note names such studies.

    Yields each study's effect, with 1/2 added to the events of both groups where one has none, for showing it
    alone, and ``study_weight`` where the model has weights; the pooled effect without a term; then
    ``prediction_ratio``, ``heterogeneity_lr``, ``tau2``, ``tau``, ``i2`` and ``h2``, or ``cochran_q``. ``n``
    counts events, as people are not known.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    comparison_events : Series of float, shape (k,)
    comparison_time : Series of float, shape (k,)
        At risk, in one unit for all studies.
    reference_events : Series of float, shape (k,)
    reference_time : Series of float, shape (k,)
    measure : {"rate_ratio", "rate_difference"}
        Comparison against reference.
    model : {"mantel-haenszel", "glmm"}
    test : {"z", "t"}
        Of ``glmm``: normal, or t with k - 1 degrees of freedom.
    level : float

    Raises
    ------
    NotEstimableError
        If a study is there twice, counts or times cannot be, or options do not go together.

    Notes
    -----
    References: stijnen2010, greenland1985, rothman2008.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(["A", "B", "C"]))
    >>> counts = [pd.Series(values) for values in ([4.0, 9, 2], [50.0, 80, 41], [9.0, 10, 8], [52.0, 77, 40])]
    >>> found = {e.term: e for e in meta_rates(study, *counts) if e.quantity.name == "rate_ratio"}
    >>> f"{found[''].estimate:.2f} ({found[''].conf_low:.2f} to {found[''].conf_high:.2f})"
    '0.55 (0.29 to 1.03)'
    """
    _check(measure, model, test)
    studies = CountedStudies.of(study)
    counted = rates(
        studies.column(comparison_events),
        studies.column(comparison_time),
        studies.column(reference_events),
        studies.column(reference_time),
        studies.called,
    )
    columns = {
        "comparison_events": counted.x1,
        "comparison_time": counted.t1,
        "reference_events": counted.x2,
        "reference_time": counted.t2,
    }
    own, quantity, ratio = effect_sizes(measure, columns), QUANTITIES[measure], measure == "rate_ratio"
    events = counted.x1 + counted.x2
    weights = rate_weights(counted, ratio=ratio) if model == "mantel-haenszel" else None
    yield from each_study(studies, own, quantity, events, level, weights)
    informative = events > 0 if ratio else np.ones(len(events), dtype=np.bool_)
    note = silent(studies, informative, quantity, "as neither group has events")
    yield from average(
        partial(_pooled, counted, measure, model, test), quantity, level, int(events.sum()), note
    )
    if model == "mantel-haenszel":
        yield about(own, partial(_common, counted, measure))


def _pooled(counted: Rates, measure: Measure, model: Model, test: Test) -> Common | CountsPooled:
    return pool_rate_ratios(counted, test=test) if model == "glmm" else _common(counted, measure)


def _common(counted: Rates, measure: Measure) -> Common:
    return (
        mantel_haenszel.rate_ratio(counted)
        if measure == "rate_ratio"
        else mantel_haenszel.rate_difference(counted)
    )


def _check(measure: Measure, model: Model, test: Test) -> None:
    problems = []
    if model == "glmm" and measure != "rate_ratio":
        problems.append(
            f"model = 'glmm' pools ratios alone: measure = {measure!r} goes with 'mantel-haenszel'."
        )
    if test == "t" and model != "glmm":
        problems.append("test = 't' is for 'glmm'; 'mantel-haenszel' has 'z' alone.")
    if problems:
        raise NotEstimableError("The options do not go together:", problems)
