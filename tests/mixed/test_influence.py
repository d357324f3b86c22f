"""Leaving levels and rows out: against lme4, against fits from the rows, and where nothing is left to fit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.formula import ModelData
from mmstats.mixed.influence import Influence, influence
from mmstats.mixed.leaving_out import data_without
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed.structure import IntArray
from mmstats.mixed_design import mixed_design
from tests.mixed.data import crossed, growth, term
from tests.mixed.test_linear import MODELS

FIRST, *CASES = json.loads(
    (Path(__file__).parents[1] / "reference" / "mixed_influence.json").read_text(encoding="utf-8")
)["cases"]
ROWS = pd.DataFrame(FIRST["data"]).assign(hand=pd.Categorical(FIRST["data"]["hand"]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['formula']} {case['group']}")
def test_agrees_with_lme4(case: dict[str, Any]) -> None:
    data, _ = mixed_design(ModelData.of(case["formula"], ROWS))
    found = fit(data, restricted=case["restricted"])
    if case["group"]:
        levels, codes = np.unique(ROWS[case["group"]].astype(str), return_inverse=True)
        ours = influence(found, codes, tuple(levels))
    else:
        ours = influence(found)
    order = [ours.levels.index(level) for level in case["levels"]]
    assert not any(ours.notes)
    # lme4's searches end where the deviance changes in its tenth digit
    np.testing.assert_allclose(ours.coefficients[order].T, case["coefficients"], rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(ours.dfbetas[order].T, case["dfbetas"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(ours.cooks_distances[order], case["cooks"], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(ours.residual_sd[order], case["sigma"], rtol=1e-5)
    theirs: dict[str, list[Any]] = {}
    for name, values in zip(element_names(case), case["elements"], strict=True):
        theirs.setdefault(name, []).append(values)
    for one, covariances in zip(data.random, ours.covariances, strict=True):
        triangle = covariances[order][:, *np.triu_indices(one.size)].T
        expected = theirs[":".join(sorted(one.group.split(":")))]
        np.testing.assert_allclose(triangle, expected, rtol=1e-3, atol=1e-3)


def element_names(case: dict[str, Any]) -> list[str]:
    """Return the group of each element of their covariances; only the first has several columns here."""
    groups = [":".join(sorted(name.split(":"))) for name in np.atleast_1d(case["order"])]
    extra = len(case["elements"]) - len(groups)
    wide = groups.index("person") if "person" in groups else 0
    return [name for at, name in enumerate(groups) for _ in range(1 + extra * (at == wide))]


def check(found: LinearFit, codes: IntArray | None, ours: Influence) -> None:
    codes = np.arange(found.rows) if codes is None else codes
    for level in range(len(ours.levels)):
        rest = data_without(replace(found.data, response=found.response), np.flatnonzero(codes == level))
        one = fit(rest, restricted=found.restricted)
        np.testing.assert_allclose(ours.coefficients[level], one.coefficients, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(ours.residual_sd[level], one.residual_sd, rtol=1e-6)
        errors = np.sqrt(np.diag(satterthwaite(one).covariance))
        np.testing.assert_allclose(ours.std_errors[level], errors, rtol=1e-5)
        for mine, own in zip(ours.covariances, one.covariances, strict=True):
            np.testing.assert_allclose(mine[level], own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("name", MODELS)
class TestAgainstFitsOfTheRest:
    def test_each_grouping_factor(self, name: str, restricted: bool) -> None:
        found = fit(MODELS[name], restricted=restricted)
        for one in found.data.random:
            if len(one.levels) > 2:
                ours = influence(found, one.codes, one.levels)
                assert not any(ours.notes)
                check(found, one.codes, ours)

    def test_each_row(self, name: str, restricted: bool) -> None:
        found = fit(MODELS[name], restricted=restricted)
        ours = influence(found)
        assert not any(ours.notes)
        check(found, None, ours)


def test_weights_and_offset() -> None:
    rng, data = np.random.default_rng(8), crossed()
    n = len(data.response)
    found = fit(replace(data, weights=rng.uniform(0.5, 2, n), offset=rng.standard_normal(n)))
    codes = found.data.random[1].codes
    check(found, codes, influence(found, codes))


def test_one_that_holds_nearly_all_variation() -> None:
    data = growth(visits=4)
    codes = data.random[0].codes
    response = data.response + np.where(codes == 5, 1e6 * np.array([1.0, -3, 2, 5])[np.arange(48) % 4], 0)
    found = fit(replace(data, response=response))
    ours = influence(found, codes)
    alone = fit(data_without(found.data, np.flatnonzero(codes == 5)))
    np.testing.assert_allclose(ours.coefficients[5], alone.coefficients, rtol=1e-9)
    assert ours.cooks_distances.argmax() == 5


def test_units_and_the_order_of_rows() -> None:
    data = growth(missing=5)
    codes = data.random[0].codes
    plain = influence(fit(data), codes)
    order = np.random.default_rng(2).permutation(len(codes))
    moved = replace(
        data,
        response=7 - 2 * data.response[order],
        fixed=data.fixed[order] * np.array([1.0, 1, 1e4]),
        random=(replace(data.random[0], matrix=data.random[0].matrix[order], codes=codes[order]),),
    )
    other = influence(fit(moved), codes[order])
    np.testing.assert_allclose(other.cooks_distances, plain.cooks_distances, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(other.dfbetas, -plain.dfbetas, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(other.changes[:, 1], -2 * plain.changes[:, 1], rtol=1e-4, atol=1e-6)
    for one, two in zip(other.covariance_changes, plain.covariance_changes, strict=True):
        np.testing.assert_allclose(one, 4 * two, rtol=1e-4, atol=1e-4)


def test_a_model_without_fixed_coefficients() -> None:
    data = replace(growth(), fixed=np.empty((60, 0)), names=())
    ours = influence(fit(data), data.random[0].codes)
    assert np.isnan(ours.cooks_distances).all()
    check(fit(data), data.random[0].codes, ours)


def test_a_level_that_no_row_has_changes_nothing() -> None:
    data = growth(people=5)
    ours = influence(fit(data), np.where(data.random[0].codes > 2, 4, 1))
    assert ours.sizes.tolist() == [0, 15, 0, 0, 10]
    np.testing.assert_allclose(ours.changes[0], 0, atol=1e-7)


def test_singular_fits_may_leave_the_boundary() -> None:
    for seed in range(6):
        data = growth(7, 4, seed=seed, slope=0.0)
        found = fit(data)
        check(found, data.random[0].codes, influence(found, data.random[0].codes))


def test_what_the_rest_does_not_determine() -> None:
    data = growth(people=6)
    codes = data.random[0].codes
    only = (codes == 2).astype(float)
    ours = influence(
        fit(replace(data, fixed=np.column_stack([data.fixed, only]), names=(*data.names, "z"))), codes
    )
    assert [bool(note) for note in ours.notes] == [False, False, True, False, False, False]
    assert "'z'" in ours.notes[2]
    assert np.isnan(ours.coefficients[2]).all()
    assert np.isnan(ours.cooks_distances[2])
    two = growth(people=2, visits=30)
    one = np.ones(60)
    two = replace(
        two,
        fixed=one[:, None],
        names=("intercept",),
        random=(term("g", (np.arange(60) // 30).tolist(), intercept=one),),
    )
    ours = influence(fit(two), two.random[0].codes)
    assert set(ours.notes) == {"Without it: 1 level of g is left, and a variance needs two."}
