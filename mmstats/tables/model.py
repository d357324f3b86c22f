"""Models side by side, as papers print them: fixed part, tests, random part, and how well they fit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.comparisons import parse
from mmstats.estimate import Estimate
from mmstats.formula import Formula
from mmstats.results import Result, Results
from mmstats.tables.effect import adjusted_note, estimate_text, interval_label, p_label, sentence_end
from mmstats.tables.table import Cell, Column, Row, Spanner, Table

COEFFICIENTS = ("coefficient", "odds_ratio", "rate_ratio", "hazard_ratio", "log_odds", "log_rate")
TESTS = ("f_test", "likelihood_ratio")
RANDOM_TESTS = ("random_effect_test",)
RANDOM = ("random_sd", "random_correlation", "residual_sd")
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Fixed part", COEFFICIENTS),
    ("Thresholds", ("threshold",)),
    ("Tests of terms", TESTS),
    ("Tests of proportional odds", ("proportional_odds_test",)),
    ("Random part", RANDOM),
    ("Tests of the random part", RANDOM_TESTS),
    ("Marginal means", ("marginal_mean",)),
    ("Differences of marginal means", ("contrast",)),
)
COMPARED = "Comparisons of marginal means"  # on the scale of the coefficients
DISTRIBUTIONS = {
    "gaussian": "Gaussian",
    "binomial": "binomial",
    "poisson": "Poisson",
    "negative-binomial": "negative binomial",
}
LINKS = {"probit": "probit link", "cloglog": "complementary log-log link"}
SAME = {"log_odds": "odds_ratio", "log_rate": "rate_ratio"}  # an intercept stands in its model's own column
SHORT = {"r2_marginal": "R², fixed part", "r2_conditional": "R², fixed and random parts"}


def model_table(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    style: str = "apa",
    id: str = "tbl-models",
    caption: str = "Models",
) -> Table:
    """Return one or several models side by side, with everything that was saved of them.

    Rows of one name share a line. Footnotes say by which method a model was fitted, how its intervals were
    made, and whatever was noted or warned about.

    Parameters
    ----------
    results : Results
    analyses : sequence of str, optional
        Ids, in the order of the columns; by default all that are not descriptions.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    id, caption : str

    Raises
    ------
    ReportError
        If an id is unknown, or nothing was chosen.
    """
    found = labels.chosen(results, analyses)
    called = [labels.analysis(results, result) for result in found]
    models = [
        _Model.of(results, result, _numbered(called, place), place) for place, result in enumerate(found)
    ]
    columns = [Column("name", "", "left")]
    for model in models:
        columns.append(Column(model.estimate, model.heading))
        if model.tested:
            columns.append(Column(model.p, p_label(style), "right"))
    spanners = [
        Spanner(model.title, (model.estimate, model.p) if model.tested else (model.estimate,))
        for model in models
    ]
    notes = ["CI, confidence interval; SD, standard deviation."]
    if references := _references(results, models):
        notes.insert(0, f"Reference levels: {references}.")
    return Table(
        id=id,
        columns=tuple(columns),
        rows=tuple(_rows(results, models, style)),
        spanners=tuple(spanners),
        caption=caption,
        notes=(" ".join(notes),),
    )


def _numbered(names: Sequence[str], place: int) -> str:
    """Return one of several names, with its number among those that are the same."""
    name = names[place]
    return f"{name}, model {names[: place + 1].count(name)}" if names.count(name) > 1 else name


def random_part(result: Result) -> bool:
    """Return whether an analysis is of a model that takes several rows of each group."""
    text = result.roles.get("formula")
    return isinstance(text, str) and ("participant" in result.roles or bool(Formula.parse(text).random))


def has_checks(result: Result) -> bool:
    """Return whether an analysis is of what speaks against a model: its residuals, and who moves it."""
    return any(e.quantity.name == "residual" for e in result.estimates)


@dataclass(frozen=True)
class _Model:
    """One analysis with its two columns.

    Parameters
    ----------
    result : Result
    estimate, p : str
        The columns' keys.
    shared : tuple of str
        Notes that every coefficient has, which belong to the model.
    compared : mapping of str to str
        Comparisons that the plan wrote, by what they are called, in words.
    title : Cell
    """

    result: Result
    estimate: str
    p: str
    shared: tuple[str, ...]
    compared: Mapping[str, str]
    title: Cell

    @classmethod
    def of(cls, results: Results, result: Result, name: str, place: int) -> "_Model":
        compared = {
            one.term: labels.term(results, one.spelling)
            for one in parse(str(result.options.get("comparisons", "")))[0]
        }
        fixed = [e for e in result.estimates if e.quantity.name in COEFFICIENTS and e.term not in compared]
        shared = tuple(
            dict.fromkeys(e.note for e in fixed if e.note and all(o.note == e.note for o in fixed))
        )
        notes = [*_method(results, result), *map(sentence_end, shared), *map(sentence_end, result.warnings)]
        if not result.estimates:
            state = "Not estimable" if result.status == "not estimable" else "Failed"
            notes.append(sentence_end(f"{state}: {result.reason}"))
        title = Cell(name, tuple(dict.fromkeys(notes)))
        return cls(result, f"estimate {place}", f"p {place}", shared, compared, title)

    @property
    def fixed(self) -> list[Estimate]:
        """The coefficients of the fixed part."""
        estimates = self.result.estimates
        return [e for e in estimates if e.quantity.name in COEFFICIENTS and e.term not in self.compared]

    @property
    def tested(self) -> bool:
        """Whether any estimate has a p value."""
        return any(not isnan(e.p_value) for e in self.result.estimates)

    @property
    def heading(self) -> str:
        """What the estimates of the fixed part are, with the level of the intervals."""
        fixed = self.fixed
        names = list(dict.fromkeys(e.quantity.label for e in fixed if e.quantity.name not in SAME))
        whole = " or ".join(names) or (fixed[0].quantity.label if fixed else "Estimate")
        return f"{whole} [{interval_label(self.result.estimates)}]"

    def cells(self, results: Results, e: Estimate, style: str) -> dict[str, Cell | str]:
        """Return the cells of one estimate."""
        own = e.note
        for note in self.shared:
            own = own.removeprefix(note).strip()
        notes = (sentence_end(own),) if own else ()
        if e.quantity.name in (*COEFFICIENTS, "contrast") and self.compared.get(
            e.term, _name(results, e)
        ) != _name(results, e):
            notes = (f"{self.compared[e.term]}.", *notes)
        ratios = any(o.quantity.name in SAME.values() for o in self.result.estimates)
        if e.quantity.name in COEFFICIENTS and not e.quantity.ratio and ratios:
            notes = (f"{e.quantity.label}, not a ratio.", *notes)
        tests = e.quantity.name in (*TESTS, "proportional_odds_test")
        text = fmt.test(e) if tests else estimate_text(e)
        if e.quantity.name in RANDOM_TESTS:
            text = f"LR = {fmt.number(e.estimate, 2)}"
        found: dict[str, Cell | str] = {self.estimate: Cell(text, notes)}
        if not isnan(e.p_value):
            p = fmt.p_value(e.p_value, style, symbol=False)
            found[self.p] = Cell(p, adjusted_note(results, self.result, e, style))
        return found


def _rows(results: Results, models: Sequence[_Model], style: str) -> Iterator[Row]:
    told = {name for _, names in SECTIONS for name in names}
    for title, names in SECTIONS:
        yield from _section(results, models, title, names, style)
        if names is COEFFICIENTS:
            yield from _section(results, models, COMPARED, names, style, compared=True)
    others = [e.quantity for model in models for e in model.result.estimates if e.quantity.name not in told]
    for quantity in dict.fromkeys(q for q in others if _has_terms(models, q.name)):
        yield from _section(results, models, quantity.label, (quantity.name,), style)
    alone = tuple(dict.fromkeys(q.name for q in others if not _has_terms(models, q.name)))
    yield from _section(results, models, "Model", alone, style)
    if not alone:
        yield Row({"name": "Model"}, heading=True)
    yield Row({"name": "Rows", **{m.estimate: _count(m.result.n) for m in models}}, indent=1)
    if any(m.result.participants for m in models):
        counts = {m.estimate: _count(m.result.participants) for m in models}
        people = all(m.result.analysis.rows or "participant" in m.result.roles for m in models)
        yield Row({"name": "Participants" if people else "Groups", **counts}, indent=1)


def _section(
    results: Results,
    models: Sequence[_Model],
    title: str,
    names: tuple[str, ...],
    style: str,
    *,
    compared: bool = False,
) -> Iterator[Row]:
    """Yield a heading and a row for each name, in the order in which models first have it."""
    lines: dict[str, dict[str, Cell | str]] = {}
    for model in models:
        before = ""
        inside = [e for e in model.result.estimates if e.quantity.name in names]
        if names is COEFFICIENTS:
            inside = [e for e in inside if (e.term in model.compared) is compared]
        for e in sorted(
            inside,
            key=lambda e: names.index(e.quantity.name) if names in (RANDOM, TESTS) else e.term != "intercept",
        ):
            name = _name(results, e)
            if name not in lines:
                lines = _after(lines, before, name)
            lines[name] |= model.cells(results, e, style)
            before = name
    if lines:
        yield Row({"name": title}, heading=True)
        for name, cells in lines.items():
            yield Row({"name": name, **cells}, indent=1)


def _after(
    lines: Mapping[str, dict[str, Cell | str]], before: str, name: str
) -> dict[str, dict[str, Cell | str]]:
    """Return the lines with one more, behind the one that precedes it in its own model."""
    names = list(lines)
    place = names.index(before) + 1 if before else len(names)
    names.insert(place, name)
    return {one: lines.get(one, {}) for one in names}


def _name(results: Results, e: Estimate) -> str:
    if e.quantity.name in ("random_sd", "random_correlation"):
        columns, group = labels.random_term(results, e.term)
        kind = "SD" if e.quantity.name == "random_sd" else "Correlation"
        return f"{kind} of {columns}, by {group}"
    if e.quantity.name in RANDOM_TESTS:
        columns, group = labels.random_term(results, e.term)
        return f"{columns[:1].upper()}{columns[1:]}, by {group}"
    if e.quantity.name == "residual_sd":
        return "SD of residuals"
    if e.quantity.name == "threshold":
        return " | ".join(part.strip() for part in e.term.split("|"))
    if not e.term:
        return SHORT.get(e.quantity.name, e.quantity.label)
    if e.quantity.name == "marginal_mean":
        return ", ".join(labels.factor(results, part) for part in labels.factors(e.term))
    return labels.term(results, e.term)


def _has_terms(models: Sequence[_Model], quantity: str) -> bool:
    return any(e.term for m in models for e in m.result.estimates if e.quantity.name == quantity)


def _count(n: int) -> str:
    return fmt.count(n) if n else fmt.DASH


def _method(results: Results, result: Result) -> Iterator[str]:
    """Yield what a model is, of whom, and how its intervals were made."""
    where = labels.condition(results, result)
    formula = f": {result.roles['formula']}" if "formula" in result.roles else ""
    yield sentence_end(f"{result.title}{_kind_of_model(result)}{formula}") + (f" {where}." if where else "")
    left_out = labels.excluded(results, result)
    if left_out:
        yield f"Left out: {', '.join(f'{reason}: {fmt.count(n)}' for reason, n in left_out.items())}."
    ways: dict[str, list[str]] = {}
    for e in result.estimates:
        kind = _kind(e)
        if e.interval and not isnan(e.conf_level) and kind not in ways.setdefault(e.interval, []):
            ways[e.interval].append(kind)
    if len(ways) == 1:
        yield f"Intervals: {labels.way_named(next(iter(ways)))}."
    elif ways:
        told = "; ".join(f"{labels.way_named(way)} ({', '.join(kinds)})" for way, kinds in ways.items())
        yield f"Intervals: {told}."


def _kind_of_model(result: Result) -> str:
    """Return the outcome's distribution and the link, where the method's name does not tell them."""
    told = (
        DISTRIBUTIONS.get(str(result.options.get("distribution"))),
        LINKS.get(str(result.options.get("link"))),
    )
    words = ", ".join(filter(None, told))
    return f" ({words})" if words else ""


def _kind(e: Estimate) -> str:
    if e.quantity.name in COEFFICIENTS:
        return "fixed part"
    if e.quantity.name in RANDOM:
        return "random part"
    return (
        e.quantity.label[:1].lower() + e.quantity.label[1:]
        if e.quantity.label[1:2].islower()
        else e.quantity.label
    )


def _references(results: Results, models: Sequence[_Model]) -> str:
    """Return the levels that treatment contrasts compare with, where the saved terms leave no doubt."""
    known: dict[str, str] = {}
    for model in models:
        if model.result.options.get("contrasts", "treatment") != "treatment":
            continue
        terms = [e.term for e in model.fixed]
        shown: dict[str, set[str]] = {}
        for factor in (part for term in terms for part in labels.factors(term)):
            variable, bracket, value = factor.partition("[")
            if bracket:
                shown.setdefault(variable, set()).add(value[:-1])
        for name, levels in shown.items():
            variable_ = results.variables.get(name)
            rest = [level for level in (variable_.levels if variable_ else ()) if level not in levels]
            if len(rest) == 1:
                known[name] = rest[0]
    return "; ".join(
        f"{labels.label(results, name)}, {labels.level(results, name, level)}"
        for name, level in known.items()
    )
