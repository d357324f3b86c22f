"""Two stages, alone and beside one."""

from typing import Any

import numpy as np
import pytest
from scipy import optimize

from mmstats.errors import NotEstimableError
from mmstats.meta.cohort_least_squares import cohort_least_squares
from mmstats.meta.one_stage import one_stage
from mmstats.meta.pooling import pool
from mmstats.meta.sufficient import statistics
from mmstats.meta.two_stage import side_by_side, two_stage
from tests.meta.cohorts import NAMES, drawn_rows, reference_rows, summaries
from tests.meta.test_one_stage import two_random

MODEL: dict[str, Any] = {"common": ("group",), "own": ("baseline",)}


def test_the_first_stage_is_least_squares_of_each_cohorts_rows() -> None:
    rows = reference_rows()
    found = two_stage(summaries(rows), **MODEL)
    for place, own in enumerate(rows.values()):
        design = np.column_stack([np.ones(len(own)), own[:, :2]])
        beta, squares, *_ = np.linalg.lstsq(design, own[:, 2], rcond=None)
        variance = squares[0] / (len(own) - 3)
        assert found.estimates[place, 0] == pytest.approx(beta[2], rel=1e-10)
        wanted = variance * np.linalg.inv(design.T @ design)[2, 2]
        assert found.covariances[place, 0, 0] == pytest.approx(wanted, rel=1e-10)
    pooled = pool(found.estimates[:, 0], found.covariances[:, 0, 0])
    assert found.of("group").coefficients[0] == pooled.coefficients[0]
    assert found.of("group").tau2 == pooled.tau2


def test_both_agree_where_they_suppose_the_same() -> None:
    """With one effect and one residual variance, either is least squares of all rows."""
    parts = summaries(reference_rows())
    one = one_stage(parts, **MODEL, residual="common")
    two = two_stage(parts, **MODEL, residual=one.residual_sds**2, tau2="common", test="z")
    least = cohort_least_squares(parts, **MODEL)
    assert one.row("group")[:2] == pytest.approx(least["group"], rel=1e-10)
    assert two.of("group").coefficients[0] == pytest.approx(least["group"][0], rel=1e-10)
    assert two.of("group").std_errors[0] == pytest.approx(least["group"][1], rel=1e-10)
    row = side_by_side(one, two)[0]
    assert abs(row.difference) < 1e-10
    assert row.reasons == (
        "Intervals are by Kenward and Roger in one stage, and by the normal distribution in two.",
    )


def test_with_known_residual_variances_one_stage_is_the_usual_meta_analysis() -> None:
    parts = summaries(reference_rows())
    two = two_stage(parts, **MODEL, test="z")
    joint = two.joint
    assert joint.coefficients[0] == pytest.approx(two.of("group").coefficients[0], rel=1e-10)
    assert joint.random_covariance[0, 0] == pytest.approx(two.of("group").tau2, rel=1e-8)
    assert joint.found.covariance[0, 0] ** 0.5 == pytest.approx(two.of("group").std_errors[0], rel=1e-9)


def test_the_joint_average_is_that_of_a_multivariate_normal() -> None:
    rows, _ = two_random()
    parts = {
        name: statistics(own[:, [0, 1, 3, 2]], ("baseline", "group", "dose", "score"))
        for name, own in rows.items()
    }
    two = two_stage(parts, common=("group", "dose"), own=("baseline",))

    def deviance(point: np.ndarray) -> float:
        factor = np.array([[point[0], 0.0], [point[1], point[2]]])
        inverses = [np.linalg.inv(own + factor @ factor.T) for own in two.covariances]
        information = sum(inverses)
        right = sum(w @ b for w, b in zip(inverses, two.estimates, strict=True))
        beta = np.linalg.solve(information, right)
        left = [(b - beta) @ w @ (b - beta) for w, b in zip(inverses, two.estimates, strict=True)]
        logs = -sum(np.linalg.slogdet(w)[1] for w in inverses)
        return float(logs + np.linalg.slogdet(information)[1] + sum(left))

    best = optimize.minimize(deviance, [1.0, 0.1, 1.0], method="BFGS", options={"gtol": 1e-7})
    factor = np.array([[best.x[0], 0.0], [best.x[1], best.x[2]]])
    # BFGS by differences knows the minimum to about the root of machine precision
    assert two.joint.random_covariance == pytest.approx(factor @ factor.T, rel=1e-4, abs=1e-5)
    ours = two.joint.factor[np.tril_indices(2)]
    assert deviance(ours) <= best.fun + 1e-9


def test_side_by_side_says_why_they_differ() -> None:
    parts = summaries(reference_rows())
    healthy = drawn_rows(9)["A"][::2]
    parts["G"] = statistics(healthy, NAMES)
    one, two = one_stage(parts, **MODEL, random=("group",)), two_stage(parts, **MODEL, tau2="dl")
    assert list(two.left_out) == ["G"]
    row = side_by_side(one, two)[0]
    assert row.one_stage == one.row("group")
    assert row.two_stage[0] == two.of("group").coefficients[0]
    assert row.two_stage[3] < row.two_stage[0] < row.two_stage[4]
    assert row.one_stage_sd == pytest.approx(one.random_covariance[0, 0] ** 0.5)
    assert row.two_stage_sd == pytest.approx(two.of("group").tau2 ** 0.5)
    assert [reason.split()[0] for reason in row.reasons] == ["G", "One", "The", "Intervals"]
    assert "by REML in one stage, and by DL in two" in row.reasons[2]
    fixed = side_by_side(one_stage(parts, **MODEL), two)[0]
    assert any("differs between cohorts in two stages only" in reason for reason in fixed.reasons)
    assert fixed.one_stage_sd == 0


def test_several_coefficients_are_said_to_be_joint() -> None:
    rows, model = two_random()
    parts = {
        name: statistics(own[:, [0, 1, 3, 2]], ("baseline", "group", "dose", "score"))
        for name, own in rows.items()
    }
    found = side_by_side(
        one_stage(parts, **model), two_stage(parts, common=model["common"], own=model["own"])
    )
    assert [row.name for row in found] == ["group", "dose"]
    assert any("jointly with dose" in reason for reason in found[0].reasons)


def test_no_cohort_that_tells_is_refused_with_all_reasons() -> None:
    healthy = {name: own[own[:, 1] == 0] for name, own in drawn_rows(1).items()}
    with pytest.raises(NotEstimableError) as failed:
        two_stage(summaries(healthy), **MODEL)
    assert len(failed.value.problems) == 4


def test_the_order_of_cohorts_does_not_matter() -> None:
    parts = summaries(reference_rows())
    one, two = two_stage(parts, **MODEL), two_stage(dict(reversed(parts.items())), **MODEL)
    assert two.of("group").coefficients == pytest.approx(one.of("group").coefficients, rel=1e-12)
    assert two.estimates[::-1] == pytest.approx(one.estimates, rel=1e-12)
