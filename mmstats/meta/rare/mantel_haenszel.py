"""Common effects by Mantel and Haenszel: ratios and differences of sums, so that zeros need no correction."""

from math import log, sqrt
from typing import Literal

import numpy as np

from mmstats.errors import NotEstimableError
from mmstats.meta.rare.common import ChiSquared, Common
from mmstats.meta.rare.tables import Rates, Tables

DifferenceVariance = Literal["sato", "greenland-robins"]


def odds_ratio(tables: Tables) -> Common:
    """Return the common log odds ratio, with Robins, Breslow and Greenland's variance.

    References: mantel1959, robins1986.

    Examples
    --------
    >>> from mmstats.meta.rare.tables import tables
    >>> found = odds_ratio(tables([4, 6], [123, 306], [11, 29], [139, 303]))
    >>> round(found.estimate, 4), round(found.std_error, 4)
    (-1.4215, 0.3595)
    """
    t = tables
    r, s = t.a * t.d / t.n, t.b * t.c / t.n
    p, q = (t.a + t.d) / t.n, (t.b + t.c) / t.n
    _check_sums(r.sum(), s.sum(), "odds ratio", "one group has all or none of the events")
    parts = [
        (p * r).sum() / (2 * r.sum() ** 2),
        (p * s + q * r).sum() / (2 * r.sum() * s.sum()),
        (q * s).sum() / (2 * s.sum() ** 2),
    ]
    return Common(log(r.sum() / s.sum()), sqrt(sum(parts)), int(t.informative.sum()))


def risk_ratio(tables: Tables) -> Common:
    """Return the common log risk ratio, with Greenland and Robins' variance.

    References: greenland1985.
    """
    t = tables
    r, s = float((t.a * t.n2 / t.n).sum()), float((t.c * t.n1 / t.n).sum())
    _check_sums(r, s, "risk ratio", "one group has no events")
    spread = (t.n1 * t.n2 * (t.a + t.c) - t.a * t.c * t.n) / t.n**2
    if spread.sum() <= 0:
        raise NotEstimableError("Everybody has the event: the risk ratio is 1 and has no standard error.")
    return Common(log(r / s), sqrt(float(spread.sum()) / (r * s)), int(((t.a + t.c) > 0).sum()))


def risk_difference(tables: Tables, variance: DifferenceVariance = "sato") -> Common:
    """Return the common risk difference.

    Sato's variance holds for a few large studies and for many small ones; Greenland and Robins' for the
    former.

    References: greenland1985, sato1989.
    """
    t = tables
    weight = float((t.n1 * t.n2 / t.n).sum())
    found = float(((t.a * t.n2 - t.c * t.n1) / t.n).sum()) / weight
    if variance == "sato":
        tilt = (t.n1**2 * t.c - t.n2**2 * t.a + t.n1 * t.n2 * (t.n2 - t.n1) / 2) / t.n**2
        spread = found * tilt.sum() + ((t.a * t.d + t.c * t.b) / (2 * t.n)).sum()
    else:
        spread = ((t.a * t.b * t.n2**3 + t.c * t.d * t.n1**3) / (t.n1 * t.n2 * t.n**2)).sum()
    if spread <= 0:
        raise NotEstimableError("No study has both people with and without the event: nothing varies.")
    return Common(found, sqrt(float(spread)) / weight, len(t.a))


def rate_ratio(rates: Rates) -> Common:
    """Return the common log ratio of rates.

    References: rothman2008.
    """
    r = float((rates.x1 * rates.t2 / rates.t).sum())
    s = float((rates.x2 * rates.t1 / rates.t).sum())
    _check_sums(r, s, "rate ratio", "one group has no events")
    events = rates.x1 + rates.x2
    spread = float((events * rates.t1 * rates.t2 / rates.t**2).sum())
    return Common(log(r / s), sqrt(spread / (r * s)), int((events > 0).sum()))


def rate_difference(rates: Rates) -> Common:
    """Return the common difference of rates.

    References: rothman2008.
    """
    weight = rates.t1 * rates.t2 / rates.t
    if not (rates.x1 + rates.x2).any():
        raise NotEstimableError("No study has an event: nothing varies.")
    found = float(((rates.x1 * rates.t2 - rates.x2 * rates.t1) / rates.t).sum() / weight.sum())
    spread = float((weight**2 * (rates.x1 / rates.t1**2 + rates.x2 / rates.t2**2)).sum())
    return Common(found, sqrt(spread) / float(weight.sum()), len(weight))


def cochran_mantel_haenszel(tables: Tables, *, corrected: bool = True) -> ChiSquared:
    """Return the test that events and groups are independent in every study.

    With a continuity correction of 1/2, unless the sums differ from what is expected by less.

    References: cochran1954, mantel1959.
    """
    events = tables.a + tables.c
    expected = tables.n1 * events / tables.n
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = tables.n1 * tables.n2 * events * (tables.n - events) / (tables.n**2 * (tables.n - 1))
    return _score_test(float((tables.a - expected).sum()), float(spread.sum()), corrected)


def rates_test(rates: Rates, *, corrected: bool = True) -> ChiSquared:
    """Return the test that rates of both groups are equal in every study.

    References: rothman2008.
    """
    events = rates.x1 + rates.x2
    expected = events * rates.t1 / rates.t
    spread = float((events * rates.t1 * rates.t2 / rates.t**2).sum())
    return _score_test(float((rates.x1 - expected).sum()), spread, corrected)


def _score_test(excess: float, spread: float, corrected: bool) -> ChiSquared:
    if spread <= 0:
        raise NotEstimableError("No study has both people with and without the event: nothing can be tested.")
    less = 0.5 if corrected and abs(excess) >= 0.5 else 0.0
    return ChiSquared((abs(excess) - less) ** 2 / spread, 1)


def _check_sums(above: float, below: float, what: str, reason: str) -> None:
    if above <= 0 or below <= 0:
        raise NotEstimableError(f"The common {what} has no finite value: over all studies, {reason}.")
