"""Satterthwaite's degrees of freedom, from how well the data tell the variances behind a standard error."""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from mmstats.mixed.detail import detail
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.search import by_theta
from mmstats.mixed.structure import FloatArray
from mmstats.mixed.wald import WaldTest

DROPPED = 1e-8  # curvatures of the deviance below this tell nothing


@dataclass(frozen=True)
class Satterthwaite:
    """The covariance of the fixed coefficients, and how uncertain it is.

    Parameters
    ----------
    fit : LinearFit
    plain : float array, shape (p, p)
        The covariance by the orthonormal columns, of the scaled response.
    slopes : float array, shape (t + 1, p, p)
        Its derivatives by theta and sigma.
    weights : float array, shape (t + 1, t + 1)
        The covariance of theta and sigma.
    """

    fit: LinearFit
    plain: FloatArray
    slopes: FloatArray
    weights: FloatArray

    @cached_property
    def covariance(self) -> FloatArray:
        """The covariance of the fixed coefficients, shape (p, p)."""
        return self.covariance_of(np.eye(len(self.plain)))

    def covariance_of(self, contrasts: FloatArray) -> FloatArray:
        """Return the covariance of combinations of coefficients (rows), shape (l, l)."""
        turned = self.fit.model.turned(contrasts) * self.fit.scale
        return np.asarray(turned @ self.plain @ turned.T)

    def df(self, contrast: FloatArray) -> float:
        """Return the degrees of freedom of one combination of coefficients, shape (p,)."""
        return self._df(self.fit.model.turned(contrast)[0])

    def _df(self, turned: FloatArray) -> float:
        variance = float(turned @ self.plain @ turned)
        slope = np.einsum("x,axy,y->a", turned, self.slopes, turned)
        uncertainty = float(slope @ self.weights @ slope)
        return 2 * variance**2 / uncertainty if uncertainty > 0 else np.inf

    def std_error(self, contrast: FloatArray) -> float:
        """Return the standard error of one combination of coefficients, shape (p,)."""
        return sqrt(float(self.covariance_of(contrast)[0, 0]))

    def test(self, contrasts: FloatArray) -> WaldTest:
        """Return the F test that all combinations of coefficients (rows) are 0.

        References: fai1996, kuznetsova2017.
        """
        contrasts = np.atleast_2d(contrasts)
        turned = self.fit.model.turned(contrasts)
        values = self.fit.values(contrasts) / self.fit.scale
        sizes, axes = np.linalg.eigh(turned @ self.plain @ turned.T)
        count = len(turned)
        statistic = float(((axes.T @ values) ** 2 / sizes).sum()) / count
        each = np.array([self._df(row) for row in axes.T @ turned])
        if count == 1:
            return WaldTest(statistic, 1, float(each[0]))
        if np.ptp(each) < 1e-8:
            return WaldTest(statistic, count, float(each.mean()))
        if not (each > 2).all():
            return WaldTest(statistic, count, 2.0)
        expected = float((each / (each - 2)).sum())
        return WaldTest(statistic, count, 2 * expected / (expected - count))


def satterthwaite(fit: LinearFit) -> Satterthwaite:
    """Return what degrees of freedom by Satterthwaite are made of.

    References: kuznetsova2017, giesbrecht1985.
    """
    found, layout = detail(fit), fit.model.design.layout
    t, size = len(found.elements), fit.size
    variance = found.squares / size
    gradient, hessian, jacobian = np.empty(t), np.empty((t, t)), np.empty((t, t))
    by_theta(
        fit.optimum.theta,
        layout.sizes,
        found.trace - found.quadratic / variance,
        -found.traces + 2 * found.bends / variance,
        gradient,
        hessian,
        jacobian,
    )
    curvature = np.empty((t + 1, t + 1))
    curvature[:t, :t] = hessian
    curvature[:t, t] = curvature[t, :t] = 2 * jacobian.T @ found.quadratic / variance**1.5
    curvature[t, t] = 4 * size / variance
    slopes = np.empty((t + 1, *found.covariance.shape))
    by_element = np.einsum("axy,ak->kxy", found.single, jacobian)
    slopes[:t] = variance * found.covariance @ by_element @ found.covariance
    slopes[t] = 2 * np.sqrt(variance) * found.covariance
    return Satterthwaite(fit, variance * found.covariance, slopes, uncertainty(fit.optimum.theta, curvature))


def uncertainty(theta: FloatArray, curvature: FloatArray) -> FloatArray:
    """Return the covariance of theta and further parameters, from the deviance's Hessian.

    Flat directions tell nothing; those of a theta over 1 are judged relative to it.
    """
    units = np.concatenate([np.maximum(np.abs(theta), 1.0), np.ones(len(curvature) - len(theta))])
    sizes, axes = np.linalg.eigh(curvature * units[:, None] * units)
    kept = sizes > DROPPED
    found = 2 * (axes[:, kept] / sizes[kept]) @ axes[:, kept].T
    return np.asarray(found * units[:, None] * units)
