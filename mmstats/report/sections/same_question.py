"""What two models of one question say: differences of mean scores, and odds ratios of higher scores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite, log

from mmstats import format as fmt
from mmstats import labels
from mmstats.comparisons import parse
from mmstats.estimate import Estimate
from mmstats.formula import Formula
from mmstats.report.assemble import escape
from mmstats.report.blocks import Float, label
from mmstats.report.displays import shape
from mmstats.report.saved_values import Report, begun_small
from mmstats.report.sections.wording import begun, counted, listed, several
from mmstats.results import Result, Results

LINEAR = frozenset({"coefficient", "f_test", "residual_sd"})
ORDINAL = frozenset({"odds_ratio", "proportional_odds_test"})


@dataclass(frozen=True)
class Comparison:
    """One term of the formula: the estimates or tests that answer it, and in which directions they point."""

    name: str
    linear: Estimate
    ordinal: Estimate
    columns: tuple[tuple[Estimate, Estimate], ...]

    @property
    def known(self) -> bool:
        """Whether both models have an answer."""
        return all(isfinite(e.p_value) for e in (self.linear, self.ordinal)) and all(
            isfinite(difference.estimate) and isfinite(ratio.estimate) for difference, ratio in self.columns
        )

    @property
    def same_direction(self) -> bool:
        """Whether higher means go with higher odds in each column."""
        return all((a.estimate > 0) == (_log(b.estimate) > 0) for a, b in self.columns)

    def same_side(self, alpha: float) -> bool:
        """Return whether both p values are below the level, or neither is."""
        return (self.linear.p_value < alpha) == (self.ordinal.p_value < alpha)


def same_question(report: Report, members: Sequence[Result], floats: Sequence[Float]) -> Iterator[str]:
    """Yield some paragraphs for each ordinal model that has a linear one of the same formula and rows."""
    results = report.results
    for ordinal in members:
        linear = next((r for r in results if _pair(r, ordinal)), None)
        if linear is not None:
            yield from _parts(report, linear, ordinal, floats)


def _pair(linear: Result, ordinal: Result) -> bool:
    """Return whether two results are a linear and an ordinal model of the same question."""
    if shape(linear) != "model" or shape(ordinal) != "model" or set(linear.roles) != set(ordinal.roles):
        return False
    a, b = linear.analysis, ordinal.analysis
    return (
        set(linear.roles) == {"formula"}  # no weights or offset, which one of them would lack
        and _names(linear) >= LINEAR
        and _names(ordinal) >= ORDINAL
        and (a.rows, a.where) == (b.rows, b.where)
        and _asked(linear) == _asked(ordinal)
        and linear.options["level"] == ordinal.options["level"]
        and linear.options["contrasts"] == "treatment"
    )


def _asked(result: Result) -> Formula:
    """Return the formula, however it is spaced."""
    return replace(Formula.parse(str(result.roles["formula"])), text="")


def _names(result: Result) -> set[str]:
    return {e.quantity.name for e in result.estimates}


def _parts(report: Report, linear: Result, ordinal: Result, floats: Sequence[Float]) -> Iterator[str]:
    """Yield what was asked, a list with each term's two answers, and what to make of them."""
    results, comparisons = report.results, list(_comparisons(report.results, linear, ordinal))
    shown = listed([f"@{one}" for one in _shown(linear, floats)])
    outcome = escape(labels.label(results, linear.outcome))
    rows = labels.whose_rows(linear) or f"{fmt.count(linear.n)} rows"
    yield (
        f"*{outcome}: one question, two models.* `{linear.roles['formula']}` was fitted twice to "
        f"{rows}{f' ({shown})' if shown else ''}: for differences of mean scores "
        f"({escape(begun_small(linear.title))}), and for odds ratios of higher scores "
        f"({escape(begun_small(ordinal.title))})."
    )
    yield "\n".join(
        f"- {escape(c.name)}: {_said(report, c.linear)}; {_said(report, c.ordinal)}." for c in comparisons
    )
    rest = (
        *_agreement(comparisons, linear.options["level"]),
        *_averaged(report, linear),
        *_supposed(report, linear, ordinal),
    )
    yield " ".join(rest)


def _shown(linear: Result, floats: Sequence[Float]) -> list[str]:
    """Return the labels of the tables of models, and of the figure of the linear model's means."""
    family = linear.analysis.family or "further"
    table, figure = label("tbl", family, "model"), label("fig", family, f"{linear.analysis.id}-means")
    tables = [one.label for one in floats if one.label == table or one.label.startswith(f"{table}-")]
    return (tables if len(tables) == 1 else []) + [one.label for one in floats if one.label == figure]


def _comparisons(results: Results, linear: Result, ordinal: Result) -> Iterator[Comparison]:
    """Yield for each term what both models say: a test where both have one of several columns."""
    terms = [tuple(map(str, term)) for term in Formula.parse(str(linear.roles["formula"])).terms]
    ratios = {e.term: e for e in ordinal.estimates if e.quantity.name == "odds_ratio"}
    for term in terms:
        columns = tuple(
            (e, ratios[e.term])
            for e in linear.estimates
            if e.quantity.name == "coefficient" and _variables(e.term) == term and e.term in ratios
        )
        fixed = _held(results, linear, term, terms)
        whole = ":".join(term)
        test = [e for e in ordinal.estimates if (e.quantity.name, e.term) == ("likelihood_ratio", whole)]
        if test:
            yield Comparison(labels.term(results, whole), linear.estimate("f_test", whole), test[0], columns)
            continue
        for difference, ratio in columns:
            name = labels.term(results, difference.term) + fixed
            yield Comparison(name, difference, ratio, ((difference, ratio),))


