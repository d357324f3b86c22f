"""Bootstrap intervals for any statistic of one, two or more samples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, isnan, nan, sqrt
from typing import Literal

import numpy as np

from mmstats.errors import MmstatsError
from mmstats.resampling import nested, studentizing
from mmstats.resampling.abc import AbcLimits, abc_limits
from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.design import Design, Seeds, bayesian_weights, groups, one_sample, resample_weights
from mmstats.resampling.intervals import Limits, bias_of
from mmstats.resampling.jackknife import acceleration, influences
from mmstats.resampling.places import Accelerated, Calibrated, Expanded, Percentile, Places
from mmstats.resampling.statistic import Evaluate, EvaluateDrawn, Function, Statistic, of_arrays

Drawn = Literal[
    "studentized-bootstrap",
    "stabilized-bootstrap",
    "calibrated-bootstrap",
    "bca-bootstrap",
    "percentile-bootstrap",
    "expanded-percentile-bootstrap",
    "basic-bootstrap",
]
Smooth = Literal["abc", "bayesian-bootstrap"]  # for statistics that are smooth in the weights of rows
Bootstrap = Literal[Drawn, Smooth]
Resamples = int | Literal["auto"]

FEWEST, MOST = 9_999, 999_999  # how many resamples "auto" starts with, and where it stops
CHUNK = 16_384  # resamples whose moments are held at once
STABLE = 0.003  # "auto" goes on until limits are known to this share of the interval's width


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
        0 for an interval that draws nothing.
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
    statistic: Statistic | Function,
    *,
    interval: Bootstrap,
    level: float,
    resamples: Resamples,
    rng: np.random.Generator | None,
    paired: bool = False,
    std_error: Function | None = None,
    null: float = nan,
    design: Design | None = None,
) -> Interval:
    """Return a bootstrap confidence interval.

    Samples are sorted first, so the order of rows cannot change the answer. Undefined replicates are never
    dropped: each counts as the worst case at either end, and the note says how many there were. Memory does
    not grow with the number of resamples, but for the 8 bytes of each replicate.

    ==============================  ======================================================================
    studentized-bootstrap           The estimate minus its standard error times quantiles of resampled t
                                    values. Without a formula, the standard error of each resample comes from
                                    50 resamples of it.
    stabilized-bootstrap            Basic, on a scale where the standard error, smoothed over the resamples,
                                    does not change with the estimate.
    calibrated-bootstrap            Percentiles at the levels at which, with the sample as the population,
                                    they would cover as wanted: from 499 resamples of 999 of the resamples.
    bca-bootstrap                   Percentiles corrected for bias and for a changing standard error.
    abc                             The analytic approximation of BCa; draws nothing. For smooth statistics.
    percentile-bootstrap            Percentiles of the resampled estimates.
    expanded-percentile-bootstrap   Percentiles moved outwards as t and n / (n - 1) widen a normal interval.
    basic-bootstrap                 The percentiles, reflected about the estimate.
    bayesian-bootstrap              Percentiles under smooth random weights. For smooth statistics.
    ==============================  ======================================================================

    Parameters
    ----------
    samples : sequence of float arrays
        Independent groups, each of shape (n_i,) and resampled on its own; or, if `paired`, columns of
        equal length whose rows are resampled together.
    statistic : Statistic or callable
        One of `mmstats.resampling.statistics`, or a function that takes one array of shape (B, n_i) per
        sample and returns shape (B,).
    interval : str
        See the table.
    level : float
    resamples : int or 'auto'
        ``auto`` goes on, tripling from 9,999, until the limits' Monte-Carlo error is below 0.3 % of the
        interval's width, or 999,999 are drawn.
    rng : numpy.random.Generator
    paired : bool
    std_error : callable, optional
        The standard error of a statistic that is a function, called like it.
    null : float
        The value whose p value is wanted, by inversion of the interval.
    design : Design, optional
        What is drawn together, where it is not the groups or the rows: strata or clusters. Rows then keep
        the order given.

    Raises
    ------
    MmstatsError
        If there is no random generator, or the statistic is not smooth and the interval needs it.

    References: efron1987, davison1997, hesterberg2015, diciccio1992, rubin1981, tibshirani1988, martin1990.

    Examples
    --------
    >>> from mmstats.resampling.statistics import MEAN_DIFFERENCE
    >>> x, y = np.array([6.0, 8, 7, 10, 11, 9]), np.array([4.0, 7, 8, 6, 3, 2])
    >>> found = bootstrap_interval(
    ...     [x, y],
    ...     MEAN_DIFFERENCE,
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
    if not isinstance(statistic, Statistic):
        statistic = of_arrays(statistic, std_error, paired=paired)
    if interval in ("abc", "bayesian-bootstrap") and not statistic.smooth:
        raise MmstatsError(f"The {interval} interval needs a statistic that is smooth in its weights.")
    if design is None:
        samples = _sorted(samples, paired=paired)
        design = one_sample(len(samples[0])) if paired else groups(samples)
    drawn = None if design.unit is not None or statistic.bind_drawn is None else statistic.bind_drawn(samples)
    problem = Problem(statistic.bind(samples), drawn, design, statistic.has_error, interval)
    count = FEWEST if resamples == "auto" else resamples
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = _found(problem, level, null, count, rng)
        while resamples == "auto" and found.mcse > STABLE * (found.high - found.low) and count < MOST:
            count = min(3 * count + 2, MOST)
            found = _found(problem, level, null, count, rng)
    return found


@dataclass(frozen=True)
class Problem:
    """A statistic of given rows, how they are resampled, and the interval wanted."""

    evaluate: Evaluate
    evaluate_drawn: EvaluateDrawn | None
    design: Design
    has_error: bool
    interval: Bootstrap

    @property
    def spread(self) -> bool:
        """Whether the interval needs standard errors."""
        return self.interval in ("studentized-bootstrap", "stabilized-bootstrap")

    @cached_property
    def estimate(self) -> tuple[float, float]:
        """The statistic of the data and, where it is needed and known, its standard error."""
        whole = self.design.rows(np.ones((1, self.design.units)))
        value, error = self.evaluate(whole, spread=self.spread)
        return float(value[0]), float(error[0])


def _found(problem: Problem, level: float, null: float, count: int, rng: np.random.Generator) -> Interval:
    """Return the interval from `count` resamples; drawing more from the same `rng` starts anew."""
    estimate, std_error = problem.estimate
    if isnan(estimate):
        return Interval(resamples=count, note="The data leave the statistic undefined.")
    if problem.interval == "abc":
        analytic = abc_limits(problem.evaluate, problem.design)
        if analytic is None:
            return Interval(resamples=0, note="The statistic has no spread: no observation moves it.")
        return _read(analytic, level, null, 0, 0)
    seeds = problem.design.seeds(rng)
    studentized = problem.interval == "studentized-bootstrap"
    if studentized and problem.has_error and not std_error > 0:
        return Interval(resamples=count, note="The standard error is zero or undefined.")
    values, errors = _replicates(problem, seeds, count)
    undefined = int(np.isnan(values).sum())
    if undefined == count or np.nanmin(values) == np.nanmax(values):
        reason = (
            "Every resample leaves it undefined." if undefined else "Every resample gives the same value."
        )
        return Interval(resamples=count, note=reason)
    places: Places = Percentile()
    if studentized:
        spread = std_error if problem.has_error else float(np.nanstd(values[np.isfinite(values)], ddof=1))
        values = studentizing.reflected(values, errors, estimate, spread)
        undefined = int(np.isnan(values).sum())
    elif problem.interval == "stabilized-bootstrap":
        values = studentizing.stabilized(values, errors, estimate)
    elif problem.interval == "basic-bootstrap":
        values = 2 * estimate - values
    elif problem.interval == "expanded-percentile-bootstrap":
        places = Expanded(min(problem.design.sizes))
    elif problem.interval == "calibrated-bootstrap":
        places = Calibrated(nested.shares_below(problem.evaluate, problem.design, seeds, estimate, count))
    elif problem.interval == "bca-bootstrap":
        bias = bias_of(values, estimate)
        skewness = acceleration(influences(problem.evaluate, problem.design))
        if not isfinite(bias):
            return Interval(resamples=count, note="All resamples lie on one side of the estimate.")
        if isnan(skewness):
            return Interval(resamples=count, note="Leaving one observation out leaves it undefined.")
        places = Accelerated(bias, skewness)
    return _read(Limits(values, places), level, null, undefined, count)


def _replicates(problem: Problem, seeds: Seeds, count: int) -> tuple[FloatArray, FloatArray]:
    """Return the statistic of each resample and, where the interval asks for it, its standard error."""
    spread = problem.spread
    if spread and not problem.has_error:
        return nested.replicates_and_errors(problem.evaluate, problem.design, seeds, count)
    if problem.evaluate_drawn and problem.interval != "bayesian-bootstrap":
        parts = [
            problem.evaluate_drawn(seeds, first, min(CHUNK, count - first), spread=spread)
            for first in range(0, count, CHUNK)
        ]
        return np.concatenate([value for value, _ in parts]), np.concatenate([error for _, error in parts])
    values, errors = np.empty(count), np.empty(count if spread else 0)
    first = 0
    for weights in _weights(problem, seeds, count):
        last = first + len(weights)
        found, error = problem.evaluate(weights, spread=spread)
        values[first:last] = found
        if spread:
            errors[first:last] = error
        first = last
    return values, errors


def _weights(problem: Problem, seeds: Seeds, count: int) -> Iterator[FloatArray]:
    if problem.interval == "bayesian-bootstrap":
        return bayesian_weights(problem.design, seeds, 0, count)
    return resample_weights(problem.design, seeds, 0, count)


def _read(limits: Limits | AbcLimits, level: float, null: float, undefined: int, count: int) -> Interval:
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
    if count == 0:
        return Interval(low=low, high=high, p_value=p_value, resamples=0, note=note)
    # An equal-tailed p is twice a share of the replicates.
    p_error = 0.0 if isnan(p_value) else 2 * sqrt(p_value / 2 * (1 - p_value / 2) / count)
    mcse = max(limits.std_error(1 - level), p_error)
    return Interval(low=low, high=high, p_value=p_value, mcse=mcse, resamples=count, note=note)


def _sorted(samples: Sequence[FloatArray], *, paired: bool) -> list[FloatArray]:
    if not paired:
        return [np.sort(sample) for sample in samples]
    order = np.lexsort(tuple(reversed(samples)))
    return [sample[order] for sample in samples]
