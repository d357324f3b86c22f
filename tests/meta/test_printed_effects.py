"""Effects from what papers print: against metafor, against samples, and with the reason for none."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mmstats.errors import MmstatsError
from mmstats.meta.measures import MEASURES, effect_sizes, measure
from mmstats.meta.printed.effects import (
    NOTHING,
    StudyEffects,
    effects_of_studies,
    known_columns,
    lacking,
    recipes,
)
from mmstats.meta.printed.recipe import WAYS
from mmstats.meta.printed.result_recipes import IN_STANDARD_DEVIATIONS
from mmstats.meta.printed.standardised import standardised_from_t

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("printed_effects.json").read_text())
ARMS = {
    "comparison_mean": 6.0,
    "comparison_sd": 2.0,
    "comparison_n": 12.0,
    "reference_mean": 4.5,
    "reference_sd": 2.5,
    "reference_n": 11.0,
}
TABLE = {"comparison_events": 4.0, "comparison_n": 20.0, "reference_events": 9.0, "reference_n": 21.0}


def found(name: str, *rows: dict[str, float], **options: str) -> StudyEffects:
    columns = dict.fromkeys(column for row in rows for column in row)
    table = {column: [row.get(column, np.nan) for row in rows] for column in columns}
    return effects_of_studies(measure(name), table, **options)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    made = found(case["measure"], case["columns"], **case["options"])
    assert made.effects[0] == pytest.approx(case["effect"], rel=1e-12)
    assert made.std_errors[0] == pytest.approx(case["std_error"], rel=1e-12)
    assert made.faults == ((),)
    assert made.reasons == ("",)
    assert bool(made.words[0]) is (name != "as printed")


def test_t_gives_what_the_conversion_by_itself_gives() -> None:
    made = found("SMD", {"t_value": 2.5, "comparison_n": 20, "reference_n": 20})
    effect, variance = standardised_from_t(2.5, 20, 20)
    assert made.effects[0] == pytest.approx(effect.value, rel=1e-14)
    assert made.std_errors[0] ** 2 == pytest.approx(variance.value, rel=1e-14)
    assert made.words == ("effect from t = 2.5, n = 20 and 20, supposing equal variances",)


@pytest.mark.parametrize("name", sorted(set(MEASURES) & {"mean_difference", "standardised_mean_difference"}))
def test_samples_give_the_same_whatever_is_printed_of_them(name: str) -> None:
    rng = np.random.default_rng(3)
    one, two = rng.normal(12, 3, 14), rng.normal(9, 3, 14)  # as many: MD's variance is the pooled one
    sd, sizes = np.sqrt((one.var(ddof=1) + two.var(ddof=1)) / 2), {"comparison_n": 14.0, "reference_n": 14.0}
    means = {"comparison_mean": one.mean(), "reference_mean": two.mean()}
    truth = found(name, {**means, **sizes, "comparison_sd": sd, "reference_sd": sd})
    test = stats.ttest_ind(one, two)
    low, high = test.confidence_interval()
    printed: list[dict[str, float]] = [
        {**means, **sizes, "t_value": test.statistic},
        {**means, **sizes, "f_value": test.statistic**2},
        {**means, **sizes, "p_value": test.pvalue},
    ]
    if name == "mean_difference":
        printed += [
            {**means, **sizes, "conf_low": low, "conf_high": high},
            {**sizes, "conf_low": low, "conf_high": high},
            {**sizes, "estimate": one.mean() - two.mean(), "p_value": test.pvalue},
            {"estimate": one.mean() - two.mean(), "t_value": test.statistic},
        ]
    else:
        printed += [
            {**sizes, "t_value": test.statistic},
            {**sizes, "f_value": test.statistic**2, "direction": 1.0},
            {**sizes, "p_value": test.pvalue, "direction": 1.0},
        ]
    made = found(name, *printed)
    assert made.effects == pytest.approx(np.full(len(printed), truth.effects[0]), rel=1e-9)
    assert made.std_errors == pytest.approx(np.full(len(printed), truth.std_errors[0]), rel=1e-9)
    assert made.faults == ((),) * len(printed)


@pytest.mark.parametrize("name", MEASURES)
def test_own_columns_are_taken_as_effect_sizes_takes_them(name: str) -> None:
    """Whatever else is there: what the measure needs wins, and nothing is said of it."""
    chosen = measure(name)
    plain = {"correlation": 0.4, "r_squared": 0.5, "alpha": 0.8, "icc": 0.6, "predictors": 2, "n": 30}
    values = {
        column: float(plain.get(column, 7 if column != "t_value" else 2.2)) for column in chosen.columns
    }
    values |= {column: 30.0 for column in chosen.columns if column.endswith("_n")}
    values |= {"comparison_mean": 8.0} if "comparison_mean" in values else {}
    own = effect_sizes(name, {column: [value] for column, value in values.items()})
    made = found(name, values)
    assert made.effects.tolist() == own.effects.tolist()
    assert made.std_errors.tolist() == own.std_errors.tolist()
    assert made.words == own.notes
    assert np.isfinite(made.effects[0])
    assert made.ways == ("as_printed",)


def test_arms_win_over_a_printed_result_and_a_contradiction_is_told() -> None:
    made = found(
        "MD", {**ARMS, "estimate": 1.5, "std_error": 1.0}, {**ARMS, "estimate": -1.5, "std_error": 1}
    )
    assert made.ways == ("as_printed", "as_printed")
    assert made.effects.tolist() == [1.5, 1.5]
    assert made.faults[0] == ()
    assert "printed as -1.5, but the groups give 1.5" in made.faults[1][0][1]


def test_each_group_may_be_printed_in_its_own_way() -> None:
    rest = {
        key: value
        for key, value in ARMS.items()
        if key not in ("comparison_sd", "reference_sd", "reference_mean")
    }
    made = found(
        "MD",
        {
            **rest,
            "comparison_std_error": 0.5,
            "reference_median": 4,
            "reference_quartile_1": 3,
            "reference_quartile_3": 6,
        },
    )
    assert made.ways == ("several",)
    assert made.words[0].startswith(
        "comparison standard deviation from the standard error 0.5 of a mean, n = 12; "
    )
    assert "reference mean from the median 4 and the quartiles 3 and 6 of n = 11 (Luo 2018)" in made.words[0]
    assert made.effects[0] == pytest.approx(6 - ((0.7 + 0.39 / 11) * 4.5 + (0.3 - 0.39 / 11) * 4))


REASONS = [
    ("SMD", {}, NOTHING),
    ("SMD", {"comparison_n": 12.0, "reference_n": 11.0}, NOTHING),
    ("SMD", {**ARMS, "comparison_sd": np.nan}, "not given: comparison_sd"),
    ("OR", {"estimate": 2.0}, "not given: comparison_events, comparison_n, reference_events, reference_n"),
    (
        "RR",
        {**TABLE, "comparison_events": 0.0, "reference_events": 0.0},
        "No events in either group: a ratio is not estimable, a difference is.",
    ),
    (
        "ROM",
        {**ARMS, "reference_mean": -1.0},
        "A ratio of means needs two means above 0, on a scale with a true zero.",
    ),
    (
        "SMD",
        {"p_value": 0.03, "comparison_n": 12.0, "reference_n": 11.0},
        "not given: comparison_mean, comparison_sd, ",
    ),
    ("PFT", {"estimate": 0.2, "conf_low": 0.05, "conf_high": 0.35}, "not given: events, n"),
]


@pytest.mark.parametrize(("name", "row", "reason"), REASONS)
def test_what_a_study_lacks_is_a_reason_and_no_fault(name: str, row: dict[str, float], reason: str) -> None:
    good = {column: 20.0 if column.endswith("n") else 9.0 for column in measure(name).columns}
    made = found(name, good, row)
    assert np.isfinite(made.effects[0])
    assert np.isnan([made.effects[1], made.std_errors[1]]).all()
    assert made.reasons[1].startswith(reason)
    assert made.faults[1] == ()
    assert (made.ways[1], made.words[1]) == ("", "")


FAULTS: list[tuple[str, dict[str, float], tuple[str, ...], str]] = [
    ("SMD", {**ARMS, "comparison_sd": -2.0}, ("comparison_sd",), "is -2; a standard deviation is above 0"),
    (
        "SMD",
        {**ARMS, "reference_n": 0.0},
        ("reference_n",),
        "it is a whole number of participants, 1 or more",
    ),
    (
        "OR",
        {**TABLE, "comparison_events": 25.0},
        ("comparison_events", "comparison_n"),
        "more than comparison_n",
    ),
    (
        "OR",
        {"estimate": 2.0, "conf_low": 4.0, "conf_high": 1.0},
        ("conf_low", "conf_high"),
        "limits are swapped",
    ),
    (
        "MD",
        {"estimate": 2.0, "std_error": 1.0, "p_less": 0.02},
        ("estimate", "p_less"),
        "is of the other side",
    ),
    ("MD", {"estimate": 2.0, "t_value": -2.0}, ("estimate", "t_value"), "the signs contradict"),
    (
        "SMD",
        {"t_value": 2.0, "direction": -1.0, "comparison_n": 9.0, "reference_n": 9.0},
        ("t_value", "direction"),
        "its direction is negative",
    ),
    (
        "SMD",
        {**ARMS, "comparison_sd": np.nan, "comparison_std_error": -1.0},
        ("comparison_mean", "comparison_std_error", "comparison_n"),
        "The standard error is -1; it is above 0",
    ),
    (
        "SMD",
        {**ARMS, "comparison_sd": np.nan, "comparison_conf_low": 7.0, "comparison_conf_high": 9.0},
        ("comparison_mean", "comparison_conf_low", "comparison_conf_high", "comparison_n"),
        "These do not increase: comparison_conf_low 7, comparison_mean 6, comparison_conf_high 9",
    ),
]


@pytest.mark.parametrize(("name", "row", "columns", "text"), FAULTS)
def test_what_cannot_be_is_told_with_its_columns(
    name: str, row: dict[str, float], columns: tuple[str, ...], text: str
) -> None:
    told = found(name, row).faults[0]
    assert any(text in said for _, said in told), told
    assert columns in [where for where, _ in told]


def test_a_fault_of_one_study_leaves_the_others() -> None:
    made = found("SMD", ARMS, {**ARMS, "comparison_sd": -2.0}, {**ARMS, "comparison_mean": 9.0})
    assert np.isfinite(made.effects).tolist() == [True, False, True]
    assert [bool(faults) for faults in made.faults] == [False, True, False]


def test_a_correction_is_told_in_words() -> None:
    made = found("OR", {**TABLE, "comparison_events": 0.0})
    assert made.words == ("1/2 was added to each cell, since one is 0.",)
    assert found("OR", TABLE, {**TABLE, "comparison_events": 0.0}, correction="none").reasons[1] != ""


def test_the_average_that_a_variance_needs_is_that_of_all_studies() -> None:
    rows = [ARMS, {"t_value": 2.1, "comparison_n": 25.0, "reference_n": 24.0}]
    made = found("SMD", *rows, variance="averaged")
    g = found("SMD", *rows).effects
    average = (23 * g[0] + 49 * g[1]) / 72
    shares = np.array([1 / 12 + 1 / 11, 1 / 25 + 1 / 24])
    assert made.std_errors**2 == pytest.approx(shares + average**2 / (2 * np.array([23, 49])), rel=1e-12)


@given(st.floats(-3, 3), st.floats(0.05, 2), st.sampled_from(["OR", "RR", "HALF"]))
def test_ratios_and_their_reciprocals_mirror_each_other(effect: float, error: float, name: str) -> None:
    name = "IRR" if name == "HALF" else name
    low, high = np.exp([effect - 1.96 * error, effect + 1.96 * error])
    made = found(
        name,
        {"conf_low": low, "conf_high": high, "estimate": np.exp(effect)},
        {"conf_low": 1 / high, "conf_high": 1 / low, "estimate": np.exp(-effect)},
    )
    assert made.effects[0] == pytest.approx(-made.effects[1], abs=1e-9)
    assert made.std_errors[0] == pytest.approx(made.std_errors[1], rel=1e-9)


EXTREME: tuple[float, ...] = (
    0.0,
    1.0,
    -1.0,
    2.0,
    5.0,
    20.0,
    0.5,
    0.03,
    3.7,
    100.0,
    1e15,
    np.inf,
    -np.inf,
    np.nan,
)
EXTREME += tuple(sign * 10.0**power for power in (-300, -160, 160, 300) for sign in (1, -1))


@settings(max_examples=400)
@given(st.sampled_from(sorted(MEASURES)), st.data())
def test_whatever_is_printed_there_is_an_effect_or_a_reason(name: str, data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.sampled_from(known_columns(measure(name))), min_size=1, unique=True))
    rows = [
        {
            column: data.draw(st.sampled_from((1.0, -1.0) if column == "direction" else EXTREME))
            for column in columns
        }
        for _ in range(2)
    ]
    made = found(name, *rows)
    there = np.isfinite(made.effects)
    assert (there == np.isfinite(made.std_errors)).all()
    assert (made.std_errors[there] > 0).all()
    assert [not reason for reason in made.reasons] == there.tolist()
    assert [bool(way) for way in made.ways] == there.tolist()


@pytest.mark.parametrize("name", sorted(IN_STANDARD_DEVIATIONS))
def test_t_stands_for_groups_with_that_difference(name: str) -> None:
    """Of groups with other means and spreads, too."""
    pooled = np.sqrt((11 * 2.0**2 + 10 * 2.5**2) / 21)
    t_value = 1.5 / pooled / np.sqrt(1 / 12 + 1 / 11)
    made = found(name, ARMS, {"t_value": t_value, "comparison_n": 12.0, "reference_n": 11.0})
    assert made.effects[1] == pytest.approx(made.effects[0], rel=1e-13)
    assert made.std_errors[1] == pytest.approx(made.std_errors[0], rel=1e-13)


def test_unknown_columns_and_uneven_ones_are_errors() -> None:
    with pytest.raises(MmstatsError, match=r"'comparison_men'\. Did you mean 'comparison_mean'"):
        effects_of_studies(measure("SMD"), {"comparison_men": [1.0]})
    with pytest.raises(MmstatsError, match="one value for each study"):
        effects_of_studies(measure("OR"), {"estimate": [1.0, 2.0], "std_error": [1.0]})


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_what_it_lacks(name: str) -> None:
    chosen = measure(name)
    assert lacking(chosen, []) == chosen.columns
    assert lacking(chosen, chosen.columns) == ()
    for recipe in recipes(chosen):
        assert recipe.way in WAYS
        assert set(recipe.needs) <= set(known_columns(chosen))
        rest = [column for column in chosen.columns if column not in recipe.gives]
        assert lacking(chosen, [*rest, *recipe.needs]) == ()
