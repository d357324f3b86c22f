"""How models of several rows of each participant were set up, in the words of a manuscript."""

from collections.abc import Iterator, Mapping
from typing import Any

from mmstats import labels
from mmstats.comparisons import parse
from mmstats.estimate import Estimate
from mmstats.formula import Formula, RandomPart
from mmstats.report.assemble import escape
from mmstats.report.displays import shape
from mmstats.report.saved_values import begun_small
from mmstats.report.sections.wording import begun, by_method, called, listed
from mmstats.results import Result, Results

CHOICES: Mapping[str, Mapping[Any, str]] = {  # what an option in force means
    "df_method": {
        "kenward-roger": "Tests and intervals of the fixed part have the covariance and the degrees of "
        "freedom of Kenward and Roger",
        "satterthwaite": "Tests and intervals of the fixed part have Satterthwaite's degrees of freedom",
        "participants": "Degrees of freedom are the number of participants less that of coefficients",
    },
    "distribution": {
        "gaussian": "The outcome is a number, with the identity link",
        "binomial": "The outcome is binomial",
        "poisson": "The outcome is a Poisson count",
        "negative-binomial": "The outcome is a negative binomial count",
    },
    "link": {"probit": "The link is the probit", "cloglog": "The link is the complementary log-log"},
    "penalty": {"soft": "A soft penalty of the likelihood keeps all estimates finite"},
    "correlation": {
        "exchangeable": "The working correlation of any two rows of a participant is the same",
        "independence": "The working correlation takes rows as independent",
        "ar1": "The working correlation falls with the distance in time",
    },
    "covariance": {
        "kauermann-carroll": "Standard errors are robust, with the correction of Kauermann and Carroll",
        "mancl-derouen": "Standard errors are robust, with the correction of Mancl and DeRouen",
        "fay-graubard": "Standard errors are robust, with the correction of Fay and Graubard",
        "robust": "Standard errors are robust, without a correction for few participants",
    },
    "contrasts": {
        "sum": "Categorical variables have contrasts that sum to zero",
        "helmert": "Categorical variables have Helmert contrasts",
        "polynomial": "Categorical variables have polynomial contrasts",
    },
    "correction": {
        "greenhouse-geisser": "Degrees of freedom within participants are corrected by the epsilon of "
        "Greenhouse and Geisser",
        "huynh-feldt": "Degrees of freedom within participants are corrected by Huynh and Feldt's epsilon",
        "none": "Sphericity is supposed",
    },
    "tests": {
        "type-3": "F tests of terms are of type III: they compare marginal means, or slopes",
        "type-2": "F tests of terms are of type II: what a term adds to those that do not contain it",
    },
    "adjust": {
        "tukey": "Comparisons of marginal means are adjusted by Tukey's method",
        "holm": "P values of comparisons of marginal means are adjusted by Holm's method",
        "single-step": "Comparisons of marginal means are adjusted by the multivariate t distribution",
        "none": "Comparisons of marginal means are not adjusted for their number",
    },
}
RESTRICTED = ("kenward-roger", "satterthwaite")


def models(results: Results) -> str:
    """Return a paragraph for each method: random parts, estimation, tests, and how intervals were made."""
    told = []
    for found in by_method(results).values():
        own = [r for r in found if shape(r) in ("model", "repeated")]
        if own:
            said = [f"{one}." for one in _sentences(results, own)]
            told += [f"*{escape(own[0].title)}.* {' '.join(said)}"] if said else []
    return "\n\n".join(told)


def _sentences(results: Results, found: list[Result]) -> Iterator[str]:
    yield from _shared(results, found, lambda result: _random(results, result))
    yield from _shared(results, found, _estimated)
    for option in CHOICES:
        yield from _shared(results, found, lambda result, option=option: _chosen(result, option))
    yield from _shared(results, found, _ways)
    if any(e.quantity.name == "contrast" for r in found for e in r.estimates):
        yield "Differences of marginal means are those of the first level named minus the second"
    yield from _shared(results, found, lambda result: _compared(results, result))


def _shared(results: Results, found: list[Result], say: Any) -> Iterator[str]:
    """Yield what is said of some analyses, each sentence once; of some of them, with their names."""
    by_text: dict[str, list[Result]] = {}
    for result in found:
        by_text.setdefault(say(result), []).append(result)
    for text, members in by_text.items():
        if text:
            yield text if len(members) == len(found) else f"{text} ({_named(results, members, found)})"


def _named(results: Results, some: list[Result], found: list[Result]) -> str:
    """Return the names of some analyses; their ids, where a name is that of several."""
    names = [called(results, r) for r in found]
    if len(set(names)) < len(names):
        return listed([f"`{r.analysis.id}`" for r in some])
    return listed([called(results, r) for r in some])


def _random(results: Results, result: Result) -> str:
    parts = Formula.parse(str(result.roles["formula"])).random if "formula" in result.roles else ()
    if not parts:
        return ""
    return f"The random part has {listed([_part(results, part) for part in parts])}"


def _part(results: Results, part: RandomPart) -> str:
    columns = ["an intercept"] if part.intercept else []
    columns += [
        "a coefficient of " + " × ".join(escape(labels.factor(results, str(factor))) for factor in term)
        for term in part.terms
    ]
    group = " × ".join(escape(begun_small(labels.label(results, name))) for name in part.group)
    related = ("" if part.correlated else ", without correlations") if len(columns) > 1 else ""
    return f"{' and '.join(columns)} for each {group}{related}"


def _estimated(result: Result) -> str:
    options = result.options
    if "points" in options:
        points = options["points"]
        how = (
            "Laplace's approximation"
            if points == 1
            else f"adaptive Gauss-Hermite quadrature of {points} points"
        )
        return f"The likelihood was maximised by {how}"
    if options.get("df_method") in RESTRICTED and "random_sd" in _quantities(result):
        return "Variances were estimated by restricted maximum likelihood"
    return ""


def _chosen(result: Result, option: str) -> str:
    value = result.options.get(option)
    if option == "link" and result.options.get("distribution", "binomial") != "binomial":
        return ""
    if option == "adjust" and not ("contrast" in _quantities(result) or result.options.get("comparisons")):
        return ""
    return CHOICES[option].get(value, "") if isinstance(value, str) else ""


def _compared(results: Results, result: Result) -> str:
    """Return what the comparisons are that have a name."""
    found = parse(str(result.options.get("comparisons", "")))[0]
    said = [
        f"{escape(one.term)} ({escape(labels.term(results, one.spelling))})"
        for one in found
        if one.term != one.spelling
    ]
    return f"The plan named these comparisons of marginal means: {'; '.join(said)}" if said else ""


def _ways(result: Result) -> str:
    """Return how the intervals of each part were made."""
    ways: dict[str, list[str]] = {}
    for e in result.estimates:
        if e.interval and _kind(e) not in ways.setdefault(labels.way_named(e.interval), []):
            ways[labels.way_named(e.interval)].append(_kind(e))
    said = [f"{listed(kinds)} by {escape(way)}" for way, kinds in ways.items()]
    return begun(f"intervals were made as follows: {'; '.join(said)}") if said else ""


def _kind(e: Estimate) -> str:
    if e.quantity.name in ("random_sd", "random_correlation", "residual_sd"):
        return "random part"
    if e.quantity.name == "marginal_mean":
        return "marginal means"
    if e.quantity.name == "contrast":
        return "differences of them"
    if e.quantity.name == "threshold":
        return "thresholds"
    return "fixed part" if e.term else begun_small(e.quantity.label)


def _quantities(result: Result) -> set[str]:
    return {e.quantity.name for e in result.estimates}
