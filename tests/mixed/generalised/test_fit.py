"""Fits against R, and at the edges of what data tell."""

import json
from collections.abc import Callable
from dataclasses import replace
from math import inf, isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmstats.effects.logistic import logistic_fit
from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.build import binomial_model, cumulative_model, poisson_model
from mmstats.mixed.generalised.counts import fit_negative_binomial
from mmstats.mixed.generalised.fit import fit_generalised
from mmstats.mixed.generalised.profile import deviation_limits, likelihood_ratio, profile_limits
from mmstats.mixed.generalised.random import components
from mmstats.mixed.generalised.simulate import bootstrapped, simulate
from mmstats.mixed.structure import MixedData
from tests.mixed.generalised.cases import cbpp, simulated, term, wine
from tests.mixed.generalised.test_likelihood import counts, events, ratings


def block(references: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((references / "reference" / "glmm" / f"{name}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("points", "name"), [(1, "glmmTMB_laplace"), (5, "nAGQ5"), (9, "nAGQ9"), (25, "nAGQ25")]
)
def test_cbpp(references: Path, points: int, name: str) -> None:
    fit, expected = fit_generalised(binomial_model(cbpp(references)), points), block(references, "cbpp")[name]
    np.testing.assert_allclose(fit.parameters[:4], list(expected["fixef"].values()), rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance))[:4], list(expected["se"].values()), rtol=1e-5)
    assert fit.covariances[0][0, 0] == pytest.approx(expected["varcorr"]["herd"], rel=1e-5)
    if points == 1:  # lme4's constant is another with several points
        assert fit.log_likelihood == pytest.approx(expected["logLik"], rel=1e-9)
    assert fit.gradient_norm < 1e-6


@pytest.mark.parametrize(
    ("points", "groups", "name"),
    [
        (1, ("judge",), "clmm_laplace"),
        (5, ("judge",), "clmm_nAGQ5"),
        (10, ("judge",), "clmm_nAGQ10"),
        (25, ("judge",), "clmm_nAGQ25"),
        (1, ("judge", "bottle"), "clmm_crossed"),
    ],
)
def test_wine(references: Path, points: int, groups: tuple[str, ...], name: str) -> None:
    fit = fit_generalised(cumulative_model(wine(references, *groups)), points)
    expected = block(references, "wine_clmm")[name]
    coefficients = expected["coef"].values()
    np.testing.assert_allclose(fit.parameters[:6], [row["Estimate"] for row in coefficients], rtol=1e-5)
    assert fit.log_likelihood == pytest.approx(expected["logLik"], rel=1e-8)
    assert abs(fit.parameters[6]) == pytest.approx(expected["sd"]["judge"], rel=1e-5)
    if points > 1:
        # clmm's Hessian of a Laplace likelihood moves by 1 % with its stopping rule: tests/reference/clmm.R
        errors = [row["Std. Error"] for row in coefficients]
        np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance))[:6], errors, rtol=1e-5)
    if len(groups) > 1:
        assert fit.singular == (False, True)
        assert fit.eigenvalues[0] > 0.1
        assert fit.factors[1][0, 0] == pytest.approx(0, abs=1e-6)


def test_soft_penalty_of_the_paper() -> None:
    """Sterzinger and Kosmidis (2023): 2 sqrt(p / n) times Jeffreys' prior and the Huber loss of log SD."""
    data = events(simulated()[0])
    fit = fit_generalised(binomial_model(data), penalised=True)
    x, theta = data.fixed, fit.parameters[3]
    chance = 1 / (1 + np.exp(-x @ fit.parameters[:3]))
    size = abs(np.log(abs(theta)))
    huber = -(size**2) / 2 if size < 1 else 0.5 - size
    jeffreys = np.linalg.slogdet((x.T * (chance * (1 - chance))) @ x)[1] / 2
    expected = fit.log_likelihood + 2 * np.sqrt(3 / 120) * (jeffreys + huber)
    assert fit.optimum.value == pytest.approx(expected, rel=1e-10)


def test_conditional_modes_are_those_of_glmer(references: Path) -> None:
    fit = fit_generalised(binomial_model(cbpp(references)))
    expected = block(references, "cbpp")["nAGQ1"]["ranef_head"]
    modes, variances = fit.conditional(0)
    order = np.argsort(np.array(fit.model.random[0].levels, dtype=int))
    np.testing.assert_allclose(modes[order, 0][:8], expected, atol=2e-4)
    assert (variances > 0).all()
    assert (variances[:, 0, 0] < fit.covariances[0][0, 0]).all()


class TestSeparation:
    data = events(simulated()[0])
    apart = replace(data, response=np.where(data.fixed[:, 1] == 0, 0.0, data.response))

    def test_is_found_with_the_terms_it_is_about(self) -> None:
        fit = fit_generalised(binomial_model(self.apart))
        assert fit.separated
        assert [fit.value(row) for row in np.eye(4)[:2]] == [-inf, inf]
        assert np.isfinite(fit.value(np.eye(4)[2]))
        assert isnan(fit.std_error(np.eye(4)[1]))
        low, high = profile_limits(fit, np.eye(4)[1], 0.95)
        assert 1 < low < 4
        assert high == inf
        assert likelihood_ratio(fit, np.eye(4)[1:2]) > 10

    def test_a_soft_penalty_makes_all_finite(self) -> None:
        for model in (binomial_model(self.apart), cumulative_model(self.ordinal())):
            fit = fit_generalised(model, penalised=True)
            assert not fit.separated
            assert np.isfinite(fit.parameters).all()
            assert fit.gradient_norm < 1e-6
            assert all(
                np.isfinite(profile_limits(fit, row, 0.95)).all() for row in np.eye(fit.model.size)[1:3]
            )

    def ordinal(self) -> MixedData:
        data = ratings(simulated()[0])
        return replace(data, response=np.where(data.fixed[:, 0] == 0, 0.0, data.response))

    def test_of_ordinal_responses_and_of_counts(self) -> None:
        fit = fit_generalised(cumulative_model(self.ordinal()))
        assert fit.value(np.eye(fit.model.size)[4]) == inf
        data = counts(simulated()[0])
        none = replace(data, response=np.where(data.fixed[:, 2] == 0, 0.0, data.response + 1))
        fit = fit_generalised(poisson_model(none))
        assert fit.value(np.eye(4)[2]) == inf
        assert fit.value(np.eye(4)[1]) == pytest.approx(0, abs=2)


