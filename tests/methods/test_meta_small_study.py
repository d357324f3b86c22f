"""Small-study effects: what comes back, against metafor, and what holds."""

from math import exp, isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.methods.meta_small_study import meta_small_study
from tests.meta.shared import expected, known, material

NAMES = ("bcg", "normand1999", "raudenbush1985")
CLOSE = 1e-8


def analyse(
    effects: Any, variances: Any, sizes: Any = None, order: Any = slice(None), **options: Any
) -> dict[str, Estimate]:
    names = [f"s{i:02d}" for i in range(len(effects))]
    study = pd.Series(pd.Categorical(names)).rename("study")[order]
    effect, error = pd.Series(effects)[order], pd.Series(np.sqrt(variances))[order]
    size = None if sizes is None else pd.Series(sizes, dtype=float)[order]
    found = meta_small_study(study, effect, error, size, **options)
    return {f"{e.quantity.name} {e.term}".strip(): e for e in found}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("predictor", "short"), [("std-error", "sei"), ("variance", "vi")])
def test_both_forms_of_egger(references: Path, name: str, predictor: str, short: str) -> None:
    effects, variances, *_ = material(references, name)
    said = expected(references, name)
    found = analyse(effects, variances, predictor=predictor, test="z")
    for quantity, form, model in (
        ("egger_classical", "Egger, weighted", "lm"),
        ("egger_mixed", "Egger, mixed-effects", "rma"),
    ):
        theirs, limit = said[f"regtest_{model}_{short}"], found[f"adjusted_effect {form}"]
        slope = found[quantity]
        assert (slope.statistic, slope.p_value) == pytest.approx((theirs["zval"], theirs["pval"]), rel=CLOSE)
        assert slope.estimate == pytest.approx(theirs["coef"][1], rel=CLOSE)
        assert [limit.estimate, limit.conf_low, limit.conf_high] == pytest.approx(
            [theirs["est"], theirs["ci.lb"], theirs["ci.ub"]], rel=CLOSE
        )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("predictor", "short"), [("inverse-size", "ninv"), ("inverse-root-size", "sqrtninv")]
)
def test_predictors_by_size(references: Path, name: str, predictor: str, short: str) -> None:
    effects, variances, *_ = material(references, name)
    sizes = pd.read_csv(references / "reference" / "data" / f"{name}.csv")["ni"].to_numpy()
    theirs = expected(references, name)[f"regtest_rma_{short}"]
    found = analyse(effects, variances, sizes, predictor=predictor, test="z")
    assert found["egger_mixed"].statistic == pytest.approx(theirs["zval"], rel=CLOSE)
    assert found["adjusted_effect Egger, mixed-effects"].estimate == pytest.approx(theirs["est"], rel=CLOSE)
    missing = analyse(effects, variances, predictor=predictor)
    assert "needs the size of every study" in missing["egger_mixed"].note
    assert not isnan(missing["adjusted_effect PET"].estimate)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("estimator", ["l0", "r0"])
def test_filled_studies_are_there_for_a_funnel(references: Path, name: str, estimator: str) -> None:
    effects, variances, *_ = material(references, name)
    theirs = expected(references, name)[f"trimfill_{estimator.upper()}_DL"]
    found = analyse(effects, variances, tau2="dl", test="z", estimator=estimator)
    filled = [e for e in found.values() if e.quantity.name == "filled_effect"]
    assert len(filled) == found["filled_studies"].estimate == theirs["k0"]
    assert f"On the {theirs['side']} side" in found["filled_studies"].note
    whole = np.sort(np.concatenate([effects, [e.estimate for e in filled]]))
    assert whole == pytest.approx(np.sort(known(theirs["yi"])), rel=1e-10)
    assert found["adjusted_effect trim and fill"].estimate == pytest.approx(theirs["beta"], rel=1e-9)
    errors = {round(float(np.sqrt(v)), 9) for v in variances}
    assert all(round(e.std_error, 9) in errors and e.n == 0 for e in filled)


def test_a_side_can_be_said(references: Path) -> None:
    effects, variances, *_ = material(references, "bcg")
    left, right = (analyse(effects, variances, side=side) for side in ("left", "right"))
    assert left["filled_studies"].estimate == 0
    assert right["filled_studies"].estimate > 0
    assert right["filled_studies"].note.startswith("On the right side.")


def test_ratios_go_back_but_filled_studies_stay(references: Path) -> None:
    effects, variances, *_ = material(references, "bcg")
    plain, ratio = analyse(effects, variances), analyse(effects, variances, scale="logarithms")
    for term in ("PET", "PET-PEESE", "Henmi-Copas", "trim and fill", "Egger, mixed-effects"):
        one, other = plain[f"adjusted_effect {term}"], ratio[f"adjusted_effect_ratio {term}"]
        assert (other.estimate, other.conf_high) == pytest.approx((exp(one.estimate), exp(one.conf_high)))
    assert ratio["filled_effect filled[1]"] == plain["filled_effect filled[1]"]
    assert ratio["egger_mixed"] == plain["egger_mixed"]


def test_order_sign_and_unit(references: Path) -> None:
    effects, variances, *_ = material(references, "bcg")
    one = analyse(effects, variances)
    moved = analyse(effects, variances, order=np.random.default_rng(3).permutation(len(effects)))
    assert repr(moved) == repr(one)
    turned, larger = analyse(-effects, variances), analyse(10 * effects, 100 * variances)
    for name, e in one.items():
        assert turned[name].p_value == pytest.approx(e.p_value, rel=1e-6, nan_ok=True)
        assert larger[name].p_value == pytest.approx(e.p_value, rel=1e-6, nan_ok=True)
    assert turned["egger_mixed"].estimate == pytest.approx(-one["egger_mixed"].estimate)
    assert larger["adjusted_effect PET"].estimate == pytest.approx(10 * one["adjusted_effect PET"].estimate)


def test_fewer_than_ten_studies_are_said_to_have_little_power(references: Path) -> None:
    few, many = (analyse(*material(references, name)[:2]) for name in ("normand1999", "bcg"))
    for name in ("egger_classical", "egger_mixed", "begg_tau", "filled_studies", "excess_significance"):
        assert "With 9 studies, fewer than 10, the test has little power" in few[name].note
        assert "little power" not in many[name].note


def test_equally_precise_studies_have_reasons_and_the_rest_stays() -> None:
    found = analyse([0.1, 0.5, 0.3, 0.4, 0.9], [0.1] * 5)
    for name in ("egger_classical", "egger_mixed", "adjusted_effect PET-PEESE"):
        assert "equally precise" in found[name].note
    assert "say where some are missing" in found["filled_studies"].note
    assert isnan(found["begg_tau"].estimate)
    assert found["fail_safe_n Rosenthal"].estimate >= 0
    assert not isnan(found["adjusted_effect Henmi-Copas"].conf_low)


def test_effects_that_are_the_same_have_no_side() -> None:
    found = analyse([0.3] * 5, [0.1, 0.2, 0.3, 0.4, 0.5])
    assert found["filled_studies"].estimate == 0
    assert "lie on a line exactly" in found["egger_classical"].note


def test_two_studies_and_one_twice_are_refused() -> None:
    with pytest.raises(NotEstimableError, match="3 are needed at least"):
        analyse([0.1, 0.2], [0.1, 0.2])
    study = pd.Series(pd.Categorical(["a", "a", "b", "c"])).rename("study")
    with pytest.raises(NotEstimableError, match="'a' is there 2 times"):
        list(meta_small_study(study, pd.Series([0.1, 0.2, 0.3, 0.4]), pd.Series([0.1, 0.2, 0.3, 0.4])))
