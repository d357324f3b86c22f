"""What is written survives reading, and nothing in it runs in a spreadsheet."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import inf, isnan, nan
from pathlib import Path

import pytest

from mmstats.errors import ReportError, StudyError
from mmstats.estimate import Estimate, Quantity
from mmstats.plan import Analysis
from mmstats.results import Result, Results
from mmstats.saved import read, save

ODDS = Quantity("odds_ratio", "Odds ratio", null=1, ratio=True)


def results(**changes: object) -> Results:
    estimate = Estimate(
        quantity=ODDS,
        term="=1+1",
        estimate=2.5,
        conf_low=0.1,
        conf_high=inf,
        conf_level=0.95,
        p_value=0.04,
        n=9,
    )
    item = Result(analysis=Analysis(id="a", method="two_by_two"), estimates=(estimate,), n=9, tested=0)
    return Results(title="T", items=(item,), **changes)  # type: ignore[arg-type]


def test_infinite_and_missing_numbers_survive(tmp_path: Path) -> None:
    save(results(), tmp_path / "results")
    (e,) = read(tmp_path / "results")["a"].estimates
    assert (e.conf_high, e.quantity) == (inf, ODDS)
    assert isnan(e.std_error)
    assert isnan(read(tmp_path / "results")["a"].p_adjusted)


def test_saved_json_is_json(tmp_path: Path) -> None:
    save(results(), tmp_path / "results")

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    json.loads((tmp_path / "results/results.json").read_text(), parse_constant=refuse)


def test_text_that_a_spreadsheet_would_run_is_neutralised(tmp_path: Path) -> None:
    save(results(), tmp_path / "results")
    assert ",'=1+1," in (tmp_path / "results/results.csv").read_text()


def test_nothing_is_left_beside_the_results(tmp_path: Path) -> None:
    save(results(), tmp_path / "results")
    save(results(), tmp_path / "results")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_two_quantities_of_one_name_are_refused_and_the_earlier_results_stay(tmp_path: Path) -> None:
    save(results(), tmp_path / "results")
    other = Estimate(quantity=Quantity("odds_ratio", "Another"), estimate=nan, note="none", n=0)
    both = Result(analysis=Analysis(id="b", method="m"), estimates=(other,))
    with pytest.raises(ValueError, match="Two different quantities"):
        save(Results(title="T", items=(*results().items, both)), tmp_path / "results")
    assert read(tmp_path / "results").title == "T"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_there_are_none_yet(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="mmstats run"):
        read(tmp_path / "results")


def test_another_format_is_refused(tmp_path: Path) -> None:
    save(results(), tmp_path / "results")
    path = tmp_path / "results/results.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(StudyError, match="format 99"):
        read(tmp_path / "results")


@pytest.mark.parametrize(
    ("analysis", "quantity", "term", "words"),
    [
        ("aa", "odds_ratio", "", "no analysis 'aa'. Did you mean 'a'?"),
        ("a", "odd_ratio", "", "Unknown quantity 'odd_ratio'. Did you mean 'odds_ratio'?"),
        ("a", "odds_ratio", "1+1", "Unknown term of odds_ratio '1+1'. Did you mean '=1+1'?"),
    ],
)
def test_a_wrong_id_names_the_nearest(analysis: str, quantity: str, term: str, words: str) -> None:
    with pytest.raises(ReportError) as caught:
        results()[analysis].estimate(quantity, term)
    assert words in str(caught.value)


def test_runs_that_save_at_the_same_time_take_turns(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    save(results(), folder)
    other = replace(results(), title="Other", provenance={"plan": "other"})
    with ThreadPoolExecutor(4) as pool:
        saving = [pool.submit(save, one, folder) for _ in range(20) for one in (results(), other)]
        reading = [pool.submit(read, folder) for _ in range(40)]
    for saved in saving:
        saved.result()
    for done in reading:
        one = done.result()
        assert (one.title, one.provenance) in (
            ("Other", {"plan": "other"}),
            (results().title, results().provenance),
        )
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
