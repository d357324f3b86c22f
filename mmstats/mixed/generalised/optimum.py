"""The maximum of a function with a gradient, certified, past saddles and along flat directions."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.density import FloatArray

Objective = Callable[[FloatArray], tuple[float, FloatArray]]

MOST_STEPS = 400
NEAR = 1e-11  # twice the gain that one more step promises
ROUNDING = 1e-8  # a gain that can be lost in the digits of a likelihood far out
STEP = 1e-3  # of numeric second derivatives; parameters are scaled to have standard errors near 1
SADDLE = 1e-4  # an eigenvalue below minus this makes a saddle, not a maximum


@dataclass(frozen=True)
class Optimum:
    """Where a function is greatest.

    Parameters
    ----------
    point : float array, shape (p,)
    value : float
    bend : float array, shape (m, m)
        Minus the Hessian along the free directions.
    gradient_norm : float
        The length of the gradient there, in standard errors: 0 but for rounding at a maximum.
    """

    point: FloatArray
    value: float
    bend: FloatArray
    gradient_norm: float


def curvature(objective: Objective, point: FloatArray, free: FloatArray) -> FloatArray:
    """Return minus the Hessian along orthonormal directions, by central differences of the gradient.

    Raises
    ------
    NotEstimableError
        If the function is not defined around the point.
    """
    found = np.empty((free.shape[1], free.shape[1]))
    for j in range(free.shape[1]):
        step = STEP
        while True:
            (up, rise), (down, fall) = (objective(point + s * step * free[:, j]) for s in (1.0, -1.0))
            if np.isfinite(up) and np.isfinite(down):
                break
            step /= 10
            if step < 1e-9:
                raise NotEstimableError("The likelihood has no curvature at the edge of what is possible.")
        found[:, j] = free.T @ (fall - rise) / (2 * step)
    return (found + found.T) / 2


def maximise(
    objective: Objective,
    start: FloatArray,
    basis: FloatArray | None = None,
    bend: FloatArray | None = None,
    *,
    certify: bool = True,
) -> Optimum:
    """Return the maximum over start + span(basis).

    Saddle-free steps |H|^-1 g with symmetric rank-one updates of H; at a stationary point H is computed, and
    along a direction in which it rises the search goes on: a likelihood that is even in a parameter is
    stationary where that is 0.

    Parameters
    ----------
    objective : callable
        Gives the value, -inf where undefined, and the gradient, shape (p,).
    start : float array, shape (p,)
    basis : float array, shape (p, m), optional
        Orthonormal columns; by default every direction is free.
    bend : float array, shape (m, m), optional
        A guess of minus the Hessian.
    certify : bool
        Whether to compute the Hessian where the search ends.

    Raises
    ------
    NotEstimableError
        If the function is undefined at the start, or the steps do not come to an end.
    """
    free = np.eye(len(start)) if basis is None else basis
    here, (value, full) = start, objective(start)
    if not np.isfinite(value):
        raise NotEstimableError("The likelihood is not defined where the search for its maximum starts.")
    if free.shape[1] == 0:
        return Optimum(here, value, np.empty((0, 0)), 0.0)
    gradient = free.T @ full
    exact = bend is None
    bend = curvature(objective, here, free) if bend is None else bend
    reach = 2.0
    for _ in range(MOST_STEPS):
        sizes, axes = np.linalg.eigh(bend)
        slopes = axes.T @ gradient
        sharp = np.maximum(np.abs(sizes), np.maximum(np.abs(slopes) / reach, 1e-300))
        gain = float(slopes @ (slopes / sharp))
        step = free @ (axes @ (slopes / sharp))
        length = 1.0
        if gain < NEAR:
            if not certify:
                here, value, gradient = _closer(objective, here, value, gradient, step, free)
                return Optimum(here, value, bend, sqrt(gain))
            if not exact:
                bend, exact = curvature(objective, here, free), True
                continue
            here, value, gradient = _closer(objective, here, value, gradient, step, free)
            if sizes[0] >= -SADDLE:
                norm = sqrt(float(gradient @ (axes @ ((axes.T @ gradient) / sharp))))
                return Optimum(here, value, bend, norm)
            moved = _off_saddle(objective, here, value, free @ axes[:, 0])
            if moved is None:
                raise NotEstimableError("The search for the maximum of the likelihood ended at a saddle.")
            here = moved
            value, full = objective(here)
            gradient, bend = free.T @ full, curvature(objective, here, free)
            continue
        while True:
            after, full = objective(here + length * step)
            if after >= value + 1e-4 * length * gain - 1e-12 * (1 + abs(value)):
                break
            length /= 2
            if length < 1e-9:
                break
        if length < 1e-9:
            if gain < ROUNDING and (not certify or (exact and sizes[0] >= -SADDLE)):
                return Optimum(here, value, bend, sqrt(gain))
            if exact:
                break
            bend, exact = curvature(objective, here, free), True
            continue
        move = length * (free.T @ step)
        change = gradient - free.T @ full
        miss = change - bend @ move
        size = float(miss @ move)
        if abs(size) > 1e-8 * np.linalg.norm(miss) * np.linalg.norm(move):
            bend = bend + np.outer(miss, miss) / size
        here, value, gradient, exact = here + length * step, after, free.T @ full, False
        reach = reach * 2 if length == 1 else max(0.5, reach / 2)
    raise NotEstimableError(
        "No maximum of the likelihood was found: the data hardly inform some parameter. Leave a term out."
    )


def _closer(
    objective: Objective,
    here: FloatArray,
    value: float,
    gradient: FloatArray,
    step: FloatArray,
    free: FloatArray,
) -> tuple[FloatArray, float, FloatArray]:
    """Return the end of a last Newton step, unless rounding has made it worse."""
    after, full = objective(here + step)
    if after < value - 1e-11 * (1 + abs(value)):
        return here, value, gradient
    return here + step, after, free.T @ full


def _off_saddle(objective: Objective, here: FloatArray, value: float, axis: FloatArray) -> FloatArray | None:
    """Return a higher point along an axis, or None."""
    tried = [here + sign * size * axis for size in (1.0, 0.5, 0.2, 0.05, 0.01) for sign in (1.0, -1.0)]
    best = max(tried, key=lambda point: objective(point)[0])
    return best if objective(best)[0] > value else None
