"""Woods and Teuber, EDSS, and what every instrument must tell."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import SchemaError
from mmstats.instruments import INSTRUMENTS
from mmstats.instruments.edss import STEPS
from mmstats.instruments.instrument import Instrument, register
from mmstats.kind import Kind

WOODS = INSTRUMENTS["woods_teuber"]
TASKS = ("tapping", "fist")


def ratings(scores: dict[str, list[float]], **more: str) -> pd.DataFrame:
    """Return a long table: each person's scores for left tapping, left fist, right tapping, right fist."""
    cells = [(hand, task) for hand in ("left", "right") for task in TASKS]
    rows = [
        {"participant_id": who, "session": "1", "rater": "A", "hand": hand, "task": task, "score": score}
        for who, values in scores.items()
        for (hand, task), score in zip(cells, values, strict=True)
    ]
    return pd.DataFrame(rows).assign(**more)


def test_each_summary_by_hand() -> None:
    frame = ratings({"a": [0, 2, 1, 0], "b": [0, 0, 0, 0]})
    found = {
        summary: WOODS.score(frame, unit="participant_id", summary=summary).frame.to_dict("index")
        for summary in WOODS.options["summary"]
    }
    assert found == {
        "worst": {"a": {"mm_worst": 2.0}, "b": {"mm_worst": 0.0}},
        "per-hand": {"a": {"mm_left": 2.0, "mm_right": 1.0}, "b": {"mm_left": 0.0, "mm_right": 0.0}},
        "sum-over-tasks": {"a": {"mm_sum": 3.0}, "b": {"mm_sum": 0.0}},
    }


scores_of_four = st.lists(st.integers(0, 4).map(float), min_size=4, max_size=4)


@given(people=st.dictionaries(st.text("abcdef", min_size=1, max_size=3), scores_of_four, min_size=1))
def test_the_summaries_agree_with_each_other(people: dict[str, list[float]]) -> None:
    frame = ratings(people).sample(frac=1, random_state=1)
    worst, hands, total = (
        WOODS.score(frame, unit="participant_id", summary=summary).frame.loc[list(people)]
        for summary in ("worst", "per-hand", "sum-over-tasks")
    )
    assert worst["mm_worst"].tolist() == [max(v) for v in people.values()]
    assert hands.max(axis=1).tolist() == worst["mm_worst"].tolist()
    assert total["mm_sum"].tolist() == [sum(v) for v in people.values()]


def test_the_summary_must_be_chosen() -> None:
    with pytest.raises(SchemaError, match=r"no default for 'summary'.*worst, per-hand, sum-over-tasks"):
        WOODS.score(ratings({"a": [0, 0, 0, 0]}), unit="participant_id")
    with pytest.raises(SchemaError, match="Did you mean 'worst'"):
        WOODS.columns(summary="wurst")
    with pytest.raises(SchemaError, match="Unknown option 'ratr'"):
        WOODS.columns(summary="worst", ratr="A")


def test_several_sessions_or_raters_need_a_choice() -> None:
    frame = pd.concat(
        [ratings({"a": [0, 0, 0, 1]}), ratings({"a": [4, 0, 0, 0]}, rater="B"),
         ratings({"a": [0, 3, 0, 0]}, session="2")]
    )  # fmt: skip
    with pytest.raises(SchemaError, match=r"Choose one with an option \(session: 1, 2; rater: A, B\)"):
        WOODS.score(frame, unit="participant_id", summary="worst")
    with pytest.raises(SchemaError, match=r"\(rater: A, B\)"):
        WOODS.score(frame, unit="participant_id", summary="worst", session="1")
    one = WOODS.score(frame, unit="participant_id", summary="worst", session="1", rater="B")
    assert one.frame["mm_worst"].tolist() == [4.0]
    with pytest.raises(SchemaError, match=r"No rating has rater 'C'\. There are: A, B"):
        WOODS.score(frame, unit="participant_id", summary="worst", rater="C")
    assert WOODS.columns(summary="worst", rater="A") == ("hand", "task", "score", "rater")


def test_two_spellings_of_a_hand_are_the_same_hand() -> None:
    frame = pd.concat([ratings({"a": [0, 0, 0, 1]}), ratings({"a": [0, 0, 0, 1]}).assign(hand="L")])
    with pytest.raises(SchemaError, match="several ratings of the same hand and task"):
        WOODS.score(frame, unit="participant_id", summary="worst")


def test_whoever_lacks_a_rating_has_no_summary_and_is_counted() -> None:
    frame = ratings({"a": [0, 2, np.nan, 0], "b": [1, 0, 0, 0], "c": [4, 0, 0, 0]})
    frame = frame[~((frame.participant_id == "c") & (frame.hand == "right") & (frame.task == "fist"))]
    worst = WOODS.score(frame, unit="participant_id", summary="worst")
    assert worst.frame["mm_worst"].isna().tolist() == [True, False, True]
    assert worst.notes == ("Woods and Teuber: 2 of 3 lack a rating and have no mm_worst.",)
    hands = WOODS.score(frame, unit="participant_id", summary="per-hand")
    assert hands.frame["mm_left"].tolist() == [2.0, 1.0, 4.0]
    assert hands.frame["mm_right"].isna().tolist() == [True, False, True]


