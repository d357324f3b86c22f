"""Two one-sided tests of whether a quantity lies within bounds that were set before."""

from collections.abc import Iterator
from dataclasses import replace
from math import isnan
from typing import NamedTuple

from mmstats.errors import MmstatsError
from mmstats.estimate import Estimate

NO_BOUNDS = "No bounds were given, so nothing is tested: set low and high."


class Tail(NamedTuple):
    """A one-sided test: its statistic, NaN if it has none, and its p value."""

    statistic: float
    p_value: float


def check_bounds(low: float, high: float, *, most: float = float("inf")) -> bool:
    """Return whether bounds were given.

    Raises
    ------
    MmstatsError
        If one is missing, they are not in order, or a bound is not between `-most` and `most`.
    """
    if isnan(low) and isnan(high):
        return False
    if not -most < low < high < most:
        reach = "" if most == float("inf") else f", both between {-most:g} and {most:g}"
        raise MmstatsError(
            f"The bounds must have low below high{reach}; low is {low:g} and high is {high:g}."
        )
    return True


def two_one_sided(
    base: Estimate, bounds: tuple[float, float], above: Tail, below: Tail
) -> Iterator[Estimate]:
    """Yield the estimate with the larger of two one-sided p values, then each of the two tests.

    Parameters
    ----------
    base : Estimate
        With its interval at level 1 - 2 alpha, and its degrees of freedom.
    bounds : (float, float)
    above, below : Tail
        The tests that the quantity lies above the lower and below the upper bound.

    References: schuirmann1987.
    """
    low, high = bounds
    worse = max(above, below, key=lambda tail: tail.p_value)
    yield replace(base, statistic=worse.statistic, p_value=worse.p_value)
    alone = Estimate(quantity=base.quantity, estimate=base.estimate, df=base.df, n=base.n)
    for term, tail in ((f"above {low:g}", above), (f"below {high:g}", below)):
        yield replace(alone, term=term, statistic=tail.statistic, p_value=tail.p_value)
