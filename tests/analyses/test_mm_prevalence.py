"""Mirror movements in published cohorts: counts fit what is printed, and R pools them to the same."""

from typing import Any

import pytest

from mmstats.pooled_parts import pooled_parts
from mmstats.report.sections.review_words import heterogeneity_sentence, prediction_sentence
from mmstats.report.tree import as_text, read
from mmstats.results import Results
from mmstats.study import Study
from tests.analyses.published_studies import (
    by_study,
    cited,
    compare,
    folder,
    named,
    own_files,
    reference,
    shipped_files,
)

Cohorts = dict[str, dict[str, Any]]

REFERENCE = reference("mm_prevalence")

# As printed: percentage and its decimals.
PRINTED = {
    "ottaviani2008_pd": (29, 0),
    "chatterjee2016": (95.7, 1),
    "yuan2024": (58.6, 1),
    "aian2025": (65.5, 1),
    "louis2009_et": (32.7, 1),
    "louis2009_hc": (23.7, 1),
    "wittstock2011": (38.5, 1),
    "nelles1998": (78, 0),
    "ottaviani2008_hc": (71, 0),
}


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.find(folder("mm_prevalence"))


@pytest.fixture(scope="module")
def cohorts(study: Study) -> Cohorts:
    return by_study(study)


@pytest.fixture(scope="module")
def results(study: Study) -> Results:
    return study.compute()


def test_the_wheel_carries_every_file_of_the_study() -> None:
    assert shipped_files("mm_prevalence") == own_files("mm_prevalence")


def test_the_study_runs(study: Study, results: Results) -> None:
    assert study.plan_problems == ()
    assert [f.violation.sentence for f in study.intake.findings] == []
    assert {r.analysis.id: r.reason for r in results if r.status != "ok"} == {}
    assert results.flow[-1].groups == {"parkinson": 5, "other_disease": 3, "healthy": 2}


@pytest.mark.parametrize("row", REFERENCE, ids=named)
def test_r_computes_the_same(results: Results, row: dict[str, Any]) -> None:
    compare(results, row)


def test_every_report_is_in_the_bibliography(cohorts: Cohorts) -> None:
    assert {row["citation"] for row in cohorts.values()} <= cited()


def fitting(percentage: float, decimals: int, people: int) -> list[int]:
    """Return the counts whose percentage rounds to what is printed."""
    half = 0.5 * 10**-decimals
    return [count for count in range(people + 1) if abs(100 * count / people - percentage) <= half + 1e-9]


@pytest.mark.parametrize("name", PRINTED)
def test_counts_are_those_that_the_percentages_allow(cohorts: Cohorts, name: str) -> None:
    cohort, (percentage, decimals) = cohorts[name], PRINTED[name]
    possible = fitting(percentage, decimals, int(cohort["people"]))
    assert cohort["with_mm"] in possible
    if cohort["verified"] == "percentage":
        assert len(possible) == (2 if name == "ottaviani2008_pd" else 1)


def test_the_other_counts_are_those_that_are_also_possible(cohorts: Cohorts) -> None:
    parkinson, healthy = cohorts["ottaviani2008_pd"], cohorts["ottaviani2008_hc"]
    assert fitting(29, 0, 274) == [79, 80] == [parkinson["with_mm"], parkinson["or_with_mm"]]
    assert fitting(71, 0, 160) == [113, 114]  # one abstract has 160 healthy people, another 100
    assert (healthy["or_with_mm"], healthy["or_people"]) == (114, 160)
    assert fitting(70, 0, 23) == [cohorts["nelles1998"]["or_with_mm"]]
    assert fitting(39, 0, 26) == []  # ten of 26 are 38.5 %, which the paper rounds once more


def test_the_answer_does_not_hang_on_the_uncertain_count(results: Results) -> None:
    one, other = (
        results[name].estimate("proportion").estimate for name in ("parkinson", "parkinson-other-count")
    )
    assert other == pytest.approx(one, abs=0.002)


def test_cohorts_of_parkinsons_disease_have_no_frequency_in_common(results: Results) -> None:
    prediction = results["parkinson"].estimate("prediction_proportion")
    assert prediction.conf_low < 0.05
    assert prediction.conf_high > 0.95
    models = [f"parkinson-model-{name}" for name in ("logit", "arcsine", "double-arcsine", "raw")]
    pooled = [results[name].estimate("proportion").estimate for name in ("parkinson", *models)]
    assert 0.65 < min(pooled) < max(pooled) < 0.75


def test_reports_say_in_words_how_cohorts_differ_and_what_a_new_one_may_show(results: Results) -> None:
    found = pooled_parts(results, "parkinson")
    differ, new = (
        as_text(read(text)["blocks"])
        for text in (heterogeneity_sentence(found, "apa"), prediction_sentence(found))
    )
    assert "differ by more than chance makes them (likelihood ratio = 153.5, df = 4" in differ
    assert "the true proportion is expected between 4.0% and 99.5%" in new
