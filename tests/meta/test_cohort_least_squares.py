"""Least squares from statistics of cohorts, against R's lm with all rows."""

from typing import Any

import numpy as np
import pytest

from mmstats.errors import NotEstimableError
from mmstats.meta.cohort_least_squares import cohort_least_squares
from mmstats.meta.sufficient import merged, statistics
from tests.meta.cohorts import REFERENCE, drawn_rows, reference_rows, summaries

MODELS: dict[str, dict[str, Any]] = {
    "own slopes": {"common": ("group",), "own": ("baseline",)},
    "own intercepts": {"common": ("baseline", "group")},
    "common": {"common": ("baseline", "group"), "intercepts": "common"},
}


@pytest.mark.parametrize("case", REFERENCE["squares"], ids=lambda case: case["name"])
def test_agrees_with_lm_from_all_rows(case: dict[str, Any]) -> None:
    found = cohort_least_squares(summaries(reference_rows()), **MODELS[case["name"]])
    names = list(found.names)
    order = list(range(len(names)))
    if case["name"] == "own slopes":  # R has the group before the interactions
        order = [*range(6), len(names) - 1, *range(6, len(names) - 1)]
    assert found.coefficients[order] == pytest.approx(case["coefficient"], rel=1e-10)
    assert found.std_errors[order] == pytest.approx(case["std_error"], rel=1e-10)
    assert found.residual_sd == pytest.approx(case["residual_sd"], rel=1e-10)
    assert found.r2 == pytest.approx(case["r2"], rel=1e-10)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_offsets_and_units_change_nothing_but_units(model: dict[str, Any]) -> None:
    plain = cohort_least_squares(summaries(reference_rows()), **model)
    factors, offsets = np.array([2.0**-10, 1.0, 2.0**6]), np.array([2.0**30, 0.0, 2.0**30])
    moved = {name: own * factors for name, own in reference_rows().items()}
    # powers of two, so that the numbers stay the same numbers until the offset of 1e9 rounds them
    rounded = {name: (own + offsets) - offsets for name, own in moved.items()}
    far = cohort_least_squares(summaries({name: own + offsets for name, own in moved.items()}), **model)
    near = cohort_least_squares(summaries(rounded), **model)
    slopes = [at for at, name in enumerate(far.names) if not name.startswith(("cohort", "intercept"))]
    assert far.coefficients[slopes] == pytest.approx(near.coefficients[slopes], rel=1e-10)
    assert far.std_errors[slopes] == pytest.approx(near.std_errors[slopes], rel=1e-10)
    assert (far.residual_sd, far.r2) == pytest.approx((near.residual_sd, near.r2), rel=1e-10)
    assert far["group"] == pytest.approx(tuple(64 * value for value in plain["group"]), rel=1e-4)


def test_the_order_of_cohorts_does_not_matter() -> None:
    parts = summaries(reference_rows())
    one = cohort_least_squares(parts, **MODELS["own slopes"])
    two = cohort_least_squares(dict(reversed(parts.items())), **MODELS["own slopes"])
    for name in one.names:
        assert one[name] == pytest.approx(two[name], rel=1e-12)


def test_one_cohort_of_all_rows_is_the_common_model() -> None:
    parts = summaries(reference_rows())
    one = cohort_least_squares(parts, **MODELS["common"])
    two = cohort_least_squares({"all": merged(list(parts.values()))}, common=("baseline", "group"))
    assert one.coefficients == pytest.approx(two.coefficients, rel=1e-12)
    assert one.covariance == pytest.approx(two.covariance, rel=1e-11)


def test_what_rows_cannot_tell_is_refused_by_name() -> None:
    rows = drawn_rows(5)
    alike = {
        name: np.column_stack([own[:, 0], own[:, 1], 3 - 2 * own[:, 1], own[:, 2]])
        for name, own in rows.items()
    }
    parts = {n: statistics(own, ("baseline", "group", "same", "score")) for n, own in alike.items()}
    with pytest.raises(NotEstimableError, match="same"):
        cohort_least_squares(parts, common=("group", "same"))
    healthy = {name: own[own[:, 1] == 0] for name, own in rows.items()}
    with pytest.raises(NotEstimableError, match="group"):
        cohort_least_squares(summaries(healthy), common=("group",), own=("baseline",))
    with pytest.raises(NotEstimableError, match=r"4 coefficients need more than 4 rows; there are 4\."):
        cohort_least_squares(
            summaries({"A": rows["A"][:2], "B": rows["B"][:2]}), common=("group", "baseline")
        )
    fitted = {name: np.column_stack([own[:, :2], own[:, 1] * 2 + own[:, 0]]) for name, own in rows.items()}
    with pytest.raises(NotEstimableError, match="fits every row exactly"):
        cohort_least_squares(summaries(fitted), common=("group", "baseline"))
