"""Bayesian paired t test."""

from collections.abc import Iterator
from typing import Annotated

from mmstats.effects.bayes_factor import as_estimate, log_jzs
from mmstats.effects.mean_difference import mean, mean_std_error, pair_differences
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Between, method
from mmstats.samples import measured


@method(title="Bayesian paired t test", references=("rouder2009",))
def bayes_paired_t(
    comparison: Ordered, reference: Ordered, *, scale: Annotated[float, Between(0.05, 10)] = 0.707
) -> Iterator[Estimate]:
    """Bayes factor of a mean difference of pairs against none: how much likelier it makes the data.

    Above 1 the data speak for a difference, below 1 for none: 0.1 is as strong evidence for none as 10 is
    for one. The test is that of Rouder et al. (JZS), of normal differences; their mean, in their standard
    deviations, is Cauchy under the alternative, so half of what it expects lies within `scale`. Choose the
    scale before seeing the data: the factor depends on it, and the note names it.

    Parameters
    ----------
    comparison, reference : Series of float, shape (n,)
        Two measurements of the same participants, row by row.
    scale : float
        The scale of the prior.

    Raises
    ------
    NotEstimableError
        If there are fewer than 2 pairs, or all differences are equal.

    References: rouder2009.

    Examples
    --------
    >>> import pandas as pd
    >>> drug_2 = pd.Series([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    >>> drug_1 = pd.Series([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    >>> (e,) = bayes_paired_t(drug_2, drug_1)
    >>> round(e.estimate, 2)
    17.26
    """
    n = len(comparison)
    if n < 2:
        raise NotEstimableError(f"A paired t test needs at least 2 pairs; there are {n}.")
    differences = pair_differences(measured(comparison, "comparison"), measured(reference, "reference"))
    std_error = float(mean_std_error(differences))
    if std_error == 0:
        raise NotEstimableError("All differences are equal, so nothing is known about their spread.")
    t = float(mean(differences)) / std_error
    prior = f"The prior of the standardized mean difference is Cauchy with scale {scale:g}."
    yield as_estimate(log_jzs(t, n - 1, n, scale=scale), prior, statistic=t, df=n - 1, n=n)
