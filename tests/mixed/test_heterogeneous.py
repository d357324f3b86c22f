"""Residual variances that differ by level, against dense matrices, nlme and glmmTMB."""

import json
from dataclasses import replace
from math import log, pi
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.lmm import lmm
from mmstats.mixed.components import Component, components
from mmstats.mixed.heterogeneous import HeterogeneousFit, fit_heterogeneous, profiled_derivatives
from mmstats.mixed.linear import fit
from mmstats.mixed.prepared import prepared
from mmstats.mixed.strata import strata_detail
from mmstats.mixed.structure import FloatArray, IntArray, MixedData
from mmstats.mixed.uneven import RestrainedUneven
from mmstats.mixed.uneven_profile import UnevenProfiles
from mmstats.mixed_rows import Choice
from tests.meta.cohorts import drawn_rows, mixed_data
from tests.mixed.data import crossed, growth, term


def noisier(data: MixedData, strata: IntArray, seed: int = 3) -> MixedData:
    """Return the data with more noise in each further stratum."""
    noise = np.random.default_rng(seed).standard_normal(len(strata))
    return replace(data, response=data.response + 1.5 * strata * noise)


def by_column(data: MixedData, parts: int) -> IntArray:
    """Return strata that cut through the groups."""
    return (np.arange(len(data.response)) * 7 % 11 % parts).astype(np.int64)


def by_group(data: MixedData) -> IntArray:
    """Return strata that people belong to."""
    return data.random[0].codes % 2


WEIGHTED = replace(growth(missing=9), weights=np.random.default_rng(1).uniform(0.5, 2, 51))
MODELS: dict[str, tuple[MixedData, IntArray]] = {
    name: (noisier(data, strata), strata)
    for name, data, strata in (
        ("groups", growth(), by_group(growth())),
        ("rows", growth(14, 6), by_column(growth(14, 6), 3)),
        ("weights", WEIGHTED, by_column(WEIGHTED, 2)),
        ("crossed", crossed(10, 7), by_column(crossed(10, 7), 3)),
        ("crossed groups", crossed(10, 7), by_group(crossed(10, 7))),
    )
}
LEVELS = ("a", "b", "c")
REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "heterogeneous.json").read_text(encoding="utf-8")
)["cases"]


def fitted(name: str, *, restricted: bool = True) -> HeterogeneousFit:
    data, strata = MODELS[name]
    return fit_heterogeneous(data, strata, LEVELS[: strata.max() + 1], restricted=restricted)


class Dense:
    """The n x n matrices, as books have them: everything at the fit's variances."""

    def __init__(self, found: HeterogeneousFit) -> None:
        data = found.fit.data
        weights = given_weights(found)
        self.x, self.y, n = data.fixed, data.response, len(data.response)
        self.derivatives = []
        self.values = []
        self.of: list[int] = []  # elements of one term move together, so that they stay a covariance
        for part, covariance in zip(data.random, found.fit.covariances, strict=True):
            same = part.codes[:, None] == part.codes
            for j in range(part.size):
                for i in range(j, part.size):
                    unit = np.zeros((part.size, part.size))
                    unit[i, j] = unit[j, i] = 1
                    self.derivatives.append(same * (part.matrix @ unit @ part.matrix.T))
                    self.values.append(covariance[i, j])
                    self.of.append(len(found.levels) + [one is part for one in data.random].index(True))
        for g in range(len(found.levels)):
            self.derivatives.append(np.diag((found.strata == g) / weights))
            self.values.append(found.residual_sds[g] ** 2)
            self.of.append(g)
        self.n = n

    def v(self, values: list[float] | FloatArray) -> FloatArray:
        return np.asarray(sum(v * g for v, g in zip(values, self.derivatives, strict=True)))

    def deviance(self, values: list[float] | FloatArray, *, restricted: bool) -> float:
        v = self.v(values)
        inverse = np.linalg.inv(v)
        information = self.x.T @ inverse @ self.x
        beta = np.linalg.solve(information, self.x.T @ inverse @ self.y)
        left = self.y - self.x @ beta
        size = self.n - (self.x.shape[1] if restricted else 0)
        found = np.linalg.slogdet(v)[1] + left @ inverse @ left + size * log(2 * pi)
        return float(found + restricted * np.linalg.slogdet(information)[1])

    def covariance(self, values: list[float] | FloatArray) -> FloatArray:
        return np.linalg.inv(self.x.T @ np.linalg.solve(self.v(values), self.x))


