import contextlib
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmstats.errors import ExpressionError
from mmstats.expression import parse
from mmstats.kind import Kind
from mmstats.variable import Variable

VARIABLES = {
    "age": Variable(name="age", kind=Kind.CONTINUOUS, label="Age"),
    "edss": Variable(name="edss", kind=Kind.ORDINAL, label="EDSS", allowed=(0, 1, 1.5)),
    "group": Variable(name="group", kind=Kind.BINARY, label="Group", levels={"HC": "Control", "MS": "MS"}),
    "stage": Variable(
        name="stage", kind=Kind.ORDINAL, label="Stage", levels={"low": "", "mid": "", "high": ""}
    ),
    "other": Variable(name="other", kind=Kind.ORDINAL, label="Other", levels={"a": "", "b": ""}),
    "who": Variable(name="who", kind=Kind.ID, label="Who"),
    "seen": Variable(name="seen", kind=Kind.DATE, label="Seen"),
}
FRAME = pd.DataFrame(
    {
        "age": [30.0, math.nan, 50.0],
        "edss": [0.0, 1.5, math.nan],
        "group": pd.Categorical(["MS", "HC", None], categories=["HC", "MS"]),
        "stage": pd.Categorical(["low", "high", None], categories=["low", "mid", "high"], ordered=True),
        "who": np.array(["MS01", "HC01", None], dtype=object),
        "seen": np.array(["2024-01-31", "2023-05-01", "NaT"], dtype="datetime64[s]"),
    },
    index=[2, 3, 5],
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age >= 30", [True, None, True]),
        ("age + edss == 30", [True, None, None]),
        ("group == 'MS'", [True, False, None]),
        ("'MS' == group", [True, False, None]),
        ("group in ['MS', 'HC']", [True, True, None]),
        ("group not in ['MS']", [False, True, None]),
        ("edss in [0, -1]", [True, False, None]),
        ("stage >= 'mid'", [False, True, None]),
        ("'mid' > stage", [True, False, None]),
        ("stage <= stage", [True, True, None]),
        ("who == 'MS01'", [True, False, None]),
        ("seen < '2024-01-01'", [False, True, None]),
        ("'2024-01-31' <= seen", [True, False, None]),
        ("missing(age)", [False, True, False]),
        ("missing(group) or missing(seen)", [False, False, True]),
        ("missing(edss) == (group == 'MS')", [False, True, None]),
        ("missing(edss) != (group == 'MS')", [True, False, None]),
        ("not age > 40", [True, None, False]),
        ("age > 40 or edss > 1", [False, True, True]),
        ("age > 40 and edss > 1", [False, None, None]),
        ("20 < age < 40", [True, None, False]),
        ("1 < 2", [True, True, True]),
        ("age / 0 > 1", [None, None, None]),
    ],
)
def test_a_condition_keeps_the_unknown_unknown(text: str, expected: list[bool | None]) -> None:
    expression = parse(text)
    assert expression.is_condition
    assert expression.problems(VARIABLES) == []
    found = expression.evaluate(FRAME)
    assert found.dtype == "boolean"
    assert [None if value is pd.NA else bool(value) for value in found] == expected
    assert list(found.index) == [2, 3, 5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age - edss * 2", [30, math.nan, math.nan]),
        ("-edss", [0, -1.5, math.nan]),
        ("+edss ** 2 % 2", [0, 0.25, math.nan]),
        ("sum(age, 1, 2)", [33, math.nan, 53]),
        ("mean(age, 10)", [20, math.nan, 30]),
        ("min(edss, 1)", [0, 1, math.nan]),
        ("max(edss, 1)", [1, 1.5, math.nan]),
        ("abs(0 - edss)", [0, 1.5, math.nan]),
        ("round(edss)", [0, 2, math.nan]),
        ("round(edss / 7, 2)", [0, 0.21, math.nan]),
        ("log(edss)", [math.nan, math.log(1.5), math.nan]),
        ("sqrt(edss - 1)", [math.nan, math.sqrt(0.5), math.nan]),
        ("7", [7, 7, 7]),
    ],
)
def test_a_calculation_is_missing_where_it_has_no_finite_value(text: str, expected: list[float]) -> None:
    expression = parse(text)
    assert not expression.is_condition
    assert expression.problems(VARIABLES) == []
    found = expression.evaluate(FRAME)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected)


def test_names_come_in_the_order_of_their_first_mention() -> None:
    assert parse("zeta > 1 and round(alpha) < zeta").names == ("zeta", "alpha")


def test_sums_of_decimals_compare_as_written() -> None:
    frame = pd.DataFrame({"a": [0.1], "b": [0.2], "total": [0.3]})
    truth = {"==": True, "!=": False, "<": False, "<=": True, ">": False, ">=": True}
    for operator, expected in truth.items():
        assert parse(f"a + b {operator} total").evaluate(frame).tolist() == [expected], operator


