"""The summary of findings of a review: outcome by outcome, and how certain the evidence is (GRADE)."""

from dataclasses import replace
from math import isnan

from mmstats import format as fmt
from mmstats import labels
from mmstats.absolute_effects import OF_QUANTITY, corresponding_risks, reference_risk
from mmstats.errors import ReportError
from mmstats.estimate import Estimate
from mmstats.pooled_parts import PooledParts, is_pooling, pooled_parts
from mmstats.results import Results
from mmstats.review import CERTAINTY, Finding, Review
from mmstats.tables.effect import estimate_text, sentence_end
from mmstats.tables.effects import effect_label
from mmstats.tables.table import Cell, Column, Row, Table

RISKS = (
    "Risk without: people of 1,000 who have the event without the intervention, taken for known. Risk with: "
    "what the effect and the ends of its interval make of it."
)
FULL, EMPTY = "\u2295", "\u25cb"


def findings_table(
    results: Results, *, id: str = "tbl-findings", caption: str = "Summary of findings"
) -> Table:
    """Return each outcome with its studies, participants, effect, where a new study lies, and certainty.

    An effect on events also has the risk without and with the intervention, where the plan gives the former
    or the counts of reference groups are saved: then it is their median. A standardised difference is also
    told in the units of an instrument whose standard deviation the plan gives. Footnotes say what rests on
    what, and why the certainty is not high.

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
        Column("assumed", "Risk without, per 1,000", "right"),
        Column("risk", "Risk with, per 1,000 [CI]"),
        Column("units", "In units [CI]"),
        Column("prediction", "In a new study"),
        Column("certainty", "Certainty", "left"),
        Column("comment", "Comment", "left"),
    )
    return Table(
        id=id,
        columns=tuple(column for column in columns if column.key in used),
        rows=tuple(Row({key: row.cells.get(key) or _absent(key) for key in used}) for row in rows),
        caption=caption + (_compared(results.review) if results.review else ""),
        notes=(
            *((RISKS,) if "risk" in used else ()),
            "CI, confidence interval. In a new study: prediction interval of its true effect. "
            "GRADE: Grading of Recommendations Assessment, Development and Evaluation. Certainty: "
            f"{', '.join(f'{signs(step)} {step}' for step in CERTAINTY)}.",
        ),
    )


def _absent(key: str) -> str:
    return fmt.DASH if key in ("assumed", "risk", "units", "prediction") else ""


def _compared(review: Review) -> str:
    """Return what is compared, and in whom, as far as the plan tells."""
    asked = ("population", "intervention", "comparison")
    told = [f"{key.capitalize()}: {review.pico[key].rstrip('.')}" for key in asked if review.pico.get(key)]
    return f". {'. '.join(told)}" if told else ""


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
        "prediction": fmt.interval(prediction, decimals=found.decimals) if prediction else fmt.DASH,
        **_absolute(results, finding, found),
    }
    where = labels.condition(results, result)
    return Row({**cells, "outcome": f"{finding.outcome} ({where})" if where else finding.outcome})


def _absolute(results: Results, finding: Finding, found: PooledParts) -> dict[str, Cell | str]:
    """Return the cells of risks, or of an instrument's units; none of what is not known."""
    e = found.effect
    if finding.instrument:
        if e.quantity.ratio:
            return {"units": Cell(fmt.DASH, ("A ratio has no units of an instrument.",))}
        told = (
            f"{finding.instrument}: the effect times {finding.instrument_sd:g}, the standard deviation of "
            "people that the plan gives."
        )
        return {"units": Cell(estimate_text(times(e, finding.instrument_sd)), (told,))}
    own = OF_QUANTITY.get(e.quantity.name, "")
    measure = finding.measure or own
    if finding.measure and own and finding.measure != own:
        why = f"The plan says {finding.measure}, but the analysis pooled {e.quantity.label.lower()}s."
        return {"risk": Cell(fmt.DASH, (why,))}
    assumed, studies = finding.assumed_risk, 0
    basis = "Risk without the intervention as the plan gives it."
    if isnan(assumed):
        assumed, studies = reference_risk(results, found.result)
        basis = f"Median risk in the comparison groups of the {fmt.count(studies)} studies."
    if isnan(assumed):
        return {}
    if not measure:
        return {"risk": Cell(fmt.DASH, ("The plan does not say whether the effect is RR, OR or RD.",))}
    risk, low, high = corresponding_risks(assumed, measure, e)
    text = per_thousand(risk)
    if not (isnan(low) or isnan(high)):
        text += f" [{per_thousand(low)}, {per_thousand(high)}]"
    return {"assumed": Cell(per_thousand(assumed), (basis,)), "risk": text}


def times(e: Estimate, factor: float) -> Estimate:
    """Return an estimate and its interval in other units."""
    return replace(
        e, estimate=factor * e.estimate, conf_low=factor * e.conf_low, conf_high=factor * e.conf_high
    )


def per_thousand(risk: float) -> str:
    """Return a risk as people of a thousand.

    Examples
    --------
    >>> per_thousand(0.332), per_thousand(0.0004), per_thousand(0.0)
    ('332', '<1', '0')
    """
    if isnan(risk):
        return fmt.DASH
    return "<1" if 0 < risk < 0.0005 else fmt.count(round(1000 * risk))
