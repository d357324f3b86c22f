"""Rows of dependent effects in independent blocks, blocks of one size together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from mmstats.meta.random_term import RandomTerm
from mmstats.meta.structure_elements import IntArray
from mmstats.meta.weighted import BoolArray, FloatArray

FEW = 20_000  # numbers in a batch, filling included, that are computed at once in no more time than fewer


@dataclass(frozen=True)
class Batch:
    """g blocks of m rows each.

    Parameters
    ----------
    rows : int array, shape (g, m)
        -1 fills a block of fewer rows: an effect of 0 that nothing depends on.
    sampling : float array, shape (g, m, m)
        The known covariance.
    codes : int array, shape (k, g, m, m)
        Which element of each random term is where, if those of all terms are numbered one after the other;
        one beyond the last stands for 0.
    """

    rows: IntArray
    sampling: FloatArray
    codes: IntArray

    @cached_property
    def sizes(self) -> IntArray:
        """How many rows of each block are there: the first ones, shape (g,)."""
        return np.asarray(self.there.sum(axis=1))

    @cached_property
    def there(self) -> BoolArray:
        """Which rows are no filling, shape (g, m)."""
        return np.asarray(self.rows >= 0)


def components(covariance: sparse.csr_array, terms: Sequence[RandomTerm]) -> IntArray:
    """Return the independent block of each row: what shares a level, or a covariance, is together.

    Parameters
    ----------
    covariance : sparse array, shape (n, n)
    terms : sequence of RandomTerm
    """
    n = covariance.shape[0]
    if terms and covariance.nnz == n:
        coarsest = min(terms, key=lambda term: len(term.outer_labels)).outer
        if all(_nested(term.outer, coarsest) for term in terms):
            return np.asarray(np.unique(coarsest, return_inverse=True)[1], dtype=np.int64)
    pairs = covariance.tocoo()
    first: list[IntArray] = [pairs.row.astype(np.int64)]
    second: list[IntArray] = [pairs.col.astype(np.int64)]
    size = n
    for term in terms:
        first.append(np.arange(n))
        second.append(size + term.outer)
        size += int(term.outer.max()) + 1
    edges = np.concatenate(first), np.concatenate(second)
    graph = sparse.coo_array((np.ones(len(edges[0])), edges), shape=(size, size))
    labels = sparse.csgraph.connected_components(graph, directed=False)[1][:n]
    return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)


def _nested(fine: IntArray, coarse: IntArray) -> bool:
    """Return whether all rows of a level of one grouping have the same level of another."""
    first = np.full(int(fine.max()) + 1, -1)
    first[fine] = coarse
    return bool((first[fine] == coarse).all())


def batches(
    labels: IntArray, covariance: sparse.csr_array, terms: Sequence[RandomTerm], *, fill: bool = False
) -> tuple[Batch, ...]:
    """Return the blocks of rows that have the same label, by size.

    Parameters
    ----------
    labels : int array, shape (n,)
        From 0, each present.
    covariance : sparse array, shape (n, n)
    terms : sequence of RandomTerm
    fill : bool
        Whether few blocks are filled to one size: one call for all takes less time than several.
    """
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    starts = np.cumsum(sizes) - sizes
    position = np.empty(len(labels), dtype=np.int64)
    position[order] = np.arange(len(labels)) - starts[labels[order]]
    if fill and len(sizes) * sizes.max() ** 2 <= FEW:
        sizes = np.full_like(sizes, sizes.max())
    row, column = np.repeat(np.arange(len(labels)), np.diff(covariance.indptr)), covariance.indices
    size_of_entry = sizes[labels[row]]
    found = []
    for m in np.unique(sizes):
        blocks = np.flatnonzero(sizes == m)
        place = np.full(len(sizes), -1)
        place[blocks] = np.arange(len(blocks))
        here = np.flatnonzero(sizes[labels] == m)
        rows = np.full((len(blocks), m), -1)
        rows[place[labels[here]], position[here]] = here
        own = size_of_entry == m
        i, j = row[own], column[own]
        sampling = np.where(rows[:, :, None] < 0, np.eye(m), 0.0)
        sampling[place[labels[i]], position[i], position[j]] = covariance.data[own]
        found.append(Batch(rows, sampling, _codes(terms, rows)))
    return tuple(found)


def _codes(terms: Sequence[RandomTerm], rows: IntArray) -> IntArray:
    ends = np.cumsum([0, *(term.structure.table.max() + 1 for term in terms)])
    found = np.full((len(terms), *rows.shape, rows.shape[1]), ends[-1])
    there = rows >= 0
    both = there[:, :, None] & there[:, None, :]
    for own, term, start in zip(found, terms, ends, strict=False):
        outer, inner = term.outer[rows], term.inner[rows]
        same = (outer[:, :, None] == outer[:, None, :]) & both
        np.copyto(own, start + term.structure.table[inner[:, :, None], inner[:, None, :]], where=same)
    return found
