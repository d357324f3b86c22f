"""Permutation tests against enumeration by hand, SciPy's, and their own limits."""

from itertools import combinations, islice, pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mmstats.errors import MmstatsError
from mmstats.resampling.max_t import max_t
from mmstats.resampling.permutation import of_pairs, of_two_groups
from tests.resampling import plain

X = np.sort(np.array([2.1, 0.4, 1.9, 3.3, 1.2, 2.7]))
Y = np.sort(np.array([0.1, 0.9, -0.4, 1.1, 0.3]))


def test_all_splits_are_looked_at_once() -> None:
    pooled, far = np.concatenate([X, Y]), 0
    for chosen in combinations(range(11), 6):
        rest = [i for i in range(11) if i not in chosen]
        far += abs(plain.welch_t(pooled[list(chosen)], pooled[rest])) >= plain.welch_t(X, Y) * (1 - 1e-10)
    found = of_two_groups(X, Y, welch=True, resamples=99, rng=None)
    assert found.exact
    assert found.p_value(0.0) == far / 462


def test_the_difference_itself_agrees_with_scipy() -> None:
    # SciPy would double the smaller tail, so it is given the size of the difference.
    want = stats.permutation_test(
        (X, Y), lambda x, y, axis: np.abs(x.mean(axis) - y.mean(axis)), n_resamples=np.inf,
        alternative="greater", vectorized=True,
    )  # fmt: skip
    assert of_two_groups(X, Y, welch=False, resamples=99, rng=None).p_value(0.0) == want.pvalue


def test_drawn_splits_approach_the_exact_p_value() -> None:
    rng = np.random.default_rng(1)
    x, y = np.sort(rng.normal(0.9, 1, 12)), np.sort(rng.normal(0, 2, 12))
    found = of_two_groups(x, y, welch=True, resamples=99_999, rng=rng)
    pooled = np.concatenate([x, y])
    some = np.array(list(islice(combinations(range(24), 12), 0, None, 97)))
    a, qa = pooled[some].sum(axis=1), (pooled[some] ** 2).sum(axis=1)
    b, qb = pooled.sum() - a, (pooled**2).sum() - qa
    t = (a - b) / 12 / np.sqrt(((qa - a**2 / 12) + (qb - b**2 / 12)) / 132)
    share = np.mean(np.abs(t) >= plain.welch_t(x, y))
    assert not found.exact
    p = found.p_value(0.0)
    assert p == pytest.approx(share, abs=4 * np.hypot(found.mcse(p), np.sqrt(p / len(t))))


def test_pairs_are_enumerated_and_drawn_alike() -> None:
    d = np.sort(np.array([0.3, -0.1, 0.9, 1.4, 0.2, 0.7, -0.5, 1.1]))
    signs = np.array(list(product([1, -1], repeat=8)))
    want = np.mean(np.abs(signs @ d) >= abs(d.sum()) * (1 - 1e-10))
    assert of_pairs(d, resamples=99, rng=None).p_value(0.0) == want
    long = np.sort(np.random.default_rng(2).normal(0.5, 1, 20))
    drawn = of_pairs(long, resamples=99_999, rng=np.random.default_rng(3)).p_value(0.0)
    assert drawn == pytest.approx(stats.ttest_1samp(long, 0).pvalue, rel=0.25)


@pytest.mark.parametrize("welch", [True, False])
@given(null=st.floats(-1, 4), alpha=st.sampled_from([0.01, 0.05, 0.2]))
def test_limits_hold_exactly_the_shifts_that_are_not_rejected(welch: bool, null: float, alpha: float) -> None:
    found = of_two_groups(X, Y, welch=welch, resamples=99, rng=None)
    low, high = found.limits(alpha, null)
    assert (found.p_value(null) >= alpha) == (low <= null <= high)


def test_limits_are_near_those_of_welch() -> None:
    rng = np.random.default_rng(4)
    x, y = np.sort(rng.normal(1, 1, 30)), np.sort(rng.normal(0, 2, 30))
    low, high = of_two_groups(x, y, welch=True, resamples=9_999, rng=rng).limits(0.05)
    want = stats.ttest_ind(x, y, equal_var=False).confidence_interval()
    assert (low, high) == pytest.approx((want.low, want.high), abs=0.1 * (want.high - want.low))


def test_too_few_splits_leave_the_interval_open() -> None:
    found = of_two_groups(X[:2], Y[:2], welch=True, resamples=99, rng=None)
    assert found.p_value(0.0) == pytest.approx(1 / 3)
    assert found.limits(0.05) == (-np.inf, np.inf)


def test_without_a_generator_it_says_how_to_give_one() -> None:
    with pytest.raises(MmstatsError, match=r"rng=numpy\.random\.default_rng"):
        of_two_groups(np.arange(20.0), np.arange(20.0), welch=True, resamples=99, rng=None)
    with pytest.raises(MmstatsError, match=r"rng=numpy\.random\.default_rng"):
        of_pairs(np.sqrt(np.arange(20.0)), resamples=99, rng=None)


class TestMaxT:
    rng = np.random.default_rng(5)
    outcomes = rng.normal(size=(6, 24))
    outcomes[:2, :12] += 1.2
    members = np.arange(12)

    def test_steps_down_as_the_definition_says(self) -> None:
        found = max_t(self.outcomes, self.members, resamples=499, rng=np.random.default_rng(6))
        seed = int(np.random.default_rng(6).integers(0, 2**64, dtype=np.uint64))
        chosen = plain.splits([24], [12], seed, 0, 499)
        observed = np.abs([plain.welch_t(o[:12], o[12:]) for o in self.outcomes])
        t = np.array([[abs(plain.welch_t(o[c], np.delete(o, c))) for o in self.outcomes] for c in chosen])
        order = np.argsort(-observed)
        want = np.empty(6)
        for place, outcome in enumerate(order):
            others = order[place:]
            want[outcome] = (np.sum(t[:, others].max(axis=1) >= observed[outcome]) + 1) / 500
        for a, b in pairwise(order):
            want[b] = max(want[b], want[a])
        assert found.p_adjusted == pytest.approx(want)
        assert found.p_single == pytest.approx([(np.sum(t.max(axis=1) >= o) + 1) / 500 for o in observed])
        assert found.p_values == pytest.approx((np.sum(t >= observed, axis=0) + 1) / 500)

    def test_adjusted_values_are_ordered_as_they_should_be(self) -> None:
        found = max_t(self.outcomes, self.members, resamples=999, rng=np.random.default_rng(7))
        assert (found.p_values <= found.p_adjusted).all()
        assert (found.p_adjusted <= found.p_single).all()

    @pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
    def test_one_step_rejects_beyond_its_critical_value(self, alpha: float) -> None:
        found = max_t(self.outcomes, self.members, resamples=999, rng=np.random.default_rng(8))
        observed = np.abs([plain.welch_t(o[:12], o[12:]) for o in self.outcomes])
        assert np.array_equal(found.p_single < alpha, observed > found.critical(alpha))

    def test_copies_of_one_outcome_cost_nothing(self) -> None:
        copies = np.repeat(self.outcomes[:1], 5, axis=0)
        found = max_t(copies, self.members, resamples=999, rng=np.random.default_rng(9))
        assert found.p_adjusted == pytest.approx(found.p_values)
