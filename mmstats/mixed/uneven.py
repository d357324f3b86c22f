"""The full likelihood where residual variances differ by level, with one parameter held or none."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, log, nan, pi

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.crossproducts import moments
from mmstats.mixed.heterogeneous import HeterogeneousFit, by_parameters
from mmstats.mixed.linear import LinearFit, Optimum
from mmstats.mixed.prepared import Prepared, prepared
from mmstats.mixed.restrained import Evaluated, Restrained
from mmstats.mixed.strata import strata_detail
from mmstats.mixed.structure import FloatArray, IntArray, MixedData


@dataclass(frozen=True)
class RestrainedUneven(Restrained):
    """A fit by full maximum likelihood with a residual variance for each level, as `Restrained`.

    A point is the factors' entries (of the fit's scaled columns and response) and the logarithms of the
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
        theta = theirs / sigma * model.theta_scales / first.theta_scales
        left, along = model.response(self.rows.response[:, None])
        here = _at(model, left / self.fit.scale, along, theta, self.fit.scale)
        found = strata_detail(here, self.uneven.strata, count, restricted=False)
        size, variance = here.rows, sigma**2
        value = found.deviance - size * (1 + log(2 * pi * found.squares / size))
        value += size * log(2 * pi * variance) + found.squares / variance
        value += model.log_constant(restricted=False)
        # by elements of the columns as the fit scales them, and by logarithms of standard deviations
        units = np.concatenate([_shares(here, self.fit), np.full(count, 2.0)])
        slope = units * (found.trace - found.quadratic / variance)
        bent = np.outer(units, units) * (2 * found.bends / variance - found.traces)
        bent[range(t, t + count), range(t, t + count)] += 2 * slope[t:]
        chosen: IntArray = np.concatenate([self.elements, np.arange(t, t + count)])
        gradient, hessian, _ = by_parameters(
            point[:t] / sigma, self.fit.model.design.layout.sizes, slope[chosen], bent[np.ix_(chosen, chosen)]
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


def _shares(here: LinearFit, fit: LinearFit) -> FloatArray:
    """Return the products of the scales of an element's two columns, relative to those of the fit."""
    found, at, shares = [], 0, here.model.scales / fit.model.scales
    for term in fit.data.random:
        own = shares[at : at + term.size]
        found += [own[i] * own[j] for j in range(term.size) for i in range(j, term.size)]
        at += term.size
    return np.array(found)
