"""Confidence limits from bootstrap replicates.

A replicate that is undefined (NaN) counts as the worst case at either end: below all others when the lower
limit is read off, above all others for the upper. Where that, or too few resamples, leaves a limit without
a finite replicate, the limit is infinite, which callers report as not estimable.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from mmstats.resampling.draws import FloatArray

TIE = 1e-12  # relative distance within which a replicate equals the estimate: rounding of a sum


def quantile(ordered: FloatArray, probability: float) -> float:
    """Return the value at rank ``(B + 1) * probability``, interpolated on the normal scale.

    Davison and Hinkley's equation 5.8, as R's `boot` has it; beyond the first or last replicate it is
    infinite. With B = 9,999 the 2.5 % point is the 250th value, without interpolation.

    References: davison1997.

    Examples
    --------
    >>> ordered = np.arange(1.0, 40.0)
    >>> quantile(ordered, 0.025), round(quantile(ordered, 0.03), 3), quantile(ordered, 0.02)
    (1.0, 1.251, -inf)
    """
    count = len(ordered)
    rank = (count + 1) * probability
    if abs(rank - round(rank)) < 1e-9:  # 0.025 * 40 may come out a rounding error beside 1
        rank = float(round(rank))
    if rank < 1:
        return -np.inf
    if rank > count:
        return np.inf
    below = int(rank)
    at = float(ordered[below - 1])
    if rank == below or at == ordered[below]:
        return at
    z_low, z, z_high = ndtri(np.array([below, rank, below + 1]) / (count + 1))
    return at + float((z - z_low) / (z_high - z_low) * (ordered[below] - at))


@dataclass(frozen=True)
class Limits:
    """The limits that one set of replicates gives at any level.

    Percentile limits need nothing else. BCa limits read the replicates at shifted probabilities.

    Parameters
    ----------
    values : float array, shape (B,)
        Replicates, which may be infinite or NaN.
    share : float
        For BCa: the share of replicates below the estimate (see `share_below`), strictly between 0 and 1.
        At one half, and without acceleration, BCa is the percentile interval.
    acceleration : float
        For BCa: a sixth of the skewness of the observations' influence.
    corrected : bool
        Whether these are BCa limits, whose `share` then adds to their Monte-Carlo error.

    References: efron1987, davison1997.
    """

    values: FloatArray
    share: float = 0.5
    acceleration: float = 0.0
    corrected: bool = False

    @cached_property
    def _low(self) -> FloatArray:
        return np.sort(np.where(np.isnan(self.values), -np.inf, self.values))

    @cached_property
    def _high(self) -> FloatArray:
        return np.sort(np.where(np.isnan(self.values), np.inf, self.values))

    def at(self, alpha: float) -> tuple[float, float]:
        """Return the lower and upper limit at level 1 - `alpha`."""
        return (
            quantile(self._low, self.place(alpha / 2)),
            quantile(self._high, self.place(1 - alpha / 2)),
        )

    def place(self, probability: float) -> float:
        """Return the probability at which the replicates are read in place of `probability`."""
        bias = float(ndtri(self.share))
        reach = bias + float(ndtri(probability))
        if 1 - self.acceleration * reach <= 0:  # past the pole of the transformation: the far end
            return float(reach > 0)
        return float(ndtr(bias + reach / (1 - self.acceleration * reach)))

    def p_value(self, null: float) -> float:
        """Return the alpha at which the interval begins to leave out `null`.

        So the interval at any level excludes `null` exactly when p is below 1 - level. Beyond all
        replicates it is 2 / (B + 1) for a percentile interval, the least that B resamples can show.
        """
        inside, outside = 0.0, 1.0
        for _ in range(60):
            alpha = (inside + outside) / 2
            low, high = self.at(alpha)
            inside, outside = (alpha, outside) if low <= null <= high else (inside, alpha)
        return outside

    def std_error(self, alpha: float) -> float:
        """Return the larger Monte-Carlo standard error of the two limits."""
        return max(
            quantile_std_error(self._low, self.place(alpha / 2), self._spread(alpha / 2)),
            quantile_std_error(self._high, self.place(1 - alpha / 2), self._spread(1 - alpha / 2)),
        )

    def _spread(self, probability: float) -> float:
        """Return the standard deviation, times the root of B, with which a limit's rank is off.

        Delta method: for BCa the place depends on `share`, which comes from the same replicates.
        """
        place = self.place(probability)
        variance = place * (1 - place)
        if self.corrected and 0 < place < 1:
            bias = float(ndtri(self.share))
            reach = bias + float(ndtri(probability))
            slope = 1 + 1 / (1 - self.acceleration * reach) ** 2
            slope *= float(np.exp((bias**2 - ndtri(place) ** 2) / 2))
            shared = min(place, self.share) - place * self.share
            variance += slope**2 * self.share * (1 - self.share) - 2 * slope * shared
        return float(np.sqrt(max(variance, 0.0)))


def share_below(values: FloatArray, estimate: float) -> float:
    """Return the share of replicates below the estimate; equal and undefined ones count half.

    Counting ties half keeps the interval mirrored when the sign of the statistic is, which a strict
    comparison does not.

    Examples
    --------
    >>> share_below(np.array([1.0, 2.0, 2.0, 3.0, np.nan]), 2.0)
    0.5
    """
    gaps = values - estimate
    scale = np.max(np.abs(gaps), where=np.isfinite(gaps), initial=0.0)
    tied = np.isnan(gaps) | (np.abs(gaps) <= TIE * scale)
    return float(np.mean(np.where(tied, 0.5, gaps < 0)))


def quantile_std_error(ordered: FloatArray, probability: float, spread: float) -> float:
    """Return the Monte-Carlo standard error of a quantile: half the distance across its rank's own error.

    Parameters
    ----------
    ordered : float array, shape (B,)
    probability : float
    spread : float
        The standard deviation of the error in probability, times the root of B; for a plain quantile
        the root of ``probability * (1 - probability)``.
    """
    count = len(ordered)
    error = spread / np.sqrt(count)
    ends = np.clip([probability - error, probability + error], 1 / (count + 1), count / (count + 1))
    low, high = (quantile(ordered, float(end)) for end in ends)
    return (high - low) / 2 if low < high else 0.0
