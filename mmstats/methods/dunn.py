"""Dunn's test."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from mmstats.effects.rank_comparisons import MEAN_RANK_DIFFERENCE, rank_comparisons
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Categorical, Ordered
from mmstats.multiplicity import adjust as adjusted
from mmstats.registry import method
from mmstats.samples import by_level


@method(title="Dunn's test", references=("dunn1964", "holm1979", "benjamini1995"))
def dunn(
    outcome: Ordered, group: Categorical, *, adjust: Literal["holm", "bh", "none"] = "holm"
) -> Iterator[Estimate]:
    """Differences of mean ranks between every two groups, to follow a Kruskal-Wallis test.

    All values are ranked together, with midranks for ties, and the variance is that of these ranks. The
    term says which level is compared: ``MS - HC`` is the mean rank of MS minus that of HC. p is normal and
    adjusted for the number of comparisons of this analysis; a family of the plan would adjust it again.
    Mean ranks have no unit and depend on every group, so there is no interval; `mann_whitney` compares two
    groups with one.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        At least two levels.
    adjust : {"holm", "bh", "none"}
        Holm's bound on the chance of any false claim, Benjamini and Hochberg's on the share of false
        claims, or nothing.

    Raises
    ------
    NotEstimableError
        If a level is empty, there is one only, or all values are equal.

    Notes
    -----
    References: dunn1964, holm1979, benjamini1995.

    Examples
    --------
    >>> import pandas as pd
    >>> outcome = pd.Series([3.0, 5, 4, 6, 7, 9, 6, 8, 12, 9, 10, 15])
    >>> group = pd.Series(pd.Categorical(["HC"] * 4 + ["MS"] * 4 + ["PS"] * 4))
    >>> for e in dunn(outcome, group):
    ...     print(f"{e.term}: {e.estimate:.2f}, p = {e.p_value:.4f}")
    MS - HC: 3.88, p = 0.2544
    PS - HC: 7.75, p = 0.0069
    PS - MS: 3.88, p = 0.2544
    """
    levels = by_level(outcome, group)
    if len(levels) < 2:
        raise NotEstimableError(f"At least two levels are compared; {group.name or 'the group'} has one.")
    samples = [np.sort(values) for values in levels.values()]
    if np.ptp(np.concatenate(samples)) == 0:
        raise NotEstimableError("All values are equal: there is nothing to rank.")
    names, found = list(levels), rank_comparisons(samples)
    p_values = [comparison.p_value for comparison in found.values()]
    if adjust != "none":
        p_values = adjusted(p_values, adjust)
    for ((i, j), comparison), p_value in zip(found.items(), p_values, strict=True):
        yield Estimate(
            quantity=MEAN_RANK_DIFFERENCE,
            term=f"{names[j]} - {names[i]}",
            estimate=comparison.estimate,
            std_error=comparison.std_error,
            statistic=comparison.estimate / comparison.std_error,
            p_value=p_value,
            n=len(samples[i]) + len(samples[j]),
        )
