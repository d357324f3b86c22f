"""Partial correlation."""

from collections.abc import Iterator
from dataclasses import replace
from math import isnan
from typing import Literal

from mmstats.effects import partial_correlation as effect
from mmstats.effects.pearson_r import ON_A_LINE, t_test, z_limits
from mmstats.effects.r_interval import with_r
from mmstats.effects.spearman_rho import bonett_wright_std_error, ranks
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered, SeveralOrdered
from mmstats.registry import Level, Random, Resamples, method
from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.attach import with_bootstrap
from mmstats.samples import rows_with_covariates

Choice = Literal["analytic", "bca-bootstrap", "percentile-bootstrap"]


@method(title="Partial correlation", references=("fisher1924", "bonett2000"))
def partial_correlation(
    x: Ordered,
    y: Ordered,
    covariates: SeveralOrdered,
    *,
    correlation: Literal["pearson", "spearman"] = "pearson",
    level: Level = 0.95,
    interval: Choice = "analytic",
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Correlation of two variables given others, which are held fixed linearly.

    With k covariates a partial correlation of n rows behaves as a correlation of n - k (Fisher 1924), so p is
    from t with n - k - 2 degrees of freedom. The analytic interval is the exact one of Pearson's r, or, for
    ``spearman``, where every variable is replaced by its midranks, Bonett and Wright's. With a bootstrap of
    rows, p belongs to the interval.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    covariates : DataFrame of float, shape (n, k)
    correlation : {"pearson", "spearman"}
        Of the values, or of their midranks.
    level : float
        Confidence level.
    interval : {"analytic", "bca-bootstrap", "percentile-bootstrap"}
        How the interval is made.
    resamples : int
        How many resamples a bootstrap draws.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If fewer than k + 3 rows are left, a variable is constant, or the covariates determine `x`, `y` or one
        another.

    Notes
    -----
    References: fisher1924, bonett2000.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = pd.Series([1.0, 2, 3, 4, 5, 6, 7]), pd.Series([2.0, 1, 4, 3, 7, 8, 6])
    >>> age = pd.DataFrame({"age": [31.0, 28, 45, 39, 60, 44, 52]})
    >>> found = next(partial_correlation(x, y, age))
    >>> f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f}), df = {found.df}"
    '0.61 (-0.35 to 0.93), df = 4'
    """
    k, n = covariates.shape[1], len(x)
    columns = rows_with_covariates(x, y, covariates)
    statistic = effect.partial_correlation if correlation == "pearson" else _of_ranks
    r = float(statistic(*columns))
    if isnan(r):
        raise NotEstimableError(
            "The covariates determine x or y or one another: nothing is left to correlate."
        )
    base = Estimate(quantity=effect.PARTIAL_CORRELATION, estimate=r, n=n)
    if interval != "analytic":
        yield with_bootstrap(
            base,
            columns,
            statistic,
            interval=interval,
            level=level,
            resamples=resamples,
            rng=rng,
            paired=True,
            null=0,
        )
        return
    if correlation == "pearson":
        yield with_r(base, n - k, level=level, interval="exact")
        return
    if abs(r) > 1 - ON_A_LINE:
        note = "The correlation is perfect, so nothing is known about the uncertainty."
        yield replace(base, conf_level=level, interval="bonett-wright", note=note)
        return
    t, df, p = t_test(r, n - k)
    base = replace(base, statistic=t, df=df, p_value=p)
    if n - k < 4:
        note = f"The interval needs at least {k + 4} rows with {k} covariates."
        yield replace(base, conf_level=level, interval="bonett-wright", note=note)
    else:
        low, high = z_limits(r, bonett_wright_std_error(r, n - k), level=level)
        yield replace(base, conf_low=low, conf_high=high, conf_level=level, interval="bonett-wright")


def _of_ranks(*columns: FloatArray) -> FloatArray:
    return effect.partial_correlation(*(ranks(column) for column in columns))
