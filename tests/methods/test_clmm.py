"""Partial proportional odds in `clmm`, and limits where thresholds or ratios have no end."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.formula import ModelData
from mmstats.methods.clmm import clmm


def rows(seed: int = 1, people: int = 16) -> pd.DataFrame:
    """Return scores 0 to 3 of people, of whom half are patients, with either hand three times."""
    rng = np.random.default_rng(seed)
    person, hand = np.repeat(np.arange(people), 6), np.tile([0, 1], 3 * people)
    value = (
        0.9 * (person % 2) + 0.6 * hand + rng.standard_normal(people)[person] + rng.logistic(size=6 * people)
    )
    return pd.DataFrame(
        {
            "score": np.digitize(value, [-0.5, 0.8, 2.2]).astype(np.float64),
            "group": pd.Categorical(np.where(person % 2, "MS", "HC"), ["HC", "MS"]),
            "hand": pd.Categorical(np.where(hand, "right", "left"), ["left", "right"]),
            "person": pd.Categorical([f"P{one:02}" for one in person]),
        }
    )


def given(frame: pd.DataFrame, **options: Any) -> dict[tuple[str, str], Estimate]:
    data = ModelData.of("score ~ group + hand + (1 | person)", frame)
    return {(e.quantity.name, e.term): e for e in clmm(data, **options)}


def test_a_varying_term_has_a_ratio_at_each_threshold_and_a_test_of_all() -> None:
    found = given(rows(), varying="group", interval="wald")
    ratios = [term for name, term in found if name == "odds_ratio"]
    assert ratios == ["group[MS] at 0|1", "group[MS] at 1|2", "group[MS] at 2|3", "hand[right]"]
    assert found["likelihood_ratio", "group"].df == 3
    # the test that the ratios are equal is that of the model with one
    tied = given(rows(), interval="wald")
    for term in ("group", "hand"):
        assert found["proportional_odds_test", term].df == 2
    assert found["proportional_odds_test", "group"].estimate == pytest.approx(
        tied["proportional_odds_test", "group"].estimate, abs=1e-6
    )


def test_order_and_the_reference_level_do_not_matter() -> None:
    frame = rows()
    first = given(frame, varying="group, hand")
    again = given(frame.sample(frac=1, random_state=2), varying="hand,group")
    for key, e in first.items():
        assert again[key].estimate == pytest.approx(e.estimate, rel=1e-6)
        assert again[key].conf_low == pytest.approx(e.conf_low, rel=1e-4, nan_ok=True)
    turned = frame.assign(group=frame["group"].cat.reorder_categories(["MS", "HC"]))
    other = given(turned, varying="group, hand")
    for cut in ("0|1", "1|2", "2|3"):
        one, two = first["odds_ratio", f"group[MS] at {cut}"], other["odds_ratio", f"group[HC] at {cut}"]
        assert two.estimate == pytest.approx(1 / one.estimate, rel=1e-5)
        assert two.conf_high == pytest.approx(1 / one.conf_low, rel=1e-4)
        assert two.p_value == pytest.approx(one.p_value, rel=1e-5)


def test_reversed_scores_turn_the_ratios_round() -> None:
    frame = rows()
    first = given(frame, varying="group", interval="wald")
    other = given(frame.assign(score=3 - frame["score"]), varying="group", interval="wald")
    for cut, mirrored in (("0|1", "2|3"), ("1|2", "1|2"), ("2|3", "0|1")):
        assert other["odds_ratio", f"group[MS] at {mirrored}"].estimate == pytest.approx(
            1 / first["odds_ratio", f"group[MS] at {cut}"].estimate, rel=1e-5
        )


def test_profile_limits_of_a_varying_ratio_agree_with_its_test() -> None:
    found = given(rows(), varying="group")
    for cut in ("0|1", "1|2", "2|3"):
        e = found["odds_ratio", f"group[MS] at {cut}"]
        assert (e.p_value < 0.05) == (not e.conf_low <= 1 <= e.conf_high)
        level = 1 - e.p_value
        limit = given(rows(), varying="group", level=level)["odds_ratio", f"group[MS] at {cut}"]
        assert min(abs(np.log(limit.conf_low)), abs(np.log(limit.conf_high))) < 1e-4


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"varying": "gruop"}, "Did you mean 'group'"),
        (
            {"varying": "group", "comparisons": "hand[right] - hand[left]"},
            "differ from threshold to threshold",
        ),
    ],
)
def test_what_cannot_be_is_said(options: dict[str, object], says: str) -> None:
    with pytest.raises(NotEstimableError) as caught:
        given(rows(), **options)
    assert says in str(caught.value)


def test_a_standard_deviation_keeps_its_lower_limit_where_ratios_have_no_end() -> None:
    """All patients score above 0, so that a ratio is infinite; people differ all the same."""
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(12), 8)
    patient = person % 2 == 1
    value = 2.5 * rng.standard_normal(12)[person] + rng.logistic(size=96) + 1.5 * patient
    score = np.where(patient, np.maximum(np.digitize(value, [-1, 1, 2]), 1), np.digitize(value, [-1, 1, 2]))
    frame = pd.DataFrame(
        {
            "score": score.astype(np.float64),
            "group": pd.Categorical(np.where(patient, "MS", "HC"), ["HC", "MS"]),
            "hand": pd.Categorical(rng.choice(["left", "right"], 96)),
            "person": pd.Categorical(person),
        }
    )
    found = given(frame, varying="group")
    assert np.isinf(found["odds_ratio", "group[MS] at 0|1"].estimate)
    e = found["random_sd", "intercept | person"]
    narrow = given(frame, varying="group", level=0.5)["random_sd", "intercept | person"]
    assert 0.3 < e.conf_low < narrow.conf_low < e.estimate < narrow.conf_high < e.conf_high