def test_an_empty_table_gives_an_empty_answer() -> None:
    assert parse("age > 1").evaluate(FRAME.iloc[:0]).empty


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("agee > 1", "Unknown variable 'agee'. Did you mean 'age'"),
        ("group == 'M'", "'M' is not a level: 'group' is binary with levels 'HC', 'MS'. Did you mean 'MS'?"),
        ("group in ['MS', 'ms2']", "'ms2' is not a level"),
        ("group < 'MS'", "'group' is binary and has no order"),
        ("who < 'MS02'", "'who' is id and has no order"),
        (
            "group == 1",
            "text with a number: 'group' is binary, 1 is a number. A level is written in quotes.",
        ),
        ("age == '30'", "Cannot compare a number with text: 'age' is continuous, '30' is text."),
        ("age + group > 1", "Calculations are for numbers, but 'group' is binary."),
        ("sum(age, group)", "sum() is for numbers, but 'group' is binary."),
        ("-group", "'-' is for numbers, but 'group' is binary."),
        ("age and edss > 1", "'and' and 'or' join conditions, but 'age' is continuous."),
        ("not age", "'not' turns a condition round, but 'age' is continuous."),
        ("(age > 1) + 1", "Calculations are for numbers, but a comparison gives true or false."),
        ("(age > 1) < (edss > 1)", "Conditions have no order"),
        ("group", "It gives text ('group' is binary), neither a condition nor a number."),
        ("seen", "It gives a date"),
        ("seen > '31.1.2024'", "compare it with a date such as '2024-01-31', not '31.1.2024'."),
        ("stage < other", "Cannot order different levels: 'stage' is ordinal, 'other' is ordinal."),
        ("stage > 'hi'", "'hi' is not a level"),
        ("nothing > 1 and nobody < 2", "Unknown variable 'nobody'."),
    ],
)
def test_problems_say_what_does_not_fit(text: str, says: str) -> None:
    found = parse(text).problems(VARIABLES)
    assert any(says in problem for problem in found), found


def test_an_unknown_name_causes_one_problem_only() -> None:
    assert len(parse("ge + 1 > 2 and ge == 'x'").problems(VARIABLES)) == 1


def test_a_frame_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ExpressionError, match=r"does not fit this table.\n  1. Unknown variable 'agge'"):
        parse("agge > 1").evaluate(FRAME)
    with pytest.raises(ExpressionError, match="Calculations are for numbers"):
        parse("group + 1").evaluate(FRAME)


def test_a_column_of_truth_values_is_a_condition() -> None:
    frame = pd.DataFrame({"x": pd.array([True, None], dtype="boolean")})
    assert parse("not x or missing(x)").problems({}) != []
    assert parse("not x or missing(x)").evaluate(frame).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "An expression is text such as"),
        ("   ", "An expression is text such as"),
        ("a = 1", "Equality is written '=='."),
        ("!a", "'!' is written 'not'."),
        ("a >", "cannot be read"),
        ("a b", "cannot be read"),
        ("(a", "cannot be read"),
        ("a & b", "write 'and'"),
        ("a | b", "write 'or'"),
        ("a ^ 2", r"'\*\*'"),
        ("~a", "write 'not'"),
        ("a is 1", "cannot be read|write '=='"),
        ("a is b", "write '=='"),
        ("a is not b", "write '!='"),
        ("a // 2", "write round"),
        ("a.b", "A dot after a name"),
        ("a[0]", "Square brackets stand only after 'in'"),
        ("1 if a else 2", "'if ... else'"),
        ("lambda: 1", "'lambda'"),
        ("(a := 1)", "NamedExpr is not part"),
        ("[x for x in a]", "ListComp is not part"),
        ("f'{a}' == 'b'", "JoinedStr is not part"),
        ("{1: 2}", "Dict is not part"),
        ("a @ b", "MatMult is not part"),
        ("True", "True is not part of the language"),
        ("a == None", r"missing\(x\)"),
        ("1j > a", "neither a number nor text"),
        ("b'x' == a", "neither a number nor text"),
        ("... == a", "neither a number nor text"),
        ("a > 1e999", "A number is too large."),
        ("a in []", "'in' needs a list"),
        ("a in b", "'in' needs a list"),
        ("a in [b]", "numbers or text only"),
        ("1 < a in [2]", "'in' cannot be part of a chain"),
        ("[1] == a", "A list stands only after 'in'"),
        ("open('x')", r"Unknown function 'open'"),
        ("men(a, b)", "Did you mean 'mean'"),
        ("a()()", "Call|Unknown function"),
        ("mean(a)", r"mean\(\) takes two or more values"),
        ("missing(a, b)", r"missing\(\) takes one value; it has 2"),
        ("round(a, b)", "whole number from 0 to 15"),
        ("round(a, 1, 2)", "number of decimals"),
        ("sum(*a, b)", "separated by commas"),
        ("log(x=a)", "separated by commas"),
        ("a > '\\d'", "cannot be read"),
        ("a\n> 1", "cannot be read"),
        ("a > '\x00'", "cannot be read"),
        ("a > '\ud800'", "cannot be read"),
        ("1" * 4000 + " > a", "4000 fit"),
        ("+".join(["a"] * 150), "nested 151 deep"),
        ("not " * 900 + "a", "nested"),
        ("(" * 900 + "a" + ")" * 900, "cannot be read"),
        ("-" * 3900 + "a", "nested"),
        ("a**" * 1200 + "a", "nested"),
    ],
)
def test_what_is_not_in_the_language_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=says):
        parse(text)


