from math import inf
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.wilcoxon_signed_rank import wilcoxon_signed_rank


def pair(comparison: list[float], reference: list[float], **options: Any) -> list[Estimate]:
    columns = (pd.Series(v, dtype=float) for v in (comparison, reference))
    return list(wilcoxon_signed_rank(*columns, **options))


@given(
    st.lists(st.integers(-4, 6), min_size=1, max_size=14).map(lambda v: [float(x) for x in v]),
    st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]),
)
def test_interval_agrees_with_p_whatever_the_ties_and_zeros(differences: list[float], level: float) -> None:
    centre, _ = pair(differences, [0.0] * len(differences), level=level)
    rejects = centre.p_value < (1 - level) * (1 - 1e-9)
    inside = centre.conf_low <= 0 <= centre.conf_high and "leaves it out" not in centre.note
    assert rejects != inside
    assert centre.conf_low <= centre.estimate <= centre.conf_high


def test_ties_between_decimals_are_ties() -> None:
    # All four differences are 0.1 in magnitude, though not in binary.
    centre, r = pair([0.3, 0.7, 1.1, 12.3], [0.2, 0.6, 1.0, 12.4])
    assert centre.statistic == 7.5  # three ranks of 2.5
    assert r.estimate == pytest.approx(0.5)


def test_zeros_are_ranked_and_then_left_out() -> None:
    centre, r = pair([0, 0, 2, -1, 3], [0] * 5)
    assert centre.statistic == 4 + 5  # the two zeros hold ranks 1 and 2
    assert r.estimate == pytest.approx((9 - 3) / 12)
    assert centre.n == 5


def test_no_difference_at_all() -> None:
    centre, r = pair([1, 2, 3], [1, 2, 3])
    assert (centre.estimate, centre.p_value) == (0, 1)
    assert (centre.conf_low, centre.conf_high) == (-inf, inf)
    assert np.isnan(r.estimate)
    assert r.note == "No pair differs."


def test_five_pairs_cannot_be_significant_at_95_percent() -> None:
    centre, _ = pair([2, 3, 4, 5, 6], [1, 1, 1, 1, 1])
    assert centre.p_value == 2 / 32
    assert (centre.conf_low, centre.conf_high) == (-inf, inf)
    assert "no choice of signs" in centre.note


def test_many_pairs_say_that_the_test_is_approximate() -> None:
    d = list(np.random.default_rng(1).normal(0.1, 1, 250))
    centre, _ = pair(d, [0.0] * 250)
    assert "normal approximation" in centre.note
    assert (centre.p_value < 0.05) == (not centre.conf_low <= 0 <= centre.conf_high)


def test_no_pair_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="at least 1 pair"):
        pair([], [])


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_the_rank_biserial_correlation_agrees_with_p(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 6, 7 + seed % 9), rng.integers(0, 5, 7 + seed % 9)
    centre, biserial = wilcoxon_signed_rank(
        pd.Series(x.astype(float)), pd.Series(y.astype(float)), level=level
    )
    assert -1 <= biserial.conf_low <= biserial.estimate <= biserial.conf_high <= 1
    if abs(centre.p_value - (1 - level)) > 1e-9:
        assert (centre.p_value < 1 - level) == (not biserial.conf_low <= 0 <= biserial.conf_high)
