"""The least deviance of a mixed model with one standard deviation or correlation held at a value.

The term's coefficients are turned so that the component concerns the first rows of the Cholesky factor alone.
Then a standard deviation is the factor's first entry, and a correlation the direction of its second row; so
to hold one is to search an affine subspace of (factors, log sigma). Steps are Newton's by the absolute
curvatures, and leave saddles, as in `search`.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, log, sqrt

import numpy as np
from scipy import linalg

from mmstats.errors import NotEstimableError
from mmstats.mixed.components import Component
from mmstats.mixed.derivatives import Curvature, curvature_for, derivatives
from mmstats.mixed.deviance import Response, Solved, deviance, solved_for
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.random_columns import element_derivatives
from mmstats.mixed.search import CURVED_DOWN, DONE, by_theta
from mmstats.mixed.structure import FloatArray

Evaluated = tuple[float, FloatArray, FloatArray]
MOST_STEPS = 1000  # where a variance all but vanishes, the way down is a curved valley
NEARLY = 1e-9  # a promised decrease of the deviance that rounding can hide
SHORT = 1e-6  # of a step: where no more of it gains, value and slope hardly agree
MOST_SHORT = 20


@dataclass(frozen=True)
class Restrained:
    """A fit by full maximum likelihood, in the coordinates of one of its components.

    A point is the factors' entries (of turned coefficients, and the scaled response) and
    log sigma, shape (t + 1,).

    Parameters
    ----------
    fit : LinearFit
    component : Component
    """

    fit: LinearFit
    component: Component

    @cached_property
    def at(self) -> int:
        """Where the entries of the component's term begin."""
        sizes = [term.size for term in self.fit.data.random[: max(self.component.term, 0)]]
        return sum(size * (size + 1) // 2 for size in sizes)

    @cached_property
    def turn(self) -> FloatArray:
        """What makes ours of the coefficients of the columns computed with, shape (k, k).

        The first one or two rows are the component's coefficients of the columns as given, in units in which
        they have length 1; the others are at right angles to them.
        """
        own = self.fit.model.back[self.component.term]
        own = own[list(dict.fromkeys([self.component.first, self.component.second]))]
        own = own / np.linalg.norm(own, axis=1, keepdims=True)
        return np.concatenate([own, linalg.qr(own.T)[0][:, len(own) :].T])

    @cached_property
    def back(self) -> FloatArray:
        """The inverse of `turn`."""
        return np.asarray(np.linalg.inv(self.turn), dtype=np.float64)

    @cached_property
    def elements(self) -> FloatArray:
        """The derivatives of the covariances' elements in the model by ours, shape (t, t)."""
        found = np.eye(len(self.fit.optimum.theta))
        if self.component.kind == "residual_sd":
            return found
        own = element_derivatives(self.back)
        found[self.at : self.at + len(own), self.at : self.at + len(own)] = own
        return found

    @cached_property
    def room(self) -> tuple[Response, Solved, Curvature]:
        """The response, and room for what is computed of it."""
        columns = self.fit.model.design.compiled
        return self.fit.moments[0], solved_for(columns), curvature_for(columns)

    @cached_property
    def unit(self) -> float:
        """What a value of the component is divided by to be one of the point."""
        if self.component.kind == "random_correlation":
            return 1.0
        if self.component.kind == "residual_sd":
            return self.fit.scale
        own = self.fit.model.back[self.component.term][self.component.first]
        return self.fit.scale * float(np.linalg.norm(own))

    @cached_property
    def optimum(self) -> FloatArray:
        """The point of the fit."""
        sigma = self.fit.residual_sd / self.fit.scale
        return np.append(self.in_order(sigma * self.fit.optimum.theta), log(sigma))

    def in_order(self, factors: FloatArray) -> FloatArray:
        """Return the model's factors as those of the component's own combinations of coefficients."""
        return factors if self.component.kind == "residual_sd" else self._turned(factors, self.turn)

    def as_fitted(self, point: FloatArray) -> FloatArray:
        """Return a point's factors as the model's."""
        own = point[: len(self.fit.optimum.theta)]
        return own if self.component.kind == "residual_sd" else self._turned(own, self.back)

    def _turned(self, factors: FloatArray, turn: FloatArray) -> FloatArray:
        """Return the Cholesky factor, or what is as good, of combinations of the term's coefficients."""
        size, found = len(turn), factors.copy()
        own = slice(self.at, self.at + size * (size + 1) // 2)
        upper = np.zeros((size, size))
        upper[np.triu_indices(size)] = factors[own]
        turned = linalg.qr(upper @ turn.T, mode="r")[0]
        turned *= np.where(np.diag(turned) < 0, -1.0, 1.0)[:, None]
        found[own] = turned[np.triu_indices(size)]
        return found

    def evaluate(self, point: FloatArray) -> Evaluated:
        """Return the deviance of the scaled response, its gradient and its Hessian."""
        t, columns, size = len(point) - 1, self.fit.model.design.compiled, float(self.fit.rows)
        response, solved, curvature = self.room
        sigma = exp(point[t])
        own = point[:t] / sigma
        profiled, squares = deviance(self.as_fitted(point) / sigma, False, size, columns, response, solved)
        gradient, hessian = np.empty(t + 1), np.empty((t + 1, t + 1))
        if not np.isfinite(profiled):
            return np.inf, gradient, hessian
        value = profiled - size * (1 + log(2 * np.pi * squares / size))
        value += size * log(2 * np.pi) + 2 * size * point[t] + squares / sigma**2
        derivatives(False, columns, response, solved, curvature)
        chosen, variance = self.elements, sigma**2
        by_own, bent, jacobian = np.empty(t), np.empty((t, t)), np.empty((t, t))
        slope = chosen.T @ (curvature.trace - curvature.quadratic / variance)
        bends = chosen.T @ (2 * curvature.bends / variance - curvature.traces) @ chosen
        by_theta(own, columns.sizes, slope, bends, by_own, bent, jacobian)
        by_log, by_log_twice = 2 * size - 2 * squares / variance, 4 * squares / variance
        mixed = jacobian.T @ (chosen.T @ curvature.quadratic) * 2 / variance
        # from (theta, log sigma) to (sigma theta, log sigma)
        gradient[:t] = by_own / sigma
        gradient[t] = by_log - own @ by_own
        hessian[:t, :t] = bent / variance
        hessian[:t, t] = hessian[t, :t] = (mixed - bent @ own - by_own) / sigma
        hessian[t, t] = by_log_twice - 2 * own @ mixed + own @ bent @ own + own @ by_own
        return value, gradient, hessian

    def held(self, value: float, near: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return a start near a point where the component has a value, and the directions that keep it."""
        point, free = near.copy(), np.eye(len(near))
        if self.component.kind == "residual_sd":
            place = len(self.fit.optimum.theta) + self.component.first
            point[place] = log(value / self.unit)
            return point, np.delete(free, place, axis=1)
        if self.component.kind == "random_sd":
            point[self.at] = value / self.unit
            return point, np.delete(free, self.at, axis=1)
        one, two = self.at + 1, self.at + len(self.turn)
        length = float(np.hypot(near[one], near[two]))
        direction = np.zeros(len(near))
        direction[[one, two]] = value, sqrt(max(0.0, 1 - value**2))
        point[[one, two]] = length * direction[[one, two]]
        return point, np.column_stack([np.delete(free, [one, two], axis=1), direction])

    def least(self, value: float, near: FloatArray) -> tuple[float, FloatArray]:
        """Return the least deviance with the component at a value, and where it is.

        Raises
        ------
        NotEstimableError
            If the search ends without an optimum.
        """
        if self.component.kind == "residual_sd" and not value > 0:
            return np.inf, near
        here, point, found = self._search(*self.held(value, near))
        if self.component.kind == "random_correlation":  # any correlation fits as well as no variation
            edge, at_edge = self.edge
            if edge < here or (not found and edge < here + 1e-7):
                return edge, at_edge
        if not found:
            raise NotEstimableError(
                f"No least deviance was found with the value held at {value:.4g}: the profile ends there."
            )
        return here, point

    @cached_property
    def edge(self) -> tuple[float, FloatArray]:
        """The least deviance with one of a correlation's standard deviations at 0, and where it is."""
        one, two, term = self.component.first, self.component.second, self.component.term
        ends = []
        for column in (one, two):
            other = replace(self, component=Component("random_sd", term, column, column))
            ends.append(other.least(0.0, other.optimum)[0])
        return min(ends), self.optimum

    def _search(self, point: FloatArray, free: FloatArray) -> tuple[float, FloatArray, bool]:
        """Return the least deviance along `free`, where it is, and whether it is certain."""
        here, gradient, hessian = self.evaluate(point)
        escape, short = 0.25, 0
        for _ in range(MOST_STEPS):
            if not np.isfinite(here):
                break
            sizes, vectors = np.linalg.eigh(free.T @ hessian @ free)
            along = vectors.T @ (free.T @ gradient)
            largest = max(float(np.abs(sizes).max()), 1e-12)
            curves = np.maximum(np.abs(sizes), 1e-9 * largest)
            promised = float((along**2 / curves).sum()) / 2
            step, last = -free @ (vectors @ (along / curves)), promised < DONE
            if last and sizes[0] < CURVED_DOWN * largest:  # a saddle
                step, last, escape = escape * free @ vectors[:, 0], False, 2 * escape
            step *= min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-300))
            length = 1.0
            for _ in range(60):
                there = point + length * step
                after = self.evaluate(there) if self._valid(there, free[:, -1]) else None
                if after and (
                    after[0] < here or (promised < NEARLY and after[0] <= here + 1e-12 * abs(here))
                ):
                    point = there
                    here, gradient, hessian = after
                    break
                length /= 2
            else:
                last = True
            short += length < SHORT
            last = last or (DONE <= promised < NEARLY and length < 0.01)
            if last or short == MOST_SHORT:
                return here, point, promised < 1e-5 and bool(sizes[0] >= -1e-6 * largest)
        return here, point, False

    def _valid(self, point: FloatArray, direction: FloatArray) -> bool:
        """Return whether no standard deviation changed its sign, with which a correlation changes its.

        That of the second column is how far the point lies along its row's direction, the last one of `held`.
        """
        if self.component.kind != "random_correlation":
            return True
        return bool(point[self.at] >= 0 and point @ direction >= 0)
