"""Agresti's generalised odds ratio: of pairs that differ, how often the comparison is higher over lower."""

from math import exp, inf, nan

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

GENERALISED_ODDS_RATIO = Quantity("generalised_odds_ratio", "Generalised odds ratio", null=1, ratio=True)


def generalised_odds_ratio(
    comparison: FloatArray, reference: FloatArray, *, level: float
) -> tuple[float, float, float]:
    """Return P(comparison > reference) / P(comparison < reference), and Wald's limits on its logarithm.

    Ties count on neither side. Where one of the two never happens the ratio is 0 or infinite, without limits;
    where neither does, it is undefined.

    Parameters
    ----------
    comparison, reference : float arrays, shapes (n1,) and (n2,)
    level : float

    References: agresti1980.

    Examples
    --------
    >>> ratio, low, high = generalised_odds_ratio(np.array([1.0, 2, 3]), np.array([1.0, 1, 2]), level=0.95)
    >>> ratio, round(low, 3), round(high, 1)
    (5.0, 0.228, 109.5)
    """
    signs = np.sign(np.sort(comparison)[:, None] - np.sort(reference))
    higher, lower = int((signs > 0).sum()), int((signs < 0).sum())
    if higher == 0 or lower == 0:
        return (inf if higher else 0.0 if lower else nan), nan, nan
    # What each value adds to the logarithm, by the delta method for two multinomial samples.
    influence = signs.size * ((signs > 0) / higher - (signs < 0) / lower)
    variance = sum(influence.mean(axis=axis).var() / influence.shape[1 - axis] for axis in (0, 1))
    reach = exp(float(stats.norm.isf((1 - level) / 2)) * float(np.sqrt(variance)))
    ratio = higher / lower
    return ratio, ratio / reach, ratio * reach
