"""A mixed model fitted to some of its groups, or some twice, from what each adds to the cross-products."""

from dataclasses import dataclass

import numpy as np

from mmstats.mixed.crossproducts import Moments
from mmstats.mixed.layout import outermost
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.prepared import Prepared, prepared
from mmstats.mixed.refits import Refits, fit_all, in_parts, refits_of
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
    layout, q = model.design.layout, model.design.fixed_within
    left = model.response(found.response[:, None])[0][:, 0] / found.scale
    sums = model.design.basis.T @ left
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


def refit_groups(found: LinearFit, own: Clusters, counts: IntArray) -> Refits:
    """Refit the model to each group as many times as counts, shape (b, g), say.

    A resample in which the fixed columns depend on each other is not certified.
    """
    model, design = own.model, own.model.design
    u, k = len(design.counts), design.layout.width
    outer = own.sums[:, :, None] * own.sums[:, None, :]

    def some(first: int, count: int) -> Refits:
        part = counts[first : first + count].astype(np.float64)
        sums, squares = np.zeros((count, u, k)), np.zeros((count, u, k, k))
        by_pattern = np.zeros((count, u))
        for pattern in range(u):
            chosen = design.pattern_of == pattern
            by_pattern[:, pattern] = part[:, chosen].sum(axis=1)
            sums[:, pattern] = part[:, chosen] @ own.sums[chosen]
            squares[:, pattern] = np.tensordot(part[:, chosen], outer[chosen], 1)
        within, unshifted = np.tensordot(part, own.within, 1), np.zeros((count, len(design.within)))
        grams = within + np.einsum("bu,ukx,uky->bxy", by_pattern, design.cross, design.cross, optimize=True)
        optima = fit_all(
            design.compiled,
            Moments(sums, squares, part @ own.common, part @ own.squares, unshifted),
            found.optimum.theta, part @ own.rows, restricted=found.restricted, counts=by_pattern,
            within=within,
        )  # fmt: skip
        constant = (
            model.log_constant(restricted=found.restricted) + own.log_weights.sum() - part @ own.log_weights
        )
        refits = refits_of(
            model, optima, found.scale, found.along, restricted=found.restricted, constant=constant
        )
        return _certain(refits, grams)

    return in_parts(model, len(counts), some)


def _certain(refits: Refits, grams: FloatArray) -> Refits:
    if not grams.shape[1]:
        return refits
    sizes = np.linalg.eigvalsh(grams)
    refits.certified[sizes[:, 0] < DEPENDENT * sizes[:, -1]] = False
    return refits
