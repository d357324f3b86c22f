"""Linear mixed models by restricted or full maximum likelihood."""

from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.crossproducts import Moments, moments
from mmstats.mixed.derivatives import curvature_for
from mmstats.mixed.deviance import Columns, Response, Solved, solved_for
from mmstats.mixed.layout import lower_triangles
from mmstats.mixed.prepared import Prepared, prepared
from mmstats.mixed.random_columns import root_mean_squares
from mmstats.mixed.search import search
from mmstats.mixed.structure import FloatArray, MixedData

SINGULAR = (
    1e-4  # a standard deviation, by the columns computed with, below this share of the residual's is zero
)
EXACT = 1e-11  # a residual variance, relative to the response's, that has vanished
UNTOLD = 1e8  # a ratio of a crossed factor's variance to the residual one above which digits run out
SMALL = 1e-5  # a slope, in deviance, above which no optimum has been found


@dataclass(frozen=True)
class Optimum:
    """Where the deviance is least, and the certificate that it is.

    Parameters
    ----------
    theta : float array, shape (t,)
        Lower triangles of the relative Cholesky factors, of the random columns computed with.
    deviance : float
        Minus twice the log likelihood, restricted or not, of the scaled response.
    coefficients : float array, shape (w,)
    squares : float
        The residual sum of squares.
    slope : float
        The decrease of the deviance that one more Newton step promises: 0 but for rounding.
    eigenvalues : float array, shape (t,)
        Of the Hessian by theta; the smallest is not negative but for rounding.
    steps : int
    """

    theta: FloatArray
    deviance: float
    coefficients: FloatArray
    squares: float
    slope: float
    eigenvalues: FloatArray
    steps: int

    @property
    def certified(self) -> bool:
        """Whether the slope vanishes and no direction leads down."""
        largest = float(np.abs(self.eigenvalues).max())
        return self.slope < SMALL and bool(self.eigenvalues.min() > -1e-6 * max(largest, 1.0))


