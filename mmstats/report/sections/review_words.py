"""What a meta-analysis says, in words: the pooled effect, how studies differ, what a new study may show."""

import re
from collections.abc import Iterator
from math import isfinite, isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.pooled_parts import PooledParts, is_of_studies, is_pooling, pooled_parts, split, study_variable
from mmstats.report.assemble import escape
from mmstats.report.saved_values import begun_small
from mmstats.report.sections.wording import begun, listed, several
from mmstats.results import Result, Results
from mmstats.tables.effects import counted, effect_label

WITHOUT = ("effect_without", "effect_without_ratio")
MANY = 20  # studies, before a test of their differences has much power


def told(text: str) -> str:
    r"""Return a plan's text as Markdown: printed as it is, but for citations in brackets.

    Examples
    --------
    >>> print(told("RoB 2 [@sterne2019] was used for *all*."))
    RoB 2 [@sterne2019] was used for \*all\*\.
    """
    return re.sub(r"\\\[\\@([\w:\\.-]+)\\\]", lambda m: f"[@{m[1].replace(chr(92), '')}]", escape(text))


def of_studies(results: Results) -> list[Result]:
    """Return the analyses of studies, in the plan's order."""
    return [result for result in results if is_of_studies(result)]


def by_effect(results: Results) -> dict[str, list[Result]]:
    """Return the analyses of studies by the effect that they are of: a variable, or variables."""
    found: dict[str, list[Result]] = {}
    for result in of_studies(results):
        roles = result.roles
        own = roles.get("effect")
        if "formula" in roles:
            own = " ".join(filter(None, (result.outcome, str(roles.get("term", "")))))
        elif own is None:
            own = [value for name, value in roles.items() if name not in ("study", "subgroup", "size")]
        found.setdefault(str(own), []).append(result)
    return found


def has_subgroups(results: Results, result: Result) -> bool:
    """Return whether an analysis pooled subgroups."""
    return is_pooling(result) and bool(pooled_parts(results, result.analysis.id).subgroups)


def pooled_sentence(results: Results, found: PooledParts, style: str) -> str:
    """Return the pooled effect in words, with how much it rests on."""
    people = f" with {fmt.count(found.participants)} {counted(found)}" if found.participants else ""
    people = f" with {several(found.effects, 'effect')}" if found.dependent else people
    label = begun_small(effect_label(results, found))
    some = labels.condition(results, found.result)
    said = f"{begun(several(found.count, 'study', 'studies'))}{people}{f' ({some})' if some else ''}"
    if isnan(found.effect.estimate):
        return escape(f"{said} do not give a pooled effect: {found.effect.note}")
    text = escape(f"{said}: the pooled {label} is {fmt.sentence(found.effect, style=style)}.")
    return f"{text} {escape(found.effect.note)}".strip()


def heterogeneity_sentence(found: PooledParts, style: str) -> str:
    """Return in plain words whether studies differ by more than chance, and by how much."""
    q, i2, tau = (found.whole.get(name) for name in ("cochran_q", "i2", "tau"))
    words = "Cochran's Q"
    if q is None:  # of counts, which have no Q
        q, words = found.whole.get("heterogeneity_lr"), "likelihood ratio"
    if q is None or isnan(q.p_value):
        return ""
    test = f"{words} = {fmt.number(q.estimate, 1)}, df = {fmt.df(q.df)}, {fmt.p_value(q.p_value, style)}"
    said = (
        f"The effects of the studies differ by more than chance makes them ({test})"
        if q.p_value < 0.05
        else f"The effects of the studies do not differ by more than chance may make them ({test})"
    )
    if q.p_value >= 0.05 and found.count < MANY:
        said += f", but {several(found.count, 'study', 'studies')} would seldom show it if they did"
    if i2 is not None and not isnan(i2.estimate):
        ends = "" if isnan(i2.conf_low) else f", {fmt.level(i2.conf_level)} CI {_percent(i2.conf_low)} to "
        ends += "" if isnan(i2.conf_low) else _percent(i2.conf_high)
        share = _percent(i2.estimate)
        where = "of true effects, between and within studies," if found.dependent else "between studies"
        rather = "than sampling" if found.dependent else "than within them"
        said += f". Of the variation that is seen, {share} is {where} rather {rather} (I²{ends})"
    if tau is not None and not isnan(tau.estimate):
        where = " of the logarithm" if found.effect.quantity.ratio else ""
        where = where or ("" if _is_effect(found) else ", on the scale of the model,")
        low, high = fmt.number(tau.conf_low, 2), fmt.number(tau.conf_high, 2)
        ends = f" ({fmt.level(tau.conf_level)} CI {low} to {high})" if isfinite(tau.conf_low) else ""
        said += (
            f". True effects{where} have a standard deviation of {fmt.number(tau.estimate, 2)} between "
            f"studies{ends}"
        )
    return escape(f"{said}.")


