"""F tests of terms, with degrees of freedom and the sizes of effects."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.results import Result, Results
from mmstats.tables.effect import adjusted_note, estimate_text, p_label, sentence_end
from mmstats.tables.table import Cell, Column, Row, Table

BESIDE = {  # quantities of the same term that stand beside its test, and how their column is headed
    "partial_eta_squared": "Partial η²",
    "generalised_eta_squared": "Generalised η²",
    "omega_squared": "ω²",
    "greenhouse_geisser_epsilon": "ε, Greenhouse-Geisser",
    "huynh_feldt_epsilon": "ε, Huynh-Feldt",
}


def anova_table(
    results: Results,
    analyses: Sequence[str] | None = None,
    *,
    style: str = "apa",
    id: str = "tbl-tests",
    caption: str = "Tests of terms",
) -> Table:
    """Return each term's F, degrees of freedom and p, and the effect sizes and epsilons that were saved.

    Parameters
    ----------
    results : Results
    analyses : sequence of str, optional
        Ids, in the order of the rows; by default all that have F tests.
    style : {"apa", "ama", "bmc"}
        How p values are printed.
    id, caption : str

    Raises
    ------
    ReportError
        If an id is unknown, or an analysis has no F test.
    """
    found = [r for r in results if has_tests(r)] if analyses is None else [results[one] for one in analyses]
    without = [f"{r.analysis.id!r} has none." for r in found if r.estimates and not has_tests(r)]
    if without or not found:
        raise ReportError("This table is of F tests.", without)
    present = {e.quantity.name for r in found for e in r.estimates}
    beside = {name: label for name, label in BESIDE.items() if name in present}
    rows: list[Row] = []
    for result in found:
        whose = " ".join(filter(None, (sentence_end(result.title), sentence_end(labels.whose_rows(result)))))
        shared, tests = _tests(result)
        notes = (whose, *map(sentence_end, shared), *map(sentence_end, result.warnings))
        if not result.estimates:
            notes = (*notes, sentence_end(result.reason))
        name = Cell(labels.analysis(results, result), tuple(dict.fromkeys(notes)))
        rows.append(Row({"name": name}, heading=True))
        rows += [_row(results, result, e, beside, style) for e in tests]
    columns = [
        Column("name", "Term", "left"), Column("f", "F", "right"), Column("df", "df", "right"),
        Column("p", p_label(style), "right"), *(Column(key, words, "right") for key, words in beside.items()),
    ]  # fmt: skip
    meanings = ["df, degrees of freedom of the term and of its error"]
    if any("ε" in label for label in beside.values()):
        meanings.append("ε, departure from sphericity (1: none)")
    return Table(
        id=id,
        columns=tuple(columns),
        rows=tuple(rows),
        caption=caption,
        notes=("; ".join(meanings) + ".",),
    )


def has_tests(result: Result) -> bool:
    """Return whether an analysis has F tests."""
    return any(e.quantity.name == "f_test" for e in result.estimates)


def _tests(result: Result) -> tuple[tuple[str, ...], list[Estimate]]:
    """Return the notes that all of an analysis's tests have, and its tests without them."""
    tests = [e for e in result.estimates if e.quantity.name == "f_test"]
    estimable = [e for e in tests if not isnan(e.estimate)]
    same = {e.note for e in estimable}
    shared = tuple(same) if len(same) == 1 and estimable[0].note else ()
    return shared, [replace(e, note="") if e in estimable and e.note in shared else e for e in tests]


def _row(results: Results, result: Result, e: Estimate, beside: dict[str, str], style: str) -> Row:
    own = {o.quantity.name: o for o in result.estimates if o.term == e.term}
    notes = [sentence_end(e.note)]
    if (sphericity := own.get("mauchly_w")) and not isnan(sphericity.estimate):
        w, p = fmt.number(sphericity.estimate, 2), fmt.p_value(sphericity.p_value, style)
        notes.append(f"Mauchly's W = {w}, {p}.")
    tested = result.estimates[result.tested] if result.tested >= 0 else None
    same = tested is not None and (tested.quantity, tested.term) == (e.quantity, e.term)
    adjusted = adjusted_note(results, result, tested, style) if same and tested is not None else ()
    cells: dict[str, Cell | str] = {
        "name": Cell(labels.term(results, e.term) if e.term else "All", tuple(filter(None, notes))),
        "f": fmt.number(e.estimate, 2),
        "df": ", ".join(filter(None, (fmt.df(e.df), fmt.df(e.df2)))),
        "p": Cell(fmt.p_value(e.p_value, style, symbol=False) or fmt.DASH, adjusted),
    }
    cells |= {
        name: Cell(estimate_text(own[name]), (sentence_end(own[name].note),))
        for name in beside
        if name in own
    }
    return Row(cells, indent=1)
