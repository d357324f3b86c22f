"""Score and exact unconditional tests of two binomial proportions, and the intervals they invert to.

One file per effect (`risk_difference`, `risk_ratio`, `odds_ratio`) says what a value of that effect means
for the two proportions; everything here is the same for the three, and so is the test of no effect.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]
# (effect, events and size of comparison, of reference) -> proportions most likely under that effect
Fit = Callable[[float, FloatArray, int, FloatArray, int], tuple[FloatArray, FloatArray]]
# (effect, positions from 0 to 1) -> every pair of proportions with that effect
Path = Callable[[float, FloatArray], tuple[FloatArray, FloatArray]]

MOST_TABLES = 40_000
_FARTHEST = 18.0  # |log| of a ratio beyond which it counts as infinite
_GRID = np.linspace(0, 1, 401)
_TIE = 1e-8


class Table(NamedTuple):
    """Events and sizes of the comparison and of the reference group."""

    events_comparison: int
    n_comparison: int
    events_reference: int
    n_reference: int

    @property
    def n(self) -> int:
        """Everybody."""
        return self.n_comparison + self.n_reference

    @property
    def informative(self) -> bool:
        """Whether there is an event and a non-event anywhere."""
        return 0 < self.events_comparison + self.events_reference < self.n


@dataclass(frozen=True)
class Contrast:
    """What an effect size of two proportions is: its value, its null, and the proportions it stands for."""

    quantity: Quantity
    value: Callable[[float, float], float]
    fit: Fit
    path: Path

    def estimate(self, table: Table) -> float:
        """Return the sample value: NaN for 0/0, infinite for a zero denominator."""
        x1, n1, x0, n0 = table
        return self.value(x1 / n1, x0 / n0)


class Bounds(NamedTuple):
    """The two ends of an interval."""

    low: float
    high: float


def ratio(numerator: float, denominator: float) -> float:
    """Return numerator / denominator with 0/0 = NaN and x/0 infinite."""
    if denominator == 0:
        return inf if numerator > 0 else float("nan")
    return numerator / denominator


def score(contrast: Contrast, effect: float, table: Table) -> float:
    """Return the signed score statistic of one table; its square is Pearson's chi-squared times (N - 1)/N."""
    x1, n1, x0, n0 = table
    return float(_scores(contrast, effect, np.array([float(x1)]), n1, np.array([float(x0)]), n0)[0])


def score_p_value(contrast: Contrast, table: Table) -> float:
    """Return the two-sided p value of no effect: the N - 1 chi-squared test."""
    return float(2 * stats.norm.sf(abs(score(contrast, contrast.quantity.null, table))))


def score_interval(contrast: Contrast, table: Table, *, level: float) -> Bounds:
    """Return the effects the score test does not reject at 1 - level (Miettinen and Nurminen 1985)."""
    critical = float(stats.norm.isf((1 - level) / 2))
    return inverted(
        contrast,
        table,
        lambda effect: score(contrast, effect, table) <= critical,
        lambda effect: score(contrast, effect, table) >= -critical,
    )


def unconditional_p_value(contrast: Contrast, table: Table) -> float:
    """Return twice the smaller one-sided exact p value, greatest over the nuisance proportion."""
    null = contrast.quantity.null
    return min(
        1.0, 2 * min(_tail(contrast, null, table, upper=True), _tail(contrast, null, table, upper=False))
    )


def unconditional_interval(contrast: Contrast, table: Table, *, level: float) -> Bounds:
    """Return the effects that neither one-sided exact test rejects at (1 - level)/2 (Chan and Zhang 1999)."""
    alpha = (1 - level) / 2
    return inverted(
        contrast,
        table,
        lambda effect: _tail(contrast, effect, table, upper=True) > alpha,
        lambda effect: _tail(contrast, effect, table, upper=False) > alpha,
    )


def _scores(
    contrast: Contrast, effect: float, x1: FloatArray, n1: int, x0: FloatArray, n0: int
) -> FloatArray:
    p1, p0 = contrast.fit(effect, x1, n1, x0, n0)
    off1, off0 = x1 / n1 - p1, x0 / n0 - p0
    off1, off0 = np.where(np.abs(off1) < 1e-15, 0, off1), np.where(np.abs(off0) < 1e-15, 0, off0)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [
            np.where(off == 0, 0, n * off**2 / np.maximum(p * (1 - p), 0))
            for off, n, p in ((off1, n1, p1), (off0, n0, p0))
        ]
    size = np.sqrt((parts[0] + parts[1]) * (n1 + n0 - 1) / (n1 + n0))
    # Comparison above, or reference below, what the effect allows: the effect is too small.
    return np.asarray(np.where(off1 - off0 >= 0, size, -size))


