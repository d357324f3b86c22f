"""Soft penalties that keep estimates from infinity and from the boundary."""

from math import sqrt

import numpy as np

from mmstats.mixed.generalised.density import FloatArray
from mmstats.mixed.generalised.model import GeneralisedModel


def soft_penalty(model: GeneralisedModel, parameters: FloatArray) -> tuple[float, FloatArray]:
    """Return the soft penalty of a model and its gradient.

    It is c times the sum of half the log determinant of the expected information about the fixed parameters
    without random effects (Jeffreys' prior), and negative Huber losses, with turning point 1, of the log
    diagonals and the other elements of the random terms' Cholesky factors; c = 2 sqrt(p / n). It vanishes
    with the number of rows, while infinite coefficients and zero or infinite variances are out of its reach.

    Parameters
    ----------
    model : GeneralisedModel
    parameters : float array, shape (size,)

    Returns
    -------
    tuple
        The penalty to add to the log likelihood, -inf at the boundary, and its gradient of shape (size,).

    Notes
    -----
    Derived for the Bernoulli logit model; for other families it is the same construction with their own
    information. References: sterzinger2023.
    """
    p, gradient = len(model.names), np.zeros(len(parameters))
    fixed, theta = parameters[:p], parameters[p:]
    diagonal = model.places[:, 1] == model.places[:, 2]
    if not (theta[diagonal] != 0).all():
        return -np.inf, gradient
    scaled = theta.copy()
    scaled[diagonal] = np.log(np.abs(theta[diagonal]))
    predictors = np.einsum("wnp,p->wn", model.wide, fixed) + model.wide_offset
    whole = information(model, fixed)
    sign, size = np.linalg.slogdet(whole)
    if not (sign > 0 and np.isfinite(size)):
        return -np.inf, gradient
    value = float(size) / 2 + float(_negative_huber(scaled).sum())
    inverse = np.linalg.inv(whole)
    kernel = np.einsum("vnp,pq,wnq->vwn", model.wide, inverse, model.wide, optimize=True)
    slope = model.family.information_slope(predictors, kernel)
    gradient[:p] = np.einsum("wnp,wn->p", model.wide, slope) / 2
    slopes = -np.clip(scaled, -1, 1)
    slopes[diagonal] /= theta[diagonal]
    gradient[p:] = slopes
    scale = 2 * sqrt(p / model.rows)
    return scale * value, scale * gradient


def information(model: GeneralisedModel, fixed: FloatArray) -> FloatArray:
    """Return the expected information about the fixed parameters without random effects, shape (p, p)."""
    predictors = np.einsum("wnp,p->wn", model.wide, fixed) + model.wide_offset
    if not (np.diff(predictors, axis=0) > 0).all() and model.levels:
        return np.zeros((len(fixed), len(fixed)))
    weights = model.family.information(predictors)
    half = np.einsum("vwn,wnp->vnp", weights, model.wide)
    return np.asarray(np.einsum("vnq,vnp->qp", model.wide, half))


def _negative_huber(x: FloatArray) -> FloatArray:
    size = np.abs(x)
    return np.where(size > 1, 0.5 - size, -(x**2) / 2)
