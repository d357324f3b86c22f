"""Marginal means and tests of terms against emmeans, lmerTest and car, and what must not change them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.comparisons import own_comparisons
from mmstats.effects.least_squares import fit as least_squares
from mmstats.errors import NotEstimableError, PlanError
from mmstats.formula import Design, ModelData
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed_design import mixed_design
from mmstats.reference_grid import categorical, interacting, means, reference_grid
from mmstats.term_tests import type_three, type_two

FIRST, *OTHERS = json.loads(
    (Path(__file__).with_name("reference") / "reference_grid.json").read_text(encoding="utf-8")
)["cases"]
LEVELS = FIRST["levels"]
FRAMES = {
    name: pd.DataFrame(
        {
            key: pd.Categorical(values, LEVELS[key]) if key in LEVELS else np.array(values, dtype=np.float64)
            for key, values in columns.items()
        }
    )
    for name, columns in FIRST["data"].items()
}
MODELS = [case for case in OTHERS if "joint" in case]
SQUARES = [case for case in OTHERS if "means" not in case and "p12" not in case]
# lmerTest and emmeans have Satterthwaite's derivatives by differences, of fits that are not polished
DF, VALUE = 2e-4, 2e-6
SEVERAL = (
    1.1e-2  # of several combinations, they depend on which of equal meaning are taken: here by up to 1 %
)
NESTED = "y ~ hand + hand:group + age + (1 | person)"  # where theirs is at the reference level of group


def fitted(text: str, frame: pd.DataFrame, contrasts: Any = "treatment") -> tuple[LinearFit, Design]:
    data, design = mixed_design(ModelData.of(text, frame), contrasts=contrasts)
    return fit(data), design


def named(text: str) -> str:
    return ":".join(sorted(text.split(":")))


def compare(
    found: LinearFit,
    rows: dict[str, np.ndarray],
    expected: dict[str, Any],
    skip: set[str],
    *,
    digits: int = 0,
) -> int:
    made, ours, done = satterthwaite(found), {named(term): rows for term, rows in rows.items()}, 0
    for term, df, df2, f in zip(*(expected[k] for k in ("term", "df", "df2", "f")), strict=True):
        if term in skip or "(" in term:
            continue
        test = made.test(ours[named(term)])
        assert test.df == df, term
        assert test.statistic == pytest.approx(f, rel=VALUE, abs=0.51 / 10**digits if digits else 0), term
        if not digits or df == 1:  # theirs are rounded, and of several combinations about 1 less
            within = 0.51 / 10 ** (digits - 1) if digits else 0
            assert test.df2 == pytest.approx(df2, rel=DF if df == 1 else SEVERAL, abs=within), term
        done += 1
    return done


@pytest.mark.parametrize("case", MODELS, ids=lambda case: case["formula"])
class TestAgainstR:
    def test_means_and_pairs(self, case: dict[str, Any]) -> None:
        frame = FRAMES[case["data"]]
        found, design = fitted(case["formula"], frame)
        made, grid = satterthwaite(found), reference_grid(design, frame)
        for expected in case["means"]:
            if case["formula"] == NESTED and "hand" not in expected["variables"]:
                continue  # theirs are by hand, too
            variables = np.atleast_1d(expected["variables"])
            ours = means(design, grid, *variables)
            table = expected["means"]
            for level, e, se, df in zip(
                zip(*(table[v] for v in variables), strict=True),
                table["emmean"], table["SE"], table["df"], strict=True,
            ):  # fmt: skip
                row = ours.matrix[ours.levels.index(level)]
                assert row @ found.coefficients == pytest.approx(e, rel=VALUE)
                assert np.sqrt(row @ made.covariance @ row) == pytest.approx(se, rel=VALUE)
                assert made.df(row) == pytest.approx(df, rel=DF)
            pairs = expected["pairs"]
            if len(variables) == 1 and case["formula"] != NESTED:  # R takes combinations in another order
                for one, e, se in zip(ours.pairs(), pairs["estimate"], pairs["SE"], strict=True):
                    assert one.weights @ found.coefficients == pytest.approx(e, rel=1e-5)
                    assert np.sqrt(one.weights @ made.covariance @ one.weights) == pytest.approx(
                        se, rel=VALUE
                    )

    def test_type_two_by_columns(self, case: dict[str, Any]) -> None:
        found, design = fitted(case["formula"], FRAMES[case["data"]])
        with_numbers = {  # which lmerTest adjusts for their products with numbers
            ":".join(map(str, term))
            for term in design.formula.terms
            for other in design.formula.terms
            if set(term) < set(other) and not all(map(design.categorical, set(other) - set(term)))
        }
        with_numbers |= {"hand"} if case["formula"] == NESTED else set()
        rows = type_two(design, found.data.fixed)
        assert compare(found, rows, case["two"], with_numbers) >= len(rows) - len(with_numbers)

    def test_type_three(self, case: dict[str, Any]) -> None:
        frame = FRAMES[case["data"]]
        found, design = fitted(case["formula"], frame)
        rows = type_three(design, reference_grid(design, frame))
        # with numbers centred, lmerTest's are at the means too
        other = {"hand"} if case["formula"] == NESTED else set() if design.formula.intercept else {"group"}
        assert compare(found, rows, case["centred"] or case["three"], other) == len(rows) - len(other)

    def test_type_three_as_joint_tests(self, case: dict[str, Any]) -> None:
        frame = FRAMES[case["data"]]
        found, design = fitted(case["formula"], frame)
        rows = type_three(design, reference_grid(design, frame))
        other = set() if design.formula.intercept else {"group"}  # theirs: equal, not zero
        assert compare(found, rows, case["joint"], other, digits=3) == len(rows) - len(other)

    def test_type_three_by_kenward_roger(self, case: dict[str, Any]) -> None:
        frame = FRAMES[case["data"]]
        found, design = fitted(case["formula"], frame)
        if any(len(term) > 1 and not all(map(design.categorical, term)) for term in design.formula.terms):
            return  # theirs is where numbers are 0
        if case["formula"] == NESTED or not design.formula.intercept:
            return
        made, rows = kenward_roger(found), type_three(design, reference_grid(design, frame))
        expected = case["kenward_roger"]
        ours = {named(term): made.test(one) for term, one in rows.items()}
        for term, df2, f in zip(expected["term"], expected["df2"], expected["f"], strict=True):
            assert ours[named(term)].statistic == pytest.approx(f, rel=VALUE)
            assert ours[named(term)].df2 == pytest.approx(df2, rel=VALUE)


@pytest.mark.parametrize("case", SQUARES, ids=lambda case: case["formula"])
def test_type_two_as_car(case: dict[str, Any]) -> None:
    design = Design.of(ModelData.of(case["formula"], FRAMES["rows"]))
    matrix = design.matrix(FRAMES["rows"])
    model = least_squares(
        matrix, FRAMES["rows"]["y"].to_numpy(), design.names, intercept=True, covariance="classical"
    )
    ours = {named(term): model.f_test(rows) for term, rows in type_two(design, matrix).items()}
    for term, df, f in zip(case["term"], case["df"], case["f"], strict=True):
        assert ours[named(term)][:2] == pytest.approx((f, df), rel=1e-9)


TEXT = "y ~ group * hand * age + group * dose + square(dose) + (1 | person)"


@pytest.mark.parametrize("kind", ["two", "three"])
class TestHypotheses:
    def answers(
        self, kind: str, frame: pd.DataFrame, text: str = TEXT, contrasts: Any = "treatment"
    ) -> list[float]:
        found, design = fitted(text, frame, contrasts)
        made = satterthwaite(found)
        if kind == "two":
            rows = type_two(design, found.data.fixed)
        else:
            rows = type_three(design, reference_grid(design, frame))
        found_tests = [made.test(one) for one in rows.values()]
        return [value for test in found_tests for value in (test.df, test.statistic, test.df2)]

    @pytest.mark.parametrize("contrasts", ["sum", "helmert", "polynomial"])
    def test_contrasts_do_not_matter(self, kind: str, contrasts: str) -> None:
        frame = FRAMES["rows"]
        assert self.answers(kind, frame, contrasts=contrasts) == pytest.approx(
            self.answers(kind, frame), rel=1e-6
        )

    def test_rows_and_levels_in_another_order(self, kind: str) -> None:
        frame = FRAMES["rows"]
        order = np.random.default_rng(1).permutation(len(frame))
        turned = frame.iloc[order].assign(group=frame["group"].cat.reorder_categories(["PS", "HC", "MS"]))
        assert self.answers(kind, turned) == pytest.approx(self.answers(kind, frame), rel=1e-6)

    def test_units_and_origins_do_not_matter(self, kind: str) -> None:
        frame = FRAMES["rows"]
        text = "y ~ group * hand * age + group * dose + (1 | person)"
        moved = frame.assign(age=12 * frame["age"] + 500, dose=frame["dose"] / 1000 - 3)
        assert self.answers(kind, moved, text) == pytest.approx(self.answers(kind, frame, text), rel=1e-6)

    def test_centring_in_the_formula_does_not_matter(self, kind: str) -> None:
        text = "y ~ group * hand * scale(age) + group * centre(dose) + (1 | person)"
        plain = "y ~ group * hand * age + group * dose + (1 | person)"
        frame = FRAMES["rows"]
        assert self.answers(kind, frame, text) == pytest.approx(self.answers(kind, frame, plain), rel=1e-6)


def test_which_means_there_are() -> None:
    frame = FRAMES["rows"]
    design = Design.of(ModelData.of("y ~ hand + age + hand:age + group:hand", frame))
    assert categorical(design) == ("hand", "group")
    assert interacting(design) == (("hand", "group"),)
    assert interacting(Design.of(ModelData.of("y ~ hand * age + group", frame))) == ()


def test_comparisons_are_later_minus_earlier() -> None:
    frame = FRAMES["rows"]
    design = Design.of(ModelData.of("y ~ hand * group", frame))
    grid = reference_grid(design, frame)
    both, groups = means(design, grid, "group", "hand"), means(design, grid, "group")
    assert [one.term for one in groups.pairs()] == [
        "group[MS] - group[HC]", "group[PS] - group[HC]", "group[PS] - group[MS]",
    ]  # fmt: skip
    assert len(list(both.pairs())) == 15
    own, more = own_comparisons(
        "patients = 0.5 * group[MS] + 0.5 * group[PS] - group[HC]; more = group[MS]:hand[right] "
        "- group[MS]:hand[left] - group[HC]:hand[right] + group[HC]:hand[left]",
        design,
        frame,
    )
    np.testing.assert_allclose(own.weights, groups.matrix.T @ [-1, 0.5, 0.5])
    np.testing.assert_allclose(more.weights, np.eye(6)[list(design.names).index("hand[right]:group[MS]")])


def test_what_cannot_be_compared_says_so() -> None:
    frame = FRAMES["rows"]
    design = Design.of(ModelData.of("y ~ hand * group + age", frame))
    grid = reference_grid(design, frame)
    with pytest.raises(PlanError, match="Unknown categorical variable 'age'"):
        means(design, grid, "age")
    with pytest.raises(PlanError, match="by categorical"):
        means(design, grid)


def test_combinations_that_nobody_has() -> None:
    frame = FRAMES["holed"]
    design = Design.of(ModelData.of("y ~ group + hand", frame))
    grid = reference_grid(design, frame)
    by_group, both = means(design, grid, "group"), means(design, grid, "group", "hand")
    assert by_group.notes[:2] == ("", "")
    assert by_group.notes[2].startswith("Nobody has 1 of the 2 combinations of levels averaged")
    assert [bool(note) for note in both.notes] == [level == ("PS", "left") for level in both.levels]
    (own,) = own_comparisons("group[PS] - group[HC]", design, frame)
    assert own.note == by_group.notes[2]


def test_the_grid_without_categorical_variables_is_one_cell() -> None:
    frame = FRAMES["rows"]
    design = Design.of(ModelData.of("y ~ log(age) + dose", frame))
    grid = reference_grid(design, frame)
    assert len(grid.cells) == 1
    assert grid.observed.tolist() == [True]
    assert grid.matrix[0] == pytest.approx([1, np.log(frame["age"].mean()), frame["dose"].mean()])


def test_too_many_combinations_are_refused() -> None:
    rng = np.random.default_rng(1)
    names = [f"v{n}" for n in range(10)]
    frame = pd.DataFrame({name: pd.Categorical(rng.choice(list("abcd"), 60), list("abcd")) for name in names})
    design = Design.of(ModelData.of(f"y ~ {' + '.join(names)}", frame.assign(y=rng.standard_normal(60))))
    with pytest.raises(NotEstimableError, match="have 1,048,576 combinations of levels"):
        reference_grid(design, frame)


def test_a_model_of_means_has_the_same_means_however_it_is_written() -> None:
    frame = FRAMES["rows"]
    answers = []
    for text in ("y ~ group * hand + (1 | person)", "y ~ 0 + group:hand + (1 | person)"):
        found, design = fitted(text, frame)
        answers.append(
            means(design, reference_grid(design, frame), "group", "hand").matrix @ found.coefficients
        )
    assert answers[1] == pytest.approx(answers[0], rel=1e-8)
