"""The forest plot of a meta-analysis: studies with their weights, and what was pooled."""

from collections.abc import Iterator, Sequence
from math import isfinite, isnan, nan, sqrt
from string import ascii_uppercase

from matplotlib.axes import Axes

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.figures import judgements
from mmstats.figures.figure import Figure
from mmstats.figures.forest import ends_of_axis, value_axis
from mmstats.figures.forest_rows import PROPORTION, Published, Row, as_drawn, forest_rows
from mmstats.figures.forest_sheet import INDENT, LINE, SIGN, Sheet, laid_out, numbers
from mmstats.figures.forest_ticks import tick, ticks
from mmstats.figures.forest_words import NBSP, heterogeneity, tested
from mmstats.figures.pooling import Pooling, axis_name, called, pooling, several
from mmstats.figures.style import DOUBLE, GREY, INK, PALE, PALETTE, canvas, page_of, wrapped
from mmstats.results import Results

SMALLEST, LARGEST = 1.8, 7.2  # markers, in points: their areas are as the weights
AXIS = 10.5  # millimetres below the rows, for the axis and its name
HALF = 1.55  # millimetres from the middle of a diamond to its upper corner
MARGIN = 0.4
A_LETTER = 1.55  # millimetres, about


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
    found = pooling(results, analysis)
    rows = list(
        forest_rows(
            results, found, columns=columns, risk_of_bias=risk_of_bias, published=published, style=style
        )
    )
    effect = as_drawn(found, found.effect)
    estimate = f"{effect.quantity.label} [{_interval(effect)}]"
    sheet = laid_out(
        rows,
        study=labels.label(results, found.variable),
        heads=[labels.label(results, name) for name in columns],
        estimate=estimate,
        signs=len(risk_of_bias),
        width=width,
    )
    notes = [wrapped(text, int(width / A_LETTER)) for text in _notes(results, found, risk_of_bias, style)]
    shown = _judged(results, found, rows, risk_of_bias)
    foot = sum(LINE * (text.count("\n") + 1) + 0.7 for text in notes) + (SIGN + 1.5) * bool(shown)
    left, right = sheet.plot
    title = wrapped(axis_name(results, found, effect.quantity), int((right - left) / A_LETTER))
    below = sheet.bottom + AXIS + LINE * title.count("\n")
    height = below + foot + 1
    with canvas(width, height) as drawing:
        drawing.set_layout_engine("none")  # places are known
        page = page_of(drawing, width, height, margin=MARGIN)
        plot = drawing.add_axes(
            (
                (left + MARGIN) / width,
                1 - sheet.bottom / height,
                (right - left) / width,
                (sheet.bottom - sheet.top) / height,
            )
        )
        low, high = _ends(rows, effect)
        value_axis(plot, effect, low, high)
        places = ticks(low, high, room=right - left, ratio=effect.quantity.ratio)
        plot.set_xticks(places, [tick(value) for value in places])
        plot.set_xlabel(title)
        plot.set_ylim(sheet.bottom, sheet.top)
        _heads(page, sheet, labels.label(results, found.variable), estimate)
        heaviest = max((row.weight for row in rows if row.shape == "square" and row.weight > 0), default=nan)
        for place, row in enumerate(rows):
            _words(page, sheet, row, place)
            _shape(plot, row, (sheet.edges[place] + sheet.edges[place + 1]) / 2, (low, high), heaviest)
            if row.above or place == 0:
                page.plot([0, width], [sheet.edges[place]] * 2, color=PALE if place else INK, linewidth=0.6)
        _foot(page, below, notes, shown)
    return Figure(
        id=id,
        drawing=drawing,
        alt=_alt(rows, effect, style, sheet.decimals),
        caption=_caption(results, found, rows, effect),
    )


def _interval(e: Estimate) -> str:
    return f"{fmt.level(e.conf_level)} CI" if not isnan(e.conf_level) else "CI"


def _ends(rows: Sequence[Row], effect: Estimate) -> tuple[float, float]:
    drawn = [row.e for row in rows if row.e is not None and row.shape]
    low, high = ends_of_axis(drawn or [effect])
    return (max(low, 0.0), min(high, 100.0)) if effect.quantity.name == PROPORTION else (low, high)


def _heads(page: Axes, sheet: Sheet, study: str, estimate: str) -> None:
    y = sheet.top - 1.2
    page.text(0, y, study, va="bottom", weight="bold")
    for (x, side), head in zip(sheet.columns, sheet.heads, strict=True):
        page.text(x, y, head, va="bottom", ha=side, weight="bold")
    page.text(sheet.numbers, y, estimate, va="bottom", ha="right", weight="bold")
    if sheet.weight > sheet.numbers:
        page.text(sheet.weight, y, "Weight", va="bottom", ha="right", weight="bold")
    for x, letter in zip(sheet.signs, ascii_uppercase, strict=False):
        page.text(x, y, letter, va="bottom", ha="center", weight="bold")


