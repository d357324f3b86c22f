"""One analysis as the cells of a table: its effect with interval, its p values, its footnotes."""

from collections.abc import Mapping, Sequence
from math import isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.estimate import Estimate
from mmstats.results import Result, Results
from mmstats.tables.table import Cell

ADJUSTMENTS = {
    "holm": "Holm's method",
    "bh": "the Benjamini-Hochberg method",
}


def effect_of(results: Results, outcome: str, group: str) -> Result | None:
    """Return the first analysis, in the plan's order, of an outcome by group in the whole analysis set."""
    for result in results:
        same = result.outcome == outcome and result.roles.get("group") == group
        if (
            same
            and result.analysis.method != labels.DESCRIBE
            and not (result.analysis.where or result.analysis.rows)
        ):
            return result
    return None


def shown(result: Result, quantities: Sequence[str] = ()) -> Estimate | None:
    """Return the estimate to show: the first of `quantities` it has, else the one whose p value counts."""
    for quantity in quantities:
        for e in result.estimates:
            if e.quantity.name == quantity:
                return e
    return result.estimate() if result.estimates else None


def effect_cells(result: Result, e: Estimate | None, *, style: str, named: bool = True) -> Mapping[str, Cell]:
    """Return the cells ``effect``, ``p`` and ``p_adjusted`` of an analysis.

    The p value is the one the plan tests: it may belong to another quantity of the same test, such as a
    mean difference beside Hedges' g.

    Parameters
    ----------
    result : Result
    e : Estimate or None
        The estimate to show; None if the analysis has none.
    style : {"apa", "ama", "bmc"}
    named : bool
        Whether a footnote names the quantity with the test.
    """
    if e is None:
        reason = f"{'Not estimable' if result.status == 'not estimable' else 'Failed'}: {result.reason}"
        return {"effect": Cell(fmt.DASH, (sentence_end(reason),)), "p": Cell(fmt.DASH)}
    tested = result.estimates[result.tested] if result.tested >= 0 else e
    test = sentence_end(f"{e.quantity.label}; {result.title}" if named else result.title)
    notes = dict.fromkeys((sentence_end(e.note), sentence_end(tested.note)))
    if isnan(e.estimate):
        notes = dict.fromkeys(sentence_end(f"Not estimable: {note}") for note in notes if note)
    cells = {
        "effect": Cell(estimate_text(e), (test, *notes)),
        "p": Cell(fmt.p_value(tested.p_value, style, symbol=False) or fmt.DASH),
    }
    if not isnan(result.p_adjusted):
        cells["p_adjusted"] = Cell(fmt.p_value(result.p_adjusted, style, symbol=False))
    return cells


def estimate_text(e: Estimate, decimals: int | None = None) -> str:
    """Return an estimate with its interval; a dash for what is not there, whose reason is in a footnote."""
    if isnan(e.estimate):
        return fmt.DASH
    if not isnan(e.conf_level) and (isnan(e.conf_low) or isnan(e.conf_high)):
        return f"{fmt.value(e, decimals=decimals)} [{fmt.DASH}]"
    return fmt.with_interval(e, decimals=decimals)


def p_label(style: str) -> str:
    """Return the heading of a column of p values."""
    return fmt.journal(style).symbol


def adjusted_label(results: Results, found: Sequence[Result], style: str) -> Cell:
    """Return the heading of the column of adjusted p values, with footnotes that say how and among which."""
    families = dict.fromkeys(r.analysis.family for r in found if not isnan(r.p_adjusted))
    by_method: dict[str, list[str]] = {}
    for family in families:
        how = ADJUSTMENTS.get(results.families.get(family, ""), results.families.get(family, ""))
        size = sum(r.analysis.family == family and r.tested >= 0 for r in results)
        by_method.setdefault(how, []).append(f"{labels.family(results, family)} ({size} tests)")
    notes = [
        f"Adjusted by {how} within {'the family' if len(names) == 1 else 'each of the families'} "
        f"{'; '.join(names)}."
        for how, names in by_method.items()
    ]
    return Cell(f"Adjusted {p_label(style)}", tuple(notes))


def adjusted_note(results: Results, result: Result, e: Estimate, style: str) -> tuple[str, ...]:
    """Return the adjusted p value of an estimate, in words, if it is the one that counts in a family."""
    if isnan(result.p_adjusted) or result.tested < 0 or result.estimates[result.tested] is not e:
        return ()
    (how,) = adjusted_label(results, [result], style).notes
    return (f"{how.removesuffix('.')}: {fmt.p_value(result.p_adjusted, style)}.",)


def without_shared(cells: Sequence[Mapping[str, Cell]]) -> tuple[list[dict[str, Cell]], tuple[str, ...]]:
    """Return rows of cells without the footnotes that every effect carries, and these footnotes."""
    own = [dict(row) for row in cells]
    everywhere = (
        [n for n in own[0]["effect"].notes if all(n in row["effect"].notes for row in own)] if own else []
    )
    for row in own:
        kept = tuple(note for note in row["effect"].notes if note not in everywhere)
        row["effect"] = Cell(row["effect"].text, kept)
    return own, tuple(everywhere)


def interval_label(estimates: Sequence[Estimate]) -> str:
    """Return ``95% CI``, or ``CI`` if the levels differ."""
    levels = {e.conf_level for e in estimates if not isnan(e.conf_level)}
    return f"{fmt.level(levels.pop())} CI" if len(levels) == 1 else "CI"


def sentence_end(text: str) -> str:
    """Return a text that ends in a full stop, or nothing."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
