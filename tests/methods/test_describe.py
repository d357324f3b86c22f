"""Descriptions: missing values, empty levels, and what categories and numbers give."""

from math import isnan, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.effects.wilson import wilson_interval
from mmstats.estimate import Estimate
from mmstats.methods.describe import describe


def analyse(*columns: pd.Series, level: float = 0.95) -> dict[str, Estimate]:
    return {f"{e.quantity.name} {e.term}".strip(): e for e in describe(*columns, level=level)}


def category(values: list[str | None], levels: list[str]) -> pd.Series:
    return pd.Series(pd.Categorical(values, categories=levels))


def test_numbers_by_group() -> None:
    found = analyse(pd.Series([1.0, 3, nan, 7]), category(["a", "a", "b", None], ["a", "b", "c"]))
    assert found["n"].estimate == 3
    assert found["missing"].estimate == 1
    assert found["mean a"].estimate == 2
    assert found["missing b"].estimate == 1
    assert found["n c"].estimate == 0
    assert isnan(found["mean b"].estimate)
    assert found["mean b"].note == "There are no values."
    assert isnan(found["median c"].estimate)


def test_one_value_and_equal_values() -> None:
    one = analyse(pd.Series([4.0]))
    assert one["mean"].estimate == 4
    assert isnan(one["mean"].conf_low)
    assert "One value" in one["standard_deviation"].note
    same = analyse(pd.Series([4.0, 4, 4]))
    assert (same["mean"].conf_low, same["mean"].conf_high) == (4, 4)
    assert "no width" in same["mean"].note


def test_categories_by_group() -> None:
    outcome = category(["yes", "no", None, "yes"], ["no", "yes"])
    found = analyse(outcome, category(["a", "a", "a", "b"], ["a", "b"]))
    assert found["count yes"].estimate == 2
    assert found["proportion yes"].estimate == pytest.approx(2 / 3)
    assert found["count yes | a"].estimate == 1
    assert found["missing a"].estimate == 1
    assert found["proportion no | b"].estimate == 0
    assert found["proportion no | b"].conf_low == 0
    assert isnan(analyse(category([None], ["x", "y"]))["proportion x"].estimate)


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=12), st.randoms())
def test_order_and_units(values: list[int], random: object) -> None:
    numbers = pd.Series(values, dtype=np.float64)
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    here = analyse(numbers)
    assert analyse(pd.Series(shuffled, dtype=np.float64)) == here
    there = analyse(10 * numbers + 1e6)
    for name in ("mean", "median", "first_quartile", "maximum"):
        assert there[name].estimate == pytest.approx(10 * here[name].estimate + 1e6)
    assert there["standard_deviation"].estimate == pytest.approx(10 * here["standard_deviation"].estimate)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson(table: tuple[int, int]) -> None:
    count, n = table
    low, high = wilson_interval(count, n, level=0.95)
    assert 0 <= low <= count / n <= high <= 1
    assert low < high
    assert (low, high) == pytest.approx([1 - end for end in wilson_interval(n - count, n, level=0.95)][::-1])
    for end in (low, high):
        if 0 < end < 1:  # each end is a proportion whose score statistic is exactly 1.96
            assert abs(count / n - end) / np.sqrt(end * (1 - end) / n) == pytest.approx(1.959963984540054)
