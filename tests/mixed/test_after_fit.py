"""Shares of variance, conditional modes and residuals, against performance, lme4 and dense matrices."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.formula import ModelData
from mmstats.mixed.explained import alike, explained
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.residuals import cholesky_residuals, conditional_modes, residuals
from mmstats.mixed.structure import FloatArray
from mmstats.mixed_design import mixed_design
from tests.mixed.data import crossed, growth, term
from tests.mixed.test_linear import MODELS, covariance

FIRST, *CASES = json.loads(
    (Path(__file__).parents[1] / "reference" / "mixed_explained.json").read_text(encoding="utf-8")
)["cases"]
ROWS = pd.DataFrame(FIRST["data"]).assign(hand=pd.Categorical(FIRST["data"]["hand"]))


@pytest.fixture(params=CASES, ids=lambda case: case["formula"])
def case(request: pytest.FixtureRequest) -> tuple[LinearFit, dict[str, Any]]:
    weights = ROWS["w"] if request.param["weighted"] else None
    data, _ = mixed_design(ModelData.of(request.param["formula"], ROWS), weights=weights)
    return fit(data), request.param


def test_shares_of_variance(case: tuple[LinearFit, dict[str, Any]]) -> None:
    found, expected = case
    shares = explained(found)
    assert shares.fixed == pytest.approx(expected["fixed"], rel=1e-6)
    if not expected["weighted"]:  # theirs has the residual variance of a row of weight 1
        assert sum(shares.random) == pytest.approx(expected["random"], rel=1e-6)
        assert shares.residual == pytest.approx(expected["residual"], rel=1e-6)
        assert shares.r2_marginal == pytest.approx(expected["r2_marginal"], rel=1e-6)
        assert shares.r2_conditional == pytest.approx(expected["r2_conditional"], rel=1e-6)
        assert shares.icc == pytest.approx(expected["icc"], rel=1e-6)


def test_conditional_modes(case: tuple[LinearFit, dict[str, Any]]) -> None:
    found, expected = case
    left = list(expected["modes"])
    for modes in conditional_modes(found):
        names = {":".join(sorted(level.split(":"))): at for at, level in enumerate(modes.term.levels)}
        match = [
            one
            for one in left
            if sorted(one["group"].split(":")) == sorted(modes.term.group.split(":"))
            and len(one["modes"]) == modes.term.size
            and np.allclose(np.std(one["modes"], axis=1), modes.values.std(axis=0), rtol=1e-4)
        ]
        assert match, modes.term
        left.remove(match[0])
        places = [names[":".join(sorted(level.split(":")))] for level in match[0]["levels"]]
        np.testing.assert_allclose(modes.values[places].T, match[0]["modes"], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(modes.std_devs[places].T, match[0]["sd"], rtol=1e-5)
    assert not left


def test_residuals(case: tuple[LinearFit, dict[str, Any]]) -> None:
    found, expected = case
    ours = residuals(found)
    for name in ("fitted", "conditional", "marginal"):
        np.testing.assert_allclose(getattr(ours, name), expected[name], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ours.scaled, expected["scaled"], rtol=1e-5, atol=1e-5)
    if len({one.group for one in found.data.random}) == 1:  # of crossed groups, the order differs
        np.testing.assert_allclose(cholesky_residuals(found), expected["cholesky"], rtol=1e-5, atol=1e-5)


def whole(found: LinearFit) -> FloatArray:
    factors = [factor / found.residual_sd for factor in found.factors]
    return np.asarray(found.residual_sd**2 * covariance(found.data, factors))


@pytest.mark.parametrize("name", MODELS)
class TestAgainstDenseMatrices:
    def test_modes_and_their_covariance(self, name: str) -> None:
        found = fit(MODELS[name])
        inverse, marginal = np.linalg.inv(whole(found)), residuals(found).marginal
        for modes, own in zip(conditional_modes(found), found.covariances, strict=True):
            for level in range(len(modes.term.levels)):
                columns = modes.term.matrix * (modes.term.codes == level)[:, None]
                reach = own @ columns.T @ inverse
                np.testing.assert_allclose(modes.values[level], reach @ marginal, rtol=1e-8, atol=1e-9)
                expected = own - reach @ columns @ own
                np.testing.assert_allclose(modes.covariance[level], expected, rtol=1e-7, atol=1e-9)

    def test_cholesky(self, name: str) -> None:
        found = fit(MODELS[name])
        order = np.argsort(found.model.design.layout.groups, kind="stable")
        factor = np.linalg.cholesky(whole(found)[np.ix_(order, order)])
        expected = np.linalg.solve(factor, residuals(found).marginal[order])
        np.testing.assert_allclose(cholesky_residuals(found)[order], expected, rtol=1e-8, atol=1e-9)

    def test_another_unit(self, name: str) -> None:
        data = MODELS[name]
        one, two = fit(data), fit(replace(data, response=100 - 3 * data.response))
        np.testing.assert_allclose(residuals(two).scaled, -residuals(one).scaled, rtol=1e-5, atol=1e-6)
        assert explained(two).r2_conditional == pytest.approx(explained(one).r2_conditional, rel=1e-6)
        assert alike(two)[0].icc == pytest.approx(alike(one)[0].icc, rel=1e-6)

    def test_reference_of_shared_models(self, name: str) -> None:
        found = fit(MODELS[name])
        assert residuals(found).fitted + residuals(found).conditional == pytest.approx(found.response)


def test_weights_and_offset() -> None:
    rng, data = np.random.default_rng(8), crossed()
    n = len(data.response)
    data = replace(data, weights=rng.uniform(0.5, 2, n), offset=rng.standard_normal(n))
    found = fit(data)
    inverse = np.linalg.inv(whole(found))
    modes = conditional_modes(found)[0]
    columns = modes.term.matrix * (modes.term.codes == 3)[:, None]
    expected = found.covariances[0] @ columns.T @ inverse @ residuals(found).marginal
    np.testing.assert_allclose(modes.values[3], expected, rtol=1e-8, atol=1e-9)
    assert data.offset is not None
    assert data.weights is not None
    np.testing.assert_allclose(residuals(found).population, data.fixed @ found.coefficients + data.offset)
    assert explained(found).residual == pytest.approx(found.residual_sd**2 * np.mean(1 / data.weights))


def test_rows_of_nested_groups_share_what_is_around_them() -> None:
    found = fit(MODELS["nested"])
    hand, person, site = (float(c[0, 0]) for c in found.covariances)
    total = hand + person + site + found.residual_sd**2
    by_group = {one.group: one for one in alike(found)}
    assert by_group["hand"].icc == pytest.approx((hand + person + site) / total)
    assert by_group["person"].icc == pytest.approx((person + site) / total)
    assert by_group["site"].icc == pytest.approx(site / total)
    assert by_group["site"].sizes.sum() == len(found.response)
    assert "Groups have" in by_group["person"].note


def test_the_design_effect_of_a_mean() -> None:
    """It is what the variance of a mean of rows is multiplied by, whatever the sizes of the groups."""
    codes = np.repeat(np.arange(6), [2, 9, 4, 5, 3, 7])
    one = np.ones(len(codes))
    y = np.random.default_rng(3).standard_normal(6)[codes] + np.random.default_rng(4).standard_normal(30)
    found = fit(replace(growth(), response=y, fixed=one[:, None], names=("intercept",),
                        random=(term("g", codes.tolist(), intercept=one),)))  # fmt: skip
    v = whole(found)
    (only,) = alike(found)
    assert only.design_effect == pytest.approx(v.sum() / np.trace(v), rel=1e-10)
    assert "2 to 9 rows; the design effect takes 6.133" in only.note
    assert not alike(fit(crossed()))[1].note.startswith("Groups")
    assert alike(fit(growth()))[0].note == "At the means of the random columns; elsewhere it differs."


def test_singular_fits() -> None:
    y = np.tile([1.0, 2.0, 3.0, 4.0], 5)
    one = np.ones(20)
    random = (term("g", np.repeat(np.arange(5), 4).tolist(), intercept=one),)
    found = fit(replace(growth(), response=y, fixed=one[:, None], names=("intercept",), random=random))
    assert conditional_modes(found)[0].values == pytest.approx(np.zeros((5, 1)), abs=1e-9)
    assert conditional_modes(found)[0].std_devs == pytest.approx(np.zeros((5, 1)), abs=1e-5)
    shares = explained(found)
    assert (shares.r2_marginal, shares.r2_conditional, shares.icc) == pytest.approx((0, 0, 0), abs=1e-9)
    np.testing.assert_allclose(cholesky_residuals(found), (y - 2.5) / found.residual_sd, atol=1e-9)
