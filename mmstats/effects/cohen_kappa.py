"""Cohen's kappa of two raters, with or without weights: its value and its two large-sample variances."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
Weights = Literal["linear", "quadratic", "unweighted"]

COHEN_KAPPA = Quantity("cohen_kappa", "Cohen's kappa", null=0)
WEIGHTED_KAPPA = Quantity("weighted_kappa", "Weighted kappa", null=0)
OBSERVED_AGREEMENT = Quantity("observed_agreement", "Observed agreement")
ROUNDING = 1e-14


def agreement_weights(categories: int, weights: Weights) -> FloatArray:
    """Return how far each pair of categories agrees: 1 on the diagonal, 0 for the ends of the scale.

    Examples
    --------
    >>> agreement_weights(3, "quadratic")
    array([[1.  , 0.75, 0.  ],
           [0.75, 1.  , 0.75],
           [0.  , 0.75, 1.  ]])
    """
    if weights == "unweighted":
        return np.eye(categories)
    places = np.arange(categories)
    apart = np.abs(places[:, None] - places) / max(categories - 1, 1)
    return np.asarray(1 - (apart if weights == "linear" else apart**2))


def cohen_kappa(x: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Return kappa over the last axis; NaN where both raters use one category only, the same.

    Parameters
    ----------
    x, y : float array, shape (..., n)
        The place of each rating in the scale, from 0.
    weights : float array, shape (k, k)

    References: cohen1960, cohen1968.

    Examples
    --------
    >>> x, y = np.array([0.0, 0, 1, 2, 2]), np.array([0.0, 1, 1, 2, 1])
    >>> round(float(cohen_kappa(x, y, agreement_weights(3, "linear"))), 4)
    0.5455
    """
    observed = weights[x.astype(np.int64), y.astype(np.int64)].mean(axis=-1)
    expected = np.einsum("...i,ij,...j->...", _shares(x, len(weights)), weights, _shares(y, len(weights)))
    room = np.where(1 - expected > ROUNDING, 1 - expected, np.nan)
    return np.asarray((observed - expected) / room)


def std_errors(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Return the standard error of kappa, and the one it would have if the raters were independent.

    Parameters
    ----------
    x, y : float array, shape (n,)
    weights : float array, shape (k, k)

    References: fleiss1969.
    """
    n, k = len(x), len(weights)
    shares = np.zeros((k, k))
    np.add.at(shares, (x.astype(np.int64), y.astype(np.int64)), 1)
    shares /= n
    first, second = shares.sum(axis=1), shares.sum(axis=0)
    independent = np.outer(first, second)
    expected = float((weights * independent).sum())
    kappa = (float((weights * shares).sum()) - expected) / (1 - expected)
    means = (weights @ second)[:, None] + (first @ weights)[None, :]
    variance = (shares * (weights - means * (1 - kappa)) ** 2).sum() - (kappa - expected * (1 - kappa)) ** 2
    null_variance = (independent * (weights - means) ** 2).sum() - expected**2
    return _root(variance, expected, n), _root(null_variance, expected, n)


def _root(variance: float, expected: float, n: int) -> float:
    return float(np.sqrt(variance / n) / (1 - expected)) if variance > ROUNDING else 0.0


def _shares(values: FloatArray, categories: int) -> FloatArray:
    return np.stack([(values == place).mean(axis=-1) for place in range(categories)], axis=-1)
