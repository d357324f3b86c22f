"""Several contrasts at a time: against mvtnorm, emmeans and the studentized range."""

import json
from itertools import combinations
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mmstats.contrast_family import contrast_family
from mmstats.effects.largest_t import POINTS, _condensed, largest_t
from mmstats.effects.simultaneous_t import dunnett_tail, tukey_tail
from mmstats.errors import NotEstimableError
from mmstats.multiplicity import adjust

_, *OTHERS = json.loads(
    (Path(__file__).with_name("reference") / "reference_grid.json").read_text(encoding="utf-8")
)["cases"]
FAMILIES = [case for case in OTHERS if "p12" in case]


def pairs(groups: int) -> np.ndarray:
    """Return the correlations of all differences of equally precise means."""
    rows = np.array([np.eye(groups)[b] - np.eye(groups)[a] for a, b in combinations(range(groups), 2)])
    found: np.ndarray = rows @ rows.T / 2
    return found


@pytest.mark.parametrize("case", FAMILIES, ids=lambda case: ":".join(np.atleast_1d(case["variables"])))
def test_agrees_with_mvtnorm_and_emmeans(case: dict[str, Any]) -> None:
    covariance, t = np.array(case["covariance"]), np.array(case["t"])
    estimates = t * np.sqrt(np.diag(covariance))
    single = contrast_family(estimates, covariance, np.full(len(t), 12.0), adjustment="single-step")
    assert single.mcse.max() < 1e-4
    apart = np.abs(single.p_adjusted - np.array(case["p12"]))
    assert (apart < 5 * single.mcse + 2e-6).all()  # theirs is random too, to about 1e-6
    assert single.multipliers == pytest.approx(case["critical12"], abs=2e-3)
    alone = 2 * stats.t.sf(np.abs(t), case["df"])
    assert adjust(alone.tolist(), "holm") == pytest.approx(case["holm"], rel=1e-9)


@pytest.mark.parametrize("df", [5.0, 40.0])
@pytest.mark.parametrize("groups", [2, 3, 4, 6, 10])
def test_pairs_of_equal_groups_are_tukeys(groups: int, df: float) -> None:
    largest = largest_t(pairs(groups))
    for t in (0.5, 2.0, 3.0, 5.0, 8.0):
        found, mcse = largest.tail(t, df)
        expected = tukey_tail(t, groups, df)
        if groups <= 3:
            assert mcse == 0
            assert found == pytest.approx(expected, rel=1e-10)
        else:
            assert abs(found - expected) < 5 * mcse + 1e-9
            assert mcse < 2e-4


def test_two_treatments_and_a_reference_are_dunnetts() -> None:
    sizes, reference = (4, 9), 6
    precise = np.array([1 / sizes[0], 1 / sizes[1]]) + 1 / reference
    correlation = np.array([[1, 0], [0, 1]]) + (1 / reference) / np.sqrt(np.prod(precise)) * (1 - np.eye(2))
    for t in (1.0, 2.5, 6.0):
        found, _ = largest_t(correlation).tail(t, 16)
        assert found == pytest.approx(dunnett_tail(t, sizes, reference, 16), rel=1e-9)


def test_condensing_directions_costs_nothing() -> None:
    rng = np.random.default_rng(2)
    values = rng.beta(4, 3, POINTS)
    for t in (1.5, 3.0, 5.0):
        all_of_them, condensed = (
            stats.f.sf(t**2 / (4 * v), 4, 12).mean() for v in (values, _condensed(values))
        )
        assert condensed == pytest.approx(all_of_them, rel=1e-5)


