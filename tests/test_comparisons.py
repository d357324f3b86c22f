"""Comparisons of marginal means and their multiplicity: against emmeans, and what must not change them."""

import json
from collections.abc import Iterable
from itertools import combinations
from math import isnan, log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmstats as mm
from mmstats.comparisons import comparison_problems, own_comparisons, parse
from mmstats.errors import NotEstimableError, PlanError
from mmstats.estimate import Estimate
from mmstats.formula import Design, ModelData
from mmstats.methods import METHODS
from mmstats.mixed.linear import fit
from mmstats.mixed_design import mixed_design
from mmstats.mixed_rows import MixedRows
from mmstats.multiplicity import adjust
from mmstats.reference_grid import means
from tests.examples import check

DATA, *CASES = json.loads(
    (Path(__file__).with_name("reference") / "comparisons.json").read_text(encoding="utf-8")
)["cases"]
ASKED, LEVELS = DATA["asked"], DATA["levels"]
FRAMES = {
    name: pd.DataFrame(
        {key: pd.Categorical(v, LEVELS[key]) if key in LEVELS else v for key, v in DATA[name].items()}
    )
    for name in ("rows", "even")
}
ROWS = FRAMES["rows"]
LINEAR = "y ~ hand * group + task + age + (1 | person)"
LINEAR_CASES = [case for case in CASES if case["method"] == "lmm"]
FAMILIES = [
    pytest.param(case, which, id=f"{case['name']}-{case['df_method']}-{which}")
    for case in LINEAR_CASES
    for which in ("pairs", "own")
    if case[which]
]
THEIRS = 1e-5  # they stop short of the optimum, and take numeric derivatives


def run(method: str, text: str, frame: pd.DataFrame, **options: Any) -> list[Estimate]:
    roles = {"participant": frame["person"]} if method == "gee" else {}
    return list(METHODS[method].function(ModelData.of(text, frame), **roles, **options))


def contrasts(*args: Any, **options: Any) -> dict[str, Estimate]:
    return {e.term: e for e in run("lmm", *args, **options) if e.quantity.name == "contrast"}


def chosen(case: dict[str, Any], which: str, adjustment: str) -> list[Estimate]:
    """Return our rows of a family, in R's order."""
    asked = ASKED if which == "own" else ""
    found = contrasts(
        case["formula"],
        FRAMES[case["data"]],
        df_method=case["df_method"],
        adjust=adjustment,
        comparisons=asked,
    )
    terms = case[which]["term"]
    if which == "pairs":
        terms = [" - ".join(f"task[{level}]" for level in term.split(" - ")) for term in terms]
    return [found[term] for term in terms]


def fields(rows: Iterable[Estimate], name: str) -> np.ndarray:
    return np.array([getattr(row, name) for row in rows])


@pytest.mark.parametrize(("case", "which"), FAMILIES)
class TestAgainstEmmeans:
    def test_each_alone(self, case: dict[str, Any], which: str) -> None:
        rows, expected = chosen(case, which, "none"), case[which]
        for name, theirs in (
            ("estimate", "estimate"),
            ("std_error", "se"),
            ("df", "df"),
            ("conf_low", "low"),
            ("conf_high", "high"),
            ("p_value", "p"),
        ):
            assert fields(rows, name) == pytest.approx(expected[theirs], rel=THEIRS), name

    def test_holm(self, case: dict[str, Any], which: str) -> None:
        rows, alone = chosen(case, which, "holm"), chosen(case, which, "none")
        assert fields(rows, "p_value") == pytest.approx(case[which]["holm"], rel=THEIRS)
        np.testing.assert_array_equal(fields(rows, "conf_low"), fields(alone, "conf_low"))
        assert all("by Holm's method for" in row.note for row in rows)

    def test_single_step(self, case: dict[str, Any], which: str) -> None:
        rows, expected = chosen(case, which, "single-step"), case[which]
        # R's integral at each comparison's own df, whose orthants are drawn to 1e-6
        assert fields(rows, "p_value") == pytest.approx(expected["own_df"], abs=2e-5)
        # emmeans cuts df to whole numbers, and draws to 1e-3
        assert fields(rows, "p_value") == pytest.approx(expected["mvt"]["p.value"], abs=3e-3)
        theirs = np.subtract(expected["mvt"]["upper.CL"], expected["mvt"]["lower.CL"])
        ours = fields(rows, "conf_high") - fields(rows, "conf_low")
        assert ours == pytest.approx(theirs, rel=2e-2)
        assert {row.interval for row in rows} == {f"{case['df_method']}-single-step"}

    def test_tukey(self, case: dict[str, Any], which: str) -> None:
        if which == "own":
            with pytest.raises(NotEstimableError, match="all pairs of means"):
                chosen(case, which, "tukey")
            return
        rows, expected = chosen(case, which, "tukey"), case[which]["tukey"]
        if case["name"] == "even":
            # their studentized range is to about 1e-6
            assert fields(rows, "p_value") == pytest.approx(expected["p.value"], rel=1e-5)
            assert fields(rows, "conf_low") == pytest.approx(expected["lower.CL"], rel=1e-5, abs=1e-5)
            assert fields(rows, "conf_high") == pytest.approx(expected["upper.CL"], rel=1e-5)
        else:  # emmeans gives the studentized range at each one's own df, of unequal precision too
            assert np.isnan(fields(rows, "p_value")).all()
            assert np.isnan(fields(rows, "conf_low")).all()
            assert all("Use 'single-step' or 'holm'" in row.note for row in rows)


