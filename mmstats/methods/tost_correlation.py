"""Whether a correlation is negligible."""

from collections.abc import Iterator
from dataclasses import replace
from math import atanh, nan

from mmstats.effects.equivalence import NO_BOUNDS, Tail, check_bounds, two_one_sided
from mmstats.effects.pearson_r import ON_A_LINE, exact_interval, pearson_r, upper_tail
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Ordered
from mmstats.registry import Level, method
from mmstats.samples import sorted_rows

EQUIVALENT_CORRELATION = Quantity("equivalence_of_correlation", "Pearson's r (equivalence)")


@method(title="Equivalence of a correlation", references=("goertzen2010", "schuirmann1987", "hotelling1953"))
def tost_correlation(
    x: Ordered, y: Ordered, *, low: float = nan, high: float = nan, level: Level = 0.9
) -> Iterator[Estimate]:
    """Whether a linear correlation lies within bounds set before, such as -0.3 and 0.3.

    Two one-sided tests by the distribution of r in a bivariate normal population, as in `pearson`, where
    others use Fisher's approximation to it. The first row has r and the larger p value, which is that of the
    whole procedure; the other two have the tests that the correlation is above the lower and below the upper
    bound. The interval lies within the bounds exactly when p is below alpha = (1 - level) / 2.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    low, high : float
        The bounds, correlations between -1 and 1. Without them nothing is tested, and the note says so.
    level : float
        The level of the interval, 1 - 2 alpha: 0.9 for tests at 5 %.

    Raises
    ------
    MmstatsError
        If the bounds are not in order, one is missing, or they are not between -1 and 1.
    NotEstimableError
        If there are fewer than 3 pairs, or `x` or `y` is constant.

    References: goertzen2010, schuirmann1987, hotelling1953.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8]), pd.Series([5.0, 3, 4, 6, 2, 5, 4, 3])
    >>> e = next(tost_correlation(x, y, low=-0.5, high=0.5))
    >>> print(f"{e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f}), p = {e.p_value:.3f}")
    -0.22 (-0.70 to 0.43), p = 0.195
    """
    tested = check_bounds(low, high, most=1)
    pairs = sorted_rows({"x": x, "y": y}, at_least=3)
    r, n = float(pearson_r(*pairs)), len(x)
    base = Estimate(quantity=EQUIVALENT_CORRELATION, estimate=r, n=n)
    if abs(r) > 1 - ON_A_LINE:
        note = "All points lie on one line, so nothing is known about the uncertainty."
        yield replace(base, conf_level=level, interval="exact", note=note)
        return
    limits = exact_interval(r, n, level=level)
    base = replace(base, conf_low=limits[0], conf_high=limits[1], conf_level=level, interval="exact")
    if not tested:
        yield replace(base, note=NO_BOUNDS)
        return
    above, below = upper_tail(atanh(low), atanh(r), n), upper_tail(-atanh(high), -atanh(r), n)
    yield from two_one_sided(base, (low, high), Tail(nan, min(above, 1.0)), Tail(nan, min(below, 1.0)))
