"""A pooled effect in absolute terms, as a summary of findings has it (GRADE)."""

from math import isfinite, isnan, nan
from statistics import median

from mmstats import expression
from mmstats.estimate import Estimate
from mmstats.results import Result, Results

Interval = tuple[float, float, float]  # an estimate and both ends
OF_QUANTITY = {"risk_ratio": "RR", "odds_ratio": "OR", "risk_difference": "RD"}
ARMS = ("reference_events", "reference_total")


def corresponding_risk(assumed: float, measure: str, effect: float) -> float:
    """Return the risk that an effect makes of an assumed one; not below 0 nor above 1.

    Parameters
    ----------
    assumed : float
        The risk without the intervention, which is taken for known.
    measure : {"RR", "OR", "RD"}
        Risk ratio, odds ratio or risk difference.
    effect : float

    References: guyatt2013.

    Examples
    --------
    >>> [round(1000 * corresponding_risk(0.4, "RR", ratio)) for ratio in (0.83, 0.78, 0.89)]
    [332, 312, 356]
    >>> round(1000 * corresponding_risk(0.2, "OR", 0.5)), round(1000 * corresponding_risk(0.02, "RD", -0.05))
    (111, 0)
    """
    if isnan(assumed) or isnan(effect):
        return nan
    if measure == "OR":
        odds = assumed * effect
        found = odds / (1 - assumed + odds) if isfinite(odds) else 1.0
    else:
        found = assumed * effect if measure == "RR" else assumed + effect
    return min(max(found, 0.0), 1.0)


def corresponding_risks(assumed: float, measure: str, e: Estimate) -> Interval:
    """Return the corresponding risk of an estimate and of both ends of its interval."""
    low, middle, high = (
        corresponding_risk(assumed, measure, value) for value in (e.conf_low, e.estimate, e.conf_high)
    )
    return middle, low, high


def reference_risk(results: Results, result: Result) -> tuple[float, int]:
    """Return the median risk of reference groups, and of how many studies; NaN and 0 without saved counts."""
    names = [result.roles.get(role) for role in ARMS]
    saved = results.points_of(result)
    if not all(isinstance(name, str) and name in saved for name in names):
        return nan, 0
    if result.analysis.where:
        saved = saved[expression.parse(result.analysis.where).evaluate(saved).fillna(False).astype(bool)]
    counts = saved[[str(name) for name in names]].dropna()
    risks = [
        float(events) / float(total) for events, total in counts.itertuples(index=False) if float(total) > 0
    ]
    return (median(risks), len(risks)) if risks else (nan, 0)
