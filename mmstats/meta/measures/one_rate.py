"""The rate of events of one group over time at risk, as it is, by its logarithm or by its root."""

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.counts import CORRECTIONS
from mmstats.meta.measures.material import OneRate
from mmstats.meta.measures.measure import Effects, Measure, effects_of, noted
from mmstats.meta.measures.one_proportion import Correction
from mmstats.meta.measures.scales import DOUBLE_ROOT, LOG, ROOT, double_root
from mmstats.meta.weighted import BoolArray, FloatArray

ADDED = "1/2 was added to the events, of which there are none."
ADDED_TO_ALL = "1/2 was added to the events, as in all studies."
NO_EVENTS = "There are no events, and nothing was added to them."


def rate(group: OneRate, *, correction: Correction = "zero-cells") -> Effects:
    """Return the rate, in events per unit of time.

    Examples
    --------
    >>> found = rate(OneRate(np.array([4.0]), np.array([20.0])))
    >>> found.effects, found.variances
    (array([0.2]), array([0.01]))
    """
    events, marks = _corrected(group, correction)
    return _noted(effects_of(events / group.time, events / group.time**2), marks, correction)


def log_rate(group: OneRate, *, correction: Correction = "zero-cells") -> Effects:
    """Return the logarithm of the rate."""
    events, marks = _corrected(group, correction)
    with np.errstate(divide="ignore"):
        found = effects_of(np.log(events) - np.log(group.time), 1 / events, (events == 0, NO_EVENTS))
    return _noted(found, marks, correction)


def root_rate(group: OneRate) -> Effects:
    """Return the root of the rate, whose variance does not depend on it."""
    return effects_of(np.sqrt(group.events / group.time), 1 / (4 * group.time))


def double_root_rate(group: OneRate) -> Effects:
    """Return Freeman and Tukey's mean of two roots; the way back depends on a time that one has to choose.

    References: freeman1950.
    """
    return effects_of(double_root(group.events, group.time), 1 / (4 * group.time))


def _corrected(group: OneRate, correction: Correction) -> tuple[FloatArray, BoolArray]:
    marks = ~np.isnan(group.events) & ((group.events == 0) | (correction == "all")) & (correction != "none")
    return group.events + 0.5 * marks, marks


def _noted(found: Effects, marks: BoolArray, correction: Correction) -> Effects:
    return noted(found, (marks, ADDED_TO_ALL if correction == "all" else ADDED))


OPTIONS = {"correction": CORRECTIONS}

ONE_RATE = (
    Measure(Quantity("rate", "Incidence rate"), "IR", OneRate, rate, options=OPTIONS),
    Measure(
        Quantity("log_rate", "Incidence rate (by its logarithm)"), "IRLN", OneRate, log_rate, LOG, OPTIONS
    ),
    Measure(Quantity("root_rate", "Incidence rate (by its root)"), "IRS", OneRate, root_rate, ROOT),
    Measure(
        Quantity("double_root_rate", "Incidence rate (by its double root)"),
        "IRFT",
        OneRate,
        double_root_rate,
        DOUBLE_ROOT,
        references=("freeman1950",),
    ),
)
