"""The mean of one group, its logarithm, and its spread."""

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.material import OneMean
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.scales import LOG
from mmstats.meta.measures.small_sample import small_sample_factors
from mmstats.meta.measures.standardised import FEW, NO_SPREAD
from mmstats.meta.weighted import FloatArray

NOT_POSITIVE = "A logarithm needs a mean above 0, on a scale with a true zero."


def mean(group: OneMean) -> Effects:
    """Return the mean.

    Examples
    --------
    >>> mean(OneMean(*map(np.array, ([5.0], [2.0], [16.0])))).variances
    array([0.25])
    """
    return effects_of(group.mean, group.sd**2 / group.n, (group.n < 2, NO_SPREAD))


def standardised_mean(group: OneMean) -> Effects:
    """Return the mean in standard deviations, times the exact small-sample factor.

    References: hedges1981.
    """
    g = small_sample_factors(group.n - 1) * group.mean / group.sd
    return effects_of(g, 1 / group.n + g**2 / (2 * group.n), (group.n < 2, NO_SPREAD), (group.n < 3, FEW))


def log_mean(group: OneMean) -> Effects:
    """Return the logarithm of the mean."""
    positive = np.where(group.mean > 0, group.mean, np.nan)
    return effects_of(
        np.log(positive),
        group.sd**2 / (group.n * positive**2),
        (group.n < 2, NO_SPREAD),
        (group.mean <= 0, NOT_POSITIVE),
    )


def log_coefficient_of_variation(group: OneMean) -> Effects:
    """Return the logarithm of the coefficient of variation, corrected for the bias of the spread.

    References: nakagawa2015.
    """
    spread, centre = log_standard_deviation(group), log_mean(group)
    return effects_of(
        spread.effects - centre.effects,
        spread.variances + centre.variances,
        (group.n < 2, NO_SPREAD),
        (group.mean <= 0, NOT_POSITIVE),
    )


def log_standard_deviation(group: OneMean) -> Effects:
    """Return the logarithm of the standard deviation, corrected for its bias.

    References: nakagawa2015.

    Examples
    --------
    >>> log_standard_deviation(OneMean(*map(np.array, ([5.0], [1.0], [11.0])))).effects
    array([0.05])
    """
    v: FloatArray = 1 / (2 * np.where(group.n < 2, np.nan, group.n - 1))
    return effects_of(np.log(group.sd) + v, v, (group.n < 2, NO_SPREAD))


ONE_MEAN = (
    Measure(Quantity("mean", "Mean"), "MN", OneMean, mean),
    Measure(
        Quantity("standardised_mean", "Standardised mean", null=0),
        "SMN",
        OneMean,
        standardised_mean,
        references=("hedges1981",),
    ),
    Measure(Quantity("log_mean", "Mean (by its logarithm)"), "MNLN", OneMean, log_mean, LOG),
    Measure(
        Quantity("coefficient_of_variation", "Coefficient of variation"),
        "CVLN",
        OneMean,
        log_coefficient_of_variation,
        LOG,
        references=("nakagawa2015",),
    ),
    Measure(
        Quantity("standard_deviation", "Standard deviation"),
        "SDLN",
        OneMean,
        log_standard_deviation,
        LOG,
        references=("nakagawa2015",),
    ),
)
