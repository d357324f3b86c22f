"""Formulas: what they stand for, the columns they make, and everything they refuse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import NotEstimableError, PlanError
from mmstats.formula import TRANSFORMATIONS, Design, Formula, FormulaError, ModelData

FRAME = pd.DataFrame(
    {
        "y": [1.0, 2.0, 4.0, 3.0, 5.0, 9.0],
        "age": [20.0, 31.0, 45.0, 52.0, 38.0, 60.0],
        "group": pd.Categorical(["HC", "MS", "PS", "HC", "MS", "PS"], categories=["HC", "MS", "PS"]),
        "hand": pd.Categorical(["L", "L", "R", "R", "R", "L"], categories=["L", "R"]),
    }
)


def terms(text: str) -> list[str]:
    return [":".join(map(str, term)) for term in Formula.parse(text).terms]


@pytest.mark.parametrize(
    ("text", "expected", "intercept"),
    [
        ("y ~ a * b", ["a", "b", "a:b"], True),
        ("y ~ a + b - a", ["b"], True),
        ("y ~ 0 + a", ["a"], False),
        ("y ~ a - 1", ["a"], False),
        ("y ~ 1", [], True),
        ("log(y) ~ (a + b) * log(c)", ["a", "b", "log(c)", "a:log(c)", "b:log(c)"], True),
    ],
)
def test_terms(text: str, expected: list[str], intercept: bool) -> None:
    assert terms(text) == expected
    assert Formula.parse(text).intercept is intercept


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("y ~ __import__('os')", "__import__"),
        ('y ~ __import__("os").system("true")', "__import__"),
        ("y ~ os.system", "'.system'"),
        ("y ~ exp(a)", "Unknown transformation 'exp'"),
        ("y ~ lgo(a)", "Did you mean 'log'"),
        ("y ~ log(log(a))", "log(log(a))"),
        ("y ~ log(a + b)", "log(a + b)"),
        ("y ~ log(a)(b)", "log(a)(b)"),
        ("y ~ `a b`", "`a b`"),
        ("y ~ {a}", "{a}"),
        ("y ~ 'a'", "'a'"),
        ("y ~ a[0]", "[0]"),
        ("y ~ a ** 2", "'2' at character 10"),
        ("y ~ 2 * a", "2 * a"),
        ("y ~ a %in% b", "%in%"),
        ("y ~ .", "'.'"),
        ("y ~ a\x00", "\\x00"),
        ("y ~ a + (1 | id)", "mixed model"),
        ("y", "no response"),
        ("~ a", "no response"),
        ("", "no response"),
        ("y ~ a ~ b", "cannot be read"),
        ("y ~ a b", "Missing operator"),
        ("y ~ (a", "cannot be read"),
        ("y ~ a +", "cannot be read"),
        ("y + z ~ a", "one response"),
        ("y ~ y", "cannot explain itself"),
        ("y ~ " + "a" * 600, "at most 500 characters"),
        ("y ~ " + "(" * 40 + "a" + ")" * 40, "at most 60 signs"),
        ("y ~ " + "*".join("abcdefghijklmnop"), "more than 60 terms"),
        ("y ~ (a+b+c+d):(e+f+g+h):(i+j+k+l)", "more than 60 terms"),
    ],
)
def test_refuses(text: str, says: str) -> None:
    with pytest.raises(FormulaError, match="formula") as caught:
        Formula.parse(text)
    assert says in str(caught.value)
    assert isinstance(caught.value, PlanError)


@given(st.text(max_size=80) | st.text("yab01~+-*:() .`'{}|^logscale_", max_size=60).map("y ~ ".__add__))
def test_any_text_is_a_formula_of_variables_or_an_error(text: str) -> None:
    try:
        formula = Formula.parse(text)
    except FormulaError:
        return
    factors = [formula.response, *(factor for term in formula.terms for factor in term)]
    assert all(factor.variable.isidentifier() for factor in factors)
    assert all(factor.transformation in ("", *TRANSFORMATIONS) for factor in factors)


def test_columns_are_treatment_contrasts() -> None:
    data = ModelData.of("y ~ group * age", FRAME)
    design = Design.of(data)
    assert design.names == ("intercept", "group[MS]", "group[PS]", "age", "group[MS]:age", "group[PS]:age")
    assert design.term_of == (-1, 0, 0, 1, 2, 2)
    matrix = design.matrix(data.frame)
    np.testing.assert_array_equal(matrix[:, 1], [0, 1, 0, 0, 1, 0])
    np.testing.assert_array_equal(matrix[:, 5], matrix[:, 2] * FRAME["age"])


def test_two_categories_interact_level_by_level() -> None:
    names = Design.of(ModelData.of("y ~ group * hand", FRAME)).names
    assert names[-2:] == ("group[MS]:hand[R]", "group[PS]:hand[R]")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("y ~ 0 + group", ("group[HC]", "group[MS]", "group[PS]")),
        ("y ~ 0 + group + hand", ("group[HC]", "group[MS]", "group[PS]", "hand[R]")),
        ("y ~ group:age + age", ("intercept", "age", "group[MS]:age", "group[PS]:age")),
        ("y ~ group:age", ("intercept", "group[HC]:age", "group[MS]:age", "group[PS]:age")),
        (
            "y ~ hand + hand:group",
            ("intercept", "hand[R]", *(f"hand[{h}]:group[{g}]" for g in ("MS", "PS") for h in "LR")),
        ),
    ],
)
def test_every_level_is_coded_where_its_margin_is_absent(text: str, names: tuple[str, ...]) -> None:
    assert Design.of(ModelData.of(text, FRAME)).names == names


def test_transformations() -> None:
    data = ModelData.of("log(y) ~ centre(age) + scale(age) + sqrt(age) + square(age)", FRAME)
    design = Design.of(data)
    matrix, age = design.matrix(data.frame), FRAME["age"].to_numpy()
    np.testing.assert_allclose(design.response(data.frame), np.log(FRAME["y"]))
    np.testing.assert_allclose(matrix[:, 1], age - age.mean())
    np.testing.assert_allclose(matrix[:, 2], (age - age.mean()) / age.std(ddof=1))
    np.testing.assert_allclose(matrix[:, 3:], np.column_stack([np.sqrt(age), age**2]))
    # Other rows are centred by the mean learnt from the data, not by their own.
    np.testing.assert_allclose(design.matrix(FRAME.iloc[:1])[0, 1], age[0] - age.mean())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("y ~ log(group)", "categorical"),
        ("group ~ age", "response 'group' is categorical"),
        ("y ~ log(zero)", "positive"),
        ("y ~ sqrt(below)", "at least 0"),
        ("y ~ scale(same)", "standard deviation"),
        ("y ~ gap", "missing"),
    ],
)
def test_a_formula_that_does_not_fit_the_data(text: str, says: str) -> None:
    frame = FRAME.assign(zero=0.0, below=-1.0, same=3.0, gap=np.nan)
    with pytest.raises(NotEstimableError, match=says):
        Design.of(ModelData.of(text, frame))


def test_all_absent_variables_are_named_at_once() -> None:
    with pytest.raises(FormulaError) as caught:
        ModelData.of("fatigue ~ grp + aeg", FRAME)
    assert len(caught.value.problems) == 3
    assert "Did you mean 'group'" in str(caught.value)
    assert "Did you mean 'age'" in str(caught.value)
