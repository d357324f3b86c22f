"""One group measured twice: after minus before, or after over before.

The pairs' correlation is needed, as printed or from the standard deviation of the changes.
"""

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.material import PairedMeans
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.scales import LOG
from mmstats.meta.measures.small_sample import small_sample_factors
from mmstats.meta.measures.standardised import FEW
from mmstats.meta.measures.two_means import NOT_POSITIVE, squared_variation
from mmstats.meta.weighted import BoolArray, FloatArray

NO_CHANGE_SPREAD = "All changes are equal by these numbers: there is no spread to divide by."
ONE_PAIR = "One pair has no standard deviation."


def mean_change(pairs: PairedMeans) -> Effects:
    """Return the mean change.

    Examples
    --------
    >>> one = (np.array([x]) for x in (10.0, 2.0, 9.0, 2.0, 0.5, 16.0))
    >>> found = mean_change(PairedMeans(*one))
    >>> found.effects, found.variances
    (array([1.]), array([0.25]))
    """
    return effects_of(
        pairs.after_mean - pairs.before_mean,
        change_variance(pairs) / pairs.n,
        (pairs.n < 2, ONE_PAIR),
        (change_variance(pairs) <= 0, NO_CHANGE_SPREAD),
    )


def change_variance(pairs: PairedMeans) -> FloatArray:
    """Return the variance of the changes, shape (k,)."""
    return pairs.after_sd**2 + pairs.before_sd**2 - 2 * pairs.correlation * pairs.after_sd * pairs.before_sd


def standardised_mean_change(pairs: PairedMeans) -> Effects:
    """Return the mean change in standard deviations of the changes, which no other g is in.

    References: gibbons1993.
    """
    variance = change_variance(pairs)
    g = small_sample_factors(pairs.n - 1) * _change(pairs) / np.sqrt(np.where(variance > 0, variance, np.nan))
    return effects_of(g, 1 / pairs.n + g**2 / (2 * pairs.n), (variance <= 0, NO_CHANGE_SPREAD), *_few(pairs))


def standardised_mean_change_raw(pairs: PairedMeans) -> Effects:
    """Return the mean change in standard deviations from before, both variances supposed equal.

    References: becker1988.

    Examples
    --------
    >>> one = (np.array([x]) for x in (10.2, 2.2, 9.1, 2.0, 0.7, 12.0))
    >>> standardised_mean_change_raw(PairedMeans(*one)).effects.round(4)
    array([0.5115])
    """
    g = _raw(pairs)
    return effects_of(g, 2 * (1 - pairs.correlation) / pairs.n + g**2 / (2 * pairs.n), *_few(pairs))


def standardised_mean_change_raw_unequal_variances(pairs: PairedMeans) -> Effects:
    """Return the mean change in standard deviations from before, whose variance may be another than after.

    References: bonett2008.
    """
    g, df = _raw(pairs), pairs.n - 1
    v = change_variance(pairs) / (pairs.before_sd**2 * df) + g**2 / (2 * df)
    return effects_of(g, v, *_few(pairs))


def standardised_mean_change_average(pairs: PairedMeans) -> Effects:
    """Return the mean change in roots of the average variance, both variances supposed equal.

    References: bonett2008.
    """
    g = _averaged(pairs)
    v = 2 * (1 - pairs.correlation) / pairs.n + g**2 * (1 + pairs.correlation**2) / (4 * pairs.n)
    return effects_of(g, v, *_few(pairs))


def standardised_mean_change_average_unequal_variances(pairs: PairedMeans) -> Effects:
    """Return the mean change in roots of the average variance, without supposing equal variances.

    References: bonett2008.
    """
    g, df = _averaged(pairs), pairs.n - 1
    after, before = pairs.after_sd**2, pairs.before_sd**2
    average = (after + before) / 2
    spread = after**2 + before**2 + 2 * pairs.correlation**2 * after * before
    v = change_variance(pairs) / (average * df) + g**2 * spread / (8 * average**2 * df)
    return effects_of(g, v, *_few(pairs))


def log_ratio_of_means_change(pairs: PairedMeans) -> Effects:
    """Return the log ratio of the mean after to the mean before, less the bias of its second derivative.

    References: lajeunesse2011, lajeunesse2015.
    """
    after = squared_variation(pairs.after_mean, pairs.after_sd) / pairs.n
    before = squared_variation(pairs.before_mean, pairs.before_sd) / pairs.n
    positive = (pairs.after_mean > 0) & (pairs.before_mean > 0)
    ratio = np.where(positive, pairs.after_mean / pairs.before_mean, np.nan)
    v = after + before - 2 * pairs.correlation * np.sqrt(after * before)
    return effects_of(
        np.log(ratio) + (after - before) / 2,
        v,
        (pairs.n < 2, ONE_PAIR),
        (_known(pairs) & ~positive, NOT_POSITIVE),
    )


