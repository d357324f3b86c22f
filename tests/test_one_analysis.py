"""One analysis of a table in memory: kinds are inferred and the inference is shown."""

import numpy as np
import pandas as pd
import pytest

import mmstats as mm
from mmstats.errors import PlanError
from mmstats.kind import Kind

FRAME = pd.DataFrame(
    {
        "score": [1.0, 2.0, 4.0, 3.0, 5.0, 6.0, np.nan],
        "age": [31, 45, 28, 60, 52, 39, 47],
        "arm": list("aaabbbb"),
        "site": ["x", "y", "z", "x", "y", "z", "x"],
    }
)


def test_kinds_are_inferred_and_said() -> None:
    result = mm.analyze(FRAME, "welch", outcome="score", group="arm")
    assert result.estimate("mean_difference").estimate == pytest.approx(14 / 3 - 7 / 3)
    assert "arm is taken as binary, a is the reference." in result.warnings
    assert "score is taken as continuous." in result.warnings
    assert result.excluded == {"score is missing": 1}


def test_given_variables_are_not_inferred() -> None:
    variables = {
        "score": mm.Variable(name="score", kind=Kind.CONTINUOUS, label="Score"),
        "arm": mm.Variable(name="arm", kind=Kind.BINARY, label="Arm", levels={"b": "B", "a": "A"}),
    }
    frame = FRAME.assign(arm=pd.Categorical(FRAME["arm"], categories=["b", "a"]))
    result = mm.analyze(frame[["score", "arm"]], "welch", outcome="score", group="arm", variables=variables)
    assert result.warnings == ()
    assert result.estimate().estimate == pytest.approx(7 / 3 - 14 / 3)


def test_a_condition_restricts_the_rows() -> None:
    result = mm.analyze(FRAME, "describe", outcome="score", where="age < 50")
    assert result.excluded == {"condition does not hold": 2}


def test_the_frame_is_not_changed() -> None:
    before = FRAME.copy(deep=True)
    mm.analyze(FRAME, "kruskal_wallis", outcome="score", group="site")
    pd.testing.assert_frame_equal(FRAME, before)


def test_the_seed_decides_what_is_random() -> None:
    options = {"outcome": "age", "group": "arm", "interval": "percentile-bootstrap", "resamples": 199}
    one, same, other = (mm.analyze(FRAME, "welch", seed=seed, **options).estimate() for seed in (1, 1, 2))
    assert one == same
    assert one.conf_low != other.conf_low


@pytest.mark.parametrize(
    ("method", "arguments", "words"),
    [
        ("wlech", {}, "Unknown method 'wlech'. Did you mean 'welch'"),
        ("welch", {"outcome": "score"}, "needs one variable as its group"),
        ("welch", {"outcome": "score", "group": "age"}, "needs a binary group, but 'age' is continuous"),
        ("welch", {"outcome": "score", "group": "site"}, "needs a binary group, but 'site' is nominal"),
        ("welch", {"outcome": "scor", "group": "arm"}, "Unknown variable 'scor'. Did you mean 'score'?"),
        ("welch", {"outcome": ["score"], "group": "arm"}, "needs one variable as its outcome; it has"),
        ("welch", {"outcome": "score", "group": "arm", "level": 95}, "a number between 0 and 1; it has 95"),
        ("welch", {"outcome": "score", "group": "arm", "interval": "bca"}, "Did you mean 'bca-bootstrap'"),
        ("linear_model", {"formula": "score ~ arm + os.system('x')"}, "analysis"),
        ("partial_correlation", {"x": "score", "y": "age", "covariates": "age"}, "needs a list of variables"),
    ],
)
def test_what_does_not_fit_is_said(method: str, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(PlanError) as caught:
        mm.analyze(FRAME, method, **arguments)
    assert words in str(caught.value)


def test_a_level_nobody_has_is_left_out_and_said() -> None:
    result = mm.analyze(FRAME, "kruskal_wallis", outcome="score", group="site", where="site != 'z'")
    assert "No row has site z; left out." in result.warnings
