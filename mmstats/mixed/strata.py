"""Derivatives of a fit's likelihood by residual variances that differ between strata of rows.

A stratum's residual variance enters the covariance by the diagonal matrix with ones at its rows (weighted
rows have variance 1, so it is a multiplier); an element of a random term's covariance by Z E_a Z'. All comes
from cross-products of few columns over the rows of a stratum: nothing is as large as rows squared.
"""

from dataclasses import dataclass

import numpy as np

from mmstats.mixed.derivatives import curvature_for, derivatives
from mmstats.mixed.detail import Groups, groups
from mmstats.mixed.deviance import deviance, solved_for
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.structure import FloatArray, IntArray


@dataclass(frozen=True)
class StrataDetail:
    """Derivatives at the optimum, by the t elements of the random terms' relative covariances, then g strata.

    Parameters
    ----------
    trace, quadratic : float arrays, shape (t + g,)
        tr(Q G_i) and y'P G_i P y, with Q = P, or V^-1 without restriction.
    traces, bends : float arrays, shape (t + g, t + g)
        tr(Q G_i Q G_j) and y'P G_i P G_j P y.
    covariance : float array, shape (p, p)
        (X'V^-1 X)^-1.
    single : float array, shape (t + g, p, p)
        X'V^-1 G_i V^-1 X.
    double : float array, shape (t + g, t + g, p, p)
        X'V^-1 G_i V^-1 G_j V^-1 X.
    deviance, squares : float
        The profiled deviance of the scaled response, and the residual sum of squares.
    """

    trace: FloatArray
    quadratic: FloatArray
    traces: FloatArray
    bends: FloatArray
    covariance: FloatArray
    single: FloatArray
    double: FloatArray
    deviance: float
    squares: float


def strata_detail(
    fit: LinearFit, strata: IntArray, count: int, *, restricted: bool | None = None
) -> StrataDetail:
    """Return the derivatives at a fit's optimum.

    Parameters
    ----------
    fit : LinearFit
    strata : int array, shape (n,)
        The stratum of each row, from 0.
    count : int
    restricted : bool, optional
        Of which likelihood; by default the one the fit is by.
    """
    restricted = fit.restricted if restricted is None else restricted
    columns, design = fit.model.design.compiled, fit.model.design
    p, t, n = columns.fixed, len(columns.elements), fit.rows
    solved, curvature = solved_for(columns), curvature_for(columns)
    least, squares = deviance(fit.optimum.theta, restricted, float(fit.size), columns, fit.moments[0], solved)
    derivatives(restricted, columns, fit.moments[0], solved, curvature)
    unit = np.eye(len(solved.plain))
    kept = solved.full if restricted else solved.plain
    blocks = groups(fit, solved)
    common = np.concatenate([design.crossed.toarray(), design.fixed], axis=1)

    def by_blocks(values: FloatArray) -> FloatArray:
        """Apply V1^-1 to columns."""
        between = design.basis_turned @ values
        shrunk = solved.shrink[design.pattern_of] @ between.reshape(design.layout.blocks, -1, values.shape[1])
        return np.asarray(values - design.basis @ (between - shrunk.reshape(between.shape)))

    spread = by_blocks(common @ solved.turn)  # V1^-1 H

    def applied(values: FloatArray, kept: FloatArray) -> FloatArray:
        """Apply V^-1 or P to columns, by the matrix K of which it is."""
        return np.asarray(by_blocks(values) - spread @ ((unit - kept) @ (spread.T @ values)))

    response, _ = fit.model.response(fit.response[:, None])
    left = applied(response / fit.scale, solved.full)
    fixed = applied(design.fixed, solved.plain)
    both = np.concatenate([fixed, left], axis=1)
    turned = np.concatenate([_by_elements(fit, both), [both * (strata == g)[:, None] for g in range(count)]])
    single = np.einsum("nx,any->axy", fixed, turned[:, :, :p], optimize=True)
    quadratic = np.einsum("n,an->a", left[:, 0], turned[:, :, p])
    wide = turned[:, :, :p].transpose(1, 0, 2).reshape(n, -1)
    double = (wide.T @ applied(wide, solved.plain)).reshape(t + count, p, t + count, p).transpose(0, 2, 1, 3)
    pulled = turned[:, :, p].T
    trace, traces = _traces(fit, strata, count, unit - kept, kept @ solved.triangle, spread, blocks)
    trace[:t], traces[:t, :t] = curvature.trace, curvature.traces
    return StrataDetail(
        trace,
        quadratic,
        traces,
        pulled.T @ applied(pulled, solved.full),
        solved.covariance,
        single,
        double,
        least,
        squares,
    )


