"""What is best believed of each study's true effect: its own, drawn towards what all studies predict."""

from dataclasses import dataclass

import numpy as np

from mmstats.meta.pooling import Pooled, quantile
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class Shrunken:
    """Predicted true effects of k studies.

    Parameters
    ----------
    effects, std_errors, low, high : float array, shape (k,)
    """

    effects: FloatArray
    std_errors: FloatArray
    low: FloatArray
    high: FloatArray


def shrunken_effects(pooled: Pooled, *, level: float = 0.95) -> Shrunken:
    """Return the best linear unbiased predictions of the true effects, with tau squared taken as known.

    Parameters
    ----------
    pooled : Pooled
    level : float

    References: raudenbush1985.

    Examples
    --------
    >>> from mmstats.meta.pooling import pool
    >>> found = shrunken_effects(pool(np.array([0.1, 0.5, 0.4, 1.2]), np.array([0.04, 0.02, 0.05, 0.1])))
    >>> found.effects.round(2).tolist()
    [0.21, 0.5, 0.43, 0.86]
    """
    own = pooled.tau2 / (pooled.tau2 + pooled.variances)
    predicted = pooled.design @ pooled.coefficients
    spread = np.einsum("kx,xy,ky->k", pooled.design, pooled.covariance, pooled.design)
    effects = own * pooled.effects + (1 - own) * predicted
    errors = np.sqrt(own * pooled.variances + (1 - own) ** 2 * spread)
    half = -quantile((1 - level) / 2, pooled.df) * errors
    return Shrunken(effects, errors, effects - half, effects + half)
