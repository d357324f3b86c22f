"""People with several rows each: what is drawn is what the designs say, and so is its truth."""

from math import log

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit, ndtri

from mmstats.coverage import repeated
from mmstats.coverage.designs import DESIGNS, design_of
from mmstats.coverage.repeated import EFFECTS, EVENTS
from mmstats.coverage.shapes import SCORES
from mmstats.coverage.simulation import Cell, simulate
from mmstats.coverage.ways import default_way, ways
from mmstats.methods import METHODS

METHODS_OF_PEOPLE = ("lmm", "rm_anova", "gee", "glmm", "clmm")
CELLS = [(group, hand) for group in ("HC", "MS") for hand in ("left", "right")]


def log_odds(frame: pd.DataFrame, event: pd.Series) -> dict[str, float]:
    """Return the log odds ratios of the cells of group and hand."""
    at = {
        cell: logit(event[(frame["group"] == cell[0]) & (frame["hand"] == cell[1])].mean()) for cell in CELLS
    }
    none, hand, group, both = (at[cell] for cell in CELLS)
    return {
        "group[MS]": group - none,
        "hand[right]": hand - none,
        "group[MS]:hand[right]": both - group - hand + none,
    }


@pytest.mark.parametrize("shape", EVENTS)
def test_the_truth_of_estimating_equations_is_that_of_the_population(shape: str) -> None:
    data = repeated.averaged(shape, EFFECTS[1], 200_000, np.random.default_rng(1))
    frame = data["formula"].frame
    found = log_odds(frame, frame["score"] == "yes")
    truth = repeated.truth_of_averaged(shape, EFFECTS[1])
    for term, value in found.items():
        assert log(truth[f"odds_ratio {term}"]) == pytest.approx(value, abs=0.04)
    first = (frame["group"] == "HC") & (frame["hand"] == "left")
    assert (frame["score"] == "yes")[first].mean() == pytest.approx(EVENTS[shape], abs=0.005)


def test_events_of_one_person_go_together_as_the_normal_variables_beneath() -> None:
    data = repeated.averaged("binary", "no effects", 100_000, np.random.default_rng(9))
    events = (data["formula"].frame["score"] == "yes").to_numpy().reshape(-1, 6)
    covariance = [[1.0, repeated.BETWEEN], [repeated.BETWEEN, 1.0]]
    both = stats.multivariate_normal([0, 0], covariance).cdf([ndtri(EVENTS["binary"])] * 2)
    assert (events[:, 0] & events[:, 5]).mean() == pytest.approx(both, abs=0.006)


@pytest.mark.parametrize("shape", ["binary", "floor", "likert"])
def test_the_truth_of_a_mixed_model_is_that_of_one_person(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People who do not differ show it."""
    monkeypatch.setattr(repeated, "LOGIT_SD", 0.0)
    frame = repeated.generalised(shape, EFFECTS[1], 100_000, np.random.default_rng(2))["formula"].frame
    above = [frame["score"] == "yes"] if shape in EVENTS else [frame["score"] > k for k in range(4)]
    truth = repeated.truth_of_generalised(shape, EFFECTS[1])
    for event in above:
        for term, value in log_odds(frame, event).items():
            assert log(truth[f"odds_ratio {term}"]) == pytest.approx(value, abs=0.12)


def test_people_differ_by_what_the_truth_says() -> None:
    """A floor's share is the integral over people, and log rates of counts vary as they should."""
    frame = repeated.generalised("floor", "no effects", 60_000, np.random.default_rng(3))["formula"].frame
    u = np.random.default_rng(4).standard_normal(400_000)
    expected = expit(logit(SCORES["floor"][0]) - repeated.LOGIT_SD * u).mean()
    assert (frame["score"] == 0).mean() == pytest.approx(expected, abs=0.006)
    data = repeated.generalised("counts", "no effects", 100_000, np.random.default_rng(5))["formula"]
    cells = data.frame["score"].to_numpy().reshape(-1, 6)
    # Of two rows of a person, the covariance of counts is that of their rates, exp(s^2) - 1 by mean squared.
    share = np.cov(cells[:, 0], cells[:, 1])[0, 1] / (cells[:, 0].mean() * cells[:, 1].mean())
    spread = repeated.truth_of_generalised("counts", "no effects")["random_sd intercept | person"]
    assert np.sqrt(np.log1p(share)) == pytest.approx(spread, abs=0.02)


def test_correlations_are_unequal_where_said_and_means_are_not() -> None:
    data = repeated.analysed("normal", "unequal correlation", 100_000, np.random.default_rng(7))
    cells = data["outcome"].to_numpy().reshape(-1, 6)
    found = np.corrcoef(cells.T)
    assert found[0, 1] == pytest.approx(0.8, abs=0.01)
    assert found[0, 3] == pytest.approx(0.8, abs=0.01)  # the same task with the other hand
    assert found[0, 2] == pytest.approx(0.3, abs=0.015)
    assert cells.mean(axis=0) == pytest.approx(np.zeros(6), abs=0.02)
    assert cells.var(axis=0) == pytest.approx(np.ones(6), abs=0.02)


@pytest.mark.parametrize("method", METHODS_OF_PEOPLE)
def test_each_method_has_its_own_design_and_every_person_a_row(method: str) -> None:
    design = DESIGNS[design_of(METHODS[method])]
    assert design.methods == {method}
    data = design.draw(design.shapes[0], design.effects[1], 400, np.random.default_rng(8))
    who = data["formula"].groups["person"] if method in ("lmm", "glmm", "clmm") else data["participant"]
    rows = who.value_counts()
    assert len(rows) == 400
    assert rows.min() >= 1
    assert rows.mean() == pytest.approx(5.0, abs=0.15)


def test_tests_without_an_interval_are_counted_by_what_they_reject() -> None:
    """The F test of an analysis of variance is exact for normal data."""
    found = simulate(Cell("rm_anova", default_way("rm_anova"), "normal", "no effects", 12, 400, block=7))
    assert {one.interval for one in found} == {"greenhouse-geisser"}
    by_name = {one.quantity: one for one in found}
    assert len(by_name) == 7
    for term in ("group", "hand", "group:hand"):  # one degree of freedom: no correction
        one = by_name[f"f_test {term}"]
        assert one.below == 0
        assert one.above / one.estimable == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 400))


@pytest.mark.parametrize("method", METHODS_OF_PEOPLE)
def test_ways_are_named_as_results_name_them(method: str) -> None:
    design = DESIGNS[design_of(METHODS[method])]
    for way in ways(method):
        if "bootstrap" in way or (method == "clmm" and way != "wald"):
            continue
        found = simulate(Cell(method, way, design.shapes[-1], "no effects", 16, 2))
        quick = {one.interval for one in found} - {"profile"}  # of standard deviations, whatever the way
        assert quick <= {way, way.removesuffix("-t")}
        assert found
