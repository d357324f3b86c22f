"""Welch's analysis of variance and Kruskal-Wallis: invariances, exact p, and groups without variance."""

from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from mmstats.effects import kruskal_wallis_h as effect
from mmstats.errors import NotEstimableError
from mmstats.methods.kruskal_wallis import kruskal_wallis
from mmstats.methods.mann_whitney import mann_whitney
from mmstats.methods.welch import welch
from mmstats.methods.welch_anova import welch_anova

METHODS = [welch_anova, kruskal_wallis]
groups = st.lists(
    st.lists(st.integers(0, 20), min_size=3, max_size=4).filter(lambda v: len(set(v)) > 1),
    min_size=2,
    max_size=3,
)


def columns(samples: list[list[int]]) -> tuple[pd.Series, pd.Series]:
    names = [f"g{i}" for i in range(len(samples))]
    labels = np.repeat(names, [len(values) for values in samples])
    outcome = pd.Series(np.concatenate([np.asarray(v, dtype=np.float64) for v in samples]))
    return outcome, pd.Series(pd.Categorical(labels, categories=names))


@pytest.mark.parametrize("method", METHODS)
@given(samples=groups, random=st.randoms())
@settings(deadline=None, max_examples=25)
def test_order_of_rows_and_groups_and_units(method: Any, samples: list[list[int]], random: Any) -> None:
    outcome, group = columns(samples)
    here = next(method(outcome, group))
    order = list(range(len(outcome)))
    random.shuffle(order)
    assert repr(next(method(outcome.iloc[order], group.iloc[order]))) == repr(here)
    for there in (
        next(method(*columns(samples[::-1]))),
        next(method(3 * outcome + 100, group)),
        next(method(-outcome, group)),
    ):
        assert there.estimate == pytest.approx(here.estimate, rel=1e-9, abs=1e-12)
        assert there.p_value == pytest.approx(here.p_value, rel=1e-9)


@given(samples=groups.filter(lambda s: len(s) == 2))
@settings(deadline=None, max_examples=25)
def test_two_groups_are_welchs_t_and_mann_whitney(samples: list[list[int]]) -> None:
    outcome, group = columns(samples)
    t, f = next(welch(outcome, group)), next(welch_anova(outcome, group))
    assert f.p_value == pytest.approx(t.p_value)
    assert f.estimate == pytest.approx(t.statistic**2)
    assert f.df2 == pytest.approx(t.df)
    exact = next(kruskal_wallis(outcome, group))
    assert exact.p_value == pytest.approx(next(mann_whitney(outcome, group)).p_value)


@given(samples=groups)
@settings(deadline=None, max_examples=25)
def test_h_is_scipys(samples: list[list[int]]) -> None:
    assume(len({v for sample in samples for v in sample}) > 1)
    found = list(kruskal_wallis(*columns(samples)))
    assert found[0].estimate == pytest.approx(stats.kruskal(*samples).statistic, abs=1e-12)
    assert 0 <= found[1].estimate <= 1
    assert 0 < found[0].p_value <= 1


def test_kruskal_and_walliss_table() -> None:
    # Kruskal and Wallis (1952), Table 6.1: sizes 3, 2, 1 allow H = 4.2857 at most, in 3 arrangements of 60.
    found = next(kruskal_wallis(*columns([[1, 2, 3], [4, 5], [6]])))
    assert found.estimate == pytest.approx(4.2857, abs=5e-5)
    assert found.p_value == pytest.approx(0.1)


def test_three_groups_of_five_are_exact() -> None:
    # Kruskal and Wallis (1952), Table 6.1, sizes 5, 5, 5: H = 5.78 has probability .049.
    found = next(kruskal_wallis(*columns([[8, 1, 7, 2, 5], [14, 4, 3, 10, 9], [13, 6, 11, 12, 15]])))
    assert found.estimate == pytest.approx(5.78)
    assert round(found.p_value, 3) == 0.049


def test_many_arrangements_use_chi_squared() -> None:
    rng = np.random.default_rng(1)
    found = next(kruskal_wallis(*columns(rng.integers(0, 50, (3, 10)).tolist())))
    assert not found.note
    assert found.p_value == pytest.approx(stats.chi2.sf(found.estimate, 2))
    assert effect.arrangements([np.zeros(4)] * 3) == factorial(12) // factorial(4) ** 3


def test_refusals() -> None:
    with pytest.raises(NotEstimableError, match="All values are equal in 'g1', 'g2'; Welch"):
        list(welch_anova(*columns([[1, 2], [3, 3], [5, 5, 5]])))
    with pytest.raises(NotEstimableError, match="'g1' has 1"):
        list(welch_anova(*columns([[1, 2], [3]])))
    with pytest.raises(NotEstimableError, match="nothing to rank"):
        list(kruskal_wallis(*columns([[1, 1], [1]])))
    for method in METHODS:
        with pytest.raises(NotEstimableError, match="has one"):
            list(method(*columns([[1, 2, 3]])))


def test_omega_squared_is_within_its_limits_and_agrees_with_p_at_twice_the_tail() -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        data = columns([[*rng.normal(shift, 1 + shift, 7)] for shift in (0, 0.4, 0.8)])
        test, share = welch_anova(*data, level=0.9)
        assert share.conf_low <= share.estimate <= share.conf_high < 1
        assert (share.conf_low > 0) == (test.p_value < 0.05)


def test_an_f_beyond_the_noncentral_distribution_has_a_note() -> None:
    share = list(welch_anova(*columns([[0, 1], [10**9, 10**9 + 1], [2 * 10**9, 2 * 10**9 + 1]])))[1]
    assert share.estimate > 0.999
    assert "too large" in share.note


def test_the_interval_of_epsilon_squared_holds_it() -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        share = list(kruskal_wallis(*columns(rng.integers(0, 4 + seed, (3, 6)).tolist())))[1]
        assert 0 <= share.conf_low <= share.estimate <= share.conf_high < 1
    share = list(kruskal_wallis(*columns([[1, 1, 1], [2, 2], [3, 3, 3]])))[1]
    assert share.estimate == pytest.approx(1)
    assert "Ranks do not vary" in share.note
