"""The deviance of dependent effects and its derivatives by parameters of random terms, block by block.

With M the covariance of effects, W its inverse and P = W - WX (X'WX)^-1 X'W, the restricted deviance has the
gradient tr(P D_a) - y'P D_a P y and the Hessian -tr(P D_a P D_b) + 2 y'P D_a P D_b P y + tr(P D_ab)
- y'P D_ab P y, where D_a and D_ab are derivatives of M; those of the plain one have W for P in the traces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import isnan, log, pi

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.block_sums import derivative_sums, inverse, inverses
from mmstats.meta.independent_blocks import Batch
from mmstats.meta.random_term import RandomTerm
from mmstats.meta.structure_elements import Elements, IntArray
from mmstats.meta.weighted import BoolArray, FloatArray


@dataclass(frozen=True)
class DependentEffects:
    """What is known: effects, orthonormal columns, and which rows depend on each other.

    Parameters
    ----------
    effects : float array, shape (n,)
    design : float array, shape (n, p)
        Orthonormal columns.
    terms : tuple of RandomTerm
    batches : tuple of Batch
    """

    effects: FloatArray
    design: FloatArray
    terms: tuple[RandomTerm, ...]
    batches: tuple[Batch, ...]

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """Where each term's parameters are among all of them."""
        ends = np.cumsum([0, *(len(term.structure.lower) for term in self.terms)])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(ends))

    @cached_property
    def columns(self) -> FloatArray:
        """The design, and a last row of zeros for what fills blocks, shape (n + 1, p)."""
        return np.concatenate([self.design, np.zeros((1, self.design.shape[1]))])

    @cached_property
    def box(self) -> tuple[FloatArray, FloatArray]:
        """The bounds of all parameters."""
        empty = np.zeros(0)
        lower = np.concatenate([empty, *(term.structure.lower for term in self.terms)])
        upper = np.concatenate([empty, *(term.structure.upper for term in self.terms)])
        return lower, upper

    @cached_property
    def free(self) -> BoolArray:
        """Which parameters are not held."""
        return np.asarray(self.box[0] < self.box[1])

    def at(self, theta: FloatArray) -> "Marginal":
        """Return the generalised least squares with given parameters of the random terms."""
        elements = tuple(
            term.structure.elements(theta[place]) for term, place in zip(self.terms, self.places, strict=True)
        )
        return Marginal(self, theta, elements)


@dataclass(frozen=True)
class Solved:
    """The inverse of one batch's covariance.

    Parameters
    ----------
    inverse : float array, shape (g, m, m)
        With zeros where a block is filled.
    columns, along : float array, shape (g, m, p)
        X, and WX.
    log_determinant : float
    """

    inverse: FloatArray
    columns: FloatArray
    along: FloatArray
    log_determinant: float


