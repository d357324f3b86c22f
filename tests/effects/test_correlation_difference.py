"""Differences of correlations: what cocor prints, and what holds for any."""

import pytest

from mmstats.effects.correlation_difference import (
    correlation_differences,
    together_nonoverlapping,
    together_overlapping,
)

# Printed by cocor 1.1 in the vignette of rmcorr on comparing correlations (distance perception, Twedt).


def test_overlapping_as_cocor_prints() -> None:
    first, second, between = 0.8066, 0.2383, 0.2255
    mean = (first + second) / 2
    difference, q = correlation_differences(
        first,
        second,
        (177, 177),
        n=177,
        together=together_overlapping(first, second, between),
        z_together=together_overlapping(mean, mean, between),
        level=0.95,
        test="steiger",
    )
    assert (difference.conf_low, difference.conf_high) == pytest.approx((0.4288, 0.7139), abs=1e-4)
    assert q.statistic == pytest.approx(8.5460, abs=1e-3)  # of correlations known to 4 digits


def test_nonoverlapping_as_cocor_prints() -> None:
    first, second, cross = 0.8065821, 0.7341831, (0.7355813, 0.7758245, 0.7160551, 0.7575109)
    mean = (first + second) / 2
    difference, q = correlation_differences(
        first,
        second,
        (180, 180),
        n=180,
        together=together_nonoverlapping(first, second, cross),
        z_together=together_nonoverlapping(mean, mean, cross),
        level=0.95,
        test="steiger",
    )
    assert (difference.conf_low, difference.conf_high) == pytest.approx((0.0048, 0.1456), abs=5e-5)
    assert (q.statistic, q.p_value) == pytest.approx((2.0983, 0.0359), abs=5e-5)


def test_a_shared_variable_is_the_limit_of_four() -> None:
    four = together_nonoverlapping(0.5, 0.3, (1.0, 0.3, 0.5, 0.2))
    assert four == pytest.approx(together_overlapping(0.5, 0.3, 0.2))


def test_the_same_two_variables_move_together() -> None:
    assert together_overlapping(0.4, 0.4, 1.0) == pytest.approx(1)
    assert together_nonoverlapping(0.4, 0.4, (1.0, 0.4, 0.4, 1.0)) == pytest.approx(1)
    (difference,) = correlation_differences(
        0.4, 0.4, (20, 20), n=20, together=1, z_together=1, level=0.95, test="steiger"
    )
    assert difference.estimate == 0
    assert "same variables" in difference.note


@pytest.mark.parametrize("together", [-0.9, 0.0, 0.5, 0.99])
def test_exchanging_the_two_reflects_all(together: float) -> None:
    here = list(
        correlation_differences(
            0.95, -0.2, (9, 30), n=39, together=together, z_together=together, level=0.9, test=""
        )
    )
    there = list(
        correlation_differences(
            -0.2, 0.95, (30, 9), n=39, together=together, z_together=together, level=0.9, test=""
        )
    )
    for a, b in zip(here, there, strict=True):
        assert (a.estimate, a.conf_low, a.conf_high) == pytest.approx(
            (-b.estimate, -b.conf_high, -b.conf_low)
        )
        assert a.p_value == pytest.approx(b.p_value)
        assert a.p_value < 0.1


def test_small_p_values_keep_their_digits() -> None:
    difference, _ = correlation_differences(0.99, -0.99, (200, 200), n=400, level=0.95, test="")
    assert 0 <= difference.p_value < 1e-100
