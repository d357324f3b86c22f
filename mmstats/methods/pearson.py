"""Pearson correlation."""

from collections.abc import Iterator
from dataclasses import replace
from math import tanh
from typing import Literal

from mmstats.effects.pearson_r import (
    ON_A_LINE,
    PEARSON_R,
    fisher_interval,
    pearson_r,
)
from mmstats.effects.r_interval import with_r
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, Random, ResamplesOrAuto, method
from mmstats.resampling import statistics
from mmstats.resampling.attach import with_bootstrap
from mmstats.resampling.bootstrap import Bootstrap
from mmstats.samples import sorted_rows

Choice = Literal["exact", "fisher-z", Bootstrap]


@method(title="Pearson correlation", references=("fisher1915", "hotelling1953"))
def pearson(
    x: Ordered,
    y: Ordered,
    *,
    level: Level = 0.95,
    interval: Choice = "exact",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Linear correlation of two variables.

    p belongs to the interval shown. ``exact`` inverts the distribution of r in a bivariate normal
    population, whose test of no correlation is the t test. ``fisher-z`` is its usual approximation, with the
    p value of Fisher's z. The bootstraps resample pairs; the studentized and the basic one work on Fisher's
    scale, on which their Monte-Carlo error is given, where it is at least as large.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    level : float
        Confidence level.
    interval : {"exact", "fisher-z"} or a bootstrap
        How the interval is made; `bootstrap_interval` lists the bootstraps.
    resamples : int or 'auto'
        How many resamples a bootstrap draws; ``auto`` goes on until its limits are stable.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 3 pairs, or `x` or `y` is constant.

    Notes
    -----
    References: fisher1915, hotelling1953.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = pd.Series([1.0, 2, 3, 4, 5, 6, 7]), pd.Series([2.0, 1, 4, 3, 7, 8, 6])
    >>> found = next(pearson(x, y))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f}), p = {found.p_value:.3f}"
    '0.85 (0.24 to 0.97), p = 0.016'
    """
    pairs = sorted_rows({"x": x, "y": y}, at_least=3)
    r, n = float(pearson_r(*pairs)), len(x)
    base = Estimate(quantity=PEARSON_R, estimate=r, n=n)
    if abs(r) > 1 - ON_A_LINE:
        note = "All points lie on one line, so nothing is known about the uncertainty."
        yield replace(base, conf_level=level, interval=interval, note=note)
    elif interval == "exact":
        yield with_r(base, n, level=level, interval=interval)
    elif interval == "fisher-z":
        if n < 4:
            note = "Fisher's approximation needs at least 4 pairs."
            yield replace(base, conf_level=level, interval=interval, note=note)
            return
        low, high, z, p = fisher_interval(r, n, level=level)
        yield replace(
            base, conf_low=low, conf_high=high, conf_level=level, interval=interval, statistic=z, p_value=p
        )
    else:
        on_fishers_scale = interval in ("studentized-bootstrap", "basic-bootstrap")
        yield with_bootstrap(
            base,
            pairs,
            statistics.FISHER_Z if on_fishers_scale else statistics.PEARSON_R,
            interval=interval,
            level=level,
            resamples=resamples,
            rng=rng,
            paired=True,
            null=0,
            back=tanh if on_fishers_scale else float,
        )
