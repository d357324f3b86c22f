"""Comparison of two groups by an ordinal score."""

from collections.abc import Iterator
from math import isfinite, isnan, nan

import numpy as np

from mmstats.effects.cumulative_logit import cumulative_logit_fit, proportionality_test
from mmstats.effects.generalised_odds_ratio import GENERALISED_ODDS_RATIO, generalised_odds_ratio
from mmstats.effects.odds_ratio import ODDS_RATIO
from mmstats.effects.profile_interval import with_profile
from mmstats.effects.wilson import PROPORTION, wilson_interval
from mmstats.estimate import Estimate
from mmstats.kind import Binary, Ordered
from mmstats.methods.mann_whitney import mann_whitney
from mmstats.registry import Level, method
from mmstats.samples import FloatArray, two_samples


@method(
    title="Comparison of ordinal scores",
    references=("mccullagh1980", "mann1947", "newcombe2006", "agresti1980", "peterson1990", "wilson1927"),
)
def ordinal_comparison(outcome: Ordered, group: Binary, *, level: Level = 0.95) -> Iterator[Estimate]:
    """Two groups by a score of few steps: who scores higher, by what odds, and how many reach each step.

    Yields, with effects above one half or 1 where the comparison group scores higher:

    - ``superiority``: the probability that a comparison value exceeds a reference value, ties counting half,
      with its interval and the p value of the Mann-Whitney test, exact for small groups (`mann_whitney`).
    - ``odds_ratio``: the odds to reach any one step, comparison over reference, taken to be the same
      ratio at every step; with its profile-likelihood interval and likelihood-ratio p. That its value is 1 is
      the hypothesis of the first row, and the Mann-Whitney test is its score test (McCullagh 1980), so
      the two p values tell the same but for approximation. The first is the one to report: it is exact
      where the other relies on large samples, and it holds when odds are not proportional.
    - ``generalised_odds_ratio``: how many times as often the comparison value is the higher one of two
      that differ, with Wald's interval on its logarithm (Agresti). It supposes nothing about proportions.
    - ``proportional_odds_test``: whether the odds ratio differs by step, by the likelihood ratio. It is
      approximate where steps are rare; not to reject does not show that they are the same.
    - ``proportion``: the share of each group that reaches each step there is, with Wilson's interval.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its first category is the reference.
    level : float
        The confidence level.

    Raises
    ------
    NotEstimableError
        If a group is empty.

    References: mccullagh1980, mann1947, newcombe2006, agresti1980, peterson1990, wilson1927.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 8 + ["MS"] * 8))
    >>> outcome = pd.Series([0.0, 0, 0, 1, 0, 1, 2, 0, 1, 0, 2, 3, 1, 4, 2, 0])
    >>> for e in list(ordinal_comparison(outcome, group))[:3]:
    ...     print(f"{e.quantity.name} {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    superiority 0.75 (0.48 to 0.90)
    odds_ratio 6.20 (0.93 to 53.17)
    generalised_odds_ratio 5.00 (0.88 to 28.31)
    """
    reference, comparison = (np.sort(values) for values in two_samples(outcome, group))
    n = len(outcome)
    yield next(mann_whitney(outcome, group, level=level))
    base = Estimate(quantity=ODDS_RATIO, estimate=0, n=n)
    steps, codes = np.unique(np.concatenate([reference, comparison]), return_inverse=True)
    sides = np.repeat([[-0.5], [0.5]], [len(reference), len(comparison)], axis=0)
    if len(steps) == 1:
        note = "Everybody has the same value."
        yield Estimate(quantity=ODDS_RATIO, estimate=nan, n=n, note=note)
        yield _generalised(comparison, reference, level)
        return
    fit = cumulative_logit_fit(codes, sides)
    slope = np.eye(len(steps))[-1]  # after a threshold between any two steps
    yield with_profile(base, fit, slope, level=level, interval="profile-likelihood")
    yield _generalised(comparison, reference, level)
    yield proportionality_test(base, fit, codes, sides, sides)
    for step in steps[1:]:
        for name, values in zip(group.cat.categories, (reference, comparison), strict=True):
            reached = int((values >= step).sum())
            low, high = wilson_interval(reached, len(values), level=level)
            yield Estimate(
                quantity=PROPORTION,
                term=f"≥ {step:g} | {name}",
                estimate=reached / len(values),
                conf_low=low,
                conf_high=high,
                conf_level=level,
                interval="wilson",
                n=len(values),
            )


def _generalised(comparison: FloatArray, reference: FloatArray, level: float) -> Estimate:
    ratio, low, high = generalised_odds_ratio(comparison, reference, level=level)
    note = "All values are equal, so the ratio is 0/0." if isnan(ratio) else ""
    if not note and (ratio == 0 or not isfinite(ratio)):
        note = "One group never has the higher value, which leaves the ratio without Wald's interval."
    return Estimate(
        quantity=GENERALISED_ODDS_RATIO,
        estimate=ratio,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval="log-wald",
        n=len(comparison) + len(reference),
        note=note,
    )
