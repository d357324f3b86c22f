"""Selection models against metafor, and against the likelihood itself where metafor stopped early."""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from mmstats.meta.pooling import pool
from mmstats.meta.selection.model import Selected, _scaled, select
from mmstats.meta.selection.weights import (
    Beta,
    HalfNormal,
    Logistic,
    NegativeExponential,
    Power,
    Steps,
    Weight,
)

CASES = ("bcg", "normand1999", "raudenbush1985")
SMOOTH: dict[str, Weight] = {
    "beta": Beta(),
    "halfnorm": HalfNormal(),
    "negexp": NegativeExponential(),
    "logistic": Logistic(),
    "power": Power(),
}
STEPS = ("stepfun_0.025", "stepfun_0.025_0.5", "stepfun_0.05")
# metafor's power model of normand1999 ended in an error.
FITTED = [(c, m) for c in CASES for m in (*SMOOTH, *STEPS) if (c, m) != ("normand1999", "power")]


def weight(model: str) -> Weight:
    return SMOOTH.get(model) or Steps(tuple(float(p) for p in model.split("_")[1:]))


def side(case: str, model: str) -> Literal["greater", "less"]:
    """Return the side that reproduces the reference's likelihood: its step functions went with the effect."""
    return "less" if model.startswith("stepfun") and case != "raudenbush1985" else "greater"


def read(references: Path, case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((references / "reference" / "meta" / f"{case}.json").read_text())
    return found


def fitted(references: Path, case: str, model: str) -> tuple[Selected, dict[str, Any]]:
    reference = read(references, case)
    effects, variances = np.array(reference["yi"]), np.array(reference["vi"])
    found = select(effects, variances, weight=weight(model), side=side(case, model))
    return found, reference[f"selmodel_{model}"]


def test_every_model_of_the_reference_is_here(references: Path) -> None:
    for case in CASES:
        names = {name.removeprefix("selmodel_") for name in read(references, case) if "selmodel" in name}
        assert names == {*SMOOTH, *STEPS}


@pytest.mark.parametrize(("case", "model"), FITTED, ids=" ".join)
def test_fit(references: Path, case: str, model: str) -> None:
    found, expected = fitted(references, case, model)
    assert found.gradient_norm < 1e-8
    delta = np.atleast_1d(expected["delta"])[int("step" in model) :]
    free = np.log(delta) if "step" in model else np.sqrt(delta)
    theirs = found.likelihood(np.array([expected["b"]["intrcpt"], np.sqrt(expected["tau2"]), *free]))[0]
    # Steps have a closed form. The other integrals the reference takes with an error of up to 6e-5, of 4e-4
    # in the beta model of raudenbush1985, whose weights grow without end towards p = 0.
    error = 1e-12 if "step" in model else 5e-4 if (case, model) == ("raudenbush1985", "beta") else 1e-4
    assert theirs == pytest.approx(expected["LL"], abs=error)
    # Ours is higher. How much tells how many standard errors the reference is from the maximum.
    missing = found.log_likelihood - theirs
    assert -1e-12 < missing < 0.03
    away = np.sqrt(2 * max(missing, 0.0))
    if (case, model) == ("normand1999", "beta"):  # flat: 5 effects' widths away by 0.004 in likelihood
        return
    slack = 1e-6 + 1.6 * away
    assert abs(found.estimate - expected["b"]["intrcpt"]) < slack * found.std_error
    if found.tau2:
        assert abs(found.tau2 - expected["tau2"]) < slack * found.tau2_std_error
    for ours, error, value in zip(found.parameters, found.parameter_std_errors, delta, strict=True):
        assert abs(ours - value) < slack * error if ours else value < 0.05
    if away < 1e-3:
        # The reference takes second differences of its integrals, whose errors they magnify.
        loose = 1e-5 + 10 * away if "step" in model else 1e-2
        assert found.std_error == pytest.approx(expected["se"], rel=loose)
        if found.tau2:
            assert found.tau2_std_error == pytest.approx(expected["se.tau2"], rel=loose)
        errors = np.atleast_1d(expected["se.delta"])[int("step" in model) :].astype(float)
        np.testing.assert_allclose(found.parameter_std_errors, errors, rtol=loose)
    assert found.selection_test[0] == pytest.approx(expected["LRT"], abs=2 * missing + 2 * error)


@pytest.mark.parametrize(
    ("case", "model", "rtol"),
    [
        # What the reference brought near an end: it is short of the maximum by 1e-9 or less, which in
        # estimates is the root of that.
        ("bcg", "stepfun_0.025", 5e-5),
        ("bcg", "stepfun_0.025_0.5", 5e-5),
        ("bcg", "stepfun_0.05", 2e-6),
        ("raudenbush1985", "logistic", 2e-5),
        ("raudenbush1985", "power", 1e-5),
        ("normand1999", "stepfun_0.025_0.5", 1e-4),
    ],
)
def test_digits(references: Path, case: str, model: str, rtol: float) -> None:
    found, expected = fitted(references, case, model)
    delta = np.atleast_1d(expected["delta"])[int("step" in model) :]
    ours = [found.estimate, found.tau2, *found.parameters, found.std_error, found.tau2_std_error]
    theirs = [expected["b"]["intrcpt"], expected["tau2"], *delta, expected["se"], expected["se.tau2"]]
    np.testing.assert_allclose(ours, theirs, rtol=rtol)
    low, high = found.interval()
    assert (low, high) == pytest.approx((expected["ci.lb"], expected["ci.ub"]), rel=10 * rtol)
    if "LRT.tau2" in expected:
        assert found.heterogeneity_test[0] == pytest.approx(expected["LRT.tau2"], abs=1e-4)


def test_reference_is_short_of_tau_squared_0(references: Path) -> None:
    """The step functions of raudenbush1985 have it at 0, which the reference's logarithm never reaches."""
    for model in STEPS:
        found, expected = fitted(references, "raudenbush1985", model)
        assert found.tau2 == 0 < expected["tau2"] < 3e-6
        assert np.isnan(found.tau2_std_error)
        assert expected["se.tau2"] is None
        gradient = _scaled(found.likelihood, np.ones(len(found.scale)))
        free = np.log(found.parameters)
        near, far = (gradient(np.array([found.estimate, tau, *free])) for tau in (1e-3, 1e-2))
        assert near[1][1] < 0
        assert far[1][1] < 0


def test_where_the_reference_fails(references: Path) -> None:
    reference = read(references, "normand1999")
    assert "error" in reference["selmodel_power"]
    found = select(np.array(reference["yi"]), np.array(reference["vi"]), weight=Power())
    assert found.gradient_norm < 1e-8
    unselected = pool(np.array(reference["yi"]), np.array(reference["vi"]), tau2="ml", test="z")
    assert found.log_likelihood > unselected.log_likelihood(restricted=False)
