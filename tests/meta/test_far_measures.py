"""Measures where they come to an end: large samples, perfect association, values beyond what can be."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmstats.meta.given_weights import pool_by_weights
from mmstats.meta.influence import leave_one_out
from mmstats.meta.location_scale import location_scale
from mmstats.meta.measures import effect_sizes, measure
from mmstats.meta.measures.computing import NO_VARIANCE
from mmstats.meta.pooling import pool

REFERENCE: dict[str, Any] = json.loads(Path(__file__).with_name("far_measures.json").read_text("utf-8"))
GROUPS = ("comparison_mean", "comparison_sd", "comparison_n", "reference_mean", "reference_sd", "reference_n")
CASES = {
    "unbiased correlation, n = 232": ("UCOR", {"correlation": 0.2448760155511687, "n": 232}),
    "unbiased correlation, n = 282": ("UCOR", {"correlation": -0.09829223407962558, "n": 282}),
    "unbiased correlation, n = 99": ("UCOR", {"correlation": 0.3, "n": 99}),
    "unbiased correlation, n = 5000": ("UCOR", {"correlation": 0.01, "n": 5000}),
    "biserial correlation beyond 1": ("RBIS", dict(zip(GROUPS, (6, 1.75, 41, -1, 0.7, 78), strict=True))),
    "biserial correlation of few beside many": (
        "RBIS",
        dict(zip(GROUPS, (1.96, 0.51, 65, -1.02, 0.27, 4), strict=True)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_metafor(name: str) -> None:
    alias, columns = CASES[name]
    found = effect_sizes(alias, {column: [value] for column, value in columns.items()})
    assert found.effects[0] == pytest.approx(REFERENCE[name]["effect"], rel=1e-12)
    assert found.variances[0] == pytest.approx(REFERENCE[name]["variance"], rel=1e-12)
    assert found.notes == ("",)


def test_every_size_has_an_unbiased_correlation() -> None:
    n = np.arange(5, 1005)
    for r in (-0.999, -0.2, 1e-9, 0.1, 0.25, 0.7):
        found = effect_sizes("UCOR", {"correlation": np.full(len(n), r), "n": n})
        beyond = np.abs(found.effects / r)
        assert (np.diff(beyond) < 0).all()  # the bias falls with n
        assert beyond[-1] > 1


@pytest.mark.parametrize("sizes", [(2, 33), (274, 2), (89, 1), (118, 253), (7, 7)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_perfect_association_has_no_variance(sizes: tuple[int, int], sign: int) -> None:
    events = (sizes[0], 0) if sign > 0 else (0, sizes[1])
    found = effect_sizes(
        "PHI",
        {
            "comparison_events": [events[0]],
            "comparison_n": [sizes[0]],
            "reference_events": [events[1]],
            "reference_n": [sizes[1]],
        },
    )
    assert found.effects[0] == sign
    assert np.isnan(found.variances[0])
    assert found.notes == (NO_VARIANCE,)


def test_no_alpha_is_beyond_1() -> None:
    way = REFERENCE["cube root"]
    assert measure("AHW").scale.back(way["given"]) == pytest.approx(way["back"], abs=1e-15)


@pytest.mark.parametrize("t_value", [3.0, -1e6, 1e9])
def test_a_partial_correlation_near_1_keeps_its_digits(t_value: float) -> None:
    columns = {"t_value": np.array([t_value]), "n": np.array([14]), "predictors": np.array([1])}
    z = effect_sizes("ZPCOR", columns)
    assert z.effects[0] == pytest.approx(np.sign(t_value) * np.log1p(_above_1(abs(t_value), 12.0)), rel=1e-13)
    plain = effect_sizes("PCOR", columns)
    assert plain.variances[0] == pytest.approx((12 / (t_value**2 + 12)) ** 2 / 13, rel=1e-13)


def test_one_study_has_no_i2_nor_h2() -> None:
    alone = pool(np.array([0.1]), np.array([0.3]), tau2="common", test="z")
    left = leave_one_out(pool(np.array([0.1, 0.7]), np.array([0.3, 0.2]), tau2="common", test="z"))
    assert np.isnan([alone.i2(), alone.h2(), *left.i2, *left.h2]).all()
    assert left.coefficients[:, 0] == pytest.approx([0.7, 0.1])


def _above_1(t_value: float, df: float) -> float:
    """Return the root of (1 + r) / (1 - r), less 1, where r is t / sqrt(t^2 + df)."""
    long = np.sqrt(t_value**2 + df)
    return float((long + t_value) / np.sqrt(df) - 1)


def test_a_distant_origin_costs_no_digits() -> None:
    rng = np.random.default_rng(4)
    k = 16
    year, errors = rng.integers(0, 40, k).astype(np.float64), rng.uniform(0.1, 0.5, k)
    other = year + 0.01 * rng.normal(size=k)
    effects = 0.02 * year + rng.normal(0, errors + 0.2)
    weights, names = rng.uniform(0.5, 2, k), ("intercept", "year", "other")
    found = []
    for origin in (0.0, 2**21):
        design = np.column_stack([np.ones(k), year + origin, other + origin])
        # what is added here is lost from `other` by rounding: both fits see the same numbers
        design[:, 2] = (other + 2**21) - 2**21 + origin
        pooled = pool(effects, errors**2, design, names, tau2="dl")
        by_weights = pool_by_weights(pooled, weights)
        scaled = location_scale(pooled, np.ones((k, 1)), ("intercept",))
        found.append(
            np.concatenate(
                [
                    by_weights.coefficients[1:],
                    by_weights.std_errors[1:],
                    scaled.coefficients[1:],
                    scaled.std_errors[1:],
                    scaled.scale_coefficients,
                ]
            )
        )
    assert found[1] == pytest.approx(found[0], rel=1e-9)


def test_traces_keep_their_digits_beside_a_very_precise_study() -> None:
    variances = np.array([1e-12, 1.0, 2.0, 0.5])
    fit = pool(np.array([0.1, 0.7, -0.3, 0.2]), variances, tau2="dl", test="z").studies.weighted()
    # as one weight goes beyond bounds, its row of P becomes (3.5, -1, -0.5, -2), others hold 1, 0.5 and 2
    assert fit.trace_of_square[0] == pytest.approx(3.5**2 + 3 * (1 + 0.25 + 4), rel=1e-9)
    assert fit.traces_with(variances)[2][0] == pytest.approx(2 * (1 + 0.5 + 2), rel=1e-9)
