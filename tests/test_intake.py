from pathlib import Path

import pytest

from mmstats.intake import Intake, take_in
from mmstats.plan import CohortPlan, Plan, TablePlan
from mmstats.resolution import Resolution
from tests.schema.building import schema

SCHEMA = schema(
    {"a": {"kind": "count"}, "b": {"kind": "count"}, "total": {"kind": "count"}},
    rules=[{"name": "sum", "rule": "a + b == total", "reason": "parts add up"}],
)


def intake(folder: Path, content: str, *specs: dict[str, str]) -> Intake:
    (folder / "c.csv").write_text(content)
    decisions = tuple(Resolution.from_dict(spec) for spec in specs)
    table = TablePlan(name="clinical", source="c.csv", schema="clinical", resolve=decisions)
    plan = Plan(title="T", seed=1, tables=(table,), cohort=CohortPlan(unit="who"))
    return take_in(plan, {"clinical": SCHEMA}, folder)


def actions(found: Intake) -> dict[str, str]:
    return {finding.violation.rule: finding.action for finding in found.findings}


WRONG = "who,a,b,total\nx,-1,2,3\n"


def test_a_correction_settles_what_followed_from_the_mistake(tmp_path: Path) -> None:
    found = intake(tmp_path, WRONG, {"rule": "range", "becomes": "1", "reason": "a slip"})
    assert actions(found) == {"range": "corrected", "sum": "settled"}
    assert found.open == ()


def test_a_correction_that_corrects_nothing_leaves_it_open(tmp_path: Path) -> None:
    found = intake(tmp_path, WRONG, {"rule": "range", "becomes": "-1", "reason": "a slip"})
    assert actions(found) == {"range": "open", "sum": "open"}


def test_a_correction_that_breaks_another_rule_opens_it(tmp_path: Path) -> None:
    found = intake(tmp_path, "who,a,b,total\nx,?,2,3\n", {"rule": "number", "becomes": "9", "reason": "r"})
    assert actions(found) == {"number": "corrected", "sum": "open"}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("a,b,total\n1,2,3\n", "missing-column"),
        ("who,a,b,total\nx,1,2,3\nx,1,2,3\n", "unique-key"),
        ("who,a,b,total\n,1,2,3\n", "required"),
    ],
)
def test_what_keeps_rows_apart_cannot_be_accepted(tmp_path: Path, content: str, rule: str) -> None:
    found = intake(tmp_path, content, {"rule": rule, "accept": "never mind"})
    assert "cannot be accepted, or rows could not be told apart: clinical, " in found.problems[0]
    assert [violation.rule for violation in found.open] == [rule]


def test_a_repeated_key_is_told_apart_by_another(tmp_path: Path) -> None:
    content = "who,a,b,total\nx,1,2,3\nx,1,2,3\n"
    found = intake(tmp_path, content, {"rule": "unique-key", "becomes": "x-again", "reason": "entered twice"})
    assert (found.problems, found.open) == ((), ())
    assert list(found.tables[0][1].frame["who"]) == ["x", "x-again"]


@pytest.mark.parametrize("content", ["", "who\n", "a,a\n1,2\n"])
def test_a_file_that_is_no_table_is_a_problem_not_a_crash(tmp_path: Path, content: str) -> None:
    found = intake(tmp_path, content)
    assert len(found.problems) == 1
    assert found.tables == ()
