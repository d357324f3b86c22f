"""Pooling against metafor: every estimator of tau squared with every test; and what must not matter."""

from pathlib import Path

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.meta.heterogeneity import ESTIMATORS, heterogeneity
from mmstats.meta.heterogeneity_interval import profile, q_profile
from mmstats.meta.pooling import Prediction, pool
from mmstats.meta.weighted import orthonormal_studies
from tests.meta.shared import TAU2, TESTS, UNIVARIATE, expected, known, material

# The reference stops its search for ML, REML and EB a little early: its own estimating equation is off by up
# to 1e-9 there (raudenbush1985), ours by less than 1e-12, as tested below.
CLOSE = 1e-8
BCG = (
    np.array([-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713]),
    np.array([0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730]),
)


@pytest.mark.parametrize("name", UNIVARIATE)
@pytest.mark.parametrize("estimator", TAU2)
def test_agrees_with_metafor(references: Path, name: str, estimator: str) -> None:
    effects, variances, columns, names = material(references, name)
    reference = expected(references, name)[estimator]
    for short, test in TESTS.items():
        found = pool(effects, variances, columns, names, tau2=TAU2[estimator], test=test)
        theirs = reference[short]
        assert found.coefficients == pytest.approx(known([theirs["b"][name] for name in names]), rel=CLOSE)
        assert found.std_errors == pytest.approx(known(theirs["se"]), rel=CLOSE)
        assert found.tau2 == pytest.approx(theirs["tau2"], rel=CLOSE)
        for ours, value in (
            (found.i2(), theirs["I2"]),
            (found.h2(), theirs["H2"]),
            (found.q, theirs["QE"]),
            (found.q_p_value, theirs["QEp"]),
            (found.log_likelihood(restricted=False), theirs["fit.stats"]["ML"]["ll"]),
            (found.log_likelihood(restricted=True), theirs["fit.stats"]["REML"]["ll"]),
            (found.scale, theirs["s2w"]),
        ):
            assert ours == pytest.approx(value, rel=CLOSE)
        statistic, df, df2, p_value = found.moderators()
        assert (statistic, p_value) == pytest.approx((theirs["QM"], theirs["QMp"]), rel=CLOSE)
        assert [df, None if np.isinf(df2) else df2] == theirs["QMdf"]
        if theirs["se.tau2"] is not None:
            assert found.between.std_error[0] == pytest.approx(theirs["se.tau2"], rel=CLOSE)
        if theirs["R2"] is not None:
            assert found.r2 == pytest.approx(theirs["R2"], rel=CLOSE)


KINDS: dict[str, Prediction] = {"pred": "as-tested", "pred_riley": "riley"}


