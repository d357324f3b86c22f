"""Games-Howell, Dunnett and Dunn: what they are with two groups, and what cannot be compared."""

import numpy as np
import pytest
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.methods.dunn import dunn
from mmstats.methods.dunnett import dunnett
from mmstats.methods.games_howell import games_howell
from mmstats.methods.welch import welch
from tests.methods.test_several_groups import columns

TWO = [[3, 5, 4, 6, 9], [7, 9, 6, 8, 12, 3]]
THREE = [*TWO, [9, 10, 15, 8]]


def test_with_two_groups_games_howell_is_welch() -> None:
    (found,), expected = games_howell(*columns(TWO)), next(welch(*columns(TWO)))
    for field in ("estimate", "std_error", "conf_low", "conf_high", "df", "statistic", "p_value"):
        assert getattr(found, field) == pytest.approx(getattr(expected, field), rel=1e-10), field
    assert found.term == "g1 - g0"


def test_with_two_groups_dunnett_is_student() -> None:
    (found,) = dunnett(*columns(TWO))
    expected = stats.ttest_ind(TWO[1], TWO[0])
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-10)
    interval = expected.confidence_interval(0.95)
    assert (found.conf_low, found.conf_high) == pytest.approx((interval.low, interval.high))


def test_dunnett_is_scipys_within_its_randomness() -> None:
    samples = [np.array(values, dtype=float) for values in THREE]
    expected = stats.dunnett(*samples[1:], control=samples[0], rng=np.random.default_rng(1))
    found = list(dunnett(*columns(THREE)))
    assert [e.statistic for e in found] == pytest.approx(list(expected.statistic))
    assert [e.p_value for e in found] == pytest.approx(list(expected.pvalue), abs=1e-3)


def test_terms_and_signs() -> None:
    assert [e.term for e in games_howell(*columns(THREE))] == ["g1 - g0", "g2 - g0", "g2 - g1"]
    assert [e.term for e in dunn(*columns(THREE))] == ["g1 - g0", "g2 - g0", "g2 - g1"]
    assert [e.term for e in dunnett(*columns(THREE))] == ["g1 - g0", "g2 - g0"]
    for method in (games_howell, dunn, dunnett):
        assert all(e.estimate > 0 for e in method(*columns(THREE)))


def test_dunn_adjusts_for_its_own_comparisons() -> None:
    plain, holm, bh = (
        [e.p_value for e in dunn(*columns(THREE), adjust=adjust)] for adjust in ("none", "holm", "bh")
    )
    least = int(np.argmin(plain))
    assert holm[least] == pytest.approx(3 * plain[least])
    assert all(p <= b <= h for p, b, h in zip(plain, bh, holm, strict=True))


def test_two_constant_groups_have_no_uncertainty() -> None:
    found = {e.term: e for e in games_howell(*columns([[2, 2], [3, 3, 3], [4, 5, 6]]))}
    assert "Both groups are constant" in found["g1 - g0"].note
    assert not found["g2 - g0"].note


def test_refusals() -> None:
    with pytest.raises(NotEstimableError, match="no error to judge by"):
        list(dunnett(*columns([[2, 2], [3, 3, 3]])))
    with pytest.raises(NotEstimableError, match="nothing to rank"):
        list(dunn(*columns([[2, 2], [2, 2]])))
    for method in (games_howell, dunn, dunnett):
        with pytest.raises(NotEstimableError, match="has one"):
            list(method(*columns([[1, 2, 3]])))
