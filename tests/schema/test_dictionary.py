from pathlib import Path
from typing import Any

import pytest

from mmstats.errors import SchemaError
from mmstats.kind import Kind
from mmstats.schema import Schema

GOOD: dict[str, Any] = {
    "table": "clinical",
    "title": "Clinical",
    "key": ["who"],
    "columns": {
        "who": {"kind": "id"},
        "group": {"kind": "binary", "heading": "Grupo", "levels": {"HC": "Control", "MS": "MS"}},
        "age": {"kind": "continuous", "label": "Age", "unit": "years", "range": [18, 90]},
        "edss": {"kind": "ordinal", "allowed": [0, 1, 1.5], "missing_codes": {"-9": "not done"}},
        "total": {"kind": "count", "items": 9, "item_range": [0, 4]},
        "falls": {"kind": "count"},
    },
    "rules": [{"rule": "age > total", "reason": "it does", "severity": "warning"}],
}


def with_column(**column: Any) -> dict[str, Any]:
    return {**GOOD, "columns": {**GOOD["columns"], "x": column}}


def test_a_dictionary_says_what_its_columns_are() -> None:
    schema = Schema.from_dict(GOOD)
    assert schema.key == ("who",)
    assert schema.variables["group"].column == "Grupo"
    assert schema.variables["who"].label == "who"
    assert schema.variables["age"].range == (18, 90)
    assert schema.variables["edss"].kind is Kind.ORDINAL
    assert schema.variables["total"].range == (0, 36)
    assert schema.variables["falls"].range == (0, float("inf"))
    assert schema.rules[0].name == "rule-1"


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text('table = "t"\nkey = ["who"]\n[columns.who]\nkind = "id"\n')
    two.write_text('# a comment\ntable="t"\nkey=["who"]\ncolumns.who = { kind = "id" }\n')
    assert Schema.read(one).digest == Schema.read(two).digest
    assert Schema.from_dict(GOOD).digest != Schema.from_dict({**GOOD, "title": "Other"}).digest


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ({}, "[columns.x] 'kind' is missing: text."),
        ({"kind": "binry"}, "[columns.x] Unknown kind 'binry'. Did you mean 'binary'?"),
        ({"kind": "id", "lable": "X"}, "[columns.x] Unknown key 'lable'. Did you mean 'label'"),
        ({"kind": "id", "label": 3}, "[columns.x] 'label' must be text; it is 3."),
        ({"kind": "continuous", "range": [10, 0]}, "'range' must be the smallest and the largest number"),
        ({"kind": "continuous", "range": [0, True]}, "'range' must be"),
        ({"kind": "continuous", "range": [0, float("nan")]}, "'range' must be"),
        ({"kind": "continuous", "required": "yes"}, "'required' must be true or false; it is 'yes'."),
        ({"kind": "ordinal", "allowed": [1, 0]}, "'allowed' must be every number it may take, spelt out"),
        ({"kind": "ordinal", "allowed": [0, 1, "..."]}, "'allowed' must be every number"),
        (
            {"kind": "ordinal"},
            "an ordinal column needs its levels or the numbers it may take".replace("an ", "a "),
        ),
        ({"kind": "nominal"}, "'levels' is missing: a nominal column needs its levels."),
        ({"kind": "nominal", "levels": {"a": "A"}}, "A nominal column has at least two levels; it has 1."),
        (
            {"kind": "binary", "levels": {"a": "A", "b": "B", "c": "C"}},
            "A binary column has two levels; it has 3.",
        ),
        ({"kind": "binary", "levels": ["a", "b"]}, "'levels' must be a table of text to text"),
        (
            {"kind": "continuous", "levels": {"a": "A"}},
            "'levels' are for a binary, nominal or ordinal column",
        ),
        ({"kind": "id", "unit": "mm"}, "'unit' is for numbers; it is id."),
        (
            {"kind": "ordinal", "levels": {"a": "A", "b": "B"}, "range": [0, 1]},
            "'range' is for numbers; it is ordinal with levels.",
        ),
        ({"kind": "ordinal", "allowed": [0, 1], "range": [0, 1]}, "'allowed' and 'range' are both given"),
        ({"kind": "continuous", "codes": {"1": "a"}}, "'codes' needs 'levels'"),
        (
            {"kind": "binary", "levels": {"yes": "Y", "no": "N"}, "codes": {"1": "yes", "0": "nn"}},
            "'codes' names 'nn', which is not a level. Did you mean 'no'?",
        ),
        (
            {"kind": "binary", "levels": {"yes": "Y", "no": "N"}, "codes": {"1": "yes"}},
            "'codes' has no code for the level 'no'.",
        ),
        ({"kind": "count", "items": 9}, "'items' and 'item_range' go together"),
        ({"kind": "count", "items": 0, "item_range": [0, 4]}, "'items' must be a whole number above 0"),
        ({"kind": "count", "items": True, "item_range": [0, 4]}, "'items' must be a whole number above 0"),
        (
            {"kind": "continuous", "range": [0, 10], "missing_codes": {"9": "not done"}},
            "'9' is both a missing code and a value it may take.",
        ),
        (
            {"kind": "ordinal", "allowed": [1, 9], "missing_codes": {"9.0": "none"}},
            "'9.0' is both a missing code",
        ),
        (
            {"kind": "binary", "levels": {"a": "A", "b": "B"}, "missing_codes": {"a": "none"}},
            "'a' is both a missing code and a level.",
        ),
        ({"kind": "id", "heading": "Grupo"}, "[columns.x] It has the heading 'Grupo' of 'group'."),
    ],
)
def test_what_is_wrong_in_a_column_is_said(column: dict[str, Any], says: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Schema.from_dict(with_column(**column), "x.toml")
    assert any(says in problem for problem in caught.value.problems), caught.value.problems
    assert "The dictionary x.toml has" in caught.value.message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tabel": "t"}, "Unknown key 'tabel'. Did you mean 'table'?"),
        ({"table": 1}, "'table' must be text; it is 1."),
        ({"key": ["whoo"]}, "[key] Unknown column 'whoo'. Did you mean 'who'?"),
        ({"key": "who"}, "'key' must be a list of columns; it is 'who'."),
        ({"key": ["who", "who"]}, "[key] It names a column twice."),
        ({"key": ["age"]}, "[key] 'age' is continuous: it cannot name a row by itself."),
        ({"columns": {}}, "'columns' must be tables such as [columns.age]"),
        ({"columns": {"who": 3}}, "[columns.who] It is not a table."),
        (
            {"columns": {"who": {"kind": "id"}, "a b": {"kind": "id"}}},
            "Give the file's heading as heading = 'a b'.",
        ),
        ({"columns": {"who": {"kind": "id"}, "class": {"kind": "id"}}}, "[columns.class] A name has letters"),
        ({"columns": {"who": {"kind": "id"}, "\ufb01": {"kind": "id"}}}, "A name has letters"),
        ({"rules": {"rule": "age > 1"}}, "'rules' must be tables such as [[rules]]"),
        ({"rules": ["age > 1"]}, "[[rules]] number 1: It is not a table."),
        ({"rules": [{"rule": "age > 1"}]}, "[[rules]] number 1: 'reason' is missing: text."),
        (
            {"rules": [{"rule": "agee > 1", "reason": "r"}]},
            "number 1: Unknown variable 'agee'. Did you mean 'age'",
        ),
        ({"rules": [{"rule": "age >", "reason": "r"}]}, "number 1: The expression 'age >' cannot be read"),
        ({"rules": [{"rule": "age & 1", "reason": "r"}]}, "number 1: '&' is not part of the language"),
        ({"rules": [{"rule": "group == 'M'", "reason": "r"}]}, "'M' is not a level"),
        ({"rules": [{"rule": "age + 1", "reason": "r"}]}, "'age + 1' is a number; a rule is a condition"),
        (
            {"rules": [{"rule": "age > 1", "reason": "r", "severity": "bad"}]},
            "'severity' must be \"error\" or",
        ),
        (
            {
                "rules": [
                    {"rule": "age > 1", "reason": "r", "name": "n"},
                    {"rule": "age > 2", "reason": "r", "name": "n"},
                ]
            },
            "[[rules]] Two rules are called 'n'.",
        ),
    ],
)
def test_what_is_wrong_in_a_dictionary_is_said(change: dict[str, Any], says: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Schema.from_dict({**GOOD, **change})
    assert any(says in problem for problem in caught.value.problems), caught.value.problems


def test_everything_wrong_comes_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        Schema.from_dict(
            {"columns": {"x": {"kind": "numbr", "rnge": 1}}, "rules": [{"rule": "y > 1", "reason": "r"}]}
        )
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"table = ", "is not valid TOML"),
        (b"table = '\xff'", "is not UTF-8 text"),
        (b"a = " + b"[" * 5000, "nested too deeply"),
        (None, "There is no file"),
    ],
)
def test_a_file_that_is_no_dictionary_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SchemaError, match=says):
        Schema.read(path)
