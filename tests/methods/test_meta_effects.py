"""Pooled effects as a method: the shared reference, few studies, subgroups, and what is refused."""

from math import exp, isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import NotEstimableError
from tests.meta.rows import called, studies
from tests.meta.shared import TAU2, TESTS, expected, known, material

EFFECTS, ERRORS = [0.1, 0.5, 0.4, 0.9, 0.2, 1.4], [0.2, 0.15, 0.22, 0.3, 0.25, 0.2]
TYPES = pd.Series(pd.Categorical(list("aababb")), name="type")


@pytest.mark.parametrize("name", ["bcg", "normand1999", "raudenbush1985"])
@pytest.mark.parametrize("estimator", ["EE", "DL", "REML", "PM"])
def test_rows_agree_with_the_shared_reference(references: Path, name: str, estimator: str) -> None:
    effects, variances, *_ = material(references, name)
    reference = expected(references, name)[estimator]
    for short, test in TESTS.items():
        found = called("meta_effects", effects, np.sqrt(variances), tau2=TAU2[estimator], test=test)
        theirs, whole = reference[short], found["effect"]
        values = (whole.estimate, whole.std_error, whole.conf_low, whole.conf_high, whole.p_value)
        names = ("intrcpt", "se", "ci.lb", "ci.ub", "pval")
        other = [theirs["b"]["intrcpt"], *(theirs[key] for key in names[1:])]
        assert values == pytest.approx(known(other), rel=1e-7)
        assert found["cochran_q"].estimate == pytest.approx(theirs["QE"], rel=1e-9)
        assert found["i2"].estimate == pytest.approx(theirs["I2"], rel=1e-7)
    if estimator == "EE":
        assert "prediction" not in found
        assert "tau2" not in found
        return
    limits = known(reference["confint_QP"]["tau^2"])
    tau2 = found["tau2"]
    assert (tau2.estimate, tau2.conf_low, tau2.conf_high) == pytest.approx(limits, rel=1e-7)


def test_ratios_are_exponentiated_and_have_no_standard_error() -> None:
    plain, ratio = (
        called("meta_effects", EFFECTS, ERRORS, scale=scale) for scale in ("as-given", "logarithms")
    )
    for key, e in plain.items():
        name, _, term = key.partition(" ")
        if name not in ("effect", "prediction"):
            assert ratio[key] == e
            continue
        other = ratio[f"{name}_ratio {term}".strip()]
        limits = exp(e.estimate), exp(e.conf_low), exp(e.conf_high)
        assert (other.estimate, other.conf_low, other.conf_high) == pytest.approx(limits)
        assert other.p_value == pytest.approx(e.p_value, nan_ok=True)
        assert isnan(other.std_error)


def test_rows_come_in_the_order_of_levels() -> None:
    names = pd.Series(pd.Categorical(["z", "b", "a"], categories=["b", "a", "z"]), name="trial")
    found = called("meta_effects", [0.1, 0.5, 0.4], [0.2, 0.3, 0.1], study=names)
    shown = [key for key in found if key.startswith("effect ")]
    assert shown == ["effect trial[b]", "effect trial[a]", "effect trial[z]"]
    assert found["effect trial[z]"].estimate == 0.1
    assert next(iter(found)) == "effect"


def test_participants_are_counted_where_they_are_known() -> None:
    found = called("meta_effects", EFFECTS, ERRORS, pd.Series([10.0, 20, 30, 40, 50, 60]))
    assert found["effect"].n == 210
    assert found["effect study[s02]"].n == 20
    assert found["cochran_q"].n == 6
    with pytest.raises(NotEstimableError, match=r"'s02' has 20.5 participants"):
        called("meta_effects", EFFECTS, ERRORS, pd.Series([10.0, 20.5, 30, 40, 50, 60]))


def test_one_study_is_refused_with_the_way_to_show_it_alone() -> None:
    with pytest.raises(
        NotEstimableError, match=r"one study, Study 's01'.*tau2 = \"common\" and test = \"z\""
    ):
        called("meta_effects", [0.4], [0.2])
    found = called("meta_effects", [0.4], [0.2], tau2="common", test="z")
    assert found["effect"].estimate == pytest.approx(0.4, rel=1e-14)
    assert found["effect"].conf_high == pytest.approx(0.4 + 1.959964 * 0.2)
    assert "not an average" in found["effect"].note
    assert "cochran_q" not in found


def test_two_studies_say_how_little_that_is() -> None:
    assert "one degree of freedom" in called("meta_effects", [0.4, 0.7], [0.2, 0.3])["effect"].note
    found = called("meta_effects", [0.4, 0.7], [0.2, 0.3], prediction="riley")
    assert isnan(found["prediction"].conf_low)
    assert "Too few studies" in found["prediction"].note


