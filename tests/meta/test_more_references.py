"""Fixed weights, best predictions, location and scale, iterated moments: against the shared references."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.meta.given_weights import pool_by_weights
from mmstats.meta.location_scale import _at, location_scale
from mmstats.meta.pooling import pool
from mmstats.meta.shrunken import shrunken_effects
from tests.meta.shared import TESTS, UNIVARIATE, expected, material

CLOSE = 1e-9


@pytest.mark.parametrize("test", ["z", "t", "knha", "adhoc"])
@pytest.mark.parametrize("name", UNIVARIATE)
def test_given_weights(references: Path, name: str, test: str) -> None:
    effects, variances, columns, names = material(references, name)
    said = expected(references, name)["GENQ"][test]
    found = pool_by_weights(
        pool(effects, variances, columns, names, tau2="dl", test="z"),
        1 / (variances + variances.mean()),
        test=TESTS[test],
    )
    assert found.tau2 == pytest.approx(said["tau2"], rel=CLOSE)
    assert found.tau2_std_error == pytest.approx(said["se.tau2"], rel=CLOSE)
    assert found.coefficients == pytest.approx(list(said["b"].values()), rel=CLOSE)
    assert found.std_errors == pytest.approx(said["se"], rel=CLOSE)
    assert found.scale == pytest.approx(said["s2w"], rel=CLOSE)


@pytest.mark.parametrize("name", UNIVARIATE)
def test_iterated_moments_end_where_paule_and_mandels_do(references: Path, name: str) -> None:
    effects, variances, columns, names = material(references, name)
    found = pool(effects, variances, columns, names, tau2="pm", test="z")
    for iterated in ("DLIT", "SJIT"):
        said = expected(references, name)[iterated]["z"]
        assert found.tau2 == pytest.approx(said["tau2"], rel=1e-6)  # which stops when steps are small
        assert found.coefficients == pytest.approx(list(said["b"].values()), rel=1e-6)
        assert found.std_errors == pytest.approx(said["se"], rel=1e-6)


@pytest.mark.parametrize("name", UNIVARIATE)
def test_predictions_of_true_effects(references: Path, name: str) -> None:
    effects, variances, columns, names = material(references, name)
    said = expected(references, name)["blup"]
    found = shrunken_effects(pool(effects, variances, columns, names, tau2="reml", test="z"))
    # Its REML stopped early in raudenbush1985 (its equation is off by 1e-9), where one limit is near 0.
    assert found.effects == pytest.approx(said["pred"], rel=2e-9)
    assert found.std_errors == pytest.approx(said["se"], rel=2e-9)
    assert found.low == pytest.approx(said["pi.lb"], rel=2e-7)
    assert found.high == pytest.approx(said["pi.ub"], rel=2e-9)


def test_allocation_and_latitude(references: Path) -> None:
    rows = pd.read_csv(references / "reference" / "data" / "bcg.csv")
    design = np.column_stack(
        [np.ones(len(rows)), rows["alloc"] == "random", rows["alloc"] == "systematic", rows["ablat"]]
    ).astype(float)
    found = pool(
        rows["yi"].to_numpy(), rows["vi"].to_numpy(), design, ("intercept", "r", "s", "ablat"), test="z"
    )
    said = expected(references, "bcg_metareg")["alloc_ablat"]
    assert found.coefficients == pytest.approx(list(said["b"].values()), rel=CLOSE)
    assert found.std_errors == pytest.approx(said["se"], rel=CLOSE)
    assert found.tau2 == pytest.approx(said["tau2"], rel=CLOSE)
    assert found.r2 == pytest.approx(said["R2"], rel=CLOSE)
    assert found.moderators()[0] == pytest.approx(said["QM"], rel=CLOSE)
    assert found.log_likelihood(restricted=False) == pytest.approx(said["fit.stats"]["ML"]["ll"], rel=CLOSE)


def test_location_and_scale(references: Path) -> None:
    effects, variances, columns, names = material(references, "bcg_metareg")
    said = expected(references, "bcg_metareg")["locscale"]
    pooled = pool(effects, variances, columns[:, :2], names[:2], test="z")
    found = location_scale(pooled, columns[:, :2], names[:2])
    assert found.log_likelihood >= said["ll"]
    assert found.log_likelihood == pytest.approx(said["ll"], rel=1e-12)
    assert found.coefficients == pytest.approx(said["beta"], rel=1e-7)
    assert found.std_errors == pytest.approx(said["se"], rel=1e-7)
    # The reference's search stops a little before the maximum, and differentiates numerically.
    assert found.scale_coefficients == pytest.approx(said["alpha"], rel=1e-5)
    assert found.scale_std_errors == pytest.approx(said["se.alpha"], rel=1e-4)


def test_the_likelihoods_derivatives() -> None:
    rng = np.random.default_rng(3)
    variances = rng.uniform(0.05, 0.5, 12)
    z = np.linalg.qr(np.column_stack([np.ones(12), rng.standard_normal(12)]))[0]
    pooled = pool(rng.standard_normal(12), variances, z, ("one", "x"), test="z")
    alpha, step = np.array([-1.0, 0.7]), 1e-5
    _, gradient, hessian, *_ = _at(pooled, z, alpha)
    for place, by in enumerate(step * np.eye(2)):
        up, down = _at(pooled, z, alpha + by), _at(pooled, z, alpha - by)
        assert (up[0] - down[0]) / (2 * step) == pytest.approx(gradient[place], rel=1e-6)
        assert (up[1] - down[1]) / (2 * step) == pytest.approx(hessian[place], rel=1e-6)


def test_a_constant_scale_is_the_usual_model() -> None:
    rng = np.random.default_rng(5)
    effects, variances = rng.standard_normal(9), rng.uniform(0.05, 0.3, 9)
    pooled = pool(effects, variances, test="z")
    found = location_scale(pooled, np.ones((9, 1)), ("one",))
    assert found.tau2 == pytest.approx(np.full(9, pooled.tau2), rel=1e-8)
    assert found.coefficients == pytest.approx(pooled.coefficients, rel=1e-8)
    assert found.log_likelihood == pytest.approx(pooled.log_likelihood(restricted=True), rel=1e-10)


def test_what_has_no_maximum_says_so() -> None:
    effects, variances = np.array([0.1, 0.11, 0.09, 0.1, 0.12]), np.full(5, 0.04)
    pooled = pool(effects, variances, test="z")
    with pytest.raises(NotEstimableError, match="goes to 0"):
        location_scale(pooled, np.column_stack([np.ones(5), np.arange(5.0)]), ("one", "x"))


def test_shrunken_effects_lie_between_their_own_and_the_average() -> None:
    rng = np.random.default_rng(1)
    effects, variances = 3 * rng.standard_normal(10), rng.uniform(0.05, 2.0, 10)
    pooled = pool(effects, variances)
    found, middle = shrunken_effects(pooled), pooled.coefficients[0]
    assert ((found.effects - middle) * (effects - middle) > 0).all()
    assert (np.abs(found.effects - middle) < np.abs(effects - middle)).all()
    turned = shrunken_effects(pool(-effects[::-1], variances[::-1]))
    assert turned.effects[::-1] == pytest.approx(-found.effects)


def test_weights_that_cannot_be() -> None:
    pooled = pool(np.array([0.1, 0.4, 0.2]), np.array([0.1, 0.2, 0.3]))
    for weights in (np.array([1.0, 0.0, 1.0]), np.ones(2), np.array([1.0, np.nan, 1.0])):
        with pytest.raises(NotEstimableError, match="3 finite numbers above 0"):
            pool_by_weights(pooled, weights)
