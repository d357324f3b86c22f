"""Where each row's random effects are: independent clusters, and slots within them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from mmstats.mixed.generalised.density import FloatArray, IntArray
from mmstats.mixed.structure import RandomTerm


@dataclass(frozen=True)
class Layout:
    """Random effects in clusters that share no row, so that each cluster's Hessian stands alone.

    One grouping variable makes one cluster of each group, nested ones one of each outer group, crossed
    ones one of everything that is connected. A row touches s effects: all columns of one level of each term.

    Parameters
    ----------
    cluster : int array, shape (n,)
    slots : int array, shape (n, s)
        The places, within the cluster, of the effects that a row touches.
    columns : float array, shape (n, s)
        What multiplies them.
    clusters : int
    width : int
        The number of slots of the largest cluster; smaller ones have slots that nothing touches.
    flat : int array, shape (n, s)
        The places among all slots.
    pairs : int array, shape (n, s, s)
        The places of pairs of effects among all clusters' Hessians.
    units : tuple of int arrays
        For each term, the place among all slots of the first effect of each of its levels.
    """

    cluster: IntArray
    slots: IntArray
    columns: FloatArray
    clusters: int
    width: int
    flat: IntArray
    pairs: IntArray
    units: tuple[IntArray, ...]

    @classmethod
    def of(cls, terms: tuple[RandomTerm, ...]) -> "Layout":
        """Return the layout of these terms, which there is at least one of."""
        n = len(terms[0].codes)
        counts = [len(term.levels) for term in terms]
        starts = np.cumsum([0, *counts])
        unit_of = np.stack(
            [start + term.codes for start, term in zip(starts[:-1], terms, strict=True)], axis=1
        )
        ends = starts[-1] + np.arange(n)
        edges = sparse.coo_matrix(
            (np.ones(unit_of.size), (unit_of.ravel(), np.repeat(ends, len(terms)))),
            shape=(starts[-1] + n,) * 2,
        )
        label = csgraph.connected_components(edges, directed=False)[1][: starts[-1]]
        label = np.unique(label, return_inverse=True)[1].astype(np.int64)
        sizes = np.repeat([term.size for term in terms], counts)
        order = np.argsort(label, kind="stable")
        before = np.cumsum(sizes[order]) - sizes[order]
        first = np.zeros(int(label.max()) + 1, dtype=np.int64)
        first[label[order][::-1]] = before[::-1]
        local = np.empty(len(label), dtype=np.int64)
        local[order] = before - first[label[order]]
        clusters, width = int(label.max()) + 1, int(np.bincount(label, weights=sizes).max())
        slots = np.concatenate(
            [local[unit_of[:, r]][:, None] + np.arange(term.size) for r, term in enumerate(terms)], axis=1
        )
        cluster = label[unit_of[:, 0]].astype(np.int64)
        flat = cluster[:, None] * width + slots
        pairs = (flat[:, :, None]) * width + slots[:, None, :]
        places = label * width + local
        units = tuple(places[a:b] for a, b in pairwise(starts))
        columns = np.concatenate([term.matrix for term in terms], axis=1)
        return cls(cluster, slots, columns, clusters, width, flat, pairs, units)

    def summed(self, values: FloatArray) -> FloatArray:
        """Return the sums of rows' values (n, s) by slot, shape (clusters, width)."""
        found = np.bincount(self.flat.ravel(), values.ravel(), self.clusters * self.width)
        return np.asarray(found.reshape(self.clusters, self.width), dtype=np.float64)

    def paired(self, values: FloatArray) -> FloatArray:
        """Return the sums of rows' values (n, s, s) by pair of slots, shape (clusters, width, width)."""
        found = np.bincount(self.pairs.ravel(), values.ravel(), self.clusters * self.width**2)
        return np.asarray(found.reshape(self.clusters, self.width, self.width), dtype=np.float64)

    def totals(self, values: FloatArray) -> FloatArray:
        """Return the sums of rows' values (..., n) by cluster, shape (..., clusters)."""
        if values.ndim == 1:
            return np.asarray(np.bincount(self.cluster, values, self.clusters), dtype=np.float64)
        lead = values.reshape(-1, values.shape[-1])
        at = np.arange(len(lead))[:, None] * self.clusters + self.cluster
        found = np.bincount(at.ravel(), lead.ravel(), len(lead) * self.clusters)
        return np.asarray(found.reshape(*values.shape[:-1], self.clusters), dtype=np.float64)
