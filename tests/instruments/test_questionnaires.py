"""FSMC and MFIS: item sets, published cut-offs at each boundary, and the rule for missing answers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import SchemaError
from mmstats.instruments import INSTRUMENTS
from mmstats.instruments import fsmc as fsmc_module
from mmstats.instruments import mfis as mfis_module
from mmstats.instruments.items import Questionnaire
from mmstats.kind import Kind

SCALES = {"fsmc": fsmc_module.SCALE, "mfis": mfis_module.SCALE}


def answers(scale: Questionnaire, values: Sequence[float | None], unit: str = "P1") -> pd.DataFrame:
    return pd.DataFrame([[unit, *values]], columns=["participant_id", *scale.columns]).astype(
        dict.fromkeys(scale.columns, np.float64)
    )


def adding_up_to(scale: Questionnaire, target: int, items: Sequence[int] | None = None) -> pd.DataFrame:
    """Return one row whose answers to `items` (all by default) add up to `target`, the others lowest."""
    chosen = items or tuple(range(1, len(scale.columns) + 1))
    extra = target - scale.lowest * len(chosen)
    values = [float(scale.lowest)] * len(scale.columns)
    for i in chosen:
        step = min(extra, scale.highest - scale.lowest)
        values[i - 1] += step
        extra -= step
    assert extra == 0
    return answers(scale, values)


def scored(name: str, frame: pd.DataFrame) -> pd.Series:
    return INSTRUMENTS[name].score(frame, unit="participant_id").frame.iloc[0]


@pytest.mark.parametrize(("name", "count"), [("fsmc", 20), ("mfis", 21)])
def test_the_subscales_partition_the_items(name: str, count: int) -> None:
    listed = [i for items in SCALES[name].subscales.values() for i in items]
    assert sorted(listed) == list(range(1, count + 1))
    assert INSTRUMENTS[name].columns() == tuple(f"{name}_{i}" for i in range(1, count + 1))


@pytest.mark.parametrize(
    ("total", "level"),
    [(20, "none"), (42, "none"), (43, "mild"), (52, "mild"), (53, "moderate"), (62, "moderate"),
     (63, "severe"), (100, "severe")],
)  # fmt: skip
def test_fsmc_total_cut_offs(total: int, level: str) -> None:
    row = scored("fsmc", adding_up_to(fsmc_module.SCALE, total))
    assert (row["fsmc_total"], row["fsmc_severity"]) == (total, level)


@pytest.mark.parametrize(
    ("part", "points", "level"),
    [("motor", 21, "none"), ("motor", 22, "mild"), ("motor", 26, "mild"), ("motor", 27, "moderate"),
     ("motor", 31, "moderate"), ("motor", 32, "severe"),
     ("cognitive", 21, "none"), ("cognitive", 22, "mild"), ("cognitive", 27, "mild"),
     ("cognitive", 28, "moderate"), ("cognitive", 33, "moderate"), ("cognitive", 34, "severe")],
)  # fmt: skip
def test_fsmc_subscale_cut_offs(part: str, points: int, level: str) -> None:
    row = scored("fsmc", adding_up_to(fsmc_module.SCALE, points, fsmc_module.SCALE.subscales[part]))
    assert (row[f"fsmc_{part}"], row[f"fsmc_{part}_severity"]) == (points, level)
    other = {"motor": "cognitive", "cognitive": "motor"}[part]
    assert row[f"fsmc_{other}"] == 10


@pytest.mark.parametrize(("total", "fatigued"), [(0, "no"), (37, "no"), (38, "yes"), (84, "yes")])
def test_mfis_cut_off(total: int, fatigued: str) -> None:
    row = scored("mfis", adding_up_to(mfis_module.SCALE, total))
    assert (row["mfis_total"], row["mfis_fatigued"]) == (total, fatigued)


def test_mfis_subscales_by_hand() -> None:
    row = scored("mfis", answers(mfis_module.SCALE, [float(i % 5) for i in range(1, 22)]))
    assert row["mfis_physical"] == 4 + 1 + 2 + 0 + 3 + 4 + 2 + 0 + 1
    assert row["mfis_cognitive"] == 1 + 2 + 3 + 0 + 1 + 2 + 0 + 1 + 3 + 4
    assert row["mfis_psychosocial"] == 3 + 4


@pytest.mark.parametrize("name", SCALES)
@given(data=st.data())
def test_scores_lie_in_the_declared_range_and_add_up(name: str, data: st.DataObject) -> None:
    scale = SCALES[name]
    answer = st.one_of(st.none(), st.integers(scale.lowest, scale.highest).map(float))
    values = data.draw(st.lists(answer, min_size=len(scale.columns), max_size=len(scale.columns)))
    result = INSTRUMENTS[name].score(answers(scale, values), unit="participant_id")
    row = result.frame.iloc[0]
    assert list(result.frame) == list(result.variables)
    for column, variable in result.variables.items():
        if variable.kind is Kind.CONTINUOUS:
            assert result.frame[column].dtype == np.float64
            low, high = variable.range
            assert np.isnan(row[column]) or low - 1e-9 <= row[column] <= high + 1e-9
        else:
            assert list(result.frame[column].cat.categories) == list(variable.levels)
            assert result.frame[column].cat.ordered is (variable.kind is Kind.ORDINAL)
            assert pd.isna(row[column]) or row[column] in variable.levels
    parts = [row[f"{name}_{part}"] for part in scale.subscales]
    np.testing.assert_allclose(row[f"{name}_total"], np.sum(parts))
    for part, items in scale.subscales.items():
        given_items = [value for i in items if (value := values[i - 1]) is not None]
        if len(given_items) >= 0.8 * len(items):
            np.testing.assert_allclose(row[f"{name}_{part}"], np.mean(given_items) * len(items))
        else:
            assert np.isnan(row[f"{name}_{part}"])


@pytest.mark.parametrize("name", SCALES)
@given(data=st.data())
def test_a_higher_answer_never_lowers_a_score(name: str, data: st.DataObject) -> None:
    scale = SCALES[name]
    n = len(scale.columns)
    values = data.draw(
        st.lists(st.integers(scale.lowest, scale.highest - 1).map(float), min_size=n, max_size=n)
    )
    item = data.draw(st.integers(0, n - 1))
    higher = [value + (i == item) for i, value in enumerate(values)]
    before, after = (scored(name, answers(scale, v)) for v in (values, higher))
    assert after[f"{name}_total"] == before[f"{name}_total"] + 1
    changed = [part for part in scale.subscales if after[f"{name}_{part}"] != before[f"{name}_{part}"]]
    assert changed == [part for part, items in scale.subscales.items() if item + 1 in items]


def test_what_is_missing_is_prorated_or_left_out_and_counted() -> None:
    scale = fsmc_module.SCALE
    motor = scale.subscales["motor"]
    rows = []
    for unit, lost in {"full": 0, "two": 2, "three": 3, "empty": 20}.items():
        items = motor[:lost] if lost < 20 else range(1, 21)
        rows.append(answers(scale, [None if i in items else 3.0 for i in range(1, 21)], unit))
    result = INSTRUMENTS["fsmc"].score(pd.concat(rows, ignore_index=True), unit="participant_id")
    assert result.frame.index.tolist() == ["full", "two", "three", "empty"]
    assert result.frame["fsmc_motor"].tolist()[:2] == [30.0, 30.0]
    assert result.frame["fsmc_motor"].isna().tolist() == [False, False, True, True]
    assert result.frame["fsmc_cognitive"].tolist()[:3] == [30.0, 30.0, 30.0]
    assert result.frame["fsmc_severity"].isna().tolist() == [False, False, True, True]
    assert result.notes == (
        "FSMC: 1 of 4 left out items but few enough to be prorated.",
        "FSMC: 1 of 4 left out too many items of a subscale and have no total.",
        "FSMC: 1 of 4 answered no item.",
    )


def test_complete_answers_leave_no_note() -> None:
    assert INSTRUMENTS["mfis"].score(adding_up_to(SCALES["mfis"], 30), unit="participant_id").notes == ()


def test_every_wrong_answer_is_named_at_once() -> None:
    frame = pd.concat([adding_up_to(SCALES["mfis"], 0)] * 2, ignore_index=True)
    frame.loc[0, "mfis_3"], frame.loc[1, "mfis_7"] = 5.0, 1.5
    with pytest.raises(SchemaError) as caught:
        INSTRUMENTS["mfis"].score(frame, unit="participant_id")
    assert caught.value.problems == (
        "participant_id 'P1' has several rows; one is needed.",
        "mfis_3 of participant_id 'P1' is 5.0; allowed are 0, 1, 2, 3, 4.",
        "mfis_7 of participant_id 'P1' is 1.5; allowed are 0, 1, 2, 3, 4.",
    )


def test_a_missing_column_is_named_with_the_nearest() -> None:
    frame = adding_up_to(SCALES["fsmc"], 20).rename(columns={"fsmc_7": "fscm_7"})
    with pytest.raises(SchemaError, match=r"There is no column 'fsmc_7'\. Did you mean '"):
        INSTRUMENTS["fsmc"].score(frame, unit="participant_id")


def test_scoring_leaves_the_table_as_it_was() -> None:
    frame = adding_up_to(SCALES["fsmc"], 50)
    before = frame.copy(deep=True)
    INSTRUMENTS["fsmc"].score(frame, unit="participant_id")
    pd.testing.assert_frame_equal(frame, before)


def test_rows_without_a_unit_are_refused() -> None:
    frame = adding_up_to(SCALES["fsmc"], 50).assign(participant_id=pd.Series([None], dtype=object))
    with pytest.raises(SchemaError, match="1 rows have no participant_id"):
        INSTRUMENTS["fsmc"].score(frame, unit="participant_id")
