"""Cross-products of a mixed model's columns, blocked by a grouping factor; equal designs are held once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from mmstats.mixed.deviance import Columns, Response
from mmstats.mixed.layout import Layout
from mmstats.mixed.orthonormal import orthonormal
from mmstats.mixed.structure import FloatArray, IntArray, MixedData

MOST_MATCHED = 20_000  # groups among which equal designs are looked for
RIDGE = 1e-9  # added to squares, relative, so that columns which depend on others have coefficients too


@dataclass(frozen=True)
class Design:
    """What the deviance needs of the columns.

    The common columns, w in all, are those of crossed random terms and then p orthonormal ones that span the
    fixed columns. Random columns are those of `mmstats.mixed.random_columns.steady`.

    Parameters
    ----------
    layout : Layout
    counts : float array, shape (u,)
        The number of groups with each pattern.
    root : float array, shape (u, k, k)
        Upper triangles R: a group's random columns are Q R, with orthonormal Q.
    cross : float array, shape (u, k, w)
        Q' times the common columns.
    within : float array, shape (w, w)
        What is left of the common columns without the blocks' random ones, times itself, over all rows.
    pattern_of : int array, shape (groups,)
    basis : sparse matrix, shape (n, groups k)
        Q.
    crossed : sparse matrix, shape (n, q)
        The random columns among the common ones.
    fixed : float array, shape (n, p)
        The orthonormal fixed columns.
    fixed_within : float array, shape (n, p)
        What is left of the fixed columns without the blocks' random ones.
    """

    layout: Layout
    counts: FloatArray
    root: FloatArray
    cross: FloatArray
    within: FloatArray
    pattern_of: IntArray
    basis: sparse.csr_array
    crossed: sparse.csr_array
    fixed: FloatArray
    fixed_within: FloatArray

    @cached_property
    def basis_turned(self) -> sparse.csc_array:
        """The transpose of `basis`."""
        return self.basis.T

    @cached_property
    def compiled(self) -> Columns:
        """The columns as the compiled loops take them."""
        fixed = len(self.within) - self.layout.common
        return Columns(
            self.layout.sizes, self.layout.elements, fixed, self.counts, self.root, self.cross, self.within
        )

    @cached_property
    def _cholesky(self) -> tuple[FloatArray, bool]:
        """The Cholesky factor of `within`, all but: columns that depend on others shall have coefficients."""
        whole = np.einsum("u,ukx,ukx->x", self.counts, self.cross, self.cross) + np.diag(self.within)
        factor, lower = linalg.cho_factor(self.within + RIDGE * np.diag(whole))
        return factor, bool(lower)

    def least_squares(self, left: FloatArray) -> FloatArray:
        """Return coefficients of the common columns, shape (b, w), that fit responses best, or nearly.

        The responses, shape (n, b), are without the blocks' random columns.
        """
        return np.ascontiguousarray(linalg.cho_solve(self._cholesky, self.along(left)).T)

    def along(self, left: FloatArray) -> FloatArray:
        """Return the common columns times responses without the blocks' random columns, (n, b); (w, b)."""
        fixed = self.fixed_within.T @ left
        return np.concatenate([self.crossed.T @ left, fixed]) if self.layout.common else fixed

    def applied(self, coefficients: FloatArray) -> FloatArray:
        """Return combinations of the common columns, shape (n, b), given their coefficients, (b, w)."""
        q = self.layout.common
        return np.asarray(self.crossed @ coefficients[:, :q].T + self.fixed @ coefficients[:, q:].T)


@dataclass(frozen=True)
class Moments:
    """What the deviance needs of responses, b of them.

    All but `shift` is of the responses without that combination of the common columns: large crossed effects
    would leave few digits for the rest.

    Parameters
    ----------
    sums : float array, shape (b, u, k)
        Q' times the response, added over the groups of a pattern.
    squares : float array, shape (b, u, k, k)
        Their outer products, added likewise.
    common : float array, shape (b, w)
        What is left of the response without the blocks' random columns, times the common columns.
    square : float array, shape (b,)
        Times itself.
    shift : float array, shape (b, w)
        What was taken off the responses, in coefficients of the common columns.
    """

    sums: FloatArray
    squares: FloatArray
    common: FloatArray
    square: FloatArray
    shift: FloatArray

    def __getitem__(self, at: int) -> Response:
        """Return one response as the compiled loops take it."""
        square = float(self.square[at])
        return Response(self.sums[at], self.squares[at], self.common[at], square, self.shift[at])


