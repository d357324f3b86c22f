"""Formulas: what they stand for, the columns they make, and everything they refuse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import NotEstimableError, PlanError
from mmstats.formula import TRANSFORMATIONS, Design, Factor, Formula, FormulaError, ModelData, RandomPart

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


LETTERS = st.text("yab01~+-*:/() .`'{}|^logscale_", max_size=60)
PIECES = st.lists(
    st.sampled_from(["a", "b", "(", ")", "1", "0", " + ", " | ", "||", "/", ":", "*", "-", "~"])
)


@given(st.text(max_size=80) | (LETTERS | PIECES.map("".join)).map("y ~ ".__add__))
def test_any_text_is_a_formula_of_variables_or_an_error(text: str) -> None:
    try:
        formula = Formula.parse(text)
    except FormulaError:
        return
    assert all(name.isidentifier() for name in formula.variables)
    assert all(factor.transformation in ("", *TRANSFORMATIONS) for factor in formula.factors)
    assert all(part.group and (part.terms or part.intercept) for part in formula.random)
    assert len(formula.variables) < 60


@pytest.mark.parametrize(
    ("text", "fixed", "random"),
    [
        ("y ~ a * b + (1 + hand | id) + (1 | rater)", "1 a b a:b", ["(1 + hand | id)", "(1 | rater)"]),
        ("y ~ (1 | id)", "1", ["(1 | id)"]),
        ("y ~ (1 | id) + (1 | rater)", "1", ["(1 | id)", "(1 | rater)"]),
        ("y ~ 0 + (1 | id) + a", "a", ["(1 | id)"]),
        ("y ~ (1|id)+a - 1", "a", ["(1 | id)"]),
        ("y ~ a + (1|id) - 1 + b", "a b", ["(1 | id)"]),
        ("y ~ (a + b) * c + (1 | id)", "1 a b c a:c b:c", ["(1 | id)"]),
        ("y~a+(x|id)", "1 a", ["(1 + x | id)"]),
        ("y ~ a + (0 + x | id)", "1 a", ["(0 + x | id)"]),
        ("y ~ a + (x - 1 | id)", "1 a", ["(0 + x | id)"]),
        ("y ~ a + (-1 + x | id)", "1 a", ["(0 + x | id)"]),
        ("y ~ a + (x || id)", "1 a", ["(1 + x || id)"]),
        ("y ~ a + (a * log(b) | id)", "1 a", ["(1 + a + log(b) + a:log(b) | id)"]),
        ("y ~ a + ((a + b):c | id)", "1 a", ["(1 + a:c + b:c | id)"]),
        ("y ~ a + (1 | site : id)", "1 a", ["(1 | site:id)"]),
        ("y ~ a + (1 | site / id)", "1 a", ["(1 | site)", "(1 | site:id)"]),
        ("y ~ a + (1|p/q/r)", "1 a", ["(1 | p)", "(1 | p:q)", "(1 | p:q:r)"]),
        ("y ~ a + (x || p:q/r)", "1 a", ["(1 + x || p:q)", "(1 + x || p:q:r)"]),
        ("y ~ a + (1 | id) + (0 + x | id)", "1 a", ["(1 | id)", "(0 + x | id)"]),
        ("y ~ week + (1 | week)", "1 week", ["(1 | week)"]),
        ("y ~ a + (0 + hand | id:hand)", "1 a", ["(0 + hand | id:hand)"]),
    ],
)
def test_random_parts(text: str, fixed: str, random: list[str]) -> None:
    formula = Formula.parse(text)
    assert [str(part) for part in formula.random] == random
    assert terms(text) == [term for term in fixed.split() if term != "1"]
    assert formula.intercept is (fixed.split()[0] == "1")
    assert formula.fixed == Formula(text, formula.response, formula.terms, formula.intercept)


def test_variables_are_those_of_all_parts() -> None:
    formula = Formula.parse("log(y) ~ a * log(b) + (c + a | site/id) + (1 | a)")
    assert formula.columns == ("y", "a", "b", "c")
    assert formula.groups == ("site", "id", "a")
    assert formula.variables == ("y", "a", "b", "c", "site", "id")
    assert formula.random[0] == RandomPart(((Factor("c"),), (Factor("a"),)), True, ("site",))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("y ~ a + 1 | id", "a random part stands in parentheses, as in (1 | participant_id)"),
        ("y ~ a | id", "stands in parentheses"),
        ("y ~ (a + (1 | id))", "stands inside other parentheses"),
        ("y ~ a + ((1 | id))", "stands inside other parentheses"),
        ("y ~ a + (1 | (id | b))", "stands inside other parentheses"),
        ("y ~ a * (1 | id)", "joined to something other than by '+'"),
        ("y ~ a - (1 | id)", "joined to something other than by '+'"),
        ("y ~ a + (1 | id) * b", "joined to something other than by '+'"),
        ("y ~ a + (1 | id) (1 | b)", "joined to something other than by '+'"),
        ("y ~ log(1 | id)", "joined to something other than by '+'"),
        ("y + (1 | id) ~ a", "to the right of '~'"),
        ("(1 | id)", "to the right of '~'"),
        ("y ~ a + (1 | id | b)", "one bar, '|', or two together"),
        ("y ~ a + (1 ||| id)", "one bar, '|', or two together"),
        ("y ~ a + (1 | | id)", "one bar, '|', or two together"),
        ("y ~ a + (1 | id", "parentheses do not match"),
        ("y ~ a + (1 | id))", "parentheses do not match"),
        ("y ~ a) + (1 | id", "parentheses do not match"),
        ("y ~ a + (1 | id) +", "cannot be read"),
        ("y ~ a + (1 + | id)", "cannot be read"),
        ("y ~ a + (~ x | id)", "'~' inside parentheses"),
        ("y ~ a + ( | id)", "no column before the bar. Write 1 for an intercept"),
        ("y ~ a + (0 | id)", "no column before the bar"),
        ("y ~ a + (1 | )", "after its bar"),
        ("y ~ a + (1 | 1)", "'1' after its bar"),
        ("y ~ a + (1 | log(id))", "'log(id)' after its bar"),
        ("y ~ a + (1 | b + c)", "'b + c' after its bar"),
        ("y ~ a + (1 | b * c)", "nested by '/', as in (1 | site/participant_id)"),
        ("y ~ a + (1 | b/)", "'b/' after its bar"),
        ("y ~ a + (1 | b:b)", "name a variable twice"),
        ("y ~ a + (1 | b/c/b)", "name a variable twice"),
        ("y ~ a / b + (1 | id)", "'/ b' at character 7"),
        ("y ~ a / b", "'/ b' at character 7"),
        ("y ~ a + (1 + a / b | id)", "'/ b' at character 16"),
        ("y ~ a + (1 + exp(a) | id)", "Unknown transformation 'exp'"),
        ("y ~ a + (1 + __import__('os') | id)", "__import__"),
        ("y ~ a + (1 | __import__('os'))", "after its bar"),
        ("y ~ a + (1 | y)", "'y' is the response; (1 | y) cannot use it"),
        ("y ~ a + (1 + log(y) | id)", "'y' is the response"),
        ("y ~ a + (1 | id/y)", "'y' is the response"),
        ("y ~ a + (1 + b | b)", "'b' is the same throughout each group"),
        ("y ~ a + (1 | id) + (1 | id)", "has (1 | id) in more than one random part"),
        ("y ~ a + (1 | id) + (x | id)", "has (1 | id) in more than one random part"),
        ("y ~ a + (x | id) + (0 + x || id)", "has (x | id) in more than one random part"),
        ("y ~ a + (1 | b/c) + (1 | c:b)", "has (1 | b:c) in more than one random part"),
        ("y ~ a + (0 + b:c | id) + (0 + c:b + b | id)", "has (b:c | id) in more than one random part"),
        ("y ~ a + (" + "*".join("bcdefghijklmnop") + " | id)", "more than 60 terms"),
        ("y ~ a + (1 | " + "/".join(f"v{n}" for n in range(70)) + ")", "at most 60 signs"),
    ],
)
def test_random_parts_that_are_refused(text: str, says: str) -> None:
    with pytest.raises(FormulaError, match="formula") as caught:
        Formula.parse(text)
    assert says in str(caught.value)


def test_a_formula_is_read_once() -> None:
    assert Formula.parse("y ~ a + (1 | id)") is Formula.parse("y ~ a + (1 | id)")


def test_rows_that_are_independent_have_no_random_part() -> None:
    with pytest.raises(FormulaError, match=r"such as \(1 \| hand\)\. It needs a mixed model"):
        Design.of(ModelData.of("y ~ age + (1 | hand)", FRAME))


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
