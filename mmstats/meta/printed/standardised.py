"""Standardised mean differences from t, F or p of the comparison of two groups."""

from math import sqrt

import numpy as np

from mmstats.meta.measures.small_sample import small_sample_factors
from mmstats.meta.printed.converted import (
    Alternative,
    Converted,
    Direction,
    demand,
    participants,
    t_from_p,
)


def standardised_from_t(t_value: float, n1: int, n2: int) -> tuple[Converted, Converted]:
    """Return Hedges' g and its variance from Student's t of two independent groups.

    Examples
    --------
    >>> g, variance = standardised_from_t(2.5, 20, 20)
    >>> round(g.value, 4), round(variance.value, 4)
    (0.7748, 0.1075)
    """
    return _standardised(t_value, n1, n2, f"t = {t_value:.15g}")


def standardised_from_f(
    f_value: float, n1: int, n2: int, *, direction: Direction
) -> tuple[Converted, Converted]:
    """Return Hedges' g and its variance from the F of two independent groups, which has no sign of its own.

    Examples
    --------
    >>> round(standardised_from_f(6.25, 20, 20, direction="negative")[0].value, 4)
    -0.7748
    """
    demand((0 <= f_value < float("inf"), f"F is {f_value:.15g}; it is 0 or more, and finite."))
    root = sqrt(f_value) if direction == "positive" else -sqrt(f_value)
    return _standardised(root, n1, n2, f"F = {f_value:.15g} and a {direction} sign")


def standardised_from_p(
    p: float, n1: int, n2: int, *, direction: Direction, alternative: Alternative = "two-sided"
) -> tuple[Converted, Converted]:
    """Return Hedges' g and its variance from the exact p of Student's t test of two independent groups.

    Examples
    --------
    >>> round(standardised_from_p(0.0168535, 20, 20, direction="positive")[0].value, 4)
    0.7748
    """
    demand(*_sizes(n1, n2))
    t_value = t_from_p(p, n1 + n2 - 2, alternative, direction)
    return _standardised(t_value, n1, n2, f"the {alternative} p = {p:.15g} and a {direction} sign")


def _sizes(n1: int, n2: int) -> tuple[tuple[bool, str], ...]:
    return (
        participants("n of the comparison group", n1),
        participants("n of the reference group", n2),
        (n1 + n2 > 3, "the small-sample factor needs four participants or more."),
    )


def _standardised(t_value: float, n1: int, n2: int, source: str) -> tuple[Converted, Converted]:
    demand(*_sizes(n1, n2), (abs(t_value) < float("inf"), f"t is {t_value:.15g}; it is finite."))
    share = 1 / n1 + 1 / n2
    g = float(small_sample_factors(np.array([n1 + n2 - 2.0]))[0]) * t_value * sqrt(share)
    words = f"{source}, n = {n1} and {n2}, supposing equal variances"
    return (
        Converted(g, f"standardised mean difference from {words}"),
        Converted(
            share + g**2 / (2 * (n1 + n2)), f"variance of the standardised mean difference from {words}"
        ),
    )
