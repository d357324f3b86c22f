"""Numbers that join rows of one participant: nothing but the values decides them."""

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import mmstats as mm
from mmstats import saved
from mmstats.links import links
from tests.test_long_rows import study, trials

ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([0.0, 1.0, np.nan, np.inf])), min_size=1, max_size=20
)


@given(ROWS, st.permutations(range(5)), st.randoms(use_true_random=False))
def test_other_identifiers_and_another_order_give_the_same_rows(rows, names, random) -> None:  # type: ignore[no-untyped-def]
    def told(rows: list[tuple[int, float]]) -> list[tuple[float, str]]:
        who = pd.Series([f"P{code}" for code, _ in rows])
        values = np.array([value for _, value in rows])
        return sorted(zip(links(who, [values]).tolist(), map(str, values), strict=True))

    moved = [(names[code], value) for code, value in rows]
    random.shuffle(moved)
    assert told(moved) == told(rows)


@given(ROWS)
def test_rows_have_one_number_if_they_are_of_one_participant(rows: list[tuple[int, float]]) -> None:
    who = pd.Series([code for code, _ in rows])
    numbers = links(who, [np.array([value for _, value in rows])])
    pairs = set(zip(who, numbers, strict=True))
    assert len(pairs) == who.nunique() == len(set(numbers))
    assert set(numbers) == set(range(1, who.nunique() + 1))


def test_a_row_of_nobody_has_no_number() -> None:
    assert np.isnan(links(pd.Series(["a", None]), [np.array([1.0, 2.0])])[1])


def test_results_link_rows_where_an_analysis_is_told_whose_they_are(tmp_path: Path) -> None:
    results = study(tmp_path / "one").run()
    points = results.row_points["trials"]
    assert "participant_id" not in points
    assert "rater #" not in points  # a condition alone names it
    assert points["participant_id #"].nunique() == 10
    assert (points.groupby("participant_id #").size() == 6).all()
    assert "participant_id #" not in results.points
    saved.save(results, tmp_path / "saved")
    again = saved.read(tmp_path / "saved").row_points["trials"]
    assert again["participant_id #"].tolist() == points["participant_id #"].tolist()


def test_rows_of_one_participant_keep_what_belongs_to_them(tmp_path: Path) -> None:
    points = study(tmp_path).run().row_points["trials"]
    frame = trials()
    first = pd.to_numeric(frame["first"]).where(lambda values: values != -9)
    whole = {tuple(sorted(own.dropna())) for _, own in first.groupby(frame["participant_id"])}
    for _, own in points.groupby("participant_id #"):
        assert tuple(sorted(own["first"].dropna())) in whole


def test_a_notebook_links_rows_too() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"who": np.repeat(list("abcdef"), 4), "hand": ["left", "right"] * 12})
    frame["taps"] = rng.normal(40, 5, 24).round(1)
    answer = mm.analyze(frame, "lmm", formula="taps ~ hand + (1 | who)")
    assert answer.results.points["who #"].nunique() == 6


def test_a_notebook_answers_with_what_suits_a_model() -> None:
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(8), 4)
    frame = pd.DataFrame({"who": [f"p{one}" for one in who], "hand": ["left", "right"] * 16})
    frame["taps"] = (rng.normal(0, 3, 8)[who] + rng.normal(40, 2, 32)).round(1)
    model = mm.analyze(frame, "lmm", formula="taps ~ hand + (1 | who)")
    assert model.table().id == "tbl-models"
    assert model.plot().alt.startswith("Marginal means of taps by hand.")
    checks = mm.analyze(frame, "lmm_diagnostics", formula="taps ~ hand + (1 | who)")
    assert checks.table().id == "tbl-estimates"
    assert checks.plot().alt.startswith("Diagnostics of taps.")
    assert not {name for name in frame["who"] if any(name in e.term for e in checks.result.estimates)}
    averaged = frame.groupby(["who", "hand"])["taps"].mean().reset_index()
    repeated = mm.analyze(averaged, "rm_anova", outcome="taps", participant="who", within=["hand"])
    assert repeated.table().id == "tbl-tests"
    assert "a line for each of 8 participants, 16 rows" in repeated.plot().alt
