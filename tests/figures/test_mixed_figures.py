"""Figures of mixed models: each mark is a saved number, and nobody is named."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mmstats.errors import ReportError
from mmstats.figures.caterpillar import caterpillar_figure, ranked
from mmstats.figures.diagnostics import diagnostics_figure
from mmstats.figures.figure import Figure
from mmstats.figures.marginal_means import marginal_means_figure
from mmstats.figures.profile import profile_figure
from mmstats.figures.spaghetti import spaghetti_figure
from mmstats.plan import Analysis
from mmstats.results import Results
from tests.figures import test_figures
from tests.mixed_results import FORMULA, PEOPLE, mixed_results, rows

MAKE: dict[str, Callable[[], Figure]] = {
    "means by two factors": lambda: marginal_means_figure(mixed_results(), "taps"),
    "means by one factor": lambda: marginal_means_figure(mixed_results(), "tasks", points=False),
    "lines by hand": lambda: spaghetti_figure(mixed_results(), "taps"),
    "lines by task": lambda: spaghetti_figure(mixed_results(), "tasks", x="task"),
    "lines by day": lambda: spaghetti_figure(mixed_results(), "tasks", x="day", group=""),
    "lines of repeated measures": lambda: spaghetti_figure(mixed_results(), "anova"),
    "modes": lambda: caterpillar_figure(mixed_results(), "checks"),
    "diagnostics": lambda: diagnostics_figure(mixed_results(), "checks"),
    "profiles": lambda: profile_figure(mixed_results(), "checks"),
}


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(
    "holds",
    [
        test_figures.test_the_same_bytes_twice_whatever_the_readers_settings,
        test_figures.test_no_text_lies_on_another_or_outside,
        test_figures.test_svg_is_well_formed_named_and_dateless,
    ],
)
def test_they_are_as_all_figures(
    name: str, holds: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_figures, "MAKE", MAKE)
    holds(name)


def test_means_and_intervals_are_the_saved_ones() -> None:
    figure = MAKE["means by two factors"]()
    (axes,) = figure.drawing.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["Right hand", "Left hand"]
    lines = [y.tolist() for line in axes.lines if len(y := np.asarray(line.get_ydata())) == 2]
    assert lines[0] == [48.2, 45.4]
    assert [pytest.approx(48.2 - 2.1), pytest.approx(48.2 + 2.1)] == lines[1]
    assert sum(len(np.asarray(points.get_offsets())) for points in axes.collections) == len(rows())
    assert "Right hand, Healthy control: 48.20 [46.10, 50.30]" in figure.alt
    assert "Hand: Right hand − Left hand, Group: Healthy control: 2.80 (95% CI 1.50 to 4.10" in figure.alt
    assert figure.caption.endswith("small ones: 144 rows of 24 participants.")
    assert "small ones" not in MAKE["means by one factor"]().caption


def test_means_by_other_factors_on_request() -> None:
    figure = marginal_means_figure(mixed_results(), "taps", factors=("group", "hand"))
    labels = [text.get_text() for text in figure.drawing.axes[0].get_xticklabels()]
    assert labels == ["Healthy control", "Multiple\nsclerosis"]
    with pytest.raises(ReportError, match=r"no marginal means by task to draw\. There are means by: group"):
        marginal_means_figure(mixed_results(), "taps", factors=("task",))
    with pytest.raises(ReportError, match="It has none by one or two factors"):
        marginal_means_figure(mixed_results(), "marked")


def test_means_of_a_logarithm_stand_over_logarithms() -> None:
    simulated = mixed_results()
    arguments = {"formula": FORMULA.replace("taps", "log(taps)")}
    logged = replace(simulated["taps"], analysis=replace(simulated["taps"].analysis, arguments=arguments))
    figure = marginal_means_figure(replace(simulated, items=(logged,)), "taps")
    drawn = np.concatenate(
        [np.asarray(points.get_offsets())[:, 1] for points in figure.drawing.axes[0].collections]
    )
    assert sorted(drawn.tolist()) == pytest.approx(sorted(np.log(rows()["taps"]).tolist()))
    assert figure.drawing.axes[0].get_ylabel() == "log(Finger taps (per 10 s))"


def test_every_participant_is_one_line_through_their_means() -> None:
    figure = MAKE["lines by hand"]()
    left, right = figure.drawing.axes
    assert (left.get_title(loc="left"), right.get_title(loc="left")) == (
        "Healthy control (n = 10)",
        "Multiple sclerosis (n = 14)",
    )
    grey = [line for axes in (left, right) for line in axes.lines if line.get_alpha() == 0.45]
    assert len(grey) == PEOPLE
    own = rows().query("`participant_id #` == 1").groupby("hand", observed=True)["taps"].mean()
    assert np.asarray(grey[0].get_ydata()).tolist() == pytest.approx(own.tolist())


def test_lines_need_to_know_whose_rows_they_are() -> None:
    simulated = mixed_results()
    unlinked = replace(simulated, row_points={"trials": rows().drop(columns="participant_id #")})
    with pytest.raises(ReportError, match="differs within participants"):
        spaghetti_figure(unlinked, "taps")
    with pytest.raises(ReportError, match="Nothing that was saved says whose"):
        spaghetti_figure(unlinked, "taps", x="hand")
    other = replace(
        simulated["taps"],
        analysis=Analysis(id="taps", method="x", arguments={"outcome": "taps"}, rows="trials"),
    )
    with pytest.raises(ReportError, match="has no formula"):
        spaghetti_figure(replace(simulated, items=(other,)), "taps")


def test_ranks_are_read_in_their_order_whatever_the_order_saved() -> None:
    simulated = mixed_results()
    checks = simulated["checks"]
    turned = replace(checks, estimates=checks.estimates[::-1])
    assert ranked(turned, "cooks_distance") == ranked(checks, "cooks_distance")
    assert len(ranked(checks, "residual")[""]) == 144
    assert list(ranked(checks, "conditional_mode")) == [
        "intercept | participant_id",
        "hand[left] | participant_id",
    ]


@pytest.mark.parametrize("draw", [caterpillar_figure, diagnostics_figure, profile_figure])
def test_what_was_not_saved_is_refused(draw: Callable[[Results, str], Figure]) -> None:
    with pytest.raises(ReportError, match="'lmm_diagnostics' has"):
        draw(mixed_results(), "taps")
