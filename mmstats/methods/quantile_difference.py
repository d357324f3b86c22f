"""Difference of quantiles."""

from collections.abc import Iterator
from typing import Annotated

from mmstats.effects.mean_difference import centred
from mmstats.effects.quantile_difference import QUANTILE_DIFFERENCE
from mmstats.estimate import Estimate
from mmstats.kind import Binary, Ordered
from mmstats.methods.median_difference import by_exact_bootstrap
from mmstats.registry import Between, Level, method
from mmstats.samples import two_samples


@method(title="Difference of quantiles", references=("efron1979", "hyndman1996"))
def quantile_difference(
    outcome: Ordered, group: Binary, *, share: Annotated[float, Between(0, 1)] = 0.75, level: Level = 0.95
) -> Iterator[Estimate]:
    """Difference of one quantile of two groups, comparison minus reference, such as the upper quartile.

    With the percentile interval from the exact bootstrap distribution, and the p value that belongs to it, as
    in `median_difference`. A quantile needs values beyond it: for the upper quartile 20 per group are few.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its first category is the reference.
    share : float
        The share of values below the quantile: 0.75 is the upper quartile (type 7 of Hyndman and Fan).
    level : float
        The confidence level.

    Raises
    ------
    NotEstimableError
        If a group is empty.

    References: efron1979, hyndman1996.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 6 + ["MS"] * 6))
    >>> outcome = pd.Series([4.0, 7, 8, 6, 3, 2, 6, 8, 7, 10, 11, 9])
    >>> (e,) = quantile_difference(outcome, group, share=0.25)
    >>> print(f"{e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.4f}")
    4.00 (0.50 to 6.50), p = 0.0258
    """
    reference, comparison = centred(*two_samples(outcome, group))
    yield by_exact_bootstrap(QUANTILE_DIFFERENCE, comparison, reference, share=share, level=level)
