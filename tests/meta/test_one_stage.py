"""One-stage models from statistics, against the engine for rows, dense matrices and nlme."""

from typing import Any

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.meta.cohort_least_squares import cohort_least_squares
from mmstats.meta.one_stage import OneStage, Residual, one_stage
from mmstats.meta.one_stage_likelihood import likelihood, projected
from mmstats.meta.sufficient import FloatArray, statistics
from mmstats.mixed.heterogeneous import fit_heterogeneous
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.linear import fit
from tests.meta.cohorts import REFERENCE, drawn_rows, mixed_data, reference_rows, summaries

MODEL: dict[str, Any] = {"common": ("group",), "own": ("baseline",), "random": ("group",)}
CASES = {"nlme's": reference_rows(), "drawn": drawn_rows(1), "no spread": drawn_rows(7, spread=0.0)}
by_case = pytest.mark.parametrize("rows", CASES.values(), ids=CASES.keys())
by_method = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])


class Dense:
    """The n x n matrices, from all rows: random coefficients of group and intercept-free baseline product."""

    def __init__(self, rows: dict[str, FloatArray], random: tuple[int, ...]) -> None:
        data, self.codes = mixed_data(rows)
        self.y, whole = data.response, np.concatenate(list(rows.values()))
        self.x = np.column_stack([data.fixed, whole[:, 3:]]) if whole.shape[1] > 3 else data.fixed
        self.z, self.same = whole[:, list(random)], self.codes[:, None] == self.codes

    def deviance(self, covariance: FloatArray, variances: FloatArray, *, restricted: bool) -> float:
        v = self.same * (self.z @ covariance @ self.z.T) + np.diag(variances[self.codes])
        inverse = np.linalg.inv(v)
        information = self.x.T @ inverse @ self.x
        beta = np.linalg.solve(information, self.x.T @ inverse @ self.y)
        left = self.y - self.x @ beta
        n, p = self.x.shape
        logs = np.linalg.slogdet(v)[1] + left @ inverse @ left
        if restricted:
            return float(logs + np.linalg.slogdet(information)[1] + (n - p) * np.log(2 * np.pi))
        return float(logs + n * np.log(2 * np.pi))


@by_case
@by_method
def test_from_statistics_as_from_rows(rows: dict[str, FloatArray], restricted: bool) -> None:
    """The project's promise is 1e-8; derivatives are analytic on both sides, so that more is kept."""
    ours = one_stage(summaries(rows), **MODEL, restricted=restricted)
    data, codes = mixed_data(rows)
    theirs = fit_heterogeneous(data, codes, tuple(f"cohort[{name}]" for name in rows), restricted=restricted)
    k = len(rows)
    assert ours.deviance == pytest.approx(theirs.deviance, abs=1e-9)
    assert ours.coefficients[0] == pytest.approx(theirs.fit.coefficients[-1], rel=1e-8)
    assert ours.own_slopes[:, 0] == pytest.approx(theirs.fit.coefficients[k : 2 * k], rel=1e-8)
    assert ours.residual_sds == pytest.approx(theirs.residual_sds, rel=1e-8)
    assert ours.random_covariance == pytest.approx(theirs.fit.covariances[0], rel=1e-7, abs=1e-8)
    if restricted:
        last, wanted = np.eye(2 * k + 1)[-1], theirs.kenward_roger()
        assert ours.std_errors[0] == pytest.approx(wanted.std_error(last), rel=1e-8)
        assert ours.row("group")[2] == pytest.approx(wanted.test(last[None]).df2, rel=1e-7)


@by_case
@by_method
def test_with_one_residual_variance(rows: dict[str, FloatArray], restricted: bool) -> None:
    ours = one_stage(summaries(rows), **MODEL, residual="common", restricted=restricted)
    theirs = fit(mixed_data(rows)[0], restricted=restricted)
    assert ours.deviance == pytest.approx(theirs.deviance, abs=1e-9)
    assert ours.coefficients[0] == pytest.approx(theirs.coefficients[-1], rel=1e-8)
    assert ours.residual_sds == pytest.approx(np.full(len(rows), theirs.residual_sd), rel=1e-8)
    if restricted:
        last = np.eye(2 * len(rows) + 1)[-1]
        assert ours.std_errors[0] == pytest.approx(kenward_roger(theirs).std_error(last), rel=1e-8)


@pytest.mark.parametrize("case", REFERENCE["mixed"], ids=lambda case: case["name"])
def test_agrees_with_nlme_from_all_rows(case: dict[str, Any]) -> None:
    residual: Residual = "by-cohort" if case["by_cohort"] else "common"
    found = one_stage(summaries(reference_rows()), **MODEL, residual=residual, restricted=case["restricted"])
    # nlme stops where the likelihood is flat to about ten digits: its estimates agree to half of them.
    assert found.deviance == pytest.approx(case["deviance"], abs=1e-7)
    assert found.deviance <= case["deviance"] + 1e-9
    assert found.coefficients[0] == pytest.approx(case["estimate"], rel=1e-5)
    assert found.own_slopes[:, 0] == pytest.approx(case["slopes"], rel=1e-5)
    assert found.residual_sds == pytest.approx(case["residual_sd"], rel=1e-4)
    assert found.random_covariance[0, 0] ** 0.5 == pytest.approx(case["random_sd"], rel=1e-4)
    plain = found.found.covariance[0, 0] ** 0.5
    if case["restricted"]:  # nlme's standard errors under full likelihood have n - p in place of n
        assert plain == pytest.approx(case["std_error"], rel=1e-4)


