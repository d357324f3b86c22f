"""Yuen's test of trimmed means."""

from collections.abc import Iterator
from dataclasses import replace
from math import floor, nan, sqrt
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt

from mmstats.effects.mean_difference import centred
from mmstats.effects.t_interval import with_t
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Binary, Ordered
from mmstats.registry import Between, Level, Random, ResamplesOrAuto, method
from mmstats.resampling.attach import with_bootstrap
from mmstats.resampling.bootstrap import Drawn
from mmstats.resampling.exact_trimmed_mean import bootstrap_trimmed_mean
from mmstats.resampling.statistics import trimmed_mean_difference
from mmstats.samples import two_samples

FloatArray = npt.NDArray[np.float64]
Choice = Literal["yuen", "exact-bootstrap-t", Drawn]
TRIMMED_MEAN_DIFFERENCE = Quantity("trimmed_mean_difference", "Difference of trimmed means", null=0)


@method(title="Yuen's test of trimmed means", references=("yuen1974", "hutson2000"))
def yuen(
    outcome: Ordered,
    group: Binary,
    *,
    trim: Annotated[float, Between(0, 0.5)] = 0.2,
    level: Level = 0.95,
    interval: Choice = "yuen",
    resamples: ResamplesOrAuto = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Difference of two trimmed means, comparison minus reference, without assuming equal variances.

    The given share of the smallest and of the largest values of each group is set aside, rounded down to
    whole values; the standard error comes from winsorised variances. ``exact-bootstrap-t`` takes instead the
    standard deviation of the bootstrap distribution, exactly and without drawing, with the same degrees of
    freedom. With a bootstrap interval the p value is the level at which that interval begins to leave out
    zero.

    Parameters
    ----------
    outcome : Series of float, shape (n,)
    group : Series of category, shape (n,)
        Its first category is the reference.
    trim : float
        The share set aside at each end, below one half.
    level : float
        The confidence level.
    interval : {'yuen', 'exact-bootstrap-t'} or a bootstrap
        How the interval is made; `bootstrap_interval` lists the bootstraps.
    resamples : int or 'auto'
        How many resamples a bootstrap interval draws; ``auto`` goes on until its limits are stable.
    rng : numpy.random.Generator
        What a bootstrap interval draws from.

    Raises
    ------
    NotEstimableError
        If fewer than 2 values of a group are left after trimming.

    References: yuen1974, hutson2000.

    Examples
    --------
    >>> import pandas as pd
    >>> group = pd.Series(pd.Categorical(["HC"] * 6 + ["MS"] * 6))
    >>> outcome = pd.Series([4.0, 7, 8, 6, 3, 2, 6, 8, 7, 10, 11, 90])
    >>> (e,) = yuen(outcome, group)
    >>> print(f"{e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    4.00 (-0.24 to 8.24)
    """
    reference, comparison = centred(*two_samples(outcome, group, at_least=2))
    left = min(len(values) - 2 * floor(trim * len(values)) for values in (reference, comparison))
    if left < 2:
        raise NotEstimableError(
            f"Trimming {trim:g} at each end leaves {left} value(s) in a group; it needs 2."
        )

    def difference(x: FloatArray, y: FloatArray) -> FloatArray:
        return _trimmed_mean(x, trim) - _trimmed_mean(y, trim)

    def std_error(x: FloatArray, y: FloatArray) -> FloatArray:
        return np.sqrt(_squared_error(x, trim) + _squared_error(y, trim))

    estimate, error = float(difference(comparison, reference)), float(std_error(comparison, reference))
    base = Estimate(
        quantity=TRIMMED_MEAN_DIFFERENCE,
        estimate=estimate,
        std_error=error,
        statistic=estimate / error if error > 0 else nan,
        n=len(outcome),
    )
    if error == 0:
        note = "Both winsorised groups are constant, so nothing is known about the uncertainty."
        yield replace(base, conf_level=level, interval=interval, note=note)
    elif interval == "yuen":
        yield with_t(base, _df(comparison, reference, trim), level=level, interval=interval)
    elif interval == "exact-bootstrap-t":
        error = sqrt(sum(bootstrap_trimmed_mean(values, trim)[1] for values in (comparison, reference)))
        base = replace(base, std_error=error, statistic=estimate / error)
        yield with_t(base, _df(comparison, reference, trim), level=level, interval=interval)
    else:
        yield with_bootstrap(
            base,
            (comparison, reference),
            trimmed_mean_difference(trim),
            interval=interval,
            level=level,
            resamples=resamples,
            rng=rng,
            null=0,
        )


def _trimmed_mean(values: FloatArray, trim: float) -> FloatArray:
    aside = floor(trim * values.shape[-1])
    kept = np.sort(values, axis=-1)[..., aside : values.shape[-1] - aside]
    return np.asarray(kept.mean(axis=-1))


def _squared_error(values: FloatArray, trim: float) -> FloatArray:
    """Return the squared standard error of a trimmed mean, from the winsorised variance."""
    n = values.shape[-1]
    aside = floor(trim * n)
    ordered = np.sort(values, axis=-1)
    winsorised = np.clip(ordered, ordered[..., [aside]], ordered[..., [n - aside - 1]])
    kept = n - 2 * aside
    return np.asarray((n - 1) * winsorised.var(axis=-1, ddof=1) / (kept * (kept - 1)))


def _df(x: FloatArray, y: FloatArray, trim: float) -> float:
    parts = [(float(_squared_error(v, trim)), len(v) - 2 * floor(trim * len(v)) - 1) for v in (x, y)]
    total = sum(error for error, _ in parts)
    return total**2 / sum(error**2 / df for error, df in parts)
