"""Columns that depend on others are named, whatever their unit and origin."""

import numpy as np
import pytest

from mmstats.effects.independent_columns import independent
from mmstats.errors import NotEstimableError

RNG = np.random.default_rng(2)
X, Z = RNG.normal(size=(2, 30))
ONES = np.ones(30)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(("unit", "origin"), [(1.0, 0.0), (1e-12, 0.0), (1e9, 0.0), (1.0, 1e6)])
def test_q_and_r_give_the_columns_back(unit: float, origin: float, intercept: bool) -> None:
    matrix = np.column_stack([ONES, unit * X + origin, Z][not intercept :])
    q, r = independent(matrix, ["intercept", "x", "z"][not intercept :], intercept=intercept)
    np.testing.assert_allclose(q.T @ q, np.eye(q.shape[1]), atol=1e-13)
    np.testing.assert_allclose(q @ r, matrix, rtol=1e-13, atol=1e-13 * (unit + origin))
    np.testing.assert_array_equal(np.tril(r, -1), 0)


@pytest.mark.parametrize(
    ("columns", "names", "says"),
    [
        ([X, 5 - 1e9 * X], "x w", "w follows from others, w from x. Leave a term out."),
        ([X, Z, X + Z, X - Z], "x z sum difference", "sum, difference follow from others, sum from x, z."),
        ([X, 0 * X], "x never", "never is the same in every row (a level, or a combination"),
        ([X, 0 * X + 3, 0 * Z], "x one none", "one, none are the same in every row"),
    ],
)
def test_dependent_columns_are_named(columns: list[np.ndarray], names: str, says: str) -> None:
    with pytest.raises(NotEstimableError) as caught:
        independent(np.column_stack([ONES, *columns]), ["intercept", *names.split()], intercept=True)
    assert says in str(caught.value)


def test_more_columns_than_rows_are_refused() -> None:
    with pytest.raises(NotEstimableError, match="3 coefficients need more than 3 rows; there are 3"):
        independent(np.eye(3), list("abc"), intercept=False)
