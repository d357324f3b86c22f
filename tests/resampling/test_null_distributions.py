from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import rankdata

from mmstats.resampling.null_distributions import Exact, Normal, rank_sum, signed_rank_sum

scores = st.lists(st.integers(0, 5), min_size=2, max_size=9).map(lambda v: rankdata(v))


@given(scores, st.data())
def test_rank_sums_by_enumeration(ranks: np.ndarray, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(ranks) - 1))
    sums = np.array([sum(c) for c in combinations(ranks, size)])
    distances = np.abs(sums - size * ranks.mean())
    null = rank_sum(ranks, size)
    for distance in np.unique(np.round(distances, 9)):
        assert null.p_value(distance) == pytest.approx(np.mean(distances >= distance - 1e-9), rel=1e-12)
    assert null.p_value(distances.max() + 1) == 0


@given(scores)
def test_signed_rank_sums_by_enumeration(ranks: np.ndarray) -> None:
    sums = np.array([np.dot(signs, ranks) for signs in product([0, 1], repeat=len(ranks))])
    distances = np.abs(sums - ranks.sum() / 2)
    null = signed_rank_sum(ranks)
    for distance in np.unique(distances):
        assert null.p_value(distance) == pytest.approx(np.mean(distances >= distance), rel=1e-12)


@given(scores, st.floats(0.001, 0.6))
def test_the_critical_distance_is_the_least_that_rejects(ranks: np.ndarray, alpha: float) -> None:
    null = signed_rank_sum(ranks)
    critical = null.critical(alpha)
    if np.isfinite(critical):
        assert null.p_value(critical) < alpha
        assert null.p_value(np.nextafter(critical, 0)) < alpha  # no possible distance lies between
        below = [d for d in np.arange(0, 200, 0.25) if d < critical and null.p_value(d) < alpha]
        assert all(null.p_value(d) == null.p_value(critical) for d in below)
    else:
        assert null.p_value(ranks.sum() / 2) >= alpha


@given(scores, st.data(), st.floats(0.001, 0.9))
def test_the_boundary_parts_what_rejects_from_what_does_not(
    ranks: np.ndarray, data: st.DataObject, alpha: float
) -> None:
    null = rank_sum(ranks, data.draw(st.integers(1, len(ranks) - 1)))
    assert isinstance(null, Exact)
    rejects = null.tails < alpha
    np.testing.assert_array_equal(null.distances > null.boundary(alpha), rejects)
    np.testing.assert_array_equal(null.distances >= null.critical(alpha), rejects)


def test_p_equal_to_alpha_does_not_reject() -> None:
    null = rank_sum(np.arange(1.0, 7), 3)  # the most extreme of 20 splits and its mirror: p is 0.1
    assert null.p_value(4.5) == pytest.approx(0.1)
    assert null.critical(1 - 0.9) == np.inf
    assert null.critical(0.1001) == 4.5


def test_without_ties_it_is_the_textbook_distribution() -> None:
    x, y = np.random.default_rng(3).normal(size=(2, 50))
    u = rankdata(np.concatenate([x, y]))[:50].sum() - 50 * 51 / 2
    exact = rank_sum(np.arange(1.0, 101), 50)
    assert exact.exact
    assert exact.p_value(abs(u - 1250)) == pytest.approx(
        stats.mannwhitneyu(x, y, method="exact").pvalue, rel=1e-10
    )
    d = x - y
    w = np.sum(rankdata(np.abs(d))[d > 0])
    found = signed_rank_sum(np.arange(1.0, 51)).p_value(abs(w - 50 * 51 / 4))
    assert found == pytest.approx(stats.wilcoxon(x, y, method="exact").pvalue, rel=1e-10)


def test_too_many_values_fall_back_on_the_normal_distribution_with_ties() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 8, 60).astype(float), rng.integers(1, 9, 50).astype(float)
    ranks = rankdata(np.concatenate([x, y]))
    null = rank_sum(ranks, 60)
    assert not null.exact
    wanted = stats.mannwhitneyu(x, y, method="asymptotic")
    assert null.p_value(abs(wanted.statistic - 1500)) == pytest.approx(wanted.pvalue, rel=1e-10)
    d = np.rint(rng.normal(0.3, 3, 300))
    kept = rankdata(np.abs(d))[d != 0]
    signed = signed_rank_sum(kept)
    assert not signed.exact
    wanted = stats.wilcoxon(d, zero_method="pratt", correction=True, method="asymptotic")
    distance = abs(kept[d[d != 0] > 0].sum() - kept.sum() / 2)
    assert signed.p_value(distance) == pytest.approx(wanted.pvalue, rel=1e-10)


def test_the_normal_critical_distance_inverts_its_p_value() -> None:
    null = Normal(10.0)
    assert null.p_value(null.critical(0.05)) == pytest.approx(0.05)
    assert Normal(0.0).p_value(0.0) == 1
    assert Normal(0.0).critical(0.05) == np.inf


def test_exact_and_normal_agree_near_the_limit_of_exactness() -> None:
    exact = rank_sum(np.arange(1.0, 101), 50)
    normal = Normal(np.sqrt(50 * 50 * 101 / 12))
    assert exact.p_value(300.0) == pytest.approx(normal.p_value(300.0), rel=0.02)
