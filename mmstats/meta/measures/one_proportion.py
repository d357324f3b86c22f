"""The proportion of one group, as it is or on a scale where its sampling distribution is nearer to normal."""

from typing import Literal

import numpy as np

from mmstats.estimate import Quantity
from mmstats.meta.measures.counts import CORRECTIONS
from mmstats.meta.measures.material import OneProportion
from mmstats.meta.measures.measure import Effects, Measure, effects_of, noted
from mmstats.meta.measures.scales import (
    ARCSINE_ROOT,
    DOUBLE_ARCSINE,
    LOG,
    LOGIT,
    PROBIT,
    double_arcsine,
)
from mmstats.meta.measures.two_proportions import probit
from mmstats.meta.weighted import BoolArray, FloatArray

Correction = Literal["zero-cells", "all", "none"]

ADDED = "1/2 was added to those with and to those without events, since one is 0."
ADDED_TO_ALL = "1/2 was added to those with and to those without events, as in all studies."
AT_BOUND = "Nobody, or everybody, has events, and nothing was added to them."


def proportion(group: OneProportion, *, correction: Correction = "zero-cells") -> Effects:
    """Return the proportion.

    Examples
    --------
    >>> found = proportion(OneProportion(np.array([3.0]), np.array([20.0])))
    >>> found.effects, found.variances
    (array([0.15]), array([0.006375]))
    """
    events, n, marks = _corrected(group, correction)
    p = events / n
    return _noted(effects_of(p, p * (1 - p) / n), marks, correction)


def log_proportion(group: OneProportion, *, correction: Correction = "zero-cells") -> Effects:
    """Return the logarithm of the proportion."""
    events, n, marks = _corrected(group, correction)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _noted(
            effects_of(np.log(events / n), 1 / events - 1 / n, (events == 0, AT_BOUND)), marks, correction
        )


def logit_proportion(group: OneProportion, *, correction: Correction = "zero-cells") -> Effects:
    """Return the logarithm of the odds.

    Examples
    --------
    >>> found = logit_proportion(OneProportion(np.array([5.0]), np.array([10.0])))
    >>> found.effects, found.variances
    (array([0.]), array([0.4]))
    """
    events, n, marks = _corrected(group, correction)
    bound = (events == 0) | (events == n)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = effects_of(
            np.log(events) - np.log(n - events), 1 / events + 1 / (n - events), (bound, AT_BOUND)
        )
    return _noted(found, marks, correction)


def probit_proportion(group: OneProportion, *, correction: Correction = "zero-cells") -> Effects:
    """Return the normal quantile of the proportion."""
    events, n, marks = _corrected(group, correction)
    return _noted(
        effects_of(*probit(events, n), ((events == 0) | (events == n), AT_BOUND)), marks, correction
    )


def arcsine_proportion(group: OneProportion) -> Effects:
    """Return the arcsine of the root of the proportion; nothing is ever added."""
    return effects_of(np.arcsin(np.sqrt(group.events / group.n)), 1 / (4 * group.n))


def double_arcsine_proportion(group: OneProportion) -> Effects:
    """Return Freeman and Tukey's double arcsine.

    The way back depends on a number of participants that one has to choose: prefer the logit with a binomial
    model, and state the number where this one is used (`back_by_harmonic_mean`).

    References: freeman1950, miller1978, schwarzer2019.
    """
    return effects_of(double_arcsine(group.events, group.n), 1 / (4 * group.n + 2))


def _corrected(group: OneProportion, correction: Correction) -> tuple[FloatArray, FloatArray, BoolArray]:
    known = ~np.isnan(group.events + group.n)
    marks = known & ((group.events == 0) | (group.events == group.n) | (correction == "all"))
    marks = marks & (correction != "none")
    return group.events + 0.5 * marks, group.n + marks, marks


def _noted(found: Effects, marks: BoolArray, correction: Correction) -> Effects:
    return noted(found, (marks, ADDED_TO_ALL if correction == "all" else ADDED))


OPTIONS = {"correction": CORRECTIONS}

ONE_PROPORTION = (
    Measure(Quantity("proportion", "Proportion"), "PR", OneProportion, proportion, options=OPTIONS),
    Measure(
        Quantity("log_proportion", "Proportion (by its logarithm)"),
        "PLN",
        OneProportion,
        log_proportion,
        LOG,
        options=OPTIONS,
    ),
    Measure(
        Quantity("logit_proportion", "Proportion (by its logit)"),
        "PLO",
        OneProportion,
        logit_proportion,
        LOGIT,
        options=OPTIONS,
    ),
    Measure(
        Quantity("probit_proportion", "Proportion (by its probit)"),
        "PRZ",
        OneProportion,
        probit_proportion,
        PROBIT,
        options=OPTIONS,
    ),
    Measure(
        Quantity("arcsine_proportion", "Proportion (by its arcsine)"),
        "PAS",
        OneProportion,
        arcsine_proportion,
        ARCSINE_ROOT,
    ),
    Measure(
        Quantity("double_arcsine_proportion", "Proportion (by its double arcsine)"),
        "PFT",
        OneProportion,
        double_arcsine_proportion,
        DOUBLE_ARCSINE,
        references=("freeman1950", "miller1978", "schwarzer2019"),
    ),
)
