"""A permutation test of a shift: its p value at any shift, and the shifts that it does not reject."""

from dataclasses import dataclass, field
from math import inf, sqrt

import numpy as np

from mmstats.resampling.arrays import FloatArray

TIE = 1e-12  # relative distance within which two statistics are equal but for rounding
NOISE = 1e-13  # of the largest number that entered a difference: what rounding may leave of it


@dataclass(frozen=True)
class Gaps:
    """Differences of many splits for any shift: ``at - shift * slope``.

    Parameters
    ----------
    at, slope : float arrays, shape (B,)
    spread : float array, shape (3, B), optional
        Their variances: ``spread[0] - 2 * shift * spread[1] + shift**2 * spread[2]``.
    """

    at: FloatArray
    slope: FloatArray
    spread: FloatArray | None = None

    def differences(self, shift: float) -> FloatArray:
        """Return the absolute differences."""
        found: FloatArray = np.abs(self.at - shift * self.slope)
        return found

    def variances(self, shift: float, least: float) -> FloatArray:
        """Return the variances; 0 for those up to `least`, which are rounding."""
        assert self.spread is not None
        found: FloatArray = self.spread[2] * shift
        found -= 2 * self.spread[1]
        found *= shift
        found += self.spread[0]
        found[found <= least] = 0.0
        return found


@dataclass(frozen=True, kw_only=True)
class Permutations:
    """What a test of a shift needs of every permutation, for any shift.

    Parameters
    ----------
    observed, permuted : Gaps
        Of the data and of every permutation, as functions of the shift beyond `offset`.
    exact : bool
        Whether these are all permutations, the observed one among them.
    shares : float array, shape (B,), optional
        How probable each is, where not all alike.
    offset : float
        The shift that was taken out beforehand.
    estimate : float
        The shift at which the observed difference is 0.
    reach : float
        A distance on the scale of the shift to step by.
    largest : float
        The largest size of a value.
    whole : float array, shape (3,)
        A bound of all variances, like `Gaps.spread`.
    """

    observed: Gaps
    permuted: Gaps
    exact: bool
    estimate: float
    reach: float
    largest: float
    offset: float = 0.0
    shares: FloatArray | None = None
    whole: FloatArray = field(default_factory=lambda: np.zeros(3))

    @property
    def count(self) -> int:
        """How many permutations there are, those that were counted together being one."""
        return len(self.permuted.at)

    def p_value(self, shift: float) -> float:
        """Return the share of permutations whose statistic is at least as far from 0 as the observed one.

        For drawn permutations the observed one counts as one more: (b + 1) / (B + 1).
        """
        beyond = shift - self.offset
        own = float(self.observed.differences(beyond)[0])
        noise = NOISE * (self.largest + abs(beyond))
        if own <= noise:
            return 1.0
        gaps = self.permuted.differences(beyond)
        gaps += noise
        if self.permuted.spread is None:
            far = gaps >= own
        else:  # t values, compared without a division, so that a variance of 0 makes an infinite one
            least = NOISE * float(self.whole @ (1.0, -2 * beyond, beyond**2))
            variance = float(self.observed.variances(beyond, least)[0])
            gaps /= own  # keeps squares of huge and tiny values within what a double can hold
            gaps *= gaps
            gaps *= variance
            far = gaps >= self.permuted.variances(beyond, least) * (1 - 2 * TIE)
        if self.shares is not None:
            return min(float(self.shares[far].sum()), 1.0)
        number = int(np.count_nonzero(far))
        return number / self.count if self.exact else (number + 1) / (self.count + 1)

    def limits(self, alpha: float, null: float = 0.0) -> tuple[float, float]:
        """Return the least and the largest shift that the test does not reject at `alpha`.

        The interval holds `null` exactly when its p value is at least `alpha`. A limit is infinite where no
        shift is rejected.
        """
        alpha *= 1 - TIE  # a p value that equals alpha but for rounding does not reject
        inside = self.p_value(null) >= alpha
        return self._limit(-1.0, alpha, null, inside), self._limit(1.0, alpha, null, inside)

    def mcse(self, alpha: float, null: float = 0.0) -> float:
        """Return the largest Monte-Carlo standard error among the p value of `null` and the finite limits."""
        p_value = self.p_value(null)
        error = sqrt(alpha * (1 - alpha) / self.count)
        pairs = zip(self.limits(alpha, null), self.limits(alpha + error, null), strict=True)
        moved = [abs(a - b) for a, b in pairs if abs(a) < inf]
        return max(sqrt(p_value * (1 - p_value) / self.count), *moved, 0.0)

    def _limit(self, side: float, alpha: float, null: float, inside: bool) -> float:
        kept, rejected = self.estimate, inf
        if side * (null - self.estimate) > 0:
            kept, rejected = (null, inf) if inside else (self.estimate, null)
        step = self.reach
        while rejected == inf:
            if step > 1e9 * self.reach:
                return side * inf
            if self.p_value(kept + side * step) >= alpha:
                kept, step = kept + side * step, 2 * step
            else:
                rejected = kept + side * step
        for _ in range(60):
            middle = (kept + rejected) / 2
            if middle in (kept, rejected) or abs(rejected - kept) <= 1e-12 * self.reach:
                break
            kept, rejected = (middle, rejected) if self.p_value(middle) >= alpha else (kept, middle)
        return null if inside and abs(kept - null) <= 1e-9 * self.reach else kept  # not 0 but for rounding
