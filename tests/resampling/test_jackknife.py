import numpy as np
import pytest

from mmstats.resampling.jackknife import acceleration, influences


def difference(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return x.mean(axis=-1) - y.mean(axis=-1)


def test_each_group_loses_one_of_its_own_values_at_a_time() -> None:
    x, y = np.array([1.0, 2, 6, 9]), np.array([0.0, 5, 7])
    found = influences([x, y], difference, paired=False)
    # For a mean difference an influence is the deviation from the group's own mean over its size.
    np.testing.assert_allclose(found, np.concatenate([(x - x.mean()) / 4, -(y - y.mean()) / 3]), atol=1e-14)


def test_paired_rows_are_left_out_together() -> None:
    x, y = np.array([1.0, 2, 6, 9]), np.array([0.0, 5, 7, 7])
    found = influences([x, y], difference, paired=True)
    np.testing.assert_allclose(found, (x - y - (x - y).mean()) / 4, atol=1e-14)


def test_acceleration_of_a_mean_is_a_sixth_of_its_skewness() -> None:
    x = np.random.default_rng(1).exponential(size=30)
    skewness = np.mean((x - x.mean()) ** 3) / np.mean((x - x.mean()) ** 2) ** 1.5
    found = acceleration(influences([x], lambda v: v.mean(axis=-1), paired=False))
    assert found == pytest.approx(skewness / 6 / np.sqrt(30))


def test_acceleration_without_any_influence_is_zero() -> None:
    assert acceleration(np.zeros(5)) == 0
