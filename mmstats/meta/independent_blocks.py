"""Rows of dependent effects in independent blocks, blocks of one size together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mmstats.meta.random_term import RandomTerm
from mmstats.meta.structure_elements import IntArray
from mmstats.meta.weighted import FloatArray


@dataclass(frozen=True)
class Batch:
    """g blocks of m rows each.

    Parameters
    ----------
    rows : int array, shape (g, m)
    sampling : float array, shape (g, m, m)
        The known covariance.
    codes : tuple of int arrays, shape (g, m, m)
        For each random term, which of its elements is where; one beyond the last stands for 0.
    """

    rows: IntArray
    sampling: FloatArray
    codes: tuple[IntArray, ...]


def components(covariance: sparse.csr_array, terms: Sequence[RandomTerm]) -> IntArray:
    """Return the independent block of each row: what shares a level, or a covariance, is together.

    Parameters
    ----------
    covariance : sparse array, shape (n, n)
    terms : sequence of RandomTerm
    """
    n = covariance.shape[0]
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


def batches(labels: IntArray, covariance: sparse.csr_array, terms: Sequence[RandomTerm]) -> tuple[Batch, ...]:
    """Return the blocks of rows that have the same label, by size.

    Parameters
    ----------
    labels : int array, shape (n,)
        From 0, each present.
    covariance : sparse array, shape (n, n)
    terms : sequence of RandomTerm
    """
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    starts = np.cumsum(sizes) - sizes
    position = np.empty(len(labels), dtype=np.int64)
    position[order] = np.arange(len(labels)) - starts[labels[order]]
    entries = covariance.tocoo()
    size_of_entry = sizes[labels[entries.row]]
    found = []
    for m in np.unique(sizes):
        blocks = np.flatnonzero(sizes == m)
        rows = order[starts[blocks][:, None] + np.arange(m)]
        place = np.full(len(sizes), -1)
        place[blocks] = np.arange(len(blocks))
        own = size_of_entry == m
        i, j = entries.row[own], entries.col[own]
        sampling = np.zeros((len(blocks), m, m))
        sampling[place[labels[i]], position[i], position[j]] = entries.data[own]
        found.append(Batch(rows, sampling, tuple(_codes(term, rows) for term in terms)))
    return tuple(found)


def _codes(term: RandomTerm, rows: IntArray) -> IntArray:
    outer, inner = term.outer[rows], term.inner[rows]
    table = term.structure.table
    same = outer[:, :, None] == outer[:, None, :]
    return np.where(same, table[inner[:, :, None], inner[:, None, :]], table.max() + 1)
