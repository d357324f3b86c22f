from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.estimate import Estimate
from mmstats.methods.brunner_munzel import brunner_munzel
from mmstats.methods.cliffs_delta import Choice, cliffs_delta
from mmstats.methods.mann_whitney import mann_whitney
from tests.methods.test_welch import two

scores = st.lists(st.integers(0, 4), min_size=2, max_size=10).map(lambda v: [float(x) for x in v])
intervals = st.sampled_from(["feng", "brunner-munzel", "newcombe-score"])


@given(scores, scores, st.sampled_from([0.5, 0.8, 0.95, 0.99]), intervals)
def test_interval_holds_the_estimate_within_its_range_and_agrees_with_p(
    x: list[float], y: list[float], level: float, interval: Choice
) -> None:
    (found,) = cliffs_delta(*two(x, y), level=level, interval=interval)
    assert -1 <= found.conf_low <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= found.conf_high <= 1
    if abs(found.p_value - (1 - level)) > 1e-9:
        assert (found.p_value < 1 - level) == (not found.conf_low <= 0 <= found.conf_high)


@given(scores, scores)
def test_delta_and_its_standard_error_are_those_of_the_dominance_matrix(
    x: list[float], y: list[float]
) -> None:
    (found,) = cliffs_delta(*two(x, y))
    m, n = len(y), len(x)
    signs = np.sign(np.subtract.outer(y, x))
    assert found.estimate == pytest.approx(signs.mean(), abs=1e-14)
    if found.interval == "feng":
        variance = (n - 1) * signs.mean(1).var(ddof=1) + (m - 1) * signs.mean(0).var(ddof=1)
        variance += ((signs - signs.mean()) ** 2).sum() / ((m - 1) * (n - 1))
        assert found.std_error == pytest.approx(np.sqrt(variance / (m * n)), abs=1e-12)


def test_the_other_intervals_are_those_of_superiority() -> None:
    data = two([1, 2, 3, 2, 1, 2, 4, 1], [3, 4, 5, 3, 4, 6, 5, 4, 3])
    same: dict[Choice, Callable[..., Iterator[Estimate]]] = {
        "brunner-munzel": brunner_munzel,
        "newcombe-score": mann_whitney,
    }
    for interval, method in same.items():
        (found,), other = cliffs_delta(*data, interval=interval), next(method(*data))
        assert found.interval == other.interval == interval
        assert (found.p_value, found.statistic) == (other.p_value, other.statistic)
        for field in ("estimate", "conf_low", "conf_high"):
            assert getattr(found, field) == 2 * getattr(other, field) - 1


def test_complete_separation_and_all_values_equal() -> None:
    (found,) = cliffs_delta(*two([1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]))
    assert found.estimate == found.conf_high == 1
    assert found.conf_low == pytest.approx((5 - 1.959963984540054**2) / (5 + 1.959963984540054**2))
    assert "do not overlap" in found.note
    (found,) = cliffs_delta(*two([2, 2, 2], [2, 2]))
    assert (found.estimate, found.p_value, found.conf_low, found.conf_high) == (0, 1, -1, 1)
