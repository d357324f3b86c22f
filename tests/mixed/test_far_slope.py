"""Random slopes of a variable far from 0 against lme4 with the variable centred."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.formula import ModelData
from mmstats.mixed.components import Component
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.linear import fit
from mmstats.mixed.profile import profile_component
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed_design import mixed_design

CASES = json.loads(
    (Path(__file__).parents[1] / "reference" / "mixed_far_slope.json").read_text(encoding="utf-8")
)["cases"]
SLOPE = np.array([0.0, 1.0])


@pytest.mark.parametrize("offset", CASES[0]["from"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_agrees_with_lme4(case: dict[str, Any], offset: float) -> None:
    frame = pd.DataFrame(case["data"])
    frame["time"] = frame["time"] + offset
    found = fit(mixed_design(ModelData.of("y ~ time + (1 + time | person)", frame))[0])
    assert found.deviance == pytest.approx(case["deviance"], abs=1e-7)
    assert found.values(SLOPE)[0] == pytest.approx(case["slope"], rel=1e-7)
    roger, welch = kenward_roger(found), satterthwaite(found)
    # lme4 ends where the deviance is flat to 1e-9, the root of which its variances are off by
    assert roger.std_error(SLOPE) == pytest.approx(case["kr_error"], rel=1e-5)
    assert roger.test(SLOPE[None]).df2 == pytest.approx(case["kr_df"], rel=1e-5)
    assert welch.std_error(SLOPE) == pytest.approx(case["satterthwaite_error"], rel=1e-5)
    assert welch.df(SLOPE) == pytest.approx(case["satterthwaite_df"], rel=1e-4)  # numeric derivatives
    assert np.sqrt(found.covariances[0][1, 1]) == pytest.approx(case["slope_sd"], rel=1e-5)
    assert found.residual_sd == pytest.approx(case["sigma"], rel=1e-6)
    for component, limits in (
        (Component("random_sd", 0, 1, 1), case["sd_limits"]),
        (Component("residual_sd"), case["sigma_limits"]),
    ):
        profile = profile_component(found, component)
        # lme4 reads them off a spline through its profile, which is coarse near 0
        unit = 2e-3 * (limits[1] - limits[0])
        assert (profile.low, profile.high) == pytest.approx(tuple(limits), abs=unit)
