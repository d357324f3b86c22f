from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmstats.raw_table import RawTable
from mmstats.violation import Violation
from tests.schema.building import checked, raw, schema

YES_NO = {"kind": "binary", "levels": {"no": "No", "yes": "Yes"}}
CODED = {**YES_NO, "codes": {"0": "no", "1": "yes"}}


def violations(column: dict[str, Any], *values: str, decimal: str = ".") -> list[Violation]:
    table = raw(who=[f"MS{n:02}" for n in range(1, len(values) + 1)], x=list(values))
    table = RawTable(name="clinical", frame=table.frame, decimal=decimal)
    return list(schema({"x": column}).validate(table).violations)


@pytest.mark.parametrize(
    ("column", "value", "rule", "message", "allowed", "suggestion"),
    [
        ({"kind": "continuous"}, "0.2?", "number", "not a number", "decimal point", "Perhaps 0.2;"),
        ({"kind": "continuous"}, "1,5", "number", "not a number", "decimal point", "Perhaps 1.5: the other"),
        ({"kind": "continuous"}, "1,234.5", "number", "not a number", "", "without thousands separators"),
        ({"kind": "continuous"}, "1,234", "number", "not a number", "", "without thousands separators"),
        ({"kind": "continuous"}, "n/a", "number", "not a number", "", "say so in missing_codes"),
        ({"kind": "continuous"}, "nan", "number", "not a number", "", "say so in missing_codes"),
        ({"kind": "continuous"}, "inf", "number", "not a number", "", "say so in missing_codes"),
        ({"kind": "continuous"}, "1e999", "number", "not a number", "", "say so in missing_codes"),
        ({"kind": "continuous"}, "1_000", "number", "not a number", "", "say so in missing_codes"),
        ({"kind": "continuous"}, "\u0661", "number", "not a number", "", "say so in missing_codes"),
        ({"kind": "continuous"}, "\u22121", "number", "not a number", "", "Perhaps -1;"),
        ({"kind": "count"}, "1.5", "whole-number", "not a whole number", "whole numbers", ""),
        ({"kind": "count"}, "-1", "range", "out of range", "at least 0", "If it stands for a missing value"),
        ({"kind": "count", "range": [0, 27]}, "99", "range", "out of range", "0 to 27", "If it stands"),
        ({"kind": "continuous", "range": [0, 1]}, "1.5", "range", "out of range", "0 to 1", ""),
        (
            {"kind": "ordinal", "allowed": [4, 4.5, 5]},
            "4.75",
            "allowed",
            "not a step",
            "4, 4.5, 5",
            "are 4.5 and 5.",
        ),
        (
            {"kind": "ordinal", "allowed": [4, 4.5, 5]},
            "6",
            "allowed",
            "not a step",
            "4, 4.5, 5",
            "step is 5.",
        ),
        (YES_NO, "Yes", "level", "not one of the levels", "no, yes", "Did you mean 'yes'?"),
        (YES_NO, "yess", "level", "not one of the levels", "no, yes", "Did you mean 'yes'?"),
        (CODED, "yes", "level", "not one of the levels", "0 (no), 1 (yes)", "says that yes is written '1'."),
        (CODED, "1.0", "level", "not one of the levels", "", "Did you mean '1'?"),
        (CODED, "2", "level", "not one of the levels", "0 (no), 1 (yes)", ""),
        ({"kind": "date"}, "31.1.2024", "date", "not a date", "2024-01-31", ""),
        ({"kind": "date"}, "2023-02-29", "date", "not a date", "2024-01-31", ""),
        ({"kind": "id", "required": True}, " ", "required", "must be given in every row.", "", ""),
    ],
)
def test_a_value_that_is_not_allowed_is_found(
    column: dict[str, Any], value: str, rule: str, message: str, allowed: str, suggestion: str
) -> None:
    (found,) = violations(column, value)
    assert (found.table, found.row, found.column, found.key) == ("clinical", 2, "x", "MS01")
    assert (found.rule, found.value, found.severity) == (rule, value.strip(), "error")
    assert message in found.message
    assert allowed in found.allowed
    assert suggestion in found.suggestion if suggestion else not found.suggestion


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ({"kind": "continuous"}, " 1.5 "),
        ({"kind": "continuous"}, "-.5e-3"),
        ({"kind": "continuous"}, "5."),
        ({"kind": "continuous"}, ""),
        ({"kind": "count"}, "0"),
        ({"kind": "count"}, "3.0"),
        ({"kind": "continuous", "range": [0, 1]}, "1"),
        (YES_NO, "yes"),
        (CODED, "1"),
        ({"kind": "date"}, "2024-02-29"),
        ({"kind": "id"}, "1e3"),
        ({"kind": "continuous", "range": [0, 1], "missing_codes": {"-9": "not done"}}, "-9.0"),
    ],
)
def test_a_value_that_is_allowed_raises_no_alarm(column: dict[str, Any], value: str) -> None:
    assert violations(column, value) == []


