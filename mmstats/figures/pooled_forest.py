"""The forest plot of a meta-analysis: studies with their weights, and what was pooled."""

from collections.abc import Iterator, Sequence
from functools import partial
from math import inf, isnan
from string import ascii_uppercase

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.figures import judgements
from mmstats.figures.figure import Figure
from mmstats.figures.forest import ends_of_axis
from mmstats.figures.forest_page import A_LETTER, AXIS, Frame, foot_height, page
from mmstats.figures.forest_pages import PAGE, paged
from mmstats.figures.forest_rows import Published, Row, forest_rows
from mmstats.figures.forest_sheet import LINE, laid_out, numbers
from mmstats.figures.forest_words import NBSP, heterogeneity, tested, variances
from mmstats.figures.pooling import Pooling, axis_name, called, pooling, several
from mmstats.figures.style import DOUBLE, wrapped
from mmstats.results import Results

SHARES = (
    "weight: the share of an effect in the pooled one, by the model of how effects of one study go together"
)


def pooled_forest_figure(
    results: Results,
    analysis: str,
    *,
    columns: Sequence[str] = (),
    risk_of_bias: Sequence[str] = (),
    published: Sequence[Published] = (),
    style: str = "apa",
    width: float = DOUBLE,
    id: str = "fig-pooled",
) -> Figure:
    """Return the effects of the studies that an analysis pooled, and the pooled one.

    The area of a square is as the study's weight; a diamond is a pooled effect with its interval, and the bar
    below it says where the true effect of a new study lies. Subgroups have diamonds of their own. An interval
    too wide for the axis is cut, with an arrow; the numbers beside it stay whole. A study without an estimate
    keeps its row and says so.

    Parameters
    ----------
    results : Results
    analysis : str
        The id of a meta-analysis.
    columns : sequence of str
        Variables whose values stand beside the names of the studies.
    risk_of_bias : sequence of str
        Variables with judgements, drawn as signs on the right.
    published : sequence of Published
        Pooled results of others, on the scale that is drawn, as hollow diamonds below.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    width : float
        Millimetres.
    id : str

    Raises
    ------
    ReportError
        If the id or a variable is unknown, the analysis pooled nothing, or the columns leave no room.
    """
    made = pooled_forest_pages(
        results,
        analysis,
        columns=columns,
        risk_of_bias=risk_of_bias,
        published=published,
        style=style,
        width=width,
        tallest=inf,
        id=id,
    )
    return made[0]


def pooled_forest_pages(
    results: Results,
    analysis: str,
    *,
    columns: Sequence[str] = (),
    risk_of_bias: Sequence[str] = (),
    published: Sequence[Published] = (),
    style: str = "apa",
    width: float = DOUBLE,
    tallest: float = PAGE,
    id: str = "fig-pooled",
) -> tuple[Figure, ...]:
    """Return the same on as many figures as it takes, none of them taller than a page.

    All have the same columns and axis. A subgroup that goes on is named again; notes are below the last one.

    Parameters
    ----------
    results : Results
    analysis : str
    columns, risk_of_bias : sequence of str
    published : sequence of Published
    style : {"apa", "ama", "bmc"}
    width, tallest : float
        Millimetres.
    id : str
        Of the first; a number is added to those of others.

    Raises
    ------
    ReportError
        As `pooled_forest_figure`.
    """
    found = pooling(results, analysis)
    rows = list(
        forest_rows(
            results, found, columns=columns, risk_of_bias=risk_of_bias, published=published, style=style
        )
    )
    effect = fmt.in_percent(found.effect)
    study = labels.label(results, found.variable)
    estimate = f"{effect.quantity.label} [{_interval(effect)}]"
    frame = Frame.of(
        rows,
        effect,
        _ends(rows, effect),
        study=study,
        estimate=estimate,
        axis=axis_name(results, found, effect.quantity),
        width=width,
    )
    notes = [wrapped(text, int(width / A_LETTER)) for text in _notes(results, found, risk_of_bias, style)]
    shown = _judged(results, found, rows, risk_of_bias)
    heads = [labels.label(results, name) for name in columns]
    layout = partial(
        laid_out,
        study=study,
        heads=heads,
        estimate=estimate,
        signs=len(risk_of_bias),
        width=width,
        decimals=found.decimals,
    )
    sheet = layout(rows)
    below = AXIS + LINE * frame.title(sheet).count("\n") + foot_height(notes, bool(shown)) + 1
    pages = paged(rows, layout, tallest - below)
    caption = _caption(results, found, rows, effect)
    made = []
    for number, (own, part) in enumerate(pages, 1):
        last = number == len(pages)
        more = f" (continued, {number} of {len(pages)})" if number > 1 else ""
        made.append(
            Figure(
                id=id if number == 1 else f"{id}-{number}",
                drawing=page(own, part, frame, notes if last else [], shown if last else []),
                alt=_alt(own, effect, style, part.decimals),
                caption=f"{called(results, found.result)}{more}." if more else caption,
            )
        )
    return tuple(made)


