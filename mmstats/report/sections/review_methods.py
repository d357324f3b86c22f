"""What a review asked and how it was done, in the words of a manuscript."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmstats import labels
from mmstats.pooled_parts import is_pooling
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks
from mmstats.report.saved_values import Report, begun_small
from mmstats.report.sections.analysis import software
from mmstats.report.sections.review_figures import SMALL_STUDY
from mmstats.report.sections.review_words import made_from, of_studies, told
from mmstats.report.sections.wording import begun, by_method, cited, listed, several
from mmstats.results import Result, Results
from mmstats.review import PICO, Review
from mmstats.tables.effect import sentence_end

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "Eligibility and search": ("eligibility", "sources", "search"),
    "Selection and data": ("selection", "collection", "items"),
    "Risk of bias": ("assessment",),
    "Synthesis": (),
    "Reporting bias": ("reporting",),
    "Certainty of the evidence": ("grading",),
}
CHOICES: Mapping[str, Mapping[Any, str]] = {  # what an option in force means
    "scale": {"logarithms": "ratios were pooled as logarithms"},
    "tau2": {
        "common": "one true effect was supposed for all studies",
        "reml": "the variance between studies was estimated by restricted maximum likelihood",
        "ml": "the variance between studies was estimated by maximum likelihood",
        "dl": "the variance between studies was estimated by DerSimonian and Laird's method of moments",
        "dl2": "the variance between studies was estimated by DerSimonian and Laird's method in two steps",
        "he": "the variance between studies was estimated by Hedges' method of moments",
        "he2": "the variance between studies was estimated by Hedges' method in two steps",
        "hs": "the variance between studies was estimated by Hunter and Schmidt's method",
        "hsk": "the variance between studies was estimated by Hunter and Schmidt's method, corrected",
        "sj": "the variance between studies was estimated by Sidik and Jonkman's method",
        "eb": "the variance between studies was estimated by empirical Bayes",
        "pm": "the variance between studies was estimated by Paule and Mandel's method",
        "pmm": "the variance between studies was estimated by Paule and Mandel's method, median unbiased",
    },
    "test": {
        "hartung-knapp": "tests and intervals of the pooled effect are Hartung and Knapp's",
        "hartung-knapp-ad-hoc": "tests and intervals of the pooled effect are Hartung and Knapp's, never "
        "narrower than normal ones",
        "t": "tests and intervals of the pooled effect have the t distribution",
        "z": "tests and intervals of the pooled effect are normal ones",
    },
    "prediction": {
        "as-tested": "prediction intervals have the degrees of freedom of the test",
        "riley": "prediction intervals have two degrees of freedom less than there are studies",
    },
}
WORDS = {
    "rationale": "rationale",
    "eligibility": "eligibility criteria",
    "sources": "information sources",
    "search": "search strategy",
    "selection": "selection process",
    "collection": "data collection",
    "items": "data items",
    "assessment": "how the risk of bias was judged",
    "reporting": "how reporting bias was judged",
    "grading": "how certainty was judged",
    "interpretation": "interpretation",
    "evidence_limits": "limitations of the evidence",
    "review_limits": "limitations of the review",
    "implications": "implications",
    "registration": "registration",
    "protocol": "protocol",
    "amendments": "amendments",
    "funding": "funding",
    "interests": "competing interests",
    "availability": "availability of data and code",
}
DISCUSSED = ("interpretation", "evidence_limits", "review_limits", "implications")
DECLARED = ("registration", "protocol", "amendments", "funding", "interests", "availability")
FEW = 4  # so many analyses are named


def question(report: Report) -> Blocks:
    """Return what a review asks, by its population, intervention, comparison, outcome and design."""
    review = report.results.review
    if review is None:
        return Blocks([])
    parts = [f"- **{begun(key)}**: {told(review.pico[key])}" for key in PICO if key in review.pico]
    said = [told(review.texts["rationale"])] if "rationale" in review.texts else []
    return Blocks(["# Question", *said, told(review.question), "\n".join(parts)])


def review_methods(report: Report) -> Blocks:
    """Return how studies were found, judged and pooled; and what of it is not reported."""
    results = report.results
    review = results.review or Review()
    return Blocks(_methods(results, review))


def discussion(report: Report) -> Blocks:
    """Return what the plan says of what the results mean, and of their limits."""
    return _texts(report, "# Discussion", DISCUSSED)


def declarations(report: Report) -> Blocks:
    """Return registration, protocol, funding, interests and availability."""
    return _texts(report, "# Other information", DECLARED)


def _texts(report: Report, heading: str, keys: Sequence[str]) -> Blocks:
    if report.results.review is None:
        return Blocks([])
    texts = report.results.review.texts
    lacking = [WORDS[key] for key in keys if key not in texts]
    said = [f"**{begun(WORDS[key])}.** {told(texts[key])}" for key in keys if key in texts]
    return Blocks([heading, *said, f"Not reported: {listed(lacking)}." if lacking else ""])


def _methods(results: Results, review: Review) -> Iterator[str]:
    for heading, keys in HEADINGS.items():
        said = [told(review.texts[key]) for key in keys if key in review.texts]
        if heading == "Risk of bias" and review.risk_of_bias:
            names = [begun_small(labels.label(results, name)) for name in review.risk_of_bias]
            said.append(escape(f"Judged were: {listed(names)}."))
        if heading == "Synthesis":
            said += _synthesis(results)
        if heading == "Certainty of the evidence" and review.findings:
            said.append("The certainty of the evidence was judged after GRADE [@guyatt2008].")
        if heading == "Reporting bias" and (tests := _tests(results)):
            said.append(tests)
        graded = heading == "Certainty of the evidence" and bool(review.findings)
        lacking = [WORDS[key] for key in keys if key not in review.texts and results.review and not graded]
        said += [f"Not reported: {listed(lacking)}."] if lacking else []
        if said:
            yield f"## {heading}"
            yield from said


def _synthesis(results: Results) -> Iterator[str]:
    found = of_studies(results)
    if not found:
        yield "No studies were pooled."
        return
    lines = [line for result in found if is_pooling(result) for line in _effect(results, result)]
    if lines:
        yield "Effects that were pooled:"
        yield "\n".join(dict.fromkeys(lines))
    for members in by_method(results).values():
        own = [result for result in members if result in found]
        if own:
            keys = dict.fromkeys(key for result in own for key in result.references)
            whose = _named(results, own)
            yield " ".join([f"**{escape(own[0].title)}**{cited(keys)}: {whose}.", *_chosen(results, own)])
    yield "\n".join(f"- {escape(sentence_end(note))}" for note in results.scoring)
    yield software(results)


def _tests(results: Results) -> str:
    """Return which tests of small studies there are."""
    found = [r for r in of_studies(results) if {e.quantity.name for e in r.estimates} & set(SMALL_STUDY)]
    names = dict.fromkeys(escape(begun_small(r.title)) for r in found)
    keys = dict.fromkeys(key for r in found for key in r.references)
    return (
        f"Whether small studies find other effects was examined: {listed(list(names))}{cited(keys)}."
        if found
        else ""
    )


def _effect(results: Results, result: Result) -> Iterator[str]:
    effect = result.roles.get("effect")
    if not isinstance(effect, str):
        return
    had = made_from(results, result)
    how = listed([f"{begun_small(words)} ({several(n, 'study', 'studies')})" for words, n in had.items()])
    yield "- " + escape(f"{labels.with_unit(results, effect)}{f': from {how}' if how else ''}.")


def _chosen(results: Results, found: list[Result]) -> Iterator[str]:
    """Yield what the options in force mean: what holds for most, then for others, with their names."""
    for option, meanings in CHOICES.items():
        by_text: dict[str, list[Result]] = {}
        for result in found:
            if text := meanings.get(result.options.get(option), ""):
                by_text.setdefault(text, []).append(result)
        ways = sorted(by_text.items(), key=lambda way: -len(way[1]))
        for place, (text, members) in enumerate(ways):
            most = place == 0 and len(members) > len(found) / 2
            yield begun(text) + ("" if most else f" ({_named(results, members)})") + "."


def _named(results: Results, members: Sequence[Result]) -> str:
    """Return the names of some analyses; of many, how many there are."""
    names = list(dict.fromkeys(f"*{escape(labels.analysis(results, r))}*" for r in members))
    return listed(names) if len(names) <= FEW else several(len(names), "analysis", "analyses")
