"""Limits against R's boot, given boot's own replicates, and against closed forms."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mmstats.effects.replicate_quantile import quantile, quantile_std_error
from mmstats.resampling.intervals import Limits, bias_of, share_up_to
from mmstats.resampling.places import Accelerated, Calibrated, Expanded, Percentile, Places

PATH = Path(__file__).parents[1] / "reference" / "bootstrap_limits.json"
CASES = [c for c in json.loads(PATH.read_text(encoding="utf-8"))["cases"] if "replicates" in c]


def test_the_reference_holds_what_it_should() -> None:
    assert [len(case["replicates"]) for case in CASES] == [999, 499]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
class TestAgainstBoot:
    def test_percentile(self, case: dict[str, Any]) -> None:
        limits = Limits(np.array(case["replicates"])).at(1 - case["level"])
        assert limits == pytest.approx(case["percentile"], rel=1e-12)

    def test_bca(self, case: dict[str, Any]) -> None:
        values, influence = np.array(case["replicates"]), np.array(case["influence"])
        bias = float(stats.norm.ppf(np.mean(values < case["estimate"])))  # boot counts no ties; ours half
        skewness = np.sum(influence**3) / (6 * np.sum(influence**2) ** 1.5)
        limits = Limits(values, Accelerated(bias, float(skewness))).at(1 - case["level"])
        assert limits == pytest.approx(case["bca"], rel=1e-12)

    def test_studentized(self, case: dict[str, Any]) -> None:
        t_values = (np.array(case["replicates"]) - case["estimate"]) / np.array(case["std_errors"])
        limits = Limits(case["estimate"] - case["std_error"] * t_values).at(1 - case["level"])
        assert limits == pytest.approx(case["studentized"], rel=1e-12)


def test_whole_ranks_are_read_without_interpolation() -> None:
    ordered = np.random.default_rng(1).normal(size=9_999)
    ordered.sort()
    assert quantile(ordered, 0.025) == ordered[249]
    assert quantile(ordered, 0.975) == ordered[9_749]


def test_beyond_the_last_replicate_there_is_no_limit() -> None:
    ordered = np.arange(39.0)
    assert (quantile(ordered, 0.025), quantile(ordered, 0.975)) == (0, 38)
    assert (quantile(ordered, 0.0249), quantile(ordered, 0.9751)) == (-np.inf, np.inf)


def test_undefined_replicates_widen_at_both_ends() -> None:
    values = np.arange(1.0, 1000.0)
    plain = Limits(values).at(0.1)
    undefined = Limits(np.where(np.isin(values, [400, 500, 600]), np.nan, values)).at(0.1)
    assert plain == (50, 950)
    assert undefined == (47, 953)
    assert Limits(np.where(values < 60, np.nan, values)).at(0.1) == (-np.inf, np.inf)


def test_ties_with_the_estimate_count_half_so_that_signs_may_flip() -> None:
    values = np.array([1.0, 2, 2, 2 + 1e-15, 3, 4])
    assert stats.norm.cdf(bias_of(values, 2.0)) == pytest.approx(2.5 / 6)
    assert bias_of(-values, -2.0) == -bias_of(values, 2.0)


def test_without_bias_and_acceleration_bca_is_percentile() -> None:
    values = np.random.default_rng(2).normal(size=999)
    assert Limits(values, Accelerated(0.0, 0.0)).at(0.05) == pytest.approx(Limits(values).at(0.05))


def test_past_the_pole_of_the_transformation_bca_has_no_limit() -> None:
    assert Limits(np.arange(999.0), Accelerated(0.25, 0.6)).at(0.05)[1] == np.inf


def test_expanded_percentiles_of_normal_replicates_are_the_t_interval() -> None:
    size, replicates = 12, stats.norm.ppf(np.arange(1, 10_000) / 10_000) * np.sqrt(11 / 12)
    low, high = Limits(replicates, Expanded(size)).at(0.05)
    assert (low, high) == pytest.approx((stats.t.ppf(0.025, 11), stats.t.ppf(0.975, 11)), rel=1e-4)


PLACES = {
    "percentile": Percentile(),
    "expanded": Expanded(9),
    "bca": Accelerated(0.3, 0.1),
    "bca, negative": Accelerated(-0.2, -0.15),
    "calibrated": Calibrated(np.random.default_rng(8).beta(0.8, 0.9, 999)),
}


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
@given(null=st.floats(-3.5, 3.5), level=st.floats(0.5, 0.97))
def test_p_falls_below_alpha_exactly_when_the_interval_leaves_the_null_out(
    places: Places, null: float, level: float
) -> None:
    limits = Limits(np.random.default_rng(4).normal(size=999), places)
    low, high = limits.at(1 - level)
    p_value = limits.p_value(null)
    if abs(p_value - (1 - level)) > 1e-9:
        assert (p_value < 1 - level) == (not low <= null <= high)


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
def test_a_change_of_sign_mirrors_limits_to_the_last_bit(places: Places) -> None:
    values = np.random.default_rng(5).normal(size=999)
    values[[3, 77]] = np.nan
    low, high = Limits(values, places).at(0.07)
    assert Limits(-values, places.mirrored()).at(0.07) == (-high, -low)


def test_p_of_a_null_beyond_all_replicates_is_the_least_they_can_show() -> None:
    assert Limits(np.arange(999.0)).p_value(-1) == pytest.approx(2 / 1000)


def test_std_error_of_a_quantile_is_what_repetition_shows() -> None:
    rng, count, probability = np.random.default_rng(6), 999, 0.025
    draws = np.sort(rng.normal(size=(400, count)), axis=1)
    observed = np.std([quantile(row, probability) for row in draws])
    spread = np.sqrt(probability * (1 - probability) / count)
    theory = spread / stats.norm.pdf(stats.norm.ppf(probability))
    claimed = np.mean([quantile_std_error(row, probability, spread) for row in draws])
    assert observed == pytest.approx(theory, rel=0.15)
    assert claimed == pytest.approx(theory, rel=0.05)


def test_std_error_of_bca_limits_includes_that_of_the_bias() -> None:
    rng, ends, claimed, without = np.random.default_rng(7), [], [], []
    for values in rng.normal(size=(400, 4_999)):
        places = Accelerated(bias_of(values, 0.2), 0.05)
        ends.append(Limits(values, places).at(0.1)[1])
        claimed.append(Limits(values, places).std_error(0.1))
        without.append(
            quantile_std_error(-np.sort(-values), places.at(0.95), Percentile().error(places.at(0.95), 4_999))
        )
    assert np.mean(claimed) == pytest.approx(np.std(ends), rel=0.1)
    assert np.mean(without) < 0.9 * np.std(ends)


@given(value=st.floats(-5, 45))
def test_the_share_up_to_a_value_is_read_back_as_that_value(value: float) -> None:
    ordered = np.arange(1.0, 40.0)
    share = share_up_to(ordered, value)
    if 1 <= value <= 39:
        assert quantile(ordered, share) == pytest.approx(value)
    else:
        assert share in (1 / 40, 39 / 40)
