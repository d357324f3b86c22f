"""Likelihood-ratio tests against lme4 and RLRsim, and their simulated distributions against known ones."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.mixed.exact_random_test import exact_random_test
from mmstats.mixed.likelihood_ratio import (
    RatioTest,
    SimulatedTest,
    likelihood_ratio_test,
    simulated_ratio_test,
)
from mmstats.mixed.linear import fit
from mmstats.mixed.random_tests import RandomTest, random_test, simulated_random_test
from tests.mixed.data import crossed, growth
from tests.mixed.test_linear import MODELS, nested
from tests.mixed.test_profile import CASES, fitted

RATIOS = [(case, ratio) for case in CASES for ratio in case["ratios"]]
INTERCEPTS = next(case for case in CASES if case["name"] == "intercepts")


@pytest.mark.parametrize(("case", "ratio"), RATIOS, ids=lambda one: one.get("formula"))
def test_agrees_with_lme4(case: dict[str, Any], ratio: dict[str, Any]) -> None:
    found = fitted(case, restricted=ratio["random"])
    if ratio["random"]:
        term = next(
            place for place, one in enumerate(found.data.random) if ratio["term"] in one.group.split(":")
        )
        names = found.data.random[term].names
        dropped = range(len(names)) if ratio["column"] is None else [names.index(ratio["column"])]
        test: RandomTest | RatioTest = random_test(found, term, dropped)
        assert isinstance(test, RandomTest)
        assert test.mixture in ((), (len(names) - 1, len(names)))
    else:
        contrasts = np.eye(len(found.data.names))[[found.data.names.index(one) for one in ratio["contrasts"]]]
        test = likelihood_ratio_test(found, contrasts)
        assert test.df == len(contrasts)
        assert test.p_value == pytest.approx(stats.chi2.sf(ratio["statistic"], len(contrasts)), rel=1e-6)
    assert test.statistic == pytest.approx(ratio["statistic"], abs=1e-6)


def test_the_exact_distribution_agrees_with_rlrsim() -> None:
    expected = INTERCEPTS["exact"]
    test = exact_random_test(fitted(INTERCEPTS), resamples=200_000, rng=np.random.default_rng(1))
    assert test.statistic == pytest.approx(expected["statistic"], abs=1e-7)
    assert test.p_value == pytest.approx(expected["p_value"], abs=4 * test.mcse)


def test_the_exact_distribution_is_that_of_refits_and_has_a_known_mass_at_zero() -> None:
    found = fitted(next(case for case in CASES if case["name"] == "singular"))
    exact = exact_random_test(found, resamples=40_000, rng=np.random.default_rng(2))
    refits = simulated_random_test(fit(found.model), 0, [0], resamples=20_000, rng=np.random.default_rng(3))
    # balanced: 0 where F is at most 1, of 6 and 21 degrees of freedom
    assert np.mean(exact.replicates < 1e-9) == pytest.approx(stats.f.cdf(1, 6, 21), abs=0.01)
    assert np.mean(refits.replicates < 1e-7) == pytest.approx(stats.f.cdf(1, 6, 21), abs=0.015)
    for level in (0.1, 0.05, 0.01):
        at = np.quantile(exact.replicates, 1 - level)
        assert np.mean(refits.replicates > at) == pytest.approx(level, abs=5 * np.sqrt(2 * level / 20_000))
    assert exact.statistic == 0
    assert exact.p_value == refits.p_value == 1


def test_the_only_variance_is_needed_for_the_exact_test() -> None:
    with pytest.raises(NotEstimableError, match="one random column"):
        exact_random_test(fit(crossed()), resamples=10, rng=np.random.default_rng(1))


def test_a_balanced_comparison_of_groups_has_its_f_distribution() -> None:
    """The statistic of a balanced between-group effect grows with F, where people differ enough."""
    found = fit(growth(people=10, seed=4, slope=0.0))
    contrast = np.array([[0.0, 1.0, 0.0]])
    test = simulated_ratio_test(found, contrast, resamples=4_000, rng=np.random.default_rng(5))
    asymptotic = likelihood_ratio_test(found, contrast)
    assert test.statistic == pytest.approx(asymptotic.statistic)
    # n log(1 + F / 8) of 10 people's means
    critical = 10 * np.log1p(stats.f.isf(0.05, 1, 8) / 8)
    assert np.mean(test.replicates > critical) == pytest.approx(0.05, abs=0.02)
    assert np.mean(test.replicates > stats.chi2.isf(0.05, 1)) > 0.055
    assert test.failed == 0


@pytest.mark.parametrize("name", MODELS)
def test_the_statistic_does_not_depend_on_the_coding(name: str) -> None:
    found = fit(MODELS[name])
    p = len(found.data.names)
    contrasts = np.eye(p)[1:]
    turned = np.random.default_rng(6).standard_normal((p - 1, p - 1)) @ contrasts
    one, two = likelihood_ratio_test(found, contrasts), likelihood_ratio_test(found, turned)
    assert two.statistic == pytest.approx(one.statistic, abs=1e-8)


def test_p_values_count_what_was_observed_and_what_failed() -> None:
    test = SimulatedTest(2.0, np.array([1.0, 2.0, 3.0, np.nan]))
    assert test.p_value == 4 / 5
    assert test.failed == 1
    assert test.mcse == pytest.approx(np.sqrt(0.8 * 0.2 / 5))


def test_mixtures() -> None:
    assert RandomTest(2.7055, (0, 1)).p_value == pytest.approx(0.05, abs=1e-5)
    assert RandomTest(5.1384, (1, 2)).p_value == pytest.approx(0.05, abs=1e-4)  # Stram and Lee
    assert RandomTest(0.0, (0, 1)).p_value == 1
    whole = random_test(fit(growth()), 0, [0, 1])
    assert np.isnan(whole.p_value)
    assert "simulate" in whole.note


def test_a_slope_that_does_not_vary_follows_the_mixture() -> None:
    found = fit(growth(people=60, seed=9, slope=0.0))
    test = simulated_random_test(found, 0, [1], resamples=2_000, rng=np.random.default_rng(7))
    at = stats.chi2.isf
    for level in (0.1, 0.05):
        low, high = at(level, 1), at(level, 2)
        critical = next(
            value for value in np.linspace(low, high, 2_000) if RandomTest(value, (1, 2)).p_value < level
        )
        assert np.mean(test.replicates > critical) == pytest.approx(level, abs=0.02)
    assert test.failed == 0


@pytest.mark.parametrize("term", [0, 1])
def test_terms_of_crossed_and_nested_models(term: int) -> None:
    for data in (crossed(), nested()):
        found = fit(data)
        dropped = range(found.data.random[term].size)
        test = simulated_random_test(found, term, dropped, resamples=99, rng=np.random.default_rng(8))
        assert test.failed == 0
        assert test.statistic == pytest.approx(random_test(found, term, dropped).statistic)
        assert 0.01 <= test.p_value <= 1
