from math import inf, isnan
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.effects.paired_proportions import Changes, tango_statistic
from mmstats.errors import NotEstimableError
from mmstats.methods.mcnemar import mcnemar

counts = st.tuples(*[st.integers(0, 9)] * 4).filter(lambda t: sum(t) > 0)
tests = st.sampled_from(["score", "mid-p", "exact"])


def pairs(both: int, gained: int, lost: int, neither: int) -> tuple[pd.Series, pd.Series]:
    codes = [(1, 1)] * both + [(1, 0)] * gained + [(0, 1)] * lost + [(0, 0)] * neither
    comparison, reference = (
        pd.Series(pd.Categorical.from_codes(column, pd.Index(["no", "yes"]))) for column in np.array(codes).T
    )
    return comparison, reference


@given(counts, tests, st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_p_and_interval_agree_and_exchange_reflects(
    table: tuple[int, int, int, int], test: Literal["score", "mid-p", "exact"], level: float
) -> None:
    both, gained, lost, neither = table
    found = list(mcnemar(*pairs(*table), test=test, level=level))
    mirrored = list(mcnemar(*pairs(both, lost, gained, neither), test=test, level=level))
    for e, m in zip(found, mirrored, strict=True):
        if abs(e.p_value - (1 - level)) > 1e-9:
            assert (e.p_value < 1 - level) == (not e.conf_low <= e.quantity.null <= e.conf_high)
        assert m.p_value == pytest.approx(e.p_value, abs=1e-12)
        if e.quantity.ratio:
            assert m.conf_low == pytest.approx(1 / e.conf_high if e.conf_high else inf, rel=1e-9)
        else:
            assert m.conf_low == pytest.approx(-e.conf_high, abs=1e-12)


@given(counts, st.floats(-0.99, 0.99))
def test_tango_is_a_likelihood_score(table: tuple[int, int, int, int], difference: float) -> None:
    _, gained, lost, _ = table
    changes = Changes(gained, lost, sum(table))
    mirrored = tango_statistic(Changes(lost, gained, sum(table)), -difference)
    assert tango_statistic(changes, difference) == pytest.approx(-mirrored, rel=1e-6, abs=1e-7)


def test_nothing_changed() -> None:
    difference, ratio = mcnemar(*pairs(4, 0, 0, 6))
    assert (difference.estimate, difference.p_value) == (0, 1)
    edge = 1.959963984540054**2 / (10 + 1.959963984540054**2)
    assert (difference.conf_low, difference.conf_high) == pytest.approx((-edge, edge))
    assert isnan(ratio.estimate)
    assert (ratio.conf_low, ratio.conf_high) == (0, inf)
    assert "No pair differs" in ratio.note


def test_everything_changed() -> None:
    difference, ratio = mcnemar(*pairs(0, 8, 0, 0))
    assert (difference.estimate, difference.conf_high) == (1, 1)
    assert 0.3 < difference.conf_low < 1
    assert (ratio.estimate, ratio.conf_high) == (inf, inf)


def test_levels_must_be_the_same() -> None:
    comparison, reference = pairs(1, 2, 3, 4)
    with pytest.raises(NotEstimableError, match="'no' and 'yes', the reference 'yes' and 'no'"):
        list(mcnemar(comparison, reference.cat.reorder_categories(["yes", "no"])))
