"""Many responses fitted to one design: all that does not depend on the response is done once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mmstats.compiling import compiled
from mmstats.errors import NotEstimableError
from mmstats.mixed.crossproducts import Moments, moments
from mmstats.mixed.derivatives import Curvature, curvature_for
from mmstats.mixed.deviance import Columns, Solved, solved_for
from mmstats.mixed.layout import lower_triangles
from mmstats.mixed.linear import SMALL, LinearFit, identity
from mmstats.mixed.prepared import Prepared
from mmstats.mixed.random_columns import root_mean_squares
from mmstats.mixed.search import search
from mmstats.mixed.structure import FloatArray

Arrays = tuple[npt.NDArray[Any], ...]

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
    precision : float array, shape (b, p, p)
        The covariances of the orthonormal columns' coefficients, relative to the residual variances.
    """

    model: Prepared
    restricted: bool
    deviance: FloatArray
    coefficients: FloatArray
    residual_sd: FloatArray
    theta: FloatArray
    certified: npt.NDArray[np.bool_]
    precision: FloatArray

    @property
    def arrays(self) -> Arrays:
        """What differs between refits: all but the model, as a part of them is sent from place to place."""
        return (
            self.deviance, self.coefficients, self.residual_sd, self.theta, self.certified, self.precision,
        )  # fmt: skip

    @classmethod
    def joined(cls, model: Prepared, parts: Iterable[Arrays], *, restricted: bool) -> "Refits":
        """Return the refits of all parts, in their order, from their arrays."""
        columns = zip(*parts, strict=True)
        return cls(model, restricted, *(one[0] if len(one) == 1 else np.concatenate(one) for one in columns))

    def std_errors(self, contrast: FloatArray) -> FloatArray:
        """Return the standard errors of a combination of coefficients, by the estimated variances, (b,).

        NaN where a resample leaves it undetermined.
        """
        turned = self.model.turned(contrast)[0]
        variances = np.einsum("x,bxy,y->b", turned, self.precision, turned)
        return np.asarray(self.residual_sd * np.sqrt(np.where(variances > 0, variances, np.nan)))

    @cached_property
    def covariances(self) -> tuple[FloatArray, ...]:
        """For each random term, the covariances of its coefficients, shape (b, k, k)."""
        sizes = [term.size for term in self.model.data.random]
        factors = (
            self.residual_sd[:, None, None] * triangle for triangle in lower_triangles(self.theta, sizes)
        )
        return tuple(factor @ factor.transpose(0, 2, 1) for factor in factors)


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
        If a response is fitted exactly by the fixed part, or is not finite.

    References: bates2015.
    """
    model = fit.model if isinstance(fit, LinearFit) else fit
    if restricted is None:
        restricted = fit.restricted if isinstance(fit, LinearFit) else True
    start = fit.optimum.theta.copy() if isinstance(fit, LinearFit) else identity(model)
    step = max(1, AT_ONCE // len(responses))
    parts = [
        _refit(model, responses[:, first : first + step], start, restricted=restricted).arrays
        for first in range(0, responses.shape[1], step)
    ]
    return Refits.joined(model, parts, restricted=restricted)


def _refit(model: Prepared, responses: FloatArray, start: FloatArray, *, restricted: bool) -> Refits:
    left, along = model.response(responses)
    scales = root_mean_squares(left)
    whole = np.abs(model.root_weights[:, None] * responses).max(axis=0)
    if not np.isfinite(whole).all():
        raise NotEstimableError("A response has a value that is not a finite number.")
    if not (scales > 1e-12 * whole).all():
        raise NotEstimableError("A response is fitted exactly by the fixed part: no variation is left.")
    stats = moments(model.design, left / scales)
    optima = fit_all(model.design.compiled, stats, start, len(responses), restricted=restricted)
    return refits_of(model, optima, scales, along.T, restricted=restricted)


@dataclass(frozen=True)
class Optima:
    """Where the deviances of b responses are least.

    Parameters
    ----------
    theta : float array, shape (b, t)
        Of scaled random columns.
    fixed : float array, shape (b, p)
        By the orthonormal columns.
    precision : float array, shape (b, p, p)
        Their covariances, relative to the residual variance.
    deviance, squares : float arrays, shape (b,)
    sizes : float array, shape (b,)
        Rows, less p if restricted.
    certified : bool array, shape (b,)
    """

    theta: FloatArray
    fixed: FloatArray
    precision: FloatArray
    deviance: FloatArray
    squares: FloatArray
    sizes: FloatArray
    certified: npt.NDArray[np.bool_]


def fit_all(
    columns: Columns,
    stats: Moments,
    start: FloatArray,
    rows: float | FloatArray,
    *,
    restricted: bool,
    counts: FloatArray | None = None,
    within: FloatArray | None = None,
) -> Optima:
    """Return the least deviance for each of the responses that `stats` are of.

    Parameters
    ----------
    columns : Columns
        Without any random ones, the least squares of orthonormal columns are returned.
    stats : Moments
    start : float array, shape (t,)
    rows : float, or float array of shape (b,)
    restricted : bool
    counts : float array, shape (b, u), optional
        How many groups have each pattern, if not the same for all.
    within : float array, shape (b, w, w), optional
        What is left of the common columns, times itself, likewise.
    """
    b, p = len(stats.square), columns.fixed
    sizes = np.full(b, rows, dtype=np.float64) - (p if restricted else 0)
    if not len(start):
        along = stats.common + np.einsum("ukx,buk->bx", columns.cross, stats.sums)
        squares = stats.square + np.einsum("bukk->b", stats.squares) - (along**2).sum(axis=1)
        fixed = along + stats.shift
        deviance = sizes * (1 + np.log(2 * np.pi * squares / sizes))
        precision = np.broadcast_to(np.eye(p), (b, p, p))
        return Optima(np.empty((b, 0)), fixed, precision, deviance, squares, sizes, np.isfinite(deviance))
    counts = columns.counts[None] if counts is None else counts
    within = columns.within[None] if within is None else within
    thetas, ends = np.tile(start, (b, 1)), np.empty((b, 5))
    coefficients, precision = np.empty((b, len(columns.within))), np.empty((b, p, p))
    _search_each(
        thetas, restricted, sizes, columns, counts, within, stats.sums, stats.squares, stats.common,
        stats.square, stats.shift, solved_for(columns), curvature_for(columns), coefficients, precision, ends,
    )  # fmt: skip
    fixed = coefficients[:, coefficients.shape[1] - p :]
    certified = np.isfinite(ends[:, 0]) & (ends[:, 2] < SMALL) & (ends[:, 3] > -1e-6)
    return Optima(thetas, fixed, precision, ends[:, 0], ends[:, 1], sizes, certified)


@compiled
def _search_each(
    thetas: FloatArray,
    restricted: bool,
    sizes: FloatArray,
    columns: Columns,
    counts: FloatArray,
    within: FloatArray,
    sums: FloatArray,
    squares: FloatArray,
    common: FloatArray,
    square: FloatArray,
    shift: FloatArray,
    solved: Solved,
    curvature: Curvature,
    coefficients: FloatArray,
    precision: FloatArray,
    ends: FloatArray,
) -> None:
    """Fit each response with its own counts and common columns, and keep the coefficients' covariances."""
    eigenvalues = np.zeros(thetas.shape[1])
    for b in range(len(thetas)):
        own, one = b if len(counts) > 1 else 0, slice(b, b + 1)
        there, their_sums, their_squares = counts[own], sums[one], squares[one]
        root, cross = columns.root, columns.cross
        if there.min() == 0:  # patterns that no group has cost no time
            used = np.flatnonzero(there)
            there, root, cross = there[used], root[used], cross[used]
            their_sums = sums[b][used].reshape((1, len(used), root.shape[1]))
            their_squares = squares[b][used].reshape((1, len(used), root.shape[1], root.shape[1]))
        theirs = Columns(columns.sizes, columns.elements, columns.fixed, there, root, cross, within[own])
        search(
            thetas[one], restricted, sizes[b], theirs, their_sums, their_squares, common[one], square[one],
            shift[one], solved, curvature, coefficients[one], eigenvalues, ends[one],
        )  # fmt: skip
        for x in range(columns.fixed):
            for y in range(columns.fixed):
                precision[b, x, y] = solved.covariance[x, y]


def refits_of(
    model: Prepared,
    optima: Optima,
    scales: FloatArray | float,
    along: FloatArray,
    *,
    restricted: bool,
    constant: float | FloatArray | None = None,
) -> Refits:
    """Return optima in the units of the data.

    Parameters
    ----------
    model : Prepared
    optima : Optima
    scales : float array, shape (b,), or float
        What the responses were divided by.
    along : float array, shape (b, p) or (p,)
        What had been taken off them, in coefficients of the orthonormal columns.
    restricted : bool
    constant : float array, shape (b,), optional
        What the deviances lack, if not what the model's does.
    """
    scale = np.broadcast_to(scales, optima.squares.shape)
    back = model.turned(np.eye(len(model.triangle)))
    residual_sd = scale * np.sqrt(np.where(optima.squares > 0, optima.squares, np.nan) / optima.sizes)
    if constant is None:
        constant = model.log_constant(restricted=restricted)
    return Refits(
        model,
        restricted,
        optima.deviance + 2 * optima.sizes * np.log(scale) + constant,
        (along + scale[:, None] * optima.fixed) @ back.T,
        residual_sd,
        model.as_given(optima.theta),
        optima.certified,
        optima.precision,
    )