def crossproducts(data: MixedData, layout: Layout, fixed: FloatArray) -> Design:
    """Return the cross-products of the columns of a model.

    Parameters
    ----------
    data : MixedData
        Whose columns are weighted already; its random ones are those computed with.
    layout : Layout
    fixed : float array, shape (n, p)
        Orthonormal columns.
    """
    n, k, q, p = len(data.response), layout.width, layout.common, data.fixed.shape[1]
    own = np.zeros((n, k))
    values, places = [np.empty((0, n))], [np.empty((0, n), dtype=np.int64)]
    for r, term in enumerate(data.random):
        place = layout.starts[r] + layout.places[r][:, None] * term.size + np.arange(term.size)
        if layout.inside[r]:
            np.put_along_axis(own, place, term.matrix, axis=1)
        else:
            values.append(term.matrix.T)
            places.append(place.T)
    crossed = _by_row(np.concatenate(values).T, np.concatenate(places).T, q)
    rows, root = orthonormal(own, layout.groups, layout.blocks)
    basis = _by_row(rows, layout.groups[:, None] * k + np.arange(k), layout.blocks * k)
    turned = basis.T
    cross_crossed = np.zeros((layout.blocks, k, q))
    cross_fixed = (turned @ fixed).reshape(layout.blocks, k, p)
    fixed_within = fixed - basis @ cross_fixed.reshape(layout.blocks * k, p)
    within = np.empty((q + p, q + p))
    within[q:, q:] = fixed_within.T @ fixed_within
    if q:
        cross_crossed[:] = (turned @ crossed).todense().reshape(layout.blocks, k, q)
        flat = cross_crossed.reshape(layout.blocks * k, q)
        within[:q, :q] = (crossed.T @ crossed).todense() - flat.T @ flat
        within[:q, q:] = crossed.T @ fixed_within
        within[q:, :q] = within[:q, q:].T
    pattern_of, first, counts = _patterns(data, root, cross_crossed, layout)
    return Design(
        layout,
        counts.astype(np.float64),
        np.ascontiguousarray(root[first]),
        np.concatenate([cross_crossed[first], cross_fixed[first]], axis=2),
        within,
        pattern_of,
        basis,
        crossed,
        fixed,
        fixed_within,
    )


def moments(design: Design, responses: FloatArray) -> Moments:
    """Return what the deviance needs of weighted responses, shape (n, b)."""
    k, blocks, b = design.layout.width, design.layout.blocks, responses.shape[1]
    shift = np.zeros((b, len(design.within)))
    between = design.basis_turned @ responses
    left = responses - design.basis @ between
    if design.layout.common:
        shift = design.least_squares(left)
        responses = responses - design.applied(shift)
        between = design.basis_turned @ responses
        left = responses - design.basis @ between
    by_block = np.ascontiguousarray(between.T).reshape(b, blocks, k)
    u = len(design.counts)
    if u == blocks:
        order = np.argsort(design.pattern_of)
        sums = by_block[:, order]
        squares = sums[:, :, :, None] * sums[:, :, None, :]
    else:
        sums, squares = np.zeros((b, u, k)), np.zeros((b, u, k, k))
        for pattern in range(u):
            own = by_block[:, design.pattern_of == pattern]
            sums[:, pattern] = own.sum(axis=1)
            squares[:, pattern] = np.matmul(own.transpose(0, 2, 1), own)
    common = np.ascontiguousarray(design.along(left).T)
    return Moments(sums, squares, common, np.einsum("nb,nb->b", left, left), shift)


def _by_row(values: FloatArray, places: IntArray, width: int) -> sparse.csr_array:
    """Return the sparse matrix with these values, shape (n, m), in these columns of each row."""
    n, m = values.shape
    starts = np.arange(n + 1) * m
    return sparse.csr_array((values.ravel(), places.ravel(), starts), shape=(n, width))


def _patterns(
    data: MixedData, root: FloatArray, crossed: FloatArray, layout: Layout
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the pattern of each group, a group of each pattern, and how many have it.

    Groups match if their random columns, crossed columns and fixed columns have equal products; those with
    the fixed columns as they were given, since orthonormal ones are not the same to the last digit.
    """
    blocks = layout.blocks
    if blocks > MOST_MATCHED:
        return np.arange(blocks), np.arange(blocks), np.ones(blocks, dtype=np.int64)
    p = data.fixed.shape[1]
    given = np.zeros((blocks, layout.width, p))
    for r, term in enumerate(data.random):
        if layout.inside[r]:
            for column in range(term.size):
                place = (
                    layout.groups * layout.width + layout.starts[r] + layout.places[r] * term.size + column
                )
                for j in range(p):
                    found = np.bincount(
                        place, term.matrix[:, column] * data.fixed[:, j], blocks * layout.width
                    )
                    given[:, :, j] += found.reshape(blocks, layout.width)
    keys = np.concatenate([part.reshape(blocks, -1) for part in (root, crossed, given)], axis=1)
    _, first, pattern_of, counts = np.unique(
        keys, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    return pattern_of.reshape(-1), first, counts
