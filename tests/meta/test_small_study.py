"""Small-study effects, and trim and fill, against metafor."""

from pathlib import Path

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import pool
from mmstats.meta.small_study import Predictor, classical_test, meta_regression_test, rank_test
from mmstats.meta.trim_and_fill import trim_and_fill
from tests.meta.shared import expected, known, material

NAMES = ("bcg", "normand1999", "raudenbush1985")
CLOSE = 1e-8


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("predictor", "short"), [("std-error", "sei"), ("variance", "vi")])
def test_regressions_agree_with_metafor(
    references: Path, name: str, predictor: Predictor, short: str
) -> None:
    effects, variances, *_ = material(references, name)
    reference = expected(references, name)
    for function, model in ((meta_regression_test, "rma"), (classical_test, "lm")):
        found = function(effects, variances, predictor=predictor)
        theirs = reference[f"regtest_{model}_{short}"]
        assert found.statistic == pytest.approx(theirs["zval"], rel=CLOSE)
        assert found.p_value == pytest.approx(theirs["pval"], rel=CLOSE)
        assert [found.limit, found.limit_low, found.limit_high] == pytest.approx(
            [theirs["est"], theirs["ci.lb"], theirs["ci.ub"]], rel=CLOSE
        )


@pytest.mark.parametrize("name", NAMES)
def test_ranks_agree_with_metafor(references: Path, name: str) -> None:
    effects, variances, *_ = material(references, name)
    theirs = expected(references, name)["ranktest"]
    found = rank_test(effects, variances)
    assert (found.tau, found.p_value) == pytest.approx((theirs["tau"], theirs["pval"]), rel=1e-10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("estimator", ["L0", "R0", "Q0"])
@pytest.mark.parametrize(("model", "tau2"), [("REML", "reml"), ("DL", "dl"), ("FE", "common")])
def test_trim_and_fill_agrees_with_metafor(
    references: Path, name: str, estimator: str, model: str, tau2: str
) -> None:
    effects, variances, *_ = material(references, name)
    theirs = expected(references, name)[f"trimfill_{estimator}_{model}"]
    found = trim_and_fill(
        pool(effects, variances, tau2=tau2, test="z"),  # type: ignore[arg-type]
        estimator=estimator.lower(),  # type: ignore[arg-type]
    )
    # the reference's last search stops early: its tau squared is off by up to 1e-4 of itself (raudenbush1985)
    close = 1e-4 if model == "REML" else 1e-10
    assert (found.missing, found.side) == (theirs["k0"], theirs["side"])
    assert found.std_error == pytest.approx(theirs["se.k0"], rel=1e-10)
    assert found.pooled.coefficients[0] == pytest.approx(theirs["beta"], rel=close)
    assert found.pooled.std_errors[0] == pytest.approx(theirs["se"], rel=close)
    if model != "REML":
        assert np.sort(found.effects) == pytest.approx(np.sort(known(theirs["yi"])), rel=1e-10)
    assert found.pooled.between.certified[0]


def test_the_other_sign_mirrors_everything(references: Path) -> None:
    effects, variances, *_ = material(references, "bcg")
    one, other = (trim_and_fill(pool(sign * effects, variances)) for sign in (1, -1))
    assert (one.missing, one.side, other.side) == (other.missing, "right", "left")
    assert one.effects == pytest.approx(-other.effects)
    first, second = (meta_regression_test(sign * effects, variances) for sign in (1, -1))
    assert (first.slope, first.p_value) == pytest.approx((-second.slope, second.p_value))


def test_order_and_unit_do_not_matter(references: Path) -> None:
    effects, variances, *_ = material(references, "bcg")
    order = np.random.default_rng(4).permutation(len(effects))
    one = classical_test(effects, variances)
    other = classical_test(100 * effects[order], 1e4 * variances[order])
    assert (other.slope, other.p_value) == pytest.approx((one.slope, one.p_value))
    assert other.limit == pytest.approx(100 * one.limit)
    assert rank_test(effects[order], variances[order]).p_value == pytest.approx(
        rank_test(effects, variances).p_value
    )


def test_even_studies_are_refused() -> None:
    effects, variances = np.array([0.1, 0.5, 0.3, 0.4]), np.full(4, 0.1)
    for function in (meta_regression_test, classical_test):
        with pytest.raises(NotEstimableError, match="equally precise"):
            function(effects, variances)
    with pytest.raises(NotEstimableError, match="say where some are missing"):
        trim_and_fill(pool(effects, variances))
    with pytest.raises(NotEstimableError, match="three are needed"):
        rank_test(effects[:2], variances[:2])


def test_studies_that_cannot_be_are_named_before_any_root_is_taken() -> None:
    effects, variances = np.array([0.1, 0.5, 0.3, np.nan]), np.array([0.1, -0.2, 0.3, 0.4])
    for function in (meta_regression_test, classical_test, rank_test):
        with pytest.raises(NotEstimableError) as error:
            function(effects, variances)
        assert [text.split(":")[0] for text in error.value.problems] == ["Study 2", "Study 4"]


def test_sizes_that_cannot_be_are_named() -> None:
    effects, variances = np.array([0.1, 0.5, 0.3, 0.4]), np.array([0.1, 0.2, 0.3, 0.4])
    with pytest.raises(NotEstimableError) as error:
        classical_test(effects, variances, predictor="inverse-size", sizes=np.array([10.0, 0.0, np.inf, 5.0]))
    assert [text.split(":")[0] for text in error.value.problems] == ["Study 2", "Study 3"]
    with pytest.raises(NotEstimableError, match="equally large"):
        classical_test(effects, variances, predictor="inverse-size", sizes=np.full(4, 10.0))


def test_effects_on_a_line_have_no_standard_error() -> None:
    """Residuals that are rounding measure nothing; with the normal distribution variances do."""
    variances = np.array([0.1, 0.2, 0.3, 0.4])
    effects = 0.2 + 0.5 * np.sqrt(variances)
    with pytest.raises(NotEstimableError, match="on a line exactly"):
        classical_test(effects, variances)
    assert meta_regression_test(effects, variances).slope == pytest.approx(0.5)


def test_effects_that_are_the_same_but_for_rounding_have_no_order() -> None:
    effects, variances = 0.3 * (1 + 2.2e-16 * np.arange(5.0)), np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    assert np.isnan(rank_test(effects, variances).tau)
    assert trim_and_fill(pool(effects, variances)).missing == 0
