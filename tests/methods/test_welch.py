from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import MmstatsError, NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.welch import welch


def two(reference: Sequence[float], comparison: Sequence[float]) -> tuple[pd.Series, pd.Series]:
    labels = ["HC"] * len(reference) + ["MS"] * len(comparison)
    group = pd.Series(pd.Categorical(labels, categories=["HC", "MS"]), name="group")
    return pd.Series([*reference, *comparison], dtype=float, name="outcome"), group


def estimates(reference: list[float], comparison: list[float], **options: Any) -> list[Estimate]:
    return list(welch(*two(reference, comparison), **options))


X, Y = [4.0, 7, 8, 6, 3, 2], [6.0, 8, 7, 10, 11, 9]


def test_two_constant_groups_have_a_difference_but_no_uncertainty() -> None:
    difference, g = estimates([1.0, 1, 1], [3.0, 3])
    assert difference.estimate == 2
    assert np.isnan([difference.conf_low, difference.p_value, g.estimate]).all()
    assert "constant" in difference.note
    assert "constant" in g.note


def test_a_group_of_one_is_refused_with_its_count() -> None:
    with pytest.raises(NotEstimableError, match=r"at least 2 values: 'MS' has 1\."):
        estimates([1.0, 2, 3], [3.0])


@given(st.integers(-20, 20), st.sampled_from([0.25, 1.0, 8.0]))
def test_a_shift_of_all_values_costs_no_digit(power: int, unit: float) -> None:
    offset = 2.0 ** (30 + power)
    near, far = estimates(X, Y), estimates(*(list(np.array(v) * unit + offset * unit) for v in (X, Y)))
    assert far[0].estimate == near[0].estimate * unit
    for a, b in zip(near, far, strict=True):
        assert b.conf_low == pytest.approx(a.conf_low * (unit if a is near[0] else 1), rel=1e-12)
    assert far[0].p_value == pytest.approx(near[0].p_value, rel=1e-12)


@pytest.mark.parametrize("interval", ["studentized-bootstrap", "bca-bootstrap", "percentile-bootstrap"])
class TestBootstrap:
    def test_says_how_much_was_drawn_and_how_sure_it_is(self, interval: str) -> None:
        found, g = estimates(X, Y, interval=interval, resamples=1_999, rng=np.random.default_rng(1))
        assert found.interval == interval
        assert found.resamples == 1_999
        assert 0 < found.mcse < 0.3
        assert np.isnan(found.df)
        assert g.resamples == 0

    def test_lies_near_the_welch_interval_for_well_behaved_data(self, interval: str) -> None:
        rng = np.random.default_rng(2)
        x, y = list(rng.normal(0, 1, 80)), list(rng.normal(0.3, 1, 80))
        plain = estimates(x, y)[0]
        found = estimates(x, y, interval=interval, rng=rng)[0]
        assert (found.conf_low, found.conf_high) == pytest.approx((plain.conf_low, plain.conf_high), abs=0.03)
        assert found.p_value == pytest.approx(plain.p_value, abs=0.02)

    def test_needs_a_generator(self, interval: str) -> None:
        with pytest.raises(MmstatsError, match="rng is None"):
            estimates(X, Y, interval=interval)
