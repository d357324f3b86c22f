"""The tail of the largest of several correlated t statistics, by directions on a sphere.

The statistics are A x / s, with x standard normal in as many dimensions as the correlations have rank, and
df s^2 chi-squared. The length of x / s is independent of its direction, so that its part is in closed form,
and what is left is an average over directions u of P(F >= t^2 / (rank max (a'u)^2)). In two dimensions that
is an integral over an angle, exact to rounding; beyond, directions are Sobol points, scrambled several times
from fixed seeds, so that the answer is always the same and has a Monte-Carlo standard error. There is no
cancellation: small tails keep their digits.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import brentq

FloatArray = npt.NDArray[np.float64]

SCRAMBLES, POINTS, BINS = 16, 2**15, 2**8
NODES = 200  # of Gauss and Legendre, for each piece between two angles at which another statistic is largest


@dataclass(frozen=True)
class LargestT:
    """The largest absolute value of t statistics with these correlations.

    Parameters
    ----------
    rank : int
        Of the correlations.
    shares : float array, shape (scrambles, directions)
        For each direction, the largest squared part of it that a statistic takes.
    weights : float array, shape (directions,)
    """

    rank: int
    shares: FloatArray
    weights: FloatArray

    def tail(self, t_value: float, df: float) -> tuple[float, float]:
        """Return P(largest |t| >= `t_value`), and its Monte-Carlo standard error, 0 if none is due."""
        if t_value <= 0:
            return 1.0, 0.0
        beyond = t_value**2 / (self.rank * self.shares)
        tails = (
            stats.chi2.sf(self.rank * beyond, self.rank) if df == inf else stats.f.sf(beyond, self.rank, df)
        )
        found = tails @ self.weights
        count = len(found)
        return float(found.mean()), float(found.std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0

    def critical_value(self, df: float, *, alpha: float) -> float:
        """Return the t whose tail is `alpha`."""
        least = float(stats.t.isf(alpha / 2, df))
        if self.rank == 1:
            return least
        squared = (
            stats.chi2.isf(alpha, self.rank) if df == inf else self.rank * stats.f.isf(alpha, self.rank, df)
        )
        most = float(np.sqrt(squared))  # Scheffe's
        return float(
            brentq(lambda t: self.tail(t, df)[0] - alpha, 0.99 * least, 1.01 * most, xtol=1e-12, rtol=1e-12)
        )


def largest_t(correlation: FloatArray) -> LargestT:
    """Return the distribution of the largest |t| of statistics with these correlations.

    Parameters
    ----------
    correlation : float array, shape (m, m)
        It may have any rank, as that of all pairs of means does.

    References: somerville1998, genz2009.

    Examples
    --------
    >>> pairs = np.array([[1, 0.5, -0.5], [0.5, 1, 0.5], [-0.5, 0.5, 1]])  # of three equal groups: Tukey's
    >>> p_value, mcse = largest_t(pairs).tail(2.5, 20)
    >>> round(p_value, 6), mcse
    (0.053132, 0.0)
    """
    sizes, axes = np.linalg.eigh(correlation)
    kept = sizes > 1e-9 * sizes[-1]
    rank = int(kept.sum())
    rows = axes[:, kept] * np.sqrt(sizes[kept])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    if rank == 1:
        return LargestT(1, np.ones((1, 1)), np.ones(1))
    if rank == 2:
        directions, weights = _circle(rows)
        return LargestT(2, ((directions @ rows.T) ** 2).max(axis=1)[None], weights)
    shares = np.array(
        [_condensed(((_sphere(rank, seed) @ rows.T) ** 2).max(axis=1)) for seed in range(SCRAMBLES)]
    )
    return LargestT(rank, shares, np.full(2 * BINS, 1 / (2 * BINS)))


def _circle(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return directions and weights of half a circle, in pieces in which one of the rows is nearest."""
    first, second = np.triu_indices(len(rows), 1)
    between = np.concatenate([rows[first] + rows[second], rows[first] - rows[second]])
    between = between[np.linalg.norm(between, axis=1) > 1e-9]
    own = np.arctan2(rows[:, 1], rows[:, 0])  # where the integrand is steepest
    ends = np.concatenate([[0, np.pi], np.mod(np.arctan2(between[:, 0], -between[:, 1]), np.pi), own % np.pi])
    ends = np.unique(ends)
    ends = ends[np.concatenate([[True], np.diff(ends) > 1e-12])]
    nodes, shares = np.polynomial.legendre.leggauss(NODES)
    half, middle = np.diff(ends)[:, None] / 2, (ends[1:] + ends[:-1])[:, None] / 2
    angles = (middle + half * nodes).ravel()
    return np.stack([np.cos(angles), np.sin(angles)], axis=1), (half * shares).ravel() / np.pi


def _condensed(values: FloatArray) -> FloatArray:
    """Return two values for each of many bins of equal weight, with the bin's mean and variance."""
    bins = np.sort(values).reshape(BINS, -1)
    middle, spread = bins.mean(axis=1), bins.std(axis=1)
    return np.concatenate([middle - spread, middle + spread])


def _sphere(rank: int, seed: int) -> FloatArray:
    """Return points that are spread evenly over directions, shape (points, rank)."""
    uniform = stats.qmc.Sobol(rank, scramble=True, seed=np.random.default_rng(seed)).random(POINTS)
    normal = stats.norm.ppf(np.clip(uniform, 1e-15, 1 - 1e-15))
    return np.asarray(normal / np.linalg.norm(normal, axis=1, keepdims=True))