def test_a_decimal_comma_is_read_where_the_file_has_them() -> None:
    assert violations({"kind": "continuous"}, "1,5", decimal=",") == []
    (found,) = violations({"kind": "continuous"}, "1.5", decimal=",")
    assert found.suggestion == "Perhaps 1,5: the other numbers of this table have a decimal comma."
    (found,) = violations({"kind": "continuous"}, "1.234,5", decimal=",")
    assert "thousands" in found.suggestion


def test_types_order_and_reasons() -> None:
    table = checked(
        schema(
            {
                "n": {"kind": "count", "missing_codes": {"-9": "not done"}},
                "yes": CODED,
                "stage": {"kind": "ordinal", "levels": {"low": "Low", "high": "High"}},
                "edss": {"kind": "ordinal", "allowed": [0, 1]},
                "seen": {"kind": "date"},
                "gone": {"kind": "continuous"},
            }
        ),
        raw(
            who=["007", "1e3", "NA"],
            n=["1", "-9", "x"],
            yes=["1", "", "0"],
            stage=["high", "low", ""],
            edss=["0", "1", ""],
            seen=["2024-01-31", "", "0001-01-01"],
        ),
    )
    frame = table.frame
    assert list(frame.index) == [2, 3, 4]
    assert list(frame["who"]) == ["007", "1e3", "NA"]
    assert frame["who"].dtype == object
    assert frame["n"].dtype == np.float64
    assert frame["edss"].dtype == np.float64
    assert frame["gone"].isna().all()
    assert frame["yes"].dtype == pd.CategoricalDtype(["no", "yes"])
    assert frame["stage"].dtype == pd.CategoricalDtype(["low", "high"], ordered=True)
    assert frame["seen"].dtype.kind == "M"
    assert list(table.reasons["n"]) == ["", "not done", "not a number: 'x'"]
    assert list(table.reasons["seen"]) == ["", "empty", ""]
    assert list(table.reasons["gone"]) == ["no such column"] * 3
    assert (frame.isna() == (table.reasons != "")).all(axis=None)


def test_a_missing_code_in_a_required_column_is_still_missing() -> None:
    column = {"kind": "continuous", "required": True, "missing_codes": {"-9": "not done"}}
    (found,) = violations(column, "-9")
    assert (found.rule, found.message) == (
        "required",
        "A value must be given in every row; this one is: not done.",
    )


def test_an_unreadable_value_of_a_required_column_is_reported_once() -> None:
    assert [v.rule for v in violations({"kind": "continuous", "required": True}, "x")] == ["number"]


def test_rows_of_the_same_key_are_found() -> None:
    long = schema({"visit": {"kind": "count"}}, key=["who", "visit"])
    found = long.validate(raw(who=["a", "a", "a", "b"], visit=["1", "1.0", "2", "1"])).violations
    (one,) = found
    assert (one.rule, one.row, one.key, one.value) == ("unique-key", 3, "a / 1.0", "a / 1.0")
    assert one.message == "Row 2 has the same who and visit."
    assert "such as the visit" in one.suggestion


def test_an_empty_key_is_missing_not_repeated() -> None:
    assert [v.rule for v in schema({}).validate(raw(who=["", ""])).violations] == ["required", "required"]