GENERAL = [case for case in CASES if case["method"] != "lmm"]


@pytest.mark.parametrize("case", GENERAL, ids=lambda case: case["method"])
def test_generalised_models_agree_with_emmeans(case: dict[str, Any]) -> None:
    wald = {} if case["method"] == "gee" else {"interval": "wald"}
    alone, by_holm = (
        {
            e.term: e
            for e in run(
                case["method"],
                case["formula"],
                FRAMES["rows"],
                comparisons=ASKED,
                adjust=how,
                **wald,
                **case["options"],
            )
            if e.quantity.name in ("odds_ratio", "coefficient")
        }
        for how in ("none", "holm")
    )
    # theirs take the Hessian by differences; geepack stops at 1e-14 of its coefficients
    within = 1e-7 if case["method"] == "gee" else 2e-4
    for place, term in enumerate(case["term"]):
        e = alone[term]
        scale = log if e.quantity.ratio else float
        assert scale(e.estimate) == pytest.approx(case["estimate"][place], rel=within)
        assert scale(e.conf_low) == pytest.approx(case["low"][place], rel=within)
        assert scale(e.conf_high) == pytest.approx(case["high"][place], rel=within)
        assert e.p_value == pytest.approx(case["p"][place], rel=5 * within)
        assert by_holm[term].p_value == pytest.approx(case["holm"][place], rel=5 * within)
        assert by_holm[term].conf_low == e.conf_low


