"""Permutation test of two groups."""

from collections.abc import Iterator
from math import nan
from typing import Literal

import numpy as np

from mmstats.effects.mean_difference import MEAN_DIFFERENCE, centred, welch_std_error
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Binary, Categorical, Ordered
from mmstats.registry import Level, Random, Resamples, method
from mmstats.resampling.attach import with_permutations
from mmstats.resampling.permutation import of_strata, of_two_groups
from mmstats.samples import two_samples

Statistic = Literal["welch-t", "mean-difference"]


@method(
    title="Permutation test",
    references=("fisher1935", "pitman1937", "janssen1997", "chung2013", "strasser1999", "streitberg1986"),
)
def permutation(
    outcome: Ordered,
    group: Binary,
    strata: Categorical | None = None,
    *,
    statistic: Statistic = "welch-t",
    level: Level = 0.95,
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Difference of two means, comparison minus reference, tested by exchanging group labels.

    The p value is the share of all splits of the participants into groups of these sizes whose statistic is
    at least as far from 0 as that of the data, and is exact up to 200,000 splits. Beyond, the splits of the
    mean difference are counted by their sums, which is exact too, where values are whole multiples of a
    unit (scores, ranks, short decimals) and not too many; else splits are drawn, and the observed one counts
    as one more. The note says which. The interval holds the shifts that the same test, with the same
    splits, does not reject once the shift is taken off the comparison values.

    Welch's t also keeps its level, in large samples, where the groups have equal means and unequal variances;
    the mean difference tests that the groups have one distribution, whatever differs.

    With strata, such as centres, labels are exchanged within each. The estimate is the mean of the strata's
    differences weighted by n1 n2 / (n1 + n2), as a linear model adjusts for them, and the statistic is this
    difference itself, for a stratum may be too small to have a variance. Strata that hold one group only
    are left out.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its first category is the reference.
    strata : Series of category, shape (n,), optional
    statistic : {'welch-t', 'mean-difference'}
        What is compared between splits. With `strata` it is the weighted mean difference in either case.
    level : float
        The confidence level.
    resamples : int
        How many splits are drawn where they are too many to be all looked at.
    rng : numpy.random.Generator
        What they are drawn from.

    Raises
    ------
    NotEstimableError
        If a group has fewer than 2 values, or no stratum holds both groups.

    References: fisher1935, pitman1937, janssen1997, chung2013, strasser1999, streitberg1986.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 6 + ["MS"] * 6))
    >>> outcome = pd.Series([4.0, 7, 8, 6, 3, 2, 6, 8, 7, 10, 11, 9])
    >>> for e in permutation(outcome, group, statistic="mean-difference"):
    ...     print(f"{e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.3f}")
    ...     print(e.note)
    3.50 (0.67 to 6.33), p = 0.032
    Exact: every split is counted.
    """
    reference, comparison = two_samples(outcome, group, at_least=2)
    if strata is None:
        cells = [(comparison, reference)]
    else:
        split = [
            two_samples(outcome[strata == s], group[strata == s], at_least=0) for s in strata.cat.categories
        ]
        cells = [(x, y) for y, x in split if len(x) and len(y)]
        if not cells:
            raise NotEstimableError("No stratum holds both groups, so no labels can be exchanged.")
    flat = iter(centred(*(sample for cell in cells for sample in cell)))
    cells = list(zip(flat, flat, strict=True))
    welch = statistic == "welch-t" and strata is None
    if strata is None:
        found = of_two_groups(*cells[0], welch=welch, resamples=resamples, rng=rng)
    else:
        found = of_strata(cells, resamples=resamples, rng=rng)
    std_error = float(welch_std_error(*cells[0])) if welch else nan
    n = sum(len(x) + len(y) for x, y in cells)
    left_out = f"{len(outcome) - n} rows are left out: their strata hold one group only."
    base = Estimate(
        quantity=MEAN_DIFFERENCE,
        estimate=found.estimate,
        std_error=std_error,
        statistic=found.estimate / std_error if std_error > 0 else nan,
        n=n,
        note=left_out if n < len(outcome) else "",
    )
    every = "split" if strata is None else "exchange of labels within strata"
    constant = all(np.ptp(sample) == 0 for cell in cells for sample in cell)
    yield with_permutations(base, found, level=level, every=every, constant=constant)
