from typing import Any

from mmstats.schema import CheckedTable, cross_check
from mmstats.violation import Violation
from tests.schema.building import checked, raw, schema

GROUP = {"kind": "binary", "levels": {"HC": "Control", "MS": "MS"}}
AGE = {"kind": "continuous"}


def table(
    name: str, columns: dict[str, Any], key: list[str] | None = None, **values: list[str]
) -> CheckedTable:
    return checked(schema(columns, key=key), raw(name, **values))


def found(*tables: CheckedTable) -> list[Violation]:
    return cross_check(tables, unit="who")


def test_tables_that_agree_raise_no_alarm() -> None:
    assert (
        found(
            table("a", {"age": AGE, "group": GROUP}, who=["x", "y"], age=["1", ""], group=["MS", "HC"]),
            table("b", {"age": AGE, "group": GROUP}, who=["y", "x"], age=["2", "1.0"], group=["HC", ""]),
        )
        == []
    )


def test_a_participant_without_a_row_is_a_warning_where_it_is_missing() -> None:
    (one,) = found(
        table("a", {}, who=["p1", "p2"]), table("b", {}, who=["p1"]), table("c", {}, who=["p1", "p2"])
    )
    assert (one.table, one.row, one.column, one.key, one.value) == ("b", None, "who", "p2", "p2")
    assert (one.rule, one.severity) == ("same-participants", "warning")
    assert one.message == "This participant has no row here, but in a, c."
    assert one.suggestion == ""


def test_a_mistyped_identifier_is_suggested() -> None:
    first, second = found(table("a", {}, who=["MS24", "HC01"]), table("b", {}, who=["M524", "HC01"]))
    assert (first.table, first.value, first.suggestion) == (
        "a",
        "M524",
        "'MS24' is in this table only: is it the same person?",
    )
    assert (second.table, second.value) == ("b", "MS24")


def test_another_spelling_of_an_identifier_is_an_error_where_it_stands() -> None:
    (one,) = found(table("a", {}, who=["MS24", "MS07"]), table("b", {}, who=["MS_24", "MS07"]))
    assert (one.table, one.row, one.column, one.value, one.severity) == ("b", 2, "who", "MS_24", "error")
    assert one.message == "This participant is written differently in a: 'MS24'."
    assert one.suggestion == "Did you mean 'MS24'?"


def test_spellings_within_one_table_are_different_people() -> None:
    assert found(table("a", {}, who=["MS1", "MS01"]), table("b", {}, who=["MS1", "MS01"])) == []


def test_another_spelling_in_a_long_table_is_found_in_each_row() -> None:
    long = table("b", {"hand": GROUP}, key=["who", "hand"], who=["ms-1", "ms-1"], hand=["HC", "MS"])
    assert [v.row for v in found(table("a", {}, who=["MS1"]), long)] == [2, 3]


def test_two_tables_that_disagree_about_a_person() -> None:
    (one,) = found(
        table("a", {"age": AGE}, who=["x", "y"], age=["30", "40"]),
        table("b", {"age": AGE}, who=["y", "x"], age=["41", "30"]),
    )
    assert (one.table, one.row, one.column, one.key, one.value) == ("b", 2, "age", "y", "41")
    assert (one.rule, one.message) == ("same-value", "a has '40' for the same participant.")


def test_values_are_compared_after_their_codes() -> None:
    one = table("a", {"group": {**GROUP, "codes": {"1": "MS", "2": "HC"}}}, who=["x", "y"], group=["1", "2"])
    two = table("b", {"group": {**GROUP, "codes": {"1": "MS", "0": "HC"}}}, who=["x", "y"], group=["1", "1"])
    codes, value = found(one, two)
    assert (codes.table, codes.rule, codes.severity) == ("b", "codes-differ", "warning")
    assert "a has 1 = MS, 2 = HC, this one 1 = MS, 0 = HC" in codes.message
    assert (value.rule, value.row, value.value) == ("same-value", 3, "MS")


def test_dictionaries_that_differ_about_a_variable() -> None:
    other = {"kind": "binary", "levels": {"MS": "MS", "HC": "Control"}}
    (one,) = found(
        table("a", {"group": GROUP}, who=["x"], group=["MS"]),
        table("b", {"group": other}, who=["x"], group=["MS"]),
    )
    assert (one.rule, one.severity) == ("codes-differ", "error")
    assert "in a 'group' is binary with levels HC, MS, here binary with levels MS, HC" in one.message
    (one,) = found(
        table("a", {"age": AGE}, who=["x"], age=["1"]),
        table("b", {"age": {"kind": "id"}}, who=["x"], age=["1"]),
    )
    assert "in a 'age' is continuous, here id" in one.message


def test_a_long_table_is_compared_row_by_row_with_the_participants() -> None:
    hand = {"hand": GROUP, "age": AGE}
    long = table("b", hand, key=["who", "hand"], who=["x", "x"], hand=["HC", "MS"], age=["30", "31"])
    (one,) = found(table("a", {"age": AGE}, who=["x"], age=["30"]), long)
    assert (one.table, one.row, one.key) == ("b", 3, "x / MS")


def test_long_tables_of_unrelated_keys_are_not_compared() -> None:
    one = table("a", {"hand": GROUP, "n": AGE}, key=["who", "hand"], who=["x"], hand=["HC"], n=["1"])
    two = table("b", {"task": GROUP, "n": AGE}, key=["who", "task"], who=["x"], task=["HC"], n=["2"])
    assert found(one, two) == []


def test_a_table_without_participants_is_left_alone() -> None:
    sites = checked(schema({"site": {"kind": "id"}}, key=["site"]), raw("s", site=["1"], who=["x"]))
    assert cross_check([sites, table("a", {}, who=["y"])], unit="nobody") == []
    assert cross_check([], unit="who") == []
