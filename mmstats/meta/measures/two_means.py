"""Two independent means compared: their difference and ratio, the ratio of spreads, what d says of ranks."""

import numpy as np
from scipy import stats

from mmstats.estimate import Quantity
from mmstats.meta.measures.material import TwoMeans
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.scales import LOG
from mmstats.meta.measures.standardised import alone, average_variance, pooled_d, unequal_variance
from mmstats.meta.weighted import BoolArray, FloatArray

NOT_POSITIVE = "A ratio of means needs two means above 0, on a scale with a true zero."


def mean_difference(arms: TwoMeans) -> Effects:
    """Return the difference of means; each group has its own variance.

    Examples
    --------
    >>> one = (np.array([x]) for x in (6.0, 2.0, 10.0, 4.5, 2.0, 20.0))
    >>> found = mean_difference(TwoMeans(*one))
    >>> found.effects, found.variances
    (array([1.5]), array([0.6]))
    """
    v = arms.comparison_sd**2 / arms.comparison_n + arms.reference_sd**2 / arms.reference_n
    return effects_of(arms.comparison_mean - arms.reference_mean, v, alone(arms))


def log_ratio_of_means(arms: TwoMeans) -> Effects:
    """Return the log ratio of means, less the bias that its second derivative brings.

    References: hedges1999, lajeunesse2015.

    Examples
    --------
    >>> one = (np.array([x]) for x in (6.0, 2.0, 10.0, 4.5, 2.0, 20.0))
    >>> log_ratio_of_means(TwoMeans(*one)).effects.round(4)
    array([0.2883])
    """
    first = squared_variation(arms.comparison_mean, arms.comparison_sd) / arms.comparison_n
    second = squared_variation(arms.reference_mean, arms.reference_sd) / arms.reference_n
    positive = (arms.comparison_mean > 0) & (arms.reference_mean > 0)
    ratio = np.where(positive, arms.comparison_mean / arms.reference_mean, np.nan)
    effects = np.log(ratio) + (first - second) / 2
    return effects_of(effects, first + second, alone(arms), (_known(arms) & ~positive, NOT_POSITIVE))


def log_variability_ratio(arms: TwoMeans) -> Effects:
    """Return the log ratio of standard deviations, corrected for the bias of both.

    References: nakagawa2015.

    Examples
    --------
    >>> one = (np.array([x]) for x in (6.0, 2.0, 11.0, 4.5, 1.0, 21.0))
    >>> found = log_variability_ratio(TwoMeans(*one))
    >>> found.effects.round(4), found.variances.round(4)
    (array([0.7181]), array([0.075]))
    """
    first, second = 1 / (2 * (arms.comparison_n - 1)), 1 / (2 * (arms.reference_n - 1))
    return effects_of(
        np.log(arms.comparison_sd / arms.reference_sd) + first - second, first + second, alone(arms)
    )


def log_coefficient_of_variation_ratio(arms: TwoMeans) -> Effects:
    """Return the log ratio of coefficients of variation; means and standard deviations are independent.

    References: nakagawa2015.
    """
    spread, centre = log_variability_ratio(arms), log_ratio_of_means(arms)
    positive = (arms.comparison_mean > 0) & (arms.reference_mean > 0)
    return effects_of(
        spread.effects - centre.effects,
        spread.variances + centre.variances,
        alone(arms),
        (_known(arms) & ~positive, NOT_POSITIVE),
    )


def point_biserial_correlation(arms: TwoMeans) -> Effects:
    """Return the correlation of the outcome with belonging to the comparison group.

    Its variance is that of d by the delta method, sizes of the groups given.

    References: tate1954.
    """
    d, v, h, _ = _correlated(arms)
    return effects_of(d / np.sqrt(d**2 + h), h**2 / (d**2 + h) ** 3 * v, alone(arms))


def biserial_correlation(arms: TwoMeans) -> Effects:
    """Return the correlation of the outcome with a normal variable of which only the group is known.

    It can be beyond -1 and 1; the variance, a polynomial of correlations, is then that of -1 or 1.

    References: soper1914, jacobs2017.
    """
    d, _, h, total = _correlated(arms)
    p, q = arms.comparison_n / total, arms.reference_n / total
    cut = stats.norm.isf(p)
    density = stats.norm.pdf(cut)
    r = np.sqrt(p * q) / density * d / np.sqrt(d**2 + h)
    inner = 1.5 + (1 - p * cut / density) * (1 + q * cut / density)
    square = np.minimum(r**2, 1)
    return effects_of(r, (p * q / density**2 - inner * square + square**2) / (total - 1), alone(arms))


def probability_of_superiority_from_means(arms: TwoMeans) -> Effects:
    """Return the probability that a value of the comparison group is the larger one, if both are normal.

    References: mcgraw1992.

    Examples
    --------
    >>> one = (np.array([x]) for x in (6.0, 2.0, 10.0, 6.0, 1.0, 20.0))
    >>> probability_of_superiority_from_means(TwoMeans(*one)).effects
    array([0.5])
    """
    d = (arms.comparison_mean - arms.reference_mean) / np.sqrt(average_variance(arms))
    at = d / np.sqrt(2)
    v = unequal_variance(arms, d) * stats.norm.pdf(at) ** 2 / 2
    return effects_of(stats.norm.cdf(at), v, alone(arms))


def squared_variation(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Return squared coefficients of variation; NaN at a mean of 0."""
    return (sd / np.where(mean == 0, np.nan, mean)) ** 2


def _known(arms: TwoMeans) -> BoolArray:
    return ~np.isnan(arms.comparison_mean) & ~np.isnan(arms.reference_mean)


def _correlated(arms: TwoMeans) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return d, its large-sample variance, what turns d into a correlation, and the total size."""
    d, df, share = pooled_d(arms)
    total = arms.comparison_n + arms.reference_n
    return d, share + d**2 / (2 * total), df * share, total


TWO_MEANS = (
    Measure(Quantity("mean_difference", "Mean difference", null=0), "MD", TwoMeans, mean_difference),
    Measure(
        Quantity("ratio_of_means", "Ratio of means", null=1, ratio=True),
        "ROM",
        TwoMeans,
        log_ratio_of_means,
        LOG,
        references=("hedges1999", "lajeunesse2015"),
    ),
    Measure(
        Quantity("variability_ratio", "Ratio of standard deviations", null=1, ratio=True),
        "VR",
        TwoMeans,
        log_variability_ratio,
        LOG,
        references=("nakagawa2015",),
    ),
    Measure(
        Quantity("coefficient_of_variation_ratio", "Ratio of coefficients of variation", null=1, ratio=True),
        "CVR",
        TwoMeans,
        log_coefficient_of_variation_ratio,
        LOG,
        references=("nakagawa2015",),
    ),
    Measure(
        Quantity("point_biserial_correlation", "Point-biserial correlation", null=0),
        "RPB",
        TwoMeans,
        point_biserial_correlation,
        references=("tate1954",),
    ),
    Measure(
        Quantity("biserial_correlation", "Biserial correlation", null=0),
        "RBIS",
        TwoMeans,
        biserial_correlation,
        references=("soper1914", "jacobs2017"),
    ),
    Measure(
        Quantity("probability_of_superiority_from_means", "Probability of superiority", null=0.5),
        "CLESN",
        TwoMeans,
        probability_of_superiority_from_means,
        references=("mcgraw1992",),
    ),
)
