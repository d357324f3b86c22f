"""Studies left out or added one by one: the shared reference, and what it comes to."""

from dataclasses import replace
from math import exp, isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from tests.meta.rows import called
from tests.meta.shared import expected, known, material

EFFECTS, ERRORS = [0.1, 0.5, 0.4, 0.9, 0.2], [0.2, 0.15, 0.22, 0.3, 0.25]
INFLUENCE = {
    "studentised_residual": "rstudent",
    "dffits": "dffits",
    "cooks_distance": "cook.d",
    "covariance_ratio": "cov.r",
    "tau2_without": "tau2.del",
    "q_without": "QE.del",
    "hat": "hat",
    "influential": "is.infl",
}


@pytest.mark.parametrize("name", ["bcg", "normand1999", "raudenbush1985"])
def test_influence_agrees_with_the_shared_reference(references: Path, name: str) -> None:
    effects, variances, *_ = material(references, name)
    found = called("meta_influence", effects, np.sqrt(variances), test="z")
    reference = expected(references, name)
    terms = [key.partition(" ")[2] for key in found if key.startswith("hat ")]
    for ours, theirs in INFLUENCE.items():
        values = reference["influence"].get(theirs)
        own = [found[f"{ours} {term}"].estimate for term in terms]
        assert own == pytest.approx(np.array(values, dtype=np.float64), rel=1e-7)
    for field, other in (
        ("estimate", "estimate"),
        ("conf_low", "ci.lb"),
        ("conf_high", "ci.ub"),
        ("p_value", "pval"),
    ):
        own = [getattr(found[f"effect_without {term}"], field) for term in terms]
        assert own == pytest.approx(known(reference["leave1out"][other]), rel=1e-7, abs=1e-300)


@pytest.mark.parametrize("name", ["bcg", "normand1999", "raudenbush1985"])
def test_cumulative_effects_agree_with_the_shared_reference(references: Path, name: str) -> None:
    effects, variances, *_ = material(references, name)
    order = pd.Series(np.arange(len(effects), dtype=np.float64))
    found = called("meta_cumulative", effects, np.sqrt(variances), order, test="z")
    reference = expected(references, name)["cumul"]
    own = [e for key, e in found.items() if key.startswith("cumulative_effect ")]
    for field, other in (
        ("estimate", "estimate"),
        ("conf_low", "ci.lb"),
        ("conf_high", "ci.ub"),
        ("p_value", "pval"),
    ):
        values = [getattr(e, field) for e in own[1:]]
        assert values == pytest.approx(known(reference[other])[1:], rel=1e-7, abs=1e-300)
    assert "One study" in own[0].note


def test_without_a_study_is_pooling_the_others() -> None:
    found = called("meta_influence", EFFECTS, ERRORS)
    whole = called("meta_effects", EFFECTS, ERRORS)
    assert next(iter(found)) == "effect"
    assert repr(found["effect"]) == repr(whole["effect"])
    for left in range(5):
        kept = [i for i in range(5) if i != left]
        alone = called("meta_effects", [EFFECTS[i] for i in kept], [ERRORS[i] for i in kept])
        own = found[f"effect_without study[s0{left + 1}]"]
        for field in ("estimate", "std_error", "conf_low", "conf_high", "p_value", "df"):
            assert getattr(own, field) == pytest.approx(getattr(alone["effect"], field), rel=1e-9)
        assert own.n == 4
        tau2 = found[f"tau2_without study[s0{left + 1}]"].estimate
        assert tau2 == pytest.approx(alone["tau2"].estimate, abs=1e-12)


def test_ratios_are_exponentiated() -> None:
    plain, ratio = (
        called("meta_influence", EFFECTS, ERRORS, scale=scale) for scale in ("as-given", "logarithms")
    )
    own, other = plain["effect_without study[s01]"], ratio["effect_without_ratio study[s01]"]
    assert (other.estimate, other.conf_high) == pytest.approx((exp(own.estimate), exp(own.conf_high)))
    assert isnan(other.std_error)
    assert ratio["dffits study[s01]"] == plain["dffits study[s01]"]


def test_an_outlier_is_noted_and_its_bounds_are_named() -> None:
    found = called(
        "meta_influence", [0.1, 0.3, 0.2, 0.05, 0.15, 0.9], [0.1] * 5 + [0.2], tau2="common", test="z"
    )
    assert "Farther from" in found["studentised_residual study[s06]"].note
    assert found["influential study[s06]"].estimate == 1
    assert "Cook" in found["influential study[s06]"].note
    assert found["influential study[s03]"] == replace(found["influential study[s03]"], estimate=0.0, note="")


def test_where_the_others_agree_exactly_there_is_no_hartung_knapp_error() -> None:
    found = called("meta_influence", [0.3, 0.3, 0.3, 1.0], [0.1, 0.2, 0.1, 0.2])
    left = found["effect_without study[s04]"]
    assert left.estimate == pytest.approx(0.3)
    assert isnan(left.conf_low)
    assert "the same but for rounding" in left.note
    assert isnan(found["studentised_residual study[s04]"].estimate)
    assert found["effect_without study[s01]"].p_value < 1
    with pytest.raises(NotEstimableError, match="nothing can be measured"):
        called("meta_influence", [0.3] * 4, [0.1, 0.2, 0.1, 0.2])


def test_too_few_studies_are_refused() -> None:
    with pytest.raises(NotEstimableError, match="none can be left out"):
        called("meta_influence", EFFECTS[:2], ERRORS[:2])
    for method, more in (("meta_influence", ()), ("meta_cumulative", (pd.Series([2000.0]),))):
        with pytest.raises(NotEstimableError, match="There is one study"):
            called(method, [0.4], [0.2], *more)


def test_studies_of_one_year_follow_by_level_and_the_last_is_the_whole() -> None:
    year = pd.Series([2010.0, 2004, 2010, 1999, 2004])
    found = called("meta_cumulative", EFFECTS, ERRORS, year)
    own = [e for key, e in found.items() if key.startswith("cumulative_effect ")]
    assert [e.term for e in own] == [f"study[s0{place}]" for place in (4, 2, 5, 1, 3)]
    assert [e.n for e in own] == [1, 2, 3, 4, 5]
    assert own[-1].estimate == pytest.approx(found["effect"].estimate, rel=1e-12)
    assert own[-1].conf_low == pytest.approx(found["effect"].conf_low, rel=1e-9)
    with pytest.raises(NotEstimableError, match="'order' has 1 value missing"):
        called("meta_cumulative", EFFECTS, ERRORS, pd.Series([1.0, 2, np.nan, 4, 5], name="order"))


def test_a_common_effect_begins_with_the_first_study() -> None:
    found = called("meta_cumulative", EFFECTS, ERRORS, pd.Series(range(5)), tau2="common", test="z")
    assert found["cumulative_effect study[s01]"].estimate == pytest.approx(0.1, rel=1e-14)
    assert not any(key.startswith("cumulative_tau2") for key in found)
