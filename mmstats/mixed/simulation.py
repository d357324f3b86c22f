"""Responses simulated from a mixed model, as the few sums that its likelihood depends on.

The random coefficients and residuals of a block are seen only through s = Z'y, of covariance
Omega = A + A C A (A = Z'Z, C the coefficients' covariance, the residual variance 1). Over the blocks of a
pattern the sum of s is normal, and its scatter Wishart. What is left of the residuals is independent of all
s: normal along the common columns, chi-squared beyond. So the cost depends neither on the number of rows nor,
in balanced designs, on that of groups.
"""

import numpy as np

from mmstats.mixed.crossproducts import Design, Moments
from mmstats.mixed.deviance import fill_factors
from mmstats.mixed.reduction import moved
from mmstats.mixed.structure import FloatArray

ZERO = 1e-10  # an eigenvalue below this share of the largest is none


def simulated(design: Design, rows: int, theta: FloatArray, draws: int, rng: np.random.Generator) -> Moments:
    """Return the moments of simulated responses without a fixed part, of residual variance 1.

    Parameters
    ----------
    design : Design
    rows : int
    theta : float array, shape (t,)
        Of scaled random columns.
    draws : int
    rng : Generator
    """
    layout, columns = design.layout, design.compiled
    k, w, q = layout.width, len(design.common), layout.common
    factor, crossed = np.empty((k, k)), np.empty((q, q))
    fill_factors(theta, layout.elements, factor, crossed)
    inverses, ranks = _inverses(design.own)
    reach = design.own @ factor
    roots = _roots(design.own + reach @ reach.transpose(0, 2, 1))
    sums, squares = _scatter(roots, design.counts, draws, rng)
    explained = inverses @ design.cross
    left = design.common - np.einsum("u,ukx,uky->xy", design.counts, design.cross, explained)
    root, rank = _root(left, design.common)
    rest = rng.standard_normal((draws, rank))
    beyond = rows - round(float(design.counts @ ranks)) - rank
    square = np.einsum("ukl,bukl->b", inverses, squares) + (rest**2).sum(axis=1)
    if beyond > 0:
        square += rng.chisquare(beyond, draws)
    # the residuals within the common columns' span: W = root @ coordinates there
    common = np.einsum("ukx,buk->bx", explained, sums) + rest @ root.T
    found = Moments(sums, squares, common, square)
    if not q:
        return found
    along = np.zeros((draws, w))
    along[:, :q] = rng.standard_normal((draws, q)) @ crossed.T
    return moved(columns, found, along)


def _scatter(
    roots: FloatArray, counts: FloatArray, draws: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return sums and summed outer products of as many normal vectors per pattern as it has groups."""
    u, k, _ = roots.shape
    total, inner = rng.standard_normal((draws, u, k)), np.zeros((draws, u, k, k))
    for pattern in np.flatnonzero(counts > 1):
        df = int(counts[pattern]) - 1
        if df < k:
            each = rng.standard_normal((draws, df, k))
            inner[:, pattern] = each.transpose(0, 2, 1) @ each
        else:  # Bartlett's decomposition
            lower = np.zeros((draws, k, k))
            for j in range(k):
                lower[:, j, j] = np.sqrt(rng.chisquare(df - j, draws))
                lower[:, j + 1 :, j] = rng.standard_normal((draws, k - j - 1))
            inner[:, pattern] = lower @ lower.transpose(0, 2, 1)
    inner += total[:, :, :, None] * total[:, :, None, :]
    sums = np.sqrt(counts)[:, None] * np.einsum("ukl,bul->buk", roots, total)
    return sums, roots @ inner @ roots.transpose(0, 2, 1)


def _inverses(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return generalised inverses of positive semidefinite matrices, and their ranks."""
    sizes, vectors = np.linalg.eigh(matrices)
    kept = sizes > ZERO * sizes.max(axis=1, initial=0.0)[:, None]
    inverted = np.where(kept, 1 / np.where(kept, sizes, 1.0), 0.0)
    return (vectors * inverted[:, None, :]) @ vectors.transpose(0, 2, 1), kept.sum(axis=1)


def _roots(matrices: FloatArray) -> FloatArray:
    sizes, vectors = np.linalg.eigh(matrices)
    return np.asarray(vectors * np.sqrt(np.maximum(sizes, 0.0))[:, None, :])


def _root(matrix: FloatArray, whole: FloatArray) -> tuple[FloatArray, int]:
    """Return R with R R' = matrix, without the directions that are none against those of `whole`."""
    sizes, vectors = np.linalg.eigh(matrix)
    kept = sizes > ZERO * np.abs(np.linalg.eigvalsh(whole)).max(initial=0.0)
    return np.asarray(vectors[:, kept] * np.sqrt(sizes[kept])), int(kept.sum())
