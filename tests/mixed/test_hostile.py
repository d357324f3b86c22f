"""Linear mixed models of data made to break them: a right answer, or one clear reason why there is none."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.mixed.components import Component
from mmstats.mixed.influence import influence
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.linear import fit
from mmstats.mixed.profile import profile_coefficient, profile_component
from mmstats.mixed.random_tests import random_test
from mmstats.mixed.refits import refit
from mmstats.mixed.residuals import conditional_modes, residuals
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed.structure import FloatArray, MixedData
from tests.mixed.data import growth, term

Long = np.longdouble


def scaled_columns(data: MixedData, fixed: float, random: float) -> MixedData:
    """Return the data with time, the last fixed and the second random column, in other units."""
    slope = data.random[0]
    return replace(
        data,
        fixed=data.fixed * np.array([1.0, 1.0, fixed]),
        random=(replace(slope, matrix=slope.matrix * np.array([1.0, random])),),
    )


@pytest.mark.parametrize("factor", [1e15, 1e-15, 1e160, 1e-160, 1e-300])
def test_a_response_in_another_unit(factor: float) -> None:
    one, other = fit(growth()), fit(replace(growth(), response=factor * growth().response))
    assert other.residual_sd == pytest.approx(factor * one.residual_sd, rel=1e-7)
    assert other.theta == pytest.approx(one.theta, rel=1e-6)
    assert other.coefficients == pytest.approx(factor * one.coefficients, rel=1e-7)
    many = refit(other, other.response[:, None])
    assert many.residual_sd[0] == pytest.approx(other.residual_sd, rel=1e-7)


@pytest.mark.parametrize(("fixed", "random"), [(1e15, 1.0), (1e-15, 1.0), (1.0, 1e15), (1e15, 1e-15)])
def test_columns_in_another_unit(fixed: float, random: float) -> None:
    one, other = fit(growth()), fit(scaled_columns(growth(), fixed, random))
    assert other.coefficients * np.array([1, 1, fixed]) == pytest.approx(one.coefficients, rel=1e-7)
    assert other.covariances[0][1, 1] * random**2 == pytest.approx(one.covariances[0][1, 1], rel=1e-6)
    for made in (kenward_roger, satterthwaite):
        tests = [made(found).test(np.eye(3)[1:]) for found in (one, other)]
        assert tests[1].statistic == pytest.approx(tests[0].statistic, rel=1e-6)
        assert tests[1].df2 == pytest.approx(tests[0].df2, rel=1e-6)


def test_a_response_far_from_zero() -> None:
    """1e12 leaves four digits of each number behind the point, and the answers those digits."""
    one, other = fit(growth()), fit(replace(growth(), response=growth().response + 1e12))
    rounded = fit(replace(growth(), response=(growth().response + 1e12) - 1e12))
    assert rounded.deviance == pytest.approx(other.deviance, abs=1e-2)
    assert one.coefficients[1:] == pytest.approx(other.coefficients[1:], abs=1e-3)
    assert other.residual_sd == pytest.approx(one.residual_sd, rel=1e-3)


def from_offset(data: MixedData, offset: float) -> MixedData:
    """Return the data with time counted from elsewhere: the same model."""
    slope = data.random[0]
    return replace(
        data,
        fixed=data.fixed + np.array([0, 0, offset]),
        random=(replace(slope, matrix=slope.matrix + np.array([0, offset])),),
    )


@pytest.mark.parametrize("slope", [0.5, 0.0])
@pytest.mark.parametrize("offset", [30.0, 2020.0, 1e5, 1e6])
def test_a_slope_is_the_same_wherever_time_is_counted_from(offset: float, slope: float) -> None:
    """`(1 + year | person)` with years as they are written: `near` is what R's references are of."""
    data = growth(seed=4, slope=slope, missing=6)
    near, far = fit(data), fit(from_offset(data, offset))
    assert far.deviance == pytest.approx(near.deviance, abs=1e-12 * offset + 1e-9)
    assert far.singular == near.singular
    assert far.coefficients[1:] == pytest.approx(near.coefficients[1:], rel=1e-7)
    assert far.residual_sd == pytest.approx(near.residual_sd, rel=1e-7)
    assert far.covariances[0][1, 1] == pytest.approx(near.covariances[0][1, 1], rel=1e-6)
    assert conditional_modes(far)[0].rows == pytest.approx(conditional_modes(near)[0].rows, abs=1e-6)
    assert residuals(far).fitted == pytest.approx(residuals(near).fitted, rel=1e-7)
    contrasts = np.eye(3)[1:]
    for made in (kenward_roger, satterthwaite):
        one, other = made(near), made(far)
        for rows in (contrasts, contrasts[:1], contrasts[1:]):
            assert other.test(rows).df2 == pytest.approx(one.test(rows).df2, rel=1e-6)
            assert other.test(rows).statistic == pytest.approx(one.test(rows).statistic, rel=1e-6)
        assert other.std_error(contrasts[1]) == pytest.approx(one.std_error(contrasts[1]), rel=1e-7)


