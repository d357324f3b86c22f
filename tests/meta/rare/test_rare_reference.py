"""Models of counts, Mantel-Haenszel, Peto: against metafor, lme4 and R's own test (`rare.R`)."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit

from mmstats.meta.rare.homogeneity import breslow_day, tarone
from mmstats.meta.rare.mantel_haenszel import (
    cochran_mantel_haenszel,
    odds_ratio,
    rate_difference,
    rate_ratio,
    rates_test,
    risk_difference,
    risk_ratio,
)
from mmstats.meta.rare.one_group import pool_proportions, pool_rates
from mmstats.meta.rare.peto import peto, peto_heterogeneity
from mmstats.meta.rare.pooled import CountsPooled
from mmstats.meta.rare.tables import Rates, Tables, rates, tables
from mmstats.meta.rare.two_groups import Model, pool_odds_ratios
from mmstats.mixed.generalised.profile import deviation_limits, profile_limits

R: dict[str, Any] = json.loads((Path(__file__).parent / "rare.json").read_text())
SETS = ("bcg", "nielweise2007")
MODELS: dict[str, Model] = {
    "UM.FS": "fixed-studies",
    "UM.RS": "random-studies",
    "CM.EL": "conditional",
    "CM.AL": "conditional-approximate",
}


def table(name: str) -> Tables:
    d = R[name]["data"]
    return tables(d["a"], d["n1"], d["c"], d["n2"])


def two_rates() -> Rates:
    d = R["nielweise2008"]["data"]
    return rates(d["x1"], d["t1"], d["x2"], d["t2"])


def column(references: Path, name: str) -> tuple[list[float], list[float]]:
    with (references / "reference" / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [float(row["xi"]) for row in rows], [float(row["ni"]) for row in rows]


def same(found: CountsPooled, expected: dict[str, Any], rel: float) -> None:
    ours = [
        found.estimate,
        found.std_error,
        found.statistic,
        *found.interval(),
        found.tau2,
        found.i2,
        found.h2,
    ]
    names = ("beta", "se", "zval", "ci.lb", "ci.ub", "tau2", "I2", "H2")
    np.testing.assert_allclose(ours, [expected[name] for name in names], rtol=rel)
    assert found.p_value == pytest.approx(expected["pval"], rel=100 * rel)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("model", MODELS)
def test_odds_ratio_models(name: str, model: str) -> None:
    given = table(name)
    if (
        model == "UM.RS"
    ):  # metafor leaves out the study in which nobody had the event; it tells of the others' spread
        given = given.kept(given.informative)
    found = pool_odds_ratios(given, model=MODELS[model])
    assert found.fit.gradient_norm < 1e-8
    expected = R[name][model]
    # lme4's searches end at 1e-3 standard errors from the maximum, with many studies' intercepts; metafor's
    # own of the exact model at 1e-5. The polished fits below show where the maximum is.
    same(found, expected, {"CM.EL": 2e-4, "UM.RS": 5e-3}.get(model, 1e-3))
    assert found.homogeneity.df == expected["QE.df"]
    if model != "UM.RS":  # metafor codes groups 0 and 1 there, so that exchanging them changes its test
        assert found.homogeneity.statistic == pytest.approx(expected["QE.LRT"], rel=1e-8)
        assert found.homogeneity.p_value == pytest.approx(expected["QEp.LRT"], rel=1e-6)


@pytest.mark.parametrize("name", SETS)
def test_polished_fits(name: str) -> None:
    found = pool_odds_ratios(table(name), model="fixed-studies")
    tight = R[name]["UM.FS.tight"]
    # A search without derivatives ends as near as the root of the digits of the likelihood.
    assert found.estimate == pytest.approx(tight["fixef"]["group"], abs=2e-5 * found.std_error)
    assert found.tau2 == pytest.approx(tight["tau2"], abs=2e-5 * found.tau2_std_error)
    found = pool_odds_ratios(table(name), model="conditional-approximate")
    tight = R[name]["CM.AL.tight"]
    assert found.estimate == pytest.approx(tight["fixef"]["(Intercept)"], rel=1e-6)
    assert found.tau2 == pytest.approx(tight["tau2"], rel=2e-6)


@pytest.mark.parametrize("name", SETS)
def test_exact_model_is_higher_than_the_reference(name: str) -> None:
    expected = R[name]["CM.EL"]
    seven, many = (pool_odds_ratios(table(name), points=points) for points in (7, 30))
    assert many.log_likelihood == pytest.approx(expected["ll"], abs=1e-5)
    assert many.log_likelihood >= expected["ll"] - 2e-6
    # metafor integrates to the end: 30 points come nearer to it than 7.
    assert many.estimate == pytest.approx(expected["beta"], rel=1e-5)
    assert seven.estimate == pytest.approx(many.estimate, rel=1e-5)
    assert many.tau2_std_error == pytest.approx(expected["se.tau2"], rel=1e-3)


def test_t_interval() -> None:
    found = pool_odds_ratios(table("nielweise2007"), model="fixed-studies", test="t")
    expected = R["nielweise2007"]["UM.FS.t"]
    assert found.df == 16
    assert found.interval() == pytest.approx((expected["ci.lb"], expected["ci.ub"]), rel=1e-3)
    assert found.p_value == pytest.approx(expected["pval"], rel=3e-3)


@pytest.mark.parametrize("name", ["pritz1997", "debruin2009"])
def test_proportions(references: Path, name: str) -> None:
    x, n = column(references, name)
    found = pool_proportions(x, n)
    assert found.fit.gradient_norm < 1e-8
    tight = R[name]["PLO.tight"]
    assert found.estimate == pytest.approx(tight["fixef"]["(Intercept)"], abs=1e-6 * found.std_error)
    assert found.tau2 == pytest.approx(tight["tau2"], rel=1e-6)
    same(found, R[name]["PLO"], 2e-5)
    assert found.homogeneity.statistic == pytest.approx(R[name]["PLO"]["QE.LRT"], rel=1e-9)


@pytest.mark.parametrize(("name", "rel"), [("pritz1997", 2e-2), ("debruin2009", 2e-4)])
def test_proportions_of_the_shared_reference(references: Path, name: str, rel: float) -> None:
    """The shared reference is Laplace's approximation, of which lme4 ended the inner iterations early."""
    expected = json.loads((references / "reference/meta/proportions.json").read_text())[name]["GLMM_PLO"]
    x, n = (np.array(values) for values in column(references, name))
    laplace = pool_proportions(x, n, points=1)
    tight = R[name]["PLO.laplace.tight"]  # the same by lme4 with a finer inner tolerance
    assert laplace.estimate == pytest.approx(tight["fixef"]["(Intercept)"], rel=1e-6)
    assert laplace.tau2 == pytest.approx(tight["tau2"], rel=1e-6)
    assert laplace.log_likelihood == pytest.approx(tight["ll"], abs=1e-8)
    theirs = [expected["b"]["intrcpt"], expected["se"], expected["tau2"], expected["I2"]]
    np.testing.assert_allclose(
        [laplace.estimate, laplace.std_error, laplace.tau2, laplace.i2], theirs, rtol=rel
    )
    root = np.sqrt(expected["tau2"])
    there, slope = laplace.fit.marginal(np.array([expected["b"]["intrcpt"], root]))
    assert there < laplace.log_likelihood
    assert np.abs(slope).max() > 1e-4  # where the reference stopped, it still rises
    back = expected["back"]
    predicted = laplace.predict()
    ours = (predicted.estimate, predicted.conf_low, predicted.conf_high, predicted.prediction_low)
    names = ("pred", "ci.lb", "ci.ub", "pi.lb")
    np.testing.assert_allclose(expit(ours), [back[key] for key in names], rtol=rel)


