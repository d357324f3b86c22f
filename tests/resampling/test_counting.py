"""Counting of subsets against listing them, and units."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from mmstats.resampling.counting import in_units, split_counts, subset_counts, without_rounding

VALUES = np.array([0, 1, 1, 3, 4, 2, 2])


@pytest.mark.parametrize("most", [1, 3, 7])
def test_subsets_are_counted_by_size_and_sum(most: int) -> None:
    found = subset_counts(VALUES, most)
    for size in range(most + 1):
        want = Counter(sum(subset) for subset in combinations(VALUES.tolist(), size))
        assert {s: int(c) for s, c in enumerate(found[size]) if c} == want


@pytest.mark.parametrize("size", [3, 4])
def test_splits_are_counted_with_how_many_are_of_the_comparison_group(size: int) -> None:
    own, other = VALUES[:4], VALUES[4:]
    sums, numbers, counts = split_counts(own, other, size)
    want = Counter(
        (int(VALUES[list(chosen)].sum()), sum(i < 4 for i in chosen))
        for chosen in combinations(range(7), size)
    )
    found = zip(sums.tolist(), numbers.tolist(), counts.tolist(), strict=True)
    assert {(s, k): int(c) for s, k, c in found} == want


@pytest.mark.parametrize("unit", [1.0, 0.1, 0.05, 0.25, 1 / 3, 1e-80, 3e90])
def test_units_are_found(unit: float) -> None:
    multiples = np.array([0, 6, -9, 20, 35])
    found = in_units(multiples * unit)
    assert found is not None
    assert found[0].tolist() == multiples.tolist()
    assert found[1] == pytest.approx(unit)


def test_what_has_no_unit_stays_as_it_is() -> None:
    values = np.sqrt(np.arange(2.0, 9.0))
    assert in_units(values) is None
    assert np.array_equal(without_rounding(values)[0], values)


def test_zeros_have_any_unit() -> None:
    found = in_units(np.zeros(3))
    assert found is not None
    assert not found[0].any()


def test_sums_that_should_be_equal_are() -> None:
    (a, b) = without_rounding(np.array([0.1, 0.2]), np.array([0.30000000000000004, 0.3]))
    assert b[0] == b[1]
    assert a[1] == 2 * a[0]
