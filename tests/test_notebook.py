"""One analysis of a table in memory: kinds are inferred and the inference is shown."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import mmstats as mm
from mmstats.errors import PlanError
from mmstats.tables.table import as_cell

FRAME = pd.DataFrame(
    {
        "score": [1.0, 2.0, 4.0, 3.0, 5.0, 6.0, np.nan],
        "age": [31, 45, 28, 60, 52, 39, 47],
        "arm": list("aaabbbb"),
        "site": ["x", "y", "z", "x", "y", "z", "x"],
    }
)


def test_kinds_are_inferred_and_said() -> None:
    answer = mm.analyze(FRAME, "welch", outcome="score", group="arm")
    assert answer.estimate("mean_difference").estimate == pytest.approx(14 / 3 - 7 / 3)
    assert answer.notes == ("score is taken as continuous.", "arm is taken as binary, a is the reference.")
    assert answer.result.excluded == {"score is missing": 1}


SCHEMA = mm.Schema.from_dict(
    {
        "table": "scores",
        "key": ["id"],
        "columns": {
            "id": {"kind": "id", "label": "Id"},
            "score": {"kind": "continuous", "label": "Score", "range": [0, 10]},
            "arm": {"kind": "binary", "label": "Arm", "levels": {"b": "B", "a": "A"}},
        },
    }
)


def test_a_schema_says_what_columns_mean() -> None:
    answer = mm.analyze(FRAME, "welch", outcome="score", group="arm", schema=SCHEMA)
    assert answer.notes == ()
    assert answer.estimate().estimate == pytest.approx(7 / 3 - 14 / 3)


def test_what_a_schema_does_not_allow_is_said() -> None:
    frame = FRAME.assign(score=FRAME["score"].replace(6.0, 60.0), arm=FRAME["arm"].replace("a", "c"))
    with pytest.raises(PlanError) as caught:
        mm.analyze(frame, "welch", outcome="score", group="arm", schema=SCHEMA)
    assert "Column 'score' holds 60; allowed: 0 to 10." in str(caught.value)
    assert "Column 'arm' holds c; allowed: b, a." in str(caught.value)


def test_an_answer_shows_itself() -> None:
    answer = mm.analyze(FRAME, "welch", outcome="score", group="arm")
    assert "Mean difference: 2.33" in answer.text()
    assert "Mean difference" in answer._repr_html_()
    assert "2.33" in answer.plot().alt
    assert "0.09" in mm.analyze(FRAME, "spearman", x="score", y="age").plot().alt
    assert mm.analyze(FRAME, "linear_model", formula="score ~ age").plot().alt


def test_a_condition_restricts_the_rows() -> None:
    answer = mm.analyze(FRAME, "describe", outcome="score", where="age < 50")
    assert answer.result.excluded == {"condition does not hold": 2}


def test_only_the_columns_it_names_are_looked_at() -> None:
    frame = FRAME.assign(notes=pd.Series([["lists", "cannot", "be", "levels"]] * len(FRAME)))
    answer = mm.analyze(frame, "welch", outcome="score", group="arm", where="age < 50")
    assert set(answer.results.variables) == {"score", "age", "arm"}
    assert answer.notes[1] == "age is taken as continuous."


def test_levels_are_the_same_whatever_the_column_holds() -> None:
    for arm in (
        pd.Series([0, 0, 0, 1, 1, 1, 1]).astype("category"),
        pd.Series([False, False, False, True, True, True, None], dtype=object),
        pd.Series([*"aaabbb", None], dtype=object),
        pd.Categorical(list("bbbaaaa"), categories=["b", "a"]),
    ):
        answer = mm.analyze(FRAME.assign(arm=arm), "welch", outcome="score", group="arm")
        assert answer.estimate().estimate == pytest.approx(14 / 3 - 7 / 3)


def test_the_points_of_a_figure_are_sorted_and_what_is_missing_is_last() -> None:
    frame = pd.DataFrame({"x": [2.0, np.nan, 1.0, 2.0, -0.0, 0.0], "arm": ["b", "a", None, "a", "b", "a"]})
    points = mm.analyze(frame, "describe", outcome="x", group="arm").results.points
    assert points["x"].tolist()[:5] == [0.0, 0.0, 1.0, 2.0, 2.0]
    assert points["arm"].tolist()[:2] == ["a", "b"]
    assert points["arm"].isna().tolist() == [False, False, True, False, False, False]


def test_the_frame_is_not_changed() -> None:
    before = FRAME.copy(deep=True)
    mm.analyze(FRAME, "kruskal_wallis", outcome="score", group="site")
    pd.testing.assert_frame_equal(FRAME, before)


def test_the_seed_decides_what_is_random() -> None:
    options: dict[str, Any] = {
        "outcome": "age",
        "group": "arm",
        "interval": "percentile-bootstrap",
        "resamples": 199,
    }
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
def test_what_does_not_fit_is_said(method: str, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError) as caught:
        mm.analyze(FRAME, method, **arguments)
    assert words in str(caught.value)


def test_a_level_nobody_has_is_left_out_and_said() -> None:
    answer = mm.analyze(FRAME, "kruskal_wallis", outcome="score", group="site", where="site != 'z'")
    assert "No row has site z; left out." in answer.notes


def test_a_schema_says_whose_the_rows_are() -> None:
    ids = FRAME.assign(id=[12, 12, 7, 7, 9, 9, 9])
    roles: dict[str, Any] = {"comparison": "score", "reference": "age", "participant": "id"}
    schema = mm.Schema.from_dict(
        {
            "table": "pairs",
            "key": ["id"],
            "columns": {
                "id": {"kind": "id"},
                "score": {"kind": "continuous"},
                "age": {"kind": "continuous"},
            },
        }
    )
    told = mm.analyze(ids, "bland_altman_repeated", schema=schema, **roles)
    named = mm.analyze(
        ids.assign(id=ids["id"].map({12: "c", 7: "a", 9: "b"})), "bland_altman_repeated", **roles
    )
    assert repr(told.result.estimates) == repr(named.result.estimates)


def test_a_model_says_how_many_groups_its_rows_are_of() -> None:
    rng = np.random.default_rng(5)
    person = np.repeat([f"p{k}" for k in range(9)], 4)
    rows = pd.DataFrame({"person": person, "x": rng.normal(size=36), "day": np.tile(list("abcd"), 9)})
    rows["taps"] = rng.normal(size=36) + rows.x
    rows.loc[:3, "x"] = np.nan
    cases: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("lmm", {"formula": "taps ~ x + (1 | person)"}, "Groups"),
        ("gee", {"formula": "taps ~ x", "participant": "person"}, "Participants"),
    )
    for method, roles, name in cases:
        answer = mm.analyze(rows, method, **roles)
        assert answer.result.participants == 8
        told = {str(as_cell(row.cells["name"]).text): row for row in answer.table().rows}
        assert as_cell(told[name].cells["estimate 0"]).text == "8"
        assert not any("independent" in note for note in answer.notes)
    crossed = mm.analyze(rows, "lmm", formula="taps ~ x + (1 | person) + (1 | day)")
    assert crossed.result.participants == 0
