"""Profile-likelihood intervals of selection models, and weights that are supposed."""

import numpy as np
import pytest
from scipy import optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import pool
from mmstats.meta.selection.fixed_steps import CHANCES, P_VALUES, FixedSteps, supposed
from mmstats.meta.selection.model import Selected, select
from mmstats.meta.selection.profile import tau2_interval, weight_interval
from mmstats.meta.selection.weights import Steps
from tests.meta.selection.test_selection import EFFECTS, VARIANCES

FALL = float(stats.chi2.isf(0.05, 1)) / 2


def greatest(found: Selected, place: int, value: float) -> float:
    """Return the log likelihood with one of (mean, tau, free forms) held, by a search that is not ours."""
    start = np.concatenate([[found.estimate, np.sqrt(found.tau2)], np.log(found.parameters)])
    others = [i for i in range(len(start)) if i != place]

    def minus(rest: np.ndarray) -> float:
        point = start.copy()
        point[place], point[others] = value, rest
        return -found.likelihood(point)[0]

    return -float(
        optimize.minimize(
            minus, start[others], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
        ).fun
    )


@pytest.mark.parametrize("steps", [(0.025,), (0.025, 0.5)])
def test_limits_have_the_likelihood_that_they_should(steps: tuple[float, ...]) -> None:
    found = select(EFFECTS, VARIANCES + 0.05, weight=Steps(steps))
    spread = tau2_interval(found)
    ends = [(1, np.sqrt(spread.high))]
    for place in range(len(steps)):
        own = weight_interval(found, place)
        assert own.low < found.parameters[place] < own.high
        ends += [(2 + place, np.log(limit)) for limit in (own.low, own.high) if 0 < limit < np.inf]
    assert len(ends) >= 2
    for place, value in ends:
        assert found.log_likelihood - greatest(found, place, value) == pytest.approx(FALL, abs=1e-5)


def test_a_variance_of_0_is_in_its_interval() -> None:
    found = select(EFFECTS, VARIANCES)
    interval = tau2_interval(found)
    assert interval.low == 0
    assert "0 is in the interval" in interval.note
    assert tau2_interval(found, level=0.5).high < interval.high


def test_weights_that_are_all_1_are_plain_pooling() -> None:
    found = select(EFFECTS, VARIANCES, weight=FixedSteps((0.1, 0.4), (1.0, 1.0, 1.0)))
    plain = pool(EFFECTS, VARIANCES, tau2="ml", test="z")
    assert found.estimate == pytest.approx(float(plain.coefficients[0]), rel=1e-6)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood(restricted=False), abs=1e-10)


def test_supposed_weights_are_those_of_an_estimated_model() -> None:
    """Weights fixed where the step function has its maximum give the same likelihood."""
    free = select(EFFECTS, VARIANCES, weight=Steps((0.025, 0.5)))
    fixed = select(EFFECTS, VARIANCES, weight=FixedSteps((0.025, 0.5), (1.0, *free.parameters)))
    assert fixed.estimate == pytest.approx(free.estimate, rel=1e-6)
    assert fixed.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-10)


def test_the_examples_of_vevea_and_woods() -> None:
    for name in CHANCES:
        assert len(supposed(name).chances) == len(P_VALUES) + 1
        assert supposed(name).chances[0] == 1
    for name in ("moderate-two-tailed", "severe-two-tailed"):
        assert supposed(name).chances[:4] == supposed(name).chances[:-5:-1]


def test_a_side_without_studies_is_refused() -> None:
    with pytest.raises(NotEstimableError, match=r"No study has p <= 0\.025"):
        select(-np.abs(EFFECTS), VARIANCES)
