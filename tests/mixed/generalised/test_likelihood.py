"""Densities, their derivatives, the gradient of the marginal likelihood, and what does not change it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy import integrate, stats

from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.build import (
    binomial_model,
    cumulative_model,
    negative_binomial_model,
    poisson_model,
)
from mmstats.mixed.generalised.fit import fit_generalised
from mmstats.mixed.generalised.links import LINKS
from mmstats.mixed.generalised.marginal import Marginal
from mmstats.mixed.generalised.model import GeneralisedModel
from mmstats.mixed.generalised.penalty import soft_penalty
from mmstats.mixed.structure import MixedData
from tests.mixed.generalised.cases import simulated, term

Prepare = Callable[[MixedData], MixedData]
Build = Callable[[MixedData], GeneralisedModel]


def events(data: MixedData) -> MixedData:
    return replace(data, response=(data.response > 0.5).astype(float))


def counts(data: MixedData) -> MixedData:
    return replace(data, response=np.floor(np.exp(0.5 * np.clip(data.response, -3, 4))))


def ratings(data: MixedData) -> MixedData:
    cut = np.digitize(data.response, [-1.5, 0, 1, 2.5]).astype(float)
    return replace(data, response=cut, fixed=data.fixed[:, 1:], names=data.names[1:])


MODELS: dict[str, tuple[Prepare, Build]] = {
    **{f"binomial {link}": (events, partial(binomial_model, link=link)) for link in LINKS},
    **{
        f"cumulative {link}": (ratings, partial(cumulative_model, link=link, free=("hand",)))
        for link in LINKS
    },
    "poisson": (counts, poisson_model),
    "negative binomial": (counts, negative_binomial_model),
}
every = pytest.mark.parametrize("name", MODELS)


def model_of(name: str, data: MixedData) -> GeneralisedModel:
    prepare, build = MODELS[name]
    return build(prepare(data))


def somewhere(model: GeneralisedModel) -> np.ndarray:
    theta = np.where(model.places[:, 1] == model.places[:, 2], 0.7, -0.3)
    return np.concatenate([model.start + 0.02 * np.arange(len(model.start)), theta])


def numeric(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    return np.array(
        [(function(at + step * e) - function(at - step * e)) / (2 * step) for e in np.eye(len(at))]
    )


@every
@pytest.mark.parametrize("far", [0.0, 6.0, -6.0])
def test_derivatives_of_a_density(name: str, far: float) -> None:
    model = model_of(name, simulated()[0])
    family, direction = model.family, model.family.direction
    if "cloglog" in name and far:
        far = far / 4  # beyond, a chance is 0 to a double
    base = np.einsum("jnp,p->jn", model.columns, model.start) + far * np.abs(direction[:, None])
    found = family.density(base)
    for j in range(len(direction)):
        step = np.zeros_like(base)
        step[j] = 1e-5
        up, down = family.density(base + step), family.density(base - step)
        np.testing.assert_allclose(found.slope[j], (up.value - down.value) / 2e-5, rtol=2e-5, atol=2e-6)
        np.testing.assert_allclose(found.bend[j], (up.slope - down.slope) / 2e-5, rtol=2e-5, atol=2e-6)
        twice = [np.einsum("a,abn,b->n", direction, d.bend, direction) for d in (up, down)]
        np.testing.assert_allclose(found.twist[j], (twice[0] - twice[1]) / 2e-5, rtol=2e-5, atol=2e-6)


@every
@pytest.mark.parametrize(("slope", "points"), [(False, 1), (False, 5), (True, 1), (True, 4)])
def test_gradient_is_exact(name: str, slope: bool, points: int) -> None:
    model = model_of(name, simulated(slope=slope)[0])
    marginal, at = Marginal(model, points), somewhere(model)
    gradient = marginal(at)[1]
    np.testing.assert_allclose(gradient, numeric(lambda x: marginal(x)[0], at), rtol=1e-6, atol=1e-6)


@every
def test_gradient_of_the_penalty_is_exact(name: str) -> None:
    model = model_of(name, simulated(slope=True)[0])
    at = somewhere(model)
    found = soft_penalty(model, at)[1]
    np.testing.assert_allclose(found, numeric(lambda x: soft_penalty(model, x)[0], at), rtol=1e-6, atol=1e-7)


@every
def test_many_points_are_the_integral(name: str) -> None:
    model = model_of(name, simulated(groups=4)[0])
    at = somewhere(model)
    p = len(model.names)
    base = np.einsum("jnp,p->jn", model.columns, at[:p])

    def of(group: int) -> float:
        rows = model.layout.cluster == group

        def density(u: float) -> float:
            moved = base + model.family.direction[:, None] * at[p] * u
            return float(np.exp(model.family.density(moved).value[rows].sum()) * stats.norm.pdf(u))

        return float(np.log(integrate.quad(density, -9, 9, epsabs=0, epsrel=1e-11, limit=200)[0]))

    assert Marginal(model, 31)(at)[0] == pytest.approx(sum(map(of, range(4))), rel=1e-8)


def test_crossed_and_nested_terms_have_the_exact_gradient() -> None:
    data, person = simulated()
    hand = data.fixed[:, 2]
    crossed = term("item", np.arange(len(person)) % 6)
    nested = term("person:hand", [f"{p}:{h}" for p, h in zip(person, hand, strict=True)])
    for other in (crossed, nested):
        model = binomial_model(replace(events(data), random=(*data.random, other)))
        marginal, at = Marginal(model), somewhere(model)

        def value(x: np.ndarray, marginal: Marginal = marginal) -> float:
            return marginal(x)[0]

        np.testing.assert_allclose(marginal(at)[1], numeric(value, at), rtol=1e-6, atol=1e-6)
        assert model.layout.clusters == (1 if other is crossed else 20)
    with pytest.raises(NotEstimableError, match="one random term"):
        Marginal(model, 5)


@every
def test_order_of_rows_and_of_columns_changes_nothing(name: str) -> None:
    data, _ = simulated(slope=True)
    order = np.random.default_rng(0).permutation(len(data.response))
    (random,) = data.random
    turned = replace(
        random, matrix=random.matrix[order][:, ::-1], names=random.names[::-1], codes=random.codes[order]
    )
    moved = MixedData(data.response[order], data.fixed[order], data.names, (turned,))
    one, other = fit_generalised(model_of(name, data)), fit_generalised(model_of(name, moved))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-10)
    p = len(one.model.names)
    np.testing.assert_allclose(other.parameters[:p], one.parameters[:p], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(other.covariances[0][::-1, ::-1], one.covariances[0], rtol=1e-4, atol=1e-6)


def test_a_unit_of_a_slope_changes_only_its_coefficient() -> None:
    data, _ = simulated(slope=True)
    (random,) = data.random
    scale = np.array([1.0, 1000.0])
    moved = replace(
        data, fixed=data.fixed * [1, 1, 1000], random=(replace(random, matrix=random.matrix * scale),)
    )
    one, other = (fit_generalised(binomial_model(events(d))) for d in (data, moved))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-10)
    assert other.parameters[2] * 1000 == pytest.approx(one.parameters[2], rel=1e-5)
    np.testing.assert_allclose(other.covariances[0] * np.outer(scale, scale), one.covariances[0], rtol=1e-4)


def test_reversed_ratings_reverse_the_signs() -> None:
    data = ratings(simulated()[0])
    one = fit_generalised(cumulative_model(data))
    other = fit_generalised(cumulative_model(replace(data, response=-data.response)))
    np.testing.assert_allclose(other.parameters[4:6], -one.parameters[4:6], rtol=1e-6)
    np.testing.assert_allclose(other.parameters[:4], -one.parameters[3::-1], rtol=1e-6)


def test_two_categories_are_a_binomial() -> None:
    data = events(simulated()[0])
    ordinal = replace(data, fixed=data.fixed[:, 1:], names=data.names[1:])
    one, other = fit_generalised(binomial_model(data), 7), fit_generalised(cumulative_model(ordinal), 7)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-10)
    np.testing.assert_allclose(other.parameters[1:3], one.parameters[1:3], rtol=1e-6)
    assert other.parameters[0] == pytest.approx(-one.parameters[0], rel=1e-6)
