"""Bootstrap intervals for any statistic of one, two or more samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan, sqrt
from typing import Literal

import numpy as np

from mmstats.errors import MmstatsError
from mmstats.resampling.draws import FloatArray, index_draws
from mmstats.resampling.intervals import Limits, share_below
from mmstats.resampling.jackknife import Statistic, acceleration, influences

Bootstrap = Literal["studentized-bootstrap", "bca-bootstrap", "percentile-bootstrap"]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A bootstrap interval, and how far its randomness reaches.

    Parameters
    ----------
    low, high : float
        The limits, both NaN where they are not estimable; `note` then says why.
    p_value : float
        The alpha at which the interval begins to leave out the null value; NaN without one.
    mcse : float
        The largest Monte-Carlo standard error among the limits and p.
    resamples : int
    note : str
    """

    low: float = nan
    high: float = nan
    p_value: float = nan
    mcse: float = nan
    resamples: int
    note: str = ""


def bootstrap_interval(
    samples: Sequence[FloatArray],
    statistic: Statistic,
    *,
    interval: Bootstrap,
    level: float,
    resamples: int,
    rng: np.random.Generator | None,
    paired: bool = False,
    std_error: Statistic | None = None,
    null: float = nan,
) -> Interval:
    """Return a bootstrap confidence interval.

    Samples are sorted first, so the order of rows cannot change the answer. Undefined replicates are never
    dropped: each counts as the worst case at either end, and the note says how many there were.

    Parameters
    ----------
    samples : sequence of float arrays
        Independent groups, each of shape (n_i,) and resampled on its own; or, if `paired`, columns of
        equal length whose rows are resampled together.
    statistic : callable
        Takes one array of shape (B, n_i) per sample, returns shape (B,).
    interval : {'studentized-bootstrap', 'bca-bootstrap', 'percentile-bootstrap'}
    level : float
    resamples : int
    rng : numpy.random.Generator
    paired : bool
    std_error : callable, optional
        The statistic's standard error, called like `statistic`; the studentized interval needs it.
    null : float
        The value whose p value is wanted, by inversion of the interval.

    Raises
    ------
    MmstatsError
        If there is no random generator, or no `std_error` for a studentized interval.

    References: efron1987, davison1997.

    Examples
    --------
    >>> x, y = np.array([6.0, 8, 7, 10, 11, 9]), np.array([4.0, 7, 8, 6, 3, 2])
    >>> found = bootstrap_interval(
    ...     [x, y],
    ...     lambda x, y: x.mean(axis=-1) - y.mean(axis=-1),
    ...     interval="percentile-bootstrap",
    ...     level=0.95,
    ...     resamples=999,
    ...     rng=np.random.default_rng(1),
    ...     null=0,
    ... )
    >>> found.low < 3.5 < found.high, found.p_value < 0.05
    (True, True)
    """
    if rng is None:
        raise MmstatsError(
            f"The {interval} interval draws random numbers, and rng is None. "
            "Give it a seeded generator: rng=numpy.random.default_rng(1)."
        )
    ordered = _sorted(samples, paired=paired)
    estimate = float(_once(statistic, ordered))
    if isnan(estimate):
        return Interval(resamples=resamples, note="The data leave the statistic undefined.")
    if interval == "studentized-bootstrap":
        if std_error is None:
            raise MmstatsError("A studentized-bootstrap interval needs the statistic's std_error.")
        spread = float(_once(std_error, ordered))
        if not spread > 0:
            return Interval(resamples=resamples, note="The standard error is zero or undefined.")
        statistic = _reflected(statistic, std_error, estimate, spread)

    sizes = [len(ordered[0])] if paired else [len(sample) for sample in ordered]
    values = np.concatenate(
        [
            statistic(
                *(
                    sample[index]
                    for sample, index in zip(ordered, drawn * len(ordered) if paired else drawn, strict=True)
                )
            )
            for drawn in index_draws(sizes, resamples, rng)
        ]
    )
    undefined = int(np.isnan(values).sum())
    if undefined == resamples or np.nanmin(values) == np.nanmax(values):
        reason = (
            "Every resample leaves it undefined." if undefined else "Every resample gives the same value."
        )
        return Interval(resamples=resamples, note=reason)
    limits = Limits(values)
    if interval == "bca-bootstrap":
        share = share_below(values, estimate)
        skewness = acceleration(influences(ordered, statistic, paired=paired))
        if share in (0, 1):
            return Interval(resamples=resamples, note="All resamples lie on one side of the estimate.")
        if isnan(skewness):
            return Interval(resamples=resamples, note="Leaving one observation out leaves it undefined.")
        limits = Limits(values, share, skewness, corrected=True)
    return _read(limits, level, null, undefined)


def _read(limits: Limits, level: float, null: float, undefined: int) -> Interval:
    count = len(limits.values)
    note = (
        f"{undefined} of {count} resamples leave it undefined; each counts as the worst case."
        if undefined
        else ""
    )
    low, high = limits.at(1 - level)
    p_value = nan if isnan(null) else limits.p_value(null)
    if not (isfinite(low) and isfinite(high)):
        reason = "The resamples do not reach the ends of the interval: too few were drawn, or can be used."
        return Interval(p_value=p_value, resamples=count, note=f"{reason} {note}".strip())
    # An equal-tailed p is twice a share of the replicates.
    p_error = 0.0 if isnan(p_value) else 2 * sqrt(p_value / 2 * (1 - p_value / 2) / count)
    mcse = max(limits.std_error(1 - level), p_error)
    return Interval(low=low, high=high, p_value=p_value, mcse=mcse, resamples=count, note=note)


def _sorted(samples: Sequence[FloatArray], *, paired: bool) -> list[FloatArray]:
    if not paired:
        return [np.sort(sample) for sample in samples]
    order = np.lexsort(tuple(reversed(samples)))
    return [sample[order] for sample in samples]


def _once(function: Statistic, samples: Sequence[FloatArray]) -> float:
    return float(function(*(sample[None, :] for sample in samples))[0])


def _reflected(statistic: Statistic, std_error: Statistic, estimate: float, spread: float) -> Statistic:
    """Return the statistic whose percentile interval is the studentized one: theta - se * t*.

    t* is infinite where only the resample's standard error is zero, and undefined where its difference
    from theta is zero as well.
    """

    def reflected(*samples: FloatArray) -> FloatArray:
        gap, error = statistic(*samples) - estimate, std_error(*samples)
        flat = error == 0
        at_zero = np.where(gap == 0, nan, np.copysign(inf, gap))
        t_values: FloatArray = np.where(flat, at_zero, gap / np.where(flat, 1, error))
        return estimate - spread * t_values

    return reflected