@pytest.mark.parametrize("slope", [0.5, 0.0])
def test_what_is_asked_of_a_slope_far_from_zero(slope: float) -> None:
    """Profiles, tests and refits of what does not depend on the year that is called 0."""
    data = growth(seed=4, slope=slope, missing=6)
    near, far = fit(data), fit(from_offset(data, 2020.0))
    spread = Component("random_sd", 0, 1, 1)
    for one, other in (
        (profile_component(near, spread), profile_component(far, spread)),
        (profile_coefficient(near, np.eye(3)[2]), profile_coefficient(far, np.eye(3)[2])),
    ):
        assert (other.low, other.high) == pytest.approx((one.low, one.high), rel=1e-5, abs=1e-6)
    tests = [random_test(found, 0, [1]) for found in (near, far)]
    assert tests[1].statistic == pytest.approx(tests[0].statistic, abs=1e-7)
    assert tests[1].mixture == tests[0].mixture
    again = refit(far, near.response[:, None] + np.array([[0.0, 5.0]]))
    assert again.certified.all()
    assert again.theta[0] == pytest.approx(far.theta, rel=1e-6)
    slopes = [covariance[:, 1, 1] for covariance in again.covariances]
    assert slopes[0] == pytest.approx(np.full(2, near.covariances[0][1, 1]), rel=1e-6)
    kept = influence(far, far.data.random[0].codes, far.data.random[0].levels)
    assert kept.cooks_distances == pytest.approx(
        influence(near, near.data.random[0].codes, near.data.random[0].levels).cooks_distances, rel=1e-5
    )


def test_a_slope_too_far_from_zero_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="'time' depends on the columns before it, or nearly"):
        fit(from_offset(growth(), 1e12))


def test_slopes_that_depend_on_each_other() -> None:
    data = growth()
    matrix = np.column_stack([data.random[0].matrix, 2 * data.random[0].matrix[:, 1]])
    slopes = replace(data.random[0], matrix=matrix, names=("intercept", "a", "b"))
    with pytest.raises(NotEstimableError, match="'b' depends on the columns before it"):
        fit(replace(data, random=(slopes,)))


def test_two_people() -> None:
    found = fit(growth(2, 6))
    assert found.optimum.certified
    test = kenward_roger(found).test(np.array([0.0, 0.0, 1.0]))
    assert test.df2 == pytest.approx(1, abs=0.05)
    # The groups' difference is that of the two people, whose variance no row tells: not from the data.
    data = growth(2, 6)
    plain = replace(data, random=(term("p", data.random[0].codes.tolist(), intercept=np.ones(12)),))
    assert kenward_roger(fit(plain)).test(np.array([0.0, 0.0, 1.0])).df2 == pytest.approx(9)


def test_a_person_with_one_row_and_groups_of_unequal_size() -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(40), rng.integers(1, 30, 40))
    codes[-1] = 40
    n = len(codes)
    one, x = np.ones(n), rng.standard_normal(n)
    random = term("p", codes.tolist(), intercept=one, x=x)
    data = MixedData(x + rng.standard_normal(41)[codes] + rng.standard_normal(n), np.column_stack([one, x]),
                     ("intercept", "x"), (random,))  # fmt: skip
    assert fit(data).deviance == pytest.approx(float(deviance(data, fit(data).factors)), abs=1e-9)


