"""Standardised differences of two means: comparison minus reference, in standard deviations."""

from typing import Literal

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.material import TwoMeans
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.scales import LOG
from mmstats.meta.measures.small_sample import small_sample_factors
from mmstats.meta.weighted import BoolArray, FloatArray

Variance = Literal["large-sample", "large-sample-at-d", "unbiased", "averaged"]
Correction = Literal["exact", "none"]

FEW = "The small-sample factor needs more than 1 degree of freedom."
FEW_FOR_VARIANCE = "The unbiased variance needs more than 2 degrees of freedom."
LOGISTIC = np.pi / np.sqrt(3)  # the standard deviation of the logistic distribution
COX = 1.65  # Cox's quicker number in its place
NO_SPREAD = "A group of 1 has no standard deviation."


def pooled_sd(arms: TwoMeans) -> FloatArray:
    """Return the standard deviation within groups, supposed equal in both, shape (k,)."""
    first, second = arms.comparison_n - 1, arms.reference_n - 1
    return np.sqrt((first * arms.comparison_sd**2 + second * arms.reference_sd**2) / (first + second))


def pooled_d(arms: TwoMeans) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the difference in pooled standard deviations, uncorrected, its df, and 1/n1 + 1/n2."""
    d = (arms.comparison_mean - arms.reference_mean) / pooled_sd(arms)
    return d, arms.comparison_n + arms.reference_n - 2, 1 / arms.comparison_n + 1 / arms.reference_n


def alone(arms: TwoMeans) -> tuple[BoolArray, str]:
    """Return which studies have a group of 1, and what to say of them."""
    return (arms.comparison_n < 2) | (arms.reference_n < 2), NO_SPREAD


def standardised_mean_difference(
    arms: TwoMeans, *, variance: Variance = "large-sample", correction: Correction = "exact"
) -> Effects:
    """Return Hedges' g: the difference in pooled standard deviations, times the exact small-sample factor J.

    ``large-sample`` is 1/n1 + 1/n2 + g^2 / 2(n1 + n2), ``large-sample-at-d`` J^2 times the same with d for g.
    ``unbiased`` is 1/n1 + 1/n2 + g^2 (1 - (df - 2) / (df J^2)). ``averaged`` is the first with the average
    g of all studies, weighted by their size. Without the correction, J is 1.

    References: hedges1981, hedges1982.

    Examples
    --------
    >>> one = (np.array([x]) for x in (6.0, 2.0, 12.0, 4.5, 2.5, 11.0))
    >>> found = standardised_mean_difference(TwoMeans(*one))
    >>> found.effects.round(4), found.variances.round(4)
    (array([0.642]), array([0.1832]))
    """
    d, df, share = pooled_d(arms)
    total = arms.comparison_n + arms.reference_n
    factor = small_sample_factors(df) if correction == "exact" else np.ones_like(df)
    g = factor * d
    reasons = [alone(arms), ((df <= 1) & (correction == "exact"), FEW)]
    if variance == "large-sample":
        v = share + g**2 / (2 * total)
    elif variance == "large-sample-at-d":
        v = factor**2 * (share + d**2 / (2 * total))
    elif variance == "unbiased":
        v = share + (1 - (df - 2) / (df * small_sample_factors(df) ** 2)) * g**2
        reasons.append((df <= 2, FEW_FOR_VARIANCE))
    else:
        usable = np.isfinite(g) & ~reasons[0][0]
        average = (total * g)[usable].sum() / total[usable].sum() if usable.any() else np.nan
        v = share + average**2 / (2 * total)
    return effects_of(g, v, *reasons)


def standardised_mean_difference_unequal_variances(
    arms: TwoMeans, *, correction: Correction = "exact"
) -> Effects:
    """Return the difference in roots of the average variance, without supposing that the variances are equal.

    References: bonett2009.

    Examples
    --------
    >>> one = (np.array([x]) for x in (6.0, 2.0, 12.0, 4.5, 2.5, 11.0))
    >>> standardised_mean_difference_unequal_variances(TwoMeans(*one)).effects.round(4)
    array([0.6386])
    """
    _, df, _ = pooled_d(arms)
    factor = small_sample_factors(df) if correction == "exact" else np.ones_like(df)
    g = factor * (arms.comparison_mean - arms.reference_mean) / np.sqrt(average_variance(arms))
    return effects_of(g, unequal_variance(arms, g), alone(arms))


def average_variance(arms: TwoMeans) -> FloatArray:
    """Return the plain average of the two variances, shape (k,)."""
    return (arms.comparison_sd**2 + arms.reference_sd**2) / 2


def unequal_variance(arms: TwoMeans, effect: FloatArray) -> FloatArray:
    """Return the sampling variance of a difference in roots of the average variance.

    References: bonett2009.
    """
    first, second = arms.comparison_sd**2, arms.reference_sd**2
    df1, df2, average = arms.comparison_n - 1, arms.reference_n - 1, average_variance(arms)
    spread = (first**2 / df1 + second**2 / df2) / (8 * average**2)
    return (first / df1 + second / df2) / average + effect**2 * spread


def glass_delta(arms: TwoMeans, *, correction: Correction = "exact") -> Effects:
    """Return the difference in standard deviations of the reference group, variances supposed equal.

    References: hedges1981.

    Examples
    --------
    >>> one = (np.array([x]) for x in (6.0, 2.0, 12.0, 4.5, 2.5, 11.0))
    >>> glass_delta(TwoMeans(*one)).effects.round(4)
    array([0.5536])
    """
    g = _in_reference(arms, correction)
    v = 1 / arms.comparison_n + 1 / arms.reference_n + g**2 / (2 * arms.reference_n)
    return effects_of(g, v, alone(arms), (arms.reference_n <= 2, FEW))


def glass_delta_unequal_variances(arms: TwoMeans, *, correction: Correction = "exact") -> Effects:
    """Return the difference in standard deviations of the reference group, whose variance may be another.

    References: bonett2009.
    """
    g = _in_reference(arms, correction)
    ratio = arms.comparison_sd**2 / arms.reference_sd**2
    df1, df2 = arms.comparison_n - 1, arms.reference_n - 1
    return effects_of(g, ratio / df1 + 1 / df2 + g**2 / (2 * df2), alone(arms), (arms.reference_n <= 2, FEW))


def _in_reference(arms: TwoMeans, correction: Correction) -> FloatArray:
    d = (arms.comparison_mean - arms.reference_mean) / arms.reference_sd
    return d * small_sample_factors(arms.reference_n - 1) if correction == "exact" else d


def log_odds_ratio_from_means_logistic(arms: TwoMeans) -> Effects:
    """Return the log odds ratio that the uncorrected difference d stands for if outcomes are logistic.

    References: hasselblad1995, chinn2000.
    """
    return _times(arms, LOGISTIC)


def log_odds_ratio_from_means_normal(arms: TwoMeans) -> Effects:
    """Return the log odds ratio that d stands for if outcomes are normal (Cox: 1.65 d).

    References: cox1989, sanchezmeca2003.
    """
    return _times(arms, COX)


def _times(arms: TwoMeans, factor: float) -> Effects:
    found = standardised_mean_difference(arms, correction="none")
    return Effects(factor * found.effects, factor**2 * found.variances, found.notes)


STANDARDISED = (
    Measure(
        Quantity("standardised_mean_difference", "Standardised mean difference (Hedges' g)", null=0),
        "SMD",
        TwoMeans,
        standardised_mean_difference,
        options={
            "variance": ("large-sample", "large-sample-at-d", "unbiased", "averaged"),
            "correction": ("exact", "none"),
        },
        references=("hedges1981", "hedges1982"),
    ),
    Measure(
        Quantity(
            "standardised_mean_difference_unequal_variances",
            "Standardised mean difference (unequal variances)",
            null=0,
        ),
        "SMDH",
        TwoMeans,
        standardised_mean_difference_unequal_variances,
        options={"correction": ("exact", "none")},
        references=("bonett2009",),
    ),
    Measure(
        Quantity("glass_delta", "Glass's delta", null=0),
        "SMD1",
        TwoMeans,
        glass_delta,
        options={"correction": ("exact", "none")},
        references=("hedges1981",),
    ),
    Measure(
        Quantity("glass_delta_unequal_variances", "Glass's delta (unequal variances)", null=0),
        "SMD1H",
        TwoMeans,
        glass_delta_unequal_variances,
        options={"correction": ("exact", "none")},
        references=("bonett2009",),
    ),
    Measure(
        Quantity("odds_ratio_from_means_logistic", "Odds ratio (from means, logistic)", null=1, ratio=True),
        "D2ORL",
        TwoMeans,
        log_odds_ratio_from_means_logistic,
        LOG,
        references=("hasselblad1995", "chinn2000"),
    ),
    Measure(
        Quantity("odds_ratio_from_means_normal", "Odds ratio (from means, normal)", null=1, ratio=True),
        "D2ORN",
        TwoMeans,
        log_odds_ratio_from_means_normal,
        LOG,
        references=("cox1989", "sanchezmeca2003"),
    ),
)
