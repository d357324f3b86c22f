"""What holds of every selection model."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import pool
from mmstats.meta.selection.likelihood import SelectionLikelihood
from mmstats.meta.selection.model import select
from mmstats.meta.selection.weights import (
    Beta,
    HalfNormal,
    Logistic,
    NegativeExponential,
    Power,
    Steps,
    TwoSidedSteps,
    Weight,
)

EFFECTS = np.array([0.9, 0.7, 0.6, 0.55, 0.5, 0.3, 0.1, 0.2, 0.45, 0.05, -0.1, 0.35])
VARIANCES = np.array([0.4, 0.3, 0.29, 0.25, 0.2, 0.12, 0.1, 0.15, 0.3, 0.2, 0.15, 0.1]) ** 2
WEIGHTS = (
    Steps(), Steps((0.025, 0.5)), Beta(), HalfNormal(), NegativeExponential(), Logistic(), Power(),
    TwoSidedSteps((0.05,)), TwoSidedSteps((0.05, 0.3)),
)  # fmt: skip
NEUTRAL = (0.0, [0.0, 0.0], [1.0, 1.0], 0.0, 0.0, 0.0, 0.0, 0.0, [0.0, 0.0])


def likelihood(weight: Weight, sign: int = 1) -> SelectionLikelihood:
    return SelectionLikelihood(EFFECTS, VARIANCES, sign, weight)


@pytest.mark.parametrize(("weight", "free"), list(zip(WEIGHTS, NEUTRAL, strict=True)), ids=repr)
def test_equal_weights_are_plain_pooling(weight: Weight, free: float | list[float]) -> None:
    plain = pool(EFFECTS, VARIANCES, tau2="ml", test="z")
    point = np.concatenate([plain.coefficients, [np.sqrt(plain.tau2)], np.atleast_1d(free)])
    value, gradient = likelihood(weight)(point)
    assert value == pytest.approx(plain.log_likelihood(restricted=False), abs=1e-12)
    np.testing.assert_allclose(gradient[:2], 0, atol=1e-8)


@pytest.mark.parametrize("weight", WEIGHTS, ids=repr)
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("tau", [0.0, 0.05, 2.0])
def test_gradient_is_exact(weight: Weight, sign: int, tau: float) -> None:
    function = likelihood(weight, sign)
    point = np.concatenate([[0.2, tau], np.linspace(0.7, 1.3, len(weight.names))])
    for i, slope in enumerate(function(point)[1]):
        step = 1e-5 * np.eye(len(point))[i]
        near = (function(point + step)[0] - function(point - step)[0]) / 2e-5
        far = (function(point + 2 * step)[0] - function(point - 2 * step)[0]) / 4e-5
        assert slope == pytest.approx((4 * near - far) / 3, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("weight", WEIGHTS, ids=repr)
def test_density_has_mass_one(weight: Weight) -> None:
    point = np.concatenate([[0.2, 0.3], np.linspace(0.7, 1.3, len(weight.names))])

    def density(effect: float) -> float:
        one = SelectionLikelihood(np.array([effect]), np.array([0.04]), 1, weight)
        return float(np.exp(one(point)[0]))

    breaks = sorted({0.2 * float(cut) for cut in weight.cuts} | {0.2})
    ends = [-4.0, *[b for b in breaks if -4 < b < 4], 4.0]
    mass = sum(integrate.quad(density, a, b, epsabs=1e-11)[0] for a, b in pairwise(ends))
    assert mass == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("weight", WEIGHTS, ids=repr)
def test_sign_and_order_and_unit(weight: Weight) -> None:
    found = select(EFFECTS, VARIANCES, weight=weight)
    turned = select(-EFFECTS, VARIANCES, weight=weight, side="less")
    order = np.random.default_rng(5).permutation(len(EFFECTS))
    moved = select(EFFECTS[order], VARIANCES[order], weight=weight)
    larger = select(100 * EFFECTS, 1e4 * VARIANCES, weight=weight)
    for other, factor in ((turned, -1.0), (moved, 1.0), (larger, 100.0)):
        assert other.estimate == pytest.approx(factor * found.estimate, rel=1e-6)
        assert other.tau2 == pytest.approx(factor**2 * found.tau2, rel=1e-5, abs=1e-12)
        np.testing.assert_allclose(other.parameters, found.parameters, rtol=1e-5, atol=1e-8)
        assert other.std_error == pytest.approx(abs(factor) * found.std_error, rel=1e-5)
        assert other.selection_test[0] == pytest.approx(found.selection_test[0], abs=1e-9)


@pytest.mark.parametrize("weight", WEIGHTS, ids=repr)
def test_nothing_is_higher(weight: Weight) -> None:
    """A maximum is one over everything: no random point is higher."""
    found = select(EFFECTS, VARIANCES, weight=weight)
    rng = np.random.default_rng(3)
    for _ in range(300):
        point = np.concatenate(
            [rng.normal(0.2, 0.5, 1), rng.exponential(0.3, 1), rng.normal(0, 1.2, len(weight.names))]
        )
        assert found.likelihood(point)[0] <= found.log_likelihood + 1e-12


def test_finds_what_was_selected() -> None:
    """Of 4,000 simulated studies, those with p above 0.025 are published one time in four."""
    rng = np.random.default_rng(11)
    errors = rng.uniform(0.1, 0.4, 4000)
    effects = rng.normal(0.2, np.sqrt(errors**2 + 0.15**2))
    published = (effects / errors > stats.norm.isf(0.025)) | (rng.random(4000) < 0.25)
    found = select(effects[published], errors[published] ** 2)
    naive = pool(effects[published], errors[published] ** 2, test="z")
    assert abs(found.estimate - 0.2) < 3 * found.std_error
    assert abs(found.parameters[0] - 0.25) < 3 * found.parameter_std_errors[0]
    assert abs(found.tau2 - 0.15**2) < 3 * found.tau2_std_error
    assert naive.coefficients[0] > 0.2 + 10 * float(naive.std_errors[0])
    assert found.selection_test[2] < 1e-6


def test_stretches_without_studies_are_named() -> None:
    with pytest.raises(NotEstimableError, match=r"No study has p <= 0\.025") as error:
        select(-np.abs(EFFECTS), VARIANCES)
    assert "turn the side" in str(error.value)
    with pytest.raises(NotEstimableError) as error:
        select(EFFECTS + 3, VARIANCES, weight=Steps((0.025, 0.5)))
    assert list(error.value.problems) == [
        "No study has 0.025 < p <= 0.5.",
        "No study has 0.5 < p <= 1.",
    ]


@pytest.mark.parametrize("steps", [(), (0.5, 0.025), (0.0,), (1.0,), (0.1, 0.1)])
def test_steps_that_are_none(steps: tuple[float, ...]) -> None:
    with pytest.raises(NotEstimableError, match="Steps are one-sided p values"):
        select(EFFECTS, VARIANCES, weight=Steps(steps))


def test_bad_studies_are_named() -> None:
    with pytest.raises(NotEstimableError, match="Study 2: its variance is -1"):
        select(np.array([0.1, 0.2, 0.3]), np.array([0.1, -1.0, 0.1]))


def test_two_sided_steps_know_no_side() -> None:
    weight = TwoSidedSteps((0.05, 0.3))
    one, other = select(EFFECTS, VARIANCES, weight=weight), select(-EFFECTS, VARIANCES, weight=weight)
    assert one.estimate == pytest.approx(-other.estimate, rel=1e-6)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-9)
    z = np.array([-3.0, -1.5, 0.0, 1.5, 3.0])
    assert weight.stretch(z).tolist() == [0, 1, 2, 1, 0]


@given(st.integers(0, 10_000))
def test_three_parameter_model_is_found_or_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 12))
    variances = rng.uniform(0.01, 0.3, k)
    effects = rng.normal(rng.uniform(-0.5, 0.8), np.sqrt(variances + rng.choice([0.0, 0.1])))
    try:
        found = select(effects, variances)
    except NotEstimableError:
        return
    assert found.gradient_norm < 1e-5
    assert found.std_error > 0
    plain = pool(effects, variances, tau2="ml", test="z").log_likelihood(restricted=False)
    assert found.log_likelihood >= plain - 1e-9


@pytest.mark.parametrize("weight", [Steps(), Beta(), Logistic()], ids=repr)
def test_covariance_is_the_inverse_information(weight: Weight) -> None:
    """Second differences of the likelihood by the mean, tau squared and the parameters themselves."""
    found = select(EFFECTS, VARIANCES, weight=weight)
    assert not any(found.at_zero)
    centre = np.concatenate([[found.estimate, found.tau2], found.parameters])
    size = np.sqrt(np.diag(found.covariance)) * 1e-3

    def value(x: np.ndarray) -> float:
        free = np.log(x[2:]) if isinstance(weight, Steps) else np.sqrt(x[2:])
        return found.likelihood(np.concatenate([[x[0], np.sqrt(x[1])], free]))[0]

    p = len(centre)
    bend = np.empty((p, p))
    for i in range(p):
        for j in range(p):
            a, b = size[i] * np.eye(p)[i], size[j] * np.eye(p)[j]
            total = (
                value(centre + a + b) - value(centre + a - b) - value(centre - a + b) + value(centre - a - b)
            )
            bend[i, j] = -total / (4 * size[i] * size[j])
    # second differences of a likelihood near 10 lose ten of its sixteen digits
    np.testing.assert_allclose(found.covariance, np.linalg.inv(bend), rtol=1e-3)
    assert found.interval(0.99)[0] < found.interval()[0] < found.interval()[1] < found.interval(0.99)[1]
