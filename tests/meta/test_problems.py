"""Bad material is named with its row and study; good material is not."""

from math import exp
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mmstats.meta.measures import measure
from mmstats.meta.problems import problems
from mmstats.meta.problems.contradictions import contradictions

GOOD = {
    "comparison_mean": 6.0,
    "comparison_sd": 2.0,
    "comparison_n": 12,
    "reference_mean": 4.5,
    "reference_sd": 2.5,
    "reference_n": 11,
}
TABLE = {"comparison_events": 4, "comparison_n": 20, "reference_events": 9, "reference_n": 21}


def found(name: str, *rows: dict[str, Any]) -> list[str]:
    return [
        str(each)
        for each in problems(name, [{"study": f"Study {i}", **row} for i, row in enumerate(rows, 1)])
    ]


CASES = [
    ("SMD", GOOD | {"comparison_sd": -2}, "comparison_sd is -2; a standard deviation is above 0."),
    ("SMD", GOOD | {"comparison_sd": 0}, "comparison_sd is 0; a standard deviation is above 0."),
    (
        "SMD",
        GOOD | {"comparison_n": 0},
        "comparison_n is 0; it is a whole number of participants, 1 or more.",
    ),
    (
        "SMD",
        GOOD | {"comparison_n": 10.5},
        "comparison_n is 10.5; it is a whole number of participants, 1 or more.",
    ),
    ("SMD", GOOD | {"comparison_n": None}, "comparison_n is missing."),
    ("SMD", GOOD | {"comparison_n": "twelve"}, "comparison_n is 'twelve', which is not a number."),
    ("SMD", {}, "There is nothing to compute the effect from: it needs comparison_mean,"),
    ("SMD", {"estimate": 0.4}, "There is nothing to compute the effect from"),
    (
        "OR",
        TABLE | {"comparison_events": 25},
        "comparison_events is 25, more than comparison_n, which is 20.",
    ),
    (
        "RR",
        TABLE | {"comparison_events": 0, "reference_events": 0},
        "No events in either group: a ratio is not estimable, a difference is.",
    ),
    ("MD", {"estimate": 2, "conf_low": 4, "conf_high": 0}, "The limits are swapped: 4 is above 0."),
    ("MD", {"estimate": 5, "conf_low": 0, "conf_high": 4}, "The estimate 5 is outside its interval, 0 to 4."),
    (
        "MD",
        {"estimate": 1.2, "conf_low": 0.1, "conf_high": 4.1},
        "is not in the middle of its interval, 0.1 to 4.1",
    ),
    (
        "RR",
        {"estimate": 2.05, "conf_low": 1.05, "conf_high": 3.05},
        "On the scale on which it is printed it is symmetrical.",
    ),
    (
        "RR",
        {"estimate": -0.3, "conf_low": -1, "conf_high": 0.4},
        "estimate is -0.3; a ratio is above 0 (is it a",
    ),
    ("MD", {"estimate": 2, "statistic": -2.1}, "its statistic is -2.1: the signs contradict."),
    ("RR", {"estimate": 0.7, "statistic": 1.4}, "is below 1, no effect, but its statistic is 1.4"),
    (
        "MD",
        {"estimate": 2, "std_error": 1, "p_less": 0.02},
        "p_less is 0.02: the one-sided p is of the other side.",
    ),
    (
        "MD",
        {"estimate": 2, "std_error": 1, "p_greater": 0.98},
        "p_greater is 0.98: the one-sided p is of the other",
    ),
    (
        "MD",
        {"estimate": 2, "conf_low": 1, "conf_high": 3, "p_value": 0.3},
        "leaves out 0, no effect, but p is 0.3",
    ),
    (
        "MD",
        {"estimate": 1, "conf_low": -1, "conf_high": 3, "p_value": 0.01},
        "holds 0, no effect, but p is 0.01",
    ),
    ("MD", {"estimate": 1, "std_error": 1, "p_value": 1.2}, "p_value is 1.2; a p value is between 0 and 1."),
    ("MD", {"estimate": 1, "std_error": 1, "p_value": 0}, "p_value is 0: a p value is above 0"),
    ("MD", {"estimate": 1, "std_error": -1}, "std_error is -1; a standard error is above 0."),
    ("MD", {"conf_low": 1, "conf_high": 2, "conf_level": 95}, "conf_level is 95; it is between 0 and 1"),
    ("MD", GOOD | {"estimate": -1.5, "std_error": 1}, "but the groups give 1.5, on the other side of 0"),
    ("MD", GOOD | {"statistic": -1.5}, "printed as -1.5, but the groups give 1.5, on the other side of 0"),
    (
        "OR",
        TABLE | {"estimate": 3, "std_error": 1},
        "printed as 3, but the groups give 0.3333, on the other side of 1",
    ),
]


