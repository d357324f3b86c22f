from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.paired_t import paired_t


def pair(comparison: list[float], reference: list[float], **options: Any) -> list[Estimate]:
    return list(paired_t(pd.Series(comparison, dtype=float), pd.Series(reference, dtype=float), **options))


def test_a_constant_difference_of_decimals_is_constant() -> None:
    difference, g = pair([0.3, 0.7, 1.1, 12.4], [0.2, 0.6, 1.0, 12.3])
    assert difference.estimate == 0.1
    assert difference.std_error == 0
    assert np.isnan([difference.conf_low, difference.p_value, g.estimate]).all()
    assert "equal" in difference.note
    assert "equal" in g.note


def test_two_pairs_have_a_t_test_but_no_unbiased_effect_size() -> None:
    difference, g = pair([3, 5], [1, 2])
    assert difference.p_value == pytest.approx(0.1256659, rel=1e-6)  # t = 5 on 1 degree: 2/pi * atan(1/5)
    assert np.isnan(g.estimate)
    assert g.note == "It needs 3 pairs."


@pytest.mark.parametrize("interval", ["abc", "studentized-bootstrap", "bca-bootstrap", "bayesian-bootstrap"])
def test_a_large_mean_costs_the_bootstrap_no_digits(interval: str) -> None:
    values, offset = np.array([1.25, -0.5, 0.75, 2.0, 1.5, 0.25, 3.0, 4.5]), 2.0**30
    near, far = (
        pair(list(values + by), [0.0] * 8, interval=interval, resamples=999, rng=np.random.default_rng(1))[0]
        for by in (0.0, offset)
    )
    assert far.conf_low - offset == pytest.approx(near.conf_low, abs=1e-6)
    assert far.conf_high - offset == pytest.approx(near.conf_high, abs=1e-6)


def test_one_pair_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="at least 2 pairs; there are 1"):
        pair([1], [2])


def test_exchanging_the_two_measurements_flips_every_sign() -> None:
    x, y = [3.0, 5, 2, 8, 4], [1.0, 4, 4, 3, 3]
    for a, b in zip(pair(x, y), pair(y, x), strict=True):
        assert (b.estimate, b.conf_low, b.conf_high) == pytest.approx(
            (-a.estimate, -a.conf_high, -a.conf_low)
        )


@pytest.mark.parametrize("interval", ["studentized-bootstrap", "bca-bootstrap", "percentile-bootstrap"])
def test_bootstrap_resamples_the_pairs(interval: str) -> None:
    rng = np.random.default_rng(3)
    reference = rng.normal(0, 50, 60)  # resampling the two columns apart would give limits far too wide
    found = pair(
        list(reference + rng.normal(1, 1, 60)),
        list(reference),
        interval=interval,
        rng=np.random.default_rng(1),
    )[0]
    plain = pair(list(reference + rng.normal(1, 1, 60)), list(reference))[0]
    assert found.conf_high - found.conf_low == pytest.approx(plain.conf_high - plain.conf_low, rel=0.3)
    assert found.resamples == 9_999
