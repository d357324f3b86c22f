"""Profile limits where random effects vanish at the estimates, but not on the way."""

import numpy as np
import pytest

from mmstats.meta.rare.profile import limits
from mmstats.mixed.generalised.build import binomial_model
from mmstats.mixed.generalised.fit import GeneralisedFit, fit_generalised
from mmstats.mixed.generalised.optimum import maximise
from mmstats.mixed.generalised.profile import likelihood_ratio, profile_limits
from mmstats.mixed.structure import MixedData, RandomTerm


def fitted(seed: int) -> GeneralisedFit:
    """Return a model of 30 answers of 6 people who do not differ."""
    rng = np.random.default_rng(seed)
    codes, x, one = np.repeat(np.arange(6), 5), rng.standard_normal(30), np.ones(30)
    y = (rng.random(30) < 0.5).astype(np.float64)
    random = (RandomTerm("person", ("intercept",), one[:, None], codes, tuple("abcdef")),)
    found = fit_generalised(
        binomial_model(MixedData(y, np.column_stack([one, x]), ("intercept", "x"), random)), 1
    )
    assert abs(found.parameters[2]) < 1e-3
    return found


@pytest.mark.parametrize(("seed", "place"), [(38, 1), (39, 0), (10, 0), (23, 0), (23, 1)])
def test_limits_are_those_of_certified_maxima(seed: int, place: int) -> None:
    found = fitted(seed)
    ours = profile_limits(found, np.eye(3)[place], 0.95)
    assert ours == pytest.approx(limits(found, place, 0.95, width=0.5), abs=1e-8)


@pytest.mark.parametrize("seed", [10, 23, 38, 39])
def test_the_likelihood_ratio_is_that_of_the_highest_maximum(seed: int) -> None:
    found = fitted(seed)
    contrast = np.eye(3)[:1]
    scaled = contrast @ found.scale
    basis = np.linalg.svd(scaled)[2][1:].T
    values = []
    for deviation in (0.0, 0.3, 1.0, 3.0):
        start = np.array([0.0, found.optimum.point[1], deviation])
        start -= np.linalg.pinv(scaled) @ (scaled @ start)
        values.append(maximise(found.objective(), start, basis).value)
    assert likelihood_ratio(found, contrast) == pytest.approx(
        2 * (found.optimum.value - max(values)), rel=1e-7, abs=1e-9
    )