@pytest.mark.parametrize(("name", "row", "text"), CASES, ids=lambda each: str(each)[:50])
def test_each_is_named_with_its_row(name: str, row: dict[str, Any], text: str) -> None:
    good = GOOD if measure(name).name in ("mean_difference", "standardised_mean_difference") else TABLE
    told = found(name, good, row)
    assert any(text in each for each in told)
    assert all(each.startswith("Row 2, Study 2: ") for each in told)


def test_all_problems_of_a_row_are_told() -> None:
    told = found(
        "SMD", GOOD | {"comparison_sd": -2, "reference_n": 0, "conf_low": 2, "conf_high": 1, "p_value": 3}
    )
    for text in ("comparison_sd is -2", "reference_n is 0", "swapped", "p_value is 3"):
        assert any(text in each for each in told)


def test_a_table_without_events_has_a_risk_difference() -> None:
    nothing = TABLE | {"comparison_events": 0, "reference_events": 0}
    assert found("RD", nothing) == []
    assert len(found("OR", nothing)) == 1


def test_a_direction_that_the_groups_contradict() -> None:
    ((columns, text),) = contradictions(measure("MD"), GOOD | {"direction": -1.0}, 1.5)
    assert columns == ("direction", *GOOD)
    assert text.startswith("The direction is negative, but the groups give 1.5, on the other side of 0")
    assert list(contradictions(measure("MD"), GOOD | {"direction": 1.0}, 1.5)) == []


def test_the_same_trial_with_its_groups_exchanged() -> None:
    other = {"comparison": "reference", "reference": "comparison"}
    exchanged = {"_".join([other[(part := name.split("_"))[0]], part[1]]): GOOD[name] for name in GOOD}
    (told,) = found("MD", GOOD, exchanged)
    assert "All 6 numbers are those of row 1, 'Study 1', with the two groups exchanged" in told


def test_the_same_trial_twice() -> None:
    rows: list[dict[str, object]] = [
        {"study": "Ménéret 2014", **GOOD},
        {"study": "Dohle 2009", **GOOD, "comparison_mean": 7},
        {"study": "MENERET  (2014)", **GOOD, "comparison_mean": 8},
        {"study": "Thieme 2013", **GOOD, "comparison_mean": 7},
        {"study": " ", **GOOD, "comparison_mean": 9},
        {"study": float("nan"), **GOOD, "comparison_mean": 10},
        {"study": 0, **GOOD, "comparison_mean": 11},
    ]
    told = [str(each) for each in problems("SMD", rows)]
    assert [each.split(":")[0] for each in told] == [
        "Row 3, MENERET  (2014)",
        "Row 4, Thieme 2013",
        "Row 5, without a name",
        "Row 6, without a name",
    ]
    assert "The same study is in row 1, as 'Ménéret 2014'" in told[0]
    assert "All 6 numbers are those of row 2, 'Dohle 2009'" in told[1]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_studies(count: int) -> None:
    assert found("SMD", *[GOOD | {"comparison_mean": 6 + at} for at in range(count)]) == []


@given(
    st.sampled_from(["MD", "RR"]),
    st.floats(-2, 2),
    st.floats(0.05, 1.5),
    st.integers(2, 4),
    st.sampled_from([0.9, 0.95]),
)
def test_what_fits_together_is_not_blamed(
    name: str, effect: float, error: float, digits: int, level: float
) -> None:
    """Any Wald interval with its statistic and p, rounded as papers do."""
    half = float(stats.norm.isf((1 - level) / 2)) * error
    values = np.array([effect, effect - half, effect + half])
    values = np.exp(values) if name == "RR" else values
    estimate, low, high = (round(float(each), digits) for each in values)
    null = 1 if name == "RR" else 0
    if min(abs(each - null) for each in (estimate, low, high)) <= 10.0**-digits or (
        name == "RR" and low <= 0
    ):
        return
    z = effect / error
    row = {
        "estimate": estimate,
        "conf_low": low,
        "conf_high": high,
        "conf_level": level,
        "statistic": z,
        "p_value": max(2 * float(stats.norm.sf(abs(z))), 1e-12),
        "p_greater": max(float(stats.norm.sf(z)), 1e-12),
        "p_less": max(float(stats.norm.cdf(z)), 1e-12),
    }
    assert found(name, row) == []


def test_a_misprint_of_one_digit_is_found() -> None:
    right = {"estimate": 1.80, "conf_low": round(1.8 * exp(-0.5), 2), "conf_high": round(1.8 * exp(0.5), 2)}
    assert found("OR", right) == []
    assert "not in the middle" in found("OR", right | {"conf_high": 3.97})[0]


def test_rounding_to_whole_numbers_is_allowed_for() -> None:
    """1.4 with -0.4 to 3.2, say."""
    assert found("MD", {"estimate": 1, "conf_low": 0, "conf_high": 3}) == []