def test_independent_normal_deviates() -> None:
    found, mcse = largest_t(np.eye(4)).tail(2.5, inf)
    assert abs(found - (1 - (1 - 2 * stats.norm.sf(2.5)) ** 4)) < 5 * mcse
    assert largest_t(np.eye(2)).tail(2.5, inf)[0] == pytest.approx(1 - (1 - 2 * stats.norm.sf(2.5)) ** 2)
    both = largest_t(np.eye(2)).critical_value(inf, alpha=0.05)
    assert both == pytest.approx(stats.norm.isf((1 - np.sqrt(0.95)) / 2), rel=1e-9)
    assert largest_t(np.eye(2)).tail(0.0, 3) == (1.0, 0.0)


def test_one_contrast_and_copies_of_it_need_no_adjustment() -> None:
    for copies in (1, 3):
        ones = np.ones((copies, copies))
        found = contrast_family(np.full(copies, 2.2), ones, np.full(copies, 9.0), adjustment="single-step")
        assert found.p_adjusted == pytest.approx(2 * stats.t.sf(2.2, 9))
        assert found.multipliers == pytest.approx(stats.t.isf(0.025, 9))


def test_intervals_and_p_values_agree() -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((5, 4))
    covariance = rows @ np.diag([1, 2, 3, 4]) @ rows.T
    errors = np.sqrt(np.diag(covariance))
    base = contrast_family(errors, covariance, np.full(5, 14.0), adjustment="single-step")
    assert (base.multipliers > stats.t.isf(0.025, 14)).all()
    assert (base.multipliers < stats.t.isf(0.025 / 5, 14)).all()
    edge = contrast_family(base.multipliers * errors, covariance, np.full(5, 14.0), adjustment="single-step")
    assert edge.p_adjusted == pytest.approx(0.05, rel=1e-9)


def test_tukey_needs_equal_precision_and_all_pairs() -> None:
    values, df = np.array([1.0, 2.5, 1.5]), np.full(3, 20.0)
    tukey = contrast_family(values, pairs(3), df, adjustment="tukey")
    single = contrast_family(values, pairs(3), df, adjustment="single-step")
    assert tukey.p_adjusted == pytest.approx(single.p_adjusted, rel=1e-9)
    assert tukey.multipliers == pytest.approx(single.multipliers, rel=1e-9)
    with pytest.raises(NotEstimableError, match="equal standard errors"):
        contrast_family(values, pairs(3) * np.outer([1, 1, 2], [1, 1, 2]), df, adjustment="tukey")
    with pytest.raises(NotEstimableError, match="equal standard errors"):
        contrast_family(values, pairs(3), np.array([20.0, 20, 19]), adjustment="tukey")
    with pytest.raises(NotEstimableError, match="these contrasts are others"):
        contrast_family(values, np.eye(3), df, adjustment="tukey")
    with pytest.raises(NotEstimableError, match="there are 2 contrasts"):
        contrast_family(values[:2], np.eye(2), df[:2], adjustment="tukey")


def test_signs_and_order_do_not_matter() -> None:
    values, df = np.array([1.0, 2.5, 1.5]), np.array([20.0, 12, 15])
    base = contrast_family(values, pairs(3), df, adjustment="single-step")
    order, signs = np.array([2, 0, 1]), np.array([1, -1, -1.0])
    turned = contrast_family(
        (signs * values)[order],
        (pairs(3) * np.outer(signs, signs))[np.ix_(order, order)],
        df[order],
        adjustment="single-step",
    )
    assert turned.p_adjusted == pytest.approx(base.p_adjusted[order], rel=1e-9)


def test_a_contrast_without_a_test_stays_one() -> None:
    values, df = np.array([1.0, np.nan, 1.5]), np.full(3, 20.0)
    found = contrast_family(values, pairs(3), df, adjustment="single-step")
    assert np.isnan(found.p_adjusted).tolist() == [False, True, False]
    assert np.isnan(found.multipliers).tolist() == [False, True, False]


def test_always_the_same() -> None:
    one, two = (
        contrast_family(np.arange(6.0), pairs(4), np.full(6, 9.0), adjustment="single-step") for _ in "ab"
    )
    np.testing.assert_array_equal(one.p_adjusted, two.p_adjusted)
