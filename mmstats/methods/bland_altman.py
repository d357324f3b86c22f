"""Bland-Altman analysis of pairs."""

from collections.abc import Iterator
from math import sqrt
from typing import Literal

import numpy as np

from mmstats.effects.limits_of_agreement import (
    ALL_EQUAL,
    approximate_reach,
    exact_reach,
    limits,
    proportional_bias,
)
from mmstats.effects.mean_difference import MEAN_DIFFERENCE, mean, pair_differences, variance
from mmstats.effects.t_interval import with_t
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, method
from mmstats.samples import measured


@method(title="Bland-Altman analysis", references=("bland1986", "bland1999", "carkeet2015"))
def bland_altman(
    comparison: Ordered,
    reference: Ordered,
    *,
    level: Level = 0.95,
    interval: Literal["exact", "bland-altman"] = "exact",
) -> Iterator[Estimate]:
    """Agreement of two measurements in their own unit: bias, limits of agreement, and proportional bias.

    Yields the ``mean_difference`` of comparison minus reference with its t interval; the
    ``lower_limit_of_agreement`` and ``upper_limit_of_agreement``, between which 95 % of the differences lie
    if they are normal, each with its own interval; and ``proportional_bias``, the slope of the differences on
    the means of the pairs. That slope is zero where both measurements have one standard deviation, so it
    also says whether their spreads differ. Whether the limits are narrow enough is a clinical question, which
    no test answers.

    Parameters
    ----------
    comparison, reference : Series of float, shape (n,)
        Two measurements of the same subjects, one pair each. Several pairs of a subject are for
        ``bland_altman_repeated``.
    level : float
        Confidence level of the intervals. The limits themselves always hold 95 % of the differences.
    interval : {"exact", "bland-altman"}
        How the intervals of the limits are made: from the noncentral t distribution, or by Bland and
        Altman's approximation, which is too short on the outside with few subjects.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 pairs, or values are infinite.

    Notes
    -----
    References: bland1986, bland1999, carkeet2015.

    Examples
    --------
    Peak expiratory flow of 17 people by two meters, in l/min (Bland and Altman 1986).

    >>> import pandas as pd
    >>> wright = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    >>> mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    >>> for e in bland_altman(pd.Series(wright, dtype=float), pd.Series(mini, dtype=float)):
    ...     print(f"{e.quantity.name}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    mean_difference: -2.12 (-22.05 to 17.81)
    lower_limit_of_agreement: -78.10 (-124.16 to -53.09)
    upper_limit_of_agreement: 73.86 (48.86 to 119.93)
    proportional_bias: 0.03 (-0.16 to 0.22)
    """
    x, y = measured(comparison, "comparison"), measured(reference, "reference")
    n = len(x)
    if n < 2:
        raise NotEstimableError(f"Limits of agreement need at least 2 pairs; there are {n}.")
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    differences = pair_differences(x, y)
    bias, std_error = float(mean(differences)), sqrt(float(variance(differences)) / n)
    if std_error == 0:
        yield Estimate(
            quantity=MEAN_DIFFERENCE,
            estimate=bias,
            conf_level=level,
            interval="t",
            n=n,
            note=ALL_EQUAL,
        )
    else:
        base = Estimate(
            quantity=MEAN_DIFFERENCE, estimate=bias, std_error=std_error, statistic=bias / std_error, n=n
        )
        yield with_t(base, n - 1, level=level, interval="t")
    reach = exact_reach if interval == "exact" else approximate_reach
    yield from limits(
        differences, reach(n, level=level) if std_error > 0 else None, level=level, interval=interval
    )
    yield proportional_bias(x, y, level=level)
