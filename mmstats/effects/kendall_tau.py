"""Kendall's tau-b: concordant minus discordant pairs, over the pairs not tied."""

from math import nan, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.pearson_r import ON_A_LINE
from mmstats.effects.rank_correlation import MOST_PERMUTED, orders, perfect_p_value
from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

KENDALL_TAU = Quantity("kendall_tau_b", "Kendall's tau-b", null=0)
MOST_COUNTED = 50


def kendall_tau(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return tau-b over the last axis; NaN where `x` or `y` is constant."""
    first, second = np.triu_indices(x.shape[-1], 1)
    shape = x.shape[:-1]
    score, untied_x, untied_y = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for step in range(0, len(first), 256):  # bounded memory for many resamples
        i, j = first[step : step + 256], second[step : step + 256]
        a, b = np.sign(x[..., i] - x[..., j]), np.sign(y[..., i] - y[..., j])
        score += (a * b).sum(axis=-1)
        untied_x += np.abs(a).sum(axis=-1)
        untied_y += np.abs(b).sum(axis=-1)
    pairs = untied_x * untied_y
    return np.asarray(score / np.sqrt(np.where(pairs > 0, pairs, np.nan)))


def p_value(x: FloatArray, y: FloatArray) -> tuple[float, float, bool]:
    """Return z, the p value, and whether that is exact (then z is NaN).

    Exact: every order counted, up to 50 pairs without ties and 9 with. Otherwise normal, with the variance
    given the ties (Kendall 1945).
    """
    n = len(x)
    a, b = stats.rankdata(x), stats.rankdata(y)
    tied = len(np.unique(a)) < n or len(np.unique(b)) < n
    if tied and n <= MOST_PERMUTED:
        return np.nan, _enumerated(a, b), True
    if not tied and n <= MOST_COUNTED:
        return np.nan, _counted(a, b), True
    if abs(float(kendall_tau(x, y))) > 1 - ON_A_LINE:
        return np.nan, perfect_p_value(a), True
    z = _score(a, b) / sqrt(_variance(a, b))
    return z, float(2 * stats.norm.sf(abs(z))), False


def bonett_wright_std_error(n: int) -> float:
    """Return the standard error of Fisher's z of tau (Fieller, Hartley and Pearson 1957)."""
    return sqrt(0.437 / (n - 4))


def jackknife_std_error(x: FloatArray, y: FloatArray) -> float:
    """Return the jackknife's standard error of tau-b, which ties and dependence of any kind may be behind.

    NaN where leaving out one pair makes a variable constant.

    References: efron1981.
    """
    n = len(x)
    score, untied_x, untied_y = np.zeros(n), np.zeros(n), np.zeros(n)
    for start in range(0, n, 256):  # bounded memory for many pairs
        rows = slice(start, start + 256)
        a, b = np.sign(x[rows, None] - x), np.sign(y[rows, None] - y)
        score[rows] = (a * b).sum(axis=1)
        untied_x[rows], untied_y[rows] = np.abs(a).sum(axis=1), np.abs(b).sum(axis=1)
    pairs = (untied_x.sum() / 2 - untied_x) * (untied_y.sum() / 2 - untied_y)
    if (pairs <= 0).any():
        return nan
    left_out = (score.sum() / 2 - score) / np.sqrt(pairs)
    return sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))


def _score(a: FloatArray, b: FloatArray) -> float:
    i, j = np.triu_indices(len(a), 1)
    return float((np.sign(a[i] - a[j]) * np.sign(b[i] - b[j])).sum())


def _enumerated(a: FloatArray, b: FloatArray) -> float:
    every, seen = orders(len(a)), abs(_score(a, b))
    scores = np.zeros(len(every))
    for i, j in zip(*np.triu_indices(len(a), 1), strict=True):
        if a[i] != a[j]:
            scores += np.sign(a[i] - a[j]) * np.sign(b[every[:, i]] - b[every[:, j]])
    return float(np.mean(np.abs(scores) >= seen - 1e-9))


def _counted(a: FloatArray, b: FloatArray) -> float:
    """Count the orders with each number of discordant pairs, adding one observation at a time."""
    n, pairs = len(a), len(a) * (len(a) - 1) // 2
    ways = np.ones(1)
    for size in range(2, n + 1):
        ways = np.convolve(ways, np.full(size, 1 / size))
    scores = pairs - 2 * np.arange(pairs + 1)
    return min(1.0, float(ways[np.abs(scores) >= abs(_score(a, b)) - 1e-9].sum()))


def _variance(a: FloatArray, b: FloatArray) -> float:
    """Return the variance of the score over all orders, given the ties on both sides."""
    n = len(a)
    t, u = (np.unique(side, return_counts=True)[1].astype(float) for side in (a, b))
    whole = n * (n - 1) * (2 * n + 5)
    first = whole - sum(float((g * (g - 1) * (2 * g + 5)).sum()) for g in (t, u))
    second = float((t * (t - 1) * (t - 2)).sum() * (u * (u - 1) * (u - 2)).sum())
    third = float((t * (t - 1)).sum() * (u * (u - 1)).sum())
    return first / 18 + second / (9 * n * (n - 1) * (n - 2)) + third / (2 * n * (n - 1))
