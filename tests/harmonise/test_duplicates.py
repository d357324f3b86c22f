"""People in two cohorts: found where they are planted, not found where there are none, and settled."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import SchemaError
from mmstats.harmonise import duplicates
from mmstats.pooled_study import PooledStudy
from tests.harmonise import study as parts
from tests.harmonise.study import make, north, south

PLAN = parts.PLAN.replace("MFIS", "FSMC")  # by one instrument, so that scores can be compared

DECIDED = '\n[[duplicates]]\ncohorts = ["north", "south"]\n'


def shared(planted: tuple[int, ...] = (2, 9, 30)) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables, with people of the first in the second too."""
    first, second = north(), south()
    first["months"] = 12 * (first["months"] // 12)
    for place, who in enumerate(planted):
        row = first.iloc[who]
        second.loc[place, ["group", "age", "total", "day"]] = [
            "MS" if row["arm"] == "ill" else "HC",
            row["months"] // 12,
            row["points"],
            row["seen"],
        ]
    return first, second


def study(folder: Path, plan: str = PLAN, planted: tuple[int, ...] = (2, 9, 30)) -> PooledStudy:
    first, second = shared(planted)
    return PooledStudy.find(make(folder, plan, first=first, second=second))


def test_planted_people_are_found_by_row(tmp_path: Path) -> None:
    found = study(tmp_path / "two")
    problems = found.check().intake.problems
    assert len(problems) == 1
    assert "seem to share 3 participants" in problems[0]
    for north_row, south_row in ((4, 2), (11, 3), (32, 4)):
        assert f"row {north_row} of north and row {south_row} of south (age, score, seen)" in problems[0]
    with pytest.raises(SchemaError, match="seem to share 3 participants"):
        found.compute()


def test_nobody_is_found_where_there_is_nobody(tmp_path: Path) -> None:
    found = study(tmp_path / "two", planted=())
    assert found.check().ok
    (search,) = found.gathered.searches
    assert (search.found, search.compared) == (0, ("age", "score", "seen"))


def test_pairs_are_compared_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", 100)
    (search,) = study(tmp_path / "two").gathered.searches
    assert search.found == 3


def test_scores_of_different_instruments_are_not_compared(tmp_path: Path) -> None:
    found = PooledStudy.find(make(tmp_path / "two"))
    assert found.gathered.searches[0].compared == ("age", "seen")


@pytest.mark.parametrize("seed", range(5))
def test_chance_alone_is_not_suspected(tmp_path: Path, seed: int) -> None:
    """Ages in whole years, 60 days, 8 scores: some pairs agree in two of them, hardly any in all."""
    rng = np.random.default_rng(seed)
    first, second = north(), south()
    first["months"] = 12 * rng.integers(20, 70, len(first))
    second["age"] = rng.integers(20, 70, len(second))
    first["points"] = rng.integers(20, 28, len(first))
    second["total"] = rng.integers(20, 28, len(second))
    first["seen"] = [str(np.datetime64("2021-01-01") + int(d)) for d in rng.integers(0, 60, len(first))]
    second["day"] = [str(np.datetime64("2021-01-01") + int(d)) for d in rng.integers(0, 60, len(second))]
    assert PooledStudy.find(make(tmp_path / "two", PLAN, first=first, second=second)).check().ok


def test_accepted_people_stay(tmp_path: Path) -> None:
    results = study(tmp_path / "two", PLAN + DECIDED + 'accept = "twins"').compute()
    assert results.flow[-1].kept == 84
    (search,) = results.lookalikes
    assert (search.found, search.dropped, search.reason) == (3, 0, "twins")


def test_dropped_people_leave_with_the_reason(tmp_path: Path) -> None:
    results = study(tmp_path / "two", PLAN + DECIDED + 'drop = "south"\nreason = "moved north"').compute()
    assert [(s.kept, s.removed) for s in results.flow] == [(84, 0), (81, 3)]
    assert results.flow[-1].reason == "Excluded: south, moved north"
    assert results["age-score"].n == 81
    assert results.lookalikes[0].dropped == 3


def test_a_decision_about_nobody_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="seem to share nobody"):
        study(tmp_path / "two", PLAN + DECIDED + 'accept = "twins"', planted=()).compute()


def test_one_variable_may_differ(tmp_path: Path) -> None:
    first, second = shared((2,))
    second.loc[0, "group"] = "MS" if second.loc[0, "group"] == "HC" else "HC"
    found = PooledStudy.find(make(tmp_path / "two", PLAN, first=first, second=second))
    problems = found.check().intake.problems
    assert "seem to share 1 participant," in problems[0]


@pytest.mark.parametrize("cut", [np.floor, np.round])
def test_people_are_found_whose_values_one_cohort_has_cut(tmp_path: Path, cut: np.ufunc) -> None:
    """Months in one, whole years in the other; scores with two decimals in one, with none in the other."""
    first, second = north(), south()
    second["total"] = second["total"].round()
    for place, who in enumerate((2, 9, 30)):
        row = first.iloc[who]
        second.loc[place, ["group", "age", "total", "day"]] = [
            "MS" if row["arm"] == "ill" else "HC",
            int(cut(row["months"] / 12)),
            float(cut(row["points"])),
            row["seen"],
        ]
    found = PooledStudy.find(make(tmp_path / "two", PLAN, first=first, second=second))
    (problem,) = found.check().intake.problems
    assert "seem to share 3 participants" in problem
    for north_row, south_row in ((4, 2), (11, 3), (32, 4)):
        assert f"row {north_row} of north and row {south_row} of south (age, score, seen)" in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('cohorts = ["north"]\naccept = "x"', "names the two"),
        ('cohorts = ["north", "sout"]\naccept = "x"', "Did you mean 'south'?"),
        ('cohorts = ["north", "south"]', "one of both"),
        ('cohorts = ["north", "south"]\ndrop = "south"', "'reason' is missing"),
        ('cohorts = ["north", "south"]\ndrop = "west"\nreason = "x"', "Unknown drop 'west'"),
        ('cohorts = ["north", "south"]\naccept = ""', "it is empty"),
    ],
)
def test_decisions_are_checked(tmp_path: Path, text: str, said: str) -> None:
    found = study(tmp_path / "two", f"{PLAN}\n[[duplicates]]\n{text}")
    assert said in "\n".join(found.declared.problems)