def test_rows_are_numbered_as_in_a_spreadsheet() -> None:
    frame = pd.DataFrame({"who": ["a", "b"], "x": ["", "?"]}, index=[0, 3], dtype=object)
    found = schema({"x": {"kind": "count"}}).validate(RawTable(name="t", frame=frame, first_row=4))
    assert [v.row for v in found.violations] == [7]
    assert found.table is not None
    assert list(found.table.frame.index) == [4, 7]
    assert found.table.key_of(7) == "b"


def test_columns_that_do_not_match() -> None:
    table = schema(
        {
            "ages": {"kind": "continuous"},
            "weight": {"kind": "continuous"},
            "sex": {**YES_NO, "required": True},
        }
    )
    found = {v.column: v for v in table.validate(raw(who=["a"], age=["1"], extra=["2"])).violations}
    assert {(c, v.rule, v.severity) for c, v in found.items()} == {
        ("ages", "missing-column", "error"),
        ("weight", "missing-column", "warning"),
        ("sex", "missing-column", "error"),
        ("age", "unknown-column", "warning"),
        ("extra", "unknown-column", "warning"),
    }
    assert found["ages"].suggestion == "Did you mean 'age'?"
    assert found["age"].suggestion == "Did you mean 'ages'?"
    assert "all its values count as missing" in found["weight"].message


def test_many_unknown_columns_are_one_warning() -> None:
    table = raw(who=["a"], **{f"c{n}": ["1"] for n in range(30)})
    (found,) = schema({}).validate(table).violations
    assert (found.rule, found.column, found.severity) == ("unknown-column", "", "warning")
    assert found.message.startswith("30 columns are not in the dictionary")


def test_without_its_key_there_is_no_table() -> None:
    found = schema({}).validate(raw("t", other=["1"]))
    assert found.table is None
    assert [v.rule for v in found.violations] == ["unknown-column", "missing-column"]


def test_rules_across_columns() -> None:
    table = schema(
        {"a": {"kind": "count", "heading": "A"}, "b": {"kind": "count"}, "total": {"kind": "count"}},
        rules=[
            {"name": "sum", "rule": "a + b == total", "reason": "parts add up."},
            {"name": "small", "rule": "a < 9", "reason": "a is small", "severity": "warning"},
        ],
    )
    source = raw(
        who=["w", "x", "y", "z"], A=["1", "9", "1", "1"], b=["1", "1", "", "?"], total=["2", "11", "9", "9"]
    )
    found = [v for v in table.validate(source).violations if v.rule != "number"]
    assert [(v.rule, v.row, v.column, v.columns, v.value, v.severity) for v in found] == [
        ("sum", 3, "", ("A", "b", "total"), "A = 9, b = 1, total = 11", "error"),
        ("small", 3, "A", (), "9", "warning"),
    ]
    assert found[0].message == "Parts add up; here this does not hold."
    assert found[0].allowed == "a + b == total"
    assert found[0].where == "clinical, row 3 (x), A, b, total"


def test_a_rule_about_an_absent_column_is_not_judged() -> None:
    table = schema(
        {"a": {"kind": "count"}, "b": {"kind": "count"}}, rules=[{"rule": "missing(b)", "reason": "r"}]
    )
    assert [v.rule for v in table.validate(raw(who=["w"], a=["1"])).violations] == ["missing-column"]


TOTAL = {"kind": "count", "items": 9, "item_range": [0, 4]}


@pytest.mark.parametrize(
    ("totals", "warns"),
    [
        ([9, 10, 12, 15, 20, 25, 30, 36, 9, 11], True),
        ([11, 12, 12, 15, 20, 25, 30, 36, 33, 11], True),
        ([12, 12, 12, 15, 20, 25, 30, 36, 33, 12], False),
        ([8, 10, 12, 15, 20, 25, 30, 36, 9, 11], False),
        ([9, 10, 12, 15, 20, 25, 30, 36, 9], False),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 36], False),
    ],
)
def test_a_questionnaire_scored_from_one_is_noticed(totals: list[int], warns: bool) -> None:
    found = violations(TOTAL, *map(str, totals))
    assert [v.rule for v in found] == (["shifted-scale"] if warns else [])
    if warns:
        assert found[0].severity == "warning"
        assert "the items look scored 1 to 5, not 0 to 4" in found[0].message
        assert "item_range = [1, 5] and subtract 9" in found[0].suggestion


