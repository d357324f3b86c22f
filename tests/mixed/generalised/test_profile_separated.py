"""Limits and likelihood ratios of separated groups, whose profiles have several maxima."""

import numpy as np
import pytest
from scipy import linalg, stats

from mmstats.mixed.generalised.build import binomial_model
from mmstats.mixed.generalised.density import FloatArray
from mmstats.mixed.generalised.fit import GeneralisedFit, fit_generalised
from mmstats.mixed.generalised.optimum import maximise
from mmstats.mixed.generalised.profile import likelihood_ratio, profile_limits
from mmstats.mixed.structure import MixedData, RandomTerm

GROUP = np.array([0.0, 1.0, 0.0, 0.0])


def fitted(seed: int, link: str) -> GeneralisedFit:
    """Return a model of two answers each of 4 to 8 people; in one group nobody has said yes."""
    rng = np.random.default_rng(seed)
    people = int(rng.integers(4, 9))
    codes, one = np.repeat(np.arange(people), 2), np.ones(2 * people)
    group, x = (codes >= people // 2) * 1.0, rng.standard_normal(2 * people)
    y = np.asarray(group * (rng.random(2 * people) < 0.8), dtype=np.float64)
    random = (RandomTerm("person", ("intercept",), one[:, None], codes, tuple(map(str, range(people)))),)
    data = MixedData(y, np.column_stack([one, group, x]), ("intercept", "group", "x"), random)
    found = fit_generalised(binomial_model(data, link), 1)
    assert found.separated
    return found


def highest(found: GeneralisedFit, value: float) -> float:
    """Return the highest log likelihood that random starts reach with the effect of the group held."""
    scaled, rng = found.scale.T @ GROUP, np.random.default_rng(7)
    basis = linalg.null_space(scaled[None])

    def reached(start: FloatArray) -> float:
        held = start + scaled * ((value - scaled @ start) / (scaled @ scaled))
        return maximise(found.objective(), held, basis, certify=False).value

    return max(reached(rng.normal(size=4) * size) for size in np.repeat([0.5, 2.0, 8.0], 7))


@pytest.mark.parametrize(("seed", "link"), [(2, "probit"), (4, "probit"), (2, "logit"), (4, "logit")])
def test_no_start_reaches_a_higher_likelihood_at_a_limit(seed: int, link: str) -> None:
    found = fitted(seed, link)
    low, high = profile_limits(found, GROUP, 0.95)
    assert high == np.inf
    assert 2 * (found.optimum.value - highest(found, low)) == pytest.approx(stats.chi2.isf(0.05, 1), abs=1e-6)


@pytest.mark.parametrize(("seed", "link"), [(6, "probit"), (7, "probit"), (2, "logit"), (7, "logit")])
def test_no_start_leads_to_a_smaller_likelihood_ratio(seed: int, link: str) -> None:
    found = fitted(seed, link)
    wanted = 2 * (found.optimum.value - highest(found, 0.0))
    assert likelihood_ratio(found, GROUP[None]) <= wanted * (1 + 1e-6)  # what is reached cannot be too high
