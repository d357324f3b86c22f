"""The step-down maximum against loops, and what the joint draws are."""

from collections.abc import Sequence

import numpy as np
import pytest

from mmstats.effects.correlation_matrix import all_pairs, fisher_z
from mmstats.resampling.joint_bootstrap import joint_distances, step_down


def by_loops(observed: np.ndarray, distances: np.ndarray) -> list[float]:
    left, before = set(range(len(observed))), 0.0
    adjusted = [0.0] * len(observed)
    while left:
        first = max(left, key=lambda j: observed[j])
        reached = sum(max(row[j] for j in left) >= observed[first] for row in distances)
        before = max(before, (reached + 1) / (len(distances) + 1))
        adjusted[first] = before
        left.remove(first)
    return adjusted


@pytest.mark.parametrize("seed", range(8))
def test_step_down_is_what_loops_find(seed: int) -> None:
    rng = np.random.default_rng(seed)
    observed, distances = np.abs(rng.normal(size=6)) * 2, np.abs(rng.normal(size=(60, 6)))
    assert step_down(observed, distances).tolist() == pytest.approx(by_loops(observed, distances))


def test_one_statistic_is_not_adjusted() -> None:
    distances = np.array([[0.1], [0.5], [0.9]])
    assert step_down(np.array([0.5]), distances).tolist() == [0.75]


def test_rows_are_drawn_together_and_undefined_is_farthest() -> None:
    x = np.arange(5.0)
    columns = [x, 2 * x + 1]

    def statistics(drawn: Sequence[np.ndarray]) -> np.ndarray:
        return fisher_z(all_pairs(drawn, correlation="pearson"))

    assert np.isinf(
        joint_distances(columns, statistics, resamples=20, rng=np.random.default_rng(1))
    ).all()  # on a line in every resample, as rows stay together


@pytest.mark.parametrize("correlation", ["pearson", "spearman", "kendall"])
def test_all_pairs_of_many_samples_are_those_of_each(correlation: str) -> None:
    columns = np.random.default_rng(2).integers(0, 5, size=(4, 30, 9)).astype(float)
    together = all_pairs(list(columns), correlation=correlation)  # type: ignore[arg-type]
    for sample, found in enumerate(together):
        alone = all_pairs(list(columns[:, sample]), correlation=correlation)  # type: ignore[arg-type]
        assert found == pytest.approx(alone, nan_ok=True)
