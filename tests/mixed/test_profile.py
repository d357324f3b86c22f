"""Profile limits against lme4, against dense matrices, and what must not change them."""

import json
from dataclasses import replace
from math import log, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.formula import ModelData
from mmstats.mixed.components import Component, components
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.profile import Profile, profile_coefficient, profile_component
from mmstats.mixed.restrained import Restrained
from mmstats.mixed.structure import FloatArray, MixedData
from mmstats.mixed_design import mixed_design
from tests.mixed.data import crossed, growth, term
from tests.mixed.test_linear import MODELS, covariance

CASES = json.loads(
    (Path(__file__).parents[1] / "reference" / "mixed_profiles.json").read_text(encoding="utf-8")
)["cases"]
SHARED = ("dyestuff", "machines_nested", "pastes", "penicillin", "sleepstudy_int", "sleepstudy_slope")
CRITICAL = sqrt(stats.chi2.isf(0.05, 1))


def fitted(case: dict[str, Any], *, restricted: bool = False) -> LinearFit:
    frame = pd.DataFrame(case["data"])
    for name in frame.columns.difference(["x", "y", "time"]):
        frame[name] = pd.Categorical(frame[name].astype(str))
    return fit(mixed_design(ModelData.of(case["formula"], frame))[0], restricted=restricted)


def limits(found: LinearFit, name: str, level: float) -> Profile:
    """Return the profile of what lme4 calls so."""
    data = found.data
    if name == "sigma":
        return profile_component(found, Component("residual_sd"), level=level)
    renamed = name.replace("(Intercept)", "intercept")
    for one in components(data):
        sort = {"random_sd": "sd_", "random_correlation": "cor_"}.get(one.kind)
        if sort and renamed.startswith(sort):
            columns, group = renamed.removeprefix(sort).split("|")
            columns = ", ".join(reversed(columns.split(".")))
            groups = {group, ":".join(reversed(group.split(":")))}
            if one.name(data) in {f"{columns} | {each}" for each in groups}:
                return profile_component(found, one, level=level)
    place = [column.replace("[", "").replace("]", "") for column in data.names].index(renamed)
    return profile_coefficient(found, np.eye(len(data.names))[place], level=level)


def agrees(found: LinearFit, expected: dict[str, list[float]], level: float, tolerance: float) -> None:
    """Compare limits in units of the interval: lme4 reads them off a spline through its profile."""
    for name, (low, high) in expected.items():
        profile = limits(found, name, level)
        width = high - low
        assert profile.note == ""
        assert profile.low == pytest.approx(low, abs=tolerance * width), name
        assert profile.high == pytest.approx(high, abs=tolerance * width), name


@pytest.mark.parametrize("name", SHARED)
def test_agrees_with_shared_references(name: str, references: Path) -> None:
    folder = references / "reference"
    model = json.loads((folder / "lmm" / f"{name}.json").read_text(encoding="utf-8"))
    frame = pd.read_csv(folder / model["data"])
    for variable, levels in model["factor_levels"].items():
        if variable in frame:
            frame[variable] = pd.Categorical(frame[variable].astype(str), levels)
    found = fit(mixed_design(ModelData.of(model["formula"], frame))[0])
    # the spline of lme4's coarse profile is off by up to 1.2e-4 of the width; a finer one comes nearer, below
    agrees(found, model["ML"]["profile_ci_95"], 0.95, 1.5e-4)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_agrees_with_lme4(case: dict[str, Any]) -> None:
    # a finer profile, still a spline; and lme4's optima are certain to about 1e-6 of a deviance
    agrees(fitted(case), case["limits"], 0.9, 2e-5)


def least(data: MixedData, held: Component, value: float, start: FloatArray) -> float:
    """Return the least deviance with a component at a value, by dense matrices and a penalty-free search."""
    sizes = [one.size for one in data.random]

    def parts(point: FloatArray) -> tuple[list[FloatArray], float]:
        covariances, at = [], 0
        for size in sizes:
            sds, correlations = np.exp(point[at : at + size]), np.eye(size)
            at += size
            for i in range(size):
                for j in range(i + 1, size):
                    correlations[i, j] = correlations[j, i] = np.tanh(point[at])
                    at += 1
            covariances.append(np.outer(sds, sds) * correlations)
        return covariances, float(np.exp(point[-1]))

    names = list(components(data))
    place = names.index(held)
    fixed = np.arctanh(value) if held.kind == "random_correlation" else log(value)

    def deviance(free: FloatArray) -> float:
        covariances, sigma = parts(np.insert(free, place, fixed))
        v = covariance(data, [np.linalg.cholesky(one / sigma**2) for one in covariances]) * sigma**2
        inverse = np.linalg.inv(v)
        beta = np.linalg.solve(data.fixed.T @ inverse @ data.fixed, data.fixed.T @ inverse @ data.response)
        left = data.response - data.fixed @ beta
        return float(np.linalg.slogdet(v)[1] + len(left) * log(2 * pi) + left @ inverse @ left)

    found = optimize.minimize(deviance, np.delete(start, place), method="BFGS", options={"gtol": 1e-6})
    return float(found.fun)


