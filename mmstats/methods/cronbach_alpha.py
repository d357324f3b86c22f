"""Cronbach's alpha."""

from collections.abc import Iterator
from math import nan
from typing import Literal

import numpy as np

from mmstats.effects.cronbach_alpha import CRONBACH_ALPHA, bonett_limits, feldt_limits
from mmstats.effects.intraclass_correlation import mean_squares
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import SeveralOrdered
from mmstats.registry import Level, method
from mmstats.samples import table


@method(title="Cronbach's alpha", references=("cronbach1951", "feldt1965", "bonett2002"))
def cronbach_alpha(
    items: SeveralOrdered, *, level: Level = 0.95, interval: Literal["feldt", "bonett"] = "feldt"
) -> Iterator[Estimate]:
    """Reliability of the sum of several items, from how they go together: internal consistency.

    It is the reliability of the sum if all items measure one thing equally well, and less than that
    otherwise; it says nothing about whether they do, and grows with their number. Items worded the other way
    round have to be reversed before. A negative value says that some are not.

    Parameters
    ----------
    items : DataFrame of float, shape (n, k)
        A row for each participant, a column for each item; only complete rows count.
    level : float
        Confidence level.
    interval : {"feldt", "bonett"}
        How the interval is made: from the F distribution, or from the logarithm of 1 - alpha, which supposes
        items less alike.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 participants or 2 items, or everybody has the same mean.

    Notes
    -----
    References: cronbach1951, feldt1965, bonett2002.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [[2.0, 3, 3], [4, 4, 5], [1, 2, 1], [3, 3, 4], [5, 4, 4], [2, 1, 2]]
    >>> found = next(cronbach_alpha(pd.DataFrame(rows)))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f})"
    '0.93 (0.70 to 0.99)'
    """
    values = table(items, at_least=2)
    n, k = values.shape
    if k < 2:
        raise NotEstimableError("Internal consistency needs at least 2 items.")
    squares = mean_squares(values)
    if squares.subjects == 0:
        raise NotEstimableError("Everybody has the same mean over the items: there is nothing to measure.")
    alpha = 1 - squares.residual / squares.subjects
    alike = [str(name) for name, column in zip(items, values.T, strict=True) if np.ptp(column) == 0]
    note = f"Everybody has the same value of {', '.join(alike)}." if alike else ""
    low, high = nan, nan
    if squares.residual == 0:
        note = "The items differ by constants only, so nothing is known about the uncertainty."
    elif interval == "bonett" and n < 3:
        note = "Bonett's interval needs at least 3 participants."
    else:
        limits = feldt_limits if interval == "feldt" else bonett_limits
        low, high = limits(alpha, n, k, level=level)
    yield Estimate(
        quantity=CRONBACH_ALPHA,
        estimate=alpha,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval=interval,
        n=n,
        note=note,
    )
