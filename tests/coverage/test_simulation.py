"""The simulated studies: their truth, their draws, and what is counted."""

import numpy as np
import pytest
from scipy import stats

from mmstats.compute import each
from mmstats.coverage.designs import DESIGNS, design_of
from mmstats.coverage.shapes import EFFECTS, SHAPES
from mmstats.coverage.simulation import Cell, cells, simulate, simulated
from mmstats.coverage.table import read, tabulated
from mmstats.coverage.ways import default_way
from mmstats.methods import METHODS

GROUPS, PAIRS, VARIABLES = (DESIGNS[name] for name in ("two groups", "pairs", "two variables"))
by_shape = pytest.mark.parametrize("shape", SHAPES)


@by_shape
@pytest.mark.parametrize("effect", EFFECTS)
def test_the_truth_of_groups_is_what_large_samples_show(shape: str, effect: str) -> None:
    n = 400_000
    data = GROUPS.draw(shape, effect, n, np.random.default_rng(1))
    y, x = np.split(data["outcome"].to_numpy(), 2)
    truth = GROUPS.truth(shape, effect)
    spread = np.sqrt((x.var() + y.var()) / 2)
    assert truth["mean_difference"] == pytest.approx(x.mean() - y.mean(), abs=0.02 * spread)
    # Heavy tails: their variance is known, and a sample's is far from it even at this size.
    slack = 0.15 if shape == "heavy-tailed" else 0.02
    assert truth["hedges_g"] == pytest.approx((x.mean() - y.mean()) / spread, abs=slack)
    u = stats.mannwhitneyu(x, y).statistic / n**2
    assert truth["superiority"] == pytest.approx(u, abs=0.003)
    assert truth["cliffs_delta"] == 2 * truth["superiority"] - 1
    assert truth["trimmed_mean_difference"] == pytest.approx(
        stats.trim_mean(x, 0.2) - stats.trim_mean(y, 0.2), abs=0.02
    )
    assert truth["median_difference"] == pytest.approx(np.median(x) - np.median(y), abs=0.02)
    some = np.random.default_rng(2).choice(x, 2_000), np.random.default_rng(3).choice(y, 2_000)
    assert truth["hodges_lehmann"] == pytest.approx(np.median(np.subtract.outer(*some)), abs=0.15)


@by_shape
@pytest.mark.parametrize("effect", VARIABLES.effects)
def test_the_truth_of_correlations_is_what_large_samples_show(shape: str, effect: str) -> None:
    data = VARIABLES.draw(shape, effect, 100_000, np.random.default_rng(4))
    truth = VARIABLES.truth(shape, effect)
    slack = 0.03 if shape == "heavy-tailed" else 0.015
    assert truth["pearson_r"] == pytest.approx(data["x"].corr(data["y"]), abs=slack)
    assert truth["spearman_rho"] == pytest.approx(data["x"].corr(data["y"], method="spearman"), abs=0.015)
    assert truth["kendall_tau_b"] == pytest.approx(data["x"].corr(data["y"], method="kendall"), abs=0.015)


@pytest.mark.parametrize("shape", ["normal", "floor"])
def test_the_truth_of_pairs_is_what_large_samples_show(shape: str) -> None:
    data = PAIRS.draw(shape, "medium", 200_000, np.random.default_rng(5))
    gaps = (data["comparison"] - data["reference"]).to_numpy()
    truth = PAIRS.truth(shape, "medium")
    assert truth["mean_difference"] == pytest.approx(gaps.mean(), abs=0.01)
    assert truth["hedges_g_z"] == pytest.approx(gaps.mean() / gaps.std(), abs=0.01)
    some = gaps[:3_000]
    assert truth["hodges_lehmann"] == pytest.approx(np.median(np.add.outer(some, some)) / 2, abs=0.05)


def test_every_method_sees_the_same_data() -> None:
    one, two = (
        simulate(Cell(name, default_way(name), "normal", "none", 12, 30))
        for name in ("welch", "mann_whitney")
    )
    assert one[0].estimable == two[0].estimable == 30
    again = simulate(Cell("welch", "welch", "normal", "none", 12, 30))
    assert again == one


def test_welch_covers_what_it_promises_for_normal_data() -> None:
    work = cells(["welch"], shapes=["normal"], sizes=[15], replications=400)
    rows = read(tabulated(work, (count for cell in work for count in simulate(cell))))
    means = [row for row in rows if row.quantity == "mean_difference"]
    missed, drawn = sum(row.below + row.above for row in means), sum(row.estimable for row in means)
    assert drawn == 1_600
    assert missed / drawn == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / drawn))


def test_the_table_does_not_depend_on_workers() -> None:
    work = cells(["welch", "spearman"], shapes=["floor"], sizes=[8], replications=6, alternatives=3, block=4)
    one, two = (
        tabulated(work, (count for found in each(simulate, work, on=f"processes:{n}") for count in found))
        for n in (1, 2)
    )
    assert one == two
    rows = read(one)
    assert {row.replications for row in rows if row.default} == {6}
    assert {row.replications for row in rows if not row.default} == {3}


def test_a_method_is_simulated_when_its_roles_are_those_of_a_design() -> None:
    assert {"welch", "mann_whitney", "paired_t", "pearson", "spearman", "yuen"} <= set(simulated())
    assert "describe" not in simulated()
    assert design_of(METHODS["two_by_two"]) == ""
