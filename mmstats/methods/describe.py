"""Description of a variable, overall and by group."""

from collections.abc import Iterator
from math import nan, sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from mmstats.effects.wilson import PROPORTION, wilson_interval
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import AnyKind, Categorical
from mmstats.registry import Level, method
from mmstats.samples import measured

N = Quantity("n", "n")
MISSING = Quantity("missing", "Missing")
MEAN = Quantity("mean", "Mean")
STANDARD_DEVIATION = Quantity("standard_deviation", "Standard deviation")
COUNT = Quantity("count", "Count")
QUANTILES = {
    Quantity("median", "Median"): 0.5,
    Quantity("first_quartile", "First quartile"): 0.25,
    Quantity("third_quartile", "Third quartile"): 0.75,
    Quantity("minimum", "Minimum"): 0.0,
    Quantity("maximum", "Maximum"): 1.0,
}
NOBODY = "There are no values."


@method(title="Description", references=("hyndman1996", "wilson1927"))
def describe(
    outcome: AnyKind, group: Categorical | None = None, *, level: Level = 0.95
) -> Iterator[Estimate]:
    """Describe a variable overall and at each level of a group; nothing is tested.

    Of numbers: ``n``, ``missing``, ``mean`` with its t interval, ``standard_deviation``, ``median``,
    ``first_quartile``, ``third_quartile`` (linear interpolation, type 7 of Hyndman and Fan), ``minimum`` and
    ``maximum``. The term is empty overall, and the level in a group. Of categories: ``n`` and ``missing`` as
    above, and for each category ``count`` and ``proportion`` of those not missing, with Wilson's
    interval; the term is ``category`` overall and ``category | level`` in a group.

    Parameters
    ----------
    outcome : Series of float or category, shape (n,)
        It may have missing values, which are counted.
    group : Series of category, shape (n,), optional
        Rows without a group count overall only.
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If values are infinite.

    Notes
    -----
    References: hyndman1996, wilson1927.

    Examples
    --------
    >>> for e in describe(pd.Series([2.0, 4, 9, float("nan")])):
    ...     print(e.quantity.name, round(e.estimate, 2))
    n 3.0
    missing 1.0
    mean 5.0
    standard_deviation 3.61
    median 4.0
    first_quartile 3.0
    third_quartile 6.5
    minimum 2.0
    maximum 9.0
    """
    parts = {"": outcome}
    if group is not None:
        parts |= {str(name): outcome[(group == name).to_numpy()] for name in group.cat.categories}
    for name, part in parts.items():
        if isinstance(outcome.dtype, pd.CategoricalDtype):
            yield from _categories(part, name, level=level)
        else:
            measured(part.dropna(), "the outcome")
            yield from _numbers(part, name, level=level)


def _counts(part: pd.Series, term: str) -> Iterator[Estimate]:
    present = int(part.notna().sum())
    yield Estimate(quantity=N, term=term, estimate=float(present), n=len(part))
    yield Estimate(quantity=MISSING, term=term, estimate=float(len(part) - present), n=len(part))


def _numbers(part: pd.Series, term: str, *, level: float) -> Iterator[Estimate]:
    yield from _counts(part, term)
    values = np.sort(part.dropna().to_numpy(dtype=np.float64)) + 0.0  # no negative zeros
    yield from _moments(values, term, level=level)
    for quantity, share in QUANTILES.items():
        at = float(np.quantile(values, share)) if len(values) else nan
        note = "" if len(values) else NOBODY
        yield Estimate(quantity=quantity, term=term, estimate=at, n=len(values), note=note)


def _moments(values: npt.NDArray[np.float64], term: str, *, level: float) -> Iterator[Estimate]:
    n = len(values)
    if n == 0:
        for quantity in (MEAN, STANDARD_DEVIATION):
            yield Estimate(quantity=quantity, term=term, estimate=nan, n=0, note=NOBODY)
        return
    shift = values[n // 2]  # a common offset would cost digits
    mean = float(shift + (values - shift).mean())
    if n == 1:
        note = "One value has no standard deviation."
        yield Estimate(
            quantity=MEAN, term=term, estimate=mean, n=1, conf_level=level, interval="t", note=note
        )
        yield Estimate(quantity=STANDARD_DEVIATION, term=term, estimate=nan, n=1, note=note)
        return
    rounding = 10 * np.finfo(np.float64).eps * float(np.abs(values).max())
    sd = float((values - shift).std(ddof=1)) if np.ptp(values) > rounding else 0.0
    std_error = sd / sqrt(n)
    half = std_error * float(stats.t.isf((1 - level) / 2, n - 1))
    yield Estimate(
        quantity=MEAN,
        term=term,
        estimate=mean,
        std_error=std_error,
        conf_low=mean - half,
        conf_high=mean + half,
        conf_level=level,
        interval="t",
        df=n - 1,
        n=n,
        note="" if sd > 0 else "All values are equal, so the interval has no width.",
    )
    yield Estimate(quantity=STANDARD_DEVIATION, term=term, estimate=sd, n=n)


def _categories(part: pd.Series, term: str, *, level: float) -> Iterator[Estimate]:
    yield from _counts(part, term)
    n = int(part.notna().sum())
    for category in part.cat.categories:
        name = f"{category} | {term}" if term else str(category)
        count = int((part == category).sum())
        yield Estimate(quantity=COUNT, term=name, estimate=float(count), n=n)
        if n == 0:
            yield Estimate(quantity=PROPORTION, term=name, estimate=nan, n=0, note=NOBODY)
            continue
        low, high = wilson_interval(count, n, level=level)
        yield Estimate(
            quantity=PROPORTION,
            term=name,
            estimate=count / n,
            conf_low=low,
            conf_high=high,
            conf_level=level,
            interval="wilson",
            n=n,
        )
