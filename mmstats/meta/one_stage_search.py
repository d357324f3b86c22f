"""The least deviance of a one-stage model: Newton steps from several starts."""

from math import inf

import numpy as np

from mmstats.meta.one_stage_likelihood import Likelihood, Projected, likelihood
from mmstats.meta.sufficient import FloatArray
from mmstats.mixed.heterogeneous import by_parameters
from mmstats.mixed.structure import IntArray

DONE = 1e-13  # the decrease of the deviance that one more step promises
MOST_STEPS = 200

# Factor, log variances, deviance, what a further step promises, curvatures, steps.
Search = tuple[FloatArray, FloatArray, float, float, FloatArray, int]


def lowest(data: Projected, logs: FloatArray, strata: IntArray, *, known: bool, restricted: bool) -> Search:
    """Return the lowest of the minima that searches from several starts end at.

    Parameters
    ----------
    data : Projected
        In units that make its numbers about 1.
    logs : float array, shape (g,)
        Logarithms of residual variances to start from.
    strata : int array, shape (k,)
        Which of them each cohort has.
    known : bool
        Whether they stay.
    restricted : bool
    """
    q = data.random
    lower = np.array([(row, column) for column in range(q) for row in range(column, q)], dtype=np.int64)
    searches = [
        _search(data, theta, noise, strata, lower, known=known, restricted=restricted)
        for theta, noise in _starts(logs, lower, known=known)
    ]
    theta, *rest = min(searches, key=lambda search: search[2])
    factor = factor_of(theta, lower, q)
    found = factor * np.where(np.diag(factor) < 0, -1.0, 1.0)
    return (found, *rest)  # type: ignore[return-value]


def _starts(logs: FloatArray, lower: IntArray, *, known: bool) -> list[tuple[FloatArray, FloatArray]]:
    """Return where searches start: from little to much spread between cohorts, and from even noise."""
    if not len(lower):
        spreads = [np.empty(0)]
    else:
        spreads = [size * (lower[:, 0] == lower[:, 1]) for size in (0.5, 0.05, 3.0)]
    noises = [logs] if known or len(logs) == 1 else [logs, np.full_like(logs, logs.mean())]
    return [(spread, noise) for spread in spreads for noise in noises]


def _search(
    data: Projected,
    theta: FloatArray,
    logs: FloatArray,
    strata: IntArray,
    lower: IntArray,
    *,
    known: bool,
    restricted: bool,
) -> Search:
    """Return factor and log variances of the least deviance nearby, by Newton steps that leave saddles."""
    t, q = len(theta), data.random
    free = t if known else t + len(logs)
    point, escape, promised, steps = np.concatenate([theta, logs]), 0.5, inf, 0
    curves = np.empty(0)

    def at(point: FloatArray) -> Likelihood:
        return likelihood(
            data, factor_of(point[:t], lower, q), np.exp(point[t:]), strata, restricted=restricted
        )

    here = at(point)
    while steps < MOST_STEPS:
        steps += 1
        gradient, hessian = _by_logs(here, point, t, q)
        gradient, hessian = gradient[:free], hessian[:free, :free]
        curves, axes = np.linalg.eigh(hessian)
        if not free:
            return point[:t], point[t:], here.deviance, 0.0, curves, steps
        along = axes.T @ gradient
        size = np.maximum(np.abs(curves), 1e-9 * max(float(np.abs(curves).max()), 1e-12))
        promised = float((along**2 / size).sum()) / 2
        step, last = -axes @ (along / size), promised < DONE
        if last and curves[0] < -1e-7 * np.abs(curves).max():  # a saddle
            step, last = escape * axes[:, 0], False
            escape *= 2
        length = min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
        moved = None
        for _ in range(60):
            new = point.copy()
            new[:free] += length * step
            there = at(new)
            if there.deviance < here.deviance or (
                promised < 1e-7 and there.deviance <= here.deviance + 1e-11 * abs(here.deviance)
            ):
                moved = new
                break
            length /= 2
        if moved is not None:
            point, here = moved, there
        if last or moved is None:
            break
    return point[:t], point[t:], here.deviance, promised, curves, steps


def _by_logs(found: Likelihood, point: FloatArray, t: int, q: int) -> tuple[FloatArray, FloatArray]:
    """Return gradient and Hessian by the factor and the logarithms of residual variances."""
    variances = np.exp(point[t:])
    slope, bent = found.gradient.copy(), found.hessian.copy()
    slope[t:] *= variances
    bent[t:] *= variances[:, None]
    bent[:, t:] *= variances
    bent[t:, t:] += np.diag(slope[t:])
    gradient, hessian, _ = by_parameters(point[:t], np.array([q] * (q > 0), dtype=np.int64), slope, bent)
    return gradient, hessian


def factor_of(theta: FloatArray, lower: IntArray, q: int) -> FloatArray:
    """Return the triangle with these elements at these places, shape (q, q)."""
    found = np.zeros((q, q))
    for value, (row, column) in zip(theta, lower, strict=True):
        found[row, column] = value
    return found
