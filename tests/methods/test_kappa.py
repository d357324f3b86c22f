"""Kappa of two and of several raters: real and published tables, unused levels, and what is undefined."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats import analyze
from mmstats.cohort import Cohort
from mmstats.effects.cohen_kappa import Weights
from mmstats.errors import NotEstimableError
from mmstats.kind import Kind
from mmstats.methods.fleiss_kappa import fleiss_kappa
from mmstats.methods.gwet_ac import gwet_ac
from mmstats.methods.weighted_kappa import weighted_kappa
from mmstats.plan import Analysis, Plan
from mmstats.run import run
from mmstats.schema import Schema, Variable

SCALE = pd.CategoricalDtype(["0", "1", "2", "3", "4"], ordered=True)


def ratings(text: str, scale: pd.CategoricalDtype = SCALE) -> pd.Series:
    return pd.Series(list(text), dtype=scale)


def diagnoses(path: Path, city: str) -> tuple[pd.Series, pd.Series]:
    """Return what two neurologists said of each patient: Winnipeg's in columns, New Orleans's in rows."""
    with path.open(encoding="utf-8") as file:
        table = {row["rownames"]: row for row in csv.DictReader(file)}
    names = list(table)
    pairs = [(i, j) for i in names for j in names for _ in range(int(table[i][f"{j}.{city}"]))]
    scale = pd.CategoricalDtype(names, ordered=True)
    return pd.Series([i for i, _ in pairs], dtype=scale), pd.Series([j for _, j in pairs], dtype=scale)


@pytest.mark.parametrize(
    ("city", "n", "weighted", "std_error", "unweighted"),
    [("Winnipeg", 149, 0.3797, 0.0517, 0.2079), ("New Orleans", 69, 0.4773, 0.0730, 0.2965)],
)
def test_two_neurologists_diagnosing_multiple_sclerosis(
    references: Path, city: str, n: int, weighted: float, std_error: float, unweighted: float
) -> None:
    """The values vcd's help prints (its default weights are the linear ones); Landis and Koch's patients."""
    first, second = diagnoses(references / "data" / "agreement" / "ms_patients.csv", city)
    linear = next(weighted_kappa(first, second))
    plain = next(weighted_kappa(first, second, weights="unweighted"))
    assert linear.n == n
    assert linear.estimate == pytest.approx(weighted, abs=5e-5)
    assert linear.std_error == pytest.approx(std_error, abs=5e-5)
    assert plain.estimate == pytest.approx(unweighted, abs=5e-5)


def test_a_level_that_nobody_was_given_counts_in_the_weights() -> None:
    short = pd.CategoricalDtype(["1", "2", "3"], ordered=True)
    wide = next(weighted_kappa(ratings("1122331"), ratings("1213321")))
    narrow = next(weighted_kappa(ratings("1122331", short), ratings("1213321", short)))
    assert wide.estimate == pytest.approx(narrow.estimate)  # linear weights are a ratio: the scale cancels
    mixed = pd.CategoricalDtype(["1", "unused", "2", "3"], ordered=True)
    between = next(weighted_kappa(ratings("1122331", mixed), ratings("1213321", mixed)))
    assert between.estimate != pytest.approx(narrow.estimate)


def study(**levels: Any) -> Cohort:
    variables = {
        name: Variable(name=name, kind=Kind.ORDINAL, label=name, **levels) for name in ("first", "second")
    }
    frame = pd.DataFrame({"first": [0.0, 0, 1, 2, 4, 4], "second": [0.0, 1, 1, 2, 4, 2]})
    return Cohort(frame, frame.isna().map(lambda missing: ""), variables)


def test_a_study_hands_over_every_level_of_the_dictionary() -> None:
    asked = Analysis(
        id="agreement", method="weighted_kappa", arguments={"first": "first", "second": "second"}
    )
    found = run(Plan(title="", seed=1, analyses=(asked,)), study(allowed=(0, 1, 2, 3, 4))).items[0]
    without = run(Plan(title="", seed=1, analyses=(asked,)), study(allowed=(0, 1, 2, 4))).items[0]
    assert found.warnings == ()
    assert found.estimates[0].note == ""  # the scale is ordinal
    assert found.estimates[0].estimate != without.estimates[0].estimate


def test_levels_without_an_order_are_said_to_be_so() -> None:
    frame = pd.DataFrame({"a": list("xyzxyz"), "b": list("xyzyyz")})
    weighted = analyze(frame, "weighted_kappa", first="a", second="b").estimate()
    plain = analyze(frame, "weighted_kappa", first="a", second="b", weights="unweighted").estimate()
    assert "no order" in weighted.note
    assert plain.note == ""
    assert plain.quantity.name == "cohen_kappa"


def test_a_dictionary_gives_a_notebook_the_order() -> None:
    levels = {"x": "mild", "y": "moderate", "z": "severe"}
    schema = Schema(
        table="ratings",
        title="Ratings",
        key=(),
        variables={n: Variable(name=n, kind=Kind.ORDINAL, label=n, levels=levels) for n in ("a", "b")},
    )
    frame = pd.DataFrame({"a": list("xxyxyy"), "b": list("xyyyyy")})
    assert analyze(frame, "weighted_kappa", schema=schema, first="a", second="b").estimate().note == ""


def test_two_scales_cannot_be_compared() -> None:
    frame = pd.DataFrame({"a": list("xyzxyz"), "b": list("xyyyyy")})
    answer = analyze(frame, "weighted_kappa", first="a", second="b")
    assert answer.result.status == "not estimable"
    assert "'a' has x, y, z; 'b' has x, y" in answer.result.reason


def test_the_order_of_raters_does_not_matter() -> None:
    a, b = ratings("000112223340"), ratings("001112122344")
    for one, other in zip(weighted_kappa(a, b), weighted_kappa(b, a), strict=True):
        assert other.estimate == pytest.approx(one.estimate, rel=1e-12)
        assert other.conf_low == pytest.approx(one.conf_low, rel=1e-12)


def test_perfect_agreement_has_a_test_but_no_interval() -> None:
    kappa, agreement = weighted_kappa(ratings("00112234"), ratings("00112234"))
    assert kappa.estimate == 1
    assert kappa.p_value < 0.001
    assert np.isnan(kappa.conf_low)
    assert "nothing is known" in kappa.note
    assert (agreement.estimate, agreement.conf_high) == (1, 1)


def test_one_rater_who_never_varies_has_kappa_zero() -> None:
    kappa, agreement = weighted_kappa(ratings("00010120"), ratings("00000000"))
    assert kappa.estimate == 0
    assert np.isnan(kappa.p_value)
    assert "one level only" in kappa.note
    assert agreement.estimate == 0.625


def test_everybody_at_the_floor_has_a_reason() -> None:
    with pytest.raises(NotEstimableError, match="Every rating is '0'"):
        list(weighted_kappa(ratings("00000"), ratings("00000")))


def several(*rows: str) -> pd.DataFrame:
    return pd.DataFrame([list(row) for row in rows]).astype(SCALE)


def test_fleiss_kappa_does_not_know_which_rater_said_what() -> None:
    here = list(fleiss_kappa(several("001", "112", "022", "333", "010", "121")))
    there = list(fleiss_kappa(several("100", "211", "022", "333", "001", "112")))
    assert repr(here) == repr(there)


def test_the_kappas_of_categories_average_to_that_of_all() -> None:
    whole, *parts = fleiss_kappa(several("001", "112", "022", "333", "010", "121"))
    shares = np.array([5, 6, 4, 3]) / 18  # of the ratings 0 to 3
    weights = shares * (1 - shares)
    kappas = [part.estimate for part in parts if not np.isnan(part.estimate)]
    assert whole.estimate == pytest.approx(float(weights @ kappas / weights.sum()))
    assert {part.term: part.note for part in parts}["4"] == "No rating is in this category."


def test_raters_who_agree_on_everything_leave_no_interval() -> None:
    whole, *_ = fleiss_kappa(several("000", "111", "222", "000"))
    assert whole.estimate == 1
    assert whole.p_value < 0.001
    assert "nothing is known" in whole.note


def test_one_subject_apart_from_the_floor_leaves_no_interval() -> None:
    whole, *_ = fleiss_kappa(several("000", "000", "000", "011"))
    assert not np.isnan(whole.estimate)
    assert "only one category is left" in whole.note


def test_one_category_and_one_rater_have_a_reason() -> None:
    with pytest.raises(NotEstimableError, match="Every rating is '2'"):
        list(fleiss_kappa(several("22", "22")))
    with pytest.raises(NotEstimableError, match="at least 2 ratings"):
        list(fleiss_kappa(several("2", "1")))


def test_gwets_coefficient_does_not_collapse_at_the_floor() -> None:
    nearly_all = several(*["00"] * 18, "01", "10")
    kappa = next(weighted_kappa(nearly_all[0], nearly_all[1], weights="unweighted"))
    ac1 = next(gwet_ac(nearly_all))
    assert kappa.estimate < 0
    assert ac1.estimate > 0.85
    assert ac1.conf_high <= 1


def test_gwets_coefficient_where_everybody_is_at_the_floor() -> None:
    ac1 = next(gwet_ac(several("00", "00", "00")))
    assert ac1.estimate == 1
    assert "nothing is known" in ac1.note


@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
def test_gwets_standard_error_is_about_that_of_the_jackknife(weights: Weights) -> None:
    rng = np.random.default_rng(3)
    trait = rng.integers(0, 4, 60)
    rows = np.clip(trait[:, None] + rng.integers(-1, 2, (60, 3)), 0, 4).astype(str)
    data = several(*("".join(row) for row in rows))
    whole = next(gwet_ac(data, weights=weights))
    left = [next(gwet_ac(data.drop(index=i), weights=weights)).estimate for i in range(60)]
    assert whole.std_error == pytest.approx(np.sqrt(59 * np.var(left)), rel=0.06)


def test_gwets_coefficient_needs_two_levels_and_two_raters() -> None:
    one = pd.CategoricalDtype(["0"], ordered=True)
    with pytest.raises(NotEstimableError, match="2 levels of the scale"):
        list(gwet_ac(several("00", "00").astype(one)))
    with pytest.raises(NotEstimableError, match="2 ratings"):
        list(gwet_ac(several("0", "1")))
