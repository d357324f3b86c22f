"""What must hold of any pooling of dependent effects, whatever the data."""

import tracemalloc
from time import process_time
from typing import Any

import numpy as np
import pytest
from scipy import linalg, optimize, sparse, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.covariance_structure import structure
from mmstats.meta.multilevel import pool_multilevel
from mmstats.meta.multilevel_interval import correlation_interval, variance_interval
from mmstats.meta.multilevel_result import Multilevel
from mmstats.meta.pooling import pool
from mmstats.meta.random_term import RandomTerm, intercepts, nested, within
from mmstats.meta.sampling_covariance import sampling_covariance
from mmstats.meta.structure_elements import Structure
from mmstats.meta.variance_search import search
from mmstats.meta.weighted import FloatArray


def made(seed: int, studies: int = 12) -> tuple[FloatArray, FloatArray, np.ndarray, np.ndarray]:
    """Return effects, variances, studies and outcomes: up to three outcomes of each study."""
    rng = np.random.default_rng(seed)
    study = np.repeat(np.arange(studies), rng.integers(1, 4, studies))
    outcome = np.concatenate([rng.permutation(3)[:m] for m in np.bincount(study)])
    v = rng.uniform(0.02, 0.3, len(study))
    y = rng.normal(size=studies)[study] + rng.normal(size=len(study)) * (0.2 + 0.4 * outcome) + outcome
    return y + rng.normal(size=len(study)) * np.sqrt(v), v, study, outcome


def columns(outcome: np.ndarray) -> FloatArray:
    return np.column_stack([outcome == place for place in range(3)]).astype(float)


def model(kind: str, study: Any, outcome: Any) -> tuple[RandomTerm, ...]:
    if kind == "nested":
        return nested("study/effect", study, outcome)
    return (within("outcome | study", outcome, study, kind),)  # type: ignore[arg-type]


def summary(found: Multilevel) -> FloatArray:
    return np.concatenate([found.coefficients, found.std_errors, *found.variances, *found.correlations])


