"""Resamples of mixed models: simulated sums against simulated rows, and drawn groups against rebuilt data."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.mixed.bootstraps import (
    Bootstrap,
    cluster_bootstrap,
    itself,
    leave_one_group_out,
    parametric_bootstrap,
)
from mmstats.mixed.clusters import clusters_of, refit_groups
from mmstats.mixed.components import Component, components
from mmstats.mixed.crossproducts import Moments, moments
from mmstats.mixed.detail import detail
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.reduction import moved
from mmstats.mixed.refits import refit
from mmstats.mixed.simulation import simulated
from mmstats.mixed.structure import FloatArray, MixedData
from tests.mixed.data import crossed, growth, term
from tests.mixed.test_linear import MODELS, nested, relative

SLOPE = np.array([0.0, 0.0, 1.0])


def rows_simulated(found: LinearFit, draws: int, rng: np.random.Generator) -> FloatArray:
    """Return simulated responses row by row, of residual variance 1, without a fixed part, shape (n, b)."""
    weights = found.model.root_weights[:, None]
    values = rng.standard_normal((found.rows, draws)) / weights
    for one, factor in zip(found.data.random, relative(found), strict=True):
        coefficients = factor @ rng.standard_normal((draws, len(one.levels), one.size, 1))
        values += np.einsum("nk,bnk->nb", one.matrix, coefficients[..., 0][:, one.codes])
    return weights * values


@pytest.mark.parametrize("name", [*MODELS, "weighted"])
def test_simulated_sums_are_those_of_simulated_rows(name: str) -> None:
    data = MODELS.get(name, growth(missing=5))
    if name == "weighted":
        data = replace(data, weights=np.random.default_rng(2).uniform(0.5, 2, len(data.response)))
    found, draws = fit(data), 4_000
    theirs = moments(found.model.design, rows_simulated(found, draws, np.random.default_rng(8)))
    ours = simulated(found.model.design, found.rows, found.optimum.theta, draws, np.random.default_rng(9))

    def columns(one: Moments) -> FloatArray:
        one = moved(found.model.design.compiled, one, one.shift)  # as if nothing had been taken off
        parts = [getattr(one, part).reshape(draws, -1) for part in ("sums", "squares", "common", "square")]
        return np.column_stack(parts)

    one, two = columns(theirs), columns(ours)
    used = one.std(axis=0) > 1e-9  # places that a block has no column for are always 0
    assert np.abs(two[:, ~used]).max(initial=0.0) < 1e-9
    one, two = one[:, used], two[:, used]
    gaps = (one.mean(axis=0) - two.mean(axis=0)) / (one.std(axis=0) * np.sqrt(2 / draws))
    assert np.abs(gaps).max() < 5
    spreads = np.log(two.std(axis=0) / one.std(axis=0))
    assert np.abs(spreads).max() < 0.25  # heavy tails of products: 5 standard errors
    assert np.abs(np.corrcoef(one.T) - np.corrcoef(two.T)).max() < 0.2
    for place in (0, -1):
        assert stats.ks_2samp(one[:, place], two[:, place]).pvalue > 1e-4


def test_refits_of_simulated_sums_and_rows_are_alike() -> None:
    found, rng = fit(growth()), np.random.default_rng(4)
    ours = parametric_bootstrap(found, 3_000, rng)
    fitted = found.data.fixed @ found.coefficients
    theirs = refit(found, fitted[:, None] + found.residual_sd * rows_simulated(found, 3_000, rng))
    for one, two in (
        (ours.refits.coefficients[:, 1], theirs.coefficients[:, 1]),
        (ours.refits.residual_sd, theirs.residual_sd),
        (ours.refits.deviance, theirs.deviance),
        (ours.refits.covariances[0][:, 0, 1], theirs.covariances[0][:, 0, 1]),
    ):
        assert stats.ks_2samp(one, two).pvalue > 1e-3
    assert ours.failed == 0


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("name", ["slopes", "missing", "nested", "weighted"])
def test_groups_refitted_are_those_of_rebuilt_data(name: str, restricted: bool) -> None:
    data = MODELS.get(name, growth(missing=5))
    if name == "weighted":
        n, rng = len(data.response), np.random.default_rng(2)
        data = replace(data, weights=rng.uniform(0.5, 2, n), offset=rng.standard_normal(n))
    found = fit(data, restricted=restricted)
    own = clusters_of(found)
    groups = own.model.design.layout.groups
    count = int(groups.max()) + 1
    counts = np.random.default_rng(6).integers(0, 3, (3, count))
    refits = refit_groups(found, own, counts)
    for b in range(3):
        rows = [np.flatnonzero(groups == g) for g in range(count) for _ in range(counts[b, g])]
        drawn = np.repeat(np.arange(len(rows)), [len(part) for part in rows])
        at = np.concatenate(rows)
        random = []
        for one in data.random:
            pairs = np.unique(np.stack([drawn, one.codes[at]]), axis=1, return_inverse=True)[1].reshape(-1)
            random.append(
                replace(
                    one, matrix=one.matrix[at], codes=pairs, levels=tuple(map(str, range(pairs.max() + 1)))
                )
            )
        rebuilt = MixedData(
            data.response[at],
            data.fixed[at],
            data.names,
            tuple(random),
            None if data.weights is None else data.weights[at],
            None if data.offset is None else data.offset[at],
        )
        if name == "nested":  # a site drawn twice shares no people
            assert len(random[1].levels) >= len(random[2].levels)
        expected = fit(rebuilt, restricted=restricted)
        assert refits.certified[b]
        assert refits.deviance[b] == pytest.approx(expected.deviance, abs=1e-7)
        assert refits.coefficients[b] == pytest.approx(expected.coefficients, rel=1e-5, abs=1e-6)
        assert refits.residual_sd[b] == pytest.approx(expected.residual_sd, rel=1e-5)
        for many, single in zip(refits.covariances, expected.covariances, strict=True):
            assert many[b] == pytest.approx(single, rel=1e-4, abs=1e-5)
        plain = expected.residual_sd**2 * detail(expected).covariance
        back = np.linalg.inv(expected.model.triangle)
        turn = refits.model.turned(np.eye(len(plain)))
        covariance = refits.residual_sd[b] ** 2 * turn @ refits.precision[b] @ turn.T
        assert covariance == pytest.approx(back @ plain @ back.T, rel=1e-4, abs=1e-6)


def test_each_group_is_left_out_in_turn() -> None:
    data = growth(missing=6)
    refits = leave_one_group_out(fit(data))
    assert len(refits.deviance) == 12
    kept = data.random[0].codes != 3
    codes = np.unique(data.random[0].codes[kept], return_inverse=True)[1]
    one = replace(data.random[0], matrix=data.random[0].matrix[kept], codes=codes)
    expected = fit(MixedData(data.response[kept], data.fixed[kept], data.names, (one,)))
    assert refits.coefficients[3] == pytest.approx(expected.coefficients, rel=1e-6)


def test_crossed_factors_have_no_independent_groups() -> None:
    with pytest.raises(NotEstimableError, match="participant, item are crossed"):
        cluster_bootstrap(fit(crossed()), 10, np.random.default_rng(1))
    assert parametric_bootstrap(fit(crossed()), 20, np.random.default_rng(1)).failed == 0


def test_resamples_that_lose_a_level_are_counted() -> None:
    one, codes = np.ones(16), np.repeat(np.arange(4), 4)
    arm = (codes == 0).astype(np.float64)
    y = np.random.default_rng(5).standard_normal(16) + codes
    random = term("person", codes.tolist(), intercept=one)
    found = fit(MixedData(y, np.column_stack([one, arm]), ("intercept", "arm"), (random,)))
    made = cluster_bootstrap(found, 500, np.random.default_rng(3))
    share = (3 / 4) ** 4 + (1 / 4) ** 4
    assert made.failed == pytest.approx(500 * share, abs=5 * np.sqrt(500 * share * (1 - share)))
    limits = made.coefficient(np.array([0.0, 1.0]), kind="percentile")
    assert limits.undefined == made.failed
    assert (limits.low, limits.high) == (-np.inf, np.inf)  # more than a tail's share is undefined


@pytest.fixture(scope="module")
def made() -> Bootstrap:
    return parametric_bootstrap(fit(growth(people=20)), 1_999, np.random.default_rng(11))


def test_limits_are_order_statistics(made: Bootstrap) -> None:
    values = np.sort(made.refits.coefficients @ SLOPE)
    estimate = float(SLOPE @ made.fit.coefficients)
    limits = made.coefficient(SLOPE, kind="percentile")
    assert (limits.low, limits.high) == pytest.approx((values[49], values[1949]))
    basic = made.coefficient(SLOPE, kind="basic")
    assert (basic.low, basic.high) == pytest.approx((2 * estimate - values[1949], 2 * estimate - values[49]))
    errors = made.refits.std_errors(np.eye(3)[2])
    pivots = np.sort((made.refits.coefficients @ SLOPE - estimate) / errors)
    studentized, error = made.coefficient(SLOPE), float(itself(made.fit).std_errors(SLOPE)[0])
    expected = (estimate - error * pivots[1949], estimate - error * pivots[49])
    assert (studentized.low, studentized.high) == pytest.approx(expected)
    assert studentized.low < limits.low


def test_std_error_is_that_of_the_fit(made: Bootstrap) -> None:
    covariance = made.fit.residual_sd**2 * detail(made.fit).covariance
    back = np.linalg.inv(made.fit.model.triangle)
    assert float(itself(made.fit).std_errors(SLOPE)[0]) == pytest.approx(
        np.sqrt(SLOPE @ back @ covariance @ back.T @ SLOPE)
    )


def test_basic_limits_stay_in_range_and_monte_carlo_errors_are_those_seen() -> None:
    found = fit(growth(people=8, slope=0.2))
    for one in components(found.data):
        limits = parametric_bootstrap(found, 500, np.random.default_rng(2)).component(one, kind="basic")
        assert one.bounds[0] <= limits.low < limits.high <= one.bounds[1]
    several = [parametric_bootstrap(found, 500, np.random.default_rng(seed)) for seed in range(40)]
    residual = [one.component(Component("residual_sd")) for one in several]
    seen = max(np.std([one.low for one in residual]), np.std([one.high for one in residual]))
    assert np.mean([one.mcse for one in residual]) == pytest.approx(seen, rel=0.4)


def test_the_seed_decides() -> None:
    found = fit(nested())
    one, two, other = (cluster_bootstrap(found, 50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.refits.theta, two.refits.theta)
    assert not np.array_equal(one.refits.theta, other.refits.theta)
