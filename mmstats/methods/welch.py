"""Welch's t test."""

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from typing import Literal

from mmstats.effects.hedges_g import hedges_g
from mmstats.effects.mean_difference import (
    MEAN_DIFFERENCE,
    centred,
    mean_difference,
    welch_df,
    welch_std_error,
)
from mmstats.effects.t_interval import with_t
from mmstats.estimate import Estimate
from mmstats.kind import Binary, Ordered
from mmstats.registry import Level, Random, ResamplesOrAuto, method
from mmstats.resampling import statistics
from mmstats.resampling.attach import with_bootstrap
from mmstats.resampling.bootstrap import Bootstrap
from mmstats.samples import two_samples

Choice = Literal["welch", Bootstrap]


@method(title="Welch's t test", references=("welch1947", "delacre2017", "hedges1981"))
def welch(
    outcome: Ordered,
    group: Binary,
    *,
    level: Level = 0.95,
    interval: Choice = "welch",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Difference of two means, comparison minus reference, without assuming equal variances.

    Yields the mean difference and Hedges' g. The p value of the mean difference belongs to the interval
    shown: with a bootstrap interval it is the level at which that interval begins to leave out zero, and the
    degrees of freedom of the t distribution are not used. Hedges' g stands on the pooled standard deviation
    and its interval on equal variances, so where variances differ much it may disagree with the test.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its first category is the reference.
    level : float
        The confidence level.
    interval : {'welch'} or a bootstrap
        How the interval of the mean difference is made; `bootstrap_interval` lists the bootstraps. BCa and
        percentile cover too little below about 30 per group.
    resamples : int or 'auto'
        How many resamples a bootstrap interval draws; ``auto`` goes on until its limits are stable.
    rng : numpy.random.Generator
        What a bootstrap interval draws from.

    Raises
    ------
    NotEstimableError
        If a group has fewer than 2 values.

    References: welch1947, delacre2017, hedges1981.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 6 + ["MS"] * 6))
    >>> outcome = pd.Series([4.0, 7, 8, 6, 3, 2, 6, 8, 7, 10, 11, 9])
    >>> for e in welch(outcome, group):
    ...     print(f"{e.quantity.name} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    mean_difference 3.50 (0.74 to 6.26)
    hedges_g 1.51 (0.25 to 2.72)
    """
    reference, comparison = centred(*two_samples(outcome, group, at_least=2))
    estimate = float(mean_difference(comparison, reference))
    std_error = float(welch_std_error(comparison, reference))
    base = Estimate(
        quantity=MEAN_DIFFERENCE,
        estimate=estimate,
        std_error=std_error,
        statistic=estimate / std_error if std_error > 0 else nan,
        n=len(outcome),
    )
    if std_error == 0:
        note = "Both groups are constant, so nothing is known about the uncertainty of their difference."
        yield replace(base, conf_level=level, interval=interval, note=note)
    elif interval == "welch":
        yield with_t(base, welch_df(comparison, reference), level=level, interval=interval)
    else:
        yield with_bootstrap(
            base,
            (comparison, reference),
            statistics.MEAN_DIFFERENCE,
            interval=interval,
            level=level,
            resamples=resamples,
            rng=rng,
            null=0,
        )
    yield hedges_g(comparison, reference, level=level)
