"""What holds of all poolings of counts."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from scipy.special import expit

from mmstats.errors import NotEstimableError
from mmstats.meta.rare.common import Common
from mmstats.meta.rare.homogeneity import breslow_day, expected_events, tarone
from mmstats.meta.rare.hypergeometric import Hypergeometric
from mmstats.meta.rare.mantel_haenszel import (
    cochran_mantel_haenszel,
    odds_ratio,
    rate_difference,
    rate_ratio,
    risk_difference,
    risk_ratio,
)
from mmstats.meta.rare.one_group import pool_proportions, pool_rates
from mmstats.meta.rare.peto import peto, peto_heterogeneity
from mmstats.meta.rare.tables import Tables, counts, rates, shares, tables
from mmstats.meta.rare.two_groups import Model, pool_odds_ratios

MODELS: tuple[Model, ...] = ("fixed-studies", "random-studies", "conditional", "conditional-approximate")
COMMON: tuple[Callable[[Tables], Common], ...] = (odds_ratio, risk_ratio, risk_difference, peto)
TABLES = tables([3, 0, 5, 1, 8, 2], [40, 31, 60, 22, 75, 38], [6, 2, 12, 1, 9, 7], [42, 30, 58, 25, 70, 36])


def exchanged(t: Tables) -> Tables:
    return Tables(t.c, t.n2, t.a, t.n1)


def moved(t: Tables) -> Tables:
    order = np.random.default_rng(2).permutation(len(t.a))
    return Tables(t.a[order], t.n1[order], t.c[order], t.n2[order])


@pytest.mark.parametrize("model", MODELS)
def test_models_by_group_and_order(model: Model) -> None:
    found = pool_odds_ratios(TABLES, model=model)
    other, same = (
        pool_odds_ratios(exchanged(TABLES), model=model),
        pool_odds_ratios(moved(TABLES), model=model),
    )
    assert (other.estimate, same.estimate) == pytest.approx((-found.estimate, found.estimate), rel=1e-7)
    for one in (other, same):
        assert one.tau2 == pytest.approx(found.tau2, rel=1e-5, abs=1e-9)
        assert one.std_error == pytest.approx(found.std_error, rel=1e-6)
        assert one.homogeneity.statistic == pytest.approx(found.homogeneity.statistic, rel=1e-7)
    low, high = found.profile_interval()
    assert other.profile_interval() == pytest.approx((-high, -low), rel=1e-5)
    wider = found.interval(0.99)
    assert wider[0] < found.interval()[0] < found.estimate < found.interval()[1] < wider[1]
    wide = found.profile_interval(0.99)
    assert wide[0] < low < found.estimate < high < wide[1]
    assert found.tau2_interval().low <= found.tau2 <= found.tau2_interval().high


@pytest.mark.parametrize("function", COMMON)
def test_common_effects_by_group_and_order(function: Callable[[Tables], Common]) -> None:
    found, other, same = (function(t) for t in (TABLES, exchanged(TABLES), moved(TABLES)))
    assert (other.estimate, same.estimate) == pytest.approx((-found.estimate, found.estimate), rel=1e-12)
    assert (other.std_error, same.std_error) == pytest.approx((found.std_error,) * 2, rel=1e-12)
    assert found.interval(0.99)[0] < found.interval()[0] < found.interval()[1] < found.interval(0.99)[1]


def test_one_study_is_its_own() -> None:
    one = tables([4], [123], [11], [139])
    a, b, c, d = 4, 119, 11, 128
    found = odds_ratio(one)
    assert found.estimate == pytest.approx(np.log(a * d / (b * c)), rel=1e-13)
    assert found.std_error == pytest.approx(np.sqrt(1 / a + 1 / b + 1 / c + 1 / d), rel=1e-13)
    found = risk_ratio(one)
    assert found.estimate == pytest.approx(np.log(4 / 123 / (11 / 139)), rel=1e-13)
    assert found.std_error == pytest.approx(np.sqrt(1 / 4 - 1 / 123 + 1 / 11 - 1 / 139), rel=1e-13)
    p, q = 4 / 123, 11 / 139
    found = risk_difference(one, "greenland-robins")
    assert found.estimate == pytest.approx(p - q, rel=1e-13)
    assert found.std_error == pytest.approx(np.sqrt(p * (1 - p) / 123 + q * (1 - q) / 139), rel=1e-13)
    r = rates([4], [10.0], [9], [8.0])
    assert rate_ratio(r).estimate == pytest.approx(np.log(0.4 / (9 / 8)), rel=1e-13)
    assert rate_ratio(r).std_error == pytest.approx(np.sqrt(1 / 4 + 1 / 9), rel=1e-13)
    assert rate_difference(r).estimate == pytest.approx(0.4 - 9 / 8, rel=1e-13)
    assert rate_difference(r).std_error == pytest.approx(np.sqrt(4 / 100 + 9 / 64), rel=1e-13)


def test_a_table_without_events_changes_no_odds_ratio() -> None:
    a, n1, c, n2 = (np.append(column, extra) for column, extra in zip(
        (TABLES.a, TABLES.n1, TABLES.c, TABLES.n2), (0, 12, 0, 15), strict=True
    ))  # fmt: skip
    more = tables(a, n1, c, n2)
    for function in (
        odds_ratio,
        risk_ratio,
        peto,
        cochran_mantel_haenszel,
        breslow_day,
        tarone,
        peto_heterogeneity,
    ):
        assert function(more) == function(TABLES)
    for model in ("fixed-studies", "conditional", "conditional-approximate"):
        found = pool_odds_ratios(more, model=model)
        assert found.estimate == pytest.approx(pool_odds_ratios(TABLES, model=model).estimate, rel=1e-9)
        assert found.left_out == (7,)
        assert "Study 7 has only people with" in found.note
    assert pool_odds_ratios(more, model="random-studies").left_out == ()


def test_equal_odds_ratios_are_homogeneous() -> None:
    given = tables([10, 20], [30, 60], [10, 20], [50, 100])
    assert breslow_day(given).statistic == pytest.approx(0, abs=1e-20)
    assert tarone(given).statistic == pytest.approx(0, abs=1e-20)
    found = pool_odds_ratios(given)
    assert found.tau2 == 0
    assert "estimated as 0" in found.note
    assert np.isnan(found.tau2_std_error)


@given(st.integers(1, 50), st.integers(1, 50), st.data(), st.floats(0.02, 50))
def test_expected_events_have_the_ratio(n1: int, n2: int, data: st.DataObject, ratio: float) -> None:
    events = data.draw(st.integers(1, n1 + n2 - 1))
    a = max(0, events - n2)
    t = tables([a], [n1], [events - a], [n2])
    found = float(expected_events(t, ratio)[0])
    left = found * (n2 - events + found)
    assert left == pytest.approx(ratio * (n1 - found) * (events - found), rel=1e-6, abs=1e-7)


def test_hypergeometric_density() -> None:
    family = Hypergeometric(TABLES)
    central = family.density(np.zeros((1, 6))).value
    expected = stats.hypergeom.logpmf(TABLES.a, TABLES.n, TABLES.n1, TABLES.a + TABLES.c)
    np.testing.assert_allclose(central, expected, rtol=1e-10)
    x = np.array([[0.3, -1.2, 2.0, 0.0, -0.4, 1.0]])
    expected = stats.nchypergeom_fisher.logpmf(
        TABLES.a, TABLES.n, TABLES.n1, TABLES.a + TABLES.c, np.exp(x[0])
    )
    found = family.density(x)
    np.testing.assert_allclose(found.value, expected, rtol=1e-9)
    step = 1e-4
    up, down = family.density(x + step), family.density(x - step)
    np.testing.assert_allclose(found.slope[0], (up.value - down.value) / (2 * step), rtol=1e-6)
    np.testing.assert_allclose(found.bend[0, 0], (up.slope[0] - down.slope[0]) / (2 * step), rtol=1e-6)
    np.testing.assert_allclose(found.twist[0], (up.bend - down.bend)[0, 0] / (2 * step), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(
        family.information_slope(x, np.ones((1, 1, 6)))[0], -found.twist[0], rtol=1e-12
    )
    drawn = np.array([family.simulated(x, np.random.default_rng(seed)) for seed in range(4000)])
    mean = family.cumulants(x[0])[1]
    error = np.sqrt(-found.bend[0, 0] / 4000)
    assert (np.abs(drawn.mean(axis=0) - mean) < 4 * error).all()


def test_conditional_likelihood_by_integration() -> None:
    found = pool_odds_ratios(TABLES, points=40)
    family = Hypergeometric(TABLES)
    mean, tau = 0.4, 0.7
    value = found.fit.marginal(np.array([mean, tau]))[0]
    total = 0.0
    for i in range(6):

        def inside(u: float, i: int = i) -> float:
            logs = family.density(np.full((1, 6), mean + tau * u)).value[i]
            return float(np.exp(logs) * stats.norm.pdf(u))

        total += np.log(integrate.quad(inside, -12, 12, epsabs=1e-13)[0])
    assert value == pytest.approx(total, abs=1e-9)


def test_binomial_normal_by_integration() -> None:
    x, n = [0, 3, 10, 2], [12, 20, 25, 9]
    found = pool_proportions(x, n, points=40)
    mean, tau = found.estimate, np.sqrt(found.tau2)
    total = 0.0
    for one, of in zip(x, n, strict=True):

        def inside(u: float, one: int = one, of: int = of) -> float:
            return float(stats.binom.pmf(one, of, expit(mean + tau * u)) * stats.norm.pdf(u))

        total += np.log(integrate.quad(inside, -12, 12, epsabs=1e-13)[0])
    assert found.log_likelihood == pytest.approx(total, abs=1e-8)


def test_proportions_by_event_and_unit() -> None:
    x, n = np.array([1, 0, 7, 3, 2]), np.array([20, 11, 30, 41, 9])
    found, other = pool_proportions(x, n), pool_proportions(n - x, n)
    assert other.estimate == pytest.approx(-found.estimate, rel=1e-7)
    assert other.tau2 == pytest.approx(found.tau2, rel=1e-6)
    low, high = found.profile_interval()
    assert other.profile_interval() == pytest.approx((-high, -low), rel=1e-5)
    per_year, per_month = pool_rates(x, n), pool_rates(x, 12 * n)
    assert per_month.estimate == pytest.approx(per_year.estimate - np.log(12), rel=1e-8)
    assert per_month.tau2 == pytest.approx(per_year.tau2, rel=1e-6)
    assert per_month.std_error == pytest.approx(per_year.std_error, rel=1e-6)


def test_without_heterogeneity_it_is_the_whole_proportion() -> None:
    found = pool_proportions([5, 10, 15], [50, 100, 150])
    assert found.tau2 == 0
    assert expit(found.estimate) == pytest.approx(0.1, rel=1e-6)
    assert found.homogeneity.statistic == pytest.approx(0, abs=1e-9)
    assert found.tau2_interval().low == 0
    assert found.i2 == 0


@pytest.mark.parametrize("model", MODELS)
def test_all_events_in_one_group_are_not_estimable(model: Model) -> None:
    given = tables([0, 0, 0], [20, 30, 25], [3, 1, 4], [21, 29, 26])
    for one, word in ((given, "few"), (exchanged(given), "many")):
        with pytest.raises(NotEstimableError, match=f"as {word} of the events"):
            pool_odds_ratios(one, model=model)
        with pytest.raises(NotEstimableError, match="no finite value"):
            odds_ratio(one)
    with pytest.raises(NotEstimableError, match="no finite value"):
        risk_ratio(given)
    assert np.isfinite(peto(given).estimate)


def test_too_little() -> None:
    nothing = tables([0, 0], [20, 30], [0, 0], [21, 29])
    for function in (odds_ratio, risk_ratio, risk_difference, peto, cochran_mantel_haenszel):
        with pytest.raises(NotEstimableError):
            function(nothing)
    with pytest.raises(NotEstimableError, match="needs two at least"):
        pool_odds_ratios(nothing)
    with pytest.raises(NotEstimableError, match="Nobody has the event"):
        pool_proportions([0, 0], [10, 12])
    with pytest.raises(NotEstimableError, match="Everybody has the event"):
        pool_proportions([10, 12], [10, 12])
    with pytest.raises(NotEstimableError, match="needs two at least"):
        pool_proportions([3], [12])
    with pytest.raises(NotEstimableError, match="No study has an event"):
        pool_rates([0, 0], [1.0, 2.0])
    with pytest.raises(NotEstimableError, match="to differ takes two"):
        breslow_day(tables([1, 0], [10, 10], [2, 0], [10, 10]))


def test_all_bad_counts_are_named() -> None:
    with pytest.raises(NotEstimableError) as error:
        tables([5, 1.5, -1, 2], [4, 10, 10, 0], [1, 1, 1, np.nan], [10, 10, 10, 10])
    problems = error.value.problems
    assert [text.split(":")[0] for text in problems] == [
        "Study 1",
        "Study 2",
        "Study 3",
        "Study 4",
        "Study 4",
    ]
    assert "5 events among 4 people" in problems[0]
    with pytest.raises(NotEstimableError, match="Study 2: the group has a time of 0"):
        counts([1, 2], [3.0, 0.0])
    with pytest.raises(NotEstimableError, match="have 2, 3 studies"):
        shares([1, 2], [3, 4, 5])
    with pytest.raises(NotEstimableError, match="There are no studies"):
        shares([], [])
    with pytest.raises(NotEstimableError, match=r"Study 1: the reference group has 0\.5 events"):
        rates([1], [2.0], [0.5], [2.0])


def test_profile_sees_heterogeneity_further_out() -> None:
    """At the maximum tau is 0, at the limits it is not: a search that stayed at 0 finds them too near."""
    found = pool_odds_ratios(TABLES, model="fixed-studies")
    assert found.tau2 == 0
    low, high = found.profile_interval()
    critical = float(stats.chi2.isf(0.05, 1))
    p = len(found.fit.model.names)
    for end in (low, high):

        def deviance(free: np.ndarray, end: float = end) -> float:
            return -2 * found.fit.marginal(np.concatenate([[end], free]))[0]

        start = np.concatenate([found.fit.parameters[1:p], [0.5]])
        lowest = optimize.minimize(deviance, start, method="BFGS", options={"gtol": 1e-7}).fun
        assert lowest + 2 * found.log_likelihood == pytest.approx(critical, abs=1e-5)


def test_peto_of_one_study_has_no_heterogeneity() -> None:
    with pytest.raises(NotEstimableError, match="to differ takes two"):
        peto_heterogeneity(tables([1, 0], [10, 10], [2, 0], [10, 10]))


@pytest.mark.parametrize("model", MODELS)
def test_all_or_none_says_nothing_of_heterogeneity(model: Model) -> None:
    with pytest.raises(NotEstimableError, match="nothing tells how much studies differ"):
        pool_odds_ratios(tables([1, 0, 1], [10, 12, 15], [0, 1, 0], [11, 12, 14]), model=model)
    with pytest.raises(NotEstimableError, match="nothing tells how much studies differ"):
        pool_proportions([0, 5, 3], [4, 5, 3])


def test_differences_without_end_are_said() -> None:
    found = pool_proportions([0, 60, 1, 60], [60, 60, 60, 60])
    assert "do not rely on tau squared" in found.note
    assert "do not rely" not in pool_proportions([10, 20, 15], [60, 60, 60]).note
