"""What the data tell about variance components, and how the precision of coefficients hangs on them.

These are the ingredients of Satterthwaite's and of Kenward and Roger's degrees of freedom. Elements of the
covariance matrices are relative to the residual variance, of the random columns computed with; coefficients
are those of the orthonormal columns; the response is scaled. Nothing of this changes what is made of it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmstats.mixed.derivatives import curvature_for, derivatives
from mmstats.mixed.deviance import Solved, deviance, fill_factors, solved_for
from mmstats.mixed.layout import lower_triangles
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.structure import FloatArray, IntArray


@dataclass(frozen=True)
class Groups:
    """The blocks of a fitted model, by pattern.

    Parameters
    ----------
    covariance : float array, shape (k, k)
        Of a block's random coefficients, relative.
    common_covariance : float array, shape (q, q)
        Of crossed terms' coefficients.
    shrink : float array, shape (u, k, k)
        Q'V1^-1 Q, for orthonormal columns Q that span the block's.
    own : float array, shape (u, k, k)
        Z'V1^-1 Z.
    cross : float array, shape (u, k, w)
        Z'V1^-1 H, for the common columns H orthonormal in the metric of V1^-1.
    """

    covariance: FloatArray
    common_covariance: FloatArray
    shrink: FloatArray
    own: FloatArray
    cross: FloatArray


def groups(fit: LinearFit, solved: Solved) -> Groups:
    """Return the blocks at the optimum, where the deviance left `solved`."""
    design, layout = fit.model.design, fit.model.design.layout
    factor, common = np.empty((layout.width, layout.width)), np.empty((layout.common, layout.common))
    fill_factors(fit.optimum.theta, layout.elements, factor, common)
    bare = design.root.transpose(0, 2, 1) @ solved.shrink
    cross = bare @ design.cross @ solved.turn
    return Groups(factor @ factor.T, common @ common.T, solved.shrink, bare @ design.root, cross)


@dataclass(frozen=True)
class Detail:
    """Derivatives at the optimum, by element of the relative covariance matrices.

    Parameters
    ----------
    elements : float array, shape (t,)
        Their values.
    trace, quadratic : float arrays, shape (t,)
        tr(Q E_a) and z'E_a z.
    traces, bends : float arrays, shape (t, t)
        tr(Q E_a Q E_b) and z'E_a Z'PZ E_b z.
    covariance : float array, shape (p, p)
        (X'V^-1 X)^-1.
    single : float array, shape (t, p, p)
        X'V^-1 Z E_a Z'V^-1 X.
    double : float array, shape (t, t, p, p)
        X'V^-1 Z E_a Z'V^-1 Z E_b Z'V^-1 X.
    squares : float
        The residual sum of squares.
    """

    elements: FloatArray
    trace: FloatArray
    quadratic: FloatArray
    traces: FloatArray
    bends: FloatArray
    covariance: FloatArray
    single: FloatArray
    double: FloatArray
    squares: float

    @cached_property
    def information(self) -> FloatArray:
        """The inverse of `covariance`."""
        return np.asarray(np.linalg.inv(self.covariance))


def detail(fit: LinearFit, *, restricted: bool | None = None) -> Detail:
    """Return the derivatives at a fit's optimum.

    Parameters
    ----------
    fit : LinearFit
    restricted : bool, optional
        Of which likelihood; by default the one the fit is by.
    """
    restricted = fit.restricted if restricted is None else restricted
    columns, design = fit.model.design.compiled, fit.model.design
    q, t = design.layout.common, len(columns.elements)
    p = columns.fixed
    solved, found_curvature = solved_for(columns), curvature_for(columns)
    _, squares = deviance(fit.optimum.theta, restricted, float(fit.size), columns, fit.moments[0], solved)
    derivatives(restricted, columns, fit.moments[0], solved, found_curvature)
    spread, used = found_curvature.spread, np.eye(len(solved.plain)) - solved.plain
    blocks = groups(fit, solved)
    through = solved.plain @ solved.triangle  # from H to W, through the common random terms
    passed, between = through[:, q:], through[:, :q]
    weighted = solved.triangle[:, :q].T @ passed  # Z2'V^-1 X
    own = solved.triangle[:, :q].T @ between  # Z2'V^-1 Z2
    units = [_unit(element) for element in design.layout.elements]
    elements = np.array(
        [(blocks.covariance if inside else blocks.common_covariance)[i[0], j[0]] for inside, i, j in units]
    )
    # E_a applied to what follows it: Z'V1^-1 H of each block, or Z2'V^-1 X
    turned = [_applied(i, j, blocks.cross if inside else weighted[None]) for inside, i, j in units]
    single, double = np.empty((t, p, p)), np.empty((t, t, p, p))
    for a, (inside, _, _) in enumerate(units):
        single[a] = passed.T @ spread[a] @ passed if inside else weighted.T @ turned[a][0]
    for a, (a_inside, _, _) in enumerate(units):
        for b, (b_inside, _, _) in enumerate(units[: a + 1]):
            if a_inside and b_inside:
                bare = np.einsum(
                    "u,ukx,ukl,uly->xy", design.counts, turned[a], blocks.own, turned[b], optimize=True
                )
                found = passed.T @ (bare - spread[a] @ used @ spread[b]) @ passed
            elif a_inside:
                found = passed.T @ spread[a] @ between @ turned[b][0]
            elif b_inside:
                found = (passed.T @ spread[b] @ between @ turned[a][0]).T
            else:
                found = turned[a][0].T @ own @ turned[b][0]
            double[a, b], double[b, a] = found, found.T
    return Detail(elements, *found_curvature[:4], solved.covariance, single, double, squares)


def element_units(fit: LinearFit) -> FloatArray:
    """Return the size of each element of the covariances, or that of the residual variance if larger."""
    found: list[float] = []
    for triangle in lower_triangles(fit.optimum.theta, [term.size for term in fit.data.random]):
        sizes = np.maximum(np.sqrt((triangle**2).sum(axis=1)), 1.0)
        found += [
            sizes[row] * sizes[column] for column in range(len(sizes)) for row in range(column, len(sizes))
        ]
    return np.array(found)


def _unit(element: IntArray) -> tuple[bool, IntArray, IntArray]:
    """Return whether an element is of the blocks, and its rows and columns there, a pair per level."""
    inside, row, column, step, copies = element
    at = step * np.arange(copies)
    return bool(inside), row + at, column + at


def _applied(rows: IntArray, columns: IntArray, values: FloatArray) -> FloatArray:
    """Return E times `values`, shape (u, k, x), where E has ones at these places and their mirror."""
    found = np.zeros_like(values)
    found[:, rows] = values[:, columns]
    if (rows != columns).all():
        found[:, columns] += values[:, rows]
    return found