@pytest.mark.parametrize("name", UNIVARIATE)
@pytest.mark.parametrize("estimator", [one for one in TAU2 if one != "EE"])
def test_predictions_agree_with_metafor(references: Path, name: str, estimator: str) -> None:
    effects, variances, columns, names = material(references, name)
    reference = expected(references, name)[estimator]
    for short, test in TESTS.items():
        found = pool(effects, variances, columns, names, tau2=TAU2[estimator], test=test)
        for key, kind in KINDS.items():
            theirs = reference[f"z_{key}"] if short == "z" else reference[short][key]
            ours = [
                found.predict(row, prediction=kind) for row in (columns if len(names) > 1 else columns[:1])
            ]
            for field, other in (
                ("estimate", "pred"),
                ("std_error", "se"),
                ("conf_low", "ci.lb"),
                ("conf_high", "ci.ub"),
                ("prediction_low", "pi.lb"),
                ("prediction_high", "pi.ub"),
            ):
                values = [getattr(one, field) for one in ours]
                assert values == pytest.approx(known(theirs[other]), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", UNIVARIATE)
@pytest.mark.parametrize("estimator", ["DL", "REML", "ML"])
def test_intervals_of_tau2_agree_with_metafor(references: Path, name: str, estimator: str) -> None:
    effects, variances, columns, names = material(references, name)
    found = pool(effects, variances, columns, names, tau2=TAU2[estimator], test="z")
    reference = expected(references, name)[estimator]
    limits = q_profile(found)
    assert [limits.low, limits.high] == pytest.approx(known(reference["confint_QP"]["tau^2"][1:]), rel=CLOSE)
    if estimator != "DL":
        limits = profile(found)
        assert [limits.low, limits.high] == pytest.approx(
            known(reference["confint_PL"]["tau^2"][1:]), rel=CLOSE
        )


@pytest.mark.parametrize("method", ESTIMATORS)
@pytest.mark.parametrize("name", UNIVARIATE)
def test_estimating_equations_are_solved(references: Path, name: str, method: str) -> None:
    effects, variances, *_ = material(references, name)
    found = heterogeneity(orthonormal_studies(effects, variances), method)
    assert found.certified[0]
    assert abs(found.gradient[0]) < 1e-12


@pytest.mark.parametrize("method", ESTIMATORS)
def test_order_units_and_signs_do_not_matter(method: str) -> None:
    effects, variances = BCG
    first = pool(effects, variances, tau2=method)  # type: ignore[arg-type]
    order = np.random.default_rng(1).permutation(len(effects))
    for c in (1e8, -1e-8):
        other = pool(c * effects[order], c**2 * variances[order], tau2=method)  # type: ignore[arg-type]
        assert other.tau2 == pytest.approx(c**2 * first.tau2, rel=1e-9, abs=1e-300)
        assert other.coefficients == pytest.approx(c * first.coefficients, rel=1e-9)
        assert other.std_errors == pytest.approx(abs(c) * first.std_errors, rel=1e-9)
        assert other.i2() == pytest.approx(first.i2(), rel=1e-9)
    moved = pool(effects + 5, variances, tau2=method)  # type: ignore[arg-type]
    assert moved.tau2 == pytest.approx(first.tau2, rel=1e-9)
    assert moved.coefficients - 5 == pytest.approx(first.coefficients, rel=1e-9)


@pytest.mark.parametrize("method", [name for name in ESTIMATORS if name not in ("sj", "common")])
def test_equal_effects_have_no_heterogeneity(method: str) -> None:
    found = pool(np.full(6, 0.3), BCG[1][:6], tau2=method)  # type: ignore[arg-type]
    assert found.tau2 == 0
    assert found.coefficients[0] == pytest.approx(0.3)


def test_many_studies_recover_the_truth() -> None:
    rng = np.random.default_rng(3)
    variances = rng.uniform(0.01, 0.2, 10_000)
    effects = 0.4 + np.sqrt(0.09 + variances) * rng.standard_normal(10_000)
    for method in (
        name for name in ESTIMATORS if name not in ("common", "sj")
    ):  # sj begins too high, and stays
        found = pool(effects, variances, tau2=method)  # type: ignore[arg-type]
        assert found.tau2 == pytest.approx(0.09, abs=4 * float(found.between.std_error[0]))
        assert found.coefficients[0] == pytest.approx(0.4, abs=4 * found.std_errors[0])


def test_intervals_nest_and_agree_with_p() -> None:
    found = pool(*BCG)
    wide, narrow = (found.predict(np.ones(1), level=level) for level in (0.99, 0.9))
    assert wide.conf_low < narrow.conf_low < narrow.conf_high < wide.conf_high
    p_value = found.moderators()[3]
    limit = found.predict(np.ones(1), level=1 - p_value)
    assert min(abs(limit.conf_low), abs(limit.conf_high)) == pytest.approx(0, abs=1e-9)


def test_one_study_is_its_own_common_effect() -> None:
    found = pool(np.array([0.4]), np.array([0.04]), tau2="common", test="z")
    assert (found.coefficients[0], found.std_errors[0]) == pytest.approx((0.4, 0.2))
    with pytest.raises(NotEstimableError, match="There is 1 study for 1 coefficient; this model needs 2"):
        pool(np.array([0.4]), np.array([0.04]))


def test_two_studies() -> None:
    found = pool(np.array([0.1, 0.7]), np.array([0.04, 0.04]), tau2="dl", test="z")
    assert found.q == pytest.approx(0.36 / 0.08)
    assert found.tau2 == pytest.approx(0.18 - 0.04)
    assert found.coefficients[0] == pytest.approx(0.4)


def test_every_problem_is_named() -> None:
    with pytest.raises(NotEstimableError) as caught:
        pool(np.array([0.1, np.nan, 0.3]), np.array([0.0, 0.1, -1.0]))
    assert [problem[:8] for problem in caught.value.problems] == ["Study 1:", "Study 2:", "Study 3:"]


def test_where_q_is_below_its_range_no_variance_is_left() -> None:
    found = pool(np.array([0.30, 0.31, 0.29, 0.30, 0.30]), np.full(5, 1.0), tau2="dl")
    limits = q_profile(found)
    assert (limits.low, limits.high) == (0, 0)
    assert "less than sampling alone" in limits.note
