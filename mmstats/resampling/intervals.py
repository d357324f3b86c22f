"""Confidence limits from bootstrap replicates.

A replicate that is undefined (NaN) counts as the worst case at either end: below all others when the lower
limit is read off, above all others for the upper. Where that, or too few resamples, leaves a limit without
a finite replicate, the limit is infinite, which callers report as not estimable.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from mmstats.effects.replicate_quantile import quantile, quantile_std_error
from mmstats.resampling.arrays import FloatArray
from mmstats.resampling.places import Percentile, Places

PLAIN = Percentile()
TIE = 1e-12  # relative distance within which a replicate equals the estimate: rounding of a sum


def share_up_to(ordered: FloatArray, value: float) -> float:
    """Return the largest probability whose `quantile` is at most `value`; at least 1 / (B + 1).

    Examples
    --------
    >>> ordered = np.arange(1.0, 40.0)
    >>> share_up_to(ordered, 1.0), share_up_to(ordered, -3.0), share_up_to(ordered, 99.0)
    (0.025, 0.025, 0.975)
    """
    count = len(ordered)
    below = int(np.searchsorted(ordered, value, side="right"))
    if below in (0, count):
        return max(below, 1) / (count + 1)
    low, high = float(ordered[below - 1]), float(ordered[below])
    if low == value or not np.isfinite(low) or not np.isfinite(high):
        return below / (count + 1)
    z_low, z_high = ndtri(np.array([below, below + 1]) / (count + 1))
    return float(ndtr(z_low + (value - low) / (high - low) * (z_high - z_low)))


@dataclass(frozen=True)
class Limits:
    """The limits that one set of replicates gives at any level.

    Parameters
    ----------
    values : float array, shape (B,)
        Replicates, which may be infinite or NaN.
    places : Places
        Where among them the limits are read.

    References: efron1987, davison1997.
    """

    values: FloatArray
    places: Places = PLAIN

    @cached_property
    def _ordered(self) -> FloatArray:
        """Replicates in order, undefined ones first: the least favourable for a lower limit."""
        ordered = np.sort(self.values)  # NaN last
        undefined = int(np.count_nonzero(np.isnan(ordered)))
        if undefined:
            ordered = np.concatenate([np.full(undefined, -np.inf), ordered[:-undefined]])
        return ordered

    @cached_property
    def _mirror(self) -> "Limits":
        """The limits of the statistic with its sign changed, whose lower is our upper."""
        mirror, ordered = Limits(self.values, self.places.mirrored()), -self._ordered[::-1]
        undefined = int(np.count_nonzero(np.isnan(self.values)))
        if undefined:
            ordered = np.concatenate([np.full(undefined, -np.inf), ordered[:-undefined]])
        mirror.__dict__["_ordered"] = ordered
        return mirror

    def at(self, alpha: float) -> tuple[float, float]:
        """Return the lower and upper limit at level 1 - `alpha`."""
        return self._lower(alpha / 2), -self._mirror._lower(alpha / 2)

    def p_value(self, null: float) -> float:
        """Return the alpha at which the interval begins to leave out `null`.

        So the interval at any level excludes `null` exactly when p is below 1 - level. Beyond all
        replicates it is 2 / (B + 1) for a percentile interval, the least that B resamples can show.
        """
        tail = min(self._tail(null), self._mirror._tail(-null))
        return min(1.0, 2 * max(tail, 1 / (len(self.values) + 1)))

    def std_error(self, alpha: float) -> float:
        """Return the larger Monte-Carlo standard error of the two limits."""
        return max(self._std_error(alpha / 2), self._mirror._std_error(alpha / 2))

    def _lower(self, probability: float) -> float:
        return quantile(self._ordered, self.places.at(probability))

    def _tail(self, value: float) -> float:
        return self.places.back(share_up_to(self._ordered, value))

    def _std_error(self, probability: float) -> float:
        error = self.places.error(probability, len(self.values))
        return quantile_std_error(self._ordered, self.places.at(probability), error)


def bias_of(values: FloatArray, estimate: float) -> float:
    """Return the normal quantile of the share of replicates below the estimate, infinite if none or all are.

    Equal and undefined ones count half, which keeps an interval mirrored when the sign of the statistic is;
    a strict comparison does not.

    Examples
    --------
    >>> bias_of(np.array([1.0, 2.0, 2.0, 3.0, np.nan]), 2.0)
    0.0
    """
    gaps = values - estimate
    tolerance = TIE * float(np.max(np.abs(gaps), where=np.isfinite(gaps), initial=0.0))
    below, above = int((gaps < -tolerance).sum()), int((gaps > tolerance).sum())
    rest = len(values) - below - above
    if below <= above:
        return float(ndtri((below + rest / 2) / len(values)))
    return -float(ndtri((above + rest / 2) / len(values)))