def given_weights(found: HeterogeneousFit) -> FloatArray:
    weights = found.equal.data.weights
    return np.ones(found.equal.rows) if weights is None else weights


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("name", MODELS)
class TestAgainstDenseMatrices:
    def test_the_deviance_and_that_no_neighbour_is_better(self, name: str, restricted: bool) -> None:
        found = fitted(name, restricted=restricted)
        dense, rng = Dense(found), np.random.default_rng(1)
        assert found.deviance == pytest.approx(dense.deviance(dense.values, restricted=restricted), abs=1e-8)
        for _ in range(10):
            moved = np.array(dense.values) * np.exp(0.02 * rng.standard_normal(len(dense.of)))[dense.of]
            assert dense.deviance(moved, restricted=restricted) > found.deviance - 1e-9

    def test_gradient_and_curvature_are_those_of_differences(self, name: str, restricted: bool) -> None:
        data, strata = MODELS[name]
        count = int(strata.max()) + 1
        base = np.ones(len(strata)) if data.weights is None else data.weights

        def at(where: FloatArray) -> tuple[float, FloatArray, FloatArray]:
            weights = base / np.exp(np.concatenate([[0.0], where]))[strata]
            one = fit(prepared(replace(data, weights=weights)), restricted=restricted)
            return one.deviance, *profiled_derivatives(one, strata_detail(one, strata, count))

        where = 0.4 + 0.3 * np.arange(count - 1.0)
        _, gradient, hessian = at(where)
        for i in range(count - 1):
            step = 1e-4 * np.eye(count - 1)[i]
            ends = at(where + step), at(where - step)
            assert gradient[i] == pytest.approx((ends[0][0] - ends[1][0]) / 2e-4, rel=1e-5, abs=1e-6)
            assert hessian[i] == pytest.approx((ends[0][1] - ends[1][1]) / 2e-4, rel=1e-5, abs=1e-5)

    def test_the_certificate(self, name: str, restricted: bool) -> None:
        found = fitted(name, restricted=restricted)
        assert np.abs(found.gradient).max() < 1e-5
        assert np.linalg.eigvalsh(found.hessian).min() > 0

    def test_satterthwaite(self, name: str, restricted: bool) -> None:
        """2 v^2 / (j'A j), by differences of dense matrices."""
        found = fitted(name, restricted=restricted)
        dense = Dense(found)
        if found.fit.singular:  # differences would cross the boundary
            for contrast in np.eye(dense.x.shape[1]):
                assert 1 <= found.satterthwaite().df(contrast) <= dense.n
            return
        values = np.array(dense.values)
        scales = 3e-3 * np.maximum(np.abs(values), 0.1)
        count = len(values)
        unit = np.diag(scales)

        def second(i: int, j: int, h: float) -> float:
            return float(sum(
                a * b * dense.deviance(values + h * (a * unit[i] + b * unit[j]), restricted=restricted)
                for a in (1, -1)
                for b in (1, -1)
            ) / (4 * h**2 * scales[i] * scales[j]))  # fmt: skip

        hessian = np.array(  # Richardson's way to a better difference
            [[(4 * second(i, j, 0.5) - second(i, j, 1)) / 3 for j in range(count)] for i in range(count)]
        )
        slopes = np.array(
            [
                (dense.covariance(values + step) - dense.covariance(values - step)) / (2 * np.abs(step).sum())
                for step in 0.1 * unit
            ]
        )
        ours = found.satterthwaite()
        assert ours.covariance == pytest.approx(dense.covariance(values), rel=1e-8, abs=1e-12)
        for contrast in np.eye(dense.x.shape[1]):
            slope = np.einsum("x,axy,y->a", contrast, slopes, contrast)
            variance = contrast @ dense.covariance(values) @ contrast
            expected = 2 * variance**2 / (slope @ (2 * np.linalg.inv(hessian)) @ slope)
            assert ours.df(contrast) == pytest.approx(expected, rel=2e-4)  # of the differences


