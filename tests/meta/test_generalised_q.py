"""The distribution of weighted chi-squared sums, and the interval of tau squared that it gives."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.generalised_q import generalised_q
from mmstats.meta.heterogeneity_interval import q_profile
from mmstats.meta.pooling import Pooled, pool
from mmstats.meta.quadratic_form import tails


def hypoexponential(rates: list[float], value: float) -> float:
    """Return the upper tail of a sum of chi-squared pairs, which is one of exponential values."""
    total = 0.0
    for i, a in enumerate(rates):
        part = np.exp(-value / (2 * a))
        for j, b in enumerate(rates):
            if j != i:
                part *= a / (a - b)
        total += float(part)
    return total


@pytest.mark.parametrize("value", [1e-3, 0.1, 1.0, 5.0, 30.0, 300.0])
def test_pairs_have_a_closed_form(value: float) -> None:
    rates = [6.0, 3.0, 1.0]
    below, above = tails(np.repeat(rates, 2), value)
    expected = hypoexponential(rates, value)
    assert above == pytest.approx(expected, rel=1e-9)
    assert below == pytest.approx(1 - expected, rel=1e-9, abs=1e-13)


@given(st.integers(1, 12), st.floats(0.01, 60), st.floats(0.1, 1000))
def test_equal_weights_are_chi_squared(df: int, value: float, scale: float) -> None:
    for weights in (np.full(df, 1.0), np.full(df, 1.0) * (1 + 1e-9 * np.arange(df))):
        below, above = tails(scale * weights, scale * value)
        assert below == pytest.approx(stats.chi2.cdf(value, df), rel=1e-6, abs=1e-12)
        assert above == pytest.approx(stats.chi2.sf(value, df), rel=1e-6, abs=1e-12)


# Imhof (1961), Table 1: sums 0.6, 0.3, 0.1 of single chi-squared values
@pytest.mark.parametrize(("value", "above"), [(0.1, 0.9458), (0.7, 0.5064), (2.0, 0.1240)])
def test_imhof_table(value: float, above: float) -> None:
    assert tails(np.array([0.6, 0.3, 0.1]), value)[1] == pytest.approx(above, abs=5e-5)


@pytest.mark.parametrize("value", [0.5, 3.0, 9.0])
def test_two_weights_by_the_bessel_density(value: float) -> None:
    """The density of a sum of two is exp(-x (1/a + 1/b) / 4) I0(x (1/b - 1/a) / 4) / (2 sqrt(ab))."""
    a, b = 2.0, 0.7

    def density(x: float) -> float:
        tilt = x * (1 / b - 1 / a) / 4
        return float(np.exp(tilt - x * (1 / a + 1 / b) / 4) * special.i0e(tilt) / (2 * np.sqrt(a * b)))

    expected = integrate.quad(density, 0, value, epsabs=1e-13)[0]
    assert tails(np.array([a, b]), value)[0] == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.floats(1e-3, 100), min_size=1, max_size=15), st.floats(1e-3, 5))
def test_tails_rise_and_fall(weights: list[float], share: float) -> None:
    w = np.array(weights)
    value = share * w.sum()
    below, above = tails(w, value)
    assert 0 <= below <= 1
    assert below + above == pytest.approx(1, abs=1e-9)
    more = tails(w, 1.1 * value)
    assert more[0] >= below - 1e-9
    assert more[1] <= above + 1e-9


def cases(references: Path) -> list[Pooled]:
    found = []
    for name in ("bcg", "normand1999", "raudenbush1985"):
        reference = json.loads((references / "reference" / "meta" / f"{name}.json").read_text())
        found.append(pool(np.array(reference["yi"]), np.array(reference["vi"]), tau2="dl", test="z"))
    return found


def test_it_meets_q_profile_where_weights_do(references: Path) -> None:
    """At Q-profile's own limits its weights are 1 / (variance + tau squared): both are the same test."""
    for pooled in cases(references):
        for level in (0.8, 0.95):
            profile = q_profile(pooled, level)
            low = generalised_q(pooled, 1 / (pooled.variances + profile.low), level)
            high = generalised_q(pooled, 1 / (pooled.variances + profile.high), level)
            assert low.low == pytest.approx(profile.low, rel=1e-8)
            assert high.high == pytest.approx(profile.high, rel=1e-8)


def test_equal_variances_are_q_profile() -> None:
    pooled = pool(np.array([0.1, 0.9, 0.4, 1.3, -0.2]), np.full(5, 0.04), tau2="dl", test="z")
    found, expected = generalised_q(pooled), q_profile(pooled)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_order_sign_unit_weights_and_level(references: Path) -> None:
    for pooled in cases(references):
        found = generalised_q(pooled)
        y, v = pooled.effects, pooled.variances
        turned = generalised_q(pool(-y[::-1], v[::-1], tau2="dl", test="z"))
        larger = generalised_q(pool(10 * y, 100 * v, tau2="dl", test="z"))
        scaled = generalised_q(pooled, 7 / v)
        for other, factor in ((turned, 1), (larger, 100), (scaled, 1)):
            assert (other.low, other.high) == pytest.approx(
                (factor * found.low, factor * found.high), rel=1e-7
            )
        wider = generalised_q(pooled, level=0.99)
        assert wider.low < found.low
        assert found.high < wider.high


def test_exact_by_simulation() -> None:
    """Tau squared is below the lower limit in 1 of 40 meta-regressions, and above the upper one."""
    rng, tau2 = np.random.default_rng(4), 0.1
    variances = rng.uniform(0.02, 0.4, 7)
    design = np.column_stack([np.ones(7), np.arange(7.0)])
    low = high = 0
    for _ in range(150):
        effects = rng.normal(0.3 + 0.1 * np.arange(7), np.sqrt(variances + tau2))
        pooled = pool(effects, variances, design, ("intercept", "x"), tau2="dl", test="z")
        found = generalised_q(pooled, 1 / np.sqrt(variances), 0.9)
        low, high = low + (tau2 < found.low), high + (tau2 > found.high)
    for missed in (low, high):
        assert 0.0005 < stats.binom.cdf(missed, 150, 0.05) < 0.9995


def test_too_equal_effects() -> None:
    found = generalised_q(pool(np.array([0.5, 0.5001, 0.4999, 0.5]), np.full(4, 0.04), tau2="dl", test="z"))
    assert (found.low, found.high) == (0.0, 0.0)
    assert "no tau squared is in the interval but 0" in found.note


def test_weights_that_are_none() -> None:
    pooled = pool(np.array([0.1, 0.5, 0.4]), np.array([0.04, 0.02, 0.05]), tau2="dl", test="z")
    with pytest.raises(NotEstimableError) as error:
        generalised_q(pooled, np.array([1.0, -1.0, np.inf]))
    assert [text.split(":")[0] for text in error.value.problems] == ["Study 2", "Study 3"]
    with pytest.raises(NotEstimableError, match="2 weights for 3 studies"):
        generalised_q(pooled, np.ones(2))
