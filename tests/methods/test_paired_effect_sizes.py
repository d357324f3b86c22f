from math import isnan

import numpy as np
import pandas as pd
import pytest

from mmstats.estimate import Estimate
from mmstats.methods.paired_effect_sizes import paired_effect_sizes
from mmstats.methods.paired_t import paired_t


def sizes(x: list[float], y: list[float], level: float = 0.95) -> dict[str, Estimate]:
    found = paired_effect_sizes(
        pd.Series(x, dtype=float), pd.Series(y, dtype=float), level=level, interval="normal-theory"
    )
    return {e.quantity.name: e for e in found}


@pytest.mark.parametrize("seed", range(30))
def test_intervals_by_noncentrality_leave_out_zero_when_the_t_test_rejects(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0.7, 2, 12), rng.normal(0, 1, 12)
    p_value = next(paired_t(pd.Series(x), pd.Series(y))).p_value
    found = sizes(list(x), list(y))
    for name in ("hedges_g_z", "hedges_g_av", "hedges_g_rm"):
        assert (p_value < 0.05) == (not found[name].conf_low <= 0 <= found[name].conf_high)


def test_equal_spreads_make_av_and_rm_the_same_but_for_their_corrections() -> None:
    x, y = [5.0, 6, 7, 9, 8, 7], [3.0, 1, 2, 3, 4, 5]
    y = list((np.array(y) - np.mean(y)) * np.std(x) / np.std(y))
    found = sizes(x, y)
    av, rm = found["hedges_g_av"], found["hedges_g_rm"]
    assert (av.conf_low, av.conf_high) == pytest.approx((rm.conf_low, rm.conf_high))


def test_exchange_reflects_all_but_the_reference() -> None:
    x, y = [5.0, 6, 7, 9, 8, 7], [3.0, 1, 2, 3, 4, 5]
    here, there = sizes(x, y), sizes(y, x)
    for name in ("hedges_g_z", "hedges_g_av", "hedges_g_rm"):
        assert there[name].estimate == pytest.approx(-here[name].estimate)
        assert there[name].conf_low == pytest.approx(-here[name].conf_high)


def test_what_cannot_be_standardized_says_why() -> None:
    constant = sizes([5, 5, 5, 5], [3, 1, 2, 4])
    assert "no correlation" in constant["hedges_g_rm"].note
    assert not isnan(constant["hedges_g_reference"].estimate)
    assert "reference is constant" in sizes([3, 1, 2, 4], [5, 5, 5, 5])["hedges_g_reference"].note
    assert all("differences are equal" in e.note for e in sizes([2, 3, 5, 4], [1, 2, 4, 3]).values())
    assert "perfectly correlated" in sizes([2, 4, 6, 8], [1, 2, 3, 4])["hedges_g_rm"].note
    assert all("3 pairs" in e.note for e in sizes([1, 2], [4, 3]).values())
