"""Spearman rank correlation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from mmstats.effects.pearson_r import ON_A_LINE, z_limits
from mmstats.effects.spearman_rho import SPEARMAN_RHO, bonett_wright_std_error, p_value, spearman_rho
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Level, Random, ResamplesOrAuto, method
from mmstats.resampling import statistics
from mmstats.resampling.attach import with_bootstrap
from mmstats.resampling.bootstrap import Drawn
from mmstats.samples import sorted_rows

Choice = Literal["bonett-wright", Drawn]


@method(title="Spearman rank correlation", references=("spearman1904", "bonett2000"))
def spearman(
    x: Ordered,
    y: Ordered,
    *,
    level: Level = 0.95,
    interval: Choice = "bonett-wright",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Correlation of the midranks of two variables.

    With ``bonett-wright`` the p value is that of independence: exact over all orders, ties kept, up to 9
    pairs, and from the t distribution beyond; the note says when it is exact. It supposes more than the
    interval does (independence, not just a correlation of 0), so close to 1 - level the two may differ. With
    a bootstrap, p is the one that belongs to the interval.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    level : float
        Confidence level.
    interval : {"bonett-wright"} or a bootstrap
        How the interval is made; `bootstrap_interval` lists the bootstraps.
    resamples : int or 'auto'
        How many resamples a bootstrap draws; ``auto`` goes on until its limits are stable.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If there are fewer than 3 pairs, or `x` or `y` is constant.

    Notes
    -----
    References: spearman1904, bonett2000.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = pd.Series([1.0, 2, 3, 4, 5, 6, 7]), pd.Series([2.0, 1, 4, 3, 7, 8, 6])
    >>> found = next(spearman(x, y))
    >>> f"{found.estimate:.3f}, p = {found.p_value:.4f}"
    '0.821, p = 0.0341'
    """
    pairs = sorted_rows({"x": x, "y": y}, at_least=3)
    rho, n = float(spearman_rho(*pairs)), len(x)
    base = Estimate(quantity=SPEARMAN_RHO, estimate=rho, n=n)
    if interval != "bonett-wright":
        yield with_bootstrap(
            base,
            pairs,
            statistics.SPEARMAN_RHO,
            interval=interval,
            level=level,
            resamples=resamples,
            rng=rng,
            paired=True,
            null=0,
        )
        return
    t, df, p, exact = p_value(*pairs)
    note = "p is exact." if exact else ""
    base = replace(base, statistic=t, df=df, p_value=p, note=note)
    if n < 4 or abs(rho) > 1 - ON_A_LINE:
        reason = "needs at least 4 pairs" if n < 4 else "does not exist at a perfect correlation"
        note = f"The interval {reason}. {note}".strip()
        yield replace(base, conf_level=level, interval=interval, note=note)
    else:
        low, high = z_limits(rho, bonett_wright_std_error(rho, n), level=level)
        yield replace(base, conf_low=low, conf_high=high, conf_level=level, interval=interval)