def _words(page: Axes, sheet: Sheet, row: Row, place: int) -> None:
    top, bottom = sheet.edges[place], sheet.edges[place + 1]
    y, weight, x = (top + bottom) / 2, "bold" if row.bold else "normal", INDENT * row.indented
    name, below = sheet.names[place], sheet.belows[place]
    if below:
        lines = below.count("\n") + 1
        page.text(x, y - LINE * lines / 2, name, va="center", weight=weight)
        page.text(x, y + LINE * (name.count("\n") + 1) / 2, below, va="center", color=GREY, fontsize=6.5)
    else:
        page.text(x, y, name, va="center", weight=weight)
    for (at, side), text in zip(sheet.columns, row.cells, strict=False):
        page.text(at, y, text, va="center", ha=side)
    told = numbers(row, sheet.decimals)
    absent = row.e is not None and not row.shape
    page.text(
        sheet.numbers,
        y,
        told,
        va="center",
        ha="right",
        weight=weight,
        color=GREY if absent else INK,
        style="italic" if absent else "normal",
    )
    if not isnan(row.weight):
        page.text(sheet.weight, y, f"{fmt.number(row.weight, 1)}%", va="center", ha="right", weight=weight)
    for at, (letters, colour) in zip(sheet.signs, row.signs, strict=False):
        if letters:
            judgements.circle(page, at, y, letters, colour)


def _shape(plot: Axes, row: Row, y: float, ends: tuple[float, float], heaviest: float) -> None:
    e, (low, high) = row.e, ends
    if e is None or not row.shape:
        return
    known = not (isnan(e.conf_low) or isnan(e.conf_high))
    if row.shape in ("diamond", "hollow") and known:
        _diamond(plot, y, e, ends, hollow=row.shape == "hollow")
        return
    colour = PALETTE[1] if row.shape == "bar" else PALETTE[0] if row.shape == "square" else INK
    if known:
        start, end = max(e.conf_low, low), min(e.conf_high, high)
        thick = 2.6 if row.shape == "bar" else 1.1
        plot.plot([start, end], [y, y], color=colour, linewidth=thick, solid_capstyle="butt", zorder=3)
        _arrows(plot, y, e, ends, colour)
    if row.shape == "bar":
        return
    marker = "s" if row.shape == "square" else "D"
    size = 4.5 if isnan(row.weight) or isnan(heaviest) else LARGEST * sqrt(row.weight / heaviest)
    plot.plot(
        [e.estimate],
        [y],
        marker=marker,
        markersize=max(SMALLEST, size),
        color=colour,
        clip_on=False,
        zorder=5,
    )


def _diamond(plot: Axes, y: float, e: Estimate, ends: tuple[float, float], *, hollow: bool) -> None:
    low, high = ends
    start, end = max(e.conf_low, low), min(e.conf_high, high)
    plot.fill(
        [start, e.estimate, end, e.estimate],
        [y, y - HALF, y, y + HALF],
        facecolor="white" if hollow else INK,
        edgecolor=INK,
        linewidth=0.8,
        zorder=5,
    )
    _arrows(plot, y, e, ends, INK)


def _arrows(plot: Axes, y: float, e: Estimate, ends: tuple[float, float], colour: str) -> None:
    low, high = ends
    for cut, marker, at in ((e.conf_low < low, "<", low), (e.conf_high > high, ">", high)):
        if cut:
            plot.plot([at], [y], marker=marker, markersize=4.5, color=colour, clip_on=False, zorder=6)


def _notes(results: Results, found: Pooling, risk_of_bias: Sequence[str], style: str) -> Iterator[str]:
    """Yield what stands under the plot: heterogeneity, tests, and what letters mean."""
    if told := heterogeneity(found.whole, style):
        yield f"Heterogeneity: {told}"
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


def _foot(page: Axes, y: float, notes: Sequence[str], shown: Sequence[tuple[str, str, str]]) -> None:
    for text in notes:
        page.text(0, y, text, va="top", color=GREY, fontsize=7)
        y += LINE * (text.count("\n") + 1) + 0.7
    if shown:
        judgements.legend(page, y + SIGN / 2, 0.0, shown)


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
    studies = sum(isfinite(study.effect.estimate) for study in found.studies)
    large = ", as large as their weight," if found.weighted else ""
    parts = [f"Squares: studies{large} with {_interval(effect)}", "diamonds: pooled effects"]
    if "bar" in shapes:
        parts.append("bar: where the true effect of a new study lies")
    if "hollow" in shapes:
        parts.append("hollow diamonds: published elsewhere")
    if not isnan(effect.quantity.null):
        parts.append("dashed: no effect")
    name = called(results, found.result)
    return f"{name}: {effect.quantity.label} of {several(studies)}. {'; '.join(parts)}."