def two_random(seed: int = 3) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """Return rows with a second random column, and the model."""
    rng, rows = np.random.default_rng(seed), {}
    for name, own in drawn_rows(seed, sizes=(30, 41, 25, 36, 28)).items():
        dose = rng.uniform(0, 4, len(own))
        score = own[:, 2] + (1 + rng.standard_normal()) * dose
        rows[name] = np.column_stack([own[:, :2], score, dose])
    return rows, {"common": ("group", "dose"), "own": ("baseline",), "random": ("group", "dose")}


def fitted_two(*, restricted: bool = True) -> tuple[OneStage, Dense]:
    rows, model = two_random()
    parts = {
        name: statistics(own[:, [0, 1, 3, 2]], ("baseline", "group", "dose", "score"))
        for name, own in rows.items()
    }
    return one_stage(parts, **model, restricted=restricted), Dense(rows, (1, 3))


@by_method
def test_several_random_coefficients_have_the_dense_deviance(restricted: bool) -> None:
    found, dense = fitted_two(restricted=restricted)
    covariance, variances = found.random_covariance, found.variances
    wanted = dense.deviance(covariance, variances, restricted=restricted)
    assert found.deviance == pytest.approx(wanted, abs=1e-9)
    for seed in range(20):  # and nothing near it is lower
        rng = np.random.default_rng(seed)
        turn = np.eye(2) + 1e-3 * rng.standard_normal((2, 2))
        other = dense.deviance(
            turn @ covariance @ turn.T,
            variances * np.exp(1e-3 * rng.standard_normal(5)),
            restricted=restricted,
        )
        assert other > wanted


@by_method
def test_derivatives_are_those_of_differences(restricted: bool) -> None:
    rows, model = two_random()
    parts = {
        name: statistics(own[:, [0, 1, 3, 2]], ("baseline", "group", "dose", "score"))
        for name, own in rows.items()
    }
    data = projected(parts, own=model["own"], common=model["common"], random=model["random"])
    strata = np.arange(5)
    point = np.array([2.0, 0.4, 1.2, 1.0, 2.0, 3.0, 0.7, 1.5])

    def at(values: FloatArray) -> Any:
        factor = np.linalg.cholesky(np.array([[values[0], values[1]], [values[1], values[2]]]))
        return likelihood(data, factor, values[3:], strata, restricted=restricted)

    here = at(point)
    for i, step in enumerate(1e-5 * np.eye(8)):
        high, low = at(point + step), at(point - step)
        assert here.gradient[i] == pytest.approx((high.deviance - low.deviance) / 2e-5, rel=1e-6, abs=1e-6)
        assert here.hessian[i] == pytest.approx((high.gradient - low.gradient) / 2e-5, rel=1e-6, abs=1e-6)


def test_no_random_coefficient_and_one_variance_is_least_squares() -> None:
    parts = summaries(drawn_rows(1))
    found = one_stage(parts, common=("group",), own=("baseline",), residual="common")
    wanted = cohort_least_squares(parts, common=("group",), own=("baseline",))
    assert found.row("group")[:2] == pytest.approx(wanted["group"], rel=1e-10)
    assert found.row("group")[2] == pytest.approx(wanted.df, rel=1e-10)
    assert found.residual_sds[0] == pytest.approx(wanted.residual_sd, rel=1e-10)


@by_method
def test_order_units_and_offsets(restricted: bool) -> None:
    rows = drawn_rows(1)
    one = one_stage(summaries(rows), **MODEL, restricted=restricted)
    factors, offsets = np.array([2.0**-12, 1.0, 2.0**8]), np.array([2.0**18, 0.0, -(2.0**30)])
    rng = np.random.default_rng(4)
    moved = {name: rng.permutation(rows[name]) * factors + offsets for name in reversed(rows)}
    two = one_stage(summaries(moved), **MODEL, restricted=restricted)
    # an offset of 1e9 rounds the outcome itself to about 1e-7
    assert two.row("group")[2] == pytest.approx(one.row("group")[2], rel=1e-7)
    for at in (0, 1, 3, 4):
        assert two.row("group")[at] == pytest.approx(256 * one.row("group")[at], rel=1e-7)
    assert two.residual_sds[::-1] == pytest.approx(256 * one.residual_sds, rel=1e-7)
    assert two.random_coefficients[::-1] == pytest.approx(256 * one.random_coefficients, rel=1e-6)


