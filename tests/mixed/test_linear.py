"""The linear engine against dense matrices written out, and what must not change an answer."""

from collections.abc import Sequence
from dataclasses import replace
from math import log, pi

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.mixed.derivatives import curvature_for, derivatives
from mmstats.mixed.deviance import deviance, solved_for
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.prepared import prepared
from mmstats.mixed.refits import refit
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed.search import by_theta
from mmstats.mixed.structure import FloatArray, MixedData
from tests.mixed.data import crossed, growth, term


def nested() -> MixedData:
    """Return hands within people, unbalanced, within sites."""
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(9), [6, 4, 5, 6, 6, 2, 6, 3, 6])
    hand = 2 * person + rng.integers(0, 2, len(person))
    _, hand = np.unique(hand, return_inverse=True)
    site = person % 3
    y = rng.standard_normal(3)[site] + rng.standard_normal(9)[person] + rng.standard_normal(18)[hand]
    one = np.ones(len(y))
    random = (
        term("hand", hand.tolist(), intercept=one),
        term("person", person.tolist(), intercept=one),
        term("site", site.tolist(), intercept=one),
    )
    x = rng.standard_normal(len(y))
    return MixedData(y + rng.standard_normal(len(y)), np.column_stack([one, x]), ("intercept", "x"), random)


MODELS = {"slopes": growth(), "missing": growth(missing=9), "crossed": crossed(), "nested": nested()}


def covariance(data: MixedData, factors: Sequence[np.ndarray]) -> FloatArray:
    """Return V, relative, as the n x n matrix that the engine never forms."""
    n = len(data.response)
    total = np.eye(n) if data.weights is None else np.diag(1 / data.weights)
    for one, factor in zip(data.random, factors, strict=True):
        same = one.codes[:, None] == one.codes
        total += same * (one.matrix @ factor @ factor.T @ one.matrix.T)
    return total


def dense(data: MixedData, factors: list[FloatArray], *, restricted: bool) -> tuple[float, np.ndarray]:
    """Return the deviance and the coefficients, by the formulas as books have them."""
    v = covariance(data, factors)
    x, n, p = data.fixed, *data.fixed.shape
    y = data.response - (0 if data.offset is None else data.offset)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    size = n - p if restricted else n
    squares = float((y - x @ beta) @ inverse @ (y - x @ beta))
    found = np.linalg.slogdet(v)[1] + size * (1 + log(2 * pi * squares / size))
    return float(found + restricted * np.linalg.slogdet(information)[1]), beta


def relative(found: LinearFit) -> list[FloatArray]:
    return [factor / found.residual_sd for factor in found.factors]


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("name", MODELS)
class TestAgainstDenseMatrices:
    def test_deviance_and_coefficients(self, name: str, restricted: bool) -> None:
        found = fit(MODELS[name], restricted=restricted)
        expected, beta = dense(MODELS[name], relative(found), restricted=restricted)
        assert found.deviance == pytest.approx(expected, abs=1e-9)
        assert found.coefficients == pytest.approx(beta, rel=1e-9)

    def test_derivatives_are_those_of_differences(self, name: str, restricted: bool) -> None:
        found = fit(MODELS[name], restricted=restricted)
        columns, size = found.model.design.compiled, float(found.size)
        solved, curvature = solved_for(columns), curvature_for(columns)
        t = len(found.optimum.theta)
        theta = found.optimum.theta + 0.2 * np.cos(np.arange(t))

        def at(where: FloatArray) -> tuple[FloatArray, FloatArray]:
            _, left = deviance(where, restricted, size, columns, found.moments[0], solved)
            derivatives(restricted, columns, found.moments[0], solved, curvature)
            slope = curvature.trace - size * curvature.quadratic / left
            both = np.outer(curvature.quadratic, curvature.quadratic)
            bent = size * (2 * curvature.bends / left - both / left**2) - curvature.traces
            gradient, hessian, jacobian = np.empty(t), np.empty((t, t)), np.empty((t, t))
            by_theta(where, columns.sizes, slope, bent, gradient, hessian, jacobian)
            return gradient, hessian

        gradient, hessian = at(theta)
        for i in range(t):
            step = 1e-5 * np.eye(t)[i]
            ends = [deviance(theta + s * step, restricted, size, columns, found.moments[0], solved)[0]
                    for s in (1, -1)]  # fmt: skip
            assert gradient[i] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=1e-6)
            slopes = (at(theta + step)[0] - at(theta - step)[0]) / 2e-5
            assert hessian[i] == pytest.approx(slopes, rel=1e-6, abs=1e-5)

    def test_no_neighbour_is_better(self, name: str, restricted: bool) -> None:
        found, rng = fit(MODELS[name], restricted=restricted), np.random.default_rng(5)
        for _ in range(20):
            moved = [f + 0.05 * np.tril(rng.standard_normal(f.shape)) for f in relative(found)]
            assert dense(MODELS[name], moved, restricted=restricted)[0] > found.deviance - 1e-9