@pytest.mark.parametrize("name", ["slopes", "crossed"])
def test_limits_are_where_a_dense_profile_crosses(name: str) -> None:
    data = MODELS[name]
    best = fit(data, restricted=False)
    values = [float(one.of(best.covariances, best.residual_sd)) for one in components(data)]
    start = [
        np.arctanh(value) if one.kind == "random_correlation" else log(value)
        for one, value in zip(components(data), values, strict=True)
    ]
    for one in components(data):
        profile = profile_component(best, one, level=0.6)
        for end in {profile.low, profile.high} - set(one.bounds):
            gap = least(data, one, end, np.array(start)) - best.deviance
            assert gap == pytest.approx(stats.chi2.isf(0.4, 1), abs=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_derivatives_are_those_of_differences(name: str) -> None:
    best = fit(MODELS[name], restricted=False)
    for one in components(best.data):
        held = Restrained(best, one)
        point = held.optimum + 0.1 * np.cos(np.arange(len(held.optimum)))
        _, gradient, hessian = held.evaluate(point)
        for i, step in enumerate(1e-5 * np.eye(len(point))):
            up, down = held.evaluate(point + step), held.evaluate(point - step)
            assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-6, abs=1e-5)
            assert hessian[i] == pytest.approx((up[1] - down[1]) / 2e-5, rel=1e-5, abs=1e-4)


def test_a_profile_is_drawn_through_its_limits() -> None:
    best = fit(growth())
    for profile in (
        profile_coefficient(best, np.array([0.0, 1.0, 2.0])),
        profile_component(best, Component("random_sd", 0, 1, 1)),
    ):
        assert (np.diff(profile.values) > 0).all()
        assert (np.diff(profile.signed_roots) > 0).all()
        at = np.interp([profile.low, profile.estimate, profile.high], profile.values, profile.signed_roots)
        assert at == pytest.approx([-CRITICAL, 0, CRITICAL], abs=1e-5)
        assert len(profile.values) == 17


def test_a_combination_is_that_of_another_coding() -> None:
    data = growth(missing=7)
    turn = np.array([[1.0, 0.5, 2.0], [0.0, 1.0, 0.3], [1.0, 0.0, -1.0]])
    other = replace(data, fixed=data.fixed @ np.linalg.inv(turn))
    for row in range(3):
        one = profile_coefficient(fit(data), turn[row])
        two = profile_coefficient(fit(other), np.eye(3)[row])
        assert (two.low, two.high) == pytest.approx((one.low, one.high), rel=1e-7)


def test_limits_follow_the_unit_and_the_order_of_rows() -> None:
    data = growth(missing=4)
    order = np.random.default_rng(3).permutation(len(data.response))
    other = replace(
        data,
        response=-20 * data.response[order] + 300,
        fixed=data.fixed[order],
        random=tuple(replace(one, matrix=one.matrix[order], codes=one.codes[order]) for one in data.random),
    )
    plain, changed = fit(data), fit(other)
    for one in components(data):
        factor = 1 if one.kind == "random_correlation" else 20
        two, expected = profile_component(changed, one), profile_component(plain, one)
        assert (two.low, two.high) == pytest.approx((factor * expected.low, factor * expected.high), rel=1e-6)
    two, expected = (profile_coefficient(found, np.array([0.0, 1, 0])) for found in (changed, plain))
    assert (two.high, two.low) == pytest.approx((-20 * expected.low, -20 * expected.high), rel=1e-7)


@pytest.mark.parametrize("slope", [0.5, 0.0])
@pytest.mark.parametrize("unit", [1e8, 1e-8])
def test_limits_follow_the_unit_of_a_slope(unit: float, slope: float) -> None:
    data = growth(seed=4, slope=slope, missing=6)
    own = data.random[0]
    other = replace(data, random=(replace(own, matrix=own.matrix * np.array([1.0, unit])),))
    plain, changed = fit(data), fit(other)
    for one in components(data):
        factor = 1 / unit if (one.kind, one.first) == ("random_sd", 1) else 1.0
        two, expected = profile_component(changed, one), profile_component(plain, one)
        assert np.isfinite([two.low, two.high]).all()
        assert (two.low, two.high) == pytest.approx(
            (factor * expected.low, factor * expected.high), rel=1e-6, abs=1e-9 * factor
        )


def test_a_wider_level_is_wider() -> None:
    best = fit(crossed())
    for one in components(best.data):
        narrow, wide = (profile_component(best, one, level=level) for level in (0.8, 0.95))
        assert wide.low <= narrow.low <= narrow.estimate <= narrow.high <= wide.high


def flat() -> LinearFit:
    """Return a fit in which people do not differ, though each has a slope."""
    y = np.tile([1.0, 2.5, 3.0, 4.0], 6) + 0.1 * np.tile([1.0, -1, 1, -1, -1, 1, -1, 1], 3)
    time, one = np.tile(np.arange(4.0), 6), np.ones(24)
    random = term("person", np.repeat(np.arange(6), 4).tolist(), intercept=one, time=time)
    return fit(MixedData(y, np.column_stack([one, time]), ("intercept", "time"), (random,)))


def test_singular_fits_have_limits_and_undetermined_correlations_say_so() -> None:
    best = flat()
    for place in (0, 1):
        found = profile_component(best, Component("random_sd", 0, place, place))
        assert found.low == 0
        assert found.high > 0
    residual = profile_component(best, Component("residual_sd"))
    assert 0 < residual.low < residual.estimate < residual.high
    with pytest.raises(NotEstimableError, match="every correlation is equally likely"):
        profile_component(best, Component("random_correlation", 0, 0, 1))


@pytest.mark.parametrize("seed", range(1, 13))
def test_perfect_correlations_are_the_limit_of_those_that_are_nearly_so(seed: int) -> None:
    found = fit(growth(slope=0.15, seed=seed), restricted=False)
    held = Restrained(found, Component("random_correlation", 0, 0, 1))
    for side in (-1.0, 1.0):
        nearly, _ = held.least(side * (1 - 1e-7), held.optimum)
        assert held.least(side, held.optimum)[0] == pytest.approx(nearly, abs=1e-4)
