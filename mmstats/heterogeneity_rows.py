"""How much true effects differ between studies, as rows of results."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf, isfinite, isinf, nan, sqrt
from typing import Literal

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.meta.generalised_q import generalised_q
from mmstats.meta.heterogeneity_interval import Tau2Interval, profile, q_profile
from mmstats.meta.pooling import Pooled
from mmstats.meta.quantities import COCHRAN_Q, H2, I2, TAU, TAU2

IntervalOfTau2 = Literal["q-profile", "profile", "generalised-q"]
OUTSIDE = (
    "The interval holds what Q does not reject, and Q rejects this estimate: another estimator than this one "
    'goes with it (tau2 = "pm").'
)


def cochran(pooled: Pooled, term: str = "") -> Estimate:
    """Return Cochran's Q with its test: that all true effects are what the columns predict."""
    return Estimate(
        quantity=COCHRAN_Q,
        term=term,
        estimate=pooled.q,
        statistic=pooled.q,
        df=pooled.residual_df,
        p_value=pooled.q_p_value,
        n=pooled.count,
    )


def heterogeneity_rows(
    pooled: Pooled, level: float, interval: IntervalOfTau2 = "q-profile", term: str = ""
) -> Iterator[Estimate]:
    """Yield Q, then tau squared, tau, I squared and H squared with intervals; nothing of too few studies.

    A common effect has no tau squared.
    """
    if not pooled.residual_df:
        return
    yield cochran(pooled, term)
    n = pooled.count
    if pooled.tau2_method == "common":
        yield Estimate(quantity=I2, term=term, estimate=pooled.i2(), n=n)
        yield Estimate(quantity=H2, term=term, estimate=pooled.h2(), n=n)
        return
    limits = limits_of_tau2(pooled, level, interval)
    shown: tuple[tuple[Quantity, Callable[[float], float]], ...] = (
        (TAU2, float),
        (TAU, sqrt),
        (I2, pooled.i2),
        (H2, pooled.h2),
    )
    for quantity, of in shown:
        base = Estimate(quantity=quantity, term=term, estimate=of(pooled.tau2) + 0.0, n=n)
        error = float(pooled.between.std_error[0])
        if quantity is TAU2 and isfinite(error):
            base = replace(base, std_error=error)
        yield with_limits(base, limits, of, level, interval)


def with_limits(
    base: Estimate,
    limits: Tau2Interval | str,
    of: Callable[[float], float],
    level: float,
    interval: IntervalOfTau2,
) -> Estimate:
    """Return a row with the limits of tau squared, on its own scale, or with why there are none."""
    if isinstance(limits, str):
        return replace(base, conf_level=level, interval=interval, note=limits)
    low = of(limits.low)
    high = (100.0 if base.quantity is I2 else inf) if isinf(limits.high) else of(limits.high)
    note = " ".join(filter(None, (base.note, limits.note)))
    return replace(
        base,
        conf_low=low,
        conf_high=max(low, high),  # near 100 %, the last digits of I squared need not rise
        conf_level=level,
        interval=interval,
        note=note,
    )


def limits_of_tau2(pooled: Pooled, level: float, interval: IntervalOfTau2) -> Tau2Interval | str:
    """Return the interval of tau squared with what is to be said of it, or why there is none."""
    try:
        if interval == "profile":
            return profile(pooled, level)
        found = (q_profile if interval == "q-profile" else generalised_q)(pooled, level=level)
    except NotEstimableError as problem:
        return problem.message
    outside = not found.low <= pooled.tau2 <= found.high
    note = " ".join(filter(None, (found.note, OUTSIDE if outside else "")))
    return replace(found, note=note)


def no_tau2(term: str, n: int, note: str) -> Estimate:
    """Return a tau squared that cannot be estimated, and why."""
    return Estimate(quantity=TAU2, term=term, estimate=nan, n=n, note=note)
