"""Pooled proportions on five scales and back, against metafor."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import Pooled, Predicted, pool
from mmstats.meta.proportions import Proportion, Scale, double_arcsine_back, harmonic_mean, proportion
from mmstats.meta.weighted import FloatArray

MEASURES: dict[str, Scale] = {
    "PR": "raw",
    "PLN": "log",
    "PLO": "logit",
    "PAS": "arcsine",
    "PFT": "double-arcsine",
}
SETS = ("pritz1997", "debruin2009")
NUMBERS = (1, 10, 100, 1000, 1_000_000)  # for which the reference goes back from the double arcsine


def transformed(x: FloatArray, n: FloatArray, measure: str) -> tuple[FloatArray, FloatArray]:
    """Return effects and variances; but for arcsines, 1/2 is added to both cells where one is empty."""
    empty = np.where((x == 0) | (x == n), 0.5, 0.0)
    p = (x + empty) / (n + 2 * empty)
    if measure == "PR":
        return p, p * (1 - p) / (n + 2 * empty)
    if measure == "PLN":
        return np.log(p), 1 / (x + empty) - 1 / (n + 2 * empty)
    if measure == "PLO":
        return np.log((x + empty) / (n - x + empty)), 1 / (x + empty) + 1 / (n - x + empty)
    if measure == "PAS":
        return np.arcsin(np.sqrt(x / n)), 1 / (4 * n)
    ends = np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))
    return ends / 2, 1 / (4 * n + 2)


def column(references: Path, name: str) -> tuple[FloatArray, FloatArray]:
    with (references / "reference" / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([float(row["xi"]) for row in rows]), np.array([float(row["ni"]) for row in rows])


def expected(references: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((references / "reference/meta/proportions.json").read_text())[name]
    return found


def test_every_measure_of_the_reference_is_here(references: Path) -> None:
    for name in SETS:
        assert set(expected(references, name)) == {*MEASURES, "GLMM_PLO"}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("measure", MEASURES)
def test_pooled_and_back(references: Path, name: str, measure: str) -> None:
    x, n = column(references, name)
    theirs = expected(references, name)[measure]
    effects, variances = transformed(x, n, measure)
    np.testing.assert_allclose(effects, theirs["yi"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(variances, theirs["vi"], rtol=1e-12)
    pooled = pool(effects, variances, test="z")
    # metafor's search for tau squared ends at a change of 1e-5; ours where the equation holds to 1e-9
    assert abs(float(pooled.between.gradient[0])) < 1e-9
    assert pooled.tau2 == pytest.approx(theirs["tau2"], rel=1e-4)
    assert pooled.coefficients[0] == pytest.approx(theirs["b"]["intrcpt"], rel=2e-6)
    assert pooled.std_errors[0] == pytest.approx(theirs["se"], rel=5e-5)
    found = proportion(pooled, MEASURES[measure], events=x, people=n)
    back = theirs.get("back") or theirs["back_hm"]
    ours = (found.estimate, found.conf_low, found.conf_high, found.prediction_low, found.prediction_high)
    names = ("pred", "ci.lb", "ci.ub", "pi.lb", "pi.ub")
    np.testing.assert_allclose(ours, [back[key] for key in names], rtol=5e-5)
    assert (found.warning == "") == (measure != "PFT")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("measure", MEASURES)
def test_back_at_the_reference_itself(references: Path, name: str, measure: str) -> None:
    """Going back from the reference's own numbers has no part in the search for tau squared."""
    x, n = column(references, name)
    theirs = expected(references, name)[measure]

    class Given:
        names = ("intercept",)

        def predict(self, row: FloatArray, *, level: float) -> Any:
            error, tau2, mean = theirs["se"], theirs["tau2"], theirs["b"]["intrcpt"]
            half, wide = 1.959963984540054 * error, 1.959963984540054 * np.sqrt(error**2 + tau2)
            return Predicted(mean, error, mean - half, mean + half, mean - wide, mean + wide, np.inf)

    given: Pooled = Given()  # type: ignore[assignment]
    found: Proportion = proportion(given, MEASURES[measure], events=x, people=n)
    back = theirs.get("back") or theirs["back_hm"]
    ours = (found.estimate, found.conf_low, found.conf_high, found.prediction_low, found.prediction_high)
    names = ("pred", "ci.lb", "ci.ub", "pi.lb", "pi.ub")
    np.testing.assert_allclose(ours, [back[key] for key in names], rtol=1e-12)


@pytest.mark.parametrize("name", SETS)
def test_double_arcsine_depends_on_the_number(references: Path, name: str) -> None:
    theirs = expected(references, name)["PFT"]
    found = [double_arcsine_back(theirs["b"]["intrcpt"], people) for people in NUMBERS]
    np.testing.assert_allclose(found, theirs["back_n"], rtol=1e-10)


def test_warning_has_the_other_estimates(references: Path) -> None:
    x, n = column(references, "pritz1997")
    found = proportion(pool(*transformed(x, n, "PFT"), test="z"), "double-arcsine", events=x, people=n)
    assert "0.803 with the harmonic mean" in found.warning
    assert "binomial-normal model of the counts gives 0.798" in found.warning


@given(st.integers(1, 500), st.data())
def test_double_arcsine_goes_there_and_back(people: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, people))
    ends = np.arcsin(np.sqrt(x / (people + 1))) + np.arcsin(np.sqrt((x + 1) / (people + 1)))
    # at the ends of the scale half of the digits are lost in squares
    assert double_arcsine_back(float(ends) / 2, people) == pytest.approx(x / people, abs=2e-7)


@given(st.floats(-1, 3), st.floats(0.5, 500))
def test_double_arcsine_rises_between_0_and_1(value: float, people: float) -> None:
    here, further = double_arcsine_back(value, people), double_arcsine_back(value + 0.01, people)
    assert 0 <= here <= further <= 1


@pytest.mark.parametrize("measure", ["PR", "PLO", "PAS", "PFT"])
def test_counting_the_others_mirrors_it(references: Path, measure: str) -> None:
    x, n = column(references, "debruin2009")
    found = proportion(pool(*transformed(x, n, measure)), MEASURES[measure], events=x, people=n)
    other = proportion(pool(*transformed(n - x, n, measure)), MEASURES[measure], events=n - x, people=n)
    assert other.estimate == pytest.approx(1 - found.estimate, rel=1e-9)
    assert (other.conf_low, other.conf_high) == pytest.approx(
        (1 - found.conf_high, 1 - found.conf_low), rel=1e-9
    )


def test_arcsine_limits_stay_at_the_ends() -> None:
    pooled = pool(np.array([0.05, 0.1, 0.02]), np.array([0.01, 0.02, 0.015]), test="z")
    found = proportion(pooled, "arcsine")
    assert found.conf_low == 0 < found.estimate < found.conf_high
    with pytest.raises(NotEstimableError, match="give both"):
        proportion(pooled, "double-arcsine")
    design = np.column_stack([np.ones(4), np.arange(4.0)])
    with pytest.raises(NotEstimableError, match="no features"):
        proportion(pool(np.array([0.1, 0.4, 0.2, 0.3]), np.ones(4), design, ("intercept", "x")), "logit")
    assert harmonic_mean(np.array([10.0, 40.0])) == 16