@pytest.mark.parametrize("name", MODELS)
def test_kenward_roger_is_as_their_paper_has_it(name: str) -> None:
    found = fitted(name)
    dense = Dense(found)
    x, inverse = dense.x, np.linalg.inv(dense.v(dense.values))
    phi = dense.covariance(dense.values)
    projection = inverse - inverse @ x @ phi @ x.T @ inverse
    g, count, p = dense.derivatives, len(dense.derivatives), x.shape[1]
    information = np.array([[np.trace(projection @ a @ projection @ b) / 2 for b in g] for a in g])
    weights = np.linalg.inv(information)
    slopes = [-x.T @ inverse @ a @ inverse @ x for a in g]
    adjusted = phi.copy()
    for i in range(count):
        for j in range(count):
            curve = x.T @ inverse @ g[i] @ inverse @ g[j] @ inverse @ x
            adjusted += 2 * weights[i, j] * phi @ (curve - slopes[i] @ phi @ slopes[j]) @ phi
    ours = found.kenward_roger()
    assert ours.covariance == pytest.approx(adjusted, rel=1e-7, abs=1e-10)
    for contrast in (np.eye(p)[-1:], np.eye(p)[1:]):
        rows = len(contrast)
        theta = contrast.T @ np.linalg.inv(contrast @ phi @ contrast.T) @ contrast
        parts = [theta @ phi @ slope @ phi for slope in slopes]
        a1 = sum(weights[i, j] * np.trace(parts[i]) * np.trace(parts[j])
                 for i in range(count) for j in range(count))  # fmt: skip
        a2 = sum(weights[i, j] * np.trace(parts[i] @ parts[j])
                 for i in range(count) for j in range(count))  # fmt: skip
        b = (a1 + 6 * a2) / (2 * rows)
        ratio = ((rows + 1) * a1 - (rows + 4) * a2) / ((rows + 2) * a2)
        c = np.array([ratio, rows - ratio, rows + 2 - ratio]) / (3 * rows + 2 * (1 - ratio))
        expected = 1 / (1 - a2 / rows)
        variance = 2 / rows * (1 + c[0] * b) / ((1 - c[1] * b) ** 2 * (1 - c[2] * b))
        df = 4 + (rows + 2) / (rows * variance / (2 * expected**2) - 1)
        scaling = df / (expected * (df - 2))
        values = contrast @ found.fit.coefficients
        statistic = scaling / rows * values @ np.linalg.solve(contrast @ adjusted @ contrast.T, values)
        test = ours.test(contrast)
        assert test.df2 == pytest.approx(df, rel=1e-6)
        assert test.statistic == pytest.approx(statistic, rel=1e-6)


def test_levels_in_another_order() -> None:
    data, strata = MODELS["rows"]
    one = fit_heterogeneous(data, strata, LEVELS)
    other = fit_heterogeneous(data, 2 - strata, LEVELS[::-1])
    assert other.deviance == pytest.approx(one.deviance, abs=1e-9)
    assert other.residual_sds == pytest.approx(one.residual_sds[::-1], rel=1e-6)
    assert other.equal_variances.df == 2
    everything = np.eye(3)[1:]
    for way in ("satterthwaite", "kenward_roger"):
        tests = [getattr(found, way)().test(everything) for found in (one, other)]
        assert tests[1].df2 == pytest.approx(tests[0].df2, rel=1e-5)
        assert tests[1].statistic == pytest.approx(tests[0].statistic, rel=1e-5)