def test_totals_of_a_shifted_scale_may_exceed_the_declared_range() -> None:
    found = violations(TOTAL, *map(str, [9, 10, 12, 15, 20, 25, 30, 45, 9, 11]))
    assert [v.rule for v in found] == ["shifted-scale", "range"]


def test_an_empty_table_is_checked_too() -> None:
    table = schema({"x": TOTAL, "y": YES_NO}, rules=[{"rule": "x > 1", "reason": "r"}])
    found = table.validate(raw(who=[], x=[], y=[]))
    assert found.violations == ()
    assert found.table is not None
    assert found.table.frame["x"].dtype == np.float64
    assert found.table.frame.empty


def test_a_sentence_says_it_all() -> None:
    (found,) = violations({"kind": "count"}, "-1")
    assert found.sentence == (
        "clinical, row 2 (MS01), x: '-1'. It is out of range. Allowed: at least 0. "
        "If it stands for a missing value, say so in missing_codes."
    )


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=40, deadline=None)  # a check takes some 50 ms
@given(st.lists(st.none() | NUMBERS, min_size=1, max_size=8))
def test_numbers_survive_text(values: list[float | None]) -> None:
    text = ["" if value is None else repr(value) for value in values]
    table = schema({"x": {"kind": "continuous"}})
    got = checked(table, raw(who=list(map(str, range(len(text)))), x=text)).frame["x"]
    np.testing.assert_array_equal(got, [np.nan if value is None else value for value in values])


@settings(max_examples=40, deadline=None)  # a check takes some 50 ms
@given(st.lists(st.sampled_from(["no", "yes", None]), min_size=1, max_size=8))
def test_levels_survive_their_codes(values: list[str | None]) -> None:
    code = {"no": "0", "yes": "1", None: ""}
    got = checked(
        schema({"x": CODED}), raw(who=list(map(str, range(len(values)))), x=[code[value] for value in values])
    ).frame["x"]
    assert [None if pd.isna(value) else value for value in got] == values


CELL = st.text(max_size=6) | st.sampled_from(["1", "0", "-9", "1,5", "2024-01-31", "yes"])
EVERYTHING = schema(
    {
        "number": {"kind": "continuous", "range": [0, 10], "missing_codes": {"-9": "not done"}},
        "whole": {"kind": "count", "items": 2, "item_range": [0, 4], "required": True},
        "coded": CODED,
        "steps": {"kind": "ordinal", "allowed": [0, 1]},
        "day": {"kind": "date"},
    },
    rules=[
        {"rule": "number >= whole", "reason": "r"},
        {"rule": "day < '2024-01-01' or coded == 'yes'", "reason": "s"},
    ],
)


@settings(max_examples=40, deadline=None)  # a check takes some 50 ms
@given(st.lists(st.tuples(*[CELL] * 6), max_size=12), st.sampled_from([".", ","]))
def test_any_text_is_typed_or_reported(rows: list[tuple[str, ...]], decimal: str) -> None:
    frame = pd.DataFrame(rows, columns=list(EVERYTHING.variables), dtype=object)
    found = EVERYTHING.validate(RawTable(name="t", frame=frame, decimal=decimal))
    assert found.table is not None
    reported = {(v.row, v.column) for v in found.violations}
    missing = found.table.frame.isna()
    for row in found.table.frame.index:
        for name in found.table.frame:
            reason = found.table.reasons.at[row, name]
            assert isinstance(reason, str)
            assert bool(missing.at[row, name]) is bool(reason)
            assert not reason.startswith("not a ") or (row, name) in reported
    assert [v.sentence for v in found.violations] == [
        v.sentence for v in EVERYTHING.validate(RawTable(name="t", frame=frame, decimal=decimal)).violations
    ]