def test_every_wrong_study_is_named() -> None:
    with pytest.raises(NotEstimableError) as caught:
        called("meta_effects", [0.4, np.inf, 0.1, 0.2], [0.0, 0.1, -1.0, np.nan])
    assert [problem.partition(": ")[0] for problem in caught.value.problems] == [
        f"Study 's0{place}'" for place in (1, 2, 3, 4)
    ]
    twice = pd.Series(pd.Categorical(["a", "b", "a"]), name="study")
    with pytest.raises(NotEstimableError, match="Study 'a' is there 2 times"):
        called("meta_effects", [0.4, 0.3, 0.1], [0.1, 0.1, 0.2], study=twice)
    with pytest.raises(NotEstimableError, match="1000, which is no logarithm"):
        called("meta_effects", [0.4, 1000.0], [0.1, 0.1], scale="logarithms")
    with pytest.raises(NotEstimableError, match="cannot be right"):
        called("meta_effects", [0.4, 1.0], [1e-9, 0.1])


def test_equal_effects_have_an_error_of_their_own_or_none() -> None:
    found = called("meta_effects", [0.3] * 4, ERRORS[:4])["effect"]
    assert found.estimate == pytest.approx(0.3)
    assert isnan(found.std_error)
    assert isnan(found.conf_low)
    assert "the same but for rounding" in found.note
    other = called("meta_effects", [0.3] * 4, ERRORS[:4], test="hartung-knapp-ad-hoc")["effect"]
    assert other.std_error == pytest.approx(sum(error**-2 for error in ERRORS[:4]) ** -0.5)


def test_an_interval_that_leaves_the_estimate_out_says_so() -> None:
    effects, errors = [-0.44, 0.04, 0.81, -0.22, -0.06, -0.28], [1.0, 0.02, 0.5, 0.05, 0.02, 1.0]
    found = called("meta_effects", effects, errors, tau2="he")["tau2"]
    assert not found.conf_low <= found.estimate <= found.conf_high
    assert 'tau2 = "pm"' in found.note
    inside = called("meta_effects", effects, errors, tau2="pm")["tau2"]
    assert inside.conf_low <= inside.estimate <= inside.conf_high
    assert not inside.note


def test_an_interval_without_a_likelihood_says_so() -> None:
    found = called("meta_effects", EFFECTS, ERRORS, tau2="dl", tau2_interval="profile")["tau2"]
    assert isnan(found.conf_low)
    assert "has no likelihood" in found.note


@given(st.permutations(range(6)), st.sampled_from(["reml", "pm", "sj", "common"]))
def test_order_of_rows_makes_no_difference_at_all(order: list[int], tau2: Any) -> None:
    first = called("meta_effects", EFFECTS, ERRORS, None, TYPES, tau2=tau2)
    names = studies(EFFECTS)
    moved = called(
        "meta_effects",
        [EFFECTS[i] for i in order],
        [ERRORS[i] for i in order],
        None,
        TYPES.iloc[order].reset_index(drop=True),
        study=names.iloc[order].reset_index(drop=True),
        tau2=tau2,
    )
    assert repr(moved) == repr(first)


class TestSubgroups:
    def test_each_is_pooled_as_if_alone(self) -> None:
        found = called("meta_effects", EFFECTS, ERRORS, None, TYPES)
        for level in ("a", "b"):
            inside = np.flatnonzero((level == TYPES).to_numpy())
            alone = called("meta_effects", np.array(EFFECTS)[inside], np.array(ERRORS)[inside])
            for name in ("effect", "prediction", "cochran_q", "tau2", "i2"):
                own = found[f"{name} type[{level}]"]
                assert repr(own) == repr(alone[name]).replace("term=''", f"term='type[{level}]'")

    def test_their_difference_is_q_of_two_averages(self) -> None:
        found = called("meta_effects", EFFECTS, ERRORS, None, TYPES, test="z")
        a, b = found["effect type[a]"], found["effect type[b]"]
        z = (a.estimate - b.estimate) / np.hypot(a.std_error, b.std_error)
        assert found["subgroup_difference"].estimate == pytest.approx(z**2)
        assert found["subgroup_difference"].df == 1

    def test_a_single_study_has_no_average_of_its_own(self) -> None:
        lonely = pd.Series(pd.Categorical(list("aaaaab")), name="type")
        found = called("meta_effects", EFFECTS, ERRORS, None, lonely)
        assert found["effect type[b]"].estimate == EFFECTS[5]
        assert "One study" in found["effect type[b]"].note
        assert isnan(found["subgroup_difference"].estimate)
        assert 'subgroup_tau2 = "common"' in found["subgroup_difference"].note
        lent = called("meta_effects", EFFECTS, ERRORS, None, lonely, subgroup_tau2="common")
        assert lent["subgroup_difference"].p_value < 1
        assert lent["effect type[b]"].std_error > found["effect type[b]"].std_error

    def test_one_subgroup_has_nothing_to_differ_from(self) -> None:
        same = pd.Series(pd.Categorical(["a"] * 6), name="type")
        found = called("meta_effects", EFFECTS, ERRORS, None, same)
        assert "one subgroup" in found["subgroup_difference"].note
