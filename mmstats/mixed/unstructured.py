"""Repeated measurements at a few common occasions, with any covariance between them.

Participants miss occasions at will. The covariance is estimated by restricted maximum likelihood, and
Kenward and Roger's adjusted covariance and degrees of freedom allow for its uncertainty. All sums are over
participants.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np
from scipy import linalg

from mmstats.errors import NotEstimableError
from mmstats.mixed.structure import FloatArray, IntArray

MOST_STEPS = 200
DONE = 1e-20  # the squared length of a step, in standard errors


@dataclass(frozen=True)
class Participant:
    """One participant's measurements.

    Parameters
    ----------
    occasions : int array, shape (m,)
        Those there are, from 0.
    response : float array, shape (m,)
    fixed : float array, shape (m, p)
    """

    occasions: IntArray
    response: FloatArray
    fixed: FloatArray


@dataclass(frozen=True)
class Sums:
    """What the likelihood and its derivatives are made of, at one covariance.

    Parameters
    ----------
    spread : float array, shape (p, p)
        (X'V^-1 X)^-1.
    coefficients : float array, shape (p,)
    slopes : float array, shape (t, p, p)
        X'V^-1 G_i V^-1 X, for each element of the covariance.
    curves : float array, shape (t, t, p, p)
        X'V^-1 G_i V^-1 G_j V^-1 X.
    expected : float array, shape (t, t)
        tr(P G_i P G_j).
    score : float array, shape (t,)
        Minus half of tr(P G_i) - y'P G_i P y.
    deviance : float
    """

    spread: FloatArray
    coefficients: FloatArray
    slopes: FloatArray
    curves: FloatArray
    expected: FloatArray
    score: FloatArray
    deviance: float


@dataclass(frozen=True)
class UnstructuredFit:
    """A fitted model of repeated measurements.

    Parameters
    ----------
    covariance : float array, shape (occasions, occasions)
    sums : Sums
        At that covariance.
    """

    covariance: FloatArray
    sums: Sums

    @cached_property
    def weights(self) -> FloatArray:
        """The covariance of the elements of the covariance, shape (t, t)."""
        units = 1 / np.sqrt(np.diag(self.sums.expected))
        both = np.outer(units, units)
        return np.asarray(2 * both * linalg.pinvh(self.sums.expected * both))

    @cached_property
    def adjusted(self) -> FloatArray:
        """Kenward and Roger's covariance of the coefficients, shape (p, p).

        References: kenward1997.
        """
        spread, slopes = self.sums.spread, self.sums.slopes
        inside = np.einsum("ij,ijxy->xy", self.weights, self.sums.curves)
        inside = inside - np.einsum("ij,ixy,yz,jzv->xv", self.weights, slopes, spread, slopes)
        return np.asarray(spread + 2 * spread @ inside @ spread)

    def combination(self, contrast: FloatArray) -> tuple[float, float, float]:
        """Return a combination of coefficients, its standard error, and its degrees of freedom.

        References: kenward1997.
        """
        plain = self.sums.spread @ contrast
        parts = np.einsum("x,ixy,y->i", plain, self.sums.slopes, plain) / float(contrast @ plain)
        uncertainty = float(parts @ self.weights @ parts)
        return (
            float(contrast @ self.sums.coefficients),
            sqrt(float(contrast @ self.adjusted @ contrast)),
            2 / uncertainty if uncertainty > 0 else np.inf,
        )


def fit_unstructured(people: list[Participant], occasions: int) -> UnstructuredFit:
    """Fit by Fisher scoring, which never leaves the covariances there can be.

    Parameters
    ----------
    people : list of Participant
    occasions : int

    Raises
    ------
    NotEstimableError
        If the covariance is not determined, or its restricted likelihood has no maximum within.
    """
    elements = [(i, j) for j in range(occasions) for i in range(j, occasions)]
    covariance = np.diag(
        [
            float(np.var(np.concatenate([one.response[one.occasions == k] for one in people])))
            for k in range(occasions)
        ]
    )
    if not np.diag(covariance).min() > 0:
        raise NotEstimableError("A measurement is constant, so there is no covariance to estimate.")
    scale = np.sqrt(np.diag(covariance))
    if scale.min() < 1e-6 * scale.max():
        raise NotEstimableError(
            "One measurement varies a million times less than another: they are not in one unit, or one is "
            "constant but for rounding."
        )
    here = _sums(people, covariance, elements)
    for _ in range(MOST_STEPS):
        units = np.array([scale[i] * scale[j] for i, j in elements])
        expected = here.expected * np.outer(units, units)
        sizes = np.linalg.eigvalsh(expected)
        if not sizes[0] > 1e-10 * sizes[-1]:
            break
        step = np.asarray(2 * units * np.linalg.solve(expected, units * here.score), dtype=np.float64)
        decrease, length = float(step @ here.score), 1.0
        while True:
            moved = covariance + length * _matrix(step, elements, occasions)
            if np.linalg.eigvalsh(moved / np.outer(scale, scale))[0] > 1e-10:
                after = _sums(people, moved, elements)
                if after.deviance <= here.deviance + 1e-11 * abs(here.deviance):
                    break
            length /= 2
            if length < 1e-10:
                raise NotEstimableError(
                    "The covariance of the measurements comes to the edge of what can be: they hardly differ "
                    "but by a line. Take the differences, or one measurement."
                )
        covariance, here = moved, after
        if decrease < DONE:
            return UnstructuredFit(covariance, here)
    raise NotEstimableError(
        "The covariance of the measurements is not determined: too few participants have both of them."
    )


def _matrix(values: FloatArray, elements: list[tuple[int, int]], occasions: int) -> FloatArray:
    found = np.zeros((occasions, occasions))
    for (i, j), value in zip(elements, values, strict=True):
        found[i, j] = found[j, i] = value
    return found


def _sums(people: list[Participant], covariance: FloatArray, elements: list[tuple[int, int]]) -> Sums:
    p, t, n = people[0].fixed.shape[1], len(elements), len(covariance)
    units = [_matrix(row, elements, n) for row in np.eye(t)]
    information, along, square, log_v, count = np.zeros((p, p)), np.zeros(p), 0.0, 0.0, 0
    slopes, curves, traces = np.zeros((t, p, p)), np.zeros((t, t, p, p)), np.zeros((t, t))
    single, squares, pulls = np.zeros(t), np.zeros(t), np.zeros((t, p))
    for one in people:
        at = np.ix_(one.occasions, one.occasions)
        inverse = np.linalg.inv(covariance[at])
        x, y = inverse @ one.fixed, inverse @ one.response
        information += one.fixed.T @ x
        along += one.fixed.T @ y
        square += float(one.response @ y)
        log_v += float(np.linalg.slogdet(covariance[at])[1])
        count += len(one.response)
        turned = [unit[at] @ inverse for unit in units]  # G_i V^-1
        for i in range(t):
            gx = units[i][at] @ x
            slopes[i] += x.T @ gx
            single[i] += float(np.trace(turned[i]))
            squares[i] += float(y @ units[i][at] @ y)
            pulls[i] += gx.T @ y
            for j in range(t):
                curves[i, j] += gx.T @ inverse @ units[j][at] @ x
                traces[i, j] += float(np.trace(turned[i] @ turned[j]))
    root = 1 / np.sqrt(np.diag(information))
    spread = np.outer(root, root) * np.linalg.inv(information * np.outer(root, root))
    beta = spread @ along
    residual = [squares[i] - 2 * float(pulls[i] @ beta) + float(beta @ slopes[i] @ beta) for i in range(t)]
    passed = spread @ slopes
    expected = (
        traces - 2 * np.einsum("xy,ijyx->ij", spread, curves) + np.einsum("ixy,jyx->ij", passed, passed)
    )
    traced = single - np.einsum("ixx->i", passed)
    size = count - p
    deviance = log_v + float(np.linalg.slogdet(information)[1]) + square - float(along @ beta)
    return Sums(
        spread, beta, slopes, curves, expected, -(traced - np.array(residual)) / 2,
        deviance + size * np.log(2 * np.pi),
    )  # fmt: skip
