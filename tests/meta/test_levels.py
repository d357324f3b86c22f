"""Levels that are missing or of mixed kinds."""

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.meta.levels import numbered
from mmstats.meta.random_term import intercepts, nested, within
from mmstats.meta.sampling_covariance import sampling_covariance


def test_missing_levels_are_named() -> None:
    with pytest.raises(NotEstimableError, match=r"row 2 has no level\. Leave it out, or give"):
        intercepts("study", ["a", None, "b"])
    with pytest.raises(NotEstimableError, match="effect: rows 1, 3 have no level"):
        nested("study/effect", [1, 1, 2], [np.nan, 1, np.nan])
    with pytest.raises(NotEstimableError, match="cluster: row 1 has"):
        sampling_covariance(np.ones(2), [None, "a"])


def test_mixed_kinds_are_text() -> None:
    found, codes = numbered("study", np.array([2, "x", 2.5], dtype=object))
    assert list(found[codes]) == ["2", "x", "2.5"]


def test_lengths() -> None:
    with pytest.raises(NotEstimableError, match="2 inner levels for 3 outer ones"):
        within("outcome | study", [1, 2], [1, 1, 2], "cs")
    with pytest.raises(NotEstimableError, match="1 rows have a value of 'cluster'; there are 2 variances"):
        sampling_covariance(np.ones(2), [1])


def test_nested_levels_stay_apart_whatever_their_labels() -> None:
    """Joined by `/`, these would be the same label."""
    _, inner = nested("study/effect", ["a", "a/b", "a"], ["b/c", "c", "b/c"])
    np.testing.assert_array_equal(inner.outer, [0, 1, 0])
    assert inner.outer_labels == ("a/b/c", "a/b/c")
