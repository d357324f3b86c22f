"""Kenward and Roger's covariance of the fixed coefficients, and their tests of few people's data."""

from dataclasses import dataclass
from functools import cached_property
from math import nan, sqrt

import numpy as np
from scipy import linalg

from mmstats.mixed.detail import detail, element_units
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.structure import FloatArray
from mmstats.mixed.wald import WaldTest

FLAT = 1e-12  # what of the information, relative to the largest, tells nothing


@dataclass(frozen=True)
class KenwardRoger:
    """The adjusted covariance, and what degrees of freedom are made of.

    Elements of the covariance matrices and, last, the residual variance are the parameters. All is relative
    to the residual variance and by the orthonormal columns, but for `covariance`.

    Parameters
    ----------
    fit : LinearFit
    plain : float array, shape (p, p)
    adjusted : float array, shape (p, p)
    slopes : float array, shape (t + 1, p, p)
        X'V^-1 G_i V^-1 X.
    weights : float array, shape (t + 1, t + 1)
        The covariance of the parameters.
    """

    fit: LinearFit
    plain: FloatArray
    adjusted: FloatArray
    slopes: FloatArray
    weights: FloatArray

    @cached_property
    def covariance(self) -> FloatArray:
        """The adjusted covariance of the fixed coefficients, shape (p, p)."""
        return self.covariance_of(np.eye(len(self.plain)))

    def covariance_of(self, contrasts: FloatArray) -> FloatArray:
        """Return the adjusted covariance of combinations of coefficients (rows), shape (l, l)."""
        turned = self.fit.model.turned(contrasts) * self.fit.residual_sd
        return np.asarray(turned @ self.adjusted @ turned.T)

    def std_error(self, contrast: FloatArray) -> float:
        """Return the standard error of one combination of coefficients, shape (p,)."""
        return sqrt(float(self.covariance_of(contrast)[0, 0]))

    def test(self, contrasts: FloatArray) -> WaldTest:
        """Return the F test that all combinations of coefficients (rows) are 0.

        Parameters
        ----------
        contrasts : float array, shape (l, p)
            Of full row rank.

        References: kenward1997.
        """
        turned = self.fit.model.turned(contrasts)
        values = self.fit.values(contrasts) / self.fit.residual_sd
        count = len(turned)
        raw = float(values @ np.linalg.solve(turned @ self.adjusted @ turned.T, values)) / count
        theta = turned.T @ np.linalg.solve(turned @ self.plain @ turned.T, turned)
        parts = theta @ self.plain @ self.slopes @ self.plain
        own = np.einsum("iaa->i", parts)
        a1 = float(own @ self.weights @ own)
        a2 = float(np.einsum("ij,iab,jba->", self.weights, parts, parts))
        if not a2 > 0:
            return WaldTest(raw, count, np.inf, 1.0)
        if count == 1:
            return WaldTest(raw, 1, 2 / a2, 1.0)
        b = (a1 + 6 * a2) / (2 * count)
        g = ((count + 1) * a1 - (count + 4) * a2) / ((count + 2) * a2)
        divisor = 3 * count + 2 * (1 - g)
        c1, c2, c3 = g / divisor, (count - g) / divisor, (count + 2 - g) / divisor
        shrunk = 1 - a2 / count
        above, below = shrunk**2 * (1 + c1 * b), (1 - c2 * b) ** 2 * (1 - c3 * b)
        rho = above / below / count if below != 0 else nan
        df = 4 + (count + 2) / (count * rho - 1)
        ratio = 1.0 if abs(df - 2) < 1e-2 and abs(shrunk) < 1e-2 else df * shrunk / (df - 2)
        return WaldTest(raw * ratio, count, float(df), float(ratio))


def kenward_roger(fit: LinearFit) -> KenwardRoger:
    """Return the adjusted covariance of a restricted fit's coefficients.

    References: kenward1997, halekoh2014.
    """
    found = detail(fit, restricted=True)
    t, s = len(found.elements), found.elements
    expected = np.empty((t + 1, t + 1))  # tr(P G_i P G_j)
    expected[:t, :t] = found.traces
    expected[:t, t] = expected[t, :t] = found.trace - found.traces @ s
    rows = fit.rows - len(fit.data.names)
    expected[t, t] = rows - s @ found.trace - s @ (found.trace - found.traces @ s)
    p = len(fit.data.names)
    slopes, curves = np.empty((t + 1, p, p)), np.empty((t + 1, t + 1, p, p))
    slopes[:t] = found.single
    slopes[t] = found.information - np.einsum("a,axy->xy", s, found.single)
    curves[:t, :t] = found.double
    for a in range(t):
        curves[a, t] = found.single[a] - np.einsum("b,bxy->xy", s, found.double[a])
        curves[t, a] = curves[a, t].T
    curves[t, t] = slopes[t] - np.einsum("a,axy->xy", s, curves[:t, t])
    return adjusted(fit, found.covariance, expected, slopes, curves)


def adjusted(
    fit: LinearFit, plain: FloatArray, expected: FloatArray, slopes: FloatArray, curves: FloatArray
) -> KenwardRoger:
    """Return the adjusted covariance, given the derivatives of the covariance V by its v parameters.

    Parameters
    ----------
    fit : LinearFit
    plain : float array, shape (p, p)
        (X'V^-1 X)^-1.
    expected : float array, shape (v, v)
        tr(P G_i P G_j).
    slopes : float array, shape (v, p, p)
        X'V^-1 G_i V^-1 X.
    curves : float array, shape (v, v, p, p)
        X'V^-1 G_i V^-1 G_j V^-1 X.
    """
    units = np.concatenate([element_units(fit), np.ones(len(expected) - len(fit.optimum.theta))])
    weights = 2 * np.asarray(linalg.pinvh(expected * units * units[:, None], rtol=FLAT), dtype=np.float64)
    weights = weights * units * units[:, None]
    inside = np.einsum("ij,ijxy->xy", weights, curves) - np.einsum(
        "ij,ixy,yz,jzv->xv", weights, slopes, plain, slopes, optimize=True
    )
    found = plain + 2 * plain @ inside @ plain
    return KenwardRoger(fit, plain, (found + found.T) / 2, slopes, weights)