@dataclass(frozen=True)
class Marginal:
    """Generalised least squares with the covariance that given parameters make.

    Parameters
    ----------
    data : DependentEffects
    theta : float array, shape (t,)
    elements : tuple of Elements
    """

    data: DependentEffects
    theta: FloatArray
    elements: tuple[Elements, ...]

    @cached_property
    def values(self) -> FloatArray:
        """All elements of all terms, and a last 0."""
        return np.concatenate([*(made.values for made in self.elements), np.zeros(1)])

    def total(self, batch: Batch) -> FloatArray:
        """Return the covariance of a batch's effects, shape (g, m, m)."""
        return np.asarray(batch.sampling + self.values[batch.codes].sum(axis=0))

    @cached_property
    def solved(self) -> tuple[Solved, ...]:
        """Each batch's inverse."""
        found = []
        for batch in self.data.batches:
            weights, logs = sound(inverses(batch.sampling, batch.codes, self.values, batch.sizes))
            columns = self.data.columns[batch.rows]
            found.append(Solved(weights, columns, weights @ columns, logs))
        return tuple(found)

    @cached_property
    def information(self) -> FloatArray:
        """X'WX, shape (p, p)."""
        p = self.data.design.shape[1]
        return np.asarray(
            sum(
                (one.columns.reshape(-1, p).T @ one.along.reshape(-1, p) for one in self.solved),
                np.zeros((p, p)),
            )
        )

    @cached_property
    def _inverse(self) -> tuple[FloatArray, float]:
        return sound(inverse(self.information))

    @property
    def covariance(self) -> FloatArray:
        """Of the coefficients of the orthonormal columns, shape (p, p)."""
        return self._inverse[0]

    @cached_property
    def coefficients(self) -> FloatArray:
        """Of the orthonormal columns, shape (p,)."""
        plain = self.data.design.T @ self.data.effects  # first least squares: fewer digits cancel
        rest = np.append(self.data.effects - self.data.design @ plain, 0.0)
        right = np.zeros(len(plain))
        for batch, one in zip(self.data.batches, self.solved, strict=True):
            right = right + rest[batch.rows].ravel() @ one.along.reshape(-1, len(plain))
        return np.asarray(plain + self.covariance @ right)

    @cached_property
    def residuals(self) -> FloatArray:
        """Effects less what the columns predict, shape (n,)."""
        return np.asarray(self.data.effects - self.data.design @ self.coefficients)

    @cached_property
    def scores(self) -> FloatArray:
        """Py, shape (n,)."""
        residuals = np.append(self.residuals, 0.0)
        found = np.zeros_like(residuals)
        for batch, one in zip(self.data.batches, self.solved, strict=True):
            found[batch.rows] = (one.inverse @ residuals[batch.rows][..., None])[..., 0]
        return found[:-1]

    @cached_property
    def q(self) -> float:
        """The weighted sum of squared residuals, y'Py."""
        return float(self.scores @ self.residuals)

    def deviance(self, *, restricted: bool) -> float:
        """Return minus twice the log likelihood."""
        n, p = self.data.design.shape
        found = (n - p * restricted) * log(2 * pi) + sum(one.log_determinant for one in self.solved) + self.q
        return float(found + self._inverse[1] if restricted else found)

    @cached_property
    def trace(self) -> float:
        """The trace of P."""
        whole = sum(
            float(np.einsum("gii->gi", one.inverse)[batch.there].sum())
            for batch, one in zip(self.data.batches, self.solved, strict=True)
        )
        squares = sum(np.einsum("gmx,gmy->xy", one.along, one.along) for one in self.solved)
        return whole - float(np.sum(squares * self.covariance))

    def derivatives(self, *, restricted: bool) -> tuple[FloatArray, FloatArray]:
        """Return the deviance's gradient, shape (f,), and Hessian, shape (f, f), by parameters not held."""
        free = self.data.free
        p, t = self.data.design.shape[1], int(free.sum())
        if not t:
            return np.zeros(0), np.zeros((0, 0))
        first, term = self._first()
        sums, traces, squares = np.zeros(len(self.values)), np.zeros((t, t)), np.zeros((t, t))
        pulled, single = np.zeros((t, p)), np.zeros((t, p, p))
        covariance = self.covariance if restricted else np.zeros((p, p))
        scores = np.append(self.scores, 0.0)
        for batch, one in zip(self.data.batches, self.solved, strict=True):
            added = derivative_sums(
                one.inverse, one.along, scores[batch.rows], covariance, batch.codes, first, term, batch.sizes
            )
            for whole, part in zip((sums, traces, squares, pulled, single), added, strict=True):
                whole += part
        squares -= pulled @ self.covariance @ pulled.T
        turned = covariance @ single
        traces += np.einsum("txy,syx->ts", turned, turned)
        gradient, bend, end = np.zeros(len(free)), np.zeros((len(free), len(free))), 0
        for made, place in zip(self.elements, self.data.places, strict=True):
            own = sums[end : end + len(made.values)]
            gradient[place], bend[place, place] = made.first @ own, made.second @ own
            end += len(made.values)
        hessian = 2 * squares - traces + bend[free][:, free]
        return gradient[free], (hessian + hessian.T) / 2

    def _first(self) -> tuple[FloatArray, IntArray]:
        """Return the derivatives of all elements by each parameter not held, and its term."""
        found, end = np.zeros((len(self.theta), len(self.values))), 0
        term = np.zeros(len(self.theta), dtype=np.int64)
        for number, (made, place) in enumerate(zip(self.elements, self.data.places, strict=True)):
            found[place, end : end + len(made.values)] = made.first
            term[place] = number
            end += len(made.values)
        return found[self.data.free], term[self.data.free]


def sound(found: tuple[FloatArray, float]) -> tuple[FloatArray, float]:
    """Return an inverse and its logarithm, or raise that there is none."""
    if isnan(found[1]):
        raise NotEstimableError(
            "The covariance of the effects is not positive definite in floating-point numbers: variances "
            "differ by too many orders of magnitude. Check their unit, or leave out extreme effects."
        )
    return found


def starts(terms: Sequence[RandomTerm], variance: float, little: float) -> tuple[FloatArray, ...]:
    """Return where searches begin, if effects vary by a given size.

    All first starts of the terms, each other one beside them, and each term with all but `little` of the
    variance.
    """
    each = [term.structure.starts(variance / len(terms)) for term in terms]
    first = [one[0] for one in each]
    found = [np.concatenate([np.zeros(0), *first])]
    for place, several in enumerate(each):
        found += [np.concatenate([*first[:place], one, *first[place + 1 :]]) for one in several[1:]]
    small = [term.structure.starts(little * variance)[0] for term in terms] if len(terms) > 1 else []
    for place in range(len(small)):  # all of it in one term
        found.append(np.concatenate([*small[:place], each[place][0], *small[place + 1 :]]))
    return tuple(found)
