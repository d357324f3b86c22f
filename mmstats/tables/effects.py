"""The effects that a meta-analysis pooled: of each study, of subgroups, and of all."""

from collections.abc import Iterator
from math import isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.pooled_parts import PooledParts, pooled_parts
from mmstats.results import Results
from mmstats.tables.effect import estimate_text, interval_label, sentence_end
from mmstats.tables.table import Cell, Column, Row, Table

SHORT = 20  # letters of a heading


def effects_table(
    results: Results, analysis: str, *, id: str = "tbl-effects", caption: str = "Effects of the studies"
) -> Table:
    """Return each study with its size, how its effect was had, the effect with its interval, and its weight.

    Below stand what was pooled of subgroups and of all, and where the effect of a new study lies.

    Raises
    ------
    ReportError
        If the id is unknown, or the analysis pooled nothing.
    """
    found = pooled_parts(results, analysis)
    made = _made(results, found)
    rows: list[Row] = []
    before = ""
    for one in found.studies:
        if one.own and one.level != before:
            rows.append(Row({"study": labels.level(results, found.variable, one.level)}))
            before = one.level
        cells: dict[str, Cell | str] = {
            "study": one.own or one.name,
            "n": fmt.count(one.effect.n) if one.effect.n else "" if found.dependent else fmt.DASH,
            "from": made.get(one.level, fmt.DASH) if made else "",
            "effect": _effect(one.effect, found),
            "weight": fmt.number(one.weight, 1) if not isnan(one.weight) else "",
        }
        rows.append(Row(cells, indent=int(bool(one.own))))
    rows += list(_pooled(found))
    used = {key for row in rows for key, content in row.cells.items() if content}
    columns = (
        Column("study", labels.label(results, found.variable), "left"),
        Column("n", "n", "right"),
        Column("from", "Effect from", "left"),
        Column("effect", _head(results, found)),
        Column("weight", "Weight (%)", "right"),
    )
    return Table(
        id=id,
        columns=tuple(column for column in columns if column.key in used),
        rows=tuple(Row({k: c for k, c in row.cells.items() if c}, row.indent, row.heading) for row in rows),
        caption=caption,
        notes=(f"CI, confidence interval{f'; n, {counted(found)}' * ('n' in used)}.{_differing(found)}",),
    )


def counted(found: PooledParts) -> str:
    """Return what n counts: of rates, whose people are not known, it is events."""
    return "events" if "rate" in found.effect.quantity.name.split("_") else "participants"


def effect_label(results: Results, found: PooledParts) -> str:
    """Return what the effects are called: by their variable, where the quantity says no more than that."""
    role = found.result.roles.get("effect")
    label = labels.label(results, role) if isinstance(role, str) else ""
    if found.effect.quantity.name == "effect" and label:
        return labels.with_unit(results, str(role))
    if (
        found.effect.quantity.name == "effect_ratio"
        and label.lower().startswith("log ")
        and label.lower().endswith("ratio")
    ):
        return label[4:5].upper() + label[5:]
    return found.effect.quantity.label


def _head(results: Results, found: PooledParts) -> Cell | str:
    """Return the heading of the effects; a long name of theirs stands in a footnote."""
    label, interval = effect_label(results, found), interval_label([found.effect])
    if len(label) <= SHORT:
        return f"{label} [{interval}]"
    return Cell(f"Effect [{interval}]", (sentence_end(label),))


def _made(results: Results, found: PooledParts) -> dict[str, str]:
    """Return how each study's effect was had, by its level, where the results tell."""
    role = found.result.roles.get("effect")
    points = results.points_of(found.result)
    name = f"{role}_from"
    if not isinstance(role, str) or name not in points or found.variable not in points:
        return {}
    told = points[[found.variable, name]].dropna()
    return {
        str(level): labels.level(results, name, str(how))
        for level, how in zip(told[found.variable], told[name], strict=True)
    }


def _effect(e: Estimate, found: PooledParts) -> Cell:
    return Cell(estimate_text(e, found.decimals), (sentence_end(e.note),) if e.note else ())


def _pooled(found: PooledParts) -> Iterator[Row]:
    for subgroup in found.subgroups:
        effect = subgroup.pooled[found.effect.quantity.name]
        n = fmt.count(effect.n) if effect.n and found.participants else ""
        yield Row({"study": subgroup.name, "n": n, "effect": _effect(effect, found)}, heading=True)
    total = fmt.count(found.participants) if found.participants else ""
    yield Row({"study": "All studies", "n": total, "effect": _effect(found.effect, found)}, heading=True)
    if found.prediction:
        interval = fmt.interval(found.prediction, decimals=found.decimals)
        yield Row({"study": "True effect of a new study", "effect": interval})


def _differing(found: PooledParts) -> str:
    """Return how much the studies differ, in a line."""
    told = []
    for name, words in (("cochran_q", "Cochran's Q"), ("heterogeneity_lr", "likelihood ratio")):
        if (e := found.whole.get(name)) and not isnan(e.p_value):
            told.append(
                f"{words} = {fmt.number(e.estimate, 1)} (df = {fmt.df(e.df)}, {fmt.p_value(e.p_value)})"
            )
    for name, words, unit in (("tau2", "τ²", ""), ("i2", "I²", "%")):
        if (e := found.whole.get(name)) and not isnan(e.estimate):
            text = fmt.number(e.estimate, 0 if unit else 3) + unit
            ends = (e.conf_low, e.conf_high)
            if not any(map(isnan, ends)):
                text += f" [{', '.join(fmt.number(end, 0 if unit else 3) for end in ends)}]"
            told.append(f"{words} = {text}")
    return f" Differences between studies: {'; '.join(told)}." if told else ""