def test_equal_variances_cost_degrees_of_freedom_only() -> None:
    """Where the variances come out equal, the coefficients are those of one variance."""
    data = growth()
    mirrored = np.concatenate([data.response, data.response])
    term = data.random[0]
    twice = MixedData(
        mirrored,
        np.concatenate([data.fixed, data.fixed]),
        data.names,
        (
            replace(
                term,
                matrix=np.concatenate([term.matrix] * 2),
                codes=np.concatenate([term.codes, term.codes + 12]),
                levels=term.levels * 2,
            ),
        ),
    )  # fmt: skip
    found = fit_heterogeneous(twice, np.repeat([0, 1], 60), ("a", "b"))
    assert found.log_ratios == pytest.approx([0], abs=1e-9)
    assert found.fit.coefficients == pytest.approx(found.equal.coefficients, rel=1e-9)
    assert found.equal_variances.p_value == pytest.approx(1, abs=1e-5)


def test_what_cannot_be_told_says_so() -> None:
    data, strata = MODELS["rows"]
    with pytest.raises(NotEstimableError, match="'c' has no rows"):
        fit_heterogeneous(data, np.minimum(strata, 1), LEVELS)
    with pytest.raises(NotEstimableError, match="there is only 'a'"):
        fit_heterogeneous(data, np.zeros_like(strata), ("a",))
    alone = (np.arange(len(strata)) == 5).astype(np.float64)
    own = replace(data, fixed=np.column_stack([data.fixed, alone]), names=(*data.names, "alone"))
    with pytest.raises(NotEstimableError, match="do not tell the residual variance at 'b' \\(1 rows\\)"):
        fit_heterogeneous(own, alone.astype(np.int64), ("a", "b"))


def orthodont(case: dict[str, Any]) -> tuple[MixedData, IntArray]:
    columns = {name: np.array(values) for name, values in REFERENCE["data"].items()}
    one, female = np.ones(len(columns["age"])), columns["female"].astype(np.float64)
    age = columns["age"].astype(np.float64)
    fixed = np.column_stack([one, age, female, age * female])
    _, codes = np.unique(columns["subject"], return_inverse=True)
    random = term(
        "subject", codes.tolist(), **({"intercept": one, "age": age} if case["slope"] else {"intercept": one})
    )
    strata = columns["female"] if case["by"] == "sex" else columns["visit"]
    return MixedData(columns["distance"], fixed, ("intercept", "age", "female", "both"), (random,)), strata


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["name"])
def test_agrees_with_r(case: dict[str, Any]) -> None:
    data, strata = orthodont(case)
    levels = tuple(str(g) for g in range(int(strata.max()) + 1))
    found = fit_heterogeneous(data, strata, levels, restricted=bool(case["restricted"]))
    # nlme and glmmTMB stop where the likelihood is flat to eight digits: estimates agree to half of them.
    assert found.deviance == pytest.approx(case["deviance"], abs=1e-6)
    assert found.deviance <= case["deviance"] + 1e-9
    assert found.equal_variances.statistic == pytest.approx(case["statistic"], abs=1e-6)
    assert found.residual_sds == pytest.approx(case["residual_sd"], rel=2e-4)
    assert found.fit.coefficients == pytest.approx(case["coefficient"], rel=1e-4)
    if case["program"] == "nlme":  # glmmTMB's standard errors are of the observed information
        errors = np.sqrt(np.diag(found.satterthwaite().covariance))
        assert errors == pytest.approx(case["std_error"], rel=2e-4)