def test_a_level_seen_once_takes_its_row_away() -> None:
    data = growth()
    once = (np.arange(60) == 7).astype(np.float64)
    found = fit(replace(data, fixed=np.column_stack([data.fixed, once]), names=(*data.names, "once")))
    kept, own = once == 0, data.random[0]
    without = replace(
        data, response=data.response[kept], fixed=data.fixed[kept],
        random=(replace(own, matrix=own.matrix[kept], codes=own.codes[kept]),),
    )  # fmt: skip
    assert found.coefficients[:3] == pytest.approx(fit(without).coefficients, rel=1e-7)
    assert found.residual_sd == pytest.approx(fit(without).residual_sd, rel=1e-7)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (np.full(60, 3.3), "constant"),
        (np.zeros(60), "constant"),
        (growth().fixed @ np.array([1.0, 2.0, 3.0]), "fitted exactly by the fixed part"),
        (np.sin(growth().random[0].codes), "fits the response all but exactly"),
        (np.where(np.arange(60) == 3, np.nan, growth().response), "response of row 4 is not a finite number"),
        (np.where(np.arange(60) == 3, np.inf, growth().response), "response of row 4 is not a finite number"),
    ],
)
def test_responses_without_an_answer(response: FloatArray, reason: str) -> None:
    with pytest.raises(NotEstimableError, match=reason):
        fit(replace(growth(), response=response))


def test_columns_without_an_answer() -> None:
    data = growth()
    with pytest.raises(NotEstimableError, match=r"fixed part has values of .*larger unit"):
        fit(scaled_columns(data, 1e160, 1.0))
    with pytest.raises(NotEstimableError, match=r"random part by participant has values of .*larger unit"):
        fit(scaled_columns(data, 1.0, 1e160))
    with pytest.raises(NotEstimableError, match="'time' is zero in every row"):
        fit(scaled_columns(data, 0.0, 1.0))
    with pytest.raises(NotEstimableError, match="'time' by participant is zero in every row"):
        fit(scaled_columns(data, 1.0, 0.0))
    with pytest.raises(NotEstimableError, match="weight of row 1 is 0"):
        fit(replace(data, weights=np.where(np.arange(60) == 0, 0.0, 1.0)))
    single = term("p", list(range(60)), intercept=np.ones(60))
    with pytest.raises(NotEstimableError, match="60 coefficients for 60 rows"):
        fit(replace(data, random=(single,)))


def cholesky(matrix: np.ndarray) -> np.ndarray:
    """Return the lower triangle of a matrix of more than double precision."""
    lower = np.zeros_like(matrix)
    for j in range(len(matrix)):
        left = matrix[j:, j] - lower[j:, :j] @ lower[j, :j]
        lower[j:, j] = left / np.sqrt(left[0])
    return lower


