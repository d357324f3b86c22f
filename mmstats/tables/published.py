"""Pooled results that others published, beside ours."""

from collections.abc import Iterator
from math import isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.pooled_parts import is_pooling, pooled_parts
from mmstats.results import Result, Results
from mmstats.review import Published
from mmstats.review_sums import contradictions
from mmstats.tables.effect import estimate_text, sentence_end
from mmstats.tables.effects import effect_label
from mmstats.tables.table import Cell, Column, Row, Table

OURS = "This analysis"


def published_table(
    results: Results, *, id: str = "tbl-published", caption: str = "Published results beside ours"
) -> Table:
    """Return our pooled effect of each analysis, and below it the published ones, with their contradictions.

    Raises
    ------
    ReportError
        If the results have no review, or it has no published results.
    """
    review = results.review
    if review is None or not review.published:
        raise ReportError("These results have no published ones beside them: no [[review.published]].")
    rows: list[Row] = []
    for analysis in dict.fromkeys(one.analysis for one in review.published):
        name = labels.analysis(results, results[analysis])
        rows += [Row({"name": name}, heading=True), _ours(results, analysis)]
        rows += [_theirs(one, percent=_is_share(results[analysis])) for one in review.of(analysis)]
    used = {key for row in rows for key, content in row.cells.items() if content}
    columns = (
        Column("name", "Result", "left"),
        Column("measure", "Measure", "left"),
        Column("studies", "Studies", "right"),
        Column("participants", "Participants", "right"),
        Column("effect", "Effect [CI]"),
        Column("i2", "I²"),
    )
    return Table(
        id=id,
        columns=tuple(column for column in columns if column.key in used),
        rows=tuple(Row({k: c for k, c in row.cells.items() if c}, row.indent, row.heading) for row in rows),
        caption=caption,
        notes=(
            f"CI, confidence interval; I², share of variation between studies. {fmt.DASH}, not printed. "
            "Published numbers stand as printed.",
        ),
    )


def _ours(results: Results, analysis: str) -> Row:
    result = results[analysis]
    if not is_pooling(result):
        why = sentence_end(f"{result.status}: {result.reason}".capitalize()) if result.reason else ""
        e = result.estimate() if result.estimates else None
        return Row({"name": OURS, "effect": estimate_text(e) if e else Cell(fmt.DASH, (why,))}, indent=1)
    found = pooled_parts(results, analysis)
    i2 = found.whole.get("i2")
    return Row(
        {
            "name": OURS,
            "measure": effect_label(results, found),
            "studies": fmt.count(found.count),
            "participants": fmt.count(found.participants) if found.participants else fmt.DASH,
            "effect": estimate_text(found.effect),
            "i2": f"{fmt.number(i2.estimate, 0)}%" if i2 and not isnan(i2.estimate) else fmt.DASH,
        },
        indent=1,
    )


def _is_share(result: Result) -> bool:
    return any(fmt.in_percent(e) is not e for e in result.estimates[:1])


def _theirs(one: Published, *, percent: bool) -> Row:
    notes = [sentence_end(text) for text in _notes(one)]
    return Row(
        {
            "name": Cell(one.label, tuple(notes)),
            "measure": one.measure or fmt.DASH,
            "studies": fmt.count(one.studies) if one.studies else fmt.DASH,
            "participants": fmt.count(one.participants) if one.participants else fmt.DASH,
            "effect": printed(one, percent=percent),
            "i2": f"{one.i2:g}%" if not isnan(one.i2) else fmt.DASH,
        },
        indent=1,
    )


def _notes(one: Published) -> Iterator[str]:
    if one.note:
        yield one.note
    if not isnan(one.conf_low) and one.conf_level != 0.95:
        yield f"{fmt.level(one.conf_level)} interval"
    yield from (f"As printed, this cannot all be right: {text}" for text in contradictions(one))


def printed(one: Published, *, percent: bool = False) -> str:
    """Return a published effect with its interval, with the decimals that it was given with.

    Parameters
    ----------
    one : Published
    percent : bool
        Whether it is a proportion, printed in percent as ours are.

    Examples
    --------
    >>> printed(Published(analysis="a", label="b", estimate=0.5, conf_low=-0.1, conf_high=1.25))
    '0.50 [−0.10, 1.25]'
    """
    times, sign = (100, "%") if percent else (1, "")
    values = [times * value for value in (one.estimate, one.conf_low, one.conf_high)]
    places = fmt.exact_decimals(values, most=6)
    text, low, high = (fmt.number(value, places) + sign for value in values)
    return text if isnan(one.conf_low) else f"{text} [{low}, {high}]"
