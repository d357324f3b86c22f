"""Whether more studies are significant than their power would have it."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import Pooled
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class ExcessSignificance:
    """The test of excess significance.

    Parameters
    ----------
    observed : int
        Significant studies.
    power : float array, shape (k,)
        The probability that each study is significant, given the pooled effect and tau squared.
    p_value : float
        The probability of as many significant studies or more.
    """

    observed: int
    power: FloatArray
    p_value: float

    @property
    def expected(self) -> float:
        """How many should be significant."""
        return float(self.power.sum())

    @property
    def ratio(self) -> float:
        """Observed over expected."""
        return self.observed / self.expected


def excess_significance(pooled: Pooled, *, alpha: float = 0.05) -> ExcessSignificance:
    """Return Ioannidis and Trikalinos' test, with its exact p.

    Studies count as significant at a two-sided p of `alpha` or less. The number of them is a sum of
    independent trials, each with its own chance.

    References: ioannidis2007.

    Examples
    --------
    >>> from mmstats.meta.pooling import pool
    >>> pooled = pool(np.array([0.6, 0.5, 0.7]), np.array([0.04, 0.05, 0.1]), tau2="dl")
    >>> found = excess_significance(pooled)
    >>> found.observed, round(found.expected, 3), round(found.p_value, 3)
    (3, 2.021, 0.277)
    """
    if len(pooled.names) > 1:
        raise NotEstimableError("Excess significance is of a pooled effect, not of a regression on features.")
    effect, errors = float(pooled.coefficients[0]), np.sqrt(pooled.variances)
    limit = float(stats.norm.isf(alpha / 2)) * errors
    spread = np.sqrt(pooled.variances + pooled.tau2)
    power = stats.norm.cdf((-limit - effect) / spread) + stats.norm.sf((limit - effect) / spread)
    observed = int((np.abs(pooled.effects) >= limit).sum())
    chances = np.ones(1)
    for one in power:
        chances = np.convolve(chances, [1 - one, one])
    return ExcessSignificance(observed, power, float(min(1.0, chances[observed:].sum())))
