"""Means, tests of terms, conditional modes and residuals of polished lme4 fits, for every model there is."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.contrast_family import contrast_family
from mmstats.formula import Design, ModelData
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.residuals import conditional_modes, residuals
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed_design import mixed_design
from mmstats.reference_grid import means, reference_grid
from mmstats.term_tests import type_three, type_two
from tests.mixed.test_shared_reference import MODELS

Case = tuple[LinearFit, Design, pd.DataFrame, dict[str, Any]]


@pytest.fixture(params=MODELS)
def case(request: pytest.FixtureRequest, references: Path) -> Case:
    """A restricted fit, its design, its rows, and the reference."""
    folder = references / "reference"
    model = json.loads((folder / "lmm" / f"{request.param}.json").read_text(encoding="utf-8"))
    frame = pd.read_csv(folder / model["data"])
    for variable, levels in model["factor_levels"].items():
        if variable in frame:
            text = frame[variable].map(lambda value: value if isinstance(value, str) else f"{value:g}")
            frame[variable] = pd.Categorical(text, levels)
    data = ModelData.of(model["formula"], frame)
    mixed, design = mixed_design(data)
    return fit(mixed), design, data.frame, model


def named(text: str) -> str:
    return ":".join(sorted(text.split(":")))


def test_terms(case: Case) -> None:
    found, design, frame, model = case
    rows = {
        "anova_II": type_two(design, found.data.fixed),
        "anova_III": type_three(design, reference_grid(design, frame)),
    }
    for kind, made in (("satterthwaite", satterthwaite(found)), ("kenward_roger", kenward_roger(found))):
        for name, hypotheses in rows.items():
            ours = {named(term): made.test(one) for term, one in hypotheses.items()}
            for term, expected in (model["REML"][kind].get(name) or {}).items():
                if model["model"] == "orthodont_slope" and term == "Sex":
                    continue  # theirs is at an age of 0, ours at the mean age
                test = ours[named(term)]
                assert test.df == expected["NumDF"]
                assert test.statistic == pytest.approx(expected["F value"], rel=1e-6), (kind, name, term)
                assert test.df2 == pytest.approx(expected["DenDF"], rel=1e-6), (kind, name, term)


def test_means_and_tukey(case: Case) -> None:
    found, design, frame, model = case
    if "emmeans" not in model:
        return
    grid = reference_grid(design, frame)
    for made, expected in ((kenward_roger(found), "KR"), (satterthwaite(found), "Sat")):
        table = model["emmeans"][expected]
        (variable,) = set(table["means"][0]) & set(design.levels)
        ours = means(design, grid, variable)
        for row in table["means"]:
            weights = ours.matrix[ours.levels.index((row[variable],))]
            assert weights @ found.coefficients == pytest.approx(row["emmean"], rel=1e-9)
            assert np.sqrt(weights @ made.covariance @ weights) == pytest.approx(row["SE"], rel=1e-6)
            assert made.test(weights).df2 == pytest.approx(row["df"], rel=1e-6)
        pairs = np.array([one.weights for one in ours.pairs()])
        df = np.array([made.test(one).df2 for one in pairs])
        family = contrast_family(
            pairs @ found.coefficients, pairs @ made.covariance @ pairs.T, df, adjustment="tukey"
        )
        for place, row in enumerate(table["pairs_tukey"]):  # earlier minus later
            assert -(pairs[place] @ found.coefficients) == pytest.approx(row["estimate"], rel=1e-6)
            # emmeans takes the studentized range to about 1e-10
            assert family.p_adjusted[place] == pytest.approx(row["p.value"], rel=1e-5, abs=1e-9)
            half = family.multipliers[place] * np.sqrt(pairs[place] @ made.covariance @ pairs[place])
            assert half == pytest.approx((row["upper.CL"] - row["lower.CL"]) / 2, rel=1e-4)


def test_modes_and_residuals(case: Case) -> None:
    found, _, _, model = case
    tight = model["REML"]["tight"]
    ours = residuals(found)
    count = len(tight["fitted_head"])
    assert ours.fitted[:count] == pytest.approx(tight["fitted_head"], rel=1e-6)
    assert ours.conditional[:count] == pytest.approx(tight["resid_head"], rel=1e-6, abs=1e-6)
    expected = {named(group): one for group, one in tight["ranef"].items()}
    together: dict[str, list[np.ndarray]] = {}
    for modes in conditional_modes(found):
        theirs = [named(str(level)) for level in np.atleast_1d(expected[named(modes.term.group)]["levels"])]
        places = [theirs.index(named(level)) for level in modes.term.levels]
        values = np.empty_like(modes.values)
        values[places] = modes.values
        together.setdefault(named(modes.term.group), []).append(values)
    for group, modes_of in together.items():
        blups = np.array(expected[group]["blup"], dtype=np.float64)
        assert np.hstack(modes_of) == pytest.approx(blups.reshape(len(modes_of[0]), -1), rel=1e-5, abs=1e-6)
