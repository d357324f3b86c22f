"""Kruskal and Wallis's H: its value with ties, its exact distribution for few, and epsilon squared."""

from collections.abc import Sequence
from itertools import pairwise
from math import factorial, lcm, nan, prod

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.noncentral_f import noncentral_f_limits
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

KRUSKAL_WALLIS_H = Quantity("kruskal_wallis_h", "Kruskal-Wallis H")
EPSILON_SQUARED = Quantity("epsilon_squared", "Epsilon squared", null=0)
MOST_ARRANGEMENTS = 1_000_000


def h(samples: Sequence[FloatArray]) -> float:
    """Return H corrected for ties, given values that are not all equal.

    Examples
    --------
    >>> round(h([np.array([1.0, 2, 3]), np.array([4.0, 5, 6])]), 4)
    3.8571
    """
    pooled = np.concatenate(samples)
    n, ranks = len(pooled), stats.rankdata(pooled)
    sizes = np.array([len(values) for values in samples])
    sums = np.add.reduceat(ranks, np.cumsum(sizes) - sizes) - sizes * (n + 1) / 2
    total = float(((ranks - (n + 1) / 2) ** 2).sum())
    return (n - 1) * float((sums**2 / sizes).sum()) / total


def arrangements(samples: Sequence[FloatArray]) -> int:
    """Return in how many ways the values can be dealt to groups of these sizes."""
    sizes = [len(values) for values in samples]
    return factorial(sum(sizes)) // prod(map(factorial, sizes))


def epsilon_squared_limits(share: float, sizes: Sequence[int], *, level: float) -> tuple[float, float]:
    """Return limits of epsilon squared, by the noncentral F of the analysis of variance of the ranks.

    Epsilon squared is that analysis's share of explained variance. The limits are drawn out to it where it is
    so small that F is below its lower tail point. NaN where ranks do not vary within groups.

    References: conover1981, steiger1997.

    Examples
    --------
    >>> low, high = epsilon_squared_limits(0.3, (10, 10, 10), level=0.95)
    >>> round(low, 4), round(high, 4)
    (0.0269, 0.4949)
    """
    n, df = sum(sizes), len(sizes) - 1
    df2 = n - len(sizes)
    if df2 < 1 or share > 1 - 1e-12:
        return nan, nan
    f = share / df / ((1 - share) / df2)
    low, high = (limit / (limit + n) for limit in noncentral_f_limits(f, df, df2, level=level))
    return min(low, share), max(high, share)


def exact_p_value(samples: Sequence[FloatArray]) -> float:
    """Return the share of all ways to deal the ranks, ties kept, whose H is as large.

    Counts, for the values one after another, the ways to reach each set of group sizes and rank sums.
    All of it in whole numbers, so that equal values of H are equal.
    """
    sizes = [len(values) for values in samples]
    ranks = [int(rank) for rank in 2 * stats.rankdata(np.concatenate(samples))]
    scale = lcm(*sizes)

    def distance(sums: Sequence[int]) -> int:
        return sum(s * s * (scale // size) for s, size in zip(sums, sizes, strict=True))

    ends = np.cumsum([0, *sizes])
    seen = distance([sum(ranks[a:b]) for a, b in pairwise(ends)])
    groups = range(len(sizes))
    ways: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {((0,) * len(sizes), (0,) * len(sizes)): 1}
    for rank in ranks:
        after: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        for (counts, sums), count in ways.items():
            for g in groups:
                if counts[g] < sizes[g]:
                    key = (
                        tuple(c + (i == g) for i, c in enumerate(counts)),
                        tuple(s + rank * (i == g) for i, s in enumerate(sums)),
                    )
                    after[key] = after.get(key, 0) + count
        ways = after
    extreme = sum(count for (_, sums), count in ways.items() if distance(sums) >= seen)
    return extreme / arrangements(samples)
