"""The summary of findings of a review: outcome by outcome, and how certain the evidence is (GRADE)."""

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.pooled_parts import is_pooling, pooled_parts
from mmstats.results import Results
from mmstats.review import CERTAINTY, Finding
from mmstats.tables.effect import estimate_text, sentence_end
from mmstats.tables.effects import effect_label
from mmstats.tables.table import Cell, Column, Row, Table

FULL, EMPTY = "\u2295", "\u25cb"


def findings_table(
    results: Results, *, id: str = "tbl-findings", caption: str = "Summary of findings"
) -> Table:
    """Return each outcome with its studies, participants, effect, where a new study lies, and certainty.

    Footnotes give the reasons for which the certainty is not high.

    Raises
    ------
    ReportError
        If the results have no review, or it has no findings.
    """
    findings = results.review.findings if results.review else ()
    if not findings:
        raise ReportError("These results have no summary of findings: the plan has no [[review.finding]].")
    rows = [_row(results, finding) for finding in findings]
    used = {key for row in rows for key, content in row.cells.items() if content}
    columns = (
        Column("outcome", "Outcome", "left"),
        Column("studies", "Studies", "right"),
        Column("participants", "Participants", "right"),
        Column("effect", "Effect [CI]"),
        Column("prediction", "In a new study"),
        Column("certainty", "Certainty", "left"),
        Column("comment", "Comment", "left"),
    )
    return Table(
        id=id,
        columns=tuple(column for column in columns if column.key in used),
        rows=tuple(Row({key: content for key, content in row.cells.items() if content}) for row in rows),
        caption=caption,
        notes=(
            "CI, confidence interval. In a new study: prediction interval of its true effect. "
            f"Certainty (GRADE): {', '.join(f'{signs(step)} {step}' for step in CERTAINTY)}.",
        ),
    )


def signs(certainty: str) -> str:
    """Return GRADE's four signs of a certainty.

    Examples
    --------
    >>> signs("low")
    '⊕⊕○○'
    """
    full = 4 - CERTAINTY.index(certainty)
    return FULL * full + EMPTY * (4 - full)


def _row(results: Results, finding: Finding) -> Row:
    result = results[finding.analysis]
    reasons = tuple(sentence_end(reason[:1].upper() + reason[1:]) for reason in finding.reasons)
    cells: dict[str, Cell | str] = {
        "outcome": finding.outcome,
        "certainty": Cell(f"{signs(finding.certainty)}\n{finding.certainty.capitalize()}", reasons),
        "comment": finding.comment,
    }
    if not is_pooling(result):
        e = result.estimate() if result.estimates else None
        why = sentence_end(f"{result.status}: {result.reason}".capitalize())
        cells["effect"] = Cell(estimate_text(e), (e.quantity.label,)) if e else Cell(fmt.DASH, (why,))
        return Row(cells)
    found = pooled_parts(results, finding.analysis)
    e, prediction = found.effect, found.prediction
    called = sentence_end(f"{effect_label(results, found)}; {fmt.level(e.conf_level)} confidence interval")
    cells |= {
        "studies": fmt.count(found.count),
        "participants": fmt.count(found.participants) if found.participants else fmt.DASH,
        "effect": Cell(estimate_text(e), (called, *filter(None, (sentence_end(e.note) if e.note else "",)))),
        "prediction": fmt.interval(prediction) if prediction else fmt.DASH,
    }
    where = labels.condition(results, result)
    return Row({**cells, "outcome": f"{finding.outcome} ({where})" if where else finding.outcome})
