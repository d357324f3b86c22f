"""What each study does to a pooling, against metafor; and by hand."""

from pathlib import Path

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.meta.influence import cumulative, influence, leave_one_out
from mmstats.meta.permutation import permutation_test
from mmstats.meta.pooling import pool
from tests.meta.shared import UNIVARIATE, expected, known, material

CLOSE = 1e-7  # of the reference's own searches, one for each study left out
FIELDS = {
    "studentised": "rstudent",
    "dffits": "dffits",
    "cooks_distance": "cook.d",
    "covariance_ratio": "cov.r",
    "tau2_without": "tau2.del",
    "q_without": "QE.del",
    "hat": "hat",
    "weights_percent": "weight",
}


@pytest.mark.parametrize("name", UNIVARIATE)
def test_influence_agrees_with_metafor(references: Path, name: str) -> None:
    effects, variances, columns, names = material(references, name)
    reference = expected(references, name)
    found = influence(pool(effects, variances, columns, names, test="z"))
    for ours, theirs in FIELDS.items():
        assert getattr(found, ours) == pytest.approx(known(reference["influence"][theirs]), rel=CLOSE)
    for place, column in enumerate(names):
        assert found.dfbetas[:, place] == pytest.approx(
            known(reference["influence"]["dfbs"][column]), rel=CLOSE
        )
    assert found.standardised == pytest.approx(known(reference["rstandard"]["z"]), rel=CLOSE)
    assert found.influential(len(names)).tolist() == reference["influence"]["is.infl"]


@pytest.mark.parametrize("name", [name for name in UNIVARIATE if name != "bcg_metareg"])
def test_subsets_agree_with_metafor(references: Path, name: str) -> None:
    effects, variances, *_ = material(references, name)
    reference = expected(references, name)
    pooled = pool(effects, variances, test="z")
    # one study alone has no tau squared; metafor says 0
    for found, theirs, first in (
        (leave_one_out(pooled), reference["leave1out"], 0),
        (cumulative(pooled, np.arange(len(effects))), reference["cumul"], 1),
    ):
        for ours, other in (
            ("coefficients", "estimate"),
            ("std_errors", "se"),
            ("conf_low", "ci.lb"),
            ("conf_high", "ci.ub"),
            ("p_value", "pval"),
            ("q", "Q"),
            ("h2", "H2"),
        ):
            values = np.ravel(getattr(found, ours))[first:]
            assert values == pytest.approx(known(theirs[other])[first:], rel=CLOSE, abs=1e-300)
        # where tau squared is all but 0, the reference's search leaves 1e-12 or so
        assert found.tau2[first:] == pytest.approx(known(theirs["tau2"])[first:], rel=CLOSE, abs=1e-11)
    assert not cumulative(pooled, np.arange(len(effects))).determined[0]


def test_leaving_out_is_pooling_the_others() -> None:
    rng = np.random.default_rng(1)
    effects, variances = rng.standard_normal(7), rng.uniform(0.1, 0.6, 7)
    columns = np.column_stack([np.ones(7), rng.standard_normal(7)])
    whole = pool(effects, variances, columns, ("intercept", "x"))
    found = leave_one_out(whole)
    for place in range(7):
        kept = np.arange(7) != place
        alone = pool(effects[kept], variances[kept], columns[kept], ("intercept", "x"))
        assert found.coefficients[place] == pytest.approx(alone.coefficients)
        assert found.std_errors[place] == pytest.approx(alone.std_errors)
        assert found.tau2[place] == pytest.approx(alone.tau2, abs=1e-12)
        assert found.i2[place] == pytest.approx(alone.i2(), abs=1e-9)


def test_a_study_that_a_column_hangs_on_leaves_it_undetermined() -> None:
    effects, variances = np.array([0.1, 0.4, 0.3, 0.9]), np.full(4, 0.1)
    only = np.column_stack([np.ones(4), [0.0, 0, 0, 1]])
    found = leave_one_out(pool(effects, variances, only, ("intercept", "late")))
    assert found.determined.tolist() == [True, True, True, False]
    assert np.isnan(found.coefficients[3]).all()


def test_two_studies_cannot_lose_one() -> None:
    with pytest.raises(NotEstimableError, match="none can be left out"):
        influence(pool(np.array([0.1, 0.5]), np.array([0.1, 0.1])))


def test_exact_permutation_agrees_with_metafor(references: Path) -> None:
    effects, variances, *_ = material(references, "normand1999")
    theirs = expected(references, "normand1999")["permutest_exact"]
    found = permutation_test(
        pool(effects, variances, tau2="dl", test="z"), resamples=600, rng=np.random.default_rng(1)
    )
    assert (found.exact, found.count) == (True, 512)
    assert found.p_values[0] == found.joint_p_value == theirs["pval"]


def test_drawn_permutations_agree_with_all() -> None:
    rng = np.random.default_rng(2)
    effects, variances = 0.4 + 0.5 * rng.standard_normal(8), rng.uniform(0.05, 0.3, 8)
    columns = np.column_stack([np.ones(8), np.arange(8.0)])
    for pooled, count in (
        (pool(effects, variances), 256),
        (pool(effects[:7], variances[:7], columns[:7], ("intercept", "x")), 5040),
    ):
        exact = permutation_test(pooled, resamples=6000, rng=rng)
        drawn = permutation_test(pooled, resamples=count - 1, rng=rng)
        assert (exact.exact, exact.count, drawn.exact) == (True, count, False)
        assert abs(exact.p_values[-1] - drawn.p_values[-1]) < 4 * drawn.mcse[-1]
        assert exact.mcse[-1] == 0


def test_permutation_holds_its_level() -> None:
    rng = np.random.default_rng(3)
    rejected = 0
    for _ in range(400):
        variances = rng.uniform(0.02, 0.5, 7)
        effects = np.sqrt(0.1 + variances) * rng.standard_normal(7)
        found = permutation_test(pool(effects, variances, tau2="dl"), resamples=128, rng=rng)
        rejected += found.p_values[0] <= 0.05
    assert rejected / 400 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert rejected > 4
