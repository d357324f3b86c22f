"""Two rates of events over time at risk: their ratio, difference, and the difference of their roots."""

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.counts import CORRECTIONS, UNINFORMATIVE, Correction, Uninformative
from mmstats.meta.measures.material import TwoRates
from mmstats.meta.measures.measure import Effects, Measure, effects_of, noted
from mmstats.meta.measures.scales import LOG
from mmstats.meta.weighted import BoolArray, FloatArray

ADDED = "1/2 was added to the events of both groups, since one has none."
ADDED_TO_ALL = "1/2 was added to the events of both groups, as in all studies."
NO_EVENTS = "No events in either group: a ratio is not estimable, a difference is."
ZERO = "A group has no events, and nothing was added to them."


def log_rate_ratio(
    arms: TwoRates,
    *,
    correction: Correction = "zero-cells",
    uninformative: Uninformative = "not-estimable",
) -> Effects:
    """Return the log ratio of rates.

    Examples
    --------
    >>> found = log_rate_ratio(TwoRates(*map(np.array, ([8.0], [100.0], [4.0], [100.0]))))
    >>> found.effects.round(4), found.variances
    (array([0.6931]), array([0.375]))
    """
    first, second, marks = _corrected(arms, correction)
    zero = (first == 0) | (second == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.log(first / arms.comparison_time) - np.log(second / arms.reference_time)
        v = 1 / first + 1 / second
    none = (arms.comparison_events + arms.reference_events) == 0
    refused = none & ((uninformative == "not-estimable") | zero)
    return _noted(effects_of(effects, v, (refused, NO_EVENTS), (zero, ZERO)), marks, correction)


def rate_difference(arms: TwoRates, *, correction: Correction = "zero-cells") -> Effects:
    """Return the difference of rates, in events per unit of time.

    Examples
    --------
    >>> rate_difference(TwoRates(*map(np.array, ([8.0], [100.0], [4.0], [100.0])))).effects
    array([0.04])
    """
    first, second, marks = _corrected(arms, correction)
    v = first / arms.comparison_time**2 + second / arms.reference_time**2
    return _noted(
        effects_of(first / arms.comparison_time - second / arms.reference_time, v), marks, correction
    )


def rate_root_difference(arms: TwoRates) -> Effects:
    """Return the difference of the roots of rates, whose variance does not depend on them."""
    effects = np.sqrt(arms.comparison_events / arms.comparison_time) - np.sqrt(
        arms.reference_events / arms.reference_time
    )
    return effects_of(effects, 1 / (4 * arms.comparison_time) + 1 / (4 * arms.reference_time))


def _corrected(arms: TwoRates, correction: Correction) -> tuple[FloatArray, FloatArray, BoolArray]:
    first, second = arms.comparison_events, arms.reference_events
    marks = ~np.isnan(first + second) & (((first * second) == 0) | (correction == "all"))
    marks = marks & (correction != "none")
    return first + 0.5 * marks, second + 0.5 * marks, marks


def _noted(found: Effects, marks: BoolArray, correction: Correction) -> Effects:
    return noted(found, (marks, ADDED_TO_ALL if correction == "all" else ADDED))


TWO_RATES = (
    Measure(
        Quantity("rate_ratio", "Incidence rate ratio", null=1, ratio=True),
        "IRR",
        TwoRates,
        log_rate_ratio,
        LOG,
        options={"correction": CORRECTIONS, "uninformative": UNINFORMATIVE},
    ),
    Measure(
        Quantity("rate_difference", "Incidence rate difference", null=0),
        "IRD",
        TwoRates,
        rate_difference,
        options={"correction": CORRECTIONS},
    ),
    Measure(
        Quantity("rate_root_difference", "Difference of roots of incidence rates", null=0),
        "IRSD",
        TwoRates,
        rate_root_difference,
    ),
)
