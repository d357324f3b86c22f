"""The exact interval of a rate."""

from scipy import stats


def garwood(count: int, time: float, *, level: float) -> tuple[float, float]:
    """Return the rates that neither exact one-sided test of `count` Poisson events in `time` rejects.

    References: garwood1936.

    Examples
    --------
    >>> low, high = garwood(0, 10.0, level=0.95)
    >>> low, round(high, 4)
    (0.0, 0.3689)
    """
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(stats.gamma.ppf(tail, count))
    return low / time, float(stats.gamma.isf(tail, count + 1)) / time