def test_somebody_without_the_chosen_session_stays_and_is_counted() -> None:
    frame = pd.concat([ratings({"a": [0, 0, 0, 1]}), ratings({"b": [0, 0, 0, 2]}, session="2")])
    found = WOODS.score(frame, unit="participant_id", summary="worst", session="1")
    assert found.frame.index.tolist() == ["a", "b"]
    assert found.frame["mm_worst"].isna().tolist() == [False, True]
    assert len(found.notes) == 1


def test_a_hand_that_nobody_was_rated_for_has_no_score() -> None:
    frame = ratings({"a": [0, 1, 2, 3]})
    found = WOODS.score(frame[frame.hand == "left"], unit="participant_id", summary="per-hand")
    assert found.frame["mm_left"].tolist() == [1.0]
    assert found.frame["mm_right"].isna().all()


def test_scores_off_the_scale_and_unknown_hands_are_named_at_once() -> None:
    frame = ratings({"a": [0, 5, 0, 0.5]})
    frame.loc[0, "hand"] = "both"
    with pytest.raises(SchemaError) as caught:
        WOODS.score(frame, unit="participant_id", summary="worst")
    assert len(caught.value.problems) == 3


def test_categories_are_read_as_their_names() -> None:
    frame = ratings({"a": [0, 2, 1, 0]}).astype({"hand": "category", "task": "category", "rater": "category"})
    frame["hand"] = frame["hand"].cat.rename_categories({"left": "L", "right": "R"})
    found = WOODS.score(frame, unit="participant_id", summary="per-hand", rater="A")
    assert found.frame.to_dict("records") == [{"mm_left": 2.0, "mm_right": 1.0}]


def test_variables_of_mirror_movements() -> None:
    frame = ratings({"a": [0, 2, 1, 0]})
    worst = WOODS.score(frame, unit="participant_id", summary="worst").variables["mm_worst"]
    assert (worst.kind, worst.allowed) == (Kind.ORDINAL, (0.0, 1.0, 2.0, 3.0, 4.0))
    total = WOODS.score(frame, unit="participant_id", summary="sum-over-tasks").variables["mm_sum"]
    assert (total.kind, total.range) == (Kind.COUNT, (0.0, 16.0))


def test_edss_has_twenty_steps() -> None:
    assert len(STEPS) == 20
    assert 0.5 not in STEPS
    assert STEPS[:3] == (0.0, 1.0, 1.5)
    assert STEPS[-1] == 10.0


@pytest.mark.parametrize(
    ("edss", "band"),
    [(0, "mild"), (3.5, "mild"), (4, "moderate"), (5.5, "moderate"), (6, "severe"), (10, "severe")],
)
def test_edss_bands(edss: float, band: str) -> None:
    frame = pd.DataFrame({"id": ["a"], "edss": [edss]})
    assert INSTRUMENTS["edss"].score(frame, unit="id").frame["edss_band"].tolist() == [band]


@pytest.mark.parametrize("edss", [0.5, 4.75, -1, 10.5])
def test_edss_off_the_scale_is_refused(edss: float) -> None:
    with pytest.raises(SchemaError, match=r"allowed are 0, 1, 1\.5, 2"):
        INSTRUMENTS["edss"].score(pd.DataFrame({"id": ["a"], "edss": [edss]}), unit="id")


def test_a_missing_edss_has_no_band_and_is_counted() -> None:
    found = INSTRUMENTS["edss"].score(pd.DataFrame({"id": ["a", "b"], "edss": [2, np.nan]}), unit="id")
    assert found.frame["edss_band"].isna().tolist() == [False, True]
    assert found.notes == ("EDSS: 1 of 2 have none.",)


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=lambda i: i.name)
def test_every_instrument_says_what_it_is(instrument: Instrument) -> None:
    assert INSTRUMENTS[instrument.name] is instrument
    assert instrument.title
    assert instrument.missing_rule
    assert instrument.references
    assert set(instrument.required) <= set(instrument.options)


@pytest.mark.parametrize(
    ("name", "options"),
    [("fsmc", {}), ("mfis", {}), ("edss", {}), ("woods_teuber", {"summary": "worst", "session": "1"}),
     ("woods_teuber", {"summary": "per-hand"}),
     ("woods_teuber", {"summary": "sum-over-tasks", "rater": "A"})],
)  # fmt: skip
def test_a_table_without_rows_still_tells_the_variables(name: str, options: dict[str, str]) -> None:
    instrument = INSTRUMENTS[name]
    columns = ("participant_id", *instrument.columns(**options))
    empty = pd.DataFrame({column: pd.Series(dtype=float) for column in columns})
    found = instrument.score(empty, unit="participant_id", **options)
    assert len(found.frame) == 0
    assert list(found.frame) == list(found.variables)
    assert found.notes == ()


def test_two_instruments_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="Two instruments are called 'edss'"):
        register(INSTRUMENTS["edss"])
