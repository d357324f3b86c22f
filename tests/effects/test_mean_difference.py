import numpy as np
import pytest

from mmstats.effects.mean_difference import (
    centred,
    mean,
    mean_difference,
    pair_differences,
    variance,
    welch_df,
    welch_std_error,
)

# NIST StRD NumAcc4: 10000000.2, then 10000000.1 and 10000000.3 in turn; mean 10000000.2, std. deviation 0.1.
NUMACC4 = np.array([10000000.2] + [10000000.1, 10000000.3] * 500)


def test_nist_numacc4_to_the_digits_its_doubles_hold() -> None:
    assert mean(NUMACC4) == pytest.approx(10000000.2, rel=1e-15)
    assert np.sqrt(variance(NUMACC4)) == pytest.approx(
        0.1, rel=2e-8
    )  # 0.1 beside 1e7: half a spacing is 1e-9


def test_a_large_offset_costs_no_digit() -> None:
    rng = np.random.default_rng(1)
    x, y = (np.rint(rng.normal(0, 300, n)) / 256 for n in (9, 7))
    far = centred(x + 2**40, y + 2**40)
    near = (np.sort(x), np.sort(y))
    for function in (mean_difference, welch_std_error, welch_df):
        assert function(*far) == pytest.approx(function(*near), rel=1e-13)


def test_equal_values_have_exactly_no_variance() -> None:
    values = np.full(3, 0.1)
    assert values.var() > 0  # what summing them would give
    assert variance(values) == 0
    assert mean(values) == 0.1


def test_values_that_differ_by_rounding_only_become_constant() -> None:
    x, y = centred(np.array([0.3, 0.1 + 0.2]), np.array([1.0, 2.0]))
    assert variance(x) == 0
    assert variance(y) == 0.5


def test_pair_differences_are_equal_when_the_decimals_say_so() -> None:
    comparison, reference = np.array([0.3, 0.7, 1.1, 12.4]), np.array([0.2, 0.6, 1.0, 12.3])
    assert len(np.unique(comparison - reference)) > 1
    np.testing.assert_array_equal(pair_differences(comparison, reference), [0.1] * 4)


def test_pair_differences_keep_the_digits_that_a_large_offset_leaves() -> None:
    comparison = 1e9 + np.array([0.123456, 3.765432, -1.234321])
    reference = np.full(3, 1e9)
    np.testing.assert_array_equal(pair_differences(comparison, reference), np.sort(comparison - reference))


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-3, 1.0, 1e17, 1e300])
def test_pair_differences_survive_any_scale(scale: float) -> None:
    x, y = np.array([3.0, 5.0, 8.0]) * scale, np.array([1.0, 5.0, 2.0]) * scale
    np.testing.assert_allclose(pair_differences(x, y), np.array([0.0, 2.0, 6.0]) * scale, rtol=1e-12)


def test_pair_differences_of_nothing_but_zeros() -> None:
    np.testing.assert_array_equal(pair_differences(np.zeros(3), np.zeros(3)), np.zeros(3))