def changed(data: MixedData, order: np.ndarray, shift: float, factor: float) -> MixedData:
    return replace(
        data,
        response=factor * (data.response[order] + shift),
        fixed=data.fixed[order],
        random=tuple(replace(one, matrix=one.matrix[order], codes=one.codes[order]) for one in data.random),
    )


@pytest.mark.parametrize("name", MODELS)
class TestEquivariance:
    def test_rows_in_another_order_and_another_unit(self, name: str) -> None:
        data = MODELS[name]
        order = np.random.default_rng(6).permutation(len(data.response))
        plain, other = fit(data), fit(changed(data, order, 1e4, -3.0))
        assert other.coefficients[0] == pytest.approx(-3 * (plain.coefficients[0] + 1e4), rel=1e-9)
        assert other.coefficients[1:] == pytest.approx(-3 * plain.coefficients[1:], rel=1e-6)
        assert other.residual_sd == pytest.approx(3 * plain.residual_sd, rel=1e-7)
        for one, two in zip(plain.covariances, other.covariances, strict=True):
            assert two == pytest.approx(9 * one, rel=1e-6, abs=1e-6)

    def test_tests_do_not_depend_on_the_unit_of_a_column(self, name: str) -> None:
        data = MODELS[name]
        scaled = replace(data, fixed=data.fixed * np.array([1.0, *[1e5] * (data.fixed.shape[1] - 1)]))
        everything = np.eye(data.fixed.shape[1])[1:]
        for made in (kenward_roger, satterthwaite):
            one, two = (made(fit(d)).test(everything) for d in (data, scaled))
            assert two.statistic == pytest.approx(one.statistic, rel=1e-7)
            assert two.df2 == pytest.approx(one.df2, rel=1e-6)

    def test_many_at_once_are_one_by_one(self, name: str) -> None:
        data, rng = MODELS[name], np.random.default_rng(7)
        found = fit(data)
        responses = data.response[:, None] + rng.standard_normal((len(data.response), 6))
        many = refit(found, responses)
        assert many.certified.all()
        for b in range(6):
            one = fit(found.model, response=responses[:, b])
            assert many.deviance[b] == pytest.approx(one.deviance, abs=1e-8)
            assert many.coefficients[b] == pytest.approx(one.coefficients, rel=1e-6, abs=1e-6)
            for term_, single in zip(many.covariances, one.covariances, strict=True):
                assert term_[b] == pytest.approx(single, rel=1e-4, abs=1e-5)


def test_weights_and_offset() -> None:
    rng = np.random.default_rng(8)
    data = growth()
    n = len(data.response)
    data = replace(data, weights=rng.uniform(0.5, 2, n), offset=rng.standard_normal(n))
    for restricted in (True, False):
        found = fit(data, restricted=restricted)
        expected, beta = dense(data, relative(found), restricted=restricted)
        assert found.deviance == pytest.approx(expected, abs=1e-9)
        assert found.coefficients == pytest.approx(beta, rel=1e-9)


def test_balanced_groups_share_a_pattern() -> None:
    assert len(prepared(growth()).design.counts) == 2
    assert len(prepared(growth(missing=9)).design.counts) > 2


def test_a_start_at_a_saddle_is_left() -> None:
    found = fit(growth())
    zero = fit(found.model, start=np.zeros(3))
    assert zero.deviance == pytest.approx(found.deviance, abs=1e-9)


def test_no_variation_between_groups_is_a_singular_fit() -> None:
    y = np.tile([1.0, 2.0, 3.0, 4.0], 5)
    one = np.ones(20)
    codes = np.repeat(np.arange(5), 4).tolist()
    found = fit(MixedData(y, one[:, None], ("intercept",), (term("g", codes, intercept=one),)))
    assert found.singular == ("(intercept | g)",)
    assert found.covariances[0][0, 0] == pytest.approx(0, abs=1e-12)
    assert found.residual_sd == pytest.approx(np.std(y, ddof=1))


def test_what_cannot_be_fitted_says_so() -> None:
    one = np.ones(6)
    single = term("g", [0, 1, 2, 3, 4, 5], intercept=one)
    with pytest.raises(NotEstimableError, match="cannot be told from the residuals"):
        fit(MixedData(np.arange(6.0), one[:, None], ("intercept",), (single,)))
    pairs = term("g", [0, 0, 1, 1, 2, 2], intercept=one)
    with pytest.raises(NotEstimableError, match="constant"):
        fit(MixedData(one, one[:, None], ("intercept",), (pairs,)))
    twice = np.column_stack([one, 2 * one])
    with pytest.raises(NotEstimableError, match="'again' depends on those before it"):
        fit(MixedData(np.arange(6.0), twice, ("intercept", "again"), (pairs,)))
