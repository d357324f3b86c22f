from math import comb, inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import NotEstimableError
from mmstats.methods.mann_whitney import mann_whitney
from tests.methods.test_welch import two

scores = st.lists(st.integers(0, 4), min_size=1, max_size=10).map(lambda v: [float(x) for x in v])


@given(scores, scores, st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_both_intervals_agree_with_the_p_value_whatever_the_ties(
    x: list[float], y: list[float], level: float
) -> None:
    superiority, shift = mann_whitney(*two(x, y), level=level)
    rejects = superiority.p_value < (1 - level) * (1 - 1e-9)
    assert rejects == (not superiority.conf_low <= 0.5 <= superiority.conf_high)
    inside = shift.conf_low <= 0 <= shift.conf_high and "leaves it out" not in shift.note
    assert rejects != inside


def test_an_interval_that_stops_at_zero_without_holding_it_says_so() -> None:
    superiority, shift = mann_whitney(*two([4, 7, 8, 6, 3, 2], [6, 8, 7, 10, 11, 9]))
    assert superiority.p_value < 0.05
    assert shift.conf_low == 0
    assert shift.note == "The interval ends at 0 but leaves it out."


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_complete_separation_has_the_p_value_of_the_two_extreme_splits(n: int) -> None:
    superiority, shift = mann_whitney(*two(list(range(n)), list(range(100, 100 + n))))
    assert superiority.estimate == 1
    assert superiority.conf_high == 1
    assert superiority.p_value == pytest.approx(2 / comb(2 * n, n))
    assert (superiority.conf_low > 0.5) == (superiority.p_value < 0.05)
    assert shift.estimate == 100


def test_groups_too_small_for_the_level_say_so_and_exclude_nothing() -> None:
    superiority, shift = mann_whitney(*two([1, 2], [3, 4]))
    assert (superiority.conf_low, superiority.conf_high) == (0, 1)
    assert (shift.conf_low, shift.conf_high) == (-inf, inf)
    assert "no split of groups this small" in superiority.note
    assert "no split of groups this small" in shift.note


def test_all_values_equal_is_no_evidence_at_all() -> None:
    superiority, shift = mann_whitney(*two([3] * 6, [3] * 7))
    assert (superiority.estimate, superiority.p_value) == (0.5, 1)
    assert (superiority.conf_low, superiority.conf_high) == (0, 1)
    assert shift.estimate == 0


def test_large_groups_say_that_the_test_is_approximate_and_still_agree() -> None:
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.27, 0.3, 0.33, 0.36, 0.5):
        x, y = list(rng.normal(0, 1, 60)), list(rng.normal(shift, 1, 55))
        superiority, found = mann_whitney(*two(x, y))
        assert "normal approximation" in superiority.note
        assert (superiority.p_value < 0.05) == (not superiority.conf_low <= 0.5 <= superiority.conf_high)
        assert (superiority.p_value < 0.05) == (not found.conf_low <= 0 <= found.conf_high)


def test_an_empty_group_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="'MS' has 0"):
        list(mann_whitney(*two([1, 2], [])))
