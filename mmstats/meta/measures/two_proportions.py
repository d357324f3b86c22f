"""Two proportions compared: their difference, ratio, odds ratio, Peto's odds ratio, arcsines and probits."""

import numpy as np
from scipy import special

from mmstats.estimate import Quantity
from mmstats.meta.measures.counts import (
    ALL_EVENTS,
    CORRECTIONS,
    NO_EVENTS,
    UNINFORMATIVE,
    ZERO_CELL,
    Correction,
    Tables,
    Uninformative,
    tables,
)
from mmstats.meta.measures.material import TwoProportions
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.scales import LOG
from mmstats.meta.weighted import BoolArray, FloatArray

ONE_PERSON = "Two participants or more are needed, of whom some but not all have events."


def risk_difference(arms: TwoProportions, *, correction: Correction = "zero-cells") -> Effects:
    """Return the difference of proportions; it is estimable without events, too.

    Examples
    --------
    >>> found = risk_difference(TwoProportions(*map(np.array, ([5.0], [10.0], [2.0], [10.0]))))
    >>> found.effects.round(6), found.variances
    (array([0.3]), array([0.041]))
    """
    t = tables(arms, correction)
    v = t.a * t.b / t.comparison_n**3 + t.c * t.d / t.reference_n**3
    return t.noted(effects_of(t.a / t.comparison_n - t.c / t.reference_n, v))


