"""Paired t test."""

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from typing import Literal

from mmstats.effects.hedges_g_z import hedges_g_z
from mmstats.effects.mean_difference import MEAN_DIFFERENCE, mean, mean_std_error, pair_differences
from mmstats.effects.t_interval import with_t
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, Random, ResamplesOrAuto, method
from mmstats.resampling import statistics
from mmstats.resampling.attach import with_bootstrap
from mmstats.resampling.bootstrap import Bootstrap
from mmstats.samples import measured

Choice = Literal["t", Bootstrap]


@method(title="Paired t test", references=("student1908", "lakens2013", "hedges1981"))
def paired_t(
    comparison: Ordered,
    reference: Ordered,
    *,
    level: Level = 0.95,
    interval: Choice = "t",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Mean of the differences of pairs, comparison minus reference.

    Yields the mean difference and Hedges' g_z, which is in standard deviations of the differences. The p
    value of the mean difference belongs to the interval shown: with a bootstrap interval it is the level at
    which that interval begins to leave out zero.

    Parameters
    ----------
    comparison, reference : Series of float, shape (n,)
        Two measurements of the same participants, row by row.
    level : float
        The confidence level.
    interval : {'t'} or a bootstrap
        How the interval of the mean difference is made; `bootstrap_interval` lists the bootstraps. BCa and
        percentile cover too little below about 30 pairs.
    resamples : int or 'auto'
        How many resamples of the differences a bootstrap interval draws; ``auto`` goes on until its limits
        are stable.
    rng : numpy.random.Generator
        What a bootstrap interval draws from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 pairs, or values are infinite.

    References: student1908, lakens2013, hedges1981.

    Examples
    --------
    >>> import pandas as pd
    >>> drug_2 = pd.Series([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    >>> drug_1 = pd.Series([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    >>> for e in paired_t(drug_2, drug_1):
    ...     print(f"{e.quantity.name} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    mean_difference 1.58 (0.70 to 2.46)
    hedges_g_z 1.17 (0.38 to 1.94)
    """
    n = len(comparison)
    if n < 2:
        raise NotEstimableError(f"A paired t test needs at least 2 pairs; there are {n}.")
    differences = pair_differences(measured(comparison, "comparison"), measured(reference, "reference"))
    estimate, std_error = float(mean(differences)), float(mean_std_error(differences))
    base = Estimate(
        quantity=MEAN_DIFFERENCE,
        estimate=estimate,
        std_error=std_error,
        statistic=estimate / std_error if std_error > 0 else nan,
        n=n,
    )
    if std_error == 0:
        note = "All differences are equal, so nothing is known about the uncertainty of their mean."
        yield replace(base, conf_level=level, interval=interval, note=note)
    elif interval == "t":
        yield with_t(base, n - 1, level=level, interval=interval)
    else:
        middle = float(differences[n // 2])  # without it, a large mean costs no digits of the spread
        yield with_bootstrap(
            base,
            (differences - middle,),
            statistics.MEAN,
            interval=interval,
            level=level,
            resamples=resamples,
            rng=rng,
            null=-middle,
            back=lambda limit: limit + middle,
        )
    yield hedges_g_z(differences, level=level)
