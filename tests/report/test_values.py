"""What reports read from saved results, and what the templates say about any study."""

from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

from mmstats.errors import ReportError, StudyError
from mmstats.harmonised import Harmonised
from mmstats.missing_counts import Missing
from mmstats.report import Report, templates
from mmstats.report.blocks import Float
from mmstats.report.sections.analysis import analysis
from mmstats.report.sections.findings import findings
from mmstats.report.sections.limitations import limitations
from mmstats.report.sections.method_pages import method_pages, provenance
from mmstats.report.sections.notice import notice, summary
from mmstats.report.sections.quality import exclusions, missing, named, sources, violations
from mmstats.report.tree import as_text, read
from mmstats.shipped import shipped


@pytest.fixture(scope="module")
def report(study: Path) -> Report:
    return Report(study)


def printed(blocks) -> str:  # type: ignore[no-untyped-def]
    """Return the words that the Markdown of a section prints."""
    text = "\n\n".join(b if isinstance(b, str) else b.caption for b in blocks.blocks)
    return as_text(read(text)["blocks"]).replace("\u00a0", " ")


def test_inline_text(report: Report) -> None:
    assert report.text("mm-severity") == "probability of superiority 0.78, 95% CI [0.63, 0.92], p = .002"
    assert report.value("mm-severity", "superiority") == "0.78"
    assert report.interval("age-difference") == "−1.24 [−2.06, −0.34]"
    assert report.p("mm-severity") == "p = .002"
    assert report.p_adjusted("mm-severity") == "p = .004"
    assert (report.n(), report.n("mm-severity"), report.n(group="MS")) == ("20", "20", "10")


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda r: r.text("mm-sevrity"), "Did you mean 'mm-severity'"),
        (lambda r: r.value("mm-severity", "superiorty"), "Did you mean 'superiority'"),
        (lambda r: r.n(group="PPMS"), "Unknown group 'PPMS'"),
    ],
)
def test_what_is_not_there_is_named_with_the_nearest(report: Report, ask, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReportError, match=said):
        ask(report)


def test_a_study_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudyError):
        Report(tmp_path / "none")


def test_sections_say_what_the_results_hold(report: Report) -> None:
    assert "These data are simulated." in printed(notice(report))
    short = printed(summary(report))
    assert "20 participants were analysed (Control: 10, Patient: 10). Of 22, two were excluded" in short
    assert "First things: Mirror movements, probability of superiority 0.78 [0.63, 0.92]" in short
    assert "significant" not in short
    methods = printed(analysis(report))
    assert "First things (two tests), p values were adjusted by Holm’s method" in methods
    assert "mmstats 0.1.0" in methods
    assert "<script>alert(1)</script>" in printed(limitations(report))
    assert "Difference of two means" in printed(method_pages(report))


def test_a_family_is_told_in_words_where_it_is_small(report: Report) -> None:
    text = printed(findings(report))
    assert "Two analyses, by Welch's t test" in text
    assert "95% CI [0.63, 0.92], p = .002, adjusted p = .004 (n = 20)" in text
    assert "Differences are Patient minus Control." in text
    blocks = findings(report).blocks
    assert [b.label for b in blocks if isinstance(b, Float)] == [
        "tbl-primary-comparison",
        "fig-primary-comparisons",
    ]


def test_items_of_a_questionnaire_are_counted_together(report: Report) -> None:
    found = [Missing("fsmc_2", "no answer", "MS", 1), Missing("fsmc_12", "no answer", "MS", 2)]
    found += [Missing("mm", "refused", "HC", 1), Missing("left_hand", "empty", "HC", 1)]
    names = [name for name, _ in named(report.results, found)]
    assert names == ["FSMC, single items", "FSMC, single items", "Mirror movements", "Left hand"]


def test_every_table_of_the_quality_report_has_its_label_and_caption(report: Report) -> None:
    blocks = [
        b
        for section in (sources, violations, missing, exclusions, provenance)
        for b in section(report).blocks
    ]
    floats = [b for b in blocks if isinstance(b, Float)]
    assert [b.label for b in floats] == [
        "tbl-sources", "tbl-violations", "tbl-missing", "tbl-flow", "tbl-left-out", "tbl-provenance",
    ]  # fmt: skip
    assert all(b.caption for b in floats)
    counts = next(b for b in floats if b.label == "tbl-missing").content.to_csv()
    assert '"Mirror movements","not done","0","2","2"' in counts
    assert '"Mirror movements","refused","1","0","1"' in counts


def test_nobody_counts_what_is_missing_where_rows_are_not_shared(report: Report) -> None:
    told = (Harmonised(variable="mm", cohort="HC"), Harmonised(variable="mm", cohort="MS", n=3))
    shared = copy(report)
    shared.results = replace(report.results, harmonisation=told)
    (table,) = (b.content for b in missing(shared).blocks if isinstance(b, Float))
    assert '"Mirror movements","not done","–","2","2"' in table.to_csv()
    assert table.notes == ("–: the cohort shares sums, and no rows.",)


def test_a_studys_own_document_comes_before_the_shipped_one(tmp_path: Path) -> None:
    names = ("manuscript", "data_quality", "methods")
    assert templates(tmp_path, names) == [shipped("reports", f"{name}.qmd") for name in names]
    for name in ("manuscript", "extra", "_part"):
        (tmp_path / f"{name}.qmd").write_text("text")
    assert templates(tmp_path, names)[0] == tmp_path / "manuscript.qmd"
    assert [path.name for path in templates(tmp_path, names)[3:]] == ["extra.qmd"]


def test_the_word_reference_is_what_its_script_makes() -> None:
    import runpy

    made = runpy.run_path(str(shipped("reports", "make_reference.py")))["make"]()
    assert made == shipped("reports", "reference.docx").read_bytes()
