"""Maximum of a likelihood, its profile, and the tests and intervals that follow from it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf, isnan, nan, sqrt

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize, stats

from mmstats.errors import NotEstimableError
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
Evaluated = tuple[float, FloatArray, FloatArray]

LIKELIHOOD_RATIO = Quantity("likelihood_ratio", "Likelihood-ratio test")

MOST_STEPS = 300
NEAR = 1e-13  # twice the gain in log likelihood that one more Newton step promises
FLAT = 1e-7  # a direction that raises a contrast by less than this does not raise it
WITHIN = 1e-7  # how far a direction may be outside the cone by the rounding of a linear program
AT_ONCE = 1000  # rows of the cone


@dataclass(frozen=True)
class Maximum:
    """Where a log likelihood is greatest, with the certificate that it is.

    Parameters
    ----------
    parameters : float array, shape (p,)
    value : float
        The log likelihood there.
    gradient_norm : float
        The length of the gradient, in standard errors: 0 but for rounding at a maximum.
    definite : bool
        Whether the Hessian is negative definite, so that the maximum is a point.
    """

    parameters: FloatArray
    value: float
    gradient_norm: float
    definite: bool


def maximise(
    likelihood: Callable[[FloatArray], Evaluated], start: FloatArray, basis: FloatArray | None = None
) -> Maximum:
    """Return the maximum of a log likelihood over start + span(basis), by Newton steps that never descend.

    Where the likelihood only approaches its supremum, far away, the value is that of the supremum and the
    parameters are as far as it still grew.

    Parameters
    ----------
    likelihood : callable
        Gives the value, the gradient of shape (p,) and the Hessian of shape (p, p); -inf where undefined.
    start : float array, shape (p,)
        Where the likelihood is finite.
    basis : float array, shape (p, m), optional
        Orthonormal columns; by default every direction is free.

    Raises
    ------
    NotEstimableError
        If the steps do not come to an end.
    """
    free = np.eye(len(start)) if basis is None else basis
    here, (value, gradient, hessian) = start, likelihood(start)
    if free.shape[1] == 0:
        return Maximum(here, value, 0.0, definite=True)
    reach = 4.0  # how far one step may go along an axis of the Hessian: where it is flat, not far
    for _ in range(MOST_STEPS):
        sizes, axes = np.linalg.eigh(-free.T @ hessian @ free)
        slopes = axes.T @ (free.T @ gradient)
        curvature = np.maximum(np.abs(sizes), np.maximum(np.abs(slopes) / reach, 1e-300))
        step = free @ (axes @ (slopes / curvature))
        gain = float(slopes @ (slopes / curvature))
        if gain < NEAR:
            after = likelihood(here + step)
            if after[0] >= value - 1e-11 * (1 + abs(value)):
                here, (value, gradient, hessian) = here + step, after
            sizes, axes = np.linalg.eigh(-free.T @ hessian @ free)
            definite = bool(sizes[0] > 1e-10 * sizes[-1])
            slopes = axes.T @ (free.T @ gradient)
            least = max(1e-14 * float(np.abs(sizes).max()), 1e-300)
            norm = sqrt(float(np.sum(slopes**2 / np.maximum(np.abs(sizes), least))))
            return Maximum(here, value, norm, definite)
        length = 1.0
        while length > 1e-12:
            after = likelihood(here + length * step)
            if after[0] >= value + 1e-4 * length * gain - 1e-13 * (1 + abs(value)):
                break
            length /= 2
        else:
            break
        here, (value, gradient, hessian) = here + length * step, after
        reach = reach * 2 if length == 1 else max(1.0, reach / 2)
    raise NotEstimableError(
        "No maximum of the likelihood was found: the data hardly inform some coefficient. Leave a term out."
    )


@dataclass(frozen=True)
class Recession:
    """The directions in which a likelihood never falls, so that it may have no maximum.

    Parameters
    ----------
    cone : float array, shape (m, p)
        They are the d with cone @ d >= 0; without rows if there is a maximum for certain, as a penalised
        likelihood has.
    """

    cone: FloatArray

    @cached_property
    def separated(self) -> bool:
        """Whether the likelihood grows for ever in some direction (Albert and Anderson)."""
        return len(self.cone) > 0 and self._farthest(self.cone.sum(axis=0)) > FLAT

    def end(self, contrast: FloatArray) -> float:
        """Return where the likelihood drives a combination: inf, -inf, 0 (it stays), or NaN (anywhere)."""
        if not self.separated:
            return 0.0
        up, down = (self._farthest(sign * contrast) > FLAT * np.linalg.norm(contrast) for sign in (1.0, -1.0))
        return nan if up and down else inf if up else -inf if down else 0.0

    def _farthest(self, aim: FloatArray) -> float:
        """Return how far `aim` can be raised within the cone, by steps of at most 1 in every parameter."""
        rows = self._rows
        kept = np.unique(np.linspace(0, len(rows) - 1, AT_ONCE).astype(np.int64))
        while True:  # with more rows the farthest comes nearer, until it is within all of them
            cone = rows[kept]
            found = optimize.linprog(
                -aim, A_ub=-cone, b_ub=np.zeros(len(cone)), bounds=(-1, 1), method="highs"
            )
            if found.status != 0:
                return 0.0
            along = rows @ np.asarray(found.x)
            broken = np.setdiff1d(np.argsort(along)[:AT_ONCE], kept)
            broken = broken[along[broken] < -WITHIN]
            if not len(broken):
                return float(aim @ np.asarray(found.x))
            kept = np.concatenate([kept, broken])

    @cached_property
    def _rows(self) -> FloatArray:
        return np.asarray(np.unique(self.cone, axis=0))


@dataclass(frozen=True)
class LikelihoodFit:
    """A log likelihood, and what it says about combinations of its parameters.

    Parameters
    ----------
    likelihood : callable
        As `maximise` takes it.
    start : float array, shape (p,)
    cone : float array, shape (m, p)
        The likelihood never falls along the directions d with cone @ d >= 0; without rows if it has a
        maximum for certain, as a penalised one has.
    rows : int
        The number of observations.
    """

    likelihood: Callable[[FloatArray], Evaluated]
    start: FloatArray
    cone: FloatArray
    rows: int

    @cached_property
    def maximum(self) -> Maximum:
        """The maximum, or what stands for it if the data are separated.

        Raises
        ------
        NotEstimableError
            If there is none although nothing is separated.
        """
        found = maximise(self.likelihood, self.start)
        if not self.separated and not (found.definite and found.gradient_norm < 1e-5):
            raise NotEstimableError(
                "The likelihood is flat at its maximum: some coefficient is not determined."
            )
        return found

    @cached_property
    def recession(self) -> Recession:
        """The directions in which the likelihood never falls."""
        return Recession(self.cone)

    @property
    def separated(self) -> bool:
        """Whether the likelihood grows for ever in some direction (Albert and Anderson)."""
        return self.recession.separated

    def end(self, contrast: FloatArray) -> float:
        """Return where the likelihood drives a combination: inf, -inf, 0 (it stays), or NaN (anywhere)."""
        return self.recession.end(contrast)

    def value(self, contrast: FloatArray) -> float:
        """Return the estimate of a combination of the parameters; infinite or NaN if separated."""
        end = self.end(contrast)
        return float(contrast @ self.maximum.parameters) if end == 0 else end

    def ratio(self, contrasts: FloatArray) -> float:
        """Return the likelihood-ratio statistic of the hypothesis that all combinations (rows) are 0."""
        return self._ratio(contrasts, np.zeros(len(contrasts)), self.maximum)[0]

    def _ratio(self, contrasts: FloatArray, values: FloatArray, near: Maximum) -> tuple[float, Maximum]:
        across, basis = np.linalg.pinv(contrasts), linalg.null_space(contrasts)
        starts = [at + across @ (values - contrasts @ at) for at in (near.parameters, self.start)]
        starts.sort(key=lambda at: -self.likelihood(at)[0])  # from far away the way back can be too flat
        try:
            found = maximise(self.likelihood, starts[0], basis)
        except NotEstimableError:
            found = maximise(self.likelihood, starts[1], basis)
        return max(0.0, 2 * (self.maximum.value - found.value)), found

    def limits(self, contrast: FloatArray, level: float) -> tuple[float, float]:
        """Return the values of a combination that the likelihood-ratio test does not reject.

        Raises
        ------
        NotEstimableError
            If a maximum on the way is not found.
        """
        end = self.end(contrast)
        low = -inf if isnan(end) or end == -inf else self._limit(contrast, level, -1.0)
        high = inf if isnan(end) or end == inf else self._limit(contrast, level, 1.0)
        return low, high

    def _limit(self, contrast: FloatArray, level: float, side: float) -> float:
        critical = float(stats.chi2.isf(1 - level, 1))
        best = self.maximum
        middle = float(contrast @ best.parameters)
        unit = 2 * float(np.linalg.norm(contrast)) / sqrt(self.rows)  # a standard error, were all even
        near = {0.0: best}

        def excess(distance: float) -> float:
            closest = min(near, key=lambda known: abs(known - distance))
            value = np.array([middle + side * distance * unit])
            ratio, near[distance] = self._ratio(contrast[None], value, near[closest])
            return ratio - critical

        far = sqrt(critical)
        while excess(far) < 0:
            far *= 2
            if far > 1e6:
                return side * inf
        return middle + side * unit * float(optimize.brentq(excess, 0.0, far, xtol=1e-13, rtol=1e-13))