class TestWhatMustNotMatter:
    @pytest.mark.parametrize("method", ["lmm", "glmm", "clmm", "gee"])
    def test_order_of_rows_and_sign(self, method: str) -> None:
        text = {"glmm": LINEAR.replace("y ~", "event ~"), "clmm": LINEAR.replace("y ~", "score ~")}.get(
            method, LINEAR if method == "lmm" else LINEAR.partition(" + (")[0]
        )
        asked = (
            "a = hand[left]:group[MS] - hand[left]:group[HC]; b = group[HC]:hand[left] - group[MS]:hand[left]"
        )
        asked += "; c = 2 * hand[left]:group[MS] - 2 * hand[left]:group[HC]"
        found = {e.term: e for e in run(method, text, ROWS, comparisons=asked)}
        order = np.random.default_rng(1).permutation(len(ROWS))
        moved = {
            e.term: e for e in run(method, text, ROWS.iloc[order].reset_index(drop=True), comparisons=asked)
        }
        for name in "abc":
            assert moved[name].estimate == pytest.approx(found[name].estimate, rel=1e-6)
            assert moved[name].p_value == pytest.approx(found[name].p_value, rel=1e-6)
            assert found[name].p_value == pytest.approx(found["a"].p_value, rel=1e-5)
        a, b, c = (found[name] for name in "abc")
        if a.quantity.ratio:
            assert [b.estimate, b.conf_low] == pytest.approx([1 / a.estimate, 1 / a.conf_high], rel=1e-4)
            assert [c.estimate, c.conf_low] == pytest.approx([a.estimate**2, a.conf_low**2], rel=1e-4)
        else:
            assert [b.estimate, b.conf_low] == pytest.approx([-a.estimate, -a.conf_high])
            assert [c.estimate, c.conf_low] == pytest.approx([2 * a.estimate, 2 * a.conf_low])

    @pytest.mark.parametrize("coding", ["sum", "helmert", "polynomial"])
    @pytest.mark.parametrize("adjustment", ["none", "single-step"])
    def test_contrasts_and_origins(self, coding: str, adjustment: str) -> None:
        frame = ROWS.assign(age=365.25 * ROWS["age"] + 1e6, y=1000 - 3 * ROWS["y"])
        base = contrasts(LINEAR, ROWS, comparisons=ASKED, adjust=adjustment)
        other = contrasts(LINEAR, frame, comparisons=ASKED, adjust=adjustment, contrasts=coding)
        for term, e in base.items():
            assert other[term].estimate == pytest.approx(-3 * e.estimate, rel=1e-6)
            assert other[term].conf_low == pytest.approx(-3 * e.conf_high, rel=1e-6)
            assert other[term].p_value == pytest.approx(e.p_value, rel=1e-5)

    def test_a_comparison_of_two_levels_is_their_difference(self) -> None:
        asked = "mine = task[fist] - task[tap]; cells = hand[left]:group[MS] - hand[left]:group[HC]"
        for interval in ("t", "profile", "parametric-bootstrap", "cluster-bootstrap"):
            rng = np.random.default_rng(1)
            found = contrasts(LINEAR, ROWS, comparisons=asked, interval=interval, resamples=199, rng=rng)
            mine, theirs = found["mine"], found["task[fist] - task[tap]"]
            assert mine.estimate == pytest.approx(theirs.estimate)
            assert (mine.conf_low, mine.conf_high) == pytest.approx((theirs.conf_low, theirs.conf_high))
            assert mine.p_value == pytest.approx(theirs.p_value)
            assert mine.interval == theirs.interval

    @pytest.mark.parametrize("method", ["glmm", "clmm", "gee"])
    def test_against_the_reference_it_is_the_coefficient(self, method: str) -> None:
        response = {"glmm": "event", "clmm": "score"}.get(method, "y")
        text = f"{response} ~ task + group" + ("" if method == "gee" else " + (1 | person)")
        for interval in ({"interval": "profile"}, {"interval": "parametric-bootstrap", "resamples": 99}):
            chosen = {} if method == "gee" else {**interval, "rng": np.random.default_rng(1)}
            rows = run(method, text, ROWS, comparisons="mine = task[fist] - task[tap]", **chosen)
            found = {e.term: e for e in rows}
            mine, theirs = found["mine"], found["task[fist]"]
            assert mine.quantity == theirs.quantity
            for name in ("estimate", "conf_low", "conf_high", "p_value"):
                assert getattr(mine, name) == pytest.approx(getattr(theirs, name), rel=1e-5), name

    @pytest.mark.parametrize("interval", ["profile", "wald"])
    def test_separation_is_that_of_the_coefficient(self, interval: str) -> None:
        frame = ROWS.assign(event=np.where(ROWS["group"] == "MS", 1.0, ROWS["event"]))
        asked = "mine = group[MS] - group[HC]; other = task[fist] - task[tap]"
        text = "event ~ group + task + (1 | person)"
        found = {
            e.term: e
            for e in run("glmm", text, frame, comparisons=asked, adjust="holm", interval=interval)
            if e.quantity.name == "odds_ratio"
        }
        mine, theirs = found["mine"], found["group[MS]"]
        assert mine.estimate == theirs.estimate == np.inf
        assert mine.conf_low == pytest.approx(theirs.conf_low, rel=1e-5, nan_ok=True)
        assert "separated" in mine.note
        known = 2 if interval == "profile" else 1  # what has no p value counts as if it were 1
        assert sum(not isnan(found[name].p_value) for name in ("mine", "other")) == known

    def test_without_an_intercept(self) -> None:
        asked = "fist = task[fist] - 1/2 * task[tap] - 1/2 * task[turn]"
        one, other = (
            contrasts(f"y ~ {fixed} + (1 | person)", ROWS, comparisons=asked)["fist"]
            for fixed in ("task", "0 + task")
        )
        assert other.estimate == pytest.approx(one.estimate)
        assert other.p_value == pytest.approx(one.p_value)


