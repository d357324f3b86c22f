"""Intraclass correlations: the published table, and data that leave some of them undefined."""

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.methods.icc import icc

TABLE_2 = [[9.0, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
FIELDS = ("estimate", "conf_low", "conf_high", "statistic", "p_value", "df2")


def test_shrout_and_fleiss_1979_table_4() -> None:
    found = [round(e.estimate, 2) for e in icc(pd.DataFrame(TABLE_2))]
    assert found == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]


def test_the_order_of_raters_and_a_large_offset_change_nothing() -> None:
    here = list(icc(pd.DataFrame(TABLE_2)))
    for other in (pd.DataFrame(TABLE_2).iloc[:, [2, 0, 3, 1]], pd.DataFrame(TABLE_2) + 1e9):
        for a, b in zip(here, icc(other), strict=True):
            for field in FIELDS:
                assert getattr(b, field) == pytest.approx(getattr(a, field), rel=1e-9), field


def test_raters_who_agree_on_everything() -> None:
    for e in icc(pd.DataFrame({"a": [1.0, 2, 4], "b": [1.0, 2, 4]})):
        assert e.estimate == 1
        assert np.isnan(e.conf_low)
        assert "nothing is known" in e.note


def test_a_rater_who_always_gives_one_more_is_consistent_but_does_not_agree() -> None:
    found = {e.term: e for e in icc(pd.DataFrame({"a": [1.0, 2, 4, 7], "b": [2.0, 3, 5, 8]}))}
    assert found["ICC(3,1)"].estimate == 1
    assert "constants only" in found["ICC(3,1)"].note
    assert 0 < found["ICC(2,1)"].conf_low < found["ICC(2,1)"].estimate < 1


def test_subjects_with_equal_means_have_no_variation() -> None:
    for e in icc(pd.DataFrame({"a": [1.0, 2, 4], "b": [4.0, 3, 1]})):
        assert np.isnan(e.estimate)
        assert "no variation between subjects" in e.note


def test_ratings_that_differ_more_within_than_between_subjects_are_below_zero() -> None:
    found = {e.term: e for e in icc(pd.DataFrame({"a": [1.0, 2, 4, 3], "b": [4.0, 3, 1, 1]}))}
    assert found["ICC(1,1)"].estimate < 0
    assert found["ICC(1,k)"].conf_low < found["ICC(1,k)"].estimate < 0


def test_equal_ratings_one_rater_and_one_subject_have_a_reason() -> None:
    with pytest.raises(NotEstimableError, match="All ratings are equal"):
        list(icc(pd.DataFrame({"a": [3.0, 3], "b": [3.0, 3]})))
    with pytest.raises(NotEstimableError, match="2 raters"):
        list(icc(pd.DataFrame({"a": [3.0, 4]})))
    with pytest.raises(NotEstimableError, match="2 complete rows"):
        list(icc(pd.DataFrame({"a": [3.0], "b": [2.0]})))
