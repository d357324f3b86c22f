"""Giving an estimate its bootstrap or permutation interval and the p value that belongs to it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isinf

import numpy as np

from mmstats.estimate import Estimate
from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.bootstrap import Bootstrap, Resamples, bootstrap_interval
from mmstats.resampling.design import Design
from mmstats.resampling.shift_test import Permutations
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


def with_permutations(
    base: Estimate, found: Permutations, *, level: float, every: str, constant: bool
) -> Estimate:
    """Return `base` with the p value, the limits and the Monte-Carlo error of a permutation test.

    Parameters
    ----------
    base : Estimate
    found : Permutations
    level : float
    every : str
        What is permuted: ``split``.
    constant : bool
        Whether nothing varies but between what is compared, so that shifts cannot be told apart by the data.
    """
    alpha, null = 1 - level, base.quantity.null
    low, high = (np.nan, np.nan) if constant else found.limits(alpha, null)
    counted = "Exact: every {} is counted." if found.exact else "Not every {} can be counted; they are drawn."
    notes = [base.note, counted.format(every)]
    if constant:
        notes.append("Nothing varies within what is compared, so there is no interval.")
    elif isinf(low) or isinf(high):
        notes.append(f"A limit is infinite: no {every} of so few could be significant at this level.")
    return replace(
        base,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval="permutation",
        p_value=found.p_value(null),
        resamples=0 if found.exact else found.count,
        mcse=np.nan if found.exact else found.mcse(alpha, null),
        note=" ".join(filter(None, notes)),
    )