@pytest.mark.parametrize("name", ["pritz1997", "debruin2009"])
def test_what_the_shared_reference_calls_log_likelihood(references: Path, name: str) -> None:
    """It is that of the counts at the studies' modes, at the reference's estimates: not a marginal one."""
    expected = json.loads((references / "reference/meta/proportions.json").read_text())[name]["GLMM_PLO"]
    mean, tau2 = expected["b"]["intrcpt"], expected["tau2"]
    total = 0.0
    for x, n in zip(*column(references, name), strict=True):

        def slope(u: float, x: float = x, n: float = n) -> float:
            return float(x - n * expit(mean + u) - u / tau2)

        mode = optimize.brentq(slope, -20, 20, xtol=1e-13)
        total += float(stats.binom.logpmf(x, n, expit(mean + mode)))
    assert total == pytest.approx(expected["LL"], abs=1e-7)


def test_poisson_rates() -> None:
    d = two_rates()
    found = pool_rates(d.x1 + d.x2, d.t)
    expected = R["nielweise2008"]
    assert found.estimate == pytest.approx(expected["IRLN.tight"]["fixef"]["(Intercept)"], rel=1e-6)
    assert found.tau2 == pytest.approx(expected["IRLN.tight"]["tau2"], rel=1e-6)
    same(found, expected["IRLN"], 3e-5)
    assert found.homogeneity.statistic == pytest.approx(expected["IRLN"]["QE.LRT"], rel=1e-9)


