import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from mmstats.effects import noncentral_t
from mmstats.effects.noncentral_t import noncentrality_limits, small_sample_factor


def lower_tail(t_value: float, df: float, shift: float) -> float:
    """Average over the spread, which is another integral than the module's."""
    density = stats.chi(df, scale=1 / np.sqrt(df)).pdf
    found = quad(lambda s: stats.norm.cdf(t_value * s - shift) * density(s), 0, 8, epsabs=1e-13, limit=400)
    return float(found[0])


@pytest.mark.parametrize(("t_value", "df"), [(0.0, 4), (1.3, 2), (2.2, 58), (8.5, 9), (-3.1, 18), (45.0, 30)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_the_observed_t_is_a_tail_point_at_each_limit(t_value: float, df: float, level: float) -> None:
    low, high = noncentrality_limits(t_value, df, level)
    assert 1 - lower_tail(t_value, df, low) == pytest.approx((1 - level) / 2, rel=1e-7)
    assert lower_tail(t_value, df, high) == pytest.approx((1 - level) / 2, rel=1e-7)


@given(st.floats(-60, 60), st.integers(1, 200), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_zero_is_left_out_exactly_when_the_t_test_rejects(t_value: float, df: int, level: float) -> None:
    low, high = noncentrality_limits(t_value, df, level)
    p_value = 2 * stats.t.sf(abs(t_value), df)
    if abs(p_value - (1 - level)) > 1e-9:
        assert (p_value < 1 - level) == (not low <= 0 <= high)


def test_the_two_ways_of_computing_agree_where_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    by_series = noncentrality_limits(20.0, 7, 0.95)
    monkeypatch.setattr(noncentral_t, "LARGE", 10.0)
    assert noncentrality_limits(20.0, 7, 0.95) == pytest.approx(by_series, rel=1e-11)


def test_a_huge_t_still_has_limits() -> None:
    low, high = noncentrality_limits(1e12, 8, 0.95)
    chi = np.sqrt(stats.chi2.ppf([0.025, 0.975], 8) / 8)  # the normal deviate no longer matters
    assert (low, high) == pytest.approx(tuple(1e12 * chi), rel=1e-9)


def test_with_many_degrees_of_freedom_it_is_the_normal_interval() -> None:
    assert noncentrality_limits(1.0, 1e9, 0.95) == pytest.approx((1 - 1.959964, 1 + 1.959964), abs=1e-6)


def test_small_sample_factor_in_closed_form() -> None:
    assert small_sample_factor(2) == pytest.approx(1 / np.sqrt(np.pi))
    assert small_sample_factor(3) == pytest.approx(np.sqrt(np.pi / 6))
    assert small_sample_factor(1e6) == pytest.approx(1 - 3 / (4e6 - 1), rel=1e-9)
