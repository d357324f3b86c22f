"""Conditional modes of the random effects: where the joint density of rows and effects is greatest."""

from dataclasses import dataclass

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.density import Density, FloatArray
from mmstats.mixed.generalised.model import GeneralisedModel

MOST_STEPS = 200
NEAR = 1e-12  # a Newton step that gains less, for the value's size, is the last: its error is the square
LOST = (
    "The conditional modes of the random effects were not found: the outcome or the offset has values "
    "that are too large for it. Measure them in a larger unit."
)


@dataclass(frozen=True)
class Modes:
    """The modes of the standard random effects and the curvature there.

    Parameters
    ----------
    effects : float array, shape (clusters, width)
    density : Density
        Of the rows, there.
    joint : float array, shape (clusters,)
        Log density of a cluster's rows less half its squared effects.
    hessian : float array, shape (clusters, width, width)
        Of -joint.
    """

    effects: FloatArray
    density: Density
    joint: FloatArray
    hessian: FloatArray


def along(direction: FloatArray, density: Density) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return derivatives by the random part of the predictor: once, twice, three times; and the cross ones.

    The last, of shape (m, n), are by it and by each predictor.
    """
    cross = np.einsum("j,jk...->k...", direction, density.bend)
    first = np.einsum("j,j...->...", direction, density.slope)
    second = np.einsum("k,k...->...", direction, cross)
    third = np.einsum("j,j...->...", direction, density.twist)
    return first, second, third, cross


def find_modes(
    model: GeneralisedModel, base: FloatArray, entries: FloatArray, start: FloatArray
) -> Modes | None:
    """Return the modes by Newton steps that never descend, cluster by cluster; None without a density.

    Parameters
    ----------
    model : GeneralisedModel
    base : float array, shape (m, n)
        The predictors without random effects.
    entries : float array, shape (n, s)
    start : float array, shape (clusters, width)

    Raises
    ------
    NotEstimableError
        If the steps do not come to an end.
    """
    layout, direction = model.layout, model.family.direction
    products = entries[:, :, None] * entries[:, None, :]
    unit = np.eye(layout.width)

    def joint(effects: FloatArray) -> tuple[Density, FloatArray]:
        moved = np.add.reduce(entries * effects.take(layout.flat), axis=1)
        density = model.family.density(base + direction[:, None] * moved)
        return density, layout.totals(density.value) - np.add.reduce(effects**2, axis=1) / 2

    here = start
    density, value = joint(here)
    if not np.isfinite(value).all():
        here = np.zeros_like(start)
        density, value = joint(here)
        if not np.isfinite(value).all():
            return None
    last = False
    for _ in range(MOST_STEPS):
        first = np.einsum("j,j...->...", direction, density.slope)
        second = np.einsum("k,k...->...", direction, np.einsum("j,jk...->k...", direction, density.bend))
        hessian = unit + layout.paired(-second[:, None, None] * products)
        if last:
            return Modes(here, density, value, hessian)
        gradient = layout.summed(first[:, None] * entries) - here
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        gain = np.add.reduce(gradient * step, axis=1)
        size = 1 + np.abs(value)
        last = bool((gain < NEAR * size).all())
        length = np.ones(layout.clusters)
        while True:
            reached = here + length[:, None] * step
            density, after = joint(reached)
            if last:
                break
            worse = ~(after >= value - 1e-10 * size)
            if not worse.any():
                break
            length[worse] /= 2
            if length.min() < 1e-15:
                raise NotEstimableError(LOST)
        here, value = reached, after
    raise NotEstimableError(LOST)
