"""Proportions: what the exact interval promises, and groups that nobody is in."""

from math import isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mmstats.effects.exact_binomial import clopper_pearson, jeffreys
from mmstats.errors import NotEstimableError
from mmstats.methods.proportion import proportion


def outcome(codes: list[int]) -> pd.Series:
    return pd.Series(pd.Categorical([("no", "yes")[code] for code in codes], ["no", "yes"]), name="gene")


@given(st.integers(1, 60), st.floats(0.001, 0.999), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_exact_interval_covers_at_least_as_often_as_it_says(n: int, p: float, level: float) -> None:
    limits = [clopper_pearson(x, n, level=level) for x in range(n + 1)]
    held = [low <= p <= high for low, high in limits]
    assert stats.binom.pmf(np.arange(n + 1), n, p)[held].sum() >= level - 1e-12


@given(st.integers(1, 400), st.data())
def test_counting_the_others_mirrors_the_interval(n: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, n))
    for interval in (clopper_pearson, jeffreys):
        low, high = interval(x, n, level=0.95)
        assert (1 - high, 1 - low) == pytest.approx(interval(n - x, n, level=0.95), abs=1e-12)
        assert low <= x / n <= high


def test_a_group_without_anybody_is_named_in_its_row() -> None:
    group = pd.Series(pd.Categorical(["f", "f", "m"], ["f", "m", "x"]), name="sex")
    whole, female, male, other = proportion(outcome([0, 1, 1]), group)
    assert (whole.term, whole.n, whole.estimate) == ("", 3, 2 / 3)
    assert (female.term, female.n, female.estimate) == ("sex[f]", 2, 0.5)
    assert (male.term, male.n, male.estimate) == ("sex[m]", 1, 1.0)
    assert (other.term, other.n, other.note) == ("sex[x]", 0, "Nobody is in this group.")
    assert isnan(other.estimate)


def test_no_participants_and_one_level_are_reasons() -> None:
    with pytest.raises(NotEstimableError, match="no participants"):
        list(proportion(outcome([])))
    with pytest.raises(NotEstimableError, match="this one has 1"):
        list(proportion(pd.Series(pd.Categorical(["yes"]))))
