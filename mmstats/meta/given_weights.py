"""Pooling with weights that do not depend on the effects, and the tau squared that goes with them."""

from dataclasses import dataclass
from math import inf

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.heterogeneity import moment_estimate
from mmstats.meta.pooling import Pooled, Test, pool
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class GivenWeights:
    """An average, or a regression, with given weights.

    Parameters
    ----------
    coefficients : float array, shape (p,)
    covariance : float array, shape (p, p)
        With any weights, of effects that vary by variance + tau squared.
    tau2, tau2_std_error : float
        What makes Q with these weights its own expectation.
    scale : float
        What Hartung and Knapp multiply the covariance by.
    df : float
        Infinite for the normal distribution.
    """

    coefficients: FloatArray
    covariance: FloatArray
    tau2: float
    tau2_std_error: float
    scale: float
    df: float

    @property
    def std_errors(self) -> FloatArray:
        """Shape (p,)."""
        return np.sqrt(np.diag(self.covariance))


def pool_by_weights(pooled: Pooled, weights: FloatArray, *, test: Test = "hartung-knapp") -> GivenWeights:
    """Return the pooling of the same studies with given weights.

    Weights by the inverse of estimated variances are correlated with effects in some measures; those by
    participants, or the same for all, are not.

    Parameters
    ----------
    pooled : Pooled
        For its effects, variances and columns.
    weights : float array, shape (k,)
    test : {"z", "t", "hartung-knapp", "hartung-knapp-ad-hoc"}

    Raises
    ------
    NotEstimableError
        If weights are not above 0 and finite, or as many coefficients as studies leave no Q.

    References: dersimonian2007.

    Examples
    --------
    >>> found = pool_by_weights(pool(np.array([0.1, 0.5, 0.4]), np.array([0.04, 0.02, 0.05])), np.ones(3))
    >>> found.coefficients.round(4).tolist(), found.std_errors.round(4).tolist()
    ([0.3333], [0.1263])
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.shape != pooled.effects.shape or not (np.isfinite(w) & (w > 0)).all():
        raise NotEstimableError(f"Weights must be {pooled.count} finite numbers above 0.")
    if not pooled.residual_df:
        raise NotEstimableError("As many coefficients as studies leave no Q, so tau squared is unknown.")
    unit = float(np.sqrt(pooled.variances.mean()))
    scaled = pool(pooled.effects / unit, pooled.variances / unit**2, pooled.design, pooled.names, tau2="dl")
    between = moment_estimate(scaled.studies, w / w.mean())
    tau2 = float(between.tau2[0]) * unit**2
    x, total = pooled.studies.design, pooled.variances + tau2
    bread = np.linalg.inv(x.T * w @ x)
    half = pooled.back @ bread @ (x.T * w)
    covariance = (half * total) @ half.T
    optimal = pooled.studies.weighted(tau2)
    scale = 1.0 if test in ("z", "t") else float(optimal.q[0]) / pooled.residual_df
    scale = max(scale, 1.0) if test == "hartung-knapp-ad-hoc" else scale
    df = inf if test == "z" else float(pooled.residual_df)
    error = float(between.std_error[0]) * unit**2
    return GivenWeights(half @ pooled.effects, scale * covariance, tau2, error, scale, df)
