"""Many responses fitted to one design: all that does not depend on the response is done once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import linalg

from mmstats.errors import NotEstimableError
from mmstats.mixed.crossproducts import moments
from mmstats.mixed.derivatives import curvature_for
from mmstats.mixed.deviance import solved_for
from mmstats.mixed.linear import SMALL, LinearFit, identity
from mmstats.mixed.prepared import Prepared
from mmstats.mixed.search import search
from mmstats.mixed.structure import FloatArray

AT_ONCE = 2_000_000  # numbers of responses transformed at a time, so that memory stays bounded


@dataclass(frozen=True)
class Refits:
    """What fits of many responses gave.

    Parameters
    ----------
    model : Prepared
    restricted : bool
    deviance : float array, shape (b,)
    coefficients : float array, shape (b, p)
    residual_sd : float array, shape (b,)
    theta : float array, shape (b, t)
        Relative Cholesky factors, as lme4 has them.
    certified : bool array, shape (b,)
        Whether an optimum was found: the slope vanishes, and no direction leads down.
    """

    model: Prepared
    restricted: bool
    deviance: FloatArray
    coefficients: FloatArray
    residual_sd: FloatArray
    theta: FloatArray
    certified: npt.NDArray[np.bool_]

    @cached_property
    def covariances(self) -> tuple[FloatArray, ...]:
        """For each random term, the covariances of its coefficients, shape (b, k, k)."""
        found, at = [], 0
        for term in self.model.data.random:
            triangle = np.zeros((len(self.theta), term.size, term.size))
            for column in range(term.size):
                count = term.size - column
                triangle[:, column:, column] = self.theta[:, at : at + count]
                at += count
            triangle *= self.residual_sd[:, None, None]
            found.append(triangle @ triangle.transpose(0, 2, 1))
        return tuple(found)


def refit(fit: LinearFit | Prepared, responses: FloatArray, *, restricted: bool | None = None) -> Refits:
    """Fit the model to other responses.

    Parameters
    ----------
    fit : LinearFit or Prepared
        A fit lends its optimum as the start.
    responses : float array, shape (n, b)
    restricted : bool, optional
        By default as the fit; restricted for a model that was not fitted.

    Raises
    ------
    NotEstimableError
        If a response is fitted exactly by the fixed part.

    References: bates2015.
    """
    model = fit.model if isinstance(fit, LinearFit) else fit
    if restricted is None:
        restricted = fit.restricted if isinstance(fit, LinearFit) else True
    start = fit.optimum.theta.copy() if isinstance(fit, LinearFit) else identity(model)
    step = max(1, AT_ONCE // len(responses))
    parts = [
        _refit(model, responses[:, first : first + step], start, restricted=restricted)
        for first in range(0, responses.shape[1], step)
    ]
    deviance, coefficients, residual_sd, theta, certified = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return Refits(model, restricted, deviance, coefficients, residual_sd, theta, certified)


def _refit(
    model: Prepared, responses: FloatArray, start: FloatArray, *, restricted: bool
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    left, along = model.response(responses)
    scales = np.sqrt(np.mean(left**2, axis=0))
    if not (scales > 1e-12 * np.abs(responses).max(axis=0)).all():
        raise NotEstimableError("A response is fitted exactly by the fixed part: no variation is left.")
    stats, columns, b = moments(model.design, left / scales), model.design.compiled, len(scales)
    size = len(responses) - (columns.fixed if restricted else 0)
    thetas, found = np.tile(start, (b, 1)), np.empty((b, 5))
    coefficients = np.empty((b, len(columns.within)))
    search(
        thetas, restricted, float(size), columns, stats.sums, stats.squares, stats.common, stats.square,
        solved_for(columns), curvature_for(columns), coefficients, np.empty(len(start)), found,
    )  # fmt: skip
    fixed = along + (scales[:, None] * coefficients[:, len(columns.within) - columns.fixed :]).T
    if columns.fixed:
        fixed = np.asarray(linalg.solve_triangular(model.triangle, fixed))
    return (
        found[:, 0] + 2 * size * np.log(scales) + model.log_constant(restricted=restricted),
        fixed.T,
        scales * np.sqrt(found[:, 1] / size),
        thetas / model.theta_scales,
        (found[:, 2] < SMALL) & (found[:, 3] > -1e-6),
    )
