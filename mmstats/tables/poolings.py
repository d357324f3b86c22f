"""Several meta-analyses of one effect: the pooled effect of each, and how much its studies differ."""

from collections.abc import Sequence
from math import isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.pooled_parts import is_pooling, pooled_parts
from mmstats.results import Result, Results
from mmstats.tables.effect import estimate_text, interval_label, p_label, sentence_end
from mmstats.tables.effects import effect_label
from mmstats.tables.table import Cell, Column, Row, Table


def poolings_table(
    results: Results,
    analyses: Sequence[str],
    *,
    style: str = "apa",
    id: str = "tbl-poolings",
    caption: str = "Pooled effects",
) -> Table:
    """Return the pooled effect of each analysis: studies, p value, prediction interval, tau, I squared.

    Parameters
    ----------
    results : Results
    analyses : sequence of str
        Ids, in the order of the rows.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    id, caption : str

    Raises
    ------
    ReportError
        If an id is unknown.
    """
    found = labels.chosen(results, analyses)
    differing = _differing(found)
    rows = [Row(_cells(results, result, style, differing)) for result in found]
    effects = [pooled_parts(results, r.analysis.id).effect for r in found if is_pooling(r)]
    columns = (
        Column("name", "Analysis", "left"),
        Column("studies", "Studies", "right"),
        Column("effect", f"Effect [{interval_label(effects)}]"),
        Column("p", p_label(style), "right"),
        Column("prediction", "In a new study"),
        Column("tau", "τ", "right"),
        Column("i2", "I²", "right"),
    )
    used = {key for row in rows for key, content in row.cells.items() if content} | {"name", "effect"}
    return Table(
        id=id,
        columns=tuple(column for column in columns if column.key in used),
        rows=tuple(Row({k: c for k, c in row.cells.items() if k in used}) for row in rows),
        caption=caption,
        notes=(
            "CI, confidence interval. In a new study: prediction interval of its true effect. τ: standard "
            "deviation of true effects between studies. I²: share of variation between studies.",
        ),
    )


def _differing(found: Sequence[Result]) -> list[str]:
    """Return the options of analyses by one method that are not the same in all of them."""
    names = dict.fromkeys(name for result in found for name in result.options)
    same = len({result.analysis.method for result in found}) == 1
    return [name for name in names if same and len({str(r.options.get(name)) for r in found}) > 1]


def _cells(results: Results, result: Result, style: str, differing: Sequence[str]) -> dict[str, Cell | str]:
    where = labels.condition(results, result)
    name = labels.analysis(results, result) + (f" ({where})" if where else "")
    options = "; ".join(f"{name} = {result.options.get(name)}" for name in differing)
    if options and not result.analysis.label:
        name, options = f"{name}: {options}", ""
    title = sentence_end(f"{result.title}: {options}" if options else result.title)
    if not is_pooling(result):
        why = sentence_end(f"{result.status}: {result.reason}".capitalize())
        return {"name": Cell(name, (title,)), "effect": Cell(fmt.DASH, (why,) if result.reason else ())}
    found = pooled_parts(results, result.analysis.id)
    e, tau, i2 = found.effect, found.whole.get("tau"), found.whole.get("i2")
    notes = (f"{effect_label(results, found)}.", *((sentence_end(e.note),) if e.note else ()))
    return {
        "name": Cell(name, (title,)),
        "studies": fmt.count(found.count),
        "effect": Cell(estimate_text(e), notes),
        "p": fmt.p_value(e.p_value, style, symbol=False),
        "prediction": fmt.interval(found.prediction, decimals=found.decimals) if found.prediction else "",
        "tau": fmt.number(tau.estimate, 2) if tau and not isnan(tau.estimate) else "",
        "i2": f"{fmt.number(i2.estimate, 0)}%" if i2 and not isnan(i2.estimate) else "",
    }