def inverted(
    contrast: Contrast, table: Table, keeps_low: Callable[[float], bool], keeps_high: Callable[[float], bool]
) -> Bounds:
    """Return the ends of the effects kept, each found by halving between the estimate and the limit.

    An exact p value jumps where tables tie, and by symmetry many tie at the null itself: if the null is kept
    while its neighbours are not, the interval is drawn out to it, so that it agrees with the p value.
    """
    null, at = contrast.quantity.null, contrast.estimate(table)
    if contrast.quantity.ratio:
        if not table.informative:
            return Bounds(0, inf)
        inside = log(at) if 0 < at < inf else 0.0
        start_low, start_high = (_FARTHEST if at == inf else inside), (-_FARTHEST if at == 0 else inside)
        low = 0.0 if at == 0 else exp(edge(lambda u: keeps_low(exp(u)), -_FARTHEST, start_low))
        high = inf if at == inf else exp(edge(lambda u: keeps_high(exp(u)), _FARTHEST, start_high))
    else:
        low, high = edge(keeps_low, -1.0, at), edge(keeps_high, 1.0, at)
    kept = keeps_low(null) and keeps_high(null)
    return Bounds(min(low, null), max(high, null)) if kept else Bounds(low, high)


def edge(keeps: Callable[[float], bool], outside: float, inside: float) -> float:
    """Return the point between, where `keeps` becomes true; `outside` if it is true already there."""
    if keeps(outside):
        return outside
    for _ in range(200):
        middle = (outside + inside) / 2
        if middle in (outside, inside) or abs(inside - outside) < 1e-15:
            break
        if keeps(middle):
            inside = middle
        else:
            outside = middle
    return inside


def _tail(contrast: Contrast, effect: float, table: Table, *, upper: bool) -> float:
    """Return the greatest probability, over proportions with this effect, of a score as extreme as seen."""
    _, n1, _, n0 = table
    x1, x0 = np.meshgrid(np.arange(n1 + 1.0), np.arange(n0 + 1.0), indexing="ij")
    scores = _scores(contrast, effect, x1.ravel(), n1, x0.ravel(), n0).reshape(x1.shape)
    seen = scores[table.events_comparison, table.events_reference]
    slack = _TIE * max(1.0, abs(seen)) if np.isfinite(seen) else 0.0
    extreme = (scores >= seen - slack if upper else scores <= seen + slack).astype(np.float64)

    return greatest_probability(contrast, effect, extreme)


def greatest_probability(contrast: Contrast, effect: float, extreme: FloatArray) -> float:
    """Return the greatest probability of a set of tables, over all proportions with this effect.

    Parameters
    ----------
    contrast : Contrast
    effect : float
    extreme : float array, shape (n_comparison + 1, n_reference + 1)
        1 for each table in the set, 0 for the others.
    """
    n1, n0 = extreme.shape[0] - 1, extreme.shape[1] - 1

    def probability(positions: FloatArray) -> FloatArray:
        p1, p0 = contrast.path(effect, positions)
        return np.asarray((_binomial(n1, p1) * (extreme @ _binomial(n0, p0))).sum(axis=0))

    positions, best = _GRID, 0.0
    for _ in range(4):
        values = probability(positions)
        top = int(values.argmax())
        best = max(best, float(values[top]))
        positions = np.linspace(positions[max(top - 1, 0)], positions[min(top + 1, len(positions) - 1)], 41)
    return min(best, 1.0)


def _binomial(n: int, p: FloatArray) -> FloatArray:
    """Return the binomial probabilities of 0..n events, shape (n + 1, len(p))."""
    x, ways = _log_ways(n)
    return np.asarray(np.exp(ways + special.xlogy(x, p) + special.xlog1py(n - x, -p)))


@lru_cache(maxsize=8)
def _log_ways(n: int) -> tuple[FloatArray, FloatArray]:
    """Return 0..n events, and the logarithm of the number of ways to have each, both of shape (n + 1, 1)."""
    x = np.arange(n + 1.0)[:, None]
    return x, np.asarray(special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1))


def quadratic_root(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """Return 2c / (-b + sqrt(b^2 - 4ac)), the root that stays finite when `a` vanishes; 0 for 0/0."""
    below = -b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0))
    return np.divide(2 * c, below, out=np.zeros_like(below), where=below > 0)