KINDS = ("nested", "cs", "hcs", "ar", "har", "diag", "un")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("restricted", [True, False])
def test_gradient_and_hessian_are_those_of_the_dense_deviance(kind: str, restricted: bool) -> None:
    y, v, study, outcome = made(3)
    x, terms = columns(outcome), model(kind, study, outcome)
    covariance = sampling_covariance(v, study, 0.3)
    found = pool_multilevel(y, covariance, terms, x, ("a", "b", "c"), restricted=restricted)
    data = found.fit.data
    free = data.free
    theta = np.clip(found.fit.theta + 0.1, *data.box)

    def dense(values: FloatArray) -> float:
        total = covariance.toarray()
        for term, place in zip(terms, data.places, strict=True):
            elements = np.append(term.structure.elements(values[place]).values, 0.0)
            same = term.outer[:, None] == term.outer
            total = total + np.where(same, elements[term.structure.table[term.inner[:, None], term.inner]], 0)
        w = np.linalg.inv(total)
        m = np.linalg.inv(x.T @ w @ x)
        r = y - x @ m @ x.T @ w @ y
        extra = np.linalg.slogdet(x.T @ w @ x)[1] - np.linalg.slogdet(x.T @ x)[1] if restricted else 0.0
        rows = len(y) - 3 * restricted
        return float(rows * np.log(2 * np.pi) + np.linalg.slogdet(total)[1] + r @ w @ r + extra)

    fit = data.at(theta)
    assert fit.deviance(restricted=restricted) == pytest.approx(dense(theta), rel=1e-12)
    gradient, hessian = fit.derivatives(restricted=restricted)
    steps = 1e-5 * np.eye(len(theta))[free]
    slopes = [(dense(theta + step) - dense(theta - step)) / 2e-5 for step in steps]
    assert gradient == pytest.approx(np.array(slopes), rel=1e-5, abs=1e-6)
    bends = [
        data.at(theta + step).derivatives(restricted=restricted)[0]
        - data.at(theta - step).derivatives(restricted=restricted)[0]
        for step in steps
    ]
    assert hessian == pytest.approx(np.array(bends) / 2e-5, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_order_labels_and_units(kind: str, seed: int) -> None:
    """Factors are scaled: coefficients by c, variances by c squared, correlations not at all."""
    y, v, study, outcome = made(seed)
    first = pool_multilevel(y, v, model(kind, study, outcome), columns(outcome), ("a", "b", "c"))
    order = np.random.default_rng(seed).permutation(len(y))
    names = np.random.default_rng(seed).permutation(100)[:12][study].astype(str)
    second = pool_multilevel(
        y[order],
        v[order],
        model(kind, names[order], outcome[order]),
        columns(outcome)[order],
        ("a", "b", "c"),
    )
    c = 1e4
    third = pool_multilevel(c * y, c**2 * v, model(kind, study, outcome), columns(outcome), ("a", "b", "c"))
    powers = np.concatenate(
        [np.ones(6), *(2 + 0 * one for one in first.variances), *(0 * one for one in first.correlations)]
    )
    assert second.optimum.certified
    # at a flat optimum (a variance near 0) parameters have half the digits of the likelihood
    assert summary(second) == pytest.approx(summary(first), rel=1e-6, abs=1e-8)
    assert summary(third) / c**powers == pytest.approx(summary(first), rel=1e-6, abs=1e-8)
    assert second.log_likelihood(restricted=True) == pytest.approx(
        first.log_likelihood(restricted=True), rel=1e-10
    )


@pytest.mark.parametrize(("restricted", "name"), [(True, "reml"), (False, "ml")])
def test_one_effect_a_study_is_the_univariate_answer(restricted: bool, name: Any) -> None:
    rng = np.random.default_rng(2)
    v = rng.uniform(0.05, 0.4, 25)
    x = np.column_stack([np.ones(25), rng.normal(size=25)])
    y = rng.normal(size=25) * 0.6 + rng.normal(size=25) * np.sqrt(v)
    alone = pool(y, v, x, ("intercept", "x"), tau2=name, test="t")
    for given in (v, np.diag(v), sparse.diags_array(v, format="csr")):
        found = pool_multilevel(
            y,
            given,
            [intercepts("study", np.arange(25))],
            x,
            ("intercept", "x"),
            restricted=restricted,
            test="t",
        )
        assert found.variances[0][0] == pytest.approx(alone.tau2, rel=1e-9)
        assert found.coefficients == pytest.approx(alone.coefficients, rel=1e-9)
        assert found.covariance == pytest.approx(alone.covariance, rel=1e-9)
        assert found.q == pytest.approx(alone.q, rel=1e-12)
        assert found.i2()[0] == pytest.approx(alone.i2(), rel=1e-9)
        assert found.moderators() == pytest.approx(alone.moderators(), rel=1e-8)
        assert found.log_likelihood(restricted=True) == pytest.approx(alone.log_likelihood(restricted=True))
        one, other = found.predict(np.array([1, 0.5])), alone.predict(np.array([1, 0.5]))
        assert one.prediction_low == pytest.approx(other.prediction_low, rel=1e-9)


def test_no_terms_is_the_common_effect() -> None:
    y, v, *_ = made(5)
    alone = pool(y, v, tau2="common", test="z")
    found = pool_multilevel(y, v, [], test="z")
    assert found.coefficients == pytest.approx(alone.coefficients, rel=1e-12)
    assert found.std_errors == pytest.approx(alone.std_errors, rel=1e-12)


def test_a_variance_of_0_is_a_result() -> None:
    """Effects that differ less than sampling alone would have it: both variances are 0, and certified."""
    y, v, study, outcome = (
        np.tile([0.1, 0.11], 6),
        np.full(12, 0.2),
        np.repeat(np.arange(6), 2),
        np.tile([0, 1], 6),
    )
    found = pool_multilevel(y, v, nested("study/effect", study, outcome), test="z")
    assert [float(one[0]) for one in found.variances] == [0, 0]
    assert found.optimum.certified
    assert found.optimum.curvature.min() > 0
    assert found.coefficients == pytest.approx(pool(y, v, tau2="common", test="z").coefficients)
    assert found.notes == (
        "The variance of study is estimated as 0.", "The variance of study/effect is estimated as 0."
    )  # fmt: skip
    interval = variance_interval(found, 0)
    assert interval.low == 0 < interval.high
    assert interval.note == "0 is in the interval."


def test_correlations_without_variance_are_not_determined() -> None:
    y, v, study, outcome = (
        np.tile([0.1, 0.11], 6),
        np.full(12, 0.2),
        np.repeat(np.arange(6), 2),
        np.tile([0, 1], 6),
    )
    for kind in ("cs", "hcs", "ar", "un"):
        found = pool_multilevel(y, v, model(kind, study, outcome))
        assert not np.any(found.variances[0])
        assert np.isnan(found.correlations[0]).all()
        assert (
            f"With a variance of 0, a correlation of {found.terms[0].name} is not determined." in found.notes
        )
        with pytest.raises(NotEstimableError, match=r"A variance of outcome . study is 0"):
            correlation_interval(found, 0)


def test_a_correlation_at_the_end_of_its_range_is_named() -> None:
    """Two outcomes that go exactly against each other."""
    y = np.array([[1.0, -1], [-2, 2], [0.5, -0.5], [-1, 1], [3, -3]]).ravel()
    found = pool_multilevel(y, np.full(10, 0.01), model("cs", np.repeat(np.arange(5), 2), np.tile([0, 1], 5)))
    assert found.correlations[0] == pytest.approx([-1])
    assert found.notes == ("A correlation of outcome | study is estimated as -1, the end of its range.",)


@pytest.mark.parametrize("seed", range(6))
def test_no_start_finds_less(seed: int) -> None:
    """An unstructured covariance against a search without derivatives from other places."""
    y, v, study, outcome = made(seed, 14)
    found = pool_multilevel(y, v, model("un", study, outcome), columns(outcome), ("a", "b", "c"))
    ours = -2 * found.log_likelihood(restricted=True)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        other = optimize.minimize(
            lambda theta: found.fit.data.at(theta).deviance(restricted=True),
            rng.normal(size=6),
            method="Nelder-Mead",
            options={"maxiter": 3_000, "xatol": 1e-6, "fatol": 1e-9},
        )
        assert ours <= other.fun + 1e-7


def test_the_greater_of_two_maxima() -> None:
    """Autoregression with a maximum at 0.8 and a higher one at -0.9: from 0.5 a search ends at the first."""
    y, v, study, outcome = two_maxima()
    found = pool_multilevel(y, v, model("ar", study, outcome))
    data = found.fit.data
    alone = search(data, np.array([1.0, 0.5]), restricted=True)
    assert alone.certified
    assert alone.fit.theta[1] > 0.5
    assert found.correlations[0][0] < -0.5
    assert alone.fit.deviance(restricted=True) > found.fit.deviance(restricted=True) + 1


def two_maxima() -> tuple[FloatArray, FloatArray, np.ndarray, np.ndarray]:
    """Return effects of few studies with two or three times each."""
    rng = np.random.default_rng(17)
    studies = int(rng.integers(3, 25))
    study = np.repeat(np.arange(studies), rng.integers(1, 4, studies))
    time = np.concatenate([rng.permutation(3)[:m] for m in np.bincount(study)])
    n = len(study)
    v = np.exp(rng.normal(scale=rng.choice([0.3, 1.5, 4]), size=n)) * 0.1
    y = rng.normal(size=studies)[study] * rng.choice([0, 0.3, 2])
    y = y + rng.normal(size=n) * rng.choice([0, 0.3, 2]) + rng.normal(size=n) * np.sqrt(v)
    return y, v, study, time


def test_structures_that_contain_each_other() -> None:
    y, v, study, outcome = made(1, 20)

    def best(kind: str) -> float:
        return pool_multilevel(
            y, v, model(kind, study, outcome), columns(outcome), ("a", "b", "c"), restricted=False
        ).log_likelihood(restricted=False)

    assert best("un") >= best("hcs") - 1e-9 >= best("cs") - 2e-9
    assert best("un") >= best("har") - 1e-9 >= best("ar") - 2e-9
    assert best("hcs") >= best("diag") - 1e-9
    # (1 | study/effect) is compound symmetry without negative correlations
    assert best("nested") == pytest.approx(best("cs"), rel=1e-11)


@pytest.mark.parametrize("kind", ["cs", "hcs", "ar", "har", "diag", "un"])
def test_elements_have_the_derivatives_that_they_say(kind: Any) -> None:
    made_of = structure(kind, np.array([0.0, 1, 3]))
    rng = np.random.default_rng(0)
    theta = rng.uniform(0.2, 0.8, len(made_of.lower))
    one = made_of.elements(theta)
    matrix = one.values[made_of.table]
    assert np.linalg.eigvalsh(matrix)[0] > 0
    assert np.diag(matrix) == pytest.approx(np.broadcast_to(made_of.variances(theta), 3))
    for place in range(len(theta)):
        step = 1e-6 * np.eye(len(theta))[place]
        up, down = made_of.elements(theta + step), made_of.elements(theta - step)
        assert (up.values - down.values) / 2e-6 == pytest.approx(one.first[place], abs=1e-8)
        assert (up.first - down.first) / 2e-6 == pytest.approx(one.second[place], abs=1e-8)


@pytest.mark.parametrize("kind", ["hcs", "har", "un"])
def test_held_parameters_are_held(kind: Any) -> None:
    free = structure(kind, np.arange(3.0))
    rng = np.random.default_rng(1)
    theta = rng.uniform(0.2, 0.8, len(free.lower))

    def moved(held: tuple[Structure, FloatArray]) -> tuple[Structure, FloatArray]:
        one, start = held
        return one, np.where(one.lower < one.upper, start * 0.9, start)

    for place in range(3):
        one, start = moved(free.with_variance(theta, place, 0.37))
        assert one.variances(start)[place] == pytest.approx(0.37, rel=1e-12)
    for place in range(len(free.correlations(theta))):
        one, start = moved(free.with_correlation(theta, place, -0.21))
        assert one.correlations(start)[place] == pytest.approx(-0.21, rel=1e-12)
    one, start = free.with_variance(theta, 1, float(free.variances(theta)[1]))
    assert one.elements(start).values == pytest.approx(free.elements(theta).values, rel=1e-12)


def test_intervals_of_an_unstructured_covariance() -> None:
    """Each limit has the deviance that it should, by a search without derivatives over the others."""
    y, v, study, outcome = made(1, 40)
    found = pool_multilevel(y, v, model("un", study, outcome), columns(outcome), ("a", "b", "c"))
    data, least = found.fit.data, found.fit.deviance(restricted=True)
    pairs = [(0, 1), (0, 2), (1, 2)]

    def held(place: int, value: float) -> float:
        order = [*pairs[place], 3 - sum(pairs[place])]

        def deviance(p: FloatArray) -> float:
            factor = np.zeros((3, 3))
            factor[0, 0] = np.exp(p[0])
            factor[1, :2] = np.exp(p[1]) * np.array([value, np.sqrt(1 - value**2)])
            factor[2] = p[2:]
            covariance = np.empty((3, 3))
            covariance[np.ix_(order, order)] = factor @ factor.T
            lower = linalg.cholesky(covariance + 1e-14 * np.eye(3), lower=True)
            return data.at(np.concatenate([lower[k:, k] for k in range(3)])).deviance(restricted=True)

        start = np.append(np.log(found.variances[0][order[:2]]) / 2, [0.0, 0.0, 1.0])
        return min(
            float(optimize.minimize(deviance, start * scale, method="BFGS", options={"gtol": 1e-6}).fun)
            for scale in (1.0, 0.5)
        )

    for place in range(3):
        interval = correlation_interval(found, 0, place)
        for limit in (interval.low, interval.high):
            if abs(limit) < 1:
                assert held(place, limit) - least == pytest.approx(stats.chi2.isf(0.05, 1), abs=1e-4)


def test_random_effects_are_what_shrinkage_says() -> None:
    """Of one variance and equal sampling variances: residuals times tau2 / (tau2 + v)."""
    rng = np.random.default_rng(3)
    y, v = rng.normal(size=15), np.full(15, 0.2)
    found = pool_multilevel(y, v, [intercepts("study", np.arange(15))])
    tau2 = found.variances[0][0]
    assert found.random_effects()[0] == pytest.approx((y - y.mean()) * tau2 / (tau2 + 0.2), rel=1e-10)


def test_ten_thousand_effects_take_seconds_and_linear_memory() -> None:
    def peak(studies: int) -> tuple[float, float]:
        rng = np.random.default_rng(0)
        study = np.repeat(np.arange(studies), rng.integers(1, 6, studies))
        y = rng.normal(size=studies)[study] * 0.5 + rng.normal(size=len(study)) * 0.6
        v = sampling_covariance(np.full(len(study), 0.1), study, 0.5)
        terms = nested("study/effect", study, np.arange(len(study)))
        began = process_time()
        tracemalloc.start()
        found = pool_multilevel(y, v, terms)
        most = tracemalloc.get_traced_memory()[1] / len(study)
        tracemalloc.stop()
        assert [float(one[0]) for one in found.variances] == pytest.approx([0.25, 0.26], abs=0.1)
        return most, process_time() - began

    small, large = peak(400), peak(3_400)  # 1,200 and 10,200 effects
    assert large[0] < 1.3 * small[0]
    assert large[1] < 20


def test_what_cannot_be_pooled_is_said_at_once() -> None:
    y, v, study, _ = made(1)
    y, v = y.copy(), v.copy()
    y[0], v[2] = np.nan, -1
    same = intercepts("lab", study)
    with pytest.raises(NotEstimableError) as said:
        pool_multilevel(y, v, [intercepts("study", study), same, intercepts("country", np.zeros(len(y)))])
    for part in (
        "Row 1: its effect is nan", "Row 3: its variance is -1", "study and lab have the same levels",
        "country has one level only",
    ):  # fmt: skip
        assert part in str(said.value)


def test_sampling_covariances_that_are_none() -> None:
    y, v, study, _ = made(1)
    size = np.bincount(study)
    place = int(np.argmax(size))
    dense = sampling_covariance(v, study, 0.5).toarray()
    own = np.flatnonzero(study == place)
    dense[own[0], own[1]] = dense[own[1], own[0]] = 1.1 * np.sqrt(v[own[0]] * v[own[1]])
    with pytest.raises(
        NotEstimableError, match=f"study {place} .rows {own[0] + 1}, {own[1] + 1}.*eigenvalue"
    ):
        pool_multilevel(y, dense, [intercepts("study", study)])
    dense[own[0], own[1]] = 0
    with pytest.raises(NotEstimableError, match="not symmetric"):
        pool_multilevel(y, dense, [intercepts("study", study)])
    with pytest.raises(NotEstimableError, match=r"is 3 by 3 for"):
        pool_multilevel(y, np.ones(3), [intercepts("study", study)])


def test_terms_that_are_not_determined() -> None:
    with pytest.raises(NotEstimableError, match="no outer level has two inner levels"):
        within("outcome | study", ["a", "b", "a"], [1, 2, 3], "cs")
    with pytest.raises(NotEstimableError, match="no outer level has both 'a' and 'c'; nor both 'b' and 'c'"):
        within("outcome | study", ["a", "b", "c"], [1, 1, 2], "un")
    with pytest.raises(NotEstimableError, match="inner levels must be numbers, not 'early'"):
        within("time | study", ["early", "late"], [1, 1], "ar")
    with pytest.raises(NotEstimableError, match="names 2 levels, but 1 are given"):
        nested("study/effect", [1, 2])


def test_containment_counts_the_level_at_which_a_column_varies() -> None:
    y, v, study, outcome = made(0)
    x = np.column_stack([np.ones(len(y)), study % 2, outcome])
    found = pool_multilevel(y, v, nested("study/effect", study, outcome), x, ("i", "between", "within"))
    assert found.df == pytest.approx([12 - 3, 12 - 3, len(y) - 3])
    assert found.joint_test(np.eye(3)[1:])[2] == 9


def test_variances_that_are_not_told_apart_are_named() -> None:
    """Compound symmetry within studies holds what studies have in common already."""
    y, v, study, outcome = made(1, 20)
    one = within("outcome | study", outcome, study, "cs")
    alone = pool_multilevel(y, v, [one], columns(outcome), ("a", "b", "c"))
    both = pool_multilevel(y, v, [one, intercepts("study", study)], columns(outcome), ("a", "b", "c"))
    assert not any("not told apart" in note for note in alone.notes)
    assert any("not told apart" in note for note in both.notes)
    assert both.log_likelihood(restricted=True) == pytest.approx(alone.log_likelihood(restricted=True))


def test_a_prediction_says_for_which_outcome() -> None:
    y, v, study, outcome = made(1, 20)
    found = pool_multilevel(y, v, model("un", study, outcome), columns(outcome), ("a", "b", "c"), test="z")
    with pytest.raises(
        NotEstimableError, match="differs between levels: say by `inner` for which of 0, 1, 2"
    ):
        found.predict(np.array([0, 1.0, 0]))
    made_of = found.predict(np.array([0, 1.0, 0]), inner=["1"])
    half = (made_of.prediction_high - made_of.prediction_low) / 2
    wanted = stats.norm.isf(0.025) * np.sqrt(found.variances[0][1] + found.covariance[1, 1])
    assert half == pytest.approx(wanted, rel=1e-12)
    with pytest.raises(NotEstimableError, match="no one I squared"):
        found.i2()


def _in_time(seed: int) -> tuple[FloatArray, FloatArray, np.ndarray, FloatArray]:
    """Return effects, variances, studies and times to a tenth; effects near in time are alike."""
    rng = np.random.default_rng(seed)
    study, time = np.repeat(np.arange(6), 4), np.round(rng.uniform(0, 3, 24), 1)
    apart = np.abs(time[:, None] - time)
    between = (study[:, None] == study) * 0.2 ** (apart / 0.5)
    v = rng.uniform(0.02, 0.1, 24)
    y = np.linalg.cholesky(0.6 * between + np.diag(v)) @ rng.normal(size=24)
    return y, v, study, time


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["ar", "har"])
def test_the_unit_of_time_does_not_matter(seed: int, kind: Any) -> None:
    y, v, study, time = _in_time(seed)
    time = np.round(time / 3, 0) + 1 if kind == "har" else time
    found = pool_multilevel(y, v, (within("t | s", time, study, kind),))
    for unit in (100.0, 0.1):
        other = pool_multilevel(y, v, (within("t | s", time * unit, study, kind),))
        rho = float(found.correlations[0][0])
        likelihoods = [one.log_likelihood(restricted=True) for one in (found, other)]
        if rho < 0:  # of whole times, the least one apart: what has roots ends at 0
            assert likelihoods[1] <= likelihoods[0] + 1e-8
            continue
        assert likelihoods[1] == pytest.approx(likelihoods[0], abs=1e-8)
        assert np.concatenate(other.variances) == pytest.approx(np.concatenate(found.variances), rel=1e-5)
        assert float(other.correlations[0][0]) ** unit == pytest.approx(rho, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_no_autocorrelation_is_likelier(seed: int) -> None:
    y, v, study, time = _in_time(seed)
    found = pool_multilevel(y, v, (within("t | s", time, study, "ar"),), restricted=False)
    least = found.log_likelihood(restricted=False)
    for rho in (0.0, 1e-9, 1e-6, 1e-3, 0.02, 0.1, 0.3, 0.6, 0.9):
        held = pool_multilevel(y, v, (within("t | s", time, study, "ar", rho=rho),), restricted=False)
        assert held.log_likelihood(restricted=False) <= least + 1e-8


def test_a_negative_autocorrelation_has_no_roots() -> None:
    _, _, study, time = _in_time(0)
    with pytest.raises(NotEstimableError, match=r"-0\.3 is held"):
        within("t | s", time, study, "ar", rho=-0.3)


@pytest.mark.parametrize(("kind", "seed"), [("ar", 0), ("ar", 1), ("ar", 2), ("hcs", 2)])
def test_a_correlation_near_1_is_reached(kind: Any, seed: int) -> None:
    """Standard deviations of 100 times those of sampling: the likelihood is a curved valley."""
    rng = np.random.default_rng(seed)
    study, outcome = np.repeat(np.arange(12), 3), np.tile(np.arange(3), 12)
    v = rng.uniform(0.5, 1.5, 36)
    y = 100 * rng.normal(size=12)[study] + rng.normal(size=36) * np.sqrt(1.05 * v)
    found = pool_multilevel(y, v, (within("o | s", outcome, study, kind),))
    assert found.optimum.promised < 1e-9
    assert found.correlations[0][0] > 0.999


def test_a_large_deviance_is_rounded() -> None:
    """Precise effects far apart: searches end at deviances that differ by rounding, and one is certain."""
    rng = np.random.default_rng(5)
    study, outcome = np.repeat(np.arange(8), 4), np.tile(np.arange(4), 8)
    v = 10.0 ** rng.uniform(-7, 2, 32)
    y = 3 * rng.normal(size=8)[study] + rng.normal(size=32)
    found = pool_multilevel(y, v, (within("o | s", outcome, study, "hcs"),))
    assert found.optimum.certified


@pytest.mark.parametrize("seed", [150, 225, 230, 406])
def test_limits_where_the_profile_has_two_valleys(seed: int) -> None:
    """Against a grid of the other variance: sampling errors correlate, so either can stand for the other."""
    rng = np.random.default_rng(seed)
    study, row = np.repeat(np.arange(4), 3), np.arange(12)
    a = rng.normal(size=(12, 13))
    spread = a @ a.T
    sd = np.sqrt(rng.uniform(0.02, 0.3, 12)) / np.sqrt(np.diag(spread))
    v = spread * np.outer(sd, sd)
    y = rng.choice([0.3, 0.8]) * rng.normal(size=12) + np.linalg.cholesky(v) @ rng.normal(size=12)
    found = pool_multilevel(y, (v + v.T) / 2, nested("s/r", study, row), restricted=False)
    least, grid = found.fit.deviance(restricted=False), np.linspace(0, 3, 301)

    def lowest(term: int, variance: float) -> float:
        other = [np.array([sd, 0, 0, 0]) if term else np.array([0, 0, sd, 0]) for sd in grid]
        held = np.sqrt(variance) * np.eye(4)[2 * term]
        return min(found.fit.data.at(one + held).deviance(restricted=False) for one in other)

    for term in (0, 1):
        assert min(lowest(term, sd**2) for sd in np.linspace(0, 2, 21)) > least - 1e-8
        made = variance_interval(found, term)
        for limit in (made.low, made.high):
            grown = lowest(term, limit) - least
            assert grown > stats.chi2.isf(0.05, 1) - 1e-8 or limit == 0
            assert grown < stats.chi2.isf(0.05, 1) + 1e-2


def test_a_correlation_of_1_with_a_large_variance_is_found() -> None:
    """Two maxima, at rho -1 and 1; metafor 3.8.1's rma.mv ends at the second, tau squared 6.28."""
    study, row, outcome = np.repeat(np.arange(3), 2), np.arange(6), [3, 2, 1, 4, 2, 4]
    y = np.array([-1.59925936, 1.83817848, -1.70199288, 0.42135481, 4.9385067, 4.76031083])
    v = np.array([0.0113973017, 0.0149339423, 1.12385648, 10.2665565, 6.63306491, 12.0505])
    x = [0.11168873, -0.70354386, 1.45574492, 1.33026891, -0.09958549, -0.25538564]
    found = pool_multilevel(
        y,
        sampling_covariance(v, study, 0.6),
        (within("o | s", outcome, study, "cs"), intercepts("row", row)),
        np.column_stack([np.ones(6), x]),
        ("intercept", "x"),
        restricted=False,
    )
    assert found.correlations[0][0] == pytest.approx(1)
    assert found.variances[0][0] == pytest.approx(6.28265, rel=1e-3)  # where metafor stops
    for sd in np.linspace(0, 5, 26):
        for rho in np.linspace(-1, 1, 21):
            grid = found.fit.data.at(np.array([sd, rho, 0, 0])).deviance(restricted=False)
            assert grid >= found.fit.deviance(restricted=False) - 1e-8
