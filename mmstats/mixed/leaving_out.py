"""The cross-products of a model without some of its rows: what those gave is taken away."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mmstats.mixed.deviance import Columns, Response
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.orthonormal import orthonormal
from mmstats.mixed.structure import FloatArray, IntArray, MixedData


@dataclass(frozen=True)
class Rows:
    """What each row gives to the cross-products of a fit.

    Parameters
    ----------
    fit : LinearFit
    basis : float array, shape (n, k)
        A row's part of its block's orthonormal columns.
    own : float array, shape (n, k)
        Its random columns within the block.
    response : float array, shape (n,)
        Weighted, off the fixed columns, scaled, and without what `Moments` take off.
    """

    fit: LinearFit
    basis: FloatArray
    own: FloatArray
    response: FloatArray

    @classmethod
    def of(cls, fit: LinearFit) -> "Rows":
        """Return what the rows of a fit give."""
        design = fit.model.design
        basis = design.basis.data.reshape(fit.rows, design.layout.width)
        roots = design.root[design.pattern_of[design.layout.groups]]
        left, _ = fit.model.response(fit.response[:, None])
        rest = (left / fit.scale - design.applied(fit.moments.shift))[:, 0]
        return cls(fit, basis, np.einsum("nk,nkl->nl", basis, roots), rest)

    def without(self, rows: IntArray) -> tuple[Columns, Response]:
        """Return the cross-products without some rows; a block that loses some has a pattern of its own."""
        design, moments = self.fit.model.design, self.fit.moments
        groups, whole = design.layout.groups, design.compiled
        blocks = np.unique(groups[rows])
        there = np.flatnonzero(np.isin(groups, blocks))
        rest = np.setdiff1d(there, rows)
        before = self._given(there, self.basis[there], groups)
        patterns = design.pattern_of[blocks]
        counts, sums, squares = whole.counts.copy(), moments.sums[0].copy(), moments.squares[0].copy()
        np.subtract.at(counts, patterns, 1.0)
        np.subtract.at(sums, patterns, before.sums)
        np.subtract.at(squares, patterns, before.sums[:, :, None] * before.sums[:, None, :])
        used, kept = counts > 0, np.unique(groups[rest])
        places = np.searchsorted(kept, groups[rest])
        basis, roots = orthonormal(self.own[rest], places, len(kept))
        after = self._given(rest, basis, groups)
        columns = whole._replace(
            counts=np.concatenate([counts[used], np.ones(len(kept))]),
            root=np.concatenate([whole.root[used], roots]),
            cross=np.concatenate([whole.cross[used], after.cross]),
            within=whole.within - before.within + after.within,
        )
        return columns, Response(
            np.concatenate([sums[used], after.sums]),
            np.concatenate([squares[used], after.sums[:, :, None] * after.sums[:, None, :]]),
            moments.common[0] - before.common + after.common,
            float(moments.square[0] - before.square + after.square),
            moments.shift[0],
        )

    def _given(self, rows: IntArray, basis: FloatArray, groups: IntArray) -> "_Given":
        """Return what some rows give, whole blocks or what is left of them."""
        design, response = self.fit.model.design, self.response[rows]
        common = np.concatenate([design.crossed[rows].toarray(), design.fixed[rows]], axis=1)
        there, mine = np.unique(groups[rows], return_inverse=True)
        cross = np.zeros((len(there), basis.shape[1], common.shape[1]))
        sums = np.zeros((len(there), basis.shape[1]))
        np.add.at(cross, mine, basis[:, :, None] * common[:, None, :])
        np.add.at(sums, mine, basis * response[:, None])
        common = common - np.einsum("nk,nkw->nw", basis, cross[mine])
        left = response - np.einsum("nk,nk->n", basis, sums[mine])
        return _Given(cross, sums, common.T @ common, common.T @ left, float(left @ left))


class _Given(NamedTuple):
    """Cross-products of some blocks: as in `Design` and `Moments`, the last three summed over them."""

    cross: FloatArray
    sums: FloatArray
    within: FloatArray
    common: FloatArray
    square: float


def data_without(data: MixedData, rows: IntArray) -> MixedData:
    """Return the data without some rows, and without the groups that nobody is left of."""
    kept = np.delete(np.arange(len(data.response)), rows)
    random = []
    for term in data.random:
        there, codes = np.unique(term.codes[kept], return_inverse=True)
        levels = tuple(term.levels[int(place)] for place in there)
        random.append(replace(term, matrix=term.matrix[kept], codes=codes.astype(np.int64), levels=levels))
    return MixedData(
        data.response[kept],
        data.fixed[kept],
        data.names,
        tuple(random),
        None if data.weights is None else data.weights[kept],
        None if data.offset is None else data.offset[kept],
    )
