"""Limits against R's boot, given boot's own replicates, and against closed forms."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mmstats.resampling.intervals import Limits, quantile, quantile_std_error, share_below

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
        below = float(np.mean(values < case["estimate"]))  # boot counts no ties; ours count half
        skewness = np.sum(influence**3) / (6 * np.sum(influence**2) ** 1.5)
        limits = Limits(values, below, float(skewness), corrected=True).at(1 - case["level"])
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
    assert share_below(values, 2.0) == pytest.approx(2.5 / 6)
    assert share_below(-values, -2.0) == pytest.approx(1 - 2.5 / 6)


def test_without_bias_and_acceleration_bca_is_percentile() -> None:
    values = np.random.default_rng(2).normal(size=999)
    assert Limits(values, 0.5, 0.0, corrected=True).at(0.05) == pytest.approx(Limits(values).at(0.05))


def test_past_the_pole_of_the_transformation_bca_has_no_limit() -> None:
    assert Limits(np.arange(999.0), 0.6, 0.6, corrected=True).at(0.05)[1] == np.inf


@given(
    null=st.floats(-3.5, 3.5),
    share=st.floats(0.3, 0.7),
    acceleration=st.floats(-0.2, 0.2),
    level=st.floats(0.5, 0.97),
)
def test_p_falls_below_alpha_exactly_when_the_interval_leaves_the_null_out(
    null: float, share: float, acceleration: float, level: float
) -> None:
    limits = Limits(np.random.default_rng(4).normal(size=999), share, acceleration, corrected=True)
    low, high = limits.at(1 - level)
    p_value = limits.p_value(null)
    if abs(p_value - (1 - level)) > 1e-9:
        assert (p_value < 1 - level) == (not low <= null <= high)


def test_p_of_a_null_beyond_all_replicates_is_the_least_they_can_show() -> None:
    assert Limits(np.arange(999.0)).p_value(-1) == pytest.approx(2 / 1000)


def test_std_error_of_a_quantile_is_what_repetition_shows() -> None:
    rng, count, probability = np.random.default_rng(6), 999, 0.025
    draws = np.sort(rng.normal(size=(400, count)), axis=1)
    observed = np.std([quantile(row, probability) for row in draws])
    spread = np.sqrt(probability * (1 - probability))
    theory = spread / np.sqrt(count) / stats.norm.pdf(stats.norm.ppf(probability))
    claimed = np.mean([quantile_std_error(row, probability, spread) for row in draws])
    assert observed == pytest.approx(theory, rel=0.15)
    assert claimed == pytest.approx(theory, rel=0.05)


def test_std_error_of_bca_limits_includes_that_of_the_bias() -> None:
    rng, ends, claimed, without = np.random.default_rng(7), [], [], []
    for values in rng.normal(size=(400, 4_999)):
        share = share_below(values, 0.2)
        ends.append(Limits(values, share, 0.05, corrected=True).at(0.1)[1])
        claimed.append(Limits(values, share, 0.05, corrected=True).std_error(0.1))
        without.append(Limits(values, share, 0.05).std_error(0.1))
    assert np.mean(claimed) == pytest.approx(np.std(ends), rel=0.1)
    assert np.mean(without) < 0.9 * np.std(ends)