@pytest.mark.parametrize("case", REFERENCE["profiles"], ids=lambda case: case["name"])
def test_profiles_are_those_of_glmmtmb_refitted_with_a_parameter_held(case: dict[str, Any]) -> None:
    data, strata = orthodont({**case, "slope": False})
    levels = tuple(f"{case['by']}[{g}]" for g in range(int(strata.max()) + 1))
    profiles = UnevenProfiles.of(fit_heterogeneous(data, strata, levels))
    close = 2e-5  # glmmTMB stops its searches at a relative change of the likelihood of 1e-8
    for level, limits in enumerate(case["residual_sd"]):
        ours = profiles.component(Component("residual_sd", first=level))
        assert [ours.low, ours.high] == pytest.approx(limits, rel=close)
    between = profiles.component(Component("random_sd", 0))
    assert [between.low, between.high] == pytest.approx(case["random_sd"], rel=close)
    for place, limits in enumerate(case["coefficient"]):
        contrast = np.eye(4)[place]
        slope = profiles.coefficient(contrast)
        assert [slope.low, slope.high] == pytest.approx(limits, rel=close)
        statistic = profiles.ratio_test(contrast).statistic
        assert statistic <= case["ratio"][place] + 1e-5
        if place:  # without an intercept, by sex, glmmTMB ends at the higher of two minima
            assert statistic == pytest.approx(case["ratio"][place], abs=1e-5)


