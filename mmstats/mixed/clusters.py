"""A mixed model fitted to some of its groups, or some twice, from what each adds to the cross-products."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from mmstats.compute import HERE, Place, each
from mmstats.mixed.crossproducts import Moments
from mmstats.mixed.layout import outermost
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.parts import part_sizes
from mmstats.mixed.prepared import Prepared, prepared
from mmstats.mixed.refits import Arrays, Refits, fit_all, refits_of
from mmstats.mixed.structure import FloatArray, IntArray

DEPENDENT = 1e-9  # an eigenvalue of the fixed columns' products below this share of the largest is none


@dataclass(frozen=True)
class Clusters:
    """What each group of the outermost factor adds to the cross-products of the scaled response.

    Parameters
    ----------
    model : Prepared
        In the layout of that factor.
    sums : float array, shape (g, k)
        Q' times the response.
    within : float array, shape (g, p, p)
        What is left of the fixed columns without the random ones, times itself.
    common : float array, shape (g, p)
        Times what is left of the response.
    squares, rows, log_weights : float arrays, shape (g,)
    """

    model: Prepared
    sums: FloatArray
    within: FloatArray
    common: FloatArray
    squares: FloatArray
    rows: FloatArray
    log_weights: FloatArray


def clusters_of(found: LinearFit) -> Clusters:
    """Return what each group of the outermost factor adds.

    Raises
    ------
    NotEstimableError
        If factors are crossed.
    """
    model = found.model
    if model.design.layout.common:
        model = prepared(model.data, layout=outermost(model.data))
    left = model.response(found.response[:, None])[0][:, 0] / found.scale
    return clusters_from(model, left)


def clusters_from(model: Prepared, left: FloatArray) -> Clusters:
    """Return what each block adds, for a model without common random columns.

    Parameters
    ----------
    model : Prepared
    left : float array, shape (n,)
        The weighted response, less any combination of the fixed columns, scaled.
    """
    layout, q = model.design.layout, model.design.fixed_within
    sums = model.design.basis_turned @ left
    left -= model.design.basis @ sums
    p, groups = q.shape[1], layout.groups

    def added(values: FloatArray) -> FloatArray:
        return np.bincount(groups, values, layout.blocks).astype(np.float64)

    within = np.array([[added(q[:, i] * q[:, j]) for j in range(p)] for i in range(p)])
    return Clusters(
        model,
        sums.reshape(layout.blocks, layout.width),
        within.reshape(p, p, layout.blocks).transpose(2, 0, 1),
        np.array([added(q[:, i] * left) for i in range(p)]).reshape(p, layout.blocks).T,
        added(left**2),
        added(np.ones(len(left))),
        added(2 * np.log(model.root_weights)),
    )


def refit_groups(found: LinearFit, own: Clusters, counts: IntArray, *, on: str | Place = HERE) -> Refits:
    """Refit the model to each group as many times as counts, shape (b, g), say.

    A resample in which the fixed columns depend on each other is not certified.

    Parameters
    ----------
    found : LinearFit
    own : Clusters
    counts : int array, shape (b, g)
    on : str or Place
        Where, as `mmstats.compute.each` takes it.
    """
    sizes = part_sizes(own.model.design.compiled, len(counts))
    parts = each(partial(_refitted, found, own), np.split(counts, np.cumsum(sizes)[:-1]), on=on)
    return Refits.joined(own.model, parts, restricted=found.restricted)


@dataclass(frozen=True)
class Chosen:
    """What resamples of groups give, b of them.

    Parameters
    ----------
    stats : Moments
    counts : float array, shape (b, u)
        How many groups have each pattern.
    within : float array, shape (b, p, p)
        What is left of the fixed columns, times itself.
    rows : float array, shape (b,)
    determined : bool array, shape (b,)
        Whether no fixed column depends on the others.
    """

    stats: Moments
    counts: FloatArray
    within: FloatArray
    rows: FloatArray
    determined: npt.NDArray[np.bool_]


def chosen(own: Clusters, counts: IntArray) -> Chosen:
    """Return what the groups give together, each taken as many times as counts, shape (b, g), say."""
    design, part = own.model.design, counts.astype(np.float64)
    u, k = len(design.counts), design.layout.width
    sums, squares = np.zeros((len(part), u, k)), np.zeros((len(part), u, k, k))
    by_pattern = np.zeros((len(part), u))
    for pattern in np.flatnonzero(np.bincount(design.pattern_of) > 1):
        members = design.pattern_of == pattern
        outer = own.sums[members, :, None] * own.sums[members, None, :]
        by_pattern[:, pattern] = part[:, members].sum(axis=1)
        sums[:, pattern] = part[:, members] @ own.sums[members]
        squares[:, pattern] = np.tensordot(part[:, members], outer, 1)
    alone = np.bincount(design.pattern_of)[design.pattern_of] == 1
    places, times = design.pattern_of[alone], part[:, alone]
    by_pattern[:, places] = times
    sums[:, places] = times[:, :, None] * own.sums[alone]
    squares[:, places] = times[:, :, None, None] * own.sums[alone, :, None] * own.sums[alone, None, :]
    within = np.tensordot(part, own.within, 1)
    grams = within + np.einsum("bu,ukx,uky->bxy", by_pattern, design.cross, design.cross, optimize=True)
    unshifted = np.zeros((len(part), len(design.within)))
    stats = Moments(sums, squares, part @ own.common, part @ own.squares, unshifted)
    return Chosen(stats, by_pattern, within, part @ own.rows, _determined(grams))


def _refitted(found: LinearFit, own: Clusters, counts: IntArray) -> Arrays:
    model, part = own.model, chosen(own, counts)
    optima = fit_all(
        model.design.compiled, part.stats, found.optimum.theta, part.rows, restricted=found.restricted,
        counts=part.counts, within=part.within,
    )  # fmt: skip
    constant = model.log_constant(restricted=found.restricted) + own.log_weights.sum()
    refits = refits_of(
        model,
        optima,
        found.scale,
        found.along,
        restricted=found.restricted,
        constant=constant - counts @ own.log_weights,
    )
    refits.certified[~part.determined] = False
    return refits.arrays


def _determined(grams: FloatArray) -> npt.NDArray[np.bool_]:
    if not grams.shape[1]:
        return np.ones(len(grams), dtype=np.bool_)
    sizes = np.linalg.eigvalsh(grams)
    return np.asarray(sizes[:, 0] >= DEPENDENT * sizes[:, -1])
