"""The arrays of mixed models: against R's model.matrix and lme4, and everything that is refused."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import mmstats as mm
from mmstats.errors import NotEstimableError, PlanError
from mmstats.estimate import Estimate, Quantity
from mmstats.formula import Design, FormulaError, MixedFormula, ModelData, ModelFormula
from mmstats.formula.contrasts import Contrasts
from mmstats.kind import Kind
from mmstats.methods import METHODS
from mmstats.mixed.structure import MixedData, RandomTerm
from mmstats.mixed_design import mixed_design
from mmstats.registry import method

REFERENCE, *CASES = json.loads(
    (Path(__file__).with_name("reference") / "mixed_design.json").read_text(encoding="utf-8")
)["cases"]
LEVELS = REFERENCE["levels"]
ROWS = pd.DataFrame(
    {
        name: pd.Categorical(values, LEVELS[name]) if name in LEVELS else np.array(values, dtype=np.float64)
        for name, values in REFERENCE["data"].items()
    }
)


def normalised(
    group: str, levels: list[str], codes: np.ndarray
) -> tuple[frozenset[str], list[frozenset[str]]]:
    """Return a grouping without the order of its variables, which lme4 turns round where they are nested."""
    names = group.replace("(", "").replace(")", "").split(":")
    return frozenset(names), [frozenset(levels[code].split(":")) for code in codes]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['formula']} {case['contrasts']}")
def test_agrees_with_r(case: dict[str, Any]) -> None:
    mixed, design = mixed_design(ModelData.of(case["formula"], ROWS), contrasts=case["contrasts"])
    assert len(mixed.names) == len(case["names"])
    np.testing.assert_allclose(mixed.fixed, np.column_stack(list(case["fixed"].values())), atol=1e-13)
    np.testing.assert_array_equal(mixed.response, REFERENCE["data"]["y"])
    np.testing.assert_array_equal(design.matrix(ROWS), mixed.fixed)
    left = list(case["random"])
    for term in mixed.random:
        ours = normalised(term.group, list(term.levels), term.codes)
        match = [
            one
            for one in left
            if normalised(one["group"], one["levels"], np.array(one["codes"]) - 1) == ours
            and np.shape(one["columns"]) == term.matrix.T.shape
            and np.allclose(np.transpose(one["columns"]), term.matrix, rtol=0, atol=1e-13)
        ]
        assert match, term.group
        left.remove(match[0])
    assert not left


def test_every_kind_of_contrasts_and_of_random_part_is_compared() -> None:
    assert {case["contrasts"] for case in CASES} == {"treatment", "sum", "helmert", "polynomial"}
    text = " ".join(case["formula"] for case in CASES)
    assert all(part in text for part in ("||", "/", "(0 + hand |", "(day |", "| rater:site)", "log(day) |"))


def test_names_of_columns_and_groups() -> None:
    mixed, design = mixed_design(ModelData.of("y ~ group * day + (hand | site/person) + (1 | rater)", ROWS))
    assert mixed.names == design.names
    assert [(term.group, term.names) for term in mixed.random] == [
        ("site", ("intercept", "hand[right]")),
        ("site:person", ("intercept", "hand[right]")),
        ("rater", ("intercept",)),
    ]
    assert mixed.random[0].levels == ("north", "south")
    assert mixed.random[1].levels == (
        *(f"north:{n}" for n in range(1, 7)),
        *(f"south:{n}" for n in range(7, 13)),
    )
    assert mixed.random[1].codes.dtype == np.int64
    assert design.formula.random == ()
    other = pd.DataFrame({"group": ["PS"], "day": [2.0]})
    np.testing.assert_array_equal(design.matrix(other), [[1, 0, 1, 2, 0, 2]])


@pytest.mark.parametrize(
    ("contrasts", "names"),
    [
        ("treatment", ("visit[v3]", "visit[v6]", "visit[v12]")),
        ("sum", ("visit[sum.v0]", "visit[sum.v3]", "visit[sum.v6]")),
        ("helmert", ("visit[helmert.v3]", "visit[helmert.v6]", "visit[helmert.v12]")),
        ("polynomial", ("visit[linear]", "visit[quadratic]", "visit[cubic]")),
    ],
)
def test_contrasts_are_named(contrasts: Contrasts, names: tuple[str, ...]) -> None:
    design = Design.of(ModelData.of("y ~ visit + visit:day", ROWS), contrasts=contrasts)
    assert design.names[1:4] == names
    assert design.names[4:] == tuple(f"visit[{level}]:day" for level in LEVELS["visit"])
    with pytest.raises(PlanError, match="Did you mean 'sum'"):
        Design.of(ModelData.of("y ~ visit", ROWS), contrasts="summ")  # type: ignore[arg-type]


def test_what_the_coefficients_of_contrasts_mean() -> None:
    def coefficients(contrasts: Contrasts) -> np.ndarray:
        design = Design.of(ModelData.of("y ~ visit", ROWS), contrasts=contrasts)
        return np.linalg.lstsq(design.matrix(ROWS), design.response(ROWS), rcond=None)[0]

    means = ROWS.groupby("visit", observed=True)["y"].mean().to_numpy()
    before = [means[place] - means[:place].mean() for place in (1, 2, 3)]
    np.testing.assert_allclose(coefficients("treatment"), [means[0], *(means[1:] - means[0])])
    np.testing.assert_allclose(coefficients("sum"), [means.mean(), *(means[:-1] - means.mean())])
    np.testing.assert_allclose(coefficients("helmert"), [means.mean(), *(before / np.array([2, 3, 4]))])
    np.testing.assert_allclose(coefficients("polynomial")[1], means @ [-3, -1, 1, 3] / np.sqrt(20))


@pytest.mark.parametrize("count", [2, 3, 5, 12, 40])
def test_polynomials_are_orthonormal_and_of_rising_degree(count: int) -> None:
    levels = [f"v{n:02}" for n in range(count)]
    frame = pd.DataFrame({"y": np.arange(count, dtype=float), "visit": pd.Categorical(levels, levels)})
    matrix = Design.of(ModelData.of("y ~ visit", frame), contrasts="polynomial").matrix(frame)
    matrix[:, 0] /= np.sqrt(count)
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(count), atol=1e-13)
    assert (matrix[-1] > 0).all()


def test_two_bars_give_a_term_for_each_column() -> None:
    one, _ = mixed_design(ModelData.of("y ~ day + (visit * day | person)", ROWS))
    apart, _ = mixed_design(ModelData.of("y ~ day + (visit * day || person)", ROWS))
    assert [term.names for term in apart.random] == [(name,) for name in one.random[0].names]
    np.testing.assert_array_equal(np.hstack([term.matrix for term in apart.random]), one.random[0].matrix)
    assert all(term.levels == one.random[0].levels for term in apart.random)


def test_the_kind_of_a_group_does_not_matter() -> None:
    ids = ROWS["person"].astype(int)
    kinds: list[pd.Series] = [
        ids,
        ids.astype(float),
        ids.astype("Int64"),
        ids.map("{:02}".format),
        ids.map("{:02}".format).astype(object),
        pd.Series(pd.Categorical(ids.map("{:02}".format), [f"{n:02}" for n in range(1, 30)])),
        pd.to_datetime("2024-01-01") + pd.to_timedelta(ids, unit="D"),
    ]
    for given in kinds:
        mixed, _ = mixed_design(ModelData.of("y ~ day + (1 | person)", ROWS.assign(person=given)))
        np.testing.assert_array_equal(mixed.random[0].codes, ids - 1)
    assert mixed_design(ModelData.of("y ~ day + (1 | person)", ROWS))[0].random[0].levels[:2] == ("1", "2")


def test_large_and_fractional_numbers_name_different_groups() -> None:
    ids = np.where(ROWS["person"] > 6, 123_456_789.0, np.where(ROWS["person"] > 3, 123_456_788.0, 0.25))
    term = mixed_design(ModelData.of("y ~ day + (1 | person)", ROWS.assign(person=ids)))[0].random[0]
    assert term.levels == ("0.25", "123456788", "123456789")


def test_a_variable_is_a_number_and_a_group() -> None:
    data = ModelData.of("y ~ person + (1 + day | person)", ROWS)
    mixed, _ = mixed_design(data)
    np.testing.assert_array_equal(mixed.fixed[:, 1], ROWS["person"])
    np.testing.assert_array_equal(mixed.random[0].codes, ROWS["person"] - 1)
    assert "person" in data.frame
    assert list(data.groups) == ["person"]


def test_rows_are_taken_with_their_groups() -> None:
    rows = np.flatnonzero(ROWS["person"] > 3)[::-1]
    mixed, _ = mixed_design(ModelData.of("y ~ day + (1 | person)", ROWS).take(rows))
    assert mixed.random[0].levels == tuple(map(str, range(4, 13)))
    np.testing.assert_array_equal(mixed.random[0].codes, ROWS["person"].iloc[rows] - 4)
    np.testing.assert_array_equal(mixed.response, ROWS["y"].iloc[rows])


def test_weights_and_offset_go_with_their_rows() -> None:
    data = ModelData.of("y ~ day + (1 | person)", ROWS)
    mixed, _ = mixed_design(data, weights=ROWS["day"], offset=list(ROWS["y"]))
    np.testing.assert_array_equal(mixed.weights, ROWS["day"])
    np.testing.assert_array_equal(mixed.offset, ROWS["y"])
    assert mixed_design(data)[0].weights is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("y ~ day + (1 | one)", "'one' has one level, and a variance between groups needs two at least."),
        ("y ~ day + (1 | gap)", "The group 'gap' is missing in 2 rows."),
        ("y ~ day + (1 | nowhere)", "'nowhere' has no level"),
        ("y ~ day", "no random part, such as (1 | participant_id)"),
        ("y ~ 0 + (1 | person)", "neither an intercept nor a term"),
        ("y ~ day + (1 + same | person)", "Random part (1 + same | person): The coefficients are not"),
        ("y ~ day + (1 + same | person)", "same is the same in every row"),
        ("y ~ day + (1 + day + twice || person)", "twice follows from others, twice from day."),
        ("y ~ day + (1 + hand:visit | person)", "hand[right]:visit[v12] follows from others"),
        ("y ~ day + twice + (1 | person)", "The coefficients are not determined by the data: twice follows"),
        ("y ~ group * cell + (1 | person)", "group[PS]:cell[b]"),
        (
            "y ~ single * hand + (1 | person)",
            "1. single compares nothing, since 'single' has one level only.",
        ),
        ("y ~ single * hand + (1 | person)", "2. single:hand compares nothing, since 'single' has"),
        ("y ~ hand + (1 + single | person)", "single compares nothing, since 'single' has one level only."),
        ("y ~ group + unused + (1 | person)", "unused[never] is the same in every row"),
        ("y ~ log(below) + (1 | person)", "log(below) needs positive numbers"),
        ("y ~ day + (1 + log(below) | person)", "log(below) needs positive numbers"),
        ("y ~ day + (1 + absent | person)", "'absent' has values that are missing"),
        ("y ~ day + (0 + lost | person)", "'lost' has values that are missing"),
        ("y ~ square(huge) + (1 | person)", "powers a computer cannot hold"),
        ("group ~ day + (1 | person)", "The response 'group' is categorical"),
    ],
)
def test_refuses(text: str, says: str) -> None:
    person = ROWS["person"].to_numpy()
    frame = ROWS.assign(
        one=3.0,
        gap=np.where(np.arange(len(ROWS)) < 2, np.array(None), person),
        nowhere=np.nan,
        same=2.0,
        twice=1 - 2 * ROWS["day"],
        cell=pd.Categorical(np.where((ROWS["group"] == "MS") & (person > 3), "b", "a")),
        unused=pd.Categorical(ROWS["hand"], ["left", "right", "never"]),
        single=pd.Categorical(["both"] * len(ROWS)),
        below=ROWS["day"] - 5,
        absent=ROWS["day"].where(person > 1),
        lost=ROWS["hand"].where(person > 1),
        huge=ROWS["day"] * 1e200,
    )
    with pytest.raises(NotEstimableError) as caught:
        mixed_design(ModelData.of(text, frame))
    assert says in str(caught.value)


def test_all_problems_come_at_once() -> None:
    data = ModelData.of("y ~ log(below) + (1 | one) + (1 | person)", ROWS.assign(below=-1.0, one="a"))
    with pytest.raises(NotEstimableError) as caught:
        mixed_design(data, weights=np.zeros(len(ROWS)), offset=[1.0, np.inf])
    assert [problem[:12] for problem in caught.value.problems] == [
        "Weights are ",
        "The offset a",
        "Some values ",
        "'one' has on",
        "The formula ",
    ]


def test_few_rows_are_refused() -> None:
    with pytest.raises(NotEstimableError, match="4 coefficients need more than 4 rows; there are 4"):
        mixed_design(ModelData.of("y ~ visit + (1 | person)", ROWS.iloc[:4].assign(person=[1, 2, 1, 2])))
    with pytest.raises(NotEstimableError, match="no level"):
        mixed_design(ModelData.of("y ~ visit + (1 | person)", ROWS.iloc[:0]))


def test_other_rows_with_a_level_that_is_not_known_are_refused() -> None:
    design = Design.of(ModelData.of("y ~ hand", ROWS))
    with pytest.raises(NotEstimableError, match="'hand' has both in some row; its levels are left, right"):
        design.matrix(pd.DataFrame({"hand": ["left", "both"]}))


def test_the_order_of_rows_changes_nothing() -> None:
    order = np.random.default_rng(3).permutation(len(ROWS))
    data = ModelData.of("y ~ visit * day + (day | site:person)", ROWS)
    (one, _), (other, _) = mixed_design(data), mixed_design(data.take(order))
    np.testing.assert_array_equal(one.fixed[order], other.fixed)
    np.testing.assert_array_equal(one.random[0].codes[order], other.random[0].codes)
    np.testing.assert_array_equal(one.random[0].matrix[order], other.random[0].matrix)
    assert one.random[0].levels == other.random[0].levels


def test_four_thousand_rows_take_milliseconds() -> None:
    rng, n = np.random.default_rng(1), 4000
    person = np.repeat(np.arange(200), 20)
    frame = pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "x": rng.normal(size=n),
            "group": pd.Categorical.from_codes(person % 2, pd.Index(["HC", "MS"])),
            "person": [f"P{number:03}" for number in person],
        }
    )
    times = []
    for _ in range(5):
        start = time.perf_counter()
        mixed_design(ModelData.of("y ~ group * x + (1 + x | person)", frame))
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05  # about 5 ms; a busy machine may take longer


SEEN: list[MixedData] = []
QUANTITY = Quantity("columns", "Columns")


@pytest.fixture
def lmm() -> Iterator[None]:
    """A method of that name while a test lasts, which keeps the arrays that it is given."""
    before = dict(METHODS)
    METHODS.pop("lmm", None)

    @method(title="Mixed model", references=())
    def lmm(formula: MixedFormula) -> Iterator[Estimate]:
        mixed, _ = mixed_design(formula)
        SEEN.append(mixed)
        yield Estimate(quantity=QUANTITY, estimate=mixed.fixed.shape[1], n=len(mixed.response))

    yield
    METHODS.clear()
    METHODS.update(before)
    SEEN.clear()


@pytest.mark.usefixtures("lmm")
class TestMethods:
    def test_the_role_says_that_it_takes_random_parts(self) -> None:
        role = METHODS["lmm"].roles["formula"]
        assert (role.formula, role.random, role.kind) == (True, True, Kind.ANY)
        assert not METHODS["linear_model"].roles["formula"].random

    @pytest.mark.parametrize("ids", [int, "P{:02.0f}".format, float], ids=["whole", "text", "number"])
    def test_a_notebook_takes_ids_of_any_kind(self, ids: Callable[[Any], Any]) -> None:
        frame = ROWS.assign(id=ROWS["person"].map(ids))
        answer = mm.analyze(frame, "lmm", formula="y ~ day + (1 + day | id) + (1 | rater)")
        assert answer.result.status == "ok", answer.result.reason
        assert answer.estimate().estimate == 2
        assert [term_codes(term) for term in SEEN[-1].random] == [
            [int(person) - 1 for person in ROWS["person"]],
            ROWS["rater"].cat.codes.tolist(),
        ]
        assert answer.notes == (
            "y is taken as continuous.",
            "day is taken as continuous.",
            "rater names groups of rows.",
            "id names groups of rows.",
        )
        # no identifiers: whose rows they are is told by numbers that follow from the values alone
        assert set(answer.results.points) == {"y", "day", "id #", "rater #"}
        assert not answer.results.variables["id"].levels

    def test_a_number_is_a_slope_and_a_group(self) -> None:
        answer = mm.analyze(ROWS, "lmm", formula="y ~ person + (1 | person)", where="person > 2")
        assert answer.result.status == "ok", answer.result.reason
        assert SEEN[-1].random[0].levels == tuple(map(str, range(3, 13)))
        assert SEEN[-1].fixed[:, 1].min() == 3

    def test_a_condition_may_use_the_groups(self) -> None:
        mm.analyze(ROWS, "lmm", formula="y ~ day + (1 | person)", where="person > 2")
        assert SEEN[-1].random[0].levels == tuple(map(str, range(3, 13)))
        frame = ROWS.assign(id=ROWS["person"].map("P{:02.0f}".format))
        mm.analyze(frame, "lmm", formula="y ~ day + (1 | id)", where="id != 'P01'")
        assert SEEN[-1].random[0].levels == tuple(map(str, range(1, 12)))  # numbered, in place of names

    def test_rows_without_a_group_are_left_out_and_counted(self) -> None:
        frame = ROWS.assign(id=ROWS["person"].where(ROWS["person"] > 1))
        answer = mm.analyze(frame, "lmm", formula="y ~ day + (1 | id)")
        assert answer.result.excluded == {"id is missing": int((ROWS["person"] == 1).sum())}
        assert SEEN[-1].random[0].levels == tuple(map(str, range(1, 12)))

    def test_levels_nobody_has_are_left_out(self) -> None:
        answer = mm.analyze(ROWS, "lmm", formula="y ~ visit + (1 | rater)", where="rater != 'y'")
        assert SEEN[-1].random[0].levels == ("1", "3")
        assert answer.result.status == "ok"

    def test_a_schema_says_what_the_columns_are(self) -> None:
        columns = {
            "id": {"kind": "id", "label": "Id"},
            "y": {"kind": "continuous", "label": "Y"},
            "score": {"kind": "ordinal", "label": "Score", "allowed": [1, 2, 3, 4]},
            "rater": {"kind": "nominal", "label": "Rater", "levels": {"z": "Z", "y": "Y", "x": "X"}},
        }
        schema = mm.Schema.from_dict({"table": "t", "key": ["id"], "columns": columns})
        frame = ROWS.assign(
            id=ROWS["person"].map("P{:02.0f}".format), score=ROWS["visit"].cat.codes.astype(float) + 1
        )
        text = "y ~ score + (1 | id) + (1 | rater) + (1 | score)"
        answer = mm.analyze(frame, "lmm", schema=schema, formula=text)
        assert answer.result.status == "ok", answer.result.reason
        assert [term.levels for term in SEEN[-1].random[1:]] == [("z", "y", "x"), ("1", "2", "3", "4")]
        assert SEEN[-1].random[0].levels[0] == "1"
        np.testing.assert_array_equal(SEEN[-1].fixed[:, 1], frame["score"])
        with pytest.raises(PlanError, match="binary or nominal or ordinal formula, but 'id' is id"):
            mm.analyze(frame, "lmm", schema=schema, formula="y ~ id + (1 | id)")

    @pytest.mark.parametrize(
        ("method_name", "formula", "says"),
        [
            ("lmm", "y ~ day", "has no random part, such as (1 | participant_id)"),
            ("lmm", 3, "needs a model formula, such as 'y ~ group + (1 | participant_id)'"),
            ("lmm", "y ~ day + (1 | perso)", "Unknown variable 'perso'. Did you mean 'person'"),
            ("linear_model", "y ~ day + (1 | person)", "supposes that rows are independent"),
            ("logistic", "y ~ day + (1 | person)", "(1 | person). It needs a mixed model"),
            ("proportional_odds", "y ~ day + (1 | person)", "takes the fixed part alone"),
        ],
    )
    def test_what_does_not_fit_is_said(self, method_name: str, formula: object, says: str) -> None:
        with pytest.raises(PlanError) as caught:
            mm.analyze(ROWS, method_name, formula=formula)
        assert says in str(caught.value)


def term_codes(term: RandomTerm) -> list[int]:
    codes: list[int] = term.codes.tolist()
    return codes


@pytest.mark.parametrize(
    "name", [n for n, m in METHODS.items() for r in m.roles.values() if r.formula and not r.random]
)
def test_methods_without_random_parts_never_ignore_them(name: str) -> None:
    event = ROWS.assign(y=pd.Categorical(np.where(ROWS["y"] > 5, "yes", "no")))
    data = ModelData.of("y ~ day + (1 | person)", event if name == "logistic" else ROWS)
    known = {"participant": ROWS["person"], "std_error": pd.Series(1.0, ROWS.index)}
    needed = [role for role, r in METHODS[name].roles.items() if not (r.formula or r.optional)]
    others = {role: known[role] for role in needed}
    with pytest.raises(FormulaError, match="supposes that rows are independent"):
        list(METHODS[name].function(data, **others))


def test_the_two_roles_differ_in_random_parts_alone() -> None:
    (_, plain), (_, mixed) = get_args(ModelFormula), get_args(MixedFormula)
    assert (plain.random, mixed.random) == (False, True)
    assert plain.kind is mixed.kind
