"""Correlation matrix: what adjusting does, and pairs without uncertainty."""

from math import isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import MmstatsError, NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.correlation_matrix import correlation_matrix
from mmstats.methods.pearson import pearson

DATA = pd.DataFrame(
    np.random.default_rng(4).normal(size=(24, 4)) + np.random.default_rng(5).normal(size=(24, 1)),
    columns=["a", "b", "c", "d"],
)


def matrix(data: pd.DataFrame = DATA, **options: Any) -> list[Estimate]:
    given: dict[str, Any] = {"rng": np.random.default_rng(1), "resamples": 1999} | options
    return list(correlation_matrix(data, **given))


def test_every_pair_has_its_term() -> None:
    assert [e.term for e in matrix()] == ["a ~ b", "a ~ c", "a ~ d", "b ~ c", "b ~ d", "c ~ d"]


def test_without_adjustment_a_pair_is_the_method_of_a_pair() -> None:
    (alone,) = pearson(DATA["b"], DATA["d"])
    (pair,) = [e for e in matrix(adjust="none") if e.term == "b ~ d"]
    assert (pair.estimate, pair.conf_low, pair.p_value) == (alone.estimate, alone.conf_low, alone.p_value)


def test_adjusting_makes_p_larger_and_intervals_wider() -> None:
    alone = matrix(adjust="none")
    for adjust in ("max-t", "holm"):
        for one, joint in zip(alone, matrix(adjust=adjust), strict=True):
            assert joint.estimate == pytest.approx(one.estimate)
            assert joint.conf_high - joint.conf_low > one.conf_high - one.conf_low
            assert joint.p_value > one.p_value or joint.p_value < 0.002


def test_intervals_of_max_t_are_equally_wide_on_the_scale_of_fisher() -> None:
    widths = [np.arctanh(e.conf_high) - np.arctanh(e.conf_low) for e in matrix(adjust="max-t")]
    assert widths == pytest.approx([widths[0]] * 6)


def test_a_perfect_pair_is_left_out_of_the_others() -> None:
    data = DATA.assign(e=2 * DATA["a"] + 1)
    for adjust in ("max-t", "holm"):
        found = {e.term: e for e in matrix(data, adjust=adjust)}
        assert isnan(found["a ~ e"].conf_low)
        assert found["a ~ e"].note
        assert all(not isnan(e.conf_low) for term, e in found.items() if term != "a ~ e")


def test_reasons() -> None:
    with pytest.raises(NotEstimableError, match="at least 2 variables"):
        matrix(DATA[["a"]])
    with pytest.raises(NotEstimableError, match="constant"):
        matrix(DATA.assign(b=1.0))
    with pytest.raises(MmstatsError, match="rng is None"):
        matrix(adjust="max-t", rng=None)
