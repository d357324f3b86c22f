"""Max-T: stepping down, the interval of one step, and how both stand to single tests."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.estimate import Estimate
from mmstats.methods.max_t import max_t
from mmstats.methods.permutation import permutation
from mmstats.resampling.max_t import max_t as joint

GROUP = pd.Series(pd.Categorical(["b"] * 8 + ["a"] * 8))


def outcomes(seed: int, columns: int = 4, n: int = 16) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(n, columns))
    values[: n // 2, 0] += 1.5
    return pd.DataFrame({f"y{i}": values[:, i] for i in range(columns)})


def run(frame: pd.DataFrame, group: pd.Series = GROUP, **options: Any) -> list[Estimate]:
    return list(max_t(frame, group, **options))


def test_one_outcome_is_the_permutation_test() -> None:
    frame = outcomes(1, 1)
    (found,), (single,) = run(frame), permutation(frame["y0"], GROUP)
    assert found.p_value == single.p_value
    assert found.statistic == pytest.approx(single.statistic)


def test_copies_of_an_outcome_cost_nothing() -> None:
    frame = outcomes(2, 1)
    copies = pd.concat([frame["y0"].rename(f"copy {i}") for i in range(5)], axis=1)
    assert {e.p_value for e in run(copies)} == {run(frame)[0].p_value}


def test_p_values_are_never_below_those_of_single_tests() -> None:
    frame = outcomes(3)
    for e in run(frame):
        (single,) = permutation(frame[e.term], GROUP)
        assert single.p_value <= e.p_value


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("seed", range(8))
def test_an_interval_without_zero_has_a_p_value_that_rejects(seed: int, level: float) -> None:
    frame = outcomes(seed, 3).round(seed % 2)  # every other with ties
    parted = 0
    for e in run(frame, level=level):
        outside = not e.conf_low <= 0 <= e.conf_high
        assert e.p_value < 1 - level or not outside
        parted = e.p_value < 1 - level and not outside
        assert ("steps down" in e.note) is parted


@pytest.mark.parametrize("seed", range(8))
def test_the_interval_is_that_of_the_one_step_p_value(seed: int) -> None:
    frame = outcomes(seed, 3).round(seed % 2)
    values = frame.to_numpy().T - frame.to_numpy().mean(axis=0)[:, None]
    single = joint(values, np.arange(8), resamples=99, rng=None).p_single
    for p, e in zip(single, run(frame, level=0.8), strict=True):
        assert (p < 0.2) is not (e.conf_low <= 0 <= e.conf_high)


def test_an_outcome_without_spread_does_not_disturb_the_others() -> None:
    frame = outcomes(4)
    constant = frame.assign(same=3.0)
    assert [(e.p_value, e.conf_low) for e in run(constant)[:4]] == [
        (e.p_value, e.conf_low) for e in run(frame)
    ]
    assert run(constant)[4].p_value == 1
    assert "no interval" in run(constant)[4].note


def test_outcomes_may_have_different_units() -> None:
    frame = outcomes(5)
    scaled = frame * [1e50, 1e-50, 1.0, 1e30]
    assert [e.p_value for e in run(scaled)] == [e.p_value for e in run(frame)]


def test_drawn_splits_come_near_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = outcomes(6)
    exact = run(frame)
    monkeypatch.setattr("mmstats.resampling.splits.MOST_ENUMERATED", 0)
    drawn = run(frame, resamples=99_999, rng=np.random.default_rng(7))
    for a, b in zip(exact, drawn, strict=True):
        assert b.resamples == 99_999
        for field in ("p_value", "conf_low", "conf_high"):
            assert getattr(b, field) == pytest.approx(getattr(a, field), abs=4 * b.mcse)
