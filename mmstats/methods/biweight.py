"""Biweight midcorrelation."""

from collections.abc import Iterator
from math import isnan
from typing import Literal

from mmstats.effects import biweight as effect
from mmstats.effects.r_interval import with_r
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, Random, ResamplesOrAuto, method
from mmstats.resampling.attach import with_bootstrap
from mmstats.samples import sorted_rows

Choice = Literal["percentile-bootstrap", "as-pearson"]


@method(title="Biweight midcorrelation", references=("langfelder2012", "wilcox2012"))
def biweight(
    x: Ordered,
    y: Ordered,
    *,
    level: Level = 0.95,
    interval: Choice = "percentile-bootstrap",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Correlation of two variables, each weighted by how close its values are to their median.

    A value's weight falls smoothly, to 0 at nine median absolute deviations. That protects against values
    that are far out on one variable, not against pairs that are unusual only together: see `skipped`.

    p belongs to the interval shown. The default resamples pairs. ``as-pearson`` takes the limits and the t
    test of a Pearson correlation of that size, as WGCNA does for p, which supposes independence, not just a
    correlation of 0; it covers less than its level where the relation is strong or the tails are heavy.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    level : float
        Confidence level.
    interval : {"percentile-bootstrap", "as-pearson"}
        How the interval is made.
    resamples : int or 'auto'
        How many resamples a bootstrap draws; ``auto`` goes on until its limits are stable.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 3 pairs, or the median absolute deviation of `x` or `y` is 0, as where more
        than half of its values are equal.

    Notes
    -----
    References: langfelder2012, wilcox2012.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = pd.Series([1.0, 2, 3, 4, 5, 6, 7]), pd.Series([2.0, 1, 4, 3, 7, 8, 60])
    >>> found = next(biweight(x, y, interval="as-pearson"))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f}), p = {found.p_value:.3f}"
    '0.71 (-0.09 to 0.94), p = 0.076'
    """
    pairs = sorted_rows({"x": x, "y": y}, at_least=3)
    r, n = float(effect.biweight(*pairs)), len(x)
    if isnan(r):
        raise NotEstimableError(
            "The median absolute deviation of x or y is 0: too many of its values are equal."
        )
    base = Estimate(quantity=effect.BIWEIGHT, estimate=r, n=n)
    if interval == "as-pearson":
        yield with_r(base, n, level=level, interval=interval)
        return
    yield with_bootstrap(
        base,
        pairs,
        effect.biweight,
        interval=interval,
        level=level,
        resamples=resamples,
        rng=rng,
        paired=True,
        null=0,
    )
