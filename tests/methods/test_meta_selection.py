"""Selection models: what comes back, and against metafor's optimum."""

from math import exp, isnan, log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.meta_selection import meta_selection
from mmstats.selection_rows import read_steps
from tests.meta.shared import expected

CASES = {"bcg": "less", "normand1999": "less", "raudenbush1985": "greater"}


def analyse(effects: Any, variances: Any, **options: Any) -> dict[str, Estimate]:
    k = len(effects)
    study = pd.Series(pd.Categorical([f"s{i:02d}" for i in range(k)])).rename("study")
    found = meta_selection(study, pd.Series(effects), pd.Series(np.sqrt(variances)), **options)
    return {f"{e.quantity.name} {e.term}".strip(): e for e in found}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("steps", ["0.025", "0.025, 0.5"])
def test_metafor_is_not_higher(references: Path, name: str, steps: str) -> None:
    said = expected(references, name)
    theirs = said[f"selmodel_stepfun_{steps.replace(', ', '_')}"]
    found = analyse(said["yi"], said["vi"], steps=steps, alternative=CASES[name])
    effect = found["adjusted_effect"]
    # ours is the higher likelihood of the two, by 3e-4 at most: a tenth of a standard error
    assert effect.estimate == pytest.approx(theirs["b"]["intrcpt"], abs=0.1 * effect.std_error)
    assert effect.std_error == pytest.approx(theirs["se"], rel=0.02)
    ratio = found["likelihood_ratio selection"]
    assert -1e-8 < ratio.statistic - theirs["LRT"] < 1e-3
    assert ratio.df == len(steps.split(","))
    for place, weight in enumerate(theirs["delta"][1:]):
        row = found[f"selection_weight {read_steps(steps, 'greater').names[place]}"]
        assert row.estimate == pytest.approx(weight, rel=0.02)
        assert row.conf_low < row.estimate < row.conf_high
        assert row.interval == "profile"


def test_ratios_are_those_of_logarithms(references: Path) -> None:
    said = expected(references, "bcg")
    plain = analyse(said["yi"], said["vi"], alternative="less")
    ratio = analyse(said["yi"], said["vi"], alternative="less", scale="logarithms")
    for term in ("", " severe, one-tailed"):
        one, other = plain[f"adjusted_effect{term}"], ratio[f"adjusted_effect_ratio{term}"]
        assert other.estimate == pytest.approx(exp(one.estimate))
        assert log(other.conf_high) == pytest.approx(one.conf_high)
        assert other.p_value == one.p_value
        assert isnan(other.std_error)


def test_the_wrong_side_has_a_reason_and_the_rest_stays(references: Path) -> None:
    said = expected(references, "bcg")
    found = analyse(said["yi"], said["vi"], alternative="greater")
    for name in ("adjusted_effect", "tau2", "selection_weight 0.025 < p <= 1", "likelihood_ratio selection"):
        assert isnan(found[name].estimate)
        assert "No study has p <= 0.025." in found[name].note
    assert found["effect"].p_value < 0.001
    assert not isnan(found["adjusted_effect severe, two-tailed"].estimate)


def test_both_sides_have_no_examples_of_one(references: Path) -> None:
    said = expected(references, "bcg")
    found = analyse(said["yi"], said["vi"], steps="0.05", alternative="two-sided")
    assert "selection_weight 0.05 < p <= 1" in found
    assert [name for name in found if "one-tailed" in name] == []
    turned = analyse(-np.array(said["yi"]), said["vi"], steps="0.05", alternative="two-sided")
    assert turned["adjusted_effect"].estimate == pytest.approx(-found["adjusted_effect"].estimate, rel=1e-6)


def test_few_studies_are_said_to_be_few(references: Path) -> None:
    said = expected(references, "normand1999")
    found = analyse(said["yi"], said["vi"], alternative="less")
    assert "With 9 studies, fewer than 10 for each weight" in found["adjusted_effect"].note


def test_steps_are_read_and_all_that_is_wrong_is_said() -> None:
    assert read_steps(" 0.01,0.025 , 0.5", "less").steps == (0.01, 0.025, 0.5)
    with pytest.raises(NotEstimableError) as error:
        read_steps("0.5, half, 0.025, 1", "greater")
    assert list(error.value.problems) == [
        "'half' is not a number.", "1 is not between 0 and 1.", "0.025 comes after 0.5; steps ascend.",
    ]  # fmt: skip
    for wrong in ("", "nan", "0.1,,0.2", "__import__('os')"):
        with pytest.raises(NotEstimableError):
            read_steps(wrong, "greater")
