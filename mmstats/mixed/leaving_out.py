"""The cross-products of a model without some of its rows: what those gave is taken away."""

from dataclasses import dataclass, replace

import numpy as np

from mmstats.mixed.deviance import Columns, Response
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.structure import FloatArray, IntArray, MixedData


@dataclass(frozen=True)
class Rows:
    """What each row, and each block, gives to the cross-products of a fit.

    Parameters
    ----------
    fit : LinearFit
    own : float array, shape (n, k)
        A row's random columns within its block.
    response : float array, shape (n,)
        Weighted, off the fixed columns, and scaled.
    sums : float array, shape (blocks, k)
        Random columns times the response.
    """

    fit: LinearFit
    own: FloatArray
    response: FloatArray
    sums: FloatArray

    @classmethod
    def of(cls, fit: LinearFit) -> "Rows":
        """Return what the rows of a fit give."""
        design, k = fit.model.design, fit.model.design.layout.width
        entries = design.columns.tocoo()
        own = np.zeros((fit.rows, k))
        own[entries.row, entries.col % k] = entries.data
        left, _ = fit.model.response(fit.response[:, None])
        response = left[:, 0] / fit.scale
        return cls(fit, own, response, np.asarray(design.columns.T @ response).reshape(-1, k))

    def without(self, rows: IntArray) -> tuple[Columns, Response]:
        """Return the cross-products without some rows; a block that loses some has a pattern of its own."""
        design, moments = self.fit.model.design, self.fit.moments
        groups, whole = design.layout.groups, design.compiled
        blocks, mine = np.unique(groups[rows], return_inverse=True)
        patterns, kept = design.pattern_of[blocks], self._partly(groups, blocks, mine)
        own, common, response = self.own[rows], design.common_columns[rows].toarray(), self.response[rows]
        before = self.sums[blocks]
        lost_own, lost_cross = np.zeros_like(whole.own[patterns]), np.zeros_like(whole.cross[patterns])
        np.add.at(lost_own, mine, own[:, :, None] * own[:, None, :])
        np.add.at(lost_cross, mine, own[:, :, None] * common[:, None, :])
        after = before.copy()
        np.subtract.at(after, mine, own * response[:, None])
        counts, sums, squares = whole.counts.copy(), moments.sums[0].copy(), moments.squares[0].copy()
        np.subtract.at(counts, patterns, 1.0)
        np.subtract.at(sums, patterns, before)
        np.subtract.at(squares, patterns, before[:, :, None] * before[:, None, :])
        used, after = counts > 0, after[kept]
        columns = whole._replace(
            counts=np.concatenate([counts[used], np.ones(len(after))]),
            own=np.concatenate([whole.own[used], (whole.own[patterns] - lost_own)[kept]]),
            cross=np.concatenate([whole.cross[used], (whole.cross[patterns] - lost_cross)[kept]]),
            common=whole.common - common.T @ common,
        )
        return columns, Response(
            np.concatenate([sums[used], after]),
            np.concatenate([squares[used], after[:, :, None] * after[:, None, :]]),
            moments.common[0] - common.T @ response,
            float(moments.square[0] - response @ response),
        )

    @staticmethod
    def _partly(groups: IntArray, blocks: IntArray, mine: IntArray) -> np.ndarray:
        """Return for each block whether some of its rows are left."""
        return np.bincount(mine, minlength=len(blocks)) < np.bincount(groups)[blocks]


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
