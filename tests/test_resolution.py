from typing import Any

import pytest

from mmstats.errors import PlanError
from mmstats.raw_table import RawTable
from mmstats.resolution import Resolution, Resolved, resolve
from mmstats.schema import Schema, cross_check
from tests.schema.building import raw, schema

SCHEMA = schema(
    {"a": {"kind": "count"}, "b": {"kind": "count"}, "total": {"kind": "count"}},
    rules=[{"name": "sum", "rule": "a + b == total", "reason": "parts add up"}],
)
TABLE = raw(who=["x", "y", "z"], a=["1?", "1", "2"], b=["1", "-1", "2"], total=["2", "0", "5"])


def settle(*specs: dict[str, str], table: RawTable = TABLE, dictionary: Schema = SCHEMA) -> Resolved:
    return resolve(
        table, dictionary.validate(table).violations, [Resolution.from_dict(spec) for spec in specs]
    )


def test_a_value_becomes_another() -> None:
    done = settle(
        {"rule": "number", "column": "a", "key": "x", "value": "1?", "becomes": "1", "reason": "a slip"}
    )
    assert done.problems == ()
    assert list(done.raw.frame["a"]) == ["1", "1", "2"]
    assert list(TABLE.frame["a"]) == ["1?", "1", "2"]
    assert [decision.violation.value for decision in done.changed] == ["1?"]
    assert [v.rule for v in done.open] == ["range", "sum"]
    assert [v.rule for v in SCHEMA.validate(done.raw).violations] == ["range", "sum"]


def test_a_value_becomes_missing_and_says_why() -> None:
    done = settle({"rule": "range", "missing": "-1 meant unknown"})
    checked = SCHEMA.validate(done.raw).table
    assert checked is not None
    assert checked.reasons.at[3, "b"] == "-1 meant unknown"
    assert checked.frame["b"].isna().tolist() == [False, True, False]


def test_a_required_value_may_be_missing_when_the_plan_says_why() -> None:
    dictionary = schema({"a": {"kind": "count", "required": True}})
    table = raw(who=["x", ""], a=["-1", "1"])
    by = [
        {"rule": "range", "missing": "-1 meant unknown"},
        {"rule": "required", "column": "who", "missing": "r"},
    ]
    done = settle(*by, table=table, dictionary=dictionary)
    assert [(v.rule, v.column) for v in dictionary.validate(done.raw).violations] == [("required", "who")]


def test_a_violation_is_accepted_and_nothing_changes() -> None:
    done = settle({"rule": "sum", "key": "z", "accept": "as published"})
    assert done.raw.frame.equals(TABLE.frame)
    assert [(d.violation.row, d.resolution.reason) for d in done.accepted] == [(4, "as published")]
    assert [v.rule for v in done.open] == ["number", "range"]


def test_a_rule_across_columns_needs_the_column_to_change() -> None:
    done = settle({"rule": "sum", "column": "total", "becomes": "4", "reason": "added up again"})
    assert list(done.raw.frame["total"]) == ["2", "0", "4"]
    done = settle({"rule": "sum", "missing": "unclear"})
    assert done.problems == (
        "In table 'clinical', the resolution of rule = 'sum' is about several columns: name the one "
        "to change, of a, b, total.",
    )
    assert "sum" in [violation.rule for violation in done.open]


def test_a_finding_about_no_cell_can_only_be_accepted() -> None:
    table = raw(who=["x"], a=["1"], b=["1"])
    done = settle({"rule": "missing-column", "missing": "r"}, table=table)
    assert "is about no single cell: accept it, or change the dictionary or the file." in done.problems[0]
    done = settle({"rule": "missing-column", "accept": "not collected"}, table=table)
    assert (done.problems, done.open) == ((), ())


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"rule": "rnge", "accept": "r"}, "no violation has this rule. Did you mean 'range'?"),
        ({"rule": "unique-key", "accept": "r"}, "Take it out if the file is mended."),
        (
            {"rule": "number", "key": "y", "accept": "r"},
            "Of this rule there is: clinical, row 2 (x), a: '1?'.",
        ),
        ({"rule": "number", "value": "1", "accept": "r"}, "matches nothing."),
    ],
)
def test_a_resolution_that_matches_nothing_is_stale(spec: dict[str, str], says: str) -> None:
    (problem,) = settle(spec).problems
    assert problem.startswith("In table 'clinical', the resolution of rule = ")
    assert says in problem


def test_a_resolution_after_another_of_the_same_is_stale() -> None:
    (problem,) = settle(
        {"rule": "number", "accept": "r"}, {"rule": "number", "key": "x", "missing": "r"}
    ).problems
    assert "matches only what an earlier one already settles" in problem


def test_violations_of_other_tables_are_left_alone() -> None:
    other = raw("other", who=["x"])
    found = resolve(other, SCHEMA.validate(TABLE).violations, [])
    assert found.open == ()


def test_another_spelling_is_mended() -> None:
    people = schema({})
    one, two = raw("a", who=["MS24"]), raw("b", who=["MS_24"])
    tables = [table for table in (people.validate(one).table, people.validate(two).table) if table]
    spec = {
        "rule": "same-participants",
        "column": "who",
        "value": "MS_24",
        "becomes": "MS24",
        "reason": "a slip",
    }
    done = resolve(two, cross_check(tables, "who"), [Resolution.from_dict(spec)])
    assert (done.problems, done.open) == ((), ())
    mended = people.validate(done.raw).table
    assert mended is not None
    assert cross_check([tables[0], mended], "who") == []


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"accept": "r"}, "'rule' is missing"),
        ({"rule": "range"}, "exactly one of becomes, missing and accept; it has none."),
        ({"rule": "range", "accept": "r", "missing": "r"}, "it has missing and accept."),
        ({"rule": "range", "becomes": "1"}, "'reason' is missing: why the value is changed."),
        ({"rule": "range", "accept": "r", "reason": "r"}, "the reason is the text of 'accept'."),
        ({"rule": "range", "accept": " "}, "'accept' is empty."),
        ({"rule": "range", "becomes": 1, "reason": "r"}, "'becomes' must be text in quotes; it is 1."),
        ({"rule": "range", "colum": "a", "accept": "r"}, "Unknown key 'colum'. Did you mean 'column'"),
    ],
)
def test_what_is_wrong_in_a_resolution_is_said(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(PlanError) as caught:
        Resolution.from_dict(spec, "[[tables.clinical.resolve]] number 1")
    assert any(says in problem for problem in caught.value.problems), caught.value.problems
    assert caught.value.message.startswith("In [[tables.clinical.resolve]] number 1, ")
