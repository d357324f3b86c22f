"""Orthonormal columns that span the random columns of each block."""

import numpy as np

from mmstats.compiling import compiled
from mmstats.mixed.structure import FloatArray, IntArray

DEPENDENT = 1e-13  # what is left of a column that depends on others, relative to its length


def orthonormal(columns: FloatArray, groups: IntArray, blocks: int) -> tuple[FloatArray, FloatArray]:
    """Return Q, shape (n, k), and upper triangles R, (blocks, k, k): a block's rows of `columns` are Q R.

    A column that depends on those before it is zero in Q.

    Parameters
    ----------
    columns : float array, shape (n, k)
    groups : int array, shape (n,)
        The block of each row.
    blocks : int
    """
    k = columns.shape[1]
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(np.bincount(groups, minlength=blocks))
    basis, root = columns.copy(), np.zeros((blocks, k, k))
    _orthonormal(basis, order, ends, root)
    return basis, root


@compiled
def _orthonormal(basis: FloatArray, order: IntArray, ends: IntArray, root: FloatArray) -> None:
    """Orthonormalise the columns of each block by Gram and Schmidt's way, twice."""
    k, first = basis.shape[1], 0
    for u in range(len(ends)):
        for j in range(k):
            before = 0.0
            for at in range(first, ends[u]):
                before += basis[order[at], j] ** 2
            for _ in range(2):
                for i in range(j):
                    along = 0.0
                    for at in range(first, ends[u]):
                        along += basis[order[at], i] * basis[order[at], j]
                    if along != 0.0:
                        root[u, i, j] += along
                        for at in range(first, ends[u]):
                            basis[order[at], j] -= along * basis[order[at], i]
            after = 0.0
            for at in range(first, ends[u]):
                after += basis[order[at], j] ** 2
            length = np.sqrt(after)
            kept = length > DEPENDENT * np.sqrt(before)
            for at in range(first, ends[u]):
                basis[order[at], j] = basis[order[at], j] / length if kept else 0.0
            if kept:
                root[u, j, j] = length
        first = ends[u]
