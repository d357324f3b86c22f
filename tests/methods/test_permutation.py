"""Permutation tests: what is exact, what ties and offsets do, strata, and when there is no interval."""

from collections.abc import Sequence
from itertools import combinations
from math import inf, isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.paired_permutation import paired_permutation
from mmstats.methods.permutation import permutation


def groups(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> tuple[pd.Series, pd.Series]:
    labels = pd.Categorical(["b"] * len(x) + ["a"] * len(y), categories=["a", "b"])
    return pd.Series([*x, *y], dtype=float), pd.Series(labels)


def one(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, **options: Any) -> Estimate:
    (found,) = permutation(*groups(x, y), **options)
    return found


SCORES = np.random.default_rng(1).integers(0, 5, (2, 50)).astype(float)


class TestTwoGroups:
    def test_every_split_of_scores_is_counted_where_they_cannot_be_listed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        x, y = SCORES[0] + 1, SCORES[1]
        counted = one(x, y, statistic="mean-difference")
        monkeypatch.setattr("mmstats.resampling.permutation.MOST_WORK", 0)
        rng = np.random.default_rng(2)
        drawn = one(x, y, statistic="mean-difference", resamples=99_999, rng=rng)
        assert counted.note.startswith("Exact")
        assert counted.resamples == 0
        assert drawn.resamples == 99_999
        assert counted.p_value == pytest.approx(drawn.p_value, abs=4 * drawn.mcse)
        assert counted.conf_low == pytest.approx(drawn.conf_low, abs=0.02)

    def test_counted_and_listed_splits_agree(self, monkeypatch: pytest.MonkeyPatch) -> None:
        x, y = SCORES[0, :9] + 1, SCORES[1, :7]
        listed = one(x, y, statistic="mean-difference")
        monkeypatch.setattr("mmstats.resampling.splits.MOST_ENUMERATED", 0)
        counted = one(x, y, statistic="mean-difference")
        assert counted.note == listed.note
        for field in ("p_value", "conf_low", "conf_high"):
            assert getattr(counted, field) == pytest.approx(getattr(listed, field), rel=1e-12)

    def test_decimals_tie_as_the_numbers_they_stand_for(self) -> None:
        x, y = [0.3, 0.7, 0.1, 0.9, 0.4], [0.2, 0.1, 0.6, 0.3]
        tenfold = one([3, 7, 1, 9, 4], [2, 1, 6, 3])
        assert one(x, y).p_value == tenfold.p_value
        assert one([v + 1e6 for v in x], [v + 1e6 for v in y]).p_value == tenfold.p_value

    @pytest.mark.parametrize("scale", [1e-59, 1e-30, 1e30, 1e59])
    def test_units_do_not_matter(self, scale: float) -> None:
        x, y = np.random.default_rng(3).normal(size=(2, 7))
        near, far = one(x + 1, y), one((x + 1) * scale, y * scale)
        assert far.p_value == near.p_value
        assert (far.conf_low / scale, far.conf_high / scale) == pytest.approx((near.conf_low, near.conf_high))

    def test_a_difference_far_beyond_the_spread_keeps_the_digits_of_the_limits(self) -> None:
        x, y = np.random.default_rng(4).normal(size=(2, 7))
        near, far = one(x, y), one(x + 2.0**30, y)
        assert far.conf_low - 2.0**30 == pytest.approx(near.conf_low, abs=1e-6)
        assert far.p_value == 2 / 3432

    @pytest.mark.parametrize("statistic", ["welch-t", "mean-difference"])
    def test_exchanging_the_groups_reflects_drawn_answers_too(self, statistic: str) -> None:
        x, y = np.random.default_rng(5).normal(size=(2, 25))
        a = one(x, y[:20], statistic=statistic, rng=np.random.default_rng(6))
        b = one(y[:20], x, statistic=statistic, rng=np.random.default_rng(6))
        assert (b.conf_low, b.conf_high) == pytest.approx((-a.conf_high, -a.conf_low))
        assert a.p_value == b.p_value
        assert a.resamples == 9_999

    def test_monte_carlo_error_is_that_of_repetition(self) -> None:
        x, y = np.random.default_rng(7).normal(size=(2, 20))
        runs = [one(x, y, resamples=999, rng=np.random.default_rng(seed)) for seed in range(40)]
        spread = max(np.std([getattr(e, f) for e in runs]) for f in ("conf_low", "conf_high", "p_value"))
        assert np.median([e.mcse for e in runs]) == pytest.approx(spread, rel=0.5)

    def test_constant_groups_have_a_p_value_and_no_interval(self) -> None:
        found = one([3.0] * 4, [1.0] * 4)
        assert found.p_value == pytest.approx(2 / 70)
        assert isnan(found.conf_low)
        assert "no interval" in found.note
        assert one([2.0] * 4, [2.0] * 4).p_value == 1

    def test_splits_too_few_to_be_significant_leave_the_limits_open(self) -> None:
        found = one([1.0, 2.5, 4.2], [0.3, 1.7, 0.4])
        assert (found.conf_low, found.conf_high) == (-inf, inf)
        assert "infinite" in found.note


class TestStrata:
    rng = np.random.default_rng(8)
    values = rng.normal(size=12) + np.repeat([0.0, 10.0, 100.0], 4)
    group = pd.Series(pd.Categorical(list("abababababab")))
    strata = pd.Series(pd.Categorical(np.repeat(["x", "y", "z"], 4)))

    def test_labels_are_exchanged_within_strata_only(self) -> None:
        (found,) = permutation(pd.Series(self.values), self.group, self.strata)
        sums = [[sum(part[list(c)]) - part.sum() / 2 for c in combinations(range(4), 2)]
                for part in self.values.reshape(3, 4)]  # fmt: skip
        total = np.add.outer(np.add.outer(sums[0], sums[1]), sums[2]).ravel()
        own = sum(self.values[1::2]) - self.values.sum() / 2
        assert found.p_value == np.mean(np.abs(total) >= abs(own) * (1 - 1e-12))
        assert found.estimate == pytest.approx(own / 3)

    def test_constants_between_strata_do_not_matter(self) -> None:
        moved = self.values + np.repeat([7.0, -3.0, 1e3], 4)
        (a,), (b,) = (permutation(pd.Series(v), self.group, self.strata) for v in (self.values, moved))
        assert (a.estimate, a.conf_low, a.p_value) == pytest.approx((b.estimate, b.conf_low, b.p_value))

    def test_strata_of_one_group_are_left_out_and_said(self) -> None:
        strata = pd.Series(pd.Categorical([*["x"] * 10, "alone", "lonely"]))
        (found,) = permutation(pd.Series(self.values), self.group, strata)
        assert found.n == 10
        assert "2 rows are left out" in found.note

    def test_without_a_stratum_of_both_groups_there_is_no_answer(self) -> None:
        strata = pd.Series(pd.Categorical(list("abababababab")))
        with pytest.raises(NotEstimableError, match="No stratum holds both groups"):
            list(permutation(pd.Series(self.values), self.group, strata))

    def test_more_than_can_be_listed_are_drawn(self) -> None:
        values, half = pd.Series(self.rng.normal(size=60)), pd.Series(pd.Categorical(list("ab") * 30))
        strata = pd.Series(pd.Categorical(np.repeat(["x", "y", "z"], 20)))
        (found,) = permutation(values, half, strata, rng=np.random.default_rng(9))
        assert found.resamples == 9_999
        assert found.conf_low < found.estimate < found.conf_high


class TestPairs:
    def test_counted_signs_agree_with_listed_ones(self, monkeypatch: pytest.MonkeyPatch) -> None:
        x, y = (pd.Series(values[:12]) for values in SCORES)
        (listed,) = paired_permutation(x + 1, y)
        monkeypatch.setattr("mmstats.resampling.permutation.MOST_ENUMERATED", 0)
        (counted,) = paired_permutation(x + 1, y)
        for field in ("p_value", "conf_low", "conf_high"):
            assert getattr(counted, field) == pytest.approx(getattr(listed, field), rel=1e-12)

    def test_drawn_signs_come_near_the_t_test(self) -> None:
        x, y = np.random.default_rng(10).normal(size=(2, 40))
        (found,) = paired_permutation(pd.Series(x + 0.4), pd.Series(y), rng=np.random.default_rng(11))
        want = stats.ttest_rel(x + 0.4, y)
        assert found.p_value == pytest.approx(want.pvalue, abs=4 * found.mcse + 0.01)
        low, high = want.confidence_interval()
        assert (found.conf_low, found.conf_high) == pytest.approx((low, high), abs=0.1)

    def test_equal_differences_have_a_p_value_and_no_interval(self) -> None:
        (found,) = paired_permutation(pd.Series([2.0, 3, 4, 5, 6, 7]), pd.Series([1.0, 2, 3, 4, 5, 6]))
        assert found.p_value == 2 / 64
        assert isnan(found.conf_low)

    def test_one_pair_is_too_few(self) -> None:
        with pytest.raises(NotEstimableError, match="at least 2 pairs; there are 1"):
            list(paired_permutation(pd.Series([1.0]), pd.Series([2.0])))
