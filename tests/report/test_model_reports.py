"""What reports say of mixed models by themselves."""

import pytest

from mmstats import saved
from mmstats.report import Report
from mmstats.report.blocks import Float
from mmstats.report.displays import shape
from mmstats.report.sections.analysis import analysis
from mmstats.report.sections.findings import findings, sentence
from tests.mixed_results import mixed_results
from tests.report.test_values import printed


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("mixed") / "results"
    saved.save(mixed_results(), folder)
    return Report(folder)


def test_shapes_are_told_by_roles_and_estimates(report: Report) -> None:
    shapes = {result.analysis.id: shape(result) for result in report.results}
    assert shapes == {
        "taps": "model",
        "tasks": "model",
        "marked": "model",
        "absent": "model",
        "anova": "repeated",
        "checks": "checks",
    }


def test_each_model_is_in_one_table_and_its_means_are_drawn(report: Report) -> None:
    floats = [block for block in findings(report).blocks if isinstance(block, Float)]
    assert [block.label for block in floats] == [
        "tbl-further-model-1",
        "tbl-further-model-2",
        "fig-further-taps-means",
        "fig-further-tasks-means",
        "tbl-further-repeated",
        "fig-further-checks-checks",
        "fig-further-checks-profiles",
    ]
    assert [len(block.content.spanners) for block in floats[:2]] == [3, 1]


def test_methods_say_how_models_were_set_up(report: Report) -> None:
    text = printed(analysis(report))
    assert "an intercept and a coefficient of Hand for each participant (taps)" in text
    assert "Variances were estimated by restricted maximum likelihood" in text
    assert "the covariance and the degrees of freedom of Kenward and Roger" in text
    assert (
        "fixed part, marginal means and differences of them by Kenward-Roger; random part by profile" in text
    )


def test_results_say_tests_and_differences(report: Report) -> None:
    text = sentence(report, report.results["taps"]).replace("\\", "")
    assert text.startswith("Finger taps: Group: F(1, 22) = 17.90, p < .001, Hand: F(1, 22) = 39.60")
    assert (
        "difference of marginal means (Hand: Right hand − Left hand, Group: Healthy control) 2.80, "
        "95% CI [1.50, 4.10], p < .001"
    ) in text
    assert text.endswith("(144 rows of 24 participants)")
    ratios = sentence(report, report.results["marked"]).replace("\\", "")
    assert ratios.startswith("marked: Task: χ²(2) = 6.10, p = .047")
    assert (
        sentence(report, report.results["anova"]).replace("\\", "").startswith("Finger taps: Group: F(1, 22)")
    )
