"""Skipped correlation."""

from collections.abc import Iterator
from functools import partial
from math import isnan
from typing import Literal

from mmstats.effects import skipped as effect
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, Random, Resamples, method
from mmstats.resampling.attach import with_bootstrap
from mmstats.samples import sorted_rows


@method(title="Skipped correlation", references=("wilcox2004", "wilcox2018", "wilcox2012"))
def skipped(
    x: Ordered,
    y: Ordered,
    *,
    correlation: Literal["spearman", "pearson"] = "spearman",
    level: Level = 0.95,
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Correlation of two variables without the outliers of the cloud of points.

    Outliers are looked for on the lines from the centre, the two medians, through each point: a point is one
    if on any of these lines its distance from the centre is beyond the median distance by 2.72 interquartile
    ranges. Both variables are measured in median absolute deviations, so their units do not matter. The note
    says how many were removed.

    The interval is the percentile bootstrap that removes outliers anew in each resample, and p belongs to
    it. The usual p value of the points that are left, which other programs give, is too small: it does not
    know that points were removed for being far from the others. Without a relation, at 12 to 40 normal
    points and a level of 95 %, that one is below 0.05 in 8 % of samples, this one in 1 to 2 %.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    correlation : {"spearman", "pearson"}
        Of the midranks of the points left, or of their values.
    level : float
        Confidence level.
    resamples : int
        How many resamples the bootstrap draws.
    rng : numpy.random.Generator
        What the bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 5 pairs, the median absolute deviation of `x` or `y` is 0 (as where more than
        half of its values are equal), or what is left of one is constant.

    Notes
    -----
    References: wilcox2004, wilcox2018, wilcox2012.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> x = pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    >>> y = pd.Series([2.0, 1, 4, 3, 6, 5, 8, 7, 10, -30])
    >>> found = next(skipped(x, y, resamples=999, rng=np.random.default_rng(1)))
    >>> round(found.estimate, 2), found.note.partition(".")[0]
    (0.93, '1 outlier of 10 points removed')
    """
    pairs = sorted_rows({"x": x, "y": y}, at_least=5)
    statistic = partial(effect.skipped, correlation=correlation)
    r, n = float(statistic(*pairs)), len(x)
    if isnan(r):
        raise NotEstimableError(
            "The median absolute deviation of x or y is 0, or what the outliers leave of one is constant."
        )
    removed = int(effect.outliers(*pairs).sum())
    yield with_bootstrap(
        Estimate(
            quantity=effect.SKIPPED,
            estimate=r,
            n=n,
            note=f"{removed or 'No'} outlier{'' if removed == 1 else 's'} of {n} points removed.",
        ),
        pairs,
        statistic,
        interval="percentile-bootstrap",
        level=level,
        resamples=resamples,
        rng=rng,
        paired=True,
        null=0,
    )
