"""Smaller models within a model: their cross-products follow from those at hand, without any rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from mmstats.mixed.crossproducts import Moments
from mmstats.mixed.deviance import Columns
from mmstats.mixed.layout import Layout, lower_triangles
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.structure import FloatArray, IntArray


@dataclass(frozen=True)
class Reduction:
    """A model with fewer columns than another.

    Parameters
    ----------
    columns, larger : Columns
        Of the smaller model, and of the larger one.
    turn : float array, shape (w, w')
        Its common columns, as combinations of those of the larger model.
    start : float array, shape (t',)
        The larger model's theta, as far as it is the smaller one's.
    """

    columns: Columns
    larger: Columns
    turn: FloatArray
    start: FloatArray

    def moments(self, stats: Moments) -> Moments:
        """Return what the smaller model needs of the same responses."""
        shift = stats.shift @ self.turn
        back = stats.shift - shift @ self.turn.T  # of columns that it has not
        if back.any():
            stats = moved(self.larger, stats, back)
        return Moments(stats.sums, stats.squares, stats.common @ self.turn, stats.square, shift)


def moved(columns: Columns, stats: Moments, along: FloatArray) -> Moments:
    """Return the moments of responses to which multiples of the common columns, shape (b, w), are added."""
    added = np.einsum("ukx,bx->buk", columns.cross, along)
    across = stats.sums[:, :, :, None] * added[:, :, None, :]
    twice = columns.counts[:, None, None] * added[:, :, :, None] * added[:, :, None, :]
    through = along @ columns.within
    return Moments(
        stats.sums + columns.counts[:, None] * added,
        stats.squares + across + across.transpose(0, 1, 3, 2) + twice,
        stats.common + through,
        stats.square + 2 * (stats.common * along).sum(axis=1) + (through * along).sum(axis=1),
        stats.shift,
    )


def axes(fit: LinearFit, contrasts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return an orthogonal matrix, shape (p, p), whose first l columns span contrasts, shape (l, p).

    Both are of the coefficients of the orthonormal columns; the contrasts, in those, come second.
    """
    turned = linalg.solve_triangular(fit.model.triangle, contrasts.T, trans="T")
    return np.asarray(linalg.qr(turned)[0]), np.asarray(turned.T)


def without_fixed(fit: LinearFit, rotation: FloatArray, count: int) -> Reduction:
    """Return the model without the first `count` of the rotated orthonormal columns."""
    columns = fit.model.design.compiled
    w, p = len(columns.within), columns.fixed
    turn = np.zeros((w, w - count))
    turn[: w - p, : w - p] = np.eye(w - p)
    turn[w - p :, w - p :] = rotation[:, count:]
    return _reduced(
        columns, np.eye(columns.root.shape[1]), turn, columns.sizes, columns.elements, p - count,
        fit.optimum.theta,
    )  # fmt: skip


def without_random(fit: LinearFit, term: int, dropped: Sequence[int]) -> Reduction:
    """Return the model without some columns, or all, of a random term."""
    layout, columns = fit.model.design.layout, fit.model.design.compiled
    w, p = len(columns.within), columns.fixed
    kept = {True: np.empty((columns.root.shape[1], 0)), False: np.empty((w, 0))}
    sizes, inside, starts, copies, places, start = [], [], [], [], [], []
    for r, factor in enumerate(lower_triangles(fit.optimum.theta, layout.sizes.tolist())):
        own, levels, first = bool(layout.inside[r]), int(layout.copies[r]), int(layout.starts[r])
        basis = split(fit, term, dropped)[0] if r == term else np.eye(len(factor))
        size, count = basis.shape
        if not count:
            continue
        upper = linalg.qr(factor.T @ basis, mode="r")[0]  # of the covariance of what is left
        start += list(upper[np.triu_indices(count)])
        sizes.append(count)
        inside.append(int(own))
        starts.append(kept[own].shape[1])
        copies.append(levels)
        places.append(layout.places[r])
        wide = np.zeros((len(kept[own]), levels * count))
        wide[first : first + levels * size] = np.kron(np.eye(levels), basis)
        kept[own] = np.concatenate([kept[own], wide], axis=1)
    smaller = Layout(
        np.array(sizes, dtype=np.int64),
        np.array(inside, dtype=np.int64),
        np.array(starts, dtype=np.int64),
        np.array(copies, dtype=np.int64),
        tuple(places),
        layout.groups,
    )
    turn = np.concatenate([kept[False], np.eye(w)[:, w - p :]], axis=1)
    elements = smaller.elements.reshape(-1, 5)
    return _reduced(columns, kept[True], turn, smaller.sizes, elements, p, np.array(start))


def split(fit: LinearFit, term: int, dropped: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Return orthonormal directions of a term's coefficients: those it has without columns, and the others.

    Coefficients are of the columns computed with. Without any column, there are none of the first.
    """
    triangle = fit.model.triangles[term]
    left = np.delete(triangle, list(dropped), axis=1)
    count = left.shape[1]
    found = linalg.qr(left / np.linalg.norm(left, axis=0))[0] if count else np.eye(len(triangle))
    return found[:, :count], found[:, count:]


def _reduced(
    columns: Columns,
    kept: FloatArray,
    turn: FloatArray,
    sizes: IntArray,
    elements: IntArray,
    fixed: int,
    start: FloatArray,
) -> Reduction:
    """Return the model with some random columns of the blocks; those it lacks are zero, behind the others."""
    root = np.zeros_like(columns.root)
    root[:, :, : kept.shape[1]] = columns.root @ kept
    smaller = Columns(
        sizes,
        elements,
        fixed,
        columns.counts,
        root,
        np.ascontiguousarray(columns.cross @ turn),
        np.ascontiguousarray(turn.T @ columns.within @ turn),
    )
    return Reduction(smaller, columns, turn, start)
