"""Bayesian t test of two groups."""

from collections.abc import Iterator
from typing import Annotated

from mmstats.effects.bayes_factor import as_estimate, log_jzs
from mmstats.effects.mean_difference import centred, mean_difference, variance
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Binary, Ordered
from mmstats.registry import Between, method
from mmstats.samples import two_samples


@method(title="Bayesian t test", references=("rouder2009",))
def bayes_t_test(
    outcome: Ordered, group: Binary, *, scale: Annotated[float, Between(0.05, 10)] = 0.707
) -> Iterator[Estimate]:
    """Bayes factor of a difference of two means against none: how much likelier it makes the data.

    Above 1 the data speak for a difference, below 1 for none: 0.1 is as strong evidence for none as 10 is
    for one. The test is that of Rouder et al. (JZS), of normal data with equal variances; the difference, in
    standard deviations, is Cauchy under the alternative, so half of what it expects lies within `scale`.
    Choose the scale before seeing the data: the factor depends on it, and the note names it.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its first category is the reference.
    scale : float
        The scale of the prior.

    Raises
    ------
    NotEstimableError
        If a group has fewer than 2 values, or both are constant.

    References: rouder2009.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 6 + ["MS"] * 6))
    >>> outcome = pd.Series([4.0, 7, 8, 6, 3, 2, 6, 8, 7, 10, 11, 9])
    >>> (e,) = bayes_t_test(outcome, group)
    >>> round(e.estimate, 2)
    3.57
    """
    reference, comparison = centred(*two_samples(outcome, group, at_least=2))
    n1, n2 = len(comparison), len(reference)
    df = n1 + n2 - 2
    size = n1 * n2 / (n1 + n2)
    pooled = ((n1 - 1) * variance(comparison) + (n2 - 1) * variance(reference)) / df
    if pooled == 0:
        raise NotEstimableError("Both groups are constant, so nothing is known about their spread.")
    t = float(mean_difference(comparison, reference) / (pooled / size) ** 0.5)
    prior = f"The prior of the standardized difference is Cauchy with scale {scale:g}."
    yield as_estimate(log_jzs(t, df, size, scale=scale), prior, statistic=t, df=df, n=n1 + n2)
