"""How many studies without an effect would have to be hidden for a result to go away."""

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import pool
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class FailSafe:
    """A fail-safe number.

    Parameters
    ----------
    studies : int
        0 if there is nothing to go away.
    p_value : float
        Of the studies at hand; NaN for Orwin's.
    """

    studies: int
    p_value: float


def rosenthal(effects: FloatArray, variances: FloatArray, *, alpha: float = 0.05) -> FailSafe:
    """Return how many studies with an average z of 0 raise Stouffer's one-sided p above `alpha`.

    References: rosenthal1979.
    """
    given = pool(effects, variances, tau2="common", test="z")
    z, k = float((given.effects / np.sqrt(given.variances)).sum()), given.count
    found = (z / float(stats.norm.isf(alpha))) ** 2 - k
    return FailSafe(max(0, ceil(found)), float(stats.norm.sf(abs(z) / sqrt(k))))


def orwin(effects: FloatArray, variances: FloatArray, target: float | None = None) -> FailSafe:
    """Return how many studies without an effect bring the common effect, unweighted in number, to a target.

    The target is half of the common effect, in its direction, unless given.

    References: orwin1983.
    """
    mean = float(pool(effects, variances, tau2="common", test="z").coefficients[0])
    target = mean / 2 if target is None else target
    if target == 0 or target * mean < 0:
        raise NotEstimableError(
            f"The target, {target:g}, must be on the side of the common effect, {mean:g}."
        )
    found = len(effects) * (mean - target) / target
    return FailSafe(max(0, ceil(round(found, 9))), float("nan"))


def rosenberg(effects: FloatArray, variances: FloatArray, *, alpha: float = 0.05) -> FailSafe:
    """Return how many studies of average weight without an effect raise the common effect's p above `alpha`.

    The p is two-sided.

    References: rosenberg2005.

    Examples
    --------
    >>> rosenberg(np.array([0.6, 0.5, 0.7]), np.array([0.04, 0.05, 0.1])).studies
    12
    """
    given = pool(effects, variances, tau2="common", test="z")
    z = float(given.coefficients[0] / given.std_errors[0])
    critical = float(stats.norm.isf(alpha / 2))
    found = len(effects) * ((z / critical) ** 2 - 1)
    return FailSafe(max(0, ceil(found)), float(2 * stats.norm.sf(abs(z))))