def test_exchanging_the_groups_changes_the_sign() -> None:
    rows = drawn_rows(1)
    turned = {name: np.column_stack([own[:, 0], 1 - own[:, 1], own[:, 2]]) for name, own in rows.items()}
    one, two = one_stage(summaries(rows), **MODEL), one_stage(summaries(turned), **MODEL)
    value, error, df, low, high = one.row("group")
    assert two.row("group") == pytest.approx((-value, error, df, -high, -low), rel=1e-9)
    wider = one.row("group", level=0.99)
    assert wider[3] < low < value < high < wider[4]


def test_a_cohort_with_one_group_only_tells_its_own_coefficients() -> None:
    rows = drawn_rows(1)
    healthy = {**rows, "E": np.column_stack([rows["A"][:, 0] + 1, np.zeros(20), rows["A"][:, 2]])}
    one, two = one_stage(summaries(rows), **MODEL), one_stage(summaries(healthy), **MODEL)
    assert two.row("group") == pytest.approx(one.row("group"), rel=1e-8)
    assert two.random_coefficients[-1] == pytest.approx([0.0], abs=1e-12)


def test_no_difference_between_cohorts_is_a_result() -> None:
    found = one_stage(summaries(drawn_rows(7, spread=0.0)), **MODEL)
    assert found.singular == (found.random_covariance[0, 0] < 1e-6)
    assert not one_stage(summaries(drawn_rows(1)), **MODEL).singular
    flat = {name: own.copy() for name, own in drawn_rows(7, spread=0.0).items()}
    for own in flat.values():  # less than chance: every cohort's own effect is taken out
        design = np.column_stack([np.ones(len(own)), own[:, :2]])
        own[:, 2] -= np.linalg.lstsq(design, own[:, 2], rcond=None)[0][2] * own[:, 1]
    none = one_stage(summaries(flat), **MODEL)
    assert none.singular
    assert none.coefficients[0] == pytest.approx(0.0, abs=1e-9)
    assert np.isfinite(none.row("group")).all()


def test_known_residual_variances_stay() -> None:
    parts = summaries(drawn_rows(1))
    free = one_stage(parts, **MODEL)
    held = one_stage(parts, **MODEL, residual=free.variances)
    assert held.coefficients == pytest.approx(free.coefficients, rel=1e-8)
    assert held.variances.tolist() == free.variances.tolist()
    assert held.random_covariance == pytest.approx(free.random_covariance, rel=1e-6)


def test_what_cannot_be_told_says_so() -> None:
    rows = drawn_rows(1)
    parts = summaries(rows)
    with pytest.raises(NotEstimableError) as failed:
        one_stage({"A": parts["A"]}, common=(), random=("group",))
    assert len(failed.value.problems) == 3
    with pytest.raises(NotEstimableError, match="no column 'age'"):
        one_stage(parts, common=("age",))
    with pytest.raises(NotEstimableError, match="Did you mean 'common'"):
        one_stage(parts, **MODEL, residual="comon")  # type: ignore[arg-type]
    for wrong in (np.ones(3), np.array([1.0, 2.0, 0.0, 1.0])):
        with pytest.raises(NotEstimableError, match="must be 4 positive numbers"):
            one_stage(parts, **MODEL, residual=wrong)
    healthy = {name: own[own[:, 1] == 0] for name, own in rows.items()}
    with pytest.raises(NotEstimableError, match="group does not vary within any cohort"):
        one_stage(summaries(healthy), **MODEL)
    few = {**rows, "F": rows["A"][:3], "G": rows["A"][:2]}
    with pytest.raises(NotEstimableError, match="Cohort 'G' has 2 rows for 2 coefficients of its own"):
        one_stage(summaries(few), **MODEL)
    with pytest.raises(NotEstimableError, match="rows of 'F' exactly"):
        one_stage(summaries({**rows, "F": rows["A"][:3]}), **MODEL)
    level = {name: np.column_stack([np.full(len(own), 5.1), own[:, 1:]]) for name, own in rows.items()}
    with pytest.raises(NotEstimableError, match="In cohort 'A', baseline is constant"):
        one_stage(summaries(level), **MODEL)


@pytest.mark.parametrize(("seed", "restricted"), [(54, False), (56, True), (104, False)])
def test_the_lowest_of_several_minima_is_found(seed: int, restricted: bool) -> None:
    """A search from one start ends at a higher minimum with one of these, here or for rows."""
    rng = np.random.default_rng(seed)
    sizes = tuple(int(n) for n in rng.integers(6, 30, int(rng.integers(2, 7))))
    rows = drawn_rows(seed, sizes, spread=float(rng.choice([0, 0.5, 3])))
    ours = one_stage(summaries(rows), **MODEL, restricted=restricted)
    data, codes = mixed_data(rows)
    theirs = fit_heterogeneous(data, codes, tuple(f"cohort[{name}]" for name in rows), restricted=restricted)
    assert ours.deviance <= theirs.deviance + 1e-9
