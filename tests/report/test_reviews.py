"""The report of a review: what was done and found, what is not reported, and nothing that runs."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mmstats import labels, saved
from mmstats.errors import ReportError
from mmstats.pooled_parts import pooled_parts
from mmstats.report import Report, render_study, suitable
from mmstats.report.blocks import Blocks, Float
from mmstats.report.cited import Cited
from mmstats.report.quarto import _add_references
from mmstats.report.render import render
from mmstats.report.sections.findings import findings
from mmstats.report.sections.prisma_checklist import MISSING, SECTIONS, checklist, prisma_checklist
from mmstats.report.sections.review_findings import (
    certainty,
    published,
    review_findings,
    review_summary,
    studies,
)
from mmstats.report.sections.review_methods import declarations, discussion, question, review_methods
from mmstats.report.sections.review_words import (
    by_effect,
    heterogeneity_sentence,
    parts_sentence,
    pooled_sentence,
    told,
)
from mmstats.results import Results
from mmstats.review import TEXTS, Review, ReviewFlow
from mmstats.shipped import shipped
from mmstats.study import Study
from mmstats.tables.effects import effects_table
from mmstats.tables.table import Cell, Column, Row, Table
from tests.pooled_results import dependent
from tests.review_study import PLAN, computed, make

from .conftest import HOSTILE, results
from .test_render import pdf_text, plain

SECTIONS_OF_REVIEWS: tuple[Callable[[Report], Blocks], ...] = (
    question, review_methods, studies, review_findings, published, certainty, discussion, declarations,
    prisma_checklist, review_summary,
)  # fmt: skip


def reported(results: Results) -> Report:
    report = Report("ms_fatigue")
    report.__dict__["results"] = results
    return report


def words(blocks: Blocks) -> str:
    text = "\n".join(block for block in blocks.blocks if isinstance(block, str))
    return re.sub(r"\\(.)", r"\1", text.replace("\u00a0", " "))


def floats(blocks: Blocks) -> list[str]:
    return [block.label for block in blocks.blocks if isinstance(block, Float)]


def changed(**review: object) -> Report:
    own = computed().review
    assert own is not None
    return reported(replace(computed(), review=replace(own, **review)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = make(
        tmp_path_factory.mktemp("review"), plan=PLAN.replace('funding = "None."', f"funding = {HOSTILE!r}")
    )
    study = Study.find(folder)
    study.run()
    made = render_study(study, engine="embedded")
    return {path.suffix[1:]: path for path in made if path.stem == "meta_analysis"}


@pytest.mark.parametrize("kind", ["html", "docx", "pdf"])
def test_the_whole_report_reads_alike_in_every_format(files: dict[str, Path], kind: str) -> None:
    text = pdf_text(files[kind]) if kind == "pdf" else plain(files[kind])
    for said in (
        "Does BCG vaccination prevent tuberculosis?",
        "Intervention: BCG vaccine",
        "1,730 records; 13 studies are included.",
        "the pooled risk ratio is 0.49 (95% CI 0.33 to 0.73; p = .002).",
        "Certainty of the evidence: moderate.",
        "The variance between studies was estimated by restricted maximum likelihood.",
        "by more than chance makes them (Cochran's Q = 152.2, df = 12, p < .001)",
        "the true effect is expected between 0.14 and 1.76",
        "Blinding: low in 6, some concerns in 4, high in 2 and not judged in 1.",
        "Efficacy of BCG vaccine in the prevention of tuberculosis",
        "The PRISMA 2020 statement",
        "Q = 163 of 13 studies makes I² 93%, but 70% is printed.",
        "Not reported: information sources.",
        "⊕⊕⊕○",
    ):
        assert said in text.replace("’", "'"), said


@pytest.mark.parametrize("kind", ["html", "docx"])
def test_a_plans_text_is_printed_and_nothing_else(files: dict[str, Path], kind: str) -> None:
    assert HOSTILE.replace("  ", " ") in plain(files[kind])


def test_studies_are_cited_in_their_table(files: dict[str, Path]) -> None:
    text = files["html"].read_text(encoding="utf-8")
    assert re.search(r"<td[^>]*>Aronson 1948.<span class=\"citation\" data-cites=\"bcgt1\">", text)
    assert "Trial of BCG vaccine: Aronson 1948" in plain(files["html"])


def test_a_key_that_no_bibliography_has_is_named(tmp_path: Path) -> None:
    study = Study.find(make(tmp_path, plan=PLAN.replace('"colditz1994"', '"colditz1944"')))
    study.run()
    with pytest.raises(
        ReportError, match=r"no reference is called 'colditz1944'\. Did you mean 'colditz1994'"
    ):
        render_study(study, engine="embedded", formats=("html",))


def test_quarto_gets_the_references_of_the_study_too(tmp_path: Path) -> None:
    shared, own = tmp_path / "reports" / "references.bib", tmp_path / "own.bib"
    own.write_text("@misc{own,}")
    _add_references(shared, own)
    _add_references(shared, own)
    assert shared.read_text().count("@misc{own,}") == 2


def test_reports_suit_what_the_results_are_of() -> None:
    assert suitable(results()) == ("manuscript", "data_quality", "methods")
    assert suitable(computed()) == ("meta_analysis", "data_quality", "methods")
    mixed = replace(results(), items=(*results().items, *computed().items))
    assert suitable(mixed) == ("manuscript", "meta_analysis", "data_quality", "methods")
    assert suitable(replace(results(), review=Review()))[1] == "meta_analysis"


@pytest.mark.parametrize("section", SECTIONS_OF_REVIEWS)
def test_a_study_that_pools_nothing_has_empty_sections(section: Callable[[Report], Blocks]) -> None:
    assert not floats(section(reported(results())))
    assert "None" not in words(section(reported(results())))


def test_an_empty_review_reports_nothing_and_says_so() -> None:
    report = reported(replace(computed(), review=Review(study="trial")))
    for section in (studies, published, certainty):
        assert not floats(section(report))
    assert "Not reported: registration, protocol, amendments, funding" in words(declarations(report))
    assert "Not reported: eligibility criteria, information sources" in words(review_methods(report))


def test_each_effect_has_its_figures_and_tables() -> None:
    assert floats(review_findings(reported(computed()))) == [
        "fig-forest-bcg", "tbl-effects-bcg", "fig-forest-by-allocation", "tbl-poolings-bcg",
        "tbl-checks-small", "fig-funnel-bcg", "fig-influence-without", "fig-baujat-without",
        "fig-bubble-latitude-latitude", "fig-forest-counts", "tbl-effects-counts", "fig-labbe-counts",
    ]  # fmt: skip
    said = words(review_findings(reported(computed())))
    assert "By subgroup: Random: 0.38 (95% CI 0.20 to 0.70" in said
    assert "@fig-funnel-bcg shows the studies against their precision." in said


def test_poolings_of_the_same_counts_share_one_figure_of_their_risks() -> None:
    known = computed()
    counts = known["counts"]
    again = replace(counts, analysis=replace(counts.analysis, id="again"))
    drawn = floats(review_findings(reported(replace(known, items=(*known, again)))))
    assert [name for name in drawn if name.startswith("fig-labbe")] == ["fig-labbe-counts"]


def test_what_is_pooled_is_called_by_its_effect_or_events() -> None:
    known = computed()
    for id, variable in (("counts", "cases_bcg"), ("small", "effect")):
        plain = replace(known[id], analysis=replace(known[id].analysis, label=""))
        assert labels.analysis(known, plain) == labels.label(known, variable)


def test_the_influence_of_single_studies_is_told() -> None:
    """R: leave1out(rma(yi, vi, test = "knha")) of dat.bcg: the lowest and the highest average."""
    said = words(review_findings(reported(computed())))
    assert "Without each study in turn, the pooled effect lies between 0.45 [0.30, 0.67] (without TPT" in said
    assert "and 0.53 [0.36, 0.80] (without Hart & Sutherland 1977)." in said


def test_every_float_is_mentioned() -> None:
    for section in SECTIONS_OF_REVIEWS:
        made = section(reported(computed()))
        for label in floats(made):
            assert f"@{label}" in words(made), label


def test_analyses_are_of_one_effect_if_they_pool_the_same() -> None:
    assert {key: [r.analysis.id for r in found] for key, found in by_effect(computed()).items()} == {
        "effect": ["bcg", "by-allocation", "common", "small", "without", "latitude"],
        "['cases_bcg', 'n_bcg', 'cases_none', 'n_none']": ["counts"],
    }


def test_an_analysis_that_failed_is_told_with_its_reason() -> None:
    items = tuple(replace(r, estimates=(), status="not estimable", reason="too few") for r in computed())
    made = review_findings(reported(replace(computed(), items=items)))
    assert "Risk of tuberculosis: not estimable. too few" in words(made)
    assert not floats(made)


def test_differences_between_studies_are_told_in_plain_words() -> None:
    found = pooled_parts(computed(), "bcg")
    said = heterogeneity_sentence(found, "apa").replace("\\", "")
    assert "differ by more than chance makes them" in said
    assert "92% is between studies rather than within them (I², 95% CI 82% to 98%)" in said
    assert "True effects of the logarithm have a standard deviation of 0.56 between studies" in said
    q = replace(found.whole["cochran_q"], p_value=0.4)
    said = heterogeneity_sentence(replace(found, whole={**found.whole, "cochran_q": q}), "apa")
    assert "do not differ by more than chance may make them" in said
    assert "but 13 studies would seldom show it if they did" in said


def test_citations_in_texts_are_citations_and_all_else_is_text() -> None:
    assert told("RoB 2 [@sterne2019], <b>") == r"RoB 2 [@sterne2019], \<b\>"
    assert told("[@a; @b] [x](javascript:1)") == r"\[\@a; \@b\] \[x\]\(javascript\:1\)"


def test_methods_name_the_choices_of_most_and_of_others() -> None:
    said = words(review_methods(reported(computed())))
    assert "The variance between studies was estimated by restricted maximum likelihood." in said
    assert "One true effect was supposed for all studies (*Risk of tuberculosis, one true effect*)." in said
    assert "Whether small studies find other effects was examined: small-study effects" in said
    assert "- Log risk ratio: from counts of both groups (13 studies)." in said


def test_more_studies_in_the_review_than_in_the_data_are_told() -> None:
    said = words(studies(changed(flow=ReviewFlow(included_studies=15, included_reports=16))))
    assert "15 studies are included, with 16 reports; 13 of them have data here." in said
    assert "The records and reports before that are not reported." in said


def test_the_checklist_says_where_each_item_is() -> None:
    own = computed().review
    assert own is not None
    table = checklist(computed(), own)
    where = {
        table.cell(row, table.columns[1]).text: table.cell(row, table.columns[2]).text
        for row in table.rows
        if not row.heading
    }
    numbers = [item.number for items in SECTIONS.values() for item in items]
    assert list(where) == numbers
    assert {int(re.sub(r"\D", "", number)) for number in numbers} == set(range(1, 28))
    assert {number for number, place in where.items() if place == MISSING} == {
        "1", "3", "6", "9", "10a", "10b", "11", "16b", "23a", "23b", "23c", "23d", "24a", "24b", "24c", "26",
        "27",
    }  # fmt: skip
    assert "Of 42 items and their parts, 17 are not reported." in words(
        prisma_checklist(reported(computed()))
    )


def test_every_text_of_a_plan_is_somewhere_in_the_report() -> None:
    texts = {key: f"Text of {key}" for key in TEXTS}
    report = changed(texts=texts)
    said = " ".join(words(section(report)) for section in SECTIONS_OF_REVIEWS)
    assert [key for key, text in texts.items() if text not in said] == []


def test_the_manuscript_takes_poolings_too(tmp_path: Path) -> None:
    saved.save(computed(), tmp_path / "results")
    report = Report(tmp_path / "results")
    assert floats(findings(report)) == ["tbl-further-pooling", "tbl-further-studies"]


def test_a_cited_table_is_markdown_that_holds_only_text_and_citations() -> None:
    table = Table(
        id="a",
        columns=(Column("a", "Who | what", "left"), Column("b", Cell("n", ("note",)), "right")),
        rows=(Row({"a": "X"}, heading=True), Row({"a": "A|B", "b": "<b>"}, indent=1)),
    )
    assert Cited(table, {"A|B": "key2000"}).markdown().splitlines()[2:] == [
        "| **X** |  |", "| \u2003A\\|B\u00a0[@key2000] | \\<b\\> |",
    ]  # fmt: skip
    assert Cited(table, {}).markdown().splitlines()[0] == "| Who \\| what | n^a^ |"


def test_the_template_renders_for_a_study_that_pools_nothing(study: Path, tmp_path: Path) -> None:
    template = shipped("reports", "meta_analysis.qmd")
    (page,) = render(template, study_results=study, out=tmp_path, formats=("html",), engine="embedded")
    text = page.read_text(encoding="utf-8")
    assert "This study pools no studies." in text
    assert "PRISMA" not in text


def test_effects_that_depend_on_each_other_are_told_as_what_they_are() -> None:
    results = dependent()
    found = pooled_parts(results, "made")
    assert (found.count, found.effects, found.participants) == (5, 12, 0)
    said = pooled_sentence(results, found, "apa")
    assert said.replace("\\", "").startswith("Five studies with 12 effects: the pooled effect is 0.")
    assert "of true effects, between and within studies, rather than sampling" in heterogeneity_sentence(
        found, "apa"
    ).replace("\\", "")
    assert "by Trial" in parts_sentence(results, found)
    assert parts_sentence(computed(), pooled_parts(computed(), "bcg")) == ""
    table = effects_table(results, "made")
    names = [table.cell(row, table.columns[0]).text for row in table.rows]
    assert names[:5] == ["Study 1", "Gait", "Balance", "Speed", "Study 2"]
    assert "n, participants" not in table.notes[0]


def test_the_graded_analysis_of_an_effect_is_the_one_in_full() -> None:
    results = computed()
    assert results.review is not None
    finding = replace(results.review.findings[0], analysis="common")
    report = reported(replace(results, review=replace(results.review, findings=(finding,))))
    said = words(review_findings(report))
    assert "@fig-forest-common shows the studies" in said
    assert "@fig-forest-bcg shows" not in said
