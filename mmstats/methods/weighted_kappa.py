"""Weighted kappa."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
from scipy import stats

from mmstats.effects.cohen_kappa import (
    COHEN_KAPPA,
    OBSERVED_AGREEMENT,
    ROUNDING,
    WEIGHTED_KAPPA,
    Weights,
    agreement_weights,
    cohen_kappa,
    std_errors,
)
from mmstats.effects.t_interval import transformed_limits
from mmstats.effects.wilson import wilson_interval
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Rating
from mmstats.registry import Level, Random, ResamplesOrAuto, method
from mmstats.resampling.attach import with_bootstrap
from mmstats.samples import on_one_scale

Choice = Literal["transformed-t", "fleiss-cohen-everitt", "bca-bootstrap", "percentile-bootstrap"]


@method(title="Weighted kappa", references=("cohen1960", "cohen1968", "fleiss1969", "wilson1927"))
def weighted_kappa(
    first: Rating,
    second: Rating,
    *,
    weights: Weights = "linear",
    level: Level = 0.95,
    interval: Choice = "transformed-t",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Agreement of two ratings beyond what their frequencies alone would give.

    Yields ``weighted_kappa`` with its weights as the term, or ``cohen_kappa`` if ``unweighted``, and
    ``observed_agreement``, the share of subjects rated alike, with Wilson's interval. Both ratings are on one
    scale, whose levels are those of the dictionary: a level that nobody was given counts in the weights.

    p is that of independent raters, from the variance kappa then has. It is not the test that the
    ``transformed-t`` or ``fleiss-cohen-everitt`` interval inverts, which would reject too often with few
    subjects (10 to 14 % instead of 5 % with 15). With a bootstrap, p belongs to the interval.

    Parameters
    ----------
    first, second : Series of category, shape (n,)
        Two ratings of the same subjects, by two raters or on two occasions.
    weights : {"linear", "quadratic", "unweighted"}
        How much a disagreement counts: by steps between the levels, by their square, or all alike. Only
        levels in an order can be so many steps apart.
    level : float
        Confidence level.
    interval : {"transformed-t", "fleiss-cohen-everitt", "bca-bootstrap", "percentile-bootstrap"}
        How the interval is made. ``transformed-t`` takes the large-sample standard error to the scale of
        Fisher's z, with t of n - 1 degrees of freedom; ``fleiss-cohen-everitt`` is the usual symmetrical one,
        too short with fewer than about 60 subjects.
    resamples : int or 'auto'
        How many resamples of the subjects a bootstrap draws; ``auto`` goes on until its limits are stable.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 subjects, the two scales differ, or only one level was ever used.

    Notes
    -----
    References: cohen1960, cohen1968, fleiss1969, wilson1927.

    Examples
    --------
    >>> import pandas as pd
    >>> scale = pd.CategoricalDtype(["0", "1", "2", "3", "4"], ordered=True)
    >>> a = pd.Series(list("000112223340"), dtype=scale)
    >>> b = pd.Series(list("001112122340"), dtype=scale)
    >>> found = next(weighted_kappa(a, b))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f})"
    '0.82 (0.46 to 0.95)'
    """
    x, y = on_one_scale({"first": first, "second": second}).T
    n, categories = len(x), first.cat.categories
    table = agreement_weights(len(categories), weights)
    kappa = float(cohen_kappa(x, y, table))
    if np.isnan(kappa):
        raise NotEstimableError(f"Every rating is {categories[int(x[0])]!r}: there is nothing to tell apart.")
    unordered = weights != "unweighted" and not first.cat.ordered and len(categories) > 2
    base = Estimate(
        quantity=COHEN_KAPPA if weights == "unweighted" else WEIGHTED_KAPPA,
        term="" if weights == "unweighted" else weights,
        estimate=kappa if abs(kappa) > ROUNDING else 0.0,
        n=n,
        note="The levels have no order; the weights take them in that of the dictionary."
        if unordered
        else "",
    )
    if interval in ("bca-bootstrap", "percentile-bootstrap"):
        statistic = partial(cohen_kappa, weights=table)
        yield with_bootstrap(
            base,
            (x, y),
            statistic,
            interval=interval,
            level=level,
            resamples=resamples,
            rng=rng,
            paired=True,
            null=0,
        )
    else:
        yield _large_sample(base, *std_errors(x, y, table), interval=interval, level=level)
    alike = int((x == y).sum())
    low, high = wilson_interval(alike, n, level=level)
    yield Estimate(
        quantity=OBSERVED_AGREEMENT,
        estimate=alike / n,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval="wilson",
        n=n,
    )


def _large_sample(
    base: Estimate, std_error: float, null_std_error: float, *, interval: Choice, level: float
) -> Estimate:
    kappa = base.estimate
    if null_std_error > 0:
        z = kappa / null_std_error
        base = replace(base, statistic=z, p_value=float(2 * stats.norm.sf(abs(z))))
    if std_error == 0:
        reason = (
            "A rater used one level only, so kappa is 0 whatever the other said."
            if null_std_error == 0
            else "The large-sample standard error is zero, so nothing is known about the uncertainty."
        )
        note = f"{reason} {base.note}".strip()
        return replace(base, conf_level=level, interval=interval, note=note)
    if interval == "transformed-t":
        low, high = transformed_limits(kappa, std_error, base.n - 1, level=level)
    else:
        reach = std_error * float(stats.norm.isf((1 - level) / 2))
        low, high = kappa - reach, kappa + reach
    return replace(
        base,
        std_error=std_error,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval=interval,
    )
