"""The full likelihood where residual variances differ by level, with one parameter held or none."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, log, nan, pi

import numpy as np
from scipy import linalg

from mmstats.errors import NotEstimableError
from mmstats.mixed.crossproducts import moments
from mmstats.mixed.heterogeneous import HeterogeneousFit, by_parameters
from mmstats.mixed.linear import LinearFit, Optimum
from mmstats.mixed.prepared import Prepared, prepared
from mmstats.mixed.random_columns import element_derivatives
from mmstats.mixed.restrained import Evaluated, Restrained
from mmstats.mixed.strata import strata_detail
from mmstats.mixed.structure import FloatArray, MixedData


@dataclass(frozen=True)
class RestrainedUneven(Restrained):
    """A fit by full maximum likelihood with a residual variance for each level, as `Restrained`.

    A point is the factors' entries (of turned coefficients, and the scaled response) and logarithms of the
    residual standard deviations, shape (t + g,). The component of a residual standard deviation has its
    level as `first`.

    Parameters
    ----------
    fit : LinearFit
        That of `uneven`, which says in what units a point is.
    component : Component
    uneven : HeterogeneousFit
    rows : MixedData
        With weights as they were given; the response and fixed part may be others than the fit's.
    """

    uneven: HeterogeneousFit
    rows: MixedData

    @cached_property
    def optimum(self) -> FloatArray:
        """The point of the fit."""
        sds = self.uneven.residual_sds / self.fit.scale
        return np.concatenate([self.in_order(sds[0] * self.fit.optimum.theta), np.log(sds)])

    def anywhere(self, near: FloatArray) -> tuple[float, FloatArray]:
        """Return the least deviance with nothing held, and where it is.

        Raises
        ------
        NotEstimableError
            If the search ends without an optimum.
        """
        here, point, found = self._search(near, np.eye(len(near)))
        if not found:
            raise NotEstimableError("No least deviance was found with the coefficients held.")
        return here, point

    def evaluate(self, point: FloatArray) -> Evaluated:
        """Return the deviance of the scaled response, its gradient and its Hessian."""
        t, count, theirs = len(self.fit.optimum.theta), len(self.uneven.levels), self.as_fitted(point)
        sigma, first = exp(point[t]), self.fit.model
        weights = np.ones(len(self.rows.response)) if self.rows.weights is None else self.rows.weights
        weights = weights / np.exp(2 * (point[t:] - point[t]))[self.uneven.strata]
        model = prepared(replace(self.rows, weights=weights), layout=first.design.layout)
        theta = model.as_computed(first.as_given(theirs / sigma))
        left, along = model.response(self.rows.response[:, None])
        here = _at(model, left / self.fit.scale, along, theta, self.fit.scale)
        found = strata_detail(here, self.uneven.strata, count, restricted=False)
        size, variance = here.rows, sigma**2
        if not found.squares > 0:  # every row is fitted: nothing is left to compute with
            return np.inf, np.zeros(t + count), np.zeros((t + count, t + count))
        value = found.deviance - size * (1 + log(2 * pi * found.squares / size))
        value += size * log(2 * pi * variance) + found.squares / variance
        value += model.log_constant(restricted=False)
        # by elements of our combinations of coefficients, and by logarithms of standard deviations
        units = linalg.block_diag(*_derivatives(model, first), 2 * np.eye(count))
        units[:t] = units[:t] @ linalg.block_diag(self.elements, np.eye(count))
        slope = units.T @ (found.trace - found.quadratic / variance)
        bent = units.T @ (2 * found.bends / variance - found.traces) @ units
        bent[range(t, t + count), range(t, t + count)] += 2 * slope[t:]
        gradient, hessian, _ = by_parameters(
            point[:t] / sigma, self.fit.model.design.layout.sizes, slope, bent
        )
        back = np.concatenate([np.full(t, 1 / sigma), np.ones(count)])
        return value, back * gradient, np.outer(back, back) * hessian


def _at(model: Prepared, left: FloatArray, along: FloatArray, theta: FloatArray, scale: float) -> LinearFit:
    """Return a point of the likelihood in the place of a fit."""
    nothing = np.empty(0)
    place = Optimum(theta, nan, nothing, nan, nan, nothing, 0)
    return LinearFit(
        model, model.data.response, False, place, moments(model.design, left), scale, along[:, 0]
    )


def _derivatives(here: Prepared, first: Prepared) -> list[FloatArray]:
    """Return the derivatives of the covariances' elements here by those of the fit's, term by term."""
    return [
        element_derivatives(triangle @ back)
        for triangle, back in zip(here.triangles, first.back, strict=True)
    ]
