from math import isnan

import numpy as np
import pytest

from mmstats.methods.median_difference import median_difference
from mmstats.methods.quantile_difference import quantile_difference
from tests.methods.test_welch import two


@pytest.mark.parametrize("seed", range(60))
def test_p_is_the_level_at_which_the_interval_begins_to_leave_out_zero(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 5, 8 + seed % 5).astype(float), rng.integers(0, 7, 9).astype(float)
    if seed % 3 == 0:
        x, y = rng.normal(size=11), rng.normal(1, 1, 8)
    data = two(list(x), list(y))
    p_value = next(median_difference(*data)).p_value
    if p_value < 1 - 1e-6:
        (inside,) = median_difference(*data, level=1 - p_value * (1 - 1e-6))
        (outside,) = median_difference(*data, level=1 - p_value * (1 + 1e-6))
        if not inside.note:  # else 0 is the farthest difference, and p the least there is
            assert inside.conf_low <= 0 <= inside.conf_high
        assert not outside.conf_low <= 0 <= outside.conf_high


def test_the_median_is_a_quantile() -> None:
    data = two([4, 7, 8, 6, 3, 2], [6, 8, 7, 10, 11, 9, 9])
    (median,), (quantile,) = median_difference(*data), quantile_difference(*data, share=0.5)
    assert (median.estimate, median.conf_low, median.p_value) == (
        quantile.estimate,
        quantile.conf_low,
        quantile.p_value,
    )


def test_an_offset_costs_no_digits() -> None:
    x, y = [4.0, 7, 8, 6, 3, 2], [6.0, 8, 7, 10, 11, 9]
    (here,) = median_difference(*two(x, y))
    (there,) = median_difference(*two([v + 1e9 for v in x], [v + 1e9 for v in y]))
    assert (there.conf_low, there.conf_high, there.p_value) == (here.conf_low, here.conf_high, here.p_value)


def test_few_values_and_separation_have_no_p_of_zero() -> None:
    (found,) = median_difference(*two([1, 2, 3], [11, 12, 13]))
    assert found.p_value == pytest.approx((7 / 27) ** 2)
    assert isnan(found.conf_low)
    assert "too small for an interval at this level" in found.note
    (found,) = median_difference(*two([1, 2, 3], [11, 12, 13]), level=0.9)
    assert (found.conf_low, found.conf_high) == (9, 11)


def test_constant_and_floor() -> None:
    (found,) = median_difference(*two([2, 2, 2], [3, 3]))
    assert (found.estimate, found.std_error) == (1, 0)
    assert "Both groups are constant" in found.note
    (found,) = median_difference(*two([0] * 19 + [3], [0] * 18 + [1, 2]))
    assert (found.conf_low, found.conf_high, found.estimate) == (0, 0, 0)
    assert "no width" in found.note
    (found,) = median_difference(*two([0] * 19 + [3], [0] * 18 + [1, 2]), interval="price-bonett")
    assert "tied" in found.note


def test_p_is_at_most_one() -> None:
    assert next(median_difference(*two([0.0, 0.1, 0.1, 0.1, 0.1, 0.1], [0.0, *[0.1] * 5]))).p_value == 1
