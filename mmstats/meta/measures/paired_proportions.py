"""Two yes-or-no conditions in the same participants, or in matched pairs: the first against the second."""

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.material import PairedProportions
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.scales import LOG
from mmstats.meta.weighted import BoolArray, FloatArray

NOBODY = "The table has no participants."
NO_MARGIN = "One condition has no events, or nothing but events: they do not determine a ratio."
CONCORDANT = "The conditions differ in no participant."
ONE_DIRECTION = "All participants who differ do so in one direction: they do not determine a ratio."


def paired_risk_difference(pairs: PairedProportions) -> Effects:
    """Return the difference of the two marginal proportions.

    Examples
    --------
    >>> found = paired_risk_difference(PairedProportions(*map(np.array, ([10.0], [4.0], [2.0], [20.0]))))
    >>> found.effects.round(4), found.variances.round(6)
    (array([0.0556]), array([0.004544]))
    """
    total = _total(pairs)
    first, second = pairs.first_only / total, pairs.second_only / total
    return effects_of(
        first - second,
        (first * (1 - first) + 2 * first * second + second * (1 - second)) / total,
        (_empty(pairs), NOBODY),
    )


def paired_log_risk_ratio(pairs: PairedProportions) -> Effects:
    """Return the log ratio of the two marginal proportions."""
    first, second = pairs.both + pairs.first_only, pairs.both + pairs.second_only
    none = (first == 0) | (second == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = (pairs.first_only + pairs.second_only) / (first * second)
        return effects_of(np.log(first) - np.log(second), v, (_empty(pairs), NOBODY), (none, NO_MARGIN))


def paired_marginal_log_odds_ratio(pairs: PairedProportions) -> Effects:
    """Return the log ratio of the marginal odds, whose variance allows for the pairing.

    References: becker1993.
    """
    first, second = pairs.both + pairs.first_only, pairs.both + pairs.second_only
    total = _total(pairs)
    not_first, not_second = total - first, total - second
    none = (first * second * not_first * not_second) == 0
    cross = total * (pairs.both * pairs.neither - pairs.first_only * pairs.second_only)
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.log(first) - np.log(not_first) - np.log(second) + np.log(not_second)
        v = 1 / first + 1 / not_first + 1 / second + 1 / not_second
        v = v - 2 * cross / (first * not_first * second * not_second)
        return effects_of(effects, v, (_empty(pairs), NOBODY), (none, NO_MARGIN))


def paired_conditional_log_odds_ratio(pairs: PairedProportions) -> Effects:
    """Return the log of the odds ratio within pairs: those who differ in one direction over the others.

    References: mcnemar1947, becker1993.
    """
    one = (pairs.first_only == 0) | (pairs.second_only == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return effects_of(
            np.log(pairs.first_only) - np.log(pairs.second_only),
            1 / pairs.first_only + 1 / pairs.second_only,
            (_concordant(pairs), CONCORDANT),
            (one, ONE_DIRECTION),
        )


def paired_peto_log_odds_ratio(pairs: PairedProportions) -> Effects:
    """Return Peto's approximation to the log of the odds ratio within pairs.

    References: yusuf1985.
    """
    differing = pairs.first_only + pairs.second_only
    with np.errstate(divide="ignore", invalid="ignore"):
        return effects_of(
            2 * (pairs.first_only - pairs.second_only) / differing,
            4 / differing,
            (_concordant(pairs), CONCORDANT),
        )


def _total(pairs: PairedProportions) -> FloatArray:
    total = pairs.both + pairs.first_only + pairs.second_only + pairs.neither
    return np.where(total == 0, np.nan, total)


def _empty(pairs: PairedProportions) -> BoolArray:
    return np.asarray((pairs.both + pairs.first_only + pairs.second_only + pairs.neither) == 0)


def _concordant(pairs: PairedProportions) -> BoolArray:
    return np.asarray((pairs.first_only + pairs.second_only) == 0)


PAIRED_PROPORTIONS = (
    Measure(
        Quantity("paired_risk_difference", "Risk difference (pairs)", null=0),
        "MPRD",
        PairedProportions,
        paired_risk_difference,
    ),
    Measure(
        Quantity("paired_risk_ratio", "Risk ratio (pairs)", null=1, ratio=True),
        "MPRR",
        PairedProportions,
        paired_log_risk_ratio,
        LOG,
    ),
    Measure(
        Quantity("paired_marginal_odds_ratio", "Marginal odds ratio (pairs)", null=1, ratio=True),
        "MPOR",
        PairedProportions,
        paired_marginal_log_odds_ratio,
        LOG,
        references=("becker1993",),
    ),
    Measure(
        Quantity("paired_conditional_odds_ratio", "Conditional odds ratio (pairs)", null=1, ratio=True),
        "MPORC",
        PairedProportions,
        paired_conditional_log_odds_ratio,
        LOG,
        references=("mcnemar1947", "becker1993"),
    ),
    Measure(
        Quantity("paired_peto_odds_ratio", "Conditional odds ratio (pairs, Peto)", null=1, ratio=True),
        "MPPETO",
        PairedProportions,
        paired_peto_log_odds_ratio,
        LOG,
        references=("yusuf1985",),
    ),
)