def log_risk_ratio(
    arms: TwoProportions,
    *,
    correction: Correction = "zero-cells",
    uninformative: Uninformative = "not-estimable",
) -> Effects:
    """Return the log ratio of proportions.

    A table without events in either group says nothing of a ratio: it is not estimable, unless it shall be
    ``corrected`` like any other table with a 0.

    Examples
    --------
    >>> found = log_risk_ratio(TwoProportions(*map(np.array, ([4.0, 0], [10.0, 5], [2.0, 0], [10.0, 6]))))
    >>> found.effects.round(4), found.notes
    (array([0.6931, nan]), ('', 'No events in either group: a ratio is not estimable, a difference is.'))
    """
    t = tables(arms, correction)
    nothing = (t.a == 0) | (t.c == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.log(t.a / t.comparison_n) - np.log(t.c / t.reference_n)
        v = 1 / t.a - 1 / t.comparison_n + 1 / t.c - 1 / t.reference_n
    refused = t.no_events & ((uninformative == "not-estimable") | nothing)
    return t.noted(effects_of(effects, v, (refused, NO_EVENTS), (nothing, ZERO_CELL)))


def log_odds_ratio(
    arms: TwoProportions,
    *,
    correction: Correction = "zero-cells",
    uninformative: Uninformative = "not-estimable",
) -> Effects:
    """Return the log ratio of odds.

    Tables without events, or with nothing but events, are not estimable unless they shall be ``corrected``.

    References: woolf1955.

    Examples
    --------
    >>> found = log_odds_ratio(TwoProportions(*map(np.array, ([5.0], [10.0], [2.0], [10.0]))))
    >>> found.effects.round(4), found.variances
    (array([1.3863]), array([1.025]))
    """
    t = tables(arms, correction)
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.log(t.a) - np.log(t.b) - np.log(t.c) + np.log(t.d)
        v = 1 / t.a + 1 / t.b + 1 / t.c + 1 / t.d
    return t.noted(effects_of(effects, v, *uninformed(t, uninformative), (t.zero, ZERO_CELL)))


def uninformed(t: Tables, uninformative: Uninformative) -> tuple[tuple[BoolArray, str], ...]:
    """Return the studies of which an odds ratio says nothing, with the reason."""
    refused = (uninformative == "not-estimable") | t.zero
    return ((t.no_events & refused, NO_EVENTS), (t.all_events & refused, ALL_EVENTS))


def peto_log_odds_ratio(
    arms: TwoProportions,
    *,
    correction: Correction = "none",
    uninformative: Uninformative = "not-estimable",
) -> Effects:
    """Return Peto's log odds ratio: observed less expected events over their hypergeometric variance.

    It is made for rare events and needs no correction; it is biased where groups differ much in size or the
    effect is large.

    References: yusuf1985.

    Examples
    --------
    >>> found = peto_log_odds_ratio(TwoProportions(*map(np.array, ([0.0], [10.0], [2.0], [10.0]))))
    >>> found.effects.round(4), found.variances.round(4)
    (array([-2.1111]), array([2.1111]))
    """
    t = tables(arms, correction)
    total, events = t.comparison_n + t.reference_n, t.a + t.c
    with np.errstate(divide="ignore", invalid="ignore"):
        information = t.comparison_n * t.reference_n * events * (t.b + t.d) / (total**2 * (total - 1))
        effects = (t.a - t.comparison_n * events / total) / information
        v = 1 / information
    refused = (uninformative == "not-estimable") | (events == 0) | (t.b + t.d == 0)
    reasons = ((t.no_events & refused, NO_EVENTS), (t.all_events & refused, ALL_EVENTS))
    return t.noted(effects_of(effects, v, *reasons))


def arcsine_difference(arms: TwoProportions) -> Effects:
    """Return the difference of the arcsines of the roots of proportions; nothing is ever added to a cell.

    References: ruecker2009.
    """
    effects = _arcsine(arms.comparison_events / arms.comparison_n) - _arcsine(
        arms.reference_events / arms.reference_n
    )
    return effects_of(effects, 1 / (4 * arms.comparison_n) + 1 / (4 * arms.reference_n))


def probit_difference(
    arms: TwoProportions,
    *,
    correction: Correction = "zero-cells",
    uninformative: Uninformative = "not-estimable",
) -> Effects:
    """Return the difference of probits: a standardised mean difference of the normal variable that was cut.

    References: sanchezmeca2003.
    """
    t = tables(arms, correction)
    first, v1 = probit(t.a, t.comparison_n)
    second, v2 = probit(t.c, t.reference_n)
    return t.noted(effects_of(first - second, v1 + v2, *uninformed(t, uninformative), (t.zero, ZERO_CELL)))


def probit(events: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the probit of a proportion and its sampling variance, infinite at 0 and 1."""
    p = events / n
    at = special.ndtri(p)
    with np.errstate(over="ignore", invalid="ignore"):
        return at, 2 * np.pi * p * (1 - p) * np.exp(at**2) / n


def _arcsine(p: FloatArray) -> FloatArray:
    return np.asarray(np.arcsin(np.sqrt(p)))


WITH_REFUSAL = {"correction": CORRECTIONS, "uninformative": UNINFORMATIVE}

TWO_PROPORTIONS = (
    Measure(
        Quantity("risk_difference", "Risk difference", null=0),
        "RD",
        TwoProportions,
        risk_difference,
        options={"correction": CORRECTIONS},
    ),
    Measure(
        Quantity("risk_ratio", "Risk ratio", null=1, ratio=True),
        "RR",
        TwoProportions,
        log_risk_ratio,
        LOG,
        options=WITH_REFUSAL,
    ),
    Measure(
        Quantity("odds_ratio", "Odds ratio", null=1, ratio=True),
        "OR",
        TwoProportions,
        log_odds_ratio,
        LOG,
        options=WITH_REFUSAL,
        references=("woolf1955",),
    ),
    Measure(
        Quantity("peto_odds_ratio", "Odds ratio (Peto)", null=1, ratio=True),
        "PETO",
        TwoProportions,
        peto_log_odds_ratio,
        LOG,
        options={"correction": ("none", "zero-cells", "all"), "uninformative": UNINFORMATIVE},
        references=("yusuf1985",),
    ),
    Measure(
        Quantity("arcsine_difference", "Difference of arcsine roots", null=0),
        "AS",
        TwoProportions,
        arcsine_difference,
        references=("ruecker2009",),
    ),
    Measure(
        Quantity("probit_difference", "Difference of probits", null=0),
        "PBIT",
        TwoProportions,
        probit_difference,
        options=WITH_REFUSAL,
        references=("sanchezmeca2003",),
    ),
)
