"""Adjusted p values, as R's p.adjust gives them."""

import math

import pytest

from mmstats.multiplicity import adjust

P = [0.01, 0.02, 0.03, 0.04, 0.9]


@pytest.mark.parametrize(
    ("method", "expected"),
    [  # R 4.2: p.adjust(c(.01, .02, .03, .04, .9), "holm") and "BH"
        ("holm", [0.05, 0.08, 0.09, 0.09, 0.9]),
        ("bh", [0.05, 0.05, 0.05, 0.05, 0.9]),
    ],
)
def test_agrees_with_r(method: str, expected: list[float]) -> None:
    assert adjust(P, method) == pytest.approx(expected, rel=1e-12)


def test_a_planned_test_that_could_not_be_done_counts_in_the_size_of_the_family() -> None:
    adjusted = adjust([0.01, math.nan, 0.02], "holm")
    assert adjusted[0] == pytest.approx(0.03)
    assert math.isnan(adjusted[1])


def test_an_empty_family_is_empty() -> None:
    assert adjust([], "holm") == []


def test_order_does_not_matter() -> None:
    assert adjust(P[::-1], "bh")[::-1] == adjust(P, "bh")