class TestMultiplicity:
    @pytest.mark.parametrize("interval", ["profile", "parametric-bootstrap", "cluster-bootstrap"])
    def test_holm_takes_any_p_value(self, interval: str) -> None:
        def found(how: str) -> dict[str, Estimate]:
            rng = np.random.default_rng(1)
            return contrasts(
                LINEAR, ROWS, comparisons=ASKED, adjust=how, interval=interval, resamples=199, rng=rng
            )

        alone, together = found("none"), found("holm")
        own = [name for name in alone if name in ("left", "right", "more") or "*" in name]
        for family in (own, [name for name in alone if name.startswith("task[")], ["group[MS] - group[HC]"]):
            expected = adjust([alone[name].p_value for name in family], "holm")
            assert [together[name].p_value for name in family] == pytest.approx(expected)
        for name, e in alone.items():
            assert (together[name].conf_low, together[name].interval) == (e.conf_low, e.interval)
            assert isnan(e.mcse) or together[name].mcse >= e.mcse

    @pytest.mark.parametrize("adjustment", ["single-step", "tukey"])
    @pytest.mark.parametrize("interval", ["profile", "parametric-bootstrap", "cluster-bootstrap"])
    def test_what_is_by_t_needs_t(self, adjustment: str, interval: str) -> None:
        with pytest.raises(NotEstimableError, match="Use 'holm'"):
            contrasts(LINEAR, ROWS, adjust=adjustment, interval=interval)

    @pytest.mark.parametrize("level", [0.8, 0.95])
    def test_p_and_interval_agree_and_are_of_all(self, level: float) -> None:
        alone = contrasts(LINEAR, ROWS, comparisons=ASKED, level=level)
        for name, e in contrasts(LINEAR, ROWS, comparisons=ASKED, level=level, adjust="single-step").items():
            assert (e.p_value < 1 - level) == (not e.conf_low < 0 < e.conf_high)
            assert e.conf_low <= alone[name].conf_low
            assert e.p_value >= alone[name].p_value
            assert e.p_value <= 4 * alone[name].p_value
            check(e, len(ROWS), level)

    def test_residual_variances_by_level(self) -> None:
        found = contrasts(
            LINEAR, ROWS, residual_by=ROWS["hand"].rename("hand"), comparisons=ASKED, adjust="single-step"
        )
        assert found["left"].interval == "kenward-roger-single-step"
        assert 0 < found["left"].p_value <= 1

    def test_one_comparison_is_no_family(self) -> None:
        asked = "left = hand[left]:group[MS] - hand[left]:group[HC]"
        alone = contrasts(LINEAR, ROWS, comparisons=asked)["left"]
        for how in ("holm", "single-step"):
            assert contrasts(LINEAR, ROWS, comparisons=asked, adjust=how)["left"] == alone

    def test_the_largest_false_claim_holds_its_level(self) -> None:
        # 200 studies without any effect: claims of any of three differences, by single-step at 10 %
        rng, claims = np.random.default_rng(4), 0
        for _ in range(200):
            frame = FRAMES["even"].assign(y=rng.normal(size=27) + np.repeat(rng.normal(size=9), 3))
            data, design = mixed_design(ModelData.of("y ~ task + (1 | person)", frame))
            rows = MixedRows(fit(data), design, frame, "kenward-roger", level=0.9)
            pairs = list(means(design, rows.grid, "task").pairs())
            claims += min(e.p_value for e in rows.comparisons(pairs, "single-step")) < 0.1
        assert 6 <= claims <= 34  # 20 expected, within 3.3 standard errors