@dataclass(frozen=True)
class LinearFit:
    """A fitted linear mixed model.

    Parameters
    ----------
    model : Prepared
    response : float array, shape (n,)
    restricted : bool
        Whether by restricted maximum likelihood.
    optimum : Optimum
    moments : Moments
        Of the scaled response.
    scale : float
        What the response, off the fixed columns, was divided by.
    along : float array, shape (p,)
        The response's coefficients on the orthonormal columns, by least squares.
    """

    model: Prepared
    response: FloatArray
    restricted: bool
    optimum: Optimum
    moments: Moments
    scale: float
    along: FloatArray

    @property
    def data(self) -> MixedData:
        """The rows."""
        return self.model.data

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.response)

    @property
    def size(self) -> int:
        """The number of rows, less that of fixed coefficients if the likelihood is restricted."""
        return self.rows - (len(self.data.names) if self.restricted else 0)

    @cached_property
    def deviance(self) -> float:
        """Minus twice the log likelihood."""
        constant = self.model.log_constant(restricted=self.restricted)
        return self.optimum.deviance + 2 * self.size * log(self.scale) + constant

    @cached_property
    def residual_sd(self) -> float:
        """The residual standard deviation, sigma, of a row of weight 1."""
        return self.scale * float(np.sqrt(self.optimum.squares / self.size))

    @cached_property
    def coefficients(self) -> FloatArray:
        """The fixed coefficients, shape (p,)."""
        return self.model.coefficients(self._rotated)

    @cached_property
    def _rotated(self) -> FloatArray:
        """The coefficients of the orthonormal columns."""
        p = len(self.data.names)
        return self.along + self.scale * self.optimum.coefficients[len(self.optimum.coefficients) - p :]

    def values(self, contrasts: FloatArray) -> FloatArray:
        """Return combinations of the fixed coefficients, shape (l, p), to more digits than their sum has."""
        return np.asarray(self.model.turned(contrasts) @ self._rotated)

    @cached_property
    def theta(self) -> FloatArray:
        """The relative Cholesky factors of the random columns as given, as lme4 has them."""
        return self.model.as_given(self.optimum.theta)

    @cached_property
    def factors(self) -> tuple[FloatArray, ...]:
        """The lower triangles of each term, times sigma: T with covariance T T'."""
        sizes = [term.size for term in self.data.random]
        return tuple(self.residual_sd * triangle for triangle in lower_triangles(self.theta, sizes))

    @property
    def covariances(self) -> tuple[FloatArray, ...]:
        """The covariance matrix of each term's random coefficients."""
        return tuple(factor @ factor.T for factor in self.factors)

    @cached_property
    def singular(self) -> tuple[str, ...]:
        """The random terms whose covariance has a zero direction: a variance of 0, or a correlation of 1."""
        found, at = [], 0
        for term in self.data.random:
            diagonal = [at + column * term.size - column * (column - 1) // 2 for column in range(term.size)]
            if np.abs(self.optimum.theta[diagonal]).min() < SINGULAR:
                found.append(f"({' + '.join(term.names)} | {term.group})")
            at += term.size * (term.size + 1) // 2
        return tuple(found)


def fit(
    data: MixedData | Prepared,
    *,
    restricted: bool = True,
    response: FloatArray | None = None,
    start: FloatArray | None = None,
) -> LinearFit:
    """Fit a linear mixed model.

    Parameters
    ----------
    data : MixedData or Prepared
    restricted : bool
        Restricted maximum likelihood, or full.
    response : float array, shape (n,), optional
        Another response than the data's.
    start : float array, shape (t,), optional
        The theta to start from.

    Raises
    ------
    NotEstimableError
        If the model is not determined by its columns, the fixed part leaves no residuals, or the search ends
        without an optimum.

    References: bates2015.
    """
    model = data if isinstance(data, Prepared) else prepared(data)
    values = model.data.response if response is None else response
    if not np.isfinite(values).all():
        raise NotEstimableError(
            f"The response of row {np.isfinite(values).argmin() + 1} is not a finite number."
        )
    left, along = model.response(values[:, None])
    size = float(root_mean_squares(left)[0])
    whole = float(np.abs(model.root_weights * values).max())
    if not size > 1e-12 * whole:
        reason = "constant" if np.ptp(values) == 0 else "fitted exactly by the fixed part"
        raise NotEstimableError(f"The response is {reason}, so there is no variation to divide among groups.")
    stats = moments(model.design, left / size)
    optimum = optimise(model, stats, restricted=restricted, start=start)
    return LinearFit(model, values, restricted, optimum, stats, size, along[:, 0])


def optimise(
    model: Prepared, stats: Moments, *, restricted: bool, start: FloatArray | None = None
) -> Optimum:
    """Return the least deviance for the response that `stats` are of.

    Raises
    ------
    NotEstimableError
        If the search ends without an optimum.
    """
    theta = identity(model) if start is None else model.as_computed(start)
    size = len(model.data.response) - (len(model.data.names) if restricted else 0)
    found, _ = searched(model.design.compiled, stats[0], theta, size, restricted=restricted)
    if found.squares < EXACT * size:
        raise NotEstimableError(
            "The random part fits the response all but exactly: next to its variance the residual variance "
            "vanishes. Leave a random term out."
        )
    if not (np.isfinite(found.deviance) and found.certified):
        ended = (
            f"The search for the least deviance ended after {found.steps} steps without finding it (a "
            f"further step would promise {found.slope:.1g})."
        )
        ratio = float(np.square(found.theta).max())
        if model.design.layout.common and ratio > UNTOLD:
            raise NotEstimableError(
                f"{ended} A random variance is about {ratio:.0e} times the residual one, for which crossed "
                "factors leave too few digits. Make the factor that varies so much a fixed one, which then "
                "gives the same answers, or analyse differences between its levels."
            )
        raise NotEstimableError(
            f"{ended} The random part asks for more than the data tell: leave a term out."
        )
    return found


def searched(
    columns: Columns, response: Response, theta: FloatArray, size: float, *, restricted: bool
) -> tuple[Optimum, Solved]:
    """Return where the search for the least deviance ends, and what that is made of.

    Parameters
    ----------
    columns : Columns
    response : Response
    theta : float array, shape (t,)
        The start.
    size : float
        Rows, less p if restricted.
    restricted : bool
    """
    solved, eigenvalues = solved_for(columns), np.empty(len(theta))
    thetas, coefficients, ends = theta[None].copy(), np.empty((1, len(columns.within))), np.empty((1, 5))
    search(
        thetas, restricted, float(size), columns, response.sums[None], response.squares[None],
        response.common[None], np.array([response.square]), response.shift[None], solved,
        curvature_for(columns), coefficients, eigenvalues, ends,
    )  # fmt: skip
    deviance, squares, slope = (float(end) for end in ends[0, :3])
    steps = int(ends[0, 4])
    return Optimum(thetas[0], deviance, coefficients[0], squares, slope, eigenvalues, steps), solved


def identity(model: Prepared) -> FloatArray:
    """Return the theta of unit variances and no correlations, of the columns computed with."""
    return np.concatenate(
        [np.eye(term.size)[:, c][c:] for term in model.data.random for c in range(term.size)]
    )