@pytest.mark.parametrize("name", ["weights", "crossed"])
class TestProfiles:
    def test_derivatives_are_those_of_differences(self, name: str) -> None:
        found = fitted(name, restricted=False)
        rows = replace(found.equal.data, response=found.equal.response)
        kinds = [one for one in components(rows) if one.kind != "residual_sd"]
        for component in [*kinds, Component("residual_sd", first=1)]:
            held = RestrainedUneven(found.fit, component, found, rows)
            lowest = held.evaluate(held.optimum)
            constant = 2 * found.fit.rows * log(found.fit.scale)
            assert lowest[0] + constant == pytest.approx(found.deviance, abs=1e-8)
            point = held.optimum + 0.1 * np.cos(np.arange(len(held.optimum)))
            _, gradient, hessian = held.evaluate(point)
            for i, step in enumerate(1e-5 * np.eye(len(point))):
                ends = held.evaluate(point + step), held.evaluate(point - step)
                assert gradient[i] == pytest.approx((ends[0][0] - ends[1][0]) / 2e-5, rel=1e-6, abs=1e-5)
                assert hessian[i] == pytest.approx((ends[0][1] - ends[1][1]) / 2e-5, rel=1e-6, abs=1e-5)

    def test_limits_are_where_a_dense_likelihood_says(self, name: str) -> None:
        """The full likelihood at a limit's best point is 3.84 above the least."""
        found = fitted(name, restricted=False)
        dense, profiles = Dense(found), UnevenProfiles.of(found)
        limits = profiles.component(Component("residual_sd", first=1))
        for value in (limits.low, limits.high):
            factors = [np.linalg.cholesky(c + 1e-9 * np.eye(len(c))) for c in found.fit.covariances]
            entries = sum(len(one) * (len(one) + 1) // 2 for one in factors)
            rest = [i for i, of in enumerate(dense.of) if i >= entries and of != 1]

            def deviance(
                point: FloatArray,
                value: float = value,
                factors: list[np.ndarray] = factors,
                rest: list[int] = rest,
            ) -> float:
                values, at = np.array(dense.values), 0
                for one in factors:
                    lower = np.zeros_like(one)
                    size = len(one) * (len(one) + 1) // 2
                    lower.T[np.triu_indices(len(one))] = point[at : at + size]
                    values[at : at + size] = (lower @ lower.T)[np.triu_indices(len(one))]
                    at += size
                values[rest], values[dense.of.index(1)] = np.exp(2 * point[at:]), value**2
                return dense.deviance(values, restricted=False)

            start = np.concatenate([one.T[np.triu_indices(len(one))] for one in factors])
            sds = np.delete(found.residual_sds, 1)
            best = optimize.minimize(
                deviance, np.concatenate([start, np.log(sds)]), method="BFGS", options={"gtol": 1e-6}
            )
            assert best.fun - found.deviance == pytest.approx(stats.chi2.isf(0.05, 1), abs=1e-4)

    def test_equivariance(self, name: str) -> None:
        data, strata = MODELS[name]
        order = np.random.default_rng(6).permutation(len(strata))
        other = MixedData(
            50 - 3 * data.response[order], data.fixed[order], data.names,
            tuple(replace(one, matrix=one.matrix[order], codes=one.codes[order]) for one in data.random),
            None if data.weights is None else data.weights[order],
        )  # fmt: skip
        count = int(strata.max()) + 1
        one = UnevenProfiles.of(fit_heterogeneous(data, strata, LEVELS[:count]))
        two = UnevenProfiles.of(fit_heterogeneous(other, count - 1 - strata[order], LEVELS[:count]))
        for first in range(count):
            mine = one.component(Component("residual_sd", first=first))
            theirs = two.component(Component("residual_sd", first=count - 1 - first))
            assert [theirs.low, theirs.high] == pytest.approx([3 * mine.low, 3 * mine.high], rel=1e-5)
            wider = one.component(Component("residual_sd", first=first), level=0.99)
            assert wider.low < mine.low < mine.estimate < mine.high < wider.high
        contrast = np.eye(data.fixed.shape[1])[-1]
        mine, theirs = one.coefficient(contrast), two.coefficient(contrast)
        assert [theirs.high, theirs.low] == pytest.approx([-3 * mine.low, -3 * mine.high], rel=1e-5)
        assert two.ratio_test(contrast).statistic == pytest.approx(
            one.ratio_test(contrast).statistic, abs=1e-6
        )
        critical = stats.chi2.isf(0.05, 1)
        assert (one.ratio_test(contrast).statistic > critical) == (not mine.low < 0 < mine.high)


def rows_of(interval: Choice) -> list[Estimate]:
    rng = np.random.default_rng(3)
    person, hand = np.repeat(np.arange(12), 4), np.tile(["left", "right"], 24)
    frame = pd.DataFrame({"person": pd.Categorical(person), "hand": pd.Categorical(hand)})
    frame["y"] = rng.standard_normal(12)[person] + (1 + 2.0 * (hand == "right")) * rng.standard_normal(48)
    formula = ModelData.of("y ~ hand + (1 | person)", frame)
    return list(lmm(formula, residual_by=frame["hand"], interval=interval, resamples=99, rng=rng))


def test_the_rows_of_a_linear_mixed_model() -> None:
    by_t, by_profile, drawn = rows_of("t"), rows_of("profile"), rows_of("parametric-bootstrap")
    for rows in (by_t, by_profile, drawn):
        names = [(e.quantity.name, e.term) for e in rows]
        at = names.index(("residual_sd", "hand[left]"))
        assert names[at : at + 3] == [
            ("residual_sd", "hand[left]"), ("residual_sd", "hand[right]"), ("likelihood_ratio", "hand"),
        ]  # fmt: skip
        for e in rows[at - 1 : at + 2]:
            assert e.interval == "profile"
            assert e.conf_low < e.estimate < e.conf_high
        test = rows[at + 2]
        assert test.df == 1
        assert test.p_value == pytest.approx(stats.chi2.sf(test.estimate, 1))
        assert "same at all levels" in test.note
    slopes = [
        next(e for e in rows if (e.quantity.name, e.term) == ("coefficient", "hand[right]"))
        for rows in (by_t, by_profile, drawn)
    ]
    assert [e.interval for e in slopes] == ["kenward-roger", "profile", "kenward-roger"]
    assert slopes[1].df == 1
    assert [bool(e.note) for e in slopes] == [False, False, True]
    assert "no parametric-bootstrap interval" in slopes[2].note


@pytest.mark.parametrize("seed", range(6))
def test_the_search_ends_where_nothing_slopes(seed: int) -> None:
    """A decrease of 1e-12, where steps end that are judged by the deviance, leaves slopes of 1e-6."""
    data, strata = mixed_data(drawn_rows(seed))
    assert np.abs(fit_heterogeneous(data, strata, ("A", "B", "C", "D")).gradient).max() < 1e-9
