"""Bland-Altman analysis of several pairs of each participant."""

from collections.abc import Iterator
from math import nan, sqrt
from typing import Literal

import numpy as np

from mmstats.effects.limits_of_agreement import ALL_EQUAL, HELD, LOWER_LIMIT, UPPER_LIMIT
from mmstats.effects.mean_difference import MEAN_DIFFERENCE
from mmstats.effects.repeated_limits import Spread, interval, spread
from mmstats.effects.t_interval import with_t
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Grouping, Ordered
from mmstats.registry import Level, method
from mmstats.samples import measured


@method(title="Bland-Altman analysis of repeated pairs", references=("bland2007", "zou2013"))
def bland_altman_repeated(
    comparison: Ordered,
    reference: Ordered,
    participant: Grouping,
    *,
    true_value: Literal["varying", "constant"] = "varying",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Agreement of two measurements of which each participant has several pairs.

    Yields the ``mean_difference`` of comparison minus reference with the t interval of the participants'
    means, and the ``lower_limit_of_agreement`` and ``upper_limit_of_agreement`` of two single measurements,
    whose intervals add up those of the variances (Zou's MOVER). Counting pairs as if they were different
    people would make them too short. Each participant's mean counts alike, however many pairs there are.

    Parameters
    ----------
    comparison, reference : Series of float, shape (n,)
        The measurements, pair by pair.
    participant : Series of category, shape (n,)
        Whom each pair is of.
    true_value : {"varying", "constant"}
        Whether what is measured changes from one pair of a participant to the next, so that only members of a
        pair belong together; or stays the same, so that the pairs are replicates in no order.
    level : float
        Confidence level of the intervals. The limits themselves always hold 95 % of the differences.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 participants, nobody has 2 pairs, or values are infinite.

    Notes
    -----
    References: bland2007, zou2013.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = pd.Series([1.0, 2, 4, 6, 5, 7]), pd.Series([2.0, 2, 3, 5, 6, 6])
    >>> who = pd.Series(list("aabbcc"), dtype="category")
    >>> for e in bland_altman_repeated(x, y, who):
    ...     print(f"{e.quantity.name}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    mean_difference: 0.17 (-1.73 to 2.06)
    lower_limit_of_agreement: -1.79 (-9.50 to -0.75)
    upper_limit_of_agreement: 2.13 (1.08 to 9.84)
    """
    x, y = measured(comparison, "comparison"), measured(reference, "reference")
    who = np.unique(participant.cat.codes.to_numpy(dtype=np.int64), return_inverse=True)[1]
    participants = int(who.max(initial=-1)) + 1
    if participants < 2 or participants == len(x):
        reason = (
            "nobody has more than one: use bland_altman" if participants > 1 else f"there are {participants}"
        )
        needed = "repeated pairs" if participants > 1 else "at least 2 participants"
        raise NotEstimableError(f"This analysis needs {needed}; {reason}.")
    order = np.lexsort((y, x, who))
    found = spread(x[order], y[order], who[order], constant=true_value == "constant")
    yield _bias(found, len(x), level=level)
    inner, outer = interval(found, level=level) if found.total > 0 else (nan, nan)
    for quantity, sign in ((LOWER_LIMIT, -1), (UPPER_LIMIT, 1)):
        ends = sorted(found.bias + sign * end for end in (inner, outer))
        yield Estimate(
            quantity=quantity,
            estimate=found.bias + sign * HELD * sqrt(found.total),
            conf_low=ends[0],
            conf_high=ends[1],
            conf_level=level,
            interval="mover",
            n=len(x),
            note="" if found.total > 0 else ALL_EQUAL,
        )


def _bias(found: Spread, n: int, *, level: float) -> Estimate:
    std_error = sqrt(found.between / found.participants)
    if std_error == 0:
        note = "The participants' mean differences are all equal, so nothing is known about the uncertainty."
        return Estimate(
            quantity=MEAN_DIFFERENCE, estimate=found.bias, conf_level=level, interval="t", n=n, note=note
        )
    base = Estimate(
        quantity=MEAN_DIFFERENCE,
        estimate=found.bias,
        std_error=std_error,
        statistic=found.bias / std_error,
        n=n,
    )
    return with_t(base, found.participants - 1, level=level, interval="t")