def test_everything_wrong_comes_at_once() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("(a & b) | open('x').y")
    assert len(caught.value.problems) == 4


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        parse(text).problems(VARIABLES)


words = st.sampled_from(
    ["a", "b", "(", ")", "+", "-", "**", "not", "and", "<", "==", "in", "[", "]", "1", "'x'", ","]
)


@given(st.lists(words, max_size=40))
def test_any_words_are_parsed_and_evaluated_or_refused(found: list[str]) -> None:
    with contextlib.suppress(ExpressionError):
        parse(" ".join(found)).evaluate(pd.DataFrame({"a": [1.0], "b": [2.0]}))


NUMBERS = st.integers(-4, 4).map(lambda n: n / 2)
ATOMS = st.sampled_from(["a", "b", "c", "2", "0.5", "3"])
CALCULATIONS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%"]), inner).map(
            lambda p: f"({p[0]} {p[1]} {p[2]})"
        )
        | st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})")
        | inner.map(lambda x: f"-{x}")
        | inner.map(lambda x: f"abs({x})")
    ),
    max_leaves=8,
)
COMPARISONS = st.tuples(CALCULATIONS, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), CALCULATIONS).map(
    " ".join
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | inner.map(lambda x: f"(not {x})")
        | st.tuples(ATOMS, ATOMS, ATOMS).map(lambda p: f"({p[0]} < {p[1]} <= {p[2]})")
    ),
    max_leaves=5,
)


@given(CALCULATIONS, NUMBERS, NUMBERS, NUMBERS)
@settings(max_examples=300)
def test_a_calculation_means_what_python_means(text: str, a: float, b: float, c: float) -> None:
    found = parse(text).evaluate(pd.DataFrame({"a": [a], "b": [b], "c": [c]})).iloc[0]
    try:
        expected = eval(text, {"min": min, "max": max, "abs": abs}, {"a": a, "b": b, "c": c})  # noqa: S307
    except ZeroDivisionError:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(CONDITIONS, NUMBERS, NUMBERS, NUMBERS)
@settings(max_examples=300)
def test_a_condition_means_what_python_means(text: str, a: float, b: float, c: float) -> None:
    found = parse(text).evaluate(pd.DataFrame({"a": [a], "b": [b], "c": [c]})).iloc[0]
    try:
        expected = eval(text, {"min": min, "max": max, "abs": abs}, {"a": a, "b": b, "c": c})  # noqa: S307
    except ZeroDivisionError:
        return
    if found is pd.NA:  # Python never computed the part it did not need
        assert "/" in text or "%" in text
    else:
        assert bool(found) is expected


@given(st.lists(st.sampled_from([True, False, None]), min_size=2, max_size=2))
def test_logic_is_kleenes(values: list[bool | None]) -> None:
    frame = pd.DataFrame(
        {name: [math.nan if v is None else float(v)] for name, v in zip("ab", values, strict=True)}
    )
    both = parse("a == 1 and b == 1").evaluate(frame).iloc[0]
    either = parse("a == 1 or b == 1").evaluate(frame).iloc[0]
    assert (None if both is pd.NA else bool(both)) == (
        False if False in values else None if None in values else True
    )
    assert (None if either is pd.NA else bool(either)) == (
        True if True in values else None if None in values else False
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("group == 'MS'", "Group: Multiple sclerosis"),
        ("'MS' != group", "Group: not Multiple sclerosis"),
        ("18 <= age <= 65", "18 ≤ Age ≤ 65 years"),
        ("age > 18 and not (edss > 3 or missing(edss))", "Age > 18 years and not (EDSS > 3 or EDSS missing)"),
        ("(age > 18 or edss > 3) and edss < 6", "(Age > 18 years or EDSS > 3) and EDSS < 6"),
        ("abs(age - 2.50) == -other", "abs(Age − 2.5) = −other"),
    ],
)
def test_conditions_are_said_in_words(text: str, said: str) -> None:
    variables = {
        "age": Variable(name="age", kind=Kind.CONTINUOUS, label="Age", unit="years"),
        "edss": Variable(name="edss", kind=Kind.ORDINAL, label="EDSS"),
        "group": Variable(
            name="group",
            kind=Kind.BINARY,
            label="Group",
            levels={"HC": "Healthy control", "MS": "Multiple sclerosis"},
        ),
    }
    assert parse(text).words(variables) == said
