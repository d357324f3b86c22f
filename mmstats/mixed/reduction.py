"""Smaller models within a model: their cross-products follow from those at hand, without any rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from mmstats.mixed.crossproducts import Moments
from mmstats.mixed.deviance import Columns
from mmstats.mixed.layout import Layout
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
        columns, np.arange(columns.root.shape[1]), turn, columns.sizes, columns.elements, p - count,
        fit.optimum.theta,
    )  # fmt: skip


def without_random(fit: LinearFit, term: int, dropped: Sequence[int]) -> Reduction:
    """Return the model without some columns, or all, of a random term."""
    layout, columns = fit.model.design.layout, fit.model.design.compiled
    kept: dict[bool, list[int]] = {True: [], False: []}
    sizes, inside, starts, copies, places, start = [], [], [], [], [], []
    at = 0
    for r, size in enumerate(layout.sizes):
        own, levels = bool(layout.inside[r]), int(layout.copies[r])
        left = [j for j in range(size) if r != term or j not in dropped]
        triangle = np.zeros((size, size))
        triangle[np.triu_indices(size)] = fit.optimum.theta[at : at + size * (size + 1) // 2]
        at += size * (size + 1) // 2
        if not left:
            continue
        lower = linalg.qr(triangle[:, left], mode="r")[0][: len(left)]  # of the covariance of what is left
        start += list(lower[np.triu_indices(len(left))])
        sizes.append(len(left))
        inside.append(int(own))
        starts.append(len(kept[own]))
        copies.append(levels)
        places.append(layout.places[r])
        kept[own] += [int(layout.starts[r]) + c * int(size) + j for c in range(levels) for j in left]
    smaller = Layout(
        np.array(sizes, dtype=np.int64),
        np.array(inside, dtype=np.int64),
        np.array(starts, dtype=np.int64),
        np.array(copies, dtype=np.int64),
        tuple(places),
        layout.groups,
    )
    w, p = len(columns.within), columns.fixed
    turn = np.eye(w)[:, [*kept[False], *range(w - p, w)]]
    elements = smaller.elements.reshape(-1, 5)
    own_kept = np.array(kept[True], dtype=np.int64)
    return _reduced(columns, own_kept, turn, smaller.sizes, elements, p, np.array(start))


def _reduced(
    columns: Columns,
    kept: IntArray,
    turn: FloatArray,
    sizes: IntArray,
    elements: IntArray,
    fixed: int,
    start: FloatArray,
) -> Reduction:
    """Return the model with some random columns of the blocks; those it lacks are zero, behind the others."""
    root = np.zeros_like(columns.root)
    root[:, :, : len(kept)] = columns.root[:, :, kept]
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
