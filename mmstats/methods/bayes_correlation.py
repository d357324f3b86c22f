"""Bayesian correlation."""

from collections.abc import Iterator
from math import nan
from typing import Annotated

from mmstats.effects.bayes_factor import BAYES_FACTOR, as_estimate, log_correlation
from mmstats.effects.pearson_r import ON_A_LINE, pearson_r, t_test
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Between, method
from mmstats.samples import sorted_rows


@method(title="Bayesian correlation", references=("ly2016",))
def bayes_correlation(
    x: Ordered, y: Ordered, *, scale: Annotated[float, Between(0.05, 10)] = 1.0
) -> Iterator[Estimate]:
    """Bayes factor of a Pearson correlation against none: how much likelier it makes the data.

    Above 1 the data speak for a correlation, below 1 for none: 0.1 is as strong evidence for none as 10 is
    for one. Exact for bivariate normal data (Ly, Verhagen and Wagenmakers), not the approximation by a
    regression (JZS). Under the alternative the correlation is beta with both parameters 1 / `scale`,
    stretched from -1 to 1: with 1, as Jeffreys had it, all are equally likely; R's BayesFactor takes 1/3,
    which expects small ones. Choose the scale before seeing the data: the factor depends on it, and the
    note names it. See `pearson` for the correlation itself.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    scale : float
        The width of the prior.

    Raises
    ------
    NotEstimableError
        If there are fewer than 3 pairs, or `x` or `y` is constant.

    Notes
    -----
    References: ly2016.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = pd.Series([1.0, 2, 3, 4, 5, 6, 7]), pd.Series([2.0, 1, 4, 3, 7, 8, 6])
    >>> (e,) = bayes_correlation(x, y)
    >>> round(e.estimate, 2)
    5.07
    """
    pairs = sorted_rows({"x": x, "y": y}, at_least=3)
    r, n = float(pearson_r(*pairs)), len(x)
    if abs(r) > 1 - ON_A_LINE:
        note = "All points lie on one line, which no prior of correlations expects."
        yield Estimate(quantity=BAYES_FACTOR, estimate=nan, n=n, note=note)
        return
    t, df, _ = t_test(r, n)
    prior = f"The prior of the correlation is a stretched beta with scale {scale:g}."
    yield as_estimate(log_correlation(r, n, scale=scale), prior, statistic=t, df=df, n=n)
