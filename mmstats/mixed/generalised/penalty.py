"""Soft penalties that keep estimates from infinity and from the boundary."""

from math import sqrt

import numpy as np

from mmstats.mixed.generalised.density import FloatArray
from mmstats.mixed.generalised.model import GeneralisedModel


def soft_penalty(model: GeneralisedModel, parameters: FloatArray) -> tuple[float, FloatArray]:
    """Return the soft penalty of a model and its gradient.

    It is c times the sum of half the log determinant of the expected information about the p coefficients
    without random effects (Jeffreys' prior), and negative Huber losses, with turning point 1, of the log
    diagonals and the other elements of the random terms' Cholesky factors; c = 2 sqrt(p / n). It vanishes
    with the number of rows, while infinite coefficients and zero or infinite variances are out of its reach.

    Thresholds, and the size of a negative binomial, are no coefficients: the information is what is left
    where they are unknown too. That about narrow categories grows without end, and would merge them.

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
    slopes = model.slopes
    if not (theta[diagonal] != 0).all():
        return -np.inf, gradient
    scaled = theta.copy()
    scaled[diagonal] = np.log(np.abs(theta[diagonal]))
    predictors = np.einsum("wnp,p->wn", model.wide, fixed) + model.wide_offset
    if model.levels and not (np.diff(predictors, axis=0) > 0).all():
        return -np.inf, gradient
    order = np.argsort(slopes, kind="stable")  # what is no coefficient first
    root = np.einsum("cwn,wnp->cnp", model.family.information_root(predictors), model.wide[:, :, order])
    triangle = np.linalg.qr(root.reshape(-1, p), mode="r")
    sizes = np.abs(np.diag(triangle))
    if len(sizes) < p or not (np.isfinite(sizes).all() and sizes.min() > 0):
        return -np.inf, gradient
    others = int((~slopes).sum())
    value = float(np.log(sizes[others:]).sum()) + float(_negative_huber(scaled).sum())
    half = np.einsum("wnp,pq->wnq", model.wide[:, :, order], np.linalg.inv(triangle)[:, others:])
    kernel = np.einsum("vnq,wnq->vwn", half, half)
    slope = model.family.information_slope(predictors, kernel)
    gradient[:p] = np.einsum("wnp,wn->p", model.wide, slope) / 2
    pull = -np.clip(scaled, -1, 1)
    pull[diagonal] /= theta[diagonal]
    gradient[p:] = pull
    scale = 2 * sqrt(int(slopes.sum()) / model.rows)
    return scale * value, scale * gradient


def information(model: GeneralisedModel, predictors: FloatArray) -> FloatArray:
    """Return the expected information about the fixed parameters without random effects, shape (p, p).

    Parameters
    ----------
    model : GeneralisedModel
    predictors : float array, shape (w, n)
        Wide ones.
    """
    weights = model.family.information(predictors)
    half = np.einsum("vwn,wnp->vnp", weights, model.wide)
    return np.asarray(np.einsum("vnq,vnp->qp", model.wide, half))


def _negative_huber(x: FloatArray) -> FloatArray:
    size = np.abs(x)
    return np.where(size > 1, 0.5 - size, -(x**2) / 2)
