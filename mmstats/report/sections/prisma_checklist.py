"""Where a report of a review has each item of PRISMA 2020, in words of our own."""

from collections.abc import Callable
from typing import NamedTuple

from mmstats.pooled_parts import is_pooling
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.saved_values import Report
from mmstats.report.sections.review_figures import SMALL_STUDY
from mmstats.report.sections.review_words import has_subgroups, left_out, made_from, of_studies
from mmstats.results import Results
from mmstats.review import Review
from mmstats.tables.table import Column, Row, Table

MISSING = "Not reported"
Has = Callable[[Results, Review], bool]


class Item(NamedTuple):
    """An item: its number, what it asks, where it is, and whether a report has it."""

    number: str
    asks: str
    where: str
    has: Has


def _always(results: Results, review: Review) -> bool:
    return True


def _text(key: str) -> Has:
    return lambda results, review: key in review.texts


def _says(*names: str) -> Has:
    return lambda results, review: all(getattr(review, name) for name in names)


def _any(of: Callable[[Results], object]) -> Has:
    return lambda results, review: bool(of(results))


def _pooled(results: Results) -> bool:
    return any(is_pooling(result) for result in results)


def _subgroups(results: Results) -> bool:
    return any(has_subgroups(results, r) or "formula" in r.roles for r in of_studies(results))


def _sensitivity(results: Results) -> bool:
    return sum(is_pooling(r) for r in results) > 1 or any(left_out(r) for r in results)


def _small_studies(results: Results) -> bool:
    return any({e.quantity.name for e in r.estimates} & set(SMALL_STUDY) for r in of_studies(results))


def _conversions(results: Results) -> bool:
    return any(made_from(results, result) for result in of_studies(results))


def _reporting(results: Results, review: Review) -> bool:
    return "reporting" in review.texts or _small_studies(results)


def _titled(results: Results, review: Review) -> bool:
    return "systematic review" in results.title.lower()


def _flow(results: Results, review: Review) -> bool:
    return review.flow is not None and review.flow.tells


def _cited(results: Results, review: Review) -> bool:
    return bool(review.characteristics and review.citation)


SECTIONS: dict[str, tuple[Item, ...]] = {
    "Title and abstract": (
        Item("1", "The title says that it is a systematic review", "Title", _titled),
        Item("2", "A summary as PRISMA asks for abstracts", "Summary (in part)", _always),
    ),
    "Introduction": (
        Item("3", "Why the review was needed", "Question", _text("rationale")),
        Item("4", "Its aims or questions", "Question", _says("question")),
    ),
    "Methods": (
        Item("5", "Which studies were eligible", "Eligibility and search", _text("eligibility")),
        Item("6", "Where was searched, and when last", "Eligibility and search", _text("sources")),
        Item("7", "The whole search strategy", "Eligibility and search", _text("search")),
        Item("8", "How studies were chosen", "Selection and data", _text("selection")),
        Item("9", "How data were taken from reports", "Selection and data", _text("collection")),
        Item("10a", "Which outcomes were sought", "Selection and data", _text("items")),
        Item("10b", "Which other variables were sought", "Selection and data", _text("items")),
        Item("11", "How risk of bias was judged", "Risk of bias", _text("assessment")),
        Item("12", "Effect measures", "Synthesis", _any(_pooled)),
        Item("13a", "Which studies were pooled for what", "Synthesis", _any(_pooled)),
        Item("13b", "How data were prepared and converted", "Synthesis", _any(_conversions)),
        Item("13c", "How results are shown", "Results", _any(_pooled)),
        Item("13d", "How results were pooled, and why so", "Synthesis", _any(_pooled)),
        Item("13e", "How causes of differences were sought", "Synthesis", _any(_subgroups)),
        Item("13f", "Sensitivity analyses", "Synthesis", _any(_sensitivity)),
        Item("14", "How reporting bias was judged", "Reporting bias", _reporting),
        Item("15", "How certainty was judged", "Certainty of the evidence", _says("findings")),
    ),
    "Results": (
        Item("16a", "What search and selection gave, with a flow", "Studies found", _flow),
        Item("16b", "Left out, though seeming eligible", "Studies found", _text("excluded_studies")),
        Item("17", "Each study, cited", "Characteristics of the studies", _cited),
        Item("18", "Risk of bias of each study", "Risk of bias in the studies", _says("risk_of_bias")),
        Item("19", "Results of each study", "Results, effect by effect", _any(_pooled)),
        Item("20a", "Studies and their bias, by synthesis", "Forest plots", _says("risk_of_bias")),
        Item("20b", "Results of each synthesis", "Results, effect by effect", _any(_pooled)),
        Item("20c", "Causes of differences between studies", "Results, effect by effect", _any(_subgroups)),
        Item("20d", "Results of sensitivity analyses", "Results, other choices", _any(_sensitivity)),
        Item("21", "Bias by results that are missing", "Results, further analyses", _any(_small_studies)),
        Item("22", "Certainty of each outcome's evidence", "Summary of findings", _says("findings")),
    ),
    "Discussion": (
        Item("23a", "What the results mean", "Discussion", _text("interpretation")),
        Item("23b", "Limits of the evidence", "Discussion", _text("evidence_limits")),
        Item("23c", "Limits of the review", "Discussion", _text("review_limits")),
        Item("23d", "What follows for practice and research", "Discussion", _text("implications")),
    ),
    "Other information": (
        Item("24a", "Registration", "Other information", _text("registration")),
        Item("24b", "Where the protocol is", "Other information", _text("protocol")),
        Item("24c", "What changed since", "Other information", _text("amendments")),
        Item("25", "Funding", "Other information", _text("funding")),
        Item("26", "Competing interests", "Other information", _text("interests")),
        Item("27", "Where data and code are", "Other information", _text("availability")),
    ),
}  # fmt: skip


def prisma_checklist(report: Report) -> Blocks:
    """Return a table that says where a review's report has each item, or that it is not reported."""
    results = report.results
    review = results.review
    if review is None:
        return Blocks([])
    table = checklist(results, review)
    lacking = [i for own in SECTIONS.values() for i in own if not i.has(results, review)]
    items = sum(len(own) for own in SECTIONS.values())
    verb = "is" if len(lacking) == 1 else "are"
    said = (
        "@tbl-prisma says where this report has each item of PRISMA 2020 [@page2021], in words of our own. "
        f"Of {items} items and their parts, {len(lacking)} {verb} not reported."
    )
    return Blocks(["# PRISMA 2020 checklist", said, Float("tbl-prisma", escape(table.caption) + ".", table)])


def checklist(results: Results, review: Review) -> Table:
    """Return the items with their places."""
    rows: list[Row] = []
    for section, items in SECTIONS.items():
        rows.append(Row({"item": section}, heading=True))
        rows += [
            Row({"item": i.asks, "number": i.number, "where": i.where if i.has(results, review) else MISSING},
                indent=1)
            for i in items
        ]  # fmt: skip
    return Table(
        id="tbl-prisma",
        columns=(
            Column("item", "What is asked", "left"),
            Column("number", "Item", "left"),
            Column("where", "Where", "left"),
        ),
        rows=tuple(rows),
        caption="Items of PRISMA 2020",
    )
