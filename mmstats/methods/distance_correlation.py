"""Distance correlation."""

from collections.abc import Iterator
from math import factorial, isnan, nan, sqrt

import numpy as np

from mmstats.effects import distance_correlation as effect
from mmstats.effects.rank_correlation import MOST_PERMUTED, orders
from mmstats.errors import MmstatsError
from mmstats.estimate import Estimate
from mmstats.kind import Ordered
from mmstats.registry import Random, Resamples, method
from mmstats.samples import sorted_rows


@method(title="Distance correlation", references=("szekely2007", "szekely2013", "szekely2014", "phipson2010"))
def distance_correlation(
    x: Ordered, y: Ordered, *, resamples: Resamples = 9_999, rng: Random = None
) -> Iterator[Estimate]:
    """Dependence of two variables of any form, which is 0 only where they are independent.

    Yields the distance correlation (Székely, Rizzo and Bakirov 2007), between 0 and 1, with the p value of
    its permutation test; then the bias-corrected squared one (Székely and Rizzo 2014), about 0 under
    independence and at times below it, with the p value of its t test, which is an approximation. The first
    is what to report as a test. In small samples it is well above 0 without any dependence, 0.37 on average
    at n = 20, so read the size from the second. Neither has an interval: none is known to keep its level
    near independence.

    The permutation p counts the orders of `y` whose distance covariance is at least as large, all of them
    where they are no more than `resamples` (the note says so), otherwise as many as are drawn: then it is
    (b + 1) / (B + 1).

    Parameters
    ----------
    x, y : Series of float, shape (n,)
    resamples : int
        How many orders are drawn.
    rng : numpy.random.Generator
        What draws them.

    Raises
    ------
    NotEstimableError
        If there are fewer than 4 pairs, or `x` or `y` is constant.

    Notes
    -----
    References: szekely2007, szekely2013, szekely2014, phipson2010.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> x = pd.Series(np.arange(-10.0, 11))
    >>> found = next(distance_correlation(x, x**2, rng=np.random.default_rng(1)))
    >>> f"{found.estimate:.2f}, p = {found.p_value:.3f}"
    '0.49, p = 0.048'
    """
    a, b = sorted_rows({"x": x, "y": y}, at_least=4)
    n = len(a)
    few = n <= MOST_PERMUTED and factorial(n) <= resamples
    p = effect.share_as_large(a, b, orders(n).astype(np.int64) if few else _drawn(n, resamples, rng))
    if not few:
        p = (resamples * p + 1) / (resamples + 1)
    yield Estimate(
        quantity=effect.DISTANCE_CORRELATION,
        estimate=effect.distance_correlation(a, b),
        p_value=p,
        n=n,
        resamples=0 if few else resamples,
        mcse=nan if few else sqrt(p * (1 - p) / resamples),
        note="p is exact." if few else "",
    )
    corrected = effect.bias_corrected(a, b)
    if isnan(corrected) or abs(corrected) > 1 - effect.PERFECT:
        reason = "The distances of x or y are all alike" if isnan(corrected) else "The correlation is perfect"
        note = f"{reason}: there is no t test."
        yield Estimate(quantity=effect.BIAS_CORRECTED, estimate=corrected, n=n, note=note)
        return
    t, df, p = effect.t_test(corrected, n)
    yield Estimate(quantity=effect.BIAS_CORRECTED, estimate=corrected, statistic=t, df=df, p_value=p, n=n)


def _drawn(n: int, count: int, rng: np.random.Generator | None) -> effect.IntArray:
    if rng is None:
        raise MmstatsError(
            "The permutation test draws random numbers, and rng is None. "
            "Give it a seeded generator: rng=numpy.random.default_rng(1)."
        )
    return rng.permuted(np.broadcast_to(np.arange(n), (count, n)), axis=1)