def solve(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
    found = np.zeros_like(right)
    for j in range(len(lower)):
        found[j] = (right[j] - lower[j, :j] @ found[:j]) / lower[j, j]
    return found


def deviance(data: MixedData, factors: tuple[FloatArray, ...], sd: float | None = None) -> np.longdouble:
    """Return the restricted deviance of dense matrices, in extended precision where the machine has it."""
    n, p = data.fixed.shape
    v = np.eye(n, dtype=Long)
    sigma = Long(fit(data).residual_sd if sd is None else sd)
    for one, factor in zip(data.random, factors, strict=True):
        turned = one.matrix.astype(Long) @ (factor.astype(Long) / sigma)
        v += (one.codes[:, None] == one.codes) * (turned @ turned.T)
    lower = cholesky(v)
    x, y = solve(lower, data.fixed.astype(Long)), solve(lower, data.response.astype(Long))
    inner = cholesky(x.T @ x)
    left = y @ y - np.sum(solve(inner, x.T @ y) ** 2)
    logs = 2 * np.log(np.diag(lower)).sum() + 2 * np.log(np.diag(inner)).sum()
    found: np.longdouble = logs + (n - p) * (1 + np.log(2 * Long(np.pi) * left / (n - p)))
    return found


@pytest.mark.parametrize("ratio", [1e4, 1e6, 1e8])
@pytest.mark.parametrize("slope", [False, True])
def test_a_random_variance_far_above_the_residual_one(ratio: float, slope: bool) -> None:
    data, rng = growth(), np.random.default_rng(1)
    codes = data.random[0].codes
    far = np.sqrt(ratio) * rng.standard_normal(12)[codes]
    if slope:
        data = replace(data, response=data.response + far * data.random[0].matrix[:, 1])
    else:
        only = term("participant", codes.tolist(), intercept=np.ones(60))
        data = replace(data, response=data.response + far, random=(only,))
    found = fit(data)
    assert found.optimum.certified
    # Intercepts lose no digit. Slopes whose values lie off 0 lose as many as the ratio has.
    exact = deviance(data, found.factors, found.residual_sd)
    assert found.deviance == pytest.approx(float(exact), abs=1e-13 * ratio if slope else 1e-10)
    roger, welch = kenward_roger(found), satterthwaite(found)
    if not slope:  # a contrast between people has their degrees of freedom, one within them that of the rows
        assert welch.df(np.array([0.0, 1.0, 0.0])) == pytest.approx(10, abs=0.1)
    assert roger.test(np.array([0.0, 0.0, 1.0])).df2 == pytest.approx(11 if slope else 47, rel=1e-3)
    assert roger.test(np.array([0.0, 0.0, 1.0])).statistic == pytest.approx(
        welch.test(np.array([0.0, 0.0, 1.0])).statistic,
        rel=max(1e-4, 1e-11 * ratio),  # as many digits are lost
    )


def far_crossed(kind: str, ratio: float, *, seed: int = 2) -> MixedData:
    """Return a crossed design, every random variance `ratio` times the residual one, with a few rows missing.

    `kind`: participants by items; the same with hands nested in participants; or with a third crossed factor.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(84)[5:]
    person, item = np.repeat(np.arange(12), 7)[order], np.tile(np.arange(7), 12)[order]
    hand, day = 2 * person + (item + person) % 2, (person + 2 * item) % 4
    one, x, group = np.ones(79), rng.standard_normal(79), (person % 2).astype(np.float64)
    factors = {"person": person, "item": item}
    factors |= {"two": {}, "nested": {"hand": hand}, "three": {"day": day}}[kind]
    response = 1 + x + rng.standard_normal(79)
    for codes in factors.values():
        response += np.sqrt(ratio) * rng.standard_normal(codes.max() + 1)[codes]
    random = tuple(term(name, codes.tolist(), intercept=one) for name, codes in factors.items())
    return MixedData(response, np.column_stack([one, x, group]), ("intercept", "x", "group"), random)


@pytest.mark.parametrize("kind", ["two", "nested", "three"])
@pytest.mark.parametrize("ratio", [1e4, 1e6, 1e8])
class TestCrossedVariancesFarAboveTheResidualOne:
    """The level that factors share costs as many of sixteen digits as the ratio has; nothing else does."""

    def test_the_deviance_is_that_of_extended_precision(self, kind: str, ratio: float) -> None:
        data = far_crossed(kind, ratio)
        for restricted in (True, False):
            assert fit(data, restricted=restricted).optimum.certified
        found = fit(data)
        exact = deviance(data, found.factors, found.residual_sd)
        assert found.deviance == pytest.approx(float(exact), abs=max(1e-13 * ratio, 1e-9))

    def test_no_neighbour_is_better(self, kind: str, ratio: float) -> None:
        data, rng = far_crossed(kind, ratio), np.random.default_rng(2)
        found = fit(data)
        here = deviance(data, found.factors, found.residual_sd)
        for _ in range(10):
            moved = tuple(f * np.exp(0.02 * rng.standard_normal()) for f in found.factors)
            assert deviance(data, moved, found.residual_sd) > here

    def test_an_affine_change_changes_nothing_else(self, kind: str, ratio: float) -> None:
        data = far_crossed(kind, ratio)
        order = np.random.default_rng(3).permutation(79)
        other = fit(
            MixedData(
                1e3 - 1e5 * data.response[order], data.fixed[order], data.names,
                tuple(replace(one, matrix=one.matrix[order], codes=one.codes[order]) for one in data.random),
            )
        )  # fmt: skip
        one = fit(data)
        lost = max(1e-15 * ratio, 1e-9)
        assert other.residual_sd == pytest.approx(1e5 * one.residual_sd, rel=lost)
        assert other.coefficients[1] == pytest.approx(-1e5 * one.coefficients[1], rel=lost)
        for mine, theirs in zip(one.factors, other.factors, strict=True):
            assert theirs == pytest.approx(1e5 * mine, rel=100 * lost)

    def test_what_lies_within_all_factors_is_as_if_they_were_fixed(self, kind: str, ratio: float) -> None:
        data = far_crossed(kind, ratio)
        indicators = [data.fixed[:, :2]]
        indicators += [(one.codes[:, None] == np.arange(1, one.codes.max() + 1)) * 1.0 for one in data.random]
        x = np.column_stack(indicators)
        beta, _, rank, _ = np.linalg.lstsq(x, data.response, rcond=1e-10)
        sigma = np.sqrt(np.sum((data.response - x @ beta) ** 2) / (79 - rank))
        found = fit(data)
        within = np.array([0.0, 1.0, 0.0])
        assert found.residual_sd == pytest.approx(float(sigma), rel=5 / np.sqrt(ratio))
        assert found.coefficients[1] == pytest.approx(beta[1], abs=5 / np.sqrt(ratio))
        for made in (kenward_roger(found), satterthwaite(found)):
            assert made.test(within[None]).df2 == pytest.approx(79 - rank, rel=max(1e-2, 20 / np.sqrt(ratio)))

    def test_refits_and_profiles(self, kind: str, ratio: float) -> None:
        data = far_crossed(kind, ratio)
        found = fit(data, restricted=False)
        many = refit(found, data.response[:, None] * np.array([1.0, -2.0]))
        assert many.certified.all()
        assert many.residual_sd == pytest.approx(found.residual_sd * np.array([1, 2]), rel=1e-6)
        within = profile_component(found, Component("residual_sd"))
        assert within.low < found.residual_sd < within.high
        slope = profile_coefficient(found, np.array([0.0, 1.0, 0.0]))
        assert slope.high - slope.estimate == pytest.approx(slope.estimate - slope.low, rel=1e-3)


def test_a_crossed_variance_beyond_all_digits_says_so() -> None:
    with pytest.raises(NotEstimableError, match=r"crossed factors leave too few digits|all but exactly"):
        fit(far_crossed("three", 1e13))


@pytest.mark.parametrize("kind", ["two", "nested", "three"])
def test_a_crossed_variance_of_zero_beside_a_large_one(kind: str) -> None:
    data = far_crossed(kind, 1e6)
    rng = np.random.default_rng(5)
    person, item = data.random[0], data.random[1]
    noise = rng.standard_normal(79)
    for one in data.random[1:]:  # nothing between the levels of these
        sums = np.bincount(one.codes, noise) / np.bincount(one.codes)
        noise -= sums[one.codes]
    found = fit(replace(data, response=1e3 * rng.standard_normal(12)[person.codes] + noise))
    assert f"(intercept | {item.group})" in found.singular
    exact = deviance(found.data, found.factors, found.residual_sd)
    assert found.deviance == pytest.approx(float(exact), abs=1e-7)


def test_memory_is_proportional_to_the_rows() -> None:
    def used(rows: int) -> int:
        rng = np.random.default_rng(1)
        codes, x = np.arange(rows) % (rows // 20), rng.standard_normal(rows)
        one = np.ones(rows)
        random = (
            replace(term("p", [0], intercept=one), codes=codes, levels=tuple(map(str, range(rows // 20)))),
        )
        data = MixedData(x + rng.standard_normal(rows // 20)[codes] + rng.standard_normal(rows),
                         np.column_stack([one, x]), ("intercept", "x"), random)  # fmt: skip
        tracemalloc.start()
        fit(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    small, large = used(10_000), used(100_000)
    assert large < 12 * small
    assert large < 400 * 100_000  # 50 numbers a row