@pytest.mark.parametrize("name", SETS)
def test_mantel_haenszel(name: str) -> None:
    given, expected = table(name), R[name]
    for measure, function in (("OR", odds_ratio), ("RR", risk_ratio), ("RD", risk_difference)):
        found, theirs = function(given), expected[f"MH.{measure}"]
        ours = [found.estimate, found.std_error, found.statistic, *found.interval(), found.p_value]
        names = ("beta", "se", "zval", "ci.lb", "ci.ub", "pval")
        np.testing.assert_allclose(ours, [theirs[key] for key in names], rtol=1e-11)
    greenland = risk_difference(given, "greenland-robins")
    assert greenland.std_error == pytest.approx(expected["RD.greenland"], rel=1e-12)
    theirs = expected["MH.OR"]
    assert (breslow_day(given).statistic, tarone(given).statistic) == pytest.approx(
        (theirs["BD"], theirs["TA"])
    )
    assert (breslow_day(given).p_value, tarone(given).p_value) == pytest.approx(
        (theirs["BDp"], theirs["TAp"])
    )


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("corrected", [True, False])
def test_r_mantelhaen_test(name: str, corrected: bool) -> None:
    expected = R[name][f"mantelhaen.{str(corrected).upper()}"]
    found = cochran_mantel_haenszel(table(name), corrected=corrected)
    assert found.statistic == pytest.approx(expected["statistic"], rel=1e-12)
    assert found.p_value == pytest.approx(expected["p"], rel=1e-10)
    assert np.exp(odds_ratio(table(name)).estimate) == pytest.approx(expected["or"], rel=1e-12)
    if expected["ci"][0] is not None:  # R's integers overflow with bcg
        limits = np.exp(odds_ratio(table(name)).interval())
        np.testing.assert_allclose(limits, expected["ci"], rtol=1e-11)


@pytest.mark.parametrize("name", SETS)
def test_peto(name: str) -> None:
    found, expected = peto(table(name)), R[name]["peto"]
    ours = [found.estimate, found.std_error, *found.interval(), found.p_value]
    np.testing.assert_allclose(
        ours, [expected[key] for key in ("beta", "se", "ci.lb", "ci.ub", "pval")], rtol=1e-11
    )
    q = peto_heterogeneity(table(name))
    assert (q.statistic, q.p_value) == pytest.approx((expected["QE"], expected["QEp"]), rel=1e-10)


def test_person_time() -> None:
    d, expected = two_rates(), R["nielweise2008"]
    for measure, function in (("IRR", rate_ratio), ("IRD", rate_difference)):
        found, theirs = function(d), expected[f"MH.{measure}"]
        ours = [found.estimate, found.std_error, *found.interval(), found.p_value]
        names = ("beta", "se", "ci.lb", "ci.ub", "pval")
        np.testing.assert_allclose(ours, [theirs[key] for key in names], rtol=1e-11)
    test = rates_test(d)
    theirs = expected["MH.IRR"]
    assert (test.statistic, test.p_value) == pytest.approx((theirs["MH"], theirs["MHp"]), rel=1e-11)


@pytest.mark.parametrize("model", ["fixed-studies", "conditional-approximate"])
def test_profiles_away_from_the_boundary(model: Model) -> None:
    """Where tau is well above 0 all along, the limits are those that the mixed models' own profile has."""
    found = pool_odds_ratios(table("bcg"), model=model)
    contrast = np.eye(found.fit.model.size)[found.place]
    assert found.profile_interval() == pytest.approx(profile_limits(found.fit, contrast, 0.95), rel=1e-6)
    interval = found.tau2_interval()
    low, high = deviation_limits(found.fit, found.term, 0, 0.95)
    assert (interval.low, interval.high) == pytest.approx((low**2, high**2), rel=1e-6)
