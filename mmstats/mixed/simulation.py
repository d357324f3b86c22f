"""Responses simulated from a mixed model, as the few sums that its likelihood depends on.

The random coefficients of a block are seen only through s = Q'y, of covariance I + R C R' (Z = Q R, C the
coefficients' covariance, the residual variance 1). Over the blocks of a pattern the sum of s is normal, and
its scatter Wishart. What is left of the residuals is independent of all s: normal along the common columns,
chi-squared beyond. So the cost depends neither on the number of rows nor, in balanced designs, on that of
groups.
"""

import numpy as np

from mmstats.mixed.crossproducts import Design, Moments
from mmstats.mixed.deviance import fill_factors
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
    layout = design.layout
    k, w, q = layout.width, len(design.within), layout.common
    factor, crossed = np.empty((k, k)), np.empty((q, q))
    fill_factors(theta, layout.elements, factor, crossed)
    spans = np.einsum("ukk->uk", design.root) > 0  # a column that depends on others is zero in Q
    reach = design.root @ factor
    covariances = reach @ reach.transpose(0, 2, 1) + spans[:, None, :] * np.eye(k)
    sums, squares = _scatter(_roots(covariances), design.counts, draws, rng)
    root = _root(design.within)
    rest = rng.standard_normal((draws, root.shape[1]))
    square = (rest**2).sum(axis=1)
    beyond = rows - round(float(design.counts @ spans.sum(axis=1))) - root.shape[1]
    if beyond > 0:
        square += rng.chisquare(beyond, draws)
    shift = np.zeros((draws, w))
    shift[:, :q] = rng.standard_normal((draws, q)) @ crossed.T
    return Moments(sums, squares, rest @ root.T, square, shift)


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


def _roots(matrices: FloatArray) -> FloatArray:
    sizes, vectors = np.linalg.eigh(matrices)
    return np.asarray(vectors * np.sqrt(np.maximum(sizes, 0.0))[:, None, :])


def _root(matrix: FloatArray) -> FloatArray:
    """Return a matrix R with R R' = matrix and no more columns than its rank."""
    sizes, vectors = np.linalg.eigh(matrix)
    kept = sizes > ZERO * max(1.0, float(sizes.max(initial=0.0)))
    return np.asarray(vectors[:, kept] * np.sqrt(sizes[kept]))
