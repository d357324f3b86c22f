"""Reading the ``[review]`` of a plan, with every mistake of its text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from math import isfinite, isnan, nan
from typing import Any

from mmstats.errors import unknown
from mmstats.kind import Kind
from mmstats.review import (
    CERTAINTY,
    MEASURES,
    OTHER_WAYS,
    PICO,
    REMOVED,
    TEXTS,
    Excluded,
    Finding,
    OtherWays,
    Published,
    Review,
    ReviewFlow,
)
from mmstats.review_sums import flow_problems
from mmstats.toml import Section
from mmstats.variable import Variable

_BOXES = (*REMOVED, "screened", "excluded_screening", "sought", "not_retrieved", "assessed")
_INCLUDED = ("included_studies", "included_reports")
_NUMBERS = ("estimate", "conf_low", "conf_high", "q", "i2", "p_value")
_OWN = (
    "question",
    "study",
    "citation",
    "pico",
    "characteristics",
    "risk_of_bias",
    "flow",
    "published",
    "finding",
)


def parse_review(raw: object, problems: list[str]) -> Review:
    """Return the review as far as it can be understood; what is wrong goes to `problems`."""
    section = Section(raw, "[review]", problems)
    section.only((*_OWN, *TEXTS))
    pico = section.section("pico", "[review.pico]")
    pico.only(PICO)
    given = {key: section.text(key) for key in TEXTS}
    asked = {key: pico.text(key) for key in PICO}
    return Review(
        question=section.text("question"),
        study=section.text("study", "study"),
        citation=section.text("citation"),
        pico={key: text for key, text in asked.items() if text},
        characteristics=_names(section, "characteristics"),
        risk_of_bias=_names(section, "risk_of_bias"),
        texts={key: text for key, text in given.items() if text},
        flow=_flow(section.section("flow", "[review.flow]")) if "flow" in section.raw else None,
        published=tuple(
            _published(spec, position, problems) for position, spec in enumerate(section.each("published"), 1)
        ),
        findings=tuple(
            _finding(spec, position, problems) for position, spec in enumerate(section.each("finding"), 1)
        ),
    )


def check_review(
    review: Review, analyses: Sequence[str], variables: Mapping[str, Variable] | None
) -> Iterator[str]:
    """Yield every name in a review that leads nowhere.

    Parameters
    ----------
    review : Review
    analyses : sequence of str
        The ids there are.
    variables : mapping of str to Variable, or None
        Those of studies; None if they are not known, and names of variables are not checked.
    """
    for one in review.published:
        if one.analysis and one.analysis not in analyses:
            yield f"In [[review.published]] {one.label!r}: {unknown(one.analysis, analyses, what='analysis')}"
    for finding in review.findings:
        if finding.analysis and finding.analysis not in analyses:
            yield (
                f"In [[review.finding]] {finding.outcome!r}: "
                f"{unknown(finding.analysis, analyses, what='analysis')}"
            )
    if variables is None:
        return
    levelled = {"study": (review.study,), "citation": (review.citation,), "risk_of_bias": review.risk_of_bias}
    for key, names in {**levelled, "characteristics": review.characteristics}.items():
        for name in filter(None, names):
            if name not in variables:
                yield f"In [review], {key!r}: {unknown(name, variables, what='variable')}"
            elif key in levelled and not (
                variables[name].kind in Kind.CATEGORICAL and variables[name].levels
            ):
                yield (
                    f"In [review], {key!r} takes a variable with levels, but {name!r} is "
                    f"{variables[name].kind}: declare its levels in the dictionary."
                )
            elif variables[name].kind not in Kind.ANY:
                yield f"In [review], {key!r}: {name!r} is {variables[name].kind}, which results do not hold."


def _names(section: Section, key: str) -> tuple[str, ...]:
    given = section.each(key)
    if not all(isinstance(name, str) for name in given):
        section.problem(f"{key!r} takes a list of variables; it has {given!r}.")
        return ()
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        section.problem(f"{key!r} names {', '.join(map(repr, twice))} twice.")
    return tuple(dict.fromkeys(given))


def _flow(section: Section) -> ReviewFlow:
    section.only(("databases", "registers", *_BOXES, "excluded", "other", *_INCLUDED))
    before = len(section.problems)
    other = section.section("other", "[review.flow.other]")
    flow = ReviewFlow(
        databases=_places(section, "databases"),
        registers=_places(section, "registers"),
        excluded=tuple(_excluded(section)),
        other=_other(other) if "other" in section.raw else None,
        **{name: _count(section, name) for name in (*_BOXES, *_INCLUDED)},
    )
    if len(section.problems) == before:
        for text in flow_problems(flow):
            section.problem(text)
    return flow


def _other(section: Section) -> OtherWays:
    boxes = (*OTHER_WAYS, "sought", "not_retrieved", "assessed")
    section.only((*boxes, "excluded"))
    counts = {name: _count(section, name) for name in boxes}
    return OtherWays(excluded=tuple(_excluded(section)), **counts)


def _places(section: Section, key: str) -> dict[str, int]:
    """Return the records found in each place: one number, or a table of them."""
    if isinstance(section.raw.get(key), dict):
        named = section.section(key, f"[review.flow] {key}")
        counts = {name: _count(named, name) for name in named.raw}
    else:
        counts = {"": _count(section, key)}
    return {name: count for name, count in counts.items() if count is not None}


def _count(section: Section, key: str) -> int | None:
    value = section.get(key, int)
    if value is not None and value < 0:
        section.problem(f"{key!r} takes a whole number of at least 0; it has {value}.")
        return None
    return value  # type: ignore[no-any-return]


def _excluded(parent: Section) -> Iterator[Excluded]:
    for position, raw in enumerate(parent.each("excluded"), 1):
        section = Section(raw, f"{parent.where} excluded number {position}", parent.problems)
        section.only(("reason", "n"))
        reason = section.text("reason", required=True)
        if "n" not in section.raw:
            section.problem("'n' is missing; it takes a whole number.")
        yield Excluded(reason=reason, n=_count(section, "n") or 0)


def _published(raw: Any, position: int, problems: list[str]) -> Published:
    section = _listed(raw, "published", "label", position, problems)
    words = ("analysis", "label", "citation", "measure", "note")
    section.only((*words, *_NUMBERS, "conf_level", "studies", "participants"))
    numbers = {name: _number(section, name) for name in _NUMBERS}
    level = float(section.get("conf_level", float, 0.95))
    if not 0 < level < 1:
        section.problem(f"'conf_level' lies between 0 and 1, such as 0.95; it has {level:g}.")
        level = 0.95
    if "estimate" not in section.raw:
        section.problem("'estimate' is missing; it takes a number.")
    if isnan(numbers["conf_low"]) is not isnan(numbers["conf_high"]):
        section.problem("an interval has both 'conf_low' and 'conf_high'.")
    if numbers["conf_low"] > numbers["conf_high"]:
        section.problem(
            f"'conf_low' is {numbers['conf_low']:g}, which is above 'conf_high', {numbers['conf_high']:g}."
        )
    for name, most in (("q", float("inf")), ("i2", 100), ("p_value", 1)):
        if not isnan(numbers[name]) and not 0 <= numbers[name] <= most:
            allowed = f"between 0 and {most}" if isfinite(most) else "at least 0"
            section.problem(f"{name!r} is {allowed}; it has {numbers[name]:g}.")
    return Published(
        analysis=section.text("analysis", required=True),
        label=section.text("label", required=True),
        citation=section.text("citation"),
        measure=section.text("measure"),
        note=section.text("note"),
        studies=_count(section, "studies") or 0,
        participants=_count(section, "participants") or 0,
        conf_level=level,
        **numbers,
    )


def _number(section: Section, key: str) -> float:
    value = float(section.get(key, float, nan))
    if key in section.raw and not isfinite(value) and isinstance(section.raw[key], float):
        section.problem(f"{key!r} takes a number; it has {value:g}. Leave out what is not printed.")
        return nan
    return value


def _finding(raw: Any, position: int, problems: list[str]) -> Finding:
    section = _listed(raw, "finding", "outcome", position, problems)
    section.only(tuple(field.name for field in fields(Finding)))
    reasons = section.each("reasons")
    if not all(isinstance(reason, str) and reason.strip() for reason in reasons):
        section.problem(f"'reasons' takes a list of texts; it has {reasons!r}.")
        reasons = []
    certainty = section.one_of("certainty", CERTAINTY, required=True)
    if certainty in CERTAINTY[1:] and "reasons" not in section.raw:
        section.problem(f"the certainty is {certainty}: 'reasons' say why it is not high.")
    risk, spread = _number(section, "assumed_risk"), _number(section, "instrument_sd")
    if not isnan(risk) and not 0 < risk < 1:
        section.problem(f"'assumed_risk' is between 0 and 1; it has {risk:g}.")
    if not isnan(spread) and not spread > 0:
        section.problem(f"'instrument_sd' is above 0; it has {spread:g}.")
    if ("instrument" in section.raw) != ("instrument_sd" in section.raw):
        section.problem("'instrument' and 'instrument_sd' go together: units need the spread of people.")
    if "instrument" in section.raw and {"assumed_risk", "measure"} & set(section.raw):
        section.problem("'instrument' is of a standardised difference, 'assumed_risk' of events: give one.")
    return Finding(
        analysis=section.text("analysis", required=True),
        outcome=section.text("outcome", required=True),
        certainty=certainty,
        reasons=tuple(reason.strip() for reason in reasons),
        comment=section.text("comment"),
        assumed_risk=risk,
        measure=section.one_of("measure", MEASURES) if "measure" in section.raw else "",
        instrument=section.text("instrument"),
        instrument_sd=spread,
    )


def _listed(raw: Any, key: str, name: str, position: int, problems: list[str]) -> Section:
    """Return one of several tables, called by its name where it has one."""
    own = raw.get(name) if isinstance(raw, dict) else None
    called = repr(own) if isinstance(own, str) and own else f"number {position}"
    return Section(raw, f"[[review.{key}]] {called}", problems)
