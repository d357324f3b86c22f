"""What is said of heterogeneity and tests in figures of meta-analyses."""

from math import isfinite, isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.results import Result, Results

NBSP = "\u00a0"
OTHER_TESTS = {"heterogeneity_lr": "likelihood ratio ", "breslow_day": "Breslow-Day "}


def heterogeneity(found: dict[str, Estimate], style: str, *, short: bool = False) -> str:
    """Return what is known of heterogeneity; if short, without intervals and tau squared.

    Only between its parts may a line end.
    """
    parts = []
    if (tau2 := found.get("tau2")) is not None and not short and isfinite(tau2.estimate):
        parts.append(f"τ² = {fmt.value(tau2)}{_interval(tau2)}")
    if (i2 := found.get("i2")) is not None and isfinite(i2.estimate):
        within = f" [{fmt.number(i2.conf_low, 0)}, {fmt.number(i2.conf_high, 0)}]"
        parts.append(f"I² = {fmt.number(i2.estimate, 0)}%{'' if short or isnan(i2.conf_high) else within}")
    if (q := found.get("cochran_q")) is not None and isfinite(q.estimate):
        parts.append(f"Q({fmt.df(q.df)}) = {fmt.number(q.estimate, 1)}, {fmt.p_value(q.p_value, style)}")
    for name, told in OTHER_TESTS.items():
        if (test := found.get(name)) is not None and not isnan(test.p_value):
            parts.append(f"{told}{fmt.test(test)}, {fmt.p_value(test.p_value, style)}")
    return "; ".join(part.replace(" ", NBSP) for part in parts)


def variances(results: Results, result: Result) -> str:
    """Return the variance of each random part of dependent effects; nothing of other analyses."""
    parts = [
        f"{labels.random_term(results, f'intercept | {e.term}')[1]} τ² = {fmt.value(e)}{_interval(e)}"
        for e in result.estimates
        if e.quantity.name == "tau2" and e.term and "[" not in e.term
    ]
    return "; ".join(part.replace(" ", NBSP) for part in parts)


def tested(e: Estimate, style: str) -> str:
    """Return a pooled effect's test: ``t(12) = −3.97, p = .002``."""
    if isnan(e.statistic) or isnan(e.p_value):
        return ""
    kind = "z" if isnan(e.df) else f"t({fmt.df(e.df)})"
    return f"{kind} = {fmt.number(e.statistic, 2)}, {fmt.p_value(e.p_value, style)}"


def _interval(e: Estimate) -> str:
    return "" if isnan(e.conf_low) or isnan(e.conf_high) else f" {fmt.interval(e)}"
