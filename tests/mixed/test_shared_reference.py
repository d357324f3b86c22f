"""The linear engine against polished lme4 fits, lmerTest and pbkrtest, for every model there is."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.formula import ModelData
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed_design import mixed_design

MODELS = (
    "cake", "dyestuff", "dyestuff2_singular", "machines_int", "machines_nested", "oats", "orthodont_slope",
    "pastes", "penicillin", "sleepstudy_int", "sleepstudy_slope", "sleepstudy_uncorr",
)  # fmt: skip


def test_no_model_is_left_out(references: Path) -> None:
    assert {path.stem for path in (references / "reference" / "lmm").glob("*.json")} == set(MODELS)


@pytest.fixture(params=[(model, kind) for model in MODELS for kind in ("REML", "ML")], ids=" ".join)
def case(request: pytest.FixtureRequest, references: Path) -> tuple[LinearFit, dict[str, Any], list[int]]:
    """A fit, what the reference says, and where each of its coefficients is."""
    name, kind = request.param
    folder = references / "reference"
    model = json.loads((folder / "lmm" / f"{name}.json").read_text(encoding="utf-8"))
    frame = pd.read_csv(folder / model["data"])
    for variable, levels in model["factor_levels"].items():
        if variable in frame:
            text = frame[variable].map(lambda value: value if isinstance(value, str) else f"{value:g}")
            frame[variable] = pd.Categorical(text, levels)
    data, design = mixed_design(ModelData.of(model["formula"], frame))
    expected = model[kind]
    places = [design.names.index(renamed(column, frame)) for column in expected["tight"]["fixef"]]
    return fit(data, restricted=kind == "REML"), expected, places


def renamed(column: str, frame: pd.DataFrame) -> str:
    """Return our name of a column that R calls so: `recipeB:temperature185`."""

    def part(text: str) -> str:
        for name, values in frame.items():
            if isinstance(values.dtype, pd.CategoricalDtype):
                level = text.removeprefix(str(name))
                if level != text and level in values.cat.categories:
                    return f"{name}[{level}]"
        return "intercept" if text == "(Intercept)" else text

    return ":".join(part(text) for text in re.split(":", column))


def test_estimates(case: tuple[LinearFit, dict[str, Any], list[int]]) -> None:
    found, expected, places = case
    tight = expected["tight"]
    assert found.optimum.certified
    assert found.deviance == pytest.approx(tight["crit"], abs=1e-9)
    assert found.coefficients[places] == pytest.approx(list(tight["fixef"].values()), rel=1e-9)
    assert found.residual_sd == pytest.approx(tight["sigma"], rel=1e-8)
    by_size = sorted(zip(found.data.random, found.factors, strict=True), key=lambda one: -len(one[0].levels))
    theta = np.concatenate([f.T[np.triu_indices(len(f))] for _, f in by_size]) / found.residual_sd
    # lme4's zero is one but for the tolerance of its bounded search
    assert theta == pytest.approx(np.atleast_1d(tight["theta"]), rel=1e-7, abs=1e-9)
    covariance = satterthwaite(found).covariance[np.ix_(places, places)]
    assert covariance == pytest.approx(np.atleast_2d(tight["vcov"]), rel=1e-7, abs=1e-9)


def test_satterthwaite(case: tuple[LinearFit, dict[str, Any], list[int]]) -> None:
    found, expected, places = case
    made = satterthwaite(found)
    rows = np.eye(len(places))
    for place, row in zip(places, expected["satterthwaite"]["coef"].values(), strict=True):
        assert made.df(rows[place]) == pytest.approx(row["df"], rel=1e-5)  # theirs is by differences


def test_kenward_roger(case: tuple[LinearFit, dict[str, Any], list[int]]) -> None:
    found, expected, places = case
    if not found.restricted:
        return
    made, rows, theirs = kenward_roger(found), np.eye(len(places)), expected["kenward_roger"]
    adjusted = made.covariance[np.ix_(places, places)]
    assert adjusted == pytest.approx(np.atleast_2d(theirs["vcovAdj"]), rel=1e-8, abs=1e-8)
    for place, row in zip(places, theirs["coef"].values(), strict=True):
        test = made.test(rows[place])
        assert (test.df2, test.statistic) == pytest.approx((row["ddf"], row["F"]), rel=1e-8)
    for row in theirs.get("term_marginal", {}).values():
        contrasts = np.zeros((len(row["L"]), len(places)))
        contrasts[:, places] = row["L"]
        test = made.test(contrasts)
        got = (test.statistic, test.df, test.df2, test.scaling)
        assert got == pytest.approx((row["Fstat"], row["ndf"], row["ddf"], row["F.scaling"]), rel=1e-8)
