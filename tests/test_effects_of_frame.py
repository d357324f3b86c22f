"""Effects of studies in a notebook."""

import numpy as np
import pandas as pd
import pytest

import mmstats as mm
from mmstats.errors import PlanError
from mmstats.meta.measures import effect_sizes

TRIALS = pd.DataFrame(
    {
        "trial": ["a", "b", "c", "d"],
        "m1": [12.5, 11.0, np.nan, 9.0],
        "s1": [4.0, 3.5, np.nan, -1.0],
        "n1": [20, 16, 13, 10],
        "m2": [10.0, 9.0, np.nan, 8.0],
        "s2": [4.5, 5.0, np.nan, 2.0],
        "n2": [21, 18, 15, 10],
        "p": [np.nan, np.nan, 0.03, np.nan],
        "sign": [None, None, "negative", None],
    }
)
GROUPS = {
    "comparison_mean": "m1",
    "comparison_sd": "s1",
    "comparison_n": "n1",
    "reference_mean": "m2",
    "reference_sd": "s2",
    "reference_n": "n2",
}


def test_a_table_gets_three_columns() -> None:
    found = mm.effect_sizes(TRIALS, "SMD", p_value="p", direction="sign", **GROUPS)
    assert list(found) == [*TRIALS, "effect", "std_error", "note"]
    assert "effect" not in TRIALS
    own = effect_sizes("SMD", {name: TRIALS[column][:2] for name, column in GROUPS.items()})
    assert found["effect"].tolist()[:2] == own.effects.tolist()
    assert found["std_error"].tolist()[:2] == own.std_errors.tolist()
    assert found["note"].tolist() == [
        "",
        "",
        "effect from the two-sided p = 0.03 and a negative sign, n = 13 and 15, supposing equal variances",
        "comparison_sd is -1; a standard deviation is above 0.",
    ]
    assert found["effect"].iloc[2] < 0
    assert np.isnan(found["effect"].iloc[3])


def test_options_and_numbers_for_all() -> None:
    columns: dict[str, str | float] = {**GROUPS, "reference_sd": 4}
    found = mm.effect_sizes(TRIALS, "SMD", variance="unbiased", **columns)
    own = effect_sizes(
        "SMD",
        {**{name: TRIALS[column][:2] for name, column in GROUPS.items()}, "reference_sd": [4, 4]},
        variance="unbiased",
    )
    assert found["std_error"].tolist()[:2] == own.std_errors.tolist()


def test_a_contradiction_is_in_the_note() -> None:
    frame = pd.DataFrame({"d": [2.0], "low": [1.0], "high": [3.0], "p": [0.3]})
    found = mm.effect_sizes(frame, "MD", estimate="d", conf_low="low", conf_high="high", p_value="p")
    assert found["effect"].tolist() == [2.0]
    assert "leaves out 0, no effect, but p is 0.3" in found["note"][0]


def test_all_mistakes_at_once() -> None:
    frame = TRIALS.assign(note="x", sign="up")
    with pytest.raises(PlanError) as caught:
        mm.effect_sizes(
            frame, "SMD", comparison_n="n9", reference_n="trial", t_value="p", direction="sign", label="x"
        )
    told = str(caught.value)
    for text in (
        "has a column 'note' already",
        "comparison_n: Unknown column 'n9'. Did you mean 'n",
        "Column 'trial' holds something that is not a number.",
        "Column 'sign' holds 'up'; allowed: positive, negative.",
        "'label', 'rows' and 'study' are for plans.",
    ):
        assert text in told
    with pytest.raises(PlanError, match="Unknown measure 'SDM'"):
        mm.effect_sizes(TRIALS, "SDM")
    with pytest.raises(PlanError, match="lacks comparison_mean"):
        mm.effect_sizes(TRIALS, "SMD")


def test_an_empty_table_stays_empty() -> None:
    found = mm.effect_sizes(TRIALS.iloc[:0], "SMD", **GROUPS)
    assert list(found.columns[-3:]) == ["effect", "std_error", "note"]
    assert found.empty
