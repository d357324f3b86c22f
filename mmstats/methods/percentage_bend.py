"""Percentage bend correlation."""

from collections.abc import Iterator
from functools import partial
from math import isnan
from typing import Annotated, Literal

from mmstats.effects import percentage_bend as effect
from mmstats.effects.r_interval import with_r
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Between, Level, Random, ResamplesOrAuto, method
from mmstats.resampling.attach import with_bootstrap
from mmstats.samples import sorted_rows

Choice = Literal["percentile-bootstrap", "as-pearson"]


@method(title="Percentage bend correlation", references=("wilcox1994", "wilcox2012"))
def percentage_bend(
    x: Ordered,
    y: Ordered,
    *,
    beta: Annotated[float, Between(0, 0.5)] = 0.2,
    level: Level = 0.95,
    interval: Choice = "percentile-bootstrap",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Correlation of two variables on each of which the values farthest from the middle are drawn in.

    About the share `beta` of each variable, the values farthest from its median, counts as if at the bend.
    That protects against values that are far out on one variable, not against pairs that are unusual only
    together: see `skipped`. The quantity is not Pearson's: in a normal population with a correlation of
    0.8 it is 0.78.

    p belongs to the interval shown. The default resamples pairs, as Wilcox advises. ``as-pearson`` takes the
    limits of a Pearson correlation of that size, with Wilcox's t test, which supposes independence, not just
    a correlation of 0; it covers less than its level where the relation is strong or the tails are heavy.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    beta : float
        The share drawn in, below one half.
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
        If there are fewer than 3 pairs, or all values of `x` or `y` but the share `beta` are equal.

    Notes
    -----
    References: wilcox1994, wilcox2012.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = pd.Series([1.0, 2, 3, 4, 5, 6, 7]), pd.Series([2.0, 1, 4, 3, 7, 8, 60])
    >>> found = next(percentage_bend(x, y, interval="as-pearson"))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f}), p = {found.p_value:.3f}"
    '0.93 (0.58 to 0.99), p = 0.002'
    """
    pairs = sorted_rows({"x": x, "y": y}, at_least=3)
    statistic = partial(effect.percentage_bend, beta=beta)
    r, n = float(statistic(*pairs)), len(x)
    if isnan(r):
        raise NotEstimableError("So many values of x or y equal its median that there is nothing to bend.")
    base = Estimate(quantity=effect.PERCENTAGE_BEND, estimate=r, n=n)
    if interval == "as-pearson":
        yield with_r(base, n, level=level, interval=interval)
        return
    yield with_bootstrap(
        base,
        pairs,
        statistic,
        interval=interval,
        level=level,
        resamples=resamples,
        rng=rng,
        paired=True,
        null=0,
    )
