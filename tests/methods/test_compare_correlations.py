"""Comparisons of correlations: their signs, and data without an answer."""

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.methods.compare_correlations_independent import compare_correlations_independent
from mmstats.methods.compare_correlations_nonoverlapping import compare_correlations_nonoverlapping
from mmstats.methods.compare_correlations_overlapping import compare_correlations_overlapping

RNG = np.random.default_rng(2)
A, B, C, D = (pd.Series(values) for values in RNG.normal(size=(4, 20)))
GROUP = pd.Series(pd.Categorical(["HC"] * 10 + ["MS"] * 10))


def test_the_sign_is_comparison_minus_reference() -> None:
    together = A + 0.1 * B
    assert next(compare_correlations_overlapping(A, together, C)).estimate > 0.5
    assert next(compare_correlations_nonoverlapping(A, together, C, D)).estimate > 0.5
    x = A.where(GROUP == "HC", B)
    y = C.where(GROUP == "HC", B + 0.1 * D)
    assert next(compare_correlations_independent(x, y, GROUP)).estimate > 0


def test_no_variable_is_compared_with_itself() -> None:
    found = next(compare_correlations_overlapping(A, B, 2 * B + 1))
    assert found.estimate == pytest.approx(0, abs=1e-12)
    assert "same variables" in found.note
    found = next(compare_correlations_nonoverlapping(A, B, B, A))
    assert "same variables" in found.note


def test_a_perfect_correlation_has_no_interval() -> None:
    found = next(compare_correlations_overlapping(A, 3 * A, B))
    assert np.isnan(found.conf_low)
    assert "perfect" in found.note


def test_reasons_name_the_group() -> None:
    few = pd.Series(pd.Categorical(["HC"] * 17 + ["MS"] * 3))
    with pytest.raises(NotEstimableError, match="at least 4 pairs: 'MS' has 3"):
        next(compare_correlations_independent(A, B, few))
    flat = A.where(GROUP == "HC", 1.0).rename("score")
    with pytest.raises(NotEstimableError, match="'score of MS' is constant"):
        next(compare_correlations_independent(flat, B, GROUP))
