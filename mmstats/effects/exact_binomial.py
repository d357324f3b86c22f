"""Intervals of a proportion by beta distributions: Clopper and Pearson's, and Jeffreys'."""

from scipy import stats


def clopper_pearson(count: int, n: int, *, level: float) -> tuple[float, float]:
    """Return the proportions that neither exact one-sided test of `count` in `n` rejects.

    The interval holds the true proportion at least as often as its level says, whatever that proportion is.

    References: clopper1934.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 20, level=0.95)
    >>> low, round(high, 4)
    (0.0, 0.1684)
    """
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(stats.beta.ppf(tail, count, n - count + 1))
    high = 1.0 if count == n else float(stats.beta.isf(tail, count + 1, n - count))
    return low, high


def jeffreys(count: int, n: int, *, level: float) -> tuple[float, float]:
    """Return the equal-tailed interval of the posterior from Jeffreys' prior, its end exact at 0 and at 1.

    References: brown2001.

    Examples
    --------
    >>> low, high = jeffreys(5, 20, level=0.95)
    >>> round(low, 4), round(high, 4)
    (0.1024, 0.4642)
    """
    tail, a, b = (1 - level) / 2, count + 0.5, n - count + 0.5
    low = 0.0 if count == 0 else float(stats.beta.ppf(tail, a, b))
    high = 1.0 if count == n else float(stats.beta.isf(tail, a, b))
    return low, high
