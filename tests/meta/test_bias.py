"""Henmi-Copas, excess significance, fail-safe numbers, PET-PEESE: against metafor, and what holds."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.excess_significance import excess_significance
from mmstats.meta.fail_safe import orwin, rosenberg, rosenthal
from mmstats.meta.henmi_copas import beyond, henmi_copas
from mmstats.meta.pet_peese import pet_peese
from mmstats.meta.pooling import pool
from mmstats.meta.small_study import classical_test
from mmstats.meta.weighted import FloatArray

CASES = ("bcg", "normand1999", "raudenbush1985")
PRECISE = json.loads((Path(__file__).parent / "rare" / "rare.json").read_text())["hc"]


@pytest.fixture(params=CASES)
def case(
    request: pytest.FixtureRequest, references: Path
) -> tuple[str, FloatArray, FloatArray, dict[str, Any]]:
    path = references / "reference" / "meta" / f"{request.param}.json"
    reference = json.loads(path.read_text())
    return request.param, np.array(reference["yi"]), np.array(reference["vi"]), reference


def test_henmi_copas(case: tuple[str, FloatArray, FloatArray, dict[str, Any]]) -> None:
    name, effects, variances, reference = case
    found, expected = henmi_copas(effects, variances), reference["hc"]
    assert found.estimate == pytest.approx(expected["beta"], rel=1e-12)
    assert found.std_error == pytest.approx(expected["se"], rel=1e-12)
    # The reference's search for the limits ended at R's default, 1e-4 standard errors; rare.R ran it to its
    # end.
    limits = (found.conf_low, found.conf_high)
    assert limits == pytest.approx((expected["ci.lb"], expected["ci.ub"]), abs=2e-4 * found.std_error)
    precise = PRECISE[name]
    # its integral has an error of 1e-7
    assert limits == pytest.approx((precise["ci.lb"], precise["ci.ub"]), abs=1e-6 * found.std_error)


def test_henmi_copas_by_sign_order_unit_and_level(
    case: tuple[str, FloatArray, FloatArray, dict[str, Any]],
) -> None:
    _, effects, variances, _ = case
    found = henmi_copas(effects, variances)
    turned, larger = henmi_copas(-effects[::-1], variances[::-1]), henmi_copas(10 * effects, 100 * variances)
    assert (turned.conf_low, turned.conf_high) == pytest.approx((-found.conf_high, -found.conf_low), rel=1e-8)
    assert larger.conf_low == pytest.approx(10 * found.conf_low, rel=1e-8)
    assert henmi_copas(effects, variances, level=0.99).conf_low < found.conf_low


@pytest.mark.parametrize("tau2", [0.0, 0.05, 0.4])
def test_henmi_copas_distribution_by_simulation(tau2: float) -> None:
    rng, count = np.random.default_rng(7), 200_000
    weights = 1 / rng.uniform(0.02, 0.3, 8)
    total, second = weights.sum(), (weights**2).sum()
    effects = rng.normal(0, np.sqrt(1 / weights + tau2), (count, 8))
    mean = effects @ weights / total
    q = ((effects - mean[:, None]) ** 2) @ weights
    estimated = np.maximum((q - 7) / (total - second / total), 0)
    u = mean / np.sqrt((1 + estimated * second / total) / total)
    for limit in (1.0, 1.96, 3.0):
        expected = beyond(limit, weights, tau2)
        error = np.sqrt(expected * (1 - expected) / count)
        # the gamma distribution of Q is an approximation, to 2 in 1000
        assert float((u > limit).mean()) == pytest.approx(expected, abs=4 * error + 2e-3)


def test_excess_significance(case: tuple[str, FloatArray, FloatArray, dict[str, Any]]) -> None:
    _, effects, variances, reference = case
    expected = reference["tes"]
    found = excess_significance(pool(effects, variances))
    assert found.observed == expected["O"]
    # the reference's tau squared by REML is short of its maximum by 1e-6 to 1e-5
    assert (found.expected, found.ratio) == pytest.approx((expected["E"], expected["OEratio"]), rel=1e-5)
    np.testing.assert_allclose(found.power, expected["power"], rtol=2e-5)
    assert found.p_value == pytest.approx(expected["pval"], rel=1e-4)
    turned = excess_significance(pool(-effects[::-1], variances[::-1]))
    assert turned.p_value == pytest.approx(found.p_value, rel=1e-8)


def test_excess_significance_counts_all_ways() -> None:
    found = excess_significance(
        pool(np.array([0.6, 0.1, 0.7, 0.2]), np.array([0.04, 0.05, 0.1, 0.01]), tau2="dl")
    )
    total = 0.0
    for ways in itertools.product((0, 1), repeat=4):
        if sum(ways) >= found.observed:
            total += float(np.prod(np.where(ways, found.power, 1 - found.power)))
    assert found.p_value == pytest.approx(total, rel=1e-12)
    design = np.column_stack([np.ones(4), [0.0, 1, 3, 2]])
    regression = pool(np.arange(4.0), np.ones(4), design, ("intercept", "x"))
    with pytest.raises(NotEstimableError, match="not of a regression"):
        excess_significance(regression)


def test_power_without_heterogeneity_is_the_usual_one() -> None:
    pooled = pool(np.array([0.3, 0.3]), np.array([0.01, 0.04]), tau2="common", test="z")
    z = np.array([3.0, 1.5])
    usual = stats.norm.sf(1.959963984540054 - z) + stats.norm.cdf(-1.959963984540054 - z)
    np.testing.assert_allclose(excess_significance(pooled).power, usual, rtol=1e-12)


def test_fail_safe_numbers(case: tuple[str, FloatArray, FloatArray, dict[str, Any]]) -> None:
    _, effects, variances, reference = case
    for name, function in (("Rosenthal", rosenthal), ("Orwin", orwin), ("Rosenberg", rosenberg)):
        found, expected = function(effects, variances), reference["fsn"][name]
        assert found.studies == expected["fsnum"]
        if expected["pval"] is not None:
            assert found.p_value == pytest.approx(expected["pval"], rel=1e-10)
        assert function(-effects[::-1], variances[::-1]).studies == found.studies


def test_fail_safe_numbers_are_the_first_enough(
    case: tuple[str, FloatArray, FloatArray, dict[str, Any]],
) -> None:
    """With as many more studies the p is above alpha; with one fewer it is not."""
    _, effects, variances, _ = case
    z = effects / np.sqrt(variances)
    count = rosenthal(effects, variances).studies
    p = [stats.norm.sf(abs(z.sum()) / np.sqrt(len(z) + n)) for n in (count - 1, count)]
    assert p[0] < 0.05 <= p[1]
    weights = 1 / variances
    count = rosenberg(effects, variances).studies
    if count:
        p = [
            2 * stats.norm.sf(abs(weights @ effects) / np.sqrt(weights.sum() + n * weights.mean()))
            for n in (count - 1, count)
        ]
        assert p[0] < 0.05 <= p[1]


def test_bad_studies_are_named() -> None:
    effects, variances = np.array([0.1, np.nan, 0.3]), np.array([0.1, 0.1, -1.0])
    for function in (rosenthal, orwin, rosenberg, henmi_copas, pet_peese):
        with pytest.raises(NotEstimableError) as error:
            function(effects, variances)
        assert [text.split(":")[0] for text in error.value.problems] == ["Study 2", "Study 3"]


def test_orwin_needs_a_target_on_its_side() -> None:
    effects, variances = np.array([0.4, 0.6]), np.array([0.1, 0.1])
    assert orwin(effects, variances, 0.1).studies == 8
    assert orwin(effects, variances, 0.9).studies == 0
    with pytest.raises(NotEstimableError, match="side of the common effect"):
        orwin(effects, variances, -0.1)


def test_pet_peese_takes_peese_where_pet_finds_an_effect() -> None:
    errors = np.array([0.4, 0.3, 0.2, 0.15, 0.1, 0.08])
    noise = np.array([0.02, -0.05, 0.03, -0.02, 0.01, 0.0])
    some, none = 0.8 + noise, 1.5 * errors + noise
    found = pet_peese(some, errors**2)
    assert found.chosen == "peese"
    assert found.regression == classical_test(some, errors**2, predictor="variance")
    found = pet_peese(none, errors**2)
    assert found.chosen == "pet"
    assert found.regression == classical_test(none, errors**2, predictor="std-error")
    turned = pet_peese(-none[::-1], errors[::-1] ** 2)
    assert turned.regression.limit == pytest.approx(-found.regression.limit, rel=1e-10)
    assert turned.p_value == pytest.approx(found.p_value, rel=1e-10)


def test_pet_is_a_weighted_regression() -> None:
    """The limit and its t are those of least squares with weights 1 / variance."""
    effects, errors = np.array([0.9, 0.7, 0.5, 0.45, 0.3]), np.array([0.4, 0.3, 0.2, 0.15, 0.1])
    x = np.column_stack([np.ones(5), errors]) / errors[:, None]
    y = effects / errors
    beta, rest, *_ = np.linalg.lstsq(x, y, rcond=None)
    spread = np.linalg.inv(x.T @ x) * rest[0] / 3
    found = pet_peese(effects, errors**2)
    assert found.pet.limit == pytest.approx(beta[0], rel=1e-10)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(beta[0]) / np.sqrt(spread[0, 0]), 3), rel=1e-9)