def parts_sentence(results: Results, found: PooledParts) -> str:
    """Return how much true effects vary by each random part; nothing where there are no such parts."""
    parts = [
        f"{fmt.with_interval(e)} by {labels.random_term(results, f'intercept | {e.term}')[1]}"
        for e in found.result.estimates
        if e.quantity.name == "tau" and e.term and "[" not in e.term and found.dependent
    ]
    return escape(f"The standard deviation of true effects is {listed(parts)}.") if parts else ""


def _percent(value: float) -> str:
    return f"{fmt.number(value, 0)}%"


def _is_effect(found: PooledParts) -> bool:
    return found.effect.quantity.name.startswith("effect")


def _called(found: PooledParts) -> str:
    return "effect" if _is_effect(found) else begun_small(found.effect.quantity.label)


def prediction_sentence(found: PooledParts) -> str:
    """Return what a prediction interval says, in words."""
    e = found.prediction
    if e is None:
        told_why = found.whole.get("prediction") or found.whole.get("prediction_ratio")
        return escape(told_why.note) if told_why else ""
    null = found.effect.quantity.null
    ends = fmt.interval(e, decimals=found.decimals)[1:-1].replace(", ", " and ")
    new = "effect of a new study" if found.dependent else "study"
    said = f"In a new {new} like these, the true {_called(found)} is expected between {ends} "
    said += f"({fmt.level(e.conf_level)} prediction interval)"
    if not isnan(null):
        holds = e.conf_low <= null <= e.conf_high
        said += (
            ": it may be on either side of no effect."
            if holds
            else ": on the same side of no effect as the pooled one."
        )
    else:
        said += "."
    return escape(said)


def left_out(result: Result) -> dict[str, Estimate]:
    """Return the pooled effect without each study, by its term; nothing of other analyses."""
    return {e.term: e for e in result.estimates if e.quantity.name in WITHOUT and isfinite(e.estimate)}


def influence_sentence(results: Results, result: Result) -> str:
    """Return between what the pooled effect lies, if each study is left out in turn."""
    found = left_out(result)
    ends = [
        min(found, key=lambda term: found[term].estimate),
        max(found, key=lambda term: found[term].estimate),
    ]
    told_of = [
        f"{fmt.with_interval(found[term])} (without {labels.level(results, *split(term))})" for term in ends
    ]
    return escape(f"Without each study in turn, the pooled effect lies between {' and '.join(told_of)}.")


def subgroup_sentences(results: Results, found: PooledParts, style: str) -> Iterator[str]:
    """Yield the pooled effect of each subgroup, and whether subgroups differ."""
    for subgroup in found.subgroups:
        e = subgroup.pooled[found.effect.quantity.name]
        yield escape(f"{subgroup.name}: {fmt.sentence(e, style=style)}")
    between = found.whole.get("subgroup_difference")
    if between and not isnan(between.p_value):
        differ = "differ" if between.p_value < 0.05 else "do not differ by more than chance may make them"
        yield escape(
            f"subgroups {differ} (Q between = {fmt.number(between.estimate, 1)}, df = {fmt.df(between.df)}, "
            f"{fmt.p_value(between.p_value, style)})"
        )


def made_from(results: Results, result: Result) -> dict[str, int]:
    """Return from what effects were had, and of how many studies, where the results tell."""
    effect, study = result.roles.get("effect"), study_variable(result)
    points = results.points_of(result)
    name = f"{effect}_from"
    if not isinstance(effect, str) or name not in points or study not in points:
        return {}
    counts = points[name].dropna().value_counts(sort=False)
    return {labels.level(results, name, str(level)): int(n) for level, n in counts.items() if n}