def _by_elements(fit: LinearFit, values: FloatArray) -> FloatArray:
    """Return Z E_a Z' times columns, shape (t, n, m), for every element a."""
    design = fit.model.design
    layout, m = design.layout, values.shape[1]
    roots = design.root[design.pattern_of]
    own = roots.transpose(0, 2, 1) @ (design.basis_turned @ values).reshape(layout.blocks, layout.width, m)
    crossed = (design.crossed.T @ values)[None]
    found = np.empty((len(layout.elements), len(values), m))
    for a, (inside, row, column, step, copies) in enumerate(layout.elements):
        i, j = row + step * np.arange(copies), column + step * np.arange(copies)
        source = own if inside else crossed
        turned = np.zeros_like(source)
        turned[:, i] = source[:, j]
        if row != column:
            turned[:, j] += source[:, i]
        found[a] = design.basis @ (roots @ turned).reshape(-1, m) if inside else design.crossed @ turned[0]
    return found


def _traces(
    fit: LinearFit,
    strata: IntArray,
    count: int,
    used: FloatArray,
    passed: FloatArray,
    spread: FloatArray,
    blocks: Groups,
) -> tuple[FloatArray, FloatArray]:
    """Return tr(Q G_i) and tr(Q G_i Q G_j), but for those of elements alone.

    With Q = V1^-1 - H N H', H = V1^-1 W R^-1, and V1^-1 = I - B D B' for orthonormal B, all are sums over
    B_g'B_g, B_g'H_g and H_g'H_g, where g is the rows of a stratum.
    """
    design = fit.model.design
    layout, t, w = design.layout, len(design.layout.elements), len(used)
    k, at = layout.width, design.pattern_of
    rows = design.basis.data.reshape(-1, k)
    taken = (np.eye(k) - blocks.shrink)[at]  # D
    bare = (design.root.transpose(0, 2, 1) @ blocks.shrink)[at]
    own, mixed, common = (
        np.empty((count, layout.blocks, k, k)),
        np.empty((count, layout.blocks, k, w)),
        np.empty((count, w, w)),
    )
    for g in range(count):
        chosen = strata == g
        for i in range(k):
            for j in range(i + 1):
                own[g, :, i, j] = own[g, :, j, i] = np.bincount(
                    layout.groups[chosen], rows[chosen, i] * rows[chosen, j], layout.blocks
                )
        mixed[g] = (design.basis[chosen].T @ spread[chosen]).reshape(layout.blocks, k, w)
        common[g] = spread[chosen].T @ spread[chosen]
    sizes = np.bincount(strata, minlength=count)
    trace, traces = np.zeros(t + count), np.zeros((t + count, t + count))
    moved = blocks.cross[at] @ used  # Z'H N
    for g in range(count):
        taken_g = taken @ own[g]
        alone = float(np.einsum("uii->", taken_g))
        trace[t + g] = sizes[g] - alone - np.sum(used * common[g])
        crosswise = bare @ mixed[g] @ moved.transpose(0, 2, 1)
        inside = (bare @ own[g] @ bare.transpose(0, 2, 1) + moved @ common[g] @ moved.transpose(0, 2, 1)).sum(
            axis=0
        )
        inside -= (crosswise + crosswise.transpose(0, 2, 1)).sum(axis=0)
        between = passed.T @ common[g] @ passed
        for a, (within, row, column, step, copies) in enumerate(layout.elements):
            i, j = row + step * np.arange(copies), column + step * np.arange(copies)
            found = (inside if within else between)[i, j].sum() * (1 if row == column else 2)
            traces[a, t + g] = traces[t + g, a] = found
        for h in range(g + 1):
            shared = np.einsum("ukx,ukl,uly->xy", mixed[g], taken, mixed[h], optimize=True)
            found = np.einsum("uij,uji->", taken_g, taken @ own[h], optimize=True)
            found += 2 * np.sum(used * shared) + np.sum((used @ common[g]) * (used @ common[h]).T)
            if g == h:
                found += sizes[g] - 2 * alone - 2 * np.sum(used * common[g])
            traces[t + g, t + h] = traces[t + h, t + g] = found
    return trace, traces