def _interval(e: Estimate) -> str:
    return f"{fmt.level(e.conf_level)} CI" if not isnan(e.conf_level) else "CI"


def _ends(rows: Sequence[Row], effect: Estimate) -> tuple[float, float]:
    drawn = [row.e for row in rows if row.e is not None and row.shape]
    low, high = ends_of_axis(drawn or [effect])
    return (max(low, 0.0), min(high, 100.0)) if effect.quantity.name == "percentage" else (low, high)


def _notes(results: Results, found: Pooling, risk_of_bias: Sequence[str], style: str) -> Iterator[str]:
    """Yield what stands under the plot: heterogeneity, tests, and what letters mean."""
    if told := heterogeneity(found.whole, style):
        yield f"Heterogeneity: {told}"
    if told := variances(results, found.result):
        yield f"Variances of true effects: {told}"
    if not isnan(found.quantity.null) and (told := tested(found.effect, style)):
        both = found.one_stage is not None
        yield f"{'Two-stage' if both else 'Pooled'} effect: {told}"
    if found.one_stage is not None and (told := tested(found.one_stage, style)):
        yield f"One-stage effect: {told}"
    if (between := found.whole.get("subgroup_difference")) is not None:
        told = f"{fmt.test(between)}, {fmt.p_value(between.p_value, style)}".replace(" ", NBSP)
        yield f"Differences between subgroups: {between.note if isnan(between.p_value) else told}"
    if risk_of_bias:
        pairs = zip(ascii_uppercase, risk_of_bias, strict=False)
        yield "; ".join(f"{letter}: {labels.label(results, name)}" for letter, name in pairs)


def _judged(
    results: Results, found: Pooling, rows: Sequence[Row], risk_of_bias: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Return letters, colour and words of each judgement that is there, in the order of levels."""
    seen = {pair for row in rows for pair in row.signs if pair[0]}
    told: dict[tuple[str, str], list[str]] = {}
    for name in risk_of_bias:
        levels = results.variables[name].levels
        for level, words in levels.items():
            pair = judgements.sign(level, words, list(levels))
            if pair in seen and (words or level) not in told.setdefault(pair, []):
                told[pair].append(words or level)
    return [(letters, colour, " or ".join(words)) for (letters, colour), words in told.items()]


def _alt(rows: Sequence[Row], effect: Estimate, style: str, decimals: int | None) -> str:
    texts = []
    for row in rows:
        if row.e is None:
            texts.append(f"{row.name}:")
            continue
        words = numbers(row, decimals) if row.shape else f"not estimable: {row.e.note}"
        if row.shape == "diamond" and not isnan(row.e.p_value):
            words += f", {fmt.p_value(row.e.p_value, style)}"
        weight = "" if isnan(row.weight) else f", weight {fmt.number(row.weight, 1)}%"
        texts.append(f"{row.name}: {words}{weight if row.shape == 'square' else ''};")
    return f"Forest plot of {effect.quantity.label}. {' '.join(texts).rstrip(';').replace(NBSP, ' ')}."


def _caption(results: Results, found: Pooling, rows: Sequence[Row], effect: Estimate) -> str:
    shapes = {row.shape for row in rows}
    large = ", as large as their weight," if found.weighted else ""
    what = "effects" if found.dependent else "studies"
    parts = [f"Squares: {what}{large} with {_interval(effect)}", "diamonds: pooled effects"]
    if found.dependent and found.weighted:
        parts.append(SHARES)
    if "bar" in shapes:
        parts.append("bar: where the true effect of a new study lies")
    if "hollow" in shapes:
        parts.append("hollow diamonds: published elsewhere")
    if not isnan(effect.quantity.null):
        parts.append("dashed: no effect")
    name = called(results, found.result)
    count = several(found.count, found.effects if found.dependent else 0)
    return f"{name}: {effect.quantity.label} of {count}. {'; '.join(parts)}. CI, confidence interval."
