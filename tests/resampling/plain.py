"""The loops of `mmstats.resampling.kernels` in plain NumPy: slow, written otherwise, with the same draws."""

import numpy as np
from scipy import stats

MASK = 2**64 - 1


def words(seed: int, first: int, count: int) -> list[int]:
    """Return SplitMix64's words, by Python's whole numbers."""
    found = []
    for k in range(first, first + count):
        z = (seed + (k + 1) * 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        found.append(z ^ (z >> 31))
    return found


def halves(seed: int, first: int, count: int) -> list[int]:
    return [half for w in words(seed, first, count) for half in (w & 0xFFFFFFFF, w >> 32)]


def indices(size: int, seed: int, first: int, rows: int) -> np.ndarray:
    """Return the rows that each resample draws, shape (rows, size)."""
    per_row = (size + 1) // 2
    drawn = [
        [(half * size) >> 32 for half in halves(seed, row * per_row, per_row)[:size]]
        for row in range(first, first + rows)
    ]
    return np.array(drawn)


def counts(drawn: np.ndarray, size: int) -> np.ndarray:
    return np.array([np.bincount(row, minlength=size) for row in drawn], dtype=float)


def splits(sizes: list[int], wanted: list[int], seed: int, first: int, rows: int) -> np.ndarray:
    per_row = (sum(wanted) + 1) // 2
    chosen = []
    for row in range(first, first + rows):
        given, start, picked = iter(halves(seed, row * per_row, per_row)), 0, []
        for size, want in zip(sizes, wanted, strict=True):
            left = list(range(start, start + size))
            for i in range(want):
                j = i + ((next(given) * (size - i)) >> 32)
                left[i], left[j] = left[j], left[i]
            picked += left[:want]
            start += size
        chosen.append(picked)
    return np.array(chosen)


def mean(x: np.ndarray) -> tuple[float, float]:
    return x.mean(), x.std(ddof=1) / np.sqrt(len(x))


def mean_difference(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    return x.mean() - y.mean(), np.sqrt(x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y))


def hedges_g(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    df = len(x) + len(y) - 2
    pooled = np.sqrt(((len(x) - 1) * x.var(ddof=1) + (len(y) - 1) * y.var(ddof=1)) / df)
    from scipy.special import gamma

    factor = gamma(df / 2) / gamma((df - 1) / 2) / np.sqrt(df / 2)
    g = factor * (x.mean() - y.mean()) / pooled
    return g, np.sqrt(1 / len(x) + 1 / len(y) + g**2 / (2 * df))


def pearson_r(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    u, v = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    r = np.mean(u * v)
    influence = u * v - r * (u**2 + v**2) / 2
    return r, np.sqrt(np.mean(influence**2) / len(x))


def spearman_rho(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    return np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1], np.nan


def kendall_tau(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    return stats.kendalltau(x, y).statistic, np.nan


def superiority(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    upper = np.mean((x[:, None] > y) + (x[:, None] == y) / 2, axis=1)
    lower = np.mean((x[:, None] > y) + (x[:, None] == y) / 2, axis=0)
    return upper.mean(), np.sqrt(upper.var(ddof=1) / len(x) + lower.var(ddof=1) / len(y))


def median_difference(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    return np.median(x) - np.median(y), np.nan


def trimmed_mean_difference(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    def squared_error(v: np.ndarray) -> float:
        kept = len(v) - 2 * int(0.2 * len(v))
        winsorised = np.asarray(stats.mstats.winsorize(v, (0.2, 0.2)))
        return float((len(v) - 1) * winsorised.var(ddof=1) / (kept * (kept - 1)))

    gap = stats.trim_mean(x, 0.2) - stats.trim_mean(y, 0.2)
    return gap, np.sqrt(squared_error(x) + squared_error(y))


def welch_t(x: np.ndarray, y: np.ndarray) -> float:
    gap, error = mean_difference(x, y)
    return gap / error
