"""Probability of superiority: how often a comparison value exceeds a reference value, ties counting half."""

from math import isinf

import numpy as np
from scipy.optimize import brentq
from scipy.stats import rankdata

from mmstats.effects.mean_difference import FloatArray, mean, variance
from mmstats.estimate import Quantity

SUPERIORITY = Quantity("superiority", "Probability of superiority", null=0.5)


def superiority(comparison: FloatArray, reference: FloatArray) -> FloatArray:
    """Return P(comparison > reference) + P(equal) / 2, over the last axis.

    Examples
    --------
    >>> float(superiority(np.array([2.0, 3.0]), np.array([1.0, 2.0])))
    0.875
    """
    return mean(placements(comparison, reference)[0])


def brunner_munzel_std_error(comparison: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the standard error of the probability of superiority, over the last axis.

    From the placements: each value's share of the other group below it.

    References: brunner2000.
    """
    upper, lower = placements(comparison, reference)
    result: FloatArray = np.sqrt(variance(upper) / upper.shape[-1] + variance(lower) / lower.shape[-1])
    return result


def brunner_munzel_df(comparison: FloatArray, reference: FloatArray) -> float:
    """Return the Satterthwaite degrees of freedom of Brunner and Munzel, where the standard error is not 0.

    References: brunner2000.
    """
    parts = np.array([variance(p) / p.shape[-1] for p in placements(comparison, reference)])
    sizes = np.array([len(comparison), len(reference)])
    return float(parts.sum() ** 2 / np.sum(parts**2 / (sizes - 1)))


def newcombe_limits(
    estimate: float, sizes: tuple[int, int], *, critical: float, tie_factor: float
) -> tuple[float, float]:
    """Return the score interval of the probability of superiority: Newcombe's method 5, given the ties.

    Every value is kept whose standardized distance from the estimate is below `critical`, with Hanley and
    McNeil's variance at that value. At one half this is the null variance of the Mann-Whitney test, so with
    that test's critical value the interval leaves out one half exactly when the test rejects. It stays
    within 0 and 1 and is defined at complete separation.

    Parameters
    ----------
    estimate : float
    sizes : (int, int)
    critical : float
        In null standard deviations; infinite if the test cannot reject, which gives 0 to 1.
    tie_factor : float
        1 - sum(t^3 - t) / (N^3 - N) over the ties: the share of the variance that they leave.

    References: newcombe2006.

    Examples
    --------
    >>> low, high = newcombe_limits(1.0, (5, 5), critical=1.96, tie_factor=1.0)
    >>> round(low, 4), high
    (0.6427, 1.0)
    """
    if isinf(critical) or tie_factor <= 0:
        return 0.0, 1.0

    scale = critical**2 * tie_factor
    return _newcombe_lower(estimate, sizes, scale), 1 - _newcombe_lower(1 - estimate, sizes, scale)


def hanley_mcneil_variance(value: float, sizes: tuple[int, int]) -> float:
    """Return the variance of the estimate where the probability of superiority is `value`, without ties.

    The two terms of Hanley and McNeil weigh (N - 2) / 2 each, as in Newcombe, so groups may be swapped.

    References: hanley1982, newcombe2006.
    """
    return value * (1 - value) * _inflation(value, sizes)


def _inflation(value: float, sizes: tuple[int, int]) -> float:
    n1, n2 = sizes
    joint = (1 - value) / (2 - value) + value / (1 + value)
    return (1 + ((n1 + n2) / 2 - 1) * joint) / (n1 * n2)


def _newcombe_lower(estimate: float, sizes: tuple[int, int], scale: float) -> float:
    """Return the value below the estimate whose squared distance is `scale` variances; there is one."""
    if estimate == 0:
        return 0.0
    if estimate == 1:  # both sides divided by 1 - value, which is the other root

        def excess(value: float) -> float:
            return 1 - value - scale * value * _inflation(value, sizes)

    else:

        def excess(value: float) -> float:
            return (estimate - value) ** 2 - scale * hanley_mcneil_variance(value, sizes)

    return float(brentq(excess, 0.0, estimate, xtol=1e-15, rtol=1e-14))


def tie_factor(values: FloatArray) -> float:
    """Return 1 - sum(t^3 - t) / (N^3 - N), where t are the sizes of the ties of a pooled sample.

    Examples
    --------
    >>> tie_factor(np.array([1.0, 2.0, 2.0, 3.0]))
    0.9
    """
    _, sizes = np.unique(values, return_counts=True)
    total = len(values)
    return 1 - float(np.sum(sizes.astype(float) ** 3 - sizes)) / (total**3 - total) if total > 1 else 0.0


def placements(comparison: FloatArray, reference: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the share of the other group below each comparison value, and below each reference value."""
    n1, n2 = comparison.shape[-1], reference.shape[-1]
    pooled = rankdata(np.concatenate([comparison, reference], axis=-1), axis=-1)
    upper = pooled[..., :n1] - rankdata(comparison, axis=-1)
    lower = pooled[..., n1:] - rankdata(reference, axis=-1)
    return upper / n2, lower / n1
