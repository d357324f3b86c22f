"""Two proportions of the same people: what changed, and in which direction.

Given how many changed, the number that gained is binomial: so the conditional odds ratio has the tests and
intervals of one proportion. The difference has Tango's score interval. All of them test the same null.
"""

from math import inf, nan, sqrt
from typing import NamedTuple

from scipy import stats
from scipy.optimize import brentq

from mmstats.effects.two_proportions import Bounds, edge
from mmstats.effects.wilson import wilson_interval
from mmstats.estimate import Quantity

PAIRED_DIFFERENCE = Quantity("paired_risk_difference", "Difference of paired proportions", null=0)
CONDITIONAL_ODDS_RATIO = Quantity("conditional_odds_ratio", "Conditional odds ratio", null=1, ratio=True)


class Changes(NamedTuple):
    """Pairs with the event in the comparison only, in the reference only, and in all."""

    gained: int
    lost: int
    n: int

    @property
    def changed(self) -> int:
        """Pairs that differ."""
        return self.gained + self.lost

    @property
    def odds_ratio(self) -> float:
        """Gained per lost; NaN where nothing changed."""
        if self.lost == 0:
            return inf if self.gained else nan
        return self.gained / self.lost


def tango_statistic(changes: Changes, difference: float) -> float:
    """Return the score statistic of a difference of paired proportions; at 0, McNemar's z.

    References: tango1998.

    Examples
    --------
    >>> round(tango_statistic(Changes(gained=8, lost=2, n=40), 0.0), 4)
    1.8974
    """
    gained, lost, n = changes
    distance = gained - lost - n * difference
    b = (2 * n - gained + lost) * difference - gained - lost
    c = -lost * difference * (1 - difference)
    root = sqrt(max(b**2 - 8 * n * c, 0.0))
    lost_share = (root - b) / (4 * n) if b <= 0 else -2 * c / (root + b)  # most likely, given the difference
    variance = n * (2 * lost_share + difference * (1 - difference))
    if variance <= 0:
        return inf * distance if distance else 0.0
    return distance / sqrt(variance)


def mcnemar_p_value(changes: Changes) -> float:
    """Return the p value of McNemar's test, without a continuity correction; 1 if nothing changed."""
    return float(2 * stats.norm.sf(abs(tango_statistic(changes, 0.0))))


def tango_interval(changes: Changes, *, level: float) -> Bounds:
    """Return the differences that the score test does not reject.

    References: tango1998.

    Examples
    --------
    >>> low, high = tango_interval(Changes(gained=0, lost=0, n=30), level=0.95)
    >>> round(low, 4), round(high, 4)
    (-0.1135, 0.1135)
    """
    critical = float(stats.norm.isf((1 - level) / 2))
    at = (changes.gained - changes.lost) / changes.n
    return Bounds(
        edge(lambda value: tango_statistic(changes, value) <= critical, -1.0, at),
        edge(lambda value: tango_statistic(changes, value) >= -critical, 1.0, at),
    )


def score_interval(changes: Changes, *, level: float) -> Bounds:
    """Return the odds ratios that McNemar's test, as a score test of one proportion, does not reject.

    References: wilson1927.
    """
    return _as_odds(*wilson_interval(changes.gained, changes.changed, level=level))


def conditional_p_value(changes: Changes, *, mid: bool) -> float:
    """Return twice the smaller binomial tail given how many changed; with half of what was seen if `mid`.

    References: fagerland2013.

    Examples
    --------
    >>> changes = Changes(gained=1, lost=7, n=21)
    >>> round(conditional_p_value(changes, mid=False), 4), round(conditional_p_value(changes, mid=True), 4)
    (0.0703, 0.0391)
    """
    above = _above(changes, 0.5, mid=mid)
    below = _above(Changes(changes.lost, changes.gained, changes.n), 0.5, mid=mid)
    return min(1.0, 2 * min(above, below))


def conditional_interval(changes: Changes, *, mid: bool, level: float) -> Bounds:
    """Return the odds ratios that neither one-sided conditional test rejects at (1 - level) / 2.

    References: fagerland2013.

    Examples
    --------
    >>> low, high = conditional_interval(Changes(gained=1, lost=7, n=21), mid=False, level=0.95)
    >>> round(low, 4), round(high, 4)
    (0.0032, 1.112)
    """
    alpha = (1 - level) / 2
    mirrored = Changes(changes.lost, changes.gained, changes.n)
    return _as_odds(_lower(changes, alpha, mid=mid), 1 - _lower(mirrored, alpha, mid=mid))


def _above(changes: Changes, share: float, *, mid: bool) -> float:
    """Return the probability of as many or more gains, when `share` of the changes are gains."""
    seen, more = changes.gained, stats.binom.sf(changes.gained, changes.changed, share)
    return float(more + stats.binom.pmf(seen, changes.changed, share) * (0.5 if mid else 1))


def _lower(changes: Changes, alpha: float, *, mid: bool) -> float:
    if changes.gained == 0:
        return 0.0
    return float(brentq(lambda share: _above(changes, share, mid=mid) - alpha, 0, 1, xtol=1e-15, rtol=1e-14))


def _as_odds(low: float, high: float) -> Bounds:
    return Bounds(low / (1 - low) if low < 1 else inf, high / (1 - high) if high < 1 else inf)
