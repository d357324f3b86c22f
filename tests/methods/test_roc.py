from math import isnan
from typing import Any

import numpy as np
import pytest

from mmstats.effects.roc import RocCurve
from mmstats.errors import MmstatsError
from mmstats.estimate import Estimate
from mmstats.methods.mann_whitney import mann_whitney
from mmstats.methods.roc import roc
from mmstats.resampling.optimism import cut_off_optimism
from tests.methods.test_welch import two


def found(x: list[float], y: list[float], **options: Any) -> dict[str, Estimate]:
    return {e.quantity.name: e for e in roc(*two(y, x), **({"correction": "none"} | options))}


def test_the_curve_counts_at_every_value() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        x, y = rng.integers(1, 9, 11).astype(float), rng.integers(0, 6, 7).astype(float)
        curve = RocCurve.of(x, y)
        assert curve.cut_offs.tolist() == sorted({*x, *y})
        assert curve.sensitivities.tolist() == [np.mean(x >= c) for c in curve.cut_offs]
        assert curve.specificities == pytest.approx([np.mean(y < c) for c in curve.cut_offs], abs=1e-15)
        j = max(np.mean(x >= c) - np.mean(y >= c) for c in curve.cut_offs)
        assert found(list(x), list(y))["youden_j"].estimate == pytest.approx(j, rel=1e-12)


def test_optimism_is_that_over_every_resample() -> None:
    # R, all 3^6 resamples of x = 3, 2, 4 and y = 1, 2, 3: 0.131687242798354, 0.0864197530864197
    x, y = np.array([3.0, 2, 4]), np.array([1.0, 2, 3])
    sensitivity, specificity = cut_off_optimism(x, y, resamples=40_000, rng=np.random.default_rng(4))
    for values, exact in ((sensitivity, 0.131687242798354), (specificity, 0.0864197530864197)):
        assert abs(values.mean() - exact) < 4 * values.std() / 200


def test_the_corrected_rows_take_the_optimism_off() -> None:
    x, y = [3.0, 5, 4, 6, 2, 7, 5], [1.0, 4, 3, 2, 2, 5]
    rows = found(x, y, correction="bootstrap", resamples=999, rng=np.random.default_rng(1))
    by = cut_off_optimism(np.array(x), np.array(y), resamples=999, rng=np.random.default_rng(1))
    for name, optimism in zip(("sensitivity", "specificity"), by, strict=True):
        corrected = rows[f"corrected_{name}"]
        assert corrected.estimate == pytest.approx(rows[name].estimate - optimism.mean(), rel=1e-12)
        assert corrected.resamples == 999
    assert rows["corrected_youden_j"].estimate < rows["youden_j"].estimate


def test_lower_scores_may_speak_for_the_condition() -> None:
    x, y = [3.0, 1, 4, 2.5, 0, 2], [5.0, 6, 3, 4.5, 7]
    lower, higher = found(x, y, direction="lower"), found([-v for v in x], [-v for v in y])
    assert lower["auc"] == higher["auc"]
    assert lower["cut_off"].estimate == -higher["cut_off"].estimate == 4
    assert "at or below" in lower["cut_off"].note


def test_complete_separation_has_the_answer_of_the_rank_test() -> None:
    data = two([1, 2, 3], [6, 7, 8, 9])
    area, exact = next(roc(*data, correction="none")), next(mann_whitney(*data))
    assert (area.estimate, area.p_value, area.conf_low) == (1, exact.p_value, exact.conf_low)
    assert "Mann-Whitney" in area.note
    assert found([6, 7, 8, 9], [1, 2, 3])["cut_off"].estimate == 6


@pytest.mark.parametrize("x", [[1.0, 1, 1], [0.0, 0, -1]])
def test_a_score_without_information_has_no_cut_off(x: list[float]) -> None:
    rows = found(x, [1.0, 1, 1], correction="bootstrap", resamples=99, rng=np.random.default_rng(1))
    assert rows["youden_j"].estimate == 0
    for name in ("cut_off", "sensitivity", "corrected_specificity"):
        assert isnan(rows[name].estimate)
        assert "better than chance" in rows[name].note


def test_of_equal_cut_offs_the_balanced_one_is_chosen() -> None:
    curve = RocCurve.of(np.array([2.0, 3, 4, 4]), np.array([1.0, 1, 2, 3]))  # J is 1/2 at 2, 3 and 4
    assert curve.cut_offs[curve.best] == 3


def test_a_correction_needs_a_generator() -> None:
    with pytest.raises(MmstatsError, match="draws random numbers"):
        found([1, 2, 3], [1, 2, 2], correction="bootstrap")