def test_without_variance_between_groups_it_is_the_plain_model() -> None:
    data = events(simulated()[0])
    rng = np.random.default_rng(8)
    data = replace(data, random=(term("any", rng.permutation(np.arange(120) % 12)),))
    fit = fit_generalised(binomial_model(data))
    plain = logistic_fit(data.fixed, data.response, firth=False)
    assert fit.singular == (True,)
    assert fit.log_likelihood == pytest.approx(plain.maximum.value, rel=1e-10)
    np.testing.assert_allclose(fit.parameters[:3], plain.maximum.parameters, rtol=1e-5)
    low, high = profile_limits(fit, np.eye(4)[1], 0.95)
    deviation = deviation_limits(fit, 0, 0, 0.95)
    assert low < fit.parameters[1] < high
    assert deviation[0] == 0 < deviation[1]


def test_a_search_that_starts_without_variance_finds_it() -> None:
    """A likelihood is even in a deviation, so that 0 is a stationary point."""
    model = cumulative_model(ratings(simulated()[0]))
    found = fit_generalised(model)
    start = np.append(found.parameters[:-1], 0.0)
    assert fit_generalised(model, start=start).log_likelihood == pytest.approx(found.log_likelihood, rel=1e-9)
    assert not found.singular[0]


def test_counts_that_are_not_overdispersed_are_poisson() -> None:
    rng = np.random.default_rng(2)
    data = replace(simulated()[0], response=rng.binomial(6, 0.5, 120).astype(float))
    assert "log size" not in fit_negative_binomial(data).model.names
    wide = replace(data, response=rng.negative_binomial(1, 0.2, 120).astype(float))
    fit = fit_negative_binomial(wide)
    assert fit.model.names[-1] == "log size"
    assert 0.5 < np.exp(fit.parameters[3]) < 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: replace(d, response=np.zeros(120)), "same in every row"),
        (lambda d: replace(d, response=np.full(120, 0.5)), "whole numbers"),
        (lambda d: replace(d, response=np.full(120, 2.0)), "from 0 to 1"),
        (lambda d: replace(d, random=(term("row", np.arange(120)),)), "has one row"),
        (lambda d: replace(d, random=()), "needs a random term"),
        (lambda d: replace(d, random=(term("all", np.zeros(120)),)), "several groups"),
        (lambda d: replace(d, fixed=np.ones((120, 3))), "depend on each other"),
        (lambda d: replace(d, offset=np.full(120, np.inf)), "infinite"),
        (lambda d: replace(d, weights=np.zeros(120)), "above 0"),
    ],
)
def test_what_cannot_be_fitted_says_why(change: Callable[[MixedData], MixedData], reason: str) -> None:
    with pytest.raises(NotEstimableError, match=reason):
        binomial_model(change(events(simulated()[0])))


def test_counts_and_categories_that_cannot_be_fitted_say_why() -> None:
    data = simulated()[0]
    with pytest.raises(NotEstimableError, match="All counts are 0"):
        poisson_model(replace(data, response=np.zeros(120)))
    with pytest.raises(NotEstimableError, match="whole numbers"):
        poisson_model(data)
    with pytest.raises(NotEstimableError, match="thresholds depend"):
        cumulative_model(replace(ratings(data), fixed=data.fixed[:, :2]))
    with pytest.raises(NotEstimableError, match="same in every row"):
        cumulative_model(replace(ratings(data), response=np.ones(120)))


def test_groups_that_always_answer_the_same_are_noticed() -> None:
    data, person = simulated()
    fit = fit_generalised(binomial_model(replace(data, response=(person % 3 == 0).astype(float))))
    assert fit.endless
    assert not fit_generalised(binomial_model(events(data))).endless


def test_random_slopes_have_deviations_and_a_correlation() -> None:
    fit = fit_generalised(binomial_model(events(simulated(groups=40, rows=10, slope=True)[0])))
    one, two, both = components(fit)
    covariance = fit.covariances[0]
    assert (one.value, two.value) == pytest.approx(tuple(np.sqrt(np.diag(covariance))))
    assert both.value == pytest.approx(covariance[0, 1] / one.value / two.value)
    for place, part in enumerate((one, two)):
        low, high = deviation_limits(fit, 0, place, 0.9)
        assert 0 <= low < part.value < high


def test_a_bootstrap_is_about_the_fit() -> None:
    fit = fit_generalised(cumulative_model(ratings(simulated(groups=30)[0])))
    draws = bootstrapped(fit, 60, np.random.default_rng(4))
    error = np.sqrt(np.diag(fit.covariance))[4:6]
    found = np.array([draws["group"], draws["hand"]])
    np.testing.assert_allclose(found.std(axis=1), error, rtol=0.35)
    np.testing.assert_allclose(found.mean(axis=1), fit.parameters[4:6], atol=0.3)
    assert set(simulate(fit, np.random.default_rng(1))) <= set(fit.model.data.response)
