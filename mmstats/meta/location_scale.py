"""Regression of effects, and of the logarithm of their variance between studies, on features of studies."""

from dataclasses import dataclass
from math import log, pi

import numpy as np

from mmstats.effects.independent_columns import independent
from mmstats.errors import NotEstimableError
from mmstats.meta.pooling import Pooled
from mmstats.meta.weighted import FloatArray

STEPS = 200
SOLVED = 1e-16  # twice the rise of the log likelihood that one more step promises


@dataclass(frozen=True)
class LocationScale:
    """Coefficients of the averages, and of log tau squared.

    Parameters
    ----------
    coefficients, std_errors : float array, shape (p,)
    scale_coefficients, scale_std_errors : float array, shape (q,)
    tau2 : float array, shape (k,)
    log_likelihood : float
        Restricted.
    """

    coefficients: FloatArray
    std_errors: FloatArray
    scale_coefficients: FloatArray
    scale_std_errors: FloatArray
    tau2: FloatArray
    log_likelihood: float


def location_scale(pooled: Pooled, features: FloatArray, names: tuple[str, ...]) -> LocationScale:
    """Return the model in which log tau squared is linear in features of studies, by restricted likelihood.

    Parameters
    ----------
    pooled : Pooled
        For its effects, variances and columns.
    features : float array, shape (k, q)
        The first column constant.
    names : tuple of str, length q

    Raises
    ------
    NotEstimableError
        If columns depend on each other, or the likelihood has no maximum: some tau squared goes to 0.

    References: viechtbauer2022.
    """
    z, triangle = independent(np.asarray(features, dtype=np.float64), names, intercept=True)
    unit = float(pooled.variances.mean())
    start = log(max(pooled.tau2, 0.01 * unit))
    alpha = z.T @ np.full(len(z), start)
    for _ in range(STEPS):
        value, gradient, hessian, _, _ = _at(pooled, z, alpha)
        curvature, axes = np.linalg.eigh(-hessian)
        step = axes @ ((axes.T @ gradient) / np.maximum(np.abs(curvature), 1e-8))
        promised = float(step @ gradient)
        if promised < SOLVED:
            break
        size = 1.0
        while size > 1e-8 and not _at(pooled, z, alpha + size * step)[0] >= value - 1e-13 * abs(value):
            size /= 2
        alpha = alpha + size * step
    else:
        promised = float("inf")
    if not (promised < 1e-8 and curvature.min() > 0):
        raise NotEstimableError(
            "The likelihood rises as tau squared of some studies goes to 0: its regression has no maximum. "
            "Leave features of tau squared out."
        )
    _, _, hessian, coefficients, covariance = _at(pooled, z, alpha)
    back = np.linalg.inv(triangle)
    spread = back @ np.linalg.inv(-hessian) @ back.T
    return LocationScale(
        pooled.back @ coefficients,
        np.sqrt(np.diag(pooled.back @ covariance @ pooled.back.T)),
        back @ alpha,
        np.sqrt(np.diag(spread)),
        np.exp(z @ alpha),
        value - pooled.residual_df / 2 * log(2 * pi),
    )


def _at(
    pooled: Pooled, z: FloatArray, alpha: FloatArray
) -> tuple[float, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the log likelihood but for a constant, its derivatives, and the orthonormal columns' fit."""
    x, y = pooled.studies.design, pooled.effects
    with np.errstate(over="ignore"):
        tau2 = np.exp(z @ alpha)
    total = pooled.variances + tau2
    if not np.isfinite(total).all():
        return -np.inf, np.zeros(len(alpha)), np.eye(len(alpha)), np.zeros(x.shape[1]), np.eye(x.shape[1])
    w = 1 / total
    covariance: FloatArray = np.asarray(np.linalg.inv(x.T * w @ x), dtype=np.float64)
    coefficients = covariance @ (x.T @ (w * y))
    p = np.diag(w) - (w[:, None] * x) @ covariance @ (x.T * w)
    score = w * (y - x @ coefficients)
    value = -0.5 * (np.log(total).sum() - np.linalg.slogdet(covariance)[1] + score @ (y - x @ coefficients))
    slopes = tau2[:, None] * z
    rest = score**2 - np.diag(p)
    pulled = score[:, None] * slopes
    hessian = (
        0.5 * slopes.T @ (p * p) @ slopes - pulled.T @ p @ pulled + 0.5 * (z * (rest * tau2)[:, None]).T @ z
    )
    return float(value), 0.5 * slopes.T @ rest, hessian, coefficients, covariance
