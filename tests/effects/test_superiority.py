import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.effects.superiority import (
    brunner_munzel_std_error,
    hanley_mcneil_variance,
    newcombe_limits,
    superiority,
    tie_factor,
)

scores = st.lists(st.integers(0, 5), min_size=2, max_size=9).map(lambda v: np.array(v, dtype=float))
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(scores, scores)
def test_it_is_the_share_of_pairs(x: np.ndarray, y: np.ndarray) -> None:
    pairs = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    assert superiority(x, y) == pytest.approx(pairs.mean())
    parts = pairs.mean(axis=1).var(ddof=1) / len(x) + pairs.mean(axis=0).var(ddof=1) / len(y)
    assert brunner_munzel_std_error(x, y) == pytest.approx(np.sqrt(parts), abs=1e-15)


def test_it_works_along_the_last_axis() -> None:
    x, y = np.random.default_rng(1).integers(0, 4, (2, 30, 6)).astype(float)
    np.testing.assert_array_equal(superiority(x, y), [superiority(a, b) for a, b in zip(x, y, strict=True)])
    np.testing.assert_array_equal(
        brunner_munzel_std_error(x, y), [brunner_munzel_std_error(a, b) for a, b in zip(x, y, strict=True)]
    )


@given(sizes)
def test_at_one_half_the_score_variance_is_that_of_the_mann_whitney_test(sizes: tuple[int, int]) -> None:
    assert hanley_mcneil_variance(0.5, sizes) == pytest.approx((sum(sizes) + 1) / (12 * np.prod(sizes)))


@given(st.floats(0, 1), sizes, st.floats(0.1, 4), st.floats(0.05, 1))
def test_score_limits_solve_their_equation_within_0_and_1(
    estimate: float, sizes: tuple[int, int], critical: float, ties: float
) -> None:
    low, high = newcombe_limits(estimate, sizes, critical=critical, tie_factor=ties)
    assert 0 <= low <= estimate <= high <= 1
    for limit in (low, high):
        variance = critical**2 * ties * hanley_mcneil_variance(limit, sizes)
        assert (estimate - limit) ** 2 == pytest.approx(variance, abs=1e-9)
    mirrored = newcombe_limits(1 - estimate, sizes, critical=critical, tie_factor=ties)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_at_complete_separation_the_score_interval_has_width() -> None:
    low, high = newcombe_limits(1.0, (8, 8), critical=1.96, tie_factor=1.0)
    assert high == 1
    assert 0.5 < low < 0.9


def test_a_test_that_cannot_reject_gives_all_there_is() -> None:
    assert newcombe_limits(0.9, (2, 2), critical=np.inf, tie_factor=1.0) == (0, 1)
    assert newcombe_limits(0.5, (9, 9), critical=1.0, tie_factor=0.0) == (0, 1)


def test_tie_factor_from_none_to_all() -> None:
    assert tie_factor(np.arange(5.0)) == 1
    assert tie_factor(np.ones(5)) == 0
    assert tie_factor(np.ones(1)) == 0
