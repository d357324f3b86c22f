"""What is said of an interval for data at hand, and the table that it comes from."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmstats.coverage import evidence as told
from mmstats.coverage.designs import DESIGNS, design_of
from mmstats.coverage.evidence import Evidence, data_like, evidence, shape_of
from mmstats.coverage.shapes import SHAPES
from mmstats.coverage.simulation import Cell, simulate
from mmstats.coverage.table import Row, shipped
from mmstats.coverage.ways import default_way
from mmstats.estimate import Estimate, Quantity
from mmstats.methods import METHODS
from mmstats.notebook import analyze

MEAN_DIFFERENCE = Quantity("mean_difference", "Mean difference", null=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_samples_are_recognized(shape: str) -> None:
    rng = np.random.default_rng(1)
    found = Counter(shape_of(SHAPES[shape].reference(rng.random(40))) for _ in range(200))
    # Forty values of a heavy-tailed distribution look normal, or skewed, most of the time.
    assert found[shape] > (30 if shape == "heavy-tailed" else 140)


def groups(reference: list[float], comparison: list[float]) -> dict[str, pd.Series]:
    group = ["a"] * len(reference) + ["b"] * len(comparison)
    return {
        "outcome": pd.Series(reference + comparison, dtype=float),
        "group": pd.Series(pd.Categorical(group)),
    }


def test_the_difference_of_groups_is_not_taken_for_a_shape() -> None:
    rng = np.random.default_rng(2)
    roles = groups(list(rng.normal(size=15)), list(rng.normal(20, 1, 12)))
    assert data_like(roles) == ("normal", 12)


def test_scores_are_told_by_the_values_themselves() -> None:
    assert data_like(groups([0, 0, 0, 1, 0, 0, 2, 0], [0, 1, 2, 0, 4, 0, 1, 3, 0])) == ("floor", 8)


def test_nothing_is_said_of_what_was_not_simulated() -> None:
    assert data_like({"outcome": pd.Series([1.0, 2, 3, 4, 5])}) == ("", 0)
    assert data_like(groups([1, 1, 1, 1], [1, 1, 1, 1])) == ("", 0)
    assert evidence("welch", estimate("welch"), "normal", 7) is None
    assert evidence("welch", estimate("welch", conf_level=0.9), "normal", 20) is None
    assert evidence("welch", estimate("unheard-of"), "normal", 20) is None


def estimate(interval: str, conf_level: float = 0.95) -> Estimate:
    return Estimate(
        quantity=MEAN_DIFFERENCE, estimate=1, conf_low=0, conf_high=2, conf_level=conf_level,
        interval=interval, n=20,
    )  # fmt: skip


def row(interval: str, n: int, missed: int, method: str = "welch", default: bool = False) -> Row:
    return Row(
        method=method, quantity="mean_difference", interval=interval, default=default, shape="normal",
        effect="none", n=n, replications=1_000, estimable=1_000, below=missed, above=0, mean_width=1.0,
    )  # fmt: skip


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    better = (row("basic-bootstrap", 10, 50), row("basic-bootstrap", 20, 40))
    rows = (*better, row("bad", 10, 150), row("bad", 20, 90))
    monkeypatch.setattr(told, "shipped", lambda: rows)
    told._by_interval.cache_clear()
    yield
    told._by_interval.cache_clear()


@pytest.mark.usefixtures("table")
class TestTheTable:
    def test_is_interpolated_between_sizes(self) -> None:
        found = evidence("welch", estimate("basic-bootstrap"), "normal", 15)
        assert found is not None
        assert found.coverage == pytest.approx(0.955)
        assert str(found) == "simulated coverage for n = 15, normal: 95.5 %"
        assert found.warning == ""

    def test_names_what_covers_better(self) -> None:
        found = evidence("welch", estimate("bad"), "normal", 10)
        assert found == Evidence(0.85, "normal", 10, "interval = 'basic-bootstrap'")
        assert "interval = 'basic-bootstrap' covers better" in found.warning

    def test_does_not_name_what_is_often_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = (row("bad", 10, 150), replace(row("basic-bootstrap", 10, 40), estimable=900))
        monkeypatch.setattr(told, "shipped", lambda: rows)
        told._by_interval.cache_clear()
        assert told.better_than("welch", "mean_difference", "normal", 10) == ""

    def test_says_when_nothing_covers_better(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(told, "shipped", lambda: (row("bad", 10, 150),))
        told._by_interval.cache_clear()
        found = evidence("welch", estimate("bad"), "normal", 10)
        assert found is not None
        assert "none that was simulated covers better" in found.warning


def test_an_answer_says_how_its_interval_fares() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"score": rng.normal(size=30), "arm": ["a", "b"] * 15})
    text = analyze(frame, "welch", outcome="score", group="arm").text()
    assert "Mean difference: simulated coverage for n = 15, normal: 9" in text


def test_an_interval_that_covers_too_little_warns() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"score": rng.normal(size=18), "arm": ["a", "b"] * 9})
    answer = analyze(frame, "welch", outcome="score", group="arm", interval="percentile-bootstrap")
    assert any("cover too little" in note for note in answer.notes)


class TestWhatShips:
    methods = sorted({row.method for row in shipped()})

    def test_the_methods_that_the_demo_study_uses_are_there(self) -> None:
        assert {"welch", "mann_whitney", "brunner_munzel", "paired_t", "spearman", "pearson"} <= set(
            self.methods
        )

    @pytest.mark.parametrize("method", methods)
    def test_defaults_were_simulated_for_every_shape_and_size(self, method: str) -> None:
        own = [row for row in shipped() if row.method == method and row.default]
        without = {"floor", "likert", "zero-inflated"} if method == "biweight" else set()  # no true value
        design = DESIGNS[design_of(METHODS[method])]
        assert {row.shape for row in own} == set(design.shapes) - without
        assert {row.n for row in own} == set(design.sizes)
        default = default_way(method)
        assert not default or default in {row.interval for row in own}

    def test_counts_are_possible(self) -> None:
        for row in shipped():
            assert 0 <= row.below + row.above <= row.estimable <= row.replications

    @pytest.mark.parametrize(
        ("method", "effect", "n"),
        [
            ("welch", "medium", 10),
            ("spearman", "medium", 10),
            ("mann_whitney", "medium", 10),
            ("lmm", "missing cells", 12),
            ("rm_anova", "unequal correlation", 12),
            ("gee", "effects and missing cells", 12),
        ],
    )
    def test_it_is_what_the_code_gives(self, method: str, effect: str, n: int) -> None:
        """A few data sets, drawn anew, miss as often as the table says."""
        found = simulate(Cell(method, default_way(method), "floor", effect, n, 150, block=99))
        for one in found:
            (own,) = (
                row
                for row in shipped()
                if (row.method, row.quantity, row.interval) == (method, one.quantity, one.interval)
                and (row.shape, row.effect, row.n) == ("floor", effect, n)
            )
            missed, expected = (one.below + one.above) / one.estimable, 1 - own.coverage
            slack = np.sqrt(0.06 * 0.94 * (1 / one.estimable + 1 / own.estimable))
            assert missed == pytest.approx(expected, abs=4 * slack + 0.01)