def log_variability_ratio_change(pairs: PairedMeans) -> Effects:
    """Return the log ratio of the standard deviation after to that before.

    References: senior2020.
    """
    v = (1 - pairs.correlation**2) / (pairs.n - 1)
    return effects_of(np.log(pairs.after_sd / pairs.before_sd), v, (pairs.n < 2, ONE_PAIR))


def log_coefficient_of_variation_ratio_change(pairs: PairedMeans) -> Effects:
    """Return the log ratio of the coefficient of variation after to that before.

    References: senior2020.
    """
    spread, centre = log_variability_ratio_change(pairs), log_ratio_of_means_change(pairs)
    positive = (pairs.after_mean > 0) & (pairs.before_mean > 0)
    return effects_of(
        spread.effects - centre.effects,
        spread.variances + centre.variances,
        (pairs.n < 2, ONE_PAIR),
        (_known(pairs) & ~positive, NOT_POSITIVE),
    )


def _change(pairs: PairedMeans) -> FloatArray:
    return pairs.after_mean - pairs.before_mean


def _known(pairs: PairedMeans) -> BoolArray:
    return ~np.isnan(pairs.after_mean) & ~np.isnan(pairs.before_mean)


def _few(pairs: PairedMeans) -> tuple[tuple[BoolArray, str], ...]:
    return ((pairs.n < 2, ONE_PAIR), (pairs.n < 3, FEW))


def _raw(pairs: PairedMeans) -> FloatArray:
    return small_sample_factors(pairs.n - 1) * _change(pairs) / pairs.before_sd


def _averaged(pairs: PairedMeans) -> FloatArray:
    df = 2 * (pairs.n - 1) / (1 + pairs.correlation**2)
    return small_sample_factors(df) * _change(pairs) / np.sqrt((pairs.after_sd**2 + pairs.before_sd**2) / 2)


PAIRED_MEANS = (
    Measure(Quantity("mean_change", "Mean change", null=0), "MC", PairedMeans, mean_change),
    Measure(
        Quantity("standardised_mean_change", "Standardised mean change (SD of changes)", null=0),
        "SMCC",
        PairedMeans,
        standardised_mean_change,
        references=("gibbons1993",),
    ),
    Measure(
        Quantity("standardised_mean_change_raw", "Standardised mean change (SD before)", null=0),
        "SMCR",
        PairedMeans,
        standardised_mean_change_raw,
        references=("becker1988",),
    ),
    Measure(
        Quantity(
            "standardised_mean_change_raw_unequal_variances",
            "Standardised mean change (SD before, unequal variances)",
            null=0,
        ),
        "SMCRH",
        PairedMeans,
        standardised_mean_change_raw_unequal_variances,
        references=("bonett2008",),
    ),
    Measure(
        Quantity("standardised_mean_change_average", "Standardised mean change (average SD)", null=0),
        "SMCRP",
        PairedMeans,
        standardised_mean_change_average,
        references=("bonett2008",),
    ),
    Measure(
        Quantity(
            "standardised_mean_change_average_unequal_variances",
            "Standardised mean change (average SD, unequal variances)",
            null=0,
        ),
        "SMCRPH",
        PairedMeans,
        standardised_mean_change_average_unequal_variances,
        references=("bonett2008",),
    ),
    Measure(
        Quantity("ratio_of_means_change", "Ratio of means, after to before", null=1, ratio=True),
        "ROMC",
        PairedMeans,
        log_ratio_of_means_change,
        LOG,
        references=("lajeunesse2011", "lajeunesse2015"),
    ),
    Measure(
        Quantity(
            "variability_ratio_change", "Ratio of standard deviations, after to before", null=1, ratio=True
        ),
        "VRC",
        PairedMeans,
        log_variability_ratio_change,
        LOG,
        references=("senior2020",),
    ),
    Measure(
        Quantity(
            "coefficient_of_variation_ratio_change",
            "Ratio of coefficients of variation, after to before",
            null=1,
            ratio=True,
        ),
        "CVRC",
        PairedMeans,
        log_coefficient_of_variation_ratio_change,
        LOG,
        references=("senior2020",),
    ),
)
