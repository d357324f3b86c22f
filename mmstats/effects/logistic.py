"""Logistic regression: the likelihood, plain or with Firth's penalty."""

import numpy as np
from scipy.special import expit, log_expit

from mmstats.effects.likelihood import Evaluated, FloatArray, LikelihoodFit


def logistic_fit(columns: FloatArray, event: FloatArray, *, firth: bool) -> LikelihoodFit:
    """Return the fit of events on columns.

    Parameters
    ----------
    columns : float array, shape (n, p)
        Of full rank.
    event : float array, shape (n,)
        1 or 0.
    firth : bool
        Whether half the log determinant of the information is added (Jeffreys' prior): the bias of order
        1/n goes, and there is always a finite maximum.

    References: firth1993, heinze2002.
    """
    sign = 2 * event - 1

    def likelihood(parameters: FloatArray) -> Evaluated:
        along = columns @ parameters
        chance = expit(along)
        weight = chance * expit(-along)
        value = float(log_expit(sign * along).sum())
        gradient = columns.T @ (event - chance)
        hessian = -(columns.T * weight) @ columns
        if not firth:
            return value, gradient, hessian
        q, r = np.linalg.qr(columns * np.sqrt(weight)[:, None])
        size = np.abs(np.diag(r))
        if not size.all():
            return -np.inf, gradient, hessian
        tilt, leverage = expit(-along) - chance, (q**2).sum(axis=1)
        value += float(np.log(size).sum())
        gradient = gradient + columns.T @ (leverage * tilt) / 2
        shared = (q @ q.T) ** 2 * np.outer(tilt, tilt)
        bend = (columns.T * (leverage * (1 - 6 * weight))) @ columns - columns.T @ shared @ columns
        return value, gradient, hessian + bend / 2

    cone = np.empty((0, columns.shape[1])) if firth else sign[:, None] * columns
    return LikelihoodFit(likelihood, np.zeros(columns.shape[1]), cone, len(event))


def information(columns: FloatArray, parameters: FloatArray) -> FloatArray:
    """Return Fisher's information of the plain likelihood, shape (p, p)."""
    along = columns @ parameters
    return np.asarray((columns.T * (expit(along) * expit(-along))) @ columns)
