"""The least deviance of dependent effects: Newton steps in a box that do not stop at saddles."""

from dataclasses import dataclass

import numpy as np

from mmstats.meta.marginal_deviance import DependentEffects, Marginal
from mmstats.meta.weighted import BoolArray, FloatArray

STEPS = 1000  # along a curved valley, as that of a correlation near 1, many are needed
DONE = 1e-20  # the decrease of the deviance that one more step promises: far below rounding
CURVED_DOWN = -1e-8  # a curvature, relative to the largest, that is negative beyond doubt
SOLVED = 1e-10  # a promised decrease below which the optimum is certain
NEAR = 1e-6  # a standard deviation, relative to that of sampling, or a correlation, that is at its bound
MET = 0.3  # a distance, relative, from which a search leads to the same optimum
ALIKE = 1e-8  # a difference of deviances that is none
ROUNDING = 1e-12  # of the deviance, relative, in one step
BLURRED = 1e-11  # of the deviance, relative, between searches


@dataclass(frozen=True)
class VarianceOptimum:
    """Where the deviance is least, and the certificate that it is.

    Parameters
    ----------
    fit : Marginal
        The generalised least squares there, for effects divided by `scale`.
    gradient : float array, shape (f,)
        Of the deviance, by parameters that are not held: standard deviations and correlations, or factors.
    hessian : float array, shape (f, f)
    at_bound : bool array, shape (f,)
        Whether a parameter is at a bound that the gradient would have it cross.
    promised : float
        The decrease of the deviance that one more Newton step promises.
    curvature : float array
        Eigenvalues of the Hessian by the parameters that are at no bound. A 0 is a direction of which the
        data tell nothing, as that of a correlation of effects without variance.
    steps : int
    """

    fit: Marginal
    gradient: FloatArray
    hessian: FloatArray
    at_bound: BoolArray
    promised: float
    curvature: FloatArray
    steps: int

    @property
    def certified(self) -> bool:
        """Whether the slope vanishes, but for parameters at bounds, and no direction leads down."""
        return self.solved(SOLVED)

    def solved(self, promised: float) -> bool:
        """Return whether a step promises less than given, and no direction leads down."""
        if not len(self.curvature):
            return True
        largest = max(float(np.abs(self.curvature).max()), 1.0)
        return self.promised < promised and bool(self.curvature.min() >= 10 * CURVED_DOWN * largest)


def best(
    data: DependentEffects, starts: tuple[FloatArray, ...], *, restricted: bool, meeting: bool = False
) -> VarianceOptimum:
    """Return the least of the deviances that are reached from several starts.

    With correlations there may be several minima. Then, what ends at a bound (a variance of 0, a correlation
    of 1) is tried once more from away from it.

    Parameters
    ----------
    data : DependentEffects
    starts : tuple of float arrays, shape (t,)
    restricted : bool
    meeting : bool
        Whether a search ends near what is found already. It may with independent effects only: correlations
        that differ much are near each other beside large standard deviations.
    """
    found = search(data, starts[0], restricted=restricted)
    for start in starts[1:]:
        known = found.fit.theta if meeting and found.certified else None
        other = search(data, start, restricted=restricted, known=known)
        found = _better(found, other, restricted=restricted)
    lower, upper = data.box
    ended = found.fit.theta
    for place in np.flatnonzero(data.free & ((ended <= lower + NEAR) | (ended >= upper - NEAR))):
        low, high, start = lower[place], upper[place], ended.copy()
        if np.isfinite(high):
            start[place] = 0.25 * high + 0.75 * low if ended[place] > low + NEAR else 0.75 * high + 0.25 * low
            tried = [start]
        else:
            tried = [
                np.where(np.arange(len(start)) == place, size * starts[0], start) for size in (1, 4, 0.2)
            ]
        for one in tried:
            found = _better(found, search(data, one, restricted=restricted), restricted=restricted)
    return found


def _better(found: VarianceOptimum, other: VarianceOptimum, *, restricted: bool) -> VarianceOptimum:
    """Return the one with less deviance; of those equal but for rounding, the first that is certified."""
    here, there = (one.fit.deviance(restricted=restricted) for one in (found, other))
    alike = max(ALIKE, BLURRED * abs(here))
    less = there < here - alike or (other.certified > found.certified and there < here + alike)
    return other if less else found


def search(
    data: DependentEffects, start: FloatArray, *, restricted: bool, known: FloatArray | None = None
) -> VarianceOptimum:
    """Return the least deviance that is reached from a start.

    A step follows the absolute curvatures (so it leads down from anywhere), is cut at the box, and halved
    until the deviance falls. Where the slope vanishes, a direction of negative curvature is taken: a variance
    of 0 always has slope 0 by its standard deviation, and is left if the likelihood is larger beside it.

    Parameters
    ----------
    data : DependentEffects
    start : float array, shape (t,)
        Within the bounds.
    restricted : bool
    known : float array, shape (t,), optional
        Where the deviance is least as far as is known: near it, the search ends.
    """
    lower, upper = data.box[0][data.free], data.box[1][data.free]
    fit, steps, before = data.at(start), 0, np.inf
    here = fit.deviance(restricted=restricted)
    while True:
        gradient, hessian = fit.derivatives(restricted=restricted)
        theta = fit.theta[data.free]
        at_bound = ((theta <= lower) & (gradient > 0)) | ((theta >= upper) & (gradient < 0))
        inside = ~at_bound
        values, vectors = np.linalg.eigh(hessian[inside][:, inside])
        along = vectors.T @ gradient[inside]
        sizes = np.abs(values)
        floor = 1e-10 * max(float(sizes.max(initial=0.0)), 1e-10)
        promised = float((along**2 / np.maximum(sizes, floor)).sum())
        found = VarianceOptimum(fit, gradient, hessian, at_bound, promised, values, steps)
        steps += 1
        met = known is not None and bool(np.abs(fit.theta - known).max() < MET * np.abs(known).max())
        if steps > STEPS or not len(values) or met:
            return found
        step, after = np.zeros(len(theta)), None
        if promised > DONE and (promised > SOLVED or promised < before / 4):
            step[inside] = -vectors @ (along / np.maximum(sizes, floor))
            after = _descended(fit, here, step, (lower, upper), promised, restricted=restricted)
        if after is None and values[0] < CURVED_DOWN * max(sizes.max(), 1.0):
            step[inside] = vectors[:, 0] * np.sign(vectors[np.argmax(np.abs(vectors[:, 0])), 0])
            after = _descended(fit, here, step, (lower, upper), promised, restricted=restricted)
        if after is None:
            return found
        (fit, here), before = after, promised


def _descended(
    fit: Marginal,
    here: float,
    step: FloatArray,
    box: tuple[FloatArray, FloatArray],
    promised: float,
    *,
    restricted: bool,
) -> tuple[Marginal, float] | None:
    """Return the first point along a step, from its end to its start, where the deviance is less.

    A step that promises too little to tell from rounding is taken whole.
    """
    free, blur, size = fit.data.free, ROUNDING * max(abs(here), 1.0), 1.0
    small = promised < 100 * blur
    while size > 1e-9:
        theta = fit.theta.copy()
        theta[free] = np.clip(theta[free] + size * step, *box)
        if np.array_equal(theta, fit.theta):
            return None
        moved = fit.data.at(theta)
        there = moved.deviance(restricted=restricted)
        if there < here - blur or (small and there <= here + blur):
            return moved, there
        size /= 2
    return None
