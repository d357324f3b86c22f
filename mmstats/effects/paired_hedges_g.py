"""The mean of paired differences in standard deviations of the measurements, not of the differences."""

from collections.abc import Callable
from dataclasses import replace
from math import nan, sqrt

import numpy as np
from scipy import stats

from mmstats.effects.mean_difference import (
    FloatArray,
    centred,
    mean,
    pair_differences,
    variance,
    without_offset,
)
from mmstats.effects.noncentral_t import noncentrality_limits, small_sample_factor
from mmstats.effects.paired_interval import PairedInterval, spread, with_jackknife
from mmstats.estimate import Estimate, Quantity

HEDGES_G_AV = Quantity("hedges_g_av", "Hedges' g_av", null=0)
HEDGES_G_RM = Quantity("hedges_g_rm", "Hedges' g_rm", null=0)
HEDGES_G_REFERENCE = Quantity("hedges_g_reference", "Hedges' g in reference SD", null=0)


class Pairs:
    """What the standardized differences of pairs are made of.

    Parameters
    ----------
    comparison, reference : float arrays, shape (n,)
    level : float
    interval : {'jackknife', 'normal-theory'}
        Whether limits and standard errors suppose no distribution, or are those of each estimate's authors.
    """

    def __init__(
        self,
        comparison: FloatArray,
        reference: FloatArray,
        *,
        level: float,
        interval: PairedInterval = "jackknife",
    ) -> None:
        self.n, self.level, self.interval = len(comparison), level, interval
        self.rows = without_offset(comparison, reference)
        self.differences = pair_differences(comparison, reference)
        self.mean = float(mean(self.differences))
        self.variance = float(variance(self.differences))
        self.comparison_variance = float(variance(centred(comparison)[0]))
        self.reference_variance = float(variance(centred(reference)[0]))

    @property
    def squared_covariance(self) -> float:
        """The square of the covariance of the two measurements."""
        return ((self.comparison_variance + self.reference_variance - self.variance) / 2) ** 2

    def hedges_g_av(self) -> Estimate:
        """Return the difference in the root of the mean of both variances.

        Bonett's correction for bias and standard error. The interval is that of Algina and Keselman: the
        noncentrality of the paired t, times the standard error of the difference in the same unit. It leaves
        out 0 exactly when the paired t test rejects.

        References: bonett2008, algina2003.
        """
        unit = sqrt((self.comparison_variance + self.reference_variance) / 2)
        if reason := self._reason(unit, "Both measurements are constant"):
            return self._without(HEDGES_G_AV, reason)
        factor, d, df = sqrt((self.n - 2) / (self.n - 1)), self.mean / unit, self.n - 1
        if self.interval == "jackknife":
            return self._by_jackknife(
                HEDGES_G_AV, factor * d, lambda x, y: factor * mean(x - y) / _average(x, y)
            )
        fourth = self.comparison_variance**2 + self.reference_variance**2 + 2 * self.squared_covariance
        error = sqrt((d / unit**2) ** 2 * fourth / (8 * df) + self.variance / (df * unit**2))
        return self._by_noncentrality(
            Estimate(quantity=HEDGES_G_AV, estimate=factor * d, std_error=factor * error, n=self.n),
            sqrt(self.variance) / unit,
            "algina-keselman",
        )

    def hedges_g_rm(self) -> Estimate:
        """Return the difference in the standard deviation of either measurement, if both have the same.

        That standard deviation is worked out from the differences' and the correlation r, which the interval
        takes as known: it is the noncentrality of the paired t times the root of 2 (1 - r) / n.

        References: lakens2013, borenstein2009.
        """
        spreads = sqrt(self.comparison_variance), sqrt(self.reference_variance)
        if reason := self._reason(min(spreads), "A measurement is constant, so there is no correlation"):
            return self._without(HEDGES_G_RM, reason)
        # 2 (1 - r), without the cancellation of working out r
        uncorrelated = (self.variance - (spreads[0] - spreads[1]) ** 2) / (spreads[0] * spreads[1])
        if uncorrelated < 1e-12:
            return self._without(HEDGES_G_RM, "The two measurements are perfectly correlated.")
        scale = sqrt(uncorrelated)
        factor, d = small_sample_factor(self.n - 1), self.mean / sqrt(self.variance) * scale
        if self.interval == "jackknife":
            return self._by_jackknife(HEDGES_G_RM, factor * d, lambda x, y: factor * _by_correlation(x, y))
        error = sqrt((1 / self.n + d**2 / (2 * self.n)) * uncorrelated)
        return self._by_noncentrality(
            Estimate(quantity=HEDGES_G_RM, estimate=factor * d, std_error=factor * error, n=self.n),
            scale,
            "noncentral-t",
        )

    def hedges_g_reference(self) -> Estimate:
        """Return the difference in standard deviations of the reference, such as the measurement before.

        The estimate is Becker's. Its standard error and its normal interval, about the uncorrected
        estimate, are Bonett's, which do not suppose that both variances are the same.

        References: becker1988, bonett2008.
        """
        unit = sqrt(self.reference_variance)
        if reason := self._reason(unit, "The reference is constant"):
            return self._without(HEDGES_G_REFERENCE, reason)
        factor, d, df = small_sample_factor(self.n - 1), self.mean / unit, self.n - 1
        if self.interval == "jackknife":
            return self._by_jackknife(
                HEDGES_G_REFERENCE, factor * d, lambda x, y: factor * mean(x - y) / spread(y)
            )
        error = sqrt(d**2 / (2 * df) + self.variance / (df * unit**2))
        half = float(stats.norm.isf((1 - self.level) / 2)) * error
        return Estimate(
            quantity=HEDGES_G_REFERENCE,
            estimate=factor * d,
            std_error=factor * error,
            conf_low=d - half,
            conf_high=d + half,
            conf_level=self.level,
            interval="bonett",
            n=self.n,
        )

    def _reason(self, unit: float, constant: str) -> str:
        if self.n < 3:
            return "It needs 3 pairs."
        if unit == 0:
            return f"{constant}: there is no spread to divide by."
        if self.variance == 0:
            return "All differences are equal, so nothing is known about the uncertainty of their mean."
        return ""

    def _without(self, quantity: Quantity, reason: str) -> Estimate:
        return Estimate(quantity=quantity, estimate=nan, n=self.n, note=reason)

    def _by_jackknife(
        self, quantity: Quantity, estimate: float, statistic: Callable[..., FloatArray]
    ) -> Estimate:
        base = Estimate(quantity=quantity, estimate=estimate, n=self.n)
        return with_jackknife(base, statistic, *self.rows, level=self.level)

    def _by_noncentrality(self, base: Estimate, scale: float, interval: str) -> Estimate:
        """Return `base` with the limits of the mean in standard deviations of differences, times `scale`."""
        root = 1 / sqrt(self.n)
        t_value = self.mean / (sqrt(self.variance) * root)
        low, high = noncentrality_limits(t_value, self.n - 1, self.level)
        return replace(
            base,
            conf_low=scale * root * low,
            conf_high=scale * root * high,
            conf_level=self.level,
            interval=interval,
        )


def _average(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the root of the mean of both variances, NaN where it is zero."""
    found = np.sqrt((variance(x) + variance(y)) / 2)
    return np.where(found > 0, found, nan)


def _by_correlation(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the mean difference in its standard deviation, times the root of 2 (1 - r)."""
    first, second = spread(x), spread(y)
    uncorrelated = (variance(x - y) - (first - second) ** 2) / (first * second)
    return np.asarray(
        mean(x - y) / spread(x - y) * np.sqrt(np.where(uncorrelated > 1e-12, uncorrelated, nan))
    )
