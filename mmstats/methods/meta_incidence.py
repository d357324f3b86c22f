"""Meta-analysis of rates."""

from collections.abc import Iterator
from dataclasses import replace
from math import nan

import numpy as np

from mmstats.count_rows import CountRows
from mmstats.counted_studies import CountedStudies
from mmstats.effects.exact_poisson import garwood
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Numeric
from mmstats.meta.quantities import PREDICTION_RATE, RATE
from mmstats.meta.rare.one_group import pool_rates
from mmstats.meta.rare.pooled import Test
from mmstats.meta.rare.tables import counts
from mmstats.registry import Level, method

ALONE = "One study: nothing is pooled, and the interval is its own exact one."
NO_EVENT = (
    "No study has an event: nothing tells how much studies differ. The interval is the exact one of all time "
    "together, as if of one study."
)


@method(title="Meta-analysis of rates", references=("stijnen2010", "garwood1936"))
def meta_incidence(
    study: Categorical,
    events: Numeric,
    time: Numeric,
    *,
    test: Test = "t",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Rate pooled over studies that each count events in a time at risk.

    Events are Poisson, and log rates normal between studies; the likelihood is integrated by adaptive
    quadrature. Studies without events count as they are. The pooled rate is that of a study whose log rate is
    average. Rates are per unit of the time given.

    Yields each study's ``incidence_rate`` with its exact interval; the pooled one without a term, and
    ``prediction_incidence_rate``: where the rate of a new study lies; ``heterogeneity_lr``, ``tau2``,
    ``tau``, ``i2`` and ``h2``. With one study, or without any event, the pooled row has the exact interval of
    all time together. ``n`` counts events, as people are not known.

    Parameters
    ----------
    study : Series of category, shape (k,)
        Names; each study is there once.
    events : Series of float, shape (k,)
    time : Series of float, shape (k,)
        At risk, in one unit for all studies.
    test : {"z", "t"}
        Where intervals come from: normal, or t with k - 1 degrees of freedom.
    level : float

    Raises
    ------
    NotEstimableError
        If a study is there twice, or counts or times cannot be; with every problem.

    Notes
    -----
    References: stijnen2010, garwood1936.

    Examples
    --------
    >>> import pandas as pd
    >>> study = pd.Series(pd.Categorical(["A", "B", "C", "D"]))
    >>> events, years = pd.Series([0.0, 3, 1, 9]), pd.Series([41.0, 60, 25, 102])
    >>> for e in meta_incidence(study, events, years):
    ...     if not e.term and "rate" in e.quantity.name:
    ...         print(f"{e.quantity.name}: {e.estimate:.3f} ({e.conf_low:.3f} to {e.conf_high:.3f})")
    incidence_rate: 0.053 (0.013 to 0.210)
    prediction_incidence_rate: 0.053 (0.010 to 0.267)
    """
    studies = CountedStudies.of(study)
    x, t = counts(studies.column(events), studies.column(time), studies.called)
    for term, count, at_risk in zip(studies.terms, x, t, strict=True):
        yield _exact(int(count), float(at_risk), term, level)
    n = int(x.sum())
    if len(x) == 1 or not n:
        yield replace(_exact(n, float(t.sum()), "", level), note=ALONE if len(x) == 1 else NO_EVENT)
        return
    try:
        found = pool_rates(x, t, test=test)
    except NotEstimableError as error:
        yield Estimate(quantity=RATE, estimate=nan, n=n, note=" ".join(str(error).split()))
        return
    rows = CountRows(found, lambda log: float(np.exp(log)), RATE, PREDICTION_RATE, level, n)
    yield from rows.whole()
    yield from rows.heterogeneity()


def _exact(count: int, time: float, term: str, level: float) -> Estimate:
    low, high = garwood(count, time, level=level)
    return Estimate(
        quantity=RATE,
        term=term,
        estimate=count / time,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval="garwood",
        n=count,
    )
