"""Crossed factors that vary up to 1e8 times as much as the residuals, against lme4."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmstats.mixed.linear import fit
from mmstats.mixed.structure import MixedData
from tests.mixed.data import term

CASES = json.loads(
    (Path(__file__).parents[1] / "reference" / "mixed_far_variances.json").read_text(encoding="utf-8")
)["cases"]


# By ratio: of the deviance, and of standard deviations. lme4's deviance is rough by about 1e-13 times the
# ratio, which stops its search; ours is held to extended precision in test_hostile.
TOLERANCES = {1: (1e-10, 1e-6), 1e4: (1e-8, 1e-5), 1e6: (1e-6, 1e-3), 1e8: (1e-4, 3e-3)}


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_lme4(case: dict[str, Any], restricted: bool) -> None:
    (theirs,) = [one for one in case["fits"] if one["restricted"] == restricted]
    one, x = np.ones(len(case["data"]["y"])), np.array(case["data"]["x"])
    codes = [np.unique(case["data"][name], return_inverse=True)[1] for name in case["factors"]]
    random = tuple(
        term(name, own.tolist(), intercept=one) for name, own in zip(case["factors"], codes, strict=True)
    )
    data = MixedData(np.array(case["data"]["y"]), np.column_stack([one, x]), ("intercept", "x"), random)
    ours = fit(data, restricted=restricted)
    rough, wide = TOLERANCES[case["ratio"]]
    assert ours.deviance == pytest.approx(theirs["deviance"], abs=rough)
    assert ours.coefficients[1] == pytest.approx(theirs["coefficient"], rel=1e-7)
    assert ours.residual_sd == pytest.approx(theirs["sigma"], rel=wide)
    assert [float(factor[0, 0]) for factor in ours.factors] == pytest.approx(theirs["sd"], rel=wide)
