"""Four trials of mirror therapy: values fit what abstracts print, and metafor pools them to the same."""

from math import sqrt
from typing import Any

import pytest

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

Trials = dict[str, dict[str, Any]]

REFERENCE = reference("mirror_therapy")


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.find(folder("mirror_therapy"))


@pytest.fixture(scope="module")
def trials(study: Study) -> Trials:
    return by_study(study)


@pytest.fixture(scope="module")
def results(study: Study) -> Results:
    return study.compute()


def test_the_wheel_carries_every_file_of_the_study() -> None:
    assert shipped_files("mirror_therapy") == own_files("mirror_therapy")


def test_the_study_runs(study: Study, results: Results) -> None:
    assert study.plan_problems == ()
    assert [f.violation.sentence for f in study.intake.findings] == []
    assert {r.analysis.id: r.reason for r in results if r.status != "ok"} == {}
    assert results.flow[-1].kept == 4


@pytest.mark.parametrize("row", REFERENCE, ids=named)
def test_metafor_computes_the_same(results: Results, row: dict[str, Any]) -> None:
    compare(results, row)


def test_every_report_and_review_is_in_the_bibliography(study: Study, trials: Trials) -> None:
    review = study.plan.review
    assert review is not None
    named_ones = {*(row["citation"] for row in trials.values()), *(one.citation for one in review.published)}
    assert len(named_ones) == 6
    assert named_ones <= cited()


def test_sizes_are_those_of_the_abstracts(trials: Trials) -> None:
    sizes = {name: (row["n_mirror"], row["n_control"]) for name, row in trials.items()}
    assert sizes == {
        "in2012": (11, 8),
        "lee2012": (13, 13),
        "michielsen2011": (20, 20),
        "sutbeyaz2007": (20, 20),
    }


def change(trial: dict[str, Any], time: str) -> float:
    return float(
        trial[f"{time}_mean_mirror"]
        - trial["before_mean_mirror"]
        - (trial[f"{time}_mean_control"] - trial["before_mean_control"])
    )


def test_michielsen_improved_by_as_much_as_the_abstract_says(trials: Trials) -> None:
    trial = trials["michielsen2011"]
    assert change(trial, "after") == pytest.approx(3.6)  # "3.6 +- 1.5"
    assert abs(change(trial, "follow_up")) < 1.96 * 1.5  # "did not persist at follow-up"


def test_sutbeyaz_improved_by_as_much_as_the_abstract_says(trials: Trials) -> None:
    """Changes of those seen again, in stages, are 1.7 (1.2 to 2.1) and 0.8 (0.5 to 1.2) there."""
    trial = trials["sutbeyaz2007"]
    mirror = trial["follow_up_mean_mirror"] - trial["before_mean_mirror"]
    control = trial["follow_up_mean_control"] - trial["before_mean_control"]
    assert 1.2 < mirror < 2.1
    assert mirror == pytest.approx(1.7, abs=0.15)
    assert 0.5 < control < 1.2
    assert control == pytest.approx(0.8, abs=0.15)


def test_the_correlations_that_two_abstracts_imply_are_as_the_readme_says(trials: Trials) -> None:
    trial = trials["michielsen2011"]  # if the 1.5 beside 3.6 is a standard error
    spread = 1.5**2 / (1 / trial["n_mirror"] + 1 / trial["n_control"])
    before = (trial["before_sd_mirror"] ** 2 + trial["before_sd_control"] ** 2) / 2
    after = (trial["after_sd_mirror"] ** 2 + trial["after_sd_control"] ** 2) / 2
    assert (before + after - spread) / (2 * sqrt(before * after)) == pytest.approx(0.94, abs=0.01)
    trial = trials["sutbeyaz2007"]  # from the interval of the change, 1.2 to 2.1, of 17 people
    spread = 17 * (0.45 / 2.12) ** 2
    before, after = trial["before_sd_mirror"] ** 2, trial["follow_up_sd_mirror"] ** 2
    assert (before + after - spread) / (2 * sqrt(before * after)) == pytest.approx(0.33, abs=0.02)


def test_the_published_heterogeneity_agrees_with_itself(study: Study) -> None:
    review = study.plan.review
    assert review is not None
    (zeng,) = (one for one in review.published if one.citation == "zeng2018")
    assert zeng.studies == 11
    df = zeng.studies - 1
    assert round(100 * (zeng.q - df) / zeng.q) == zeng.i2 == 61


def test_effects_alike_by_chance_make_one_interval_too_short(results: Results) -> None:
    """Q is below its degrees of freedom: the plain interval is shorter than that of one true effect."""
    plain, ad_hoc, common = (
        results[name].estimate("effect") for name in ("motor", "motor-ad-hoc", "motor-common")
    )
    width = {e: e.conf_high - e.conf_low for e in (plain, ad_hoc, common)}
    assert results["motor"].estimate("cochran_q").estimate < 3
    assert width[plain] < width[common] < width[ad_hoc]
    assert "narrower" in plain.note
    assert ad_hoc.conf_low > 0


def test_what_is_gained_depends_on_how_it_is_counted(results: Results) -> None:
    heterogeneity = [results[f"gain-{r}"].estimate("i2").estimate for r in (50, 70, 90)]
    assert heterogeneity == sorted(heterogeneity)
    assert heterogeneity[0] < 25 < heterogeneity[-1]
    for r in (50, 70, 90):
        assert results[f"gain-{r}"].estimate("effect").conf_low < 0


def test_arms_were_alike_before_treatment(results: Results) -> None:
    assert abs(results["before"].estimate("effect").estimate) < 0.1
