"""Giving an estimate its bootstrap interval and the p value that belongs to it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mmstats.estimate import Estimate
from mmstats.resampling.bootstrap import Bootstrap, Resamples, bootstrap_interval
from mmstats.resampling.design import Design
from mmstats.resampling.draws import FloatArray
from mmstats.resampling.statistic import Function, Statistic


def with_bootstrap(
    base: Estimate,
    samples: Sequence[FloatArray],
    statistic: Statistic | Function,
    *,
    interval: Bootstrap,
    level: float,
    resamples: Resamples,
    rng: np.random.Generator | None,
    paired: bool = False,
    std_error: Function | None = None,
    null: float = np.nan,
    design: Design | None = None,
    back: Callable[[float], float] = float,
) -> Estimate:
    """Return `base` with the limits, p value and Monte-Carlo error of a bootstrap.

    Parameters
    ----------
    base : Estimate
    samples, statistic, interval, level, resamples, rng, paired, std_error, null, design
        As `bootstrap_interval` takes them.
    back : callable
        From the scale of `statistic` to that of the estimate. It should not stretch distances, so that
        the Monte-Carlo error reported is at least that of the limits.
    """
    found = bootstrap_interval(
        samples,
        statistic,
        interval=interval,
        level=level,
        resamples=resamples,
        rng=rng,
        paired=paired,
        std_error=std_error,
        null=null,
        design=design,
    )
    return replace(
        base,
        conf_low=back(found.low),
        conf_high=back(found.high),
        conf_level=level,
        interval=interval,
        p_value=found.p_value,
        resamples=found.resamples,
        mcse=found.mcse,
        note=" ".join(filter(None, (base.note, found.note))),
    )