# What levels may hold: anything but what a table cannot.
LEVEL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.lists(LEVEL, min_size=2, max_size=3, unique=True))
def test_every_level_can_be_named(levels: list[str]) -> None:
    cells = ["`" + level.replace("`", "``") + "`" for level in levels]
    found, problems = parse(
        f"the name = g[{cells[0]}] - g[{cells[1]}]; 1/3*g[{cells[1]}]:h[x] - g[{cells[-1]}]"
    )
    assert not problems
    named, other = found
    assert named.term == "the name"
    assert [cell for _, cell in named.parts] == [(("g", levels[0]),), (("g", levels[1]),)]
    again, problems = parse(other.spelling)  # what has no name can be read again, and is spelt the same
    assert not problems
    assert again[0] == other


@pytest.mark.parametrize(
    "level", ["a b", "a:b", "a - b", "a=b", "a;b", "a * b", "a[b]", "it's", '"q"', "a`b", ">= 40", "0.5", "é"]
)
def test_odd_levels_are_named_as_rows_name_them(level: str) -> None:
    frame = ROWS.assign(task=ROWS["task"].cat.rename_categories({"turn": level}))
    rows = contrasts("y ~ task + (1 | person)", frame, comparisons=f"task[tap] - task[{level}]")
    assert rows[f"task[tap] - task[{level}]"].estimate == -rows[f"task[{level}] - task[tap]"].estimate


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    found, problems = parse(text)
    assert found or problems or not text.replace(";", "").strip()
    assert all(len(problem) > 20 for problem in problems)


@given(st.text("ab[]`:=;*/ .12+-\n", max_size=60))
def test_pieces_of_the_language_too(text: str) -> None:
    found, _ = parse(text)
    for one in found:
        assert one.term
        assert one.parts
        assert parse(one.spelling)[0][0].parts == one.parts


def test_numbers_are_exact() -> None:
    thirds = "1/3 * g[a] + 1/3 * g[b] + 1/3 * g[c] - g[d]"
    tenths = "0.1 * g[a] + 0.2 * g[b] + .7 * g[c] − g[d]"
    levels = {"g": tuple("abcd")}
    assert comparison_problems(f"{thirds}; {tenths}", levels) == []
    (rounded,) = comparison_problems("0.333 * g[a] + 0.333 * g[b] + 0.333 * g[c] - g[d]", levels)
    assert "add up to -0.001" in rounded
    assert "1/3 * task[a]" in rounded


WRONG = {
    "x = hand[left] - hand[rigth]": "Unknown level of hand 'rigth'. Did you mean 'right'?",
    "x = had[left] - hand[right]": "of the fixed part 'had'. Did you mean 'hand'?",
    "x = age[40] - hand[right]": "Unknown categorical variable of the fixed part 'age'",
    "x = person[p01] - person[p02]": "Unknown categorical variable of the fixed part 'person'",
    "x = hand[left] - 2 * hand[right]": "Its weights add up to -1",
    "x = hand[left]:hand[right] - task[tap]": "A cell has 'hand' 2 times",
    "x = hand[left] - hand[left]": "compares a mean with itself",
    "x = hand[left] hand[right]": "'hand[right]' cannot be read. Write a sum of cells",
    "x = hand[left - hand[right]": "cannot be read",
    "x = left - right": "'left - right' cannot be read",
    "x = 1/0 * hand[left] - hand[right]": "1/0 divides by 0",
    "x = 1e3 * hand[left] - hand[right]": "cannot be read",
    "x = ": "Nothing follows '='",
    " = hand[left] - hand[right]": "There is no name before '='",
    "x = task[fist] - task[tap]; x = hand[left] - hand[right]": "'x' is there 2 times",
    "hand[right] - hand[left]; hand[right]  -  hand[left]": "is there 2 times",
    "age = hand[left] - hand[right]": "another row of the results is called so",
    "intercept = hand[left] - hand[right]": "another row of the results is called so",
}


@pytest.mark.parametrize("method", ["lmm", "gee"])
@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=list(WRONG))
def test_what_is_wrong_is_said(method: str, text: str, said: str) -> None:
    formula = LINEAR if method == "lmm" else LINEAR.partition(" + (")[0]
    with pytest.raises(NotEstimableError) as caught:
        run(method, formula, ROWS, comparisons=text)
    assert said in str(caught.value)


