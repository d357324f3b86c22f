from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mmstats.methods.brunner_munzel import Choice, brunner_munzel
from mmstats.methods.mann_whitney import mann_whitney
from tests.methods.test_welch import two

scores = st.lists(st.integers(0, 4), min_size=2, max_size=10).map(lambda v: [float(x) for x in v])


@given(scores, scores, st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_interval_stays_within_0_and_1_and_agrees_with_p(
    x: list[float], y: list[float], level: float
) -> None:
    (found,) = brunner_munzel(*two(x, y), level=level)
    assert 0 <= found.conf_low <= found.estimate <= found.conf_high <= 1
    if abs(found.p_value - (1 - level)) > 1e-9:
        assert (found.p_value < 1 - level) == (not found.conf_low <= 0.5 <= found.conf_high)


def test_agrees_with_scipy_where_scipy_is_defined() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 6, 12).astype(float), rng.integers(1, 9, 9).astype(float)
    (found,) = brunner_munzel(*two(list(x), list(y)))
    wanted = stats.brunnermunzel(x, y)
    assert (found.statistic, found.p_value) == pytest.approx((wanted.statistic, wanted.pvalue), rel=1e-12)


@pytest.mark.parametrize("n", [2, 4, 7])
def test_complete_separation_has_the_exact_permutation_answer(n: int) -> None:
    data = two(list(range(n)), list(range(50, 50 + n)))
    (found,) = brunner_munzel(*data)
    exact = next(mann_whitney(*data))
    assert found.estimate == 1
    assert found.p_value == pytest.approx(2 / comb(2 * n, n))
    assert (found.conf_low, found.conf_high) == (exact.conf_low, exact.conf_high)
    assert found.interval == "newcombe-score"
    assert found.std_error == 0
    assert "standard error is zero" in found.note


def test_all_values_equal() -> None:
    (found,) = brunner_munzel(*two([2, 2, 2], [2, 2]))
    assert (found.estimate, found.p_value, found.conf_low, found.conf_high) == (0.5, 1, 0, 1)


@pytest.mark.parametrize("interval", ["bca-bootstrap", "percentile-bootstrap"])
def test_bootstrap_intervals_stay_within_0_and_1(interval: Choice) -> None:
    data = two([1, 2, 3, 2, 1, 2, 4, 1], [3, 4, 5, 3, 4, 6, 5, 4, 3])
    (found,) = brunner_munzel(*data, interval=interval, resamples=1_999, rng=np.random.default_rng(1))
    assert found.interval == interval
    assert 0.5 < found.conf_low < found.estimate < found.conf_high <= 1
    assert found.p_value < 0.05