def _variables(term: str) -> tuple[str, ...]:
    return tuple(factor.partition("[")[0] for factor in labels.factors(term))


def _held(results: Results, linear: Result, term: tuple[str, ...], terms: Sequence[tuple[str, ...]]) -> str:
    """Return at which values of the variables it interacts with a term's columns are differences."""
    others = dict.fromkeys(
        name for other in terms if set(other) > set(term) for name in other if name not in term
    )
    first: dict[str, str] = {}
    for e in linear.estimates:
        factors = labels.factors(e.term)
        if e.quantity.name == "marginal_mean" and len(factors) == 1:
            first.setdefault(_variables(e.term)[0], labels.factor(results, factors[0]))
    held = [first.get(name, f"{labels.factor(results, name)}: 0") for name in others]
    return f" (at {listed(held)})" if held else ""


def _said(report: Report, e: Estimate) -> str:
    """Return an estimate with its interval, or a test, with degrees of freedom and p value."""
    if not isfinite(e.p_value) or not isfinite(e.estimate):
        return escape(report.said(e))
    p = fmt.p_value(e.p_value, report.style)
    if e.quantity.name in ("f_test", "likelihood_ratio"):
        return escape(f"{fmt.test(e)}, {p}")
    name = "odds ratio" if e.quantity.name == "odds_ratio" else "difference"
    degrees = f"df = {fmt.df(e.df)}" if isfinite(e.df) and name == "difference" else ""
    return escape(", ".join(filter(None, (f"{name} {fmt.with_interval(e)}", degrees, p))))


def _agreement(comparisons: Sequence[Comparison], level: float) -> Iterator[str]:
    """Yield whether the two models agree in direction, and on which side of the level p values are."""
    alpha = round(1 - level, 12)
    known = [c for c in comparisons if c.known]
    turned = [c.name for c in known if not c.same_direction]
    apart = [c.name for c in known if not c.same_side(alpha)]
    side = f"on whether p is below {fmt.p_value(alpha, symbol=False).rstrip('0')}"
    if known and not turned and not apart:
        every = "The" if len(known) == 1 else f"In each of these {several(len(known), 'comparison')} the"
        yield f"{every} models agree in direction and {side}."
    elif known:
        said = []
        for what, names in (("in direction", turned), (side, apart)):
            differ = f"differ {what} for {escape(listed(names))}"
            said.append(differ if names else f"agree {what} throughout")
        yield f"The models {' and '.join(said)}."
    unknown = [c.name for c in comparisons if not c.known]
    if unknown:
        yield f"One of them has no answer for {escape(listed(unknown))}."


def _averaged(report: Report, linear: Result) -> Iterator[str]:
    """Yield tests and differences that are averaged over an interaction, as odds ratios are not."""
    terms = [tuple(map(str, term)) for term in Formula.parse(str(linear.roles["formula"])).terms]
    said = []
    own = {one.term for one in parse(str(linear.options.get("comparisons", "")))[0]}
    if linear.options.get("tests", "type-3") != "type-3":  # which averages with equal weights
        return
    for term in terms:
        tests = [e for e in linear.estimates if (e.quantity.name, e.term) == ("f_test", ":".join(term))]
        if not tests or not any(set(other) > set(term) for other in terms):
            continue
        said.append(f"{escape(labels.term(report.results, tests[0].term))}, {_said(report, tests[0])}")
        contrasts = [
            e
            for e in linear.estimates
            if e.quantity.name == "contrast"
            and e.term not in own
            and set(_variables(e.term.partition(" - ")[0])) == set(term)
        ]
        if len(contrasts) == 1:
            of = escape(labels.term(report.results, contrasts[0].term))
            said[-1] += f" ({of}: {_said(report, contrasts[0])})"
    if said:
        yield (
            "The linear model also tests effects averaged over the levels of what they interact with, "
            f"which odds ratios are not: {'; '.join(said)}."
        )


def _supposed(report: Report, linear: Result, ordinal: Result) -> Iterator[str]:
    """Yield what each model supposes, and what the saved results say of that."""
    results = report.results
    beyond = _beyond(results, linear)
    limits = f"intervals of {counted(beyond)} marginal means go"
    if beyond == 1:
        limits = "the interval of one marginal mean goes"
    yield "The linear model takes scores as numbers, with normal residuals of one variance" + (
        f"; {limits} beyond the scores that exist." if beyond else "."
    )
    tests = [e for e in ordinal.estimates if e.quantity.name == "proportional_odds_test"]
    known = [e for e in tests if isfinite(e.p_value)]
    told = [f"{labels.term(results, e.term)}, {fmt.p_value(e.p_value, report.style)}" for e in known]
    yield "The ordinal model takes odds ratios as the same at every threshold" + (
        f" (tests of proportional odds: {escape('; '.join(told))})." if told else "."
    )
    if len(known) < len(tests):
        absent = [labels.term(results, e.term) for e in tests if e not in known]
        yield begun(f"proportional odds could not be tested for {escape(listed(absent))}.")


def _beyond(results: Results, linear: Result) -> int:
    """Return how many marginal means have intervals that go beyond the allowed scores."""
    variable = results.variables.get(linear.outcome)
    scores = [float(score) for score in variable.allowed] if variable and variable.allowed else []
    if not scores:
        return 0
    means = [e for e in linear.estimates if e.quantity.name == "marginal_mean"]
    return sum(e.conf_low < min(scores) or e.conf_high > max(scores) for e in means)


def _log(ratio: float) -> float:
    return log(ratio) if ratio > 0 else -float("inf")
