"""Sufficient statistics: exact where numbers are far from 0, and the same however cohorts are joined."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmstats.errors import NotEstimableError
from mmstats.meta.sufficient import FloatArray, centred_product, merged, split_interaction, statistics
from tests.meta.cohorts import NAMES, drawn_rows, summaries, table

OFFSETS = (0.0, -7.5, 1e9)


def exact(rows: FloatArray) -> tuple[list[Fraction], list[list[Fraction]]]:
    """Return means and centred products without rounding."""
    columns = [[Fraction(float(value)) for value in column] for column in rows.T]
    means = [sum(column, Fraction(0)) / len(column) for column in columns]
    left = [[value - mean for value in column] for column, mean in zip(columns, means, strict=True)]
    products = [[sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0)) for y in left] for x in left]
    return means, products


@pytest.mark.parametrize("offset", OFFSETS)
def test_joined_statistics_are_those_of_exact_arithmetic(offset: float) -> None:
    rows = {name: own + np.array([offset, 0, offset]) for name, own in drawn_rows(1).items()}
    found = merged(list(summaries(rows).values()))
    means, products = exact(table(rows)[0])
    sizes = [float(products[j][j]) ** 0.5 for j in range(3)]
    for j in range(3):
        mean = Fraction(float(found.means[j])) + Fraction(float(found.remainders[j]))
        assert abs(float(mean - means[j])) < 1e-14 * sizes[j]
        for i in range(3):
            assert abs(float(found.products[i, j]) - float(products[i][j])) < 1e-13 * sizes[i] * sizes[j]


def test_plain_sums_of_products_would_lose_all_digits_there() -> None:
    """The offset of 1e9 is a test at all only if the textbook formula fails it."""
    y = drawn_rows(1)["A"][:, 2] + 1e9
    plain = float(y @ y - len(y) * y.mean() ** 2)
    assert abs(plain / statistics(np.column_stack([y, y]), ("a", "b")).products[0, 0] - 1) > 0.1


@given(st.permutations(range(4)), st.integers(0, 2**31))
def test_the_order_of_rows_and_of_cohorts_does_not_matter(order: list[int], seed: int) -> None:
    rows = drawn_rows(2)
    one = merged(list(summaries(rows).values()))
    rng = np.random.default_rng(seed)
    names = list(rows)
    two = merged([statistics(rng.permutation(rows[names[at]]), NAMES) for at in order])
    sizes = one.lengths
    assert np.abs(one.products - two.products).max() <= 1e-13 * np.outer(sizes, sizes).max()
    assert np.abs(one.distance(two)) == pytest.approx(np.zeros(3), abs=1e-13)


def test_units_scale_the_products() -> None:
    rows, factors = drawn_rows(3)["A"], np.array([1e-6, 1.0, 1e5])
    one, two = statistics(rows, NAMES), statistics(rows * factors, NAMES)
    assert two.products / np.outer(factors, factors) == pytest.approx(one.products, rel=1e-12)


def test_one_row_has_no_spread() -> None:
    found = statistics(np.array([[3.0, 1.0, 2.0]]), NAMES)
    assert found.products.tolist() == np.zeros((3, 3)).tolist()
    assert merged([found, found]).products.tolist() == np.zeros((3, 3)).tolist()


@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_the_parts_of_an_interaction_add_up_to_the_product(offset: float) -> None:
    """Within and across cohorts together are the product with the moderator about its mean over all rows."""
    rows = {name: own + np.array([offset, 0, 0]) for name, own in drawn_rows(4).items()}
    whole, codes = table(rows)
    names = ("baseline", "group", "within", "score")
    parts = [
        statistics(
            np.column_stack([own[:, 0], own[:, 1], centred_product(own[:, 1], own[:, 0]), own[:, 2]]), names
        )
        for own in rows.values()
    ]
    split = split_interaction(parts, column="group", moderator="baseline", across="across")
    moderator = whole[:, 0] - offset
    means = np.array([moderator[codes == i].mean() for i in range(4)])[codes]
    across = whole[:, 1] * (means - moderator.mean())
    within = whole[:, 1] * (moderator - means)
    direct = statistics(
        np.column_stack([moderator, whole[:, 1], within, across, whole[:, 2]]), split[0].names
    )
    found = merged(split)
    sizes = np.outer(direct.lengths, direct.lengths)
    assert np.abs(found.products - direct.products).max() < 1e-10 * sizes.max()
    assert found.names == ("baseline", "group", "within", "across", "score")


def test_what_is_wrong_is_said_at_once() -> None:
    with pytest.raises(NotEstimableError) as failed:
        statistics(np.array([[1.0, np.nan], [np.inf, 2.0]]), ("x", "x"))
    assert len(failed.value.problems) == 3
    assert "Row 2: x is inf" in str(failed.value)
    with pytest.raises(NotEstimableError, match="no column 'age'; there are baseline, group, score"):
        summaries(drawn_rows(1))["A"].chosen(["age"])
    with pytest.raises(NotEstimableError, match="Only cohorts with the same columns"):
        summaries(drawn_rows(1))["A"].merged(statistics(np.ones((2, 1)), ("score",)))
    with pytest.raises(NotEstimableError, match="There are no rows"):
        statistics(np.empty((0, 1)), ("score",))
    with pytest.raises(NotEstimableError, match="column 'group' already"):
        summaries(drawn_rows(1))["A"].with_multiple("group", "baseline", 2.0)
