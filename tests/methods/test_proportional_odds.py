from math import inf, isnan

import numpy as np
import pandas as pd
import pytest

from mmstats.effects.cumulative_logit import cumulative_logit_fit
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.logistic import logistic
from mmstats.methods.proportional_odds import proportional_odds

SCORES = [0.0, 0, 0, 1, 0, 1, 2, 0, 1, 0, 2, 3, 1, 4, 2, 0]
GROUP = pd.Categorical(["HC"] * 8 + ["MS"] * 8)
FRAME = pd.DataFrame({"score": SCORES, "group": GROUP, "age": np.arange(16.0) * 7 % 11})


def rows(frame: pd.DataFrame, formula: str = "score ~ group + age") -> dict[str, Estimate]:
    return {f"{e.quantity.name} {e.term}": e for e in proportional_odds(ModelData.of(formula, frame))}


@pytest.mark.parametrize("free", [False, True])
def test_gradient_and_hessian_are_those_of_the_value(free: bool) -> None:
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(20, 2))
    fit = cumulative_logit_fit(np.arange(20) % 4, columns, columns[:, :1] if free else None)
    at = fit.start + rng.normal(size=len(fit.start)) / 10
    step = 1e-6 * np.eye(len(at))
    _, gradient, hessian = fit.likelihood(at)
    both = [(fit.likelihood(at + s), fit.likelihood(at - s)) for s in step]
    assert gradient == pytest.approx([(up[0] - down[0]) / 2e-6 for up, down in both], rel=1e-6)
    slopes = np.array([(up[1] - down[1]) / 2e-6 for up, down in both])
    assert hessian.ravel() == pytest.approx(slopes.ravel(), rel=1e-5, abs=1e-8)
    assert fit.maximum.definite
    assert fit.maximum.gradient_norm < 1e-8


def test_two_levels_are_logistic_regression() -> None:
    level = np.where(np.array(SCORES) > 0, "some", "none")
    frame = FRAME.assign(score=pd.Categorical(level, ["none", "some"]))
    ordinal = rows(frame)
    plain = logistic(ModelData.of("score ~ group + age", frame), penalty="none")
    for e in plain:
        if e.quantity.name == "odds_ratio":
            other = ordinal[f"odds_ratio {e.term}"]
            for field in ("estimate", "conf_low", "conf_high", "p_value"):
                assert getattr(other, field) == pytest.approx(getattr(e, field), rel=1e-8)
    assert "one cut" in ordinal["proportional_odds_test age"].note


def test_only_the_order_of_the_outcome_counts() -> None:
    assert rows(FRAME) == rows(FRAME.assign(score=FRAME["score"] ** 3 + 7))


def test_declared_levels_that_nobody_has_are_said() -> None:
    level = pd.Categorical([f"{score:g}" for score in SCORES], ["0", "1", "2", "half", "3", "4", "5"])
    found = rows(FRAME.assign(score=level))
    for row, e in rows(FRAME).items():
        assert found[row].estimate == pytest.approx(e.estimate, rel=1e-12)
    assert found["odds_ratio age"].note == "Nobody has half or 5."


def test_separated_groups_have_a_limit_and_a_p_value() -> None:
    frame = FRAME.assign(score=[0.0] * 8 + [1, 2, 1, 3, 1, 2, 4, 1])
    found = rows(frame, "score ~ group")["odds_ratio group[MS]"]
    assert (found.estimate, found.conf_high) == (inf, inf)
    assert 1 < found.conf_low < inf
    assert found.p_value < 1e-4
    assert "separated" in found.note
    mirrored = rows(frame.assign(score=-frame["score"]), "score ~ group")["odds_ratio group[MS]"]
    assert (mirrored.estimate, mirrored.conf_low) == (0, 0)
    assert mirrored.conf_high == pytest.approx(1 / found.conf_low, rel=1e-9)


def test_everybody_at_the_floor_but_one() -> None:
    found = rows(FRAME.assign(score=[0.0] * 15 + [3]), "score ~ group")["odds_ratio group[MS]"]
    assert found.estimate == inf
    assert found.conf_low < 1


def test_what_is_not_estimable_says_why() -> None:
    with pytest.raises(NotEstimableError, match="same score"):
        rows(FRAME.assign(score=2.0))
    for formula in ("score ~ 0 + age", "score ~ 1"):
        with pytest.raises(NotEstimableError, match="thresholds"):
            rows(FRAME, formula)
    with pytest.raises(NotEstimableError, match="without log"):
        rows(FRAME, "log(score) ~ age")
    few = rows(FRAME.assign(score=np.arange(16.0)), "score ~ age")["proportional_odds_test age"]
    assert isnan(few.estimate)
    assert "rows" in few.note