def test_everything_wrong_is_said_at_once() -> None:
    texts = [text.replace("x = ", f"x{place} = ") for place, text in enumerate(WRONG)]
    levels = {"hand": ("left", "right"), "task": tuple(LEVELS["task"])}
    told = "\n".join(comparison_problems("\n".join(texts), levels, ("age", "intercept")))
    assert all(said.replace("'x'", "'x14'") in told for said in WRONG.values())


def test_rows_that_are_there_already() -> None:
    with pytest.raises(NotEstimableError, match="another row of the results is called so"):
        contrasts(LINEAR, ROWS, comparisons="hand[right] - hand[left]")
    contrasts(LINEAR, ROWS, comparisons="mine = hand[right] - hand[left]; hand[left] - hand[right]")


def test_an_interaction_that_the_formula_has_not() -> None:
    more = "hand[left]:group[MS] - hand[left]:group[HC] - hand[right]:group[MS] + hand[right]:group[HC]"
    with pytest.raises(NotEstimableError, match="put the interaction into the formula"):
        contrasts("y ~ hand + group + (1 | person)", ROWS, comparisons=f"more = {more}")


def test_a_formula_without_categories() -> None:
    with pytest.raises(NotEstimableError, match="Known: none"):
        contrasts("y ~ age + (1 | person)", ROWS, comparisons="age[4] - age[5]")


def test_too_long() -> None:
    assert comparison_problems("g[a] - g[b];" * 1_000, None) == [
        "Comparisons have at most 10,000 characters; these have 12,000."
    ]


def test_cells_are_means_over_what_they_do_not_name() -> None:
    design = Design.of(ModelData.of("y ~ hand * group * task", ROWS))
    average = " + ".join(
        f"1/6 * hand[left]:group[{g}]:task[{t}]" for g in LEVELS["group"] for t in LEVELS["task"]
    )
    (one,) = own_comparisons("x = hand[left] - hand[right]", design, ROWS)
    (other,) = own_comparisons(f"x = {average} - hand[right]", design, ROWS)
    assert other.weights == pytest.approx(one.weights, abs=1e-12)


def test_cells_that_nobody_has_are_noted() -> None:
    frame = ROWS[~((ROWS["group"] == "MS") & (ROWS["hand"] == "left"))]
    asked = "x = hand[left]:group[MS] - hand[left]:group[HC]; y2 = task[tap] - task[fist]"
    for method, text in (
        ("lmm", "y ~ hand + group + task + (1 | person)"),
        ("clmm", "score ~ hand + group + task + (1 | person)"),
        ("gee", "y ~ hand + group + task"),
    ):
        found = {e.term: e for e in run(method, text, frame, comparisons=asked)}
        assert "Nobody has" in found["x"].note


class TestInAPlan:
    def test_is_checked_before_anything_is_computed(self) -> None:
        with pytest.raises(PlanError) as caught:
            mm.analyze(
                ROWS,
                "lmm",
                formula=LINEAR,
                comparisons="hand[left] - hand[rite]; a = task[tap]",
                adjust="hol",
            )
        told = str(caught.value)
        assert "Unknown level of hand 'rite'. Did you mean 'right'?" in told
        assert "'a': Its weights add up to 1" in told
        assert "Did you mean 'holm'?" in told

    def test_answers_are_shown(self) -> None:
        asked = "left hand = hand[left]:group[MS] - hand[left]:group[HC]"
        asked += "\n1/2 * task[tap] + 1/2 * task[turn] - task[fist]"
        answer = mm.analyze(ROWS, "lmm", formula=LINEAR, comparisons=asked, adjust="holm")
        assert answer.estimate("contrast", "left hand").p_value > 0
        assert "left hand" in answer.text()
        assert "task: 1/2 × tap + 1/2 × turn − fist" in answer._repr_html_()
        assert "group: MS − HC, hand: left." in answer._repr_html_()  # what a name stands for


def test_all_pairs_of_levels_are_there_in_each_family() -> None:
    found = contrasts(LINEAR, ROWS, adjust="single-step")
    for name, levels in LEVELS.items():
        pairs = {f"{name}[{b}] - {name}[{a}]" for a, b in combinations(levels, 2)}
        assert pairs <= found.keys()
        assert {found[pair].interval.endswith("single-step") for pair in pairs} == {len(pairs) > 1}
