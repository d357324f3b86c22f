"""Ordinal responses: P(response <= k) = F(threshold_k - predictor)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from mmstats.mixed.generalised.density import Density, FloatArray, IntArray
from mmstats.mixed.generalised.links import Link

NARROWEST = 1e-7  # a distance of neighbouring cuts whose derivatives keep half their digits


@dataclass(frozen=True)
class Cumulative:
    """Categories between thresholds; the two predictors are the row's upper and lower cut.

    Parameters
    ----------
    codes : int array, shape (n,)
        From 0 to `top`; each occurs.
    top : int
    weights : float array, shape (n,)
        How often each row counts.
    link : Link
    """

    codes: IntArray
    top: int
    weights: FloatArray
    link: Link

    @property
    def direction(self) -> FloatArray:
        """How random effects move the cuts."""
        return np.array([-1.0, -1.0])

    @cached_property
    def _order(self) -> tuple[IntArray, IntArray, int, int]:
        """Rows of the lowest category first and of the highest last, the way back, and where others are."""
        end = (self.codes > 0).astype(np.int64) + (self.codes == self.top)
        order = np.argsort(end, kind="stable")
        start, stop = np.searchsorted(end[order], [1, 2])
        return order, np.argsort(order), int(start), int(stop)

    def density(self, predictors: FloatArray) -> Density:
        """Return the log density of each row and its derivatives."""
        order, back, start, stop = self._order
        upper, lower = predictors.take(order, axis=-1)
        found = np.zeros((9, *upper.shape))  # value, slope, bend and twist of the ordered rows
        lowest, others, highest = found[..., :start], found[..., start:stop], found[..., stop:]
        lowest[0], lowest[1], lowest[3], lowest[7] = self.link.log_below(upper[..., :start])
        highest[0], highest[2], highest[6], highest[8] = self.link.log_above(lower[..., stop:])
        if start < stop:
            self._between(upper[..., start:stop], lower[..., start:stop], others)
        found = found.take(back, axis=-1) * self.weights
        return Density(found[0], found[1:3], found[3:7].reshape(2, 2, *upper.shape), found[7:])

    def _between(self, upper: FloatArray, lower: FloatArray, found: FloatArray) -> None:
        """Put value, slope, bend and twist of rows between two cuts into `found`, shape (9, ..., n)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found[0] = value = self.link.log_between(upper, lower)
        if self.link.name == "logit":
            _logit_between(upper, lower, found)
            return
        (high, high_tilt, high_bend, _), (low, low_tilt, low_bend, _) = map(
            self.link.log_density, (upper, lower)
        )
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            up, down = np.exp(high - value), np.exp(low - value)
            # a density that is 0 stays so, however steep its logarithm
            up_tilt, down_tilt = np.where(up > 0, high_tilt, 0.0), np.where(down > 0, low_tilt, 0.0)
            up_bend, down_bend = np.where(up > 0, high_bend, 0.0), np.where(down > 0, low_bend, 0.0)
            along = up - down
            along_bend = up * up_tilt - down * down_tilt - along**2
            found[1], found[2] = up, -down
            found[3], found[6] = up * up_tilt - up**2, -down * down_tilt - down**2
            found[4] = found[5] = up * down
            found[7] = up * ((up_tilt - along) ** 2 + up_bend - along_bend)
            found[8] = -down * ((down_tilt - along) ** 2 + down_bend - along_bend)

    def feasible(self, predictors: FloatArray) -> bool:
        """Return whether each upper cut is above its lower one, by more than rounding."""
        middle = (self.codes > 0) & (self.codes < self.top)
        widths = predictors[0][middle] - predictors[1][middle]
        return bool(np.isfinite(predictors).all() and (widths > NARROWEST).all())

    def far(self, predictors: FloatArray) -> bool:
        """Return whether the chance below some cut is nearly 0 or 1."""
        return self.link.far(predictors)

    def cone(self, columns: FloatArray) -> FloatArray:
        """Return the rows of the cone of recession."""
        return np.concatenate([columns[0][self.codes < self.top], -columns[1][self.codes > 0]])

    def information(self, predictors: FloatArray) -> FloatArray:
        """Return the expected information about every cut, at predictors of shape (top, n)."""
        n = predictors.shape[1]
        chances = self._chances(predictors)
        densities = self.link.log_density(predictors)[0]
        found = np.zeros((self.top, self.top, n))
        at = np.arange(self.top)
        found[at, at] = np.exp(2 * densities - chances[:-1]) + np.exp(2 * densities - chances[1:])
        cross = -np.exp(densities[1:] + densities[:-1] - chances[1:-1])
        found[at[1:], at[:-1]] = found[at[:-1], at[1:]] = cross
        return np.asarray(self.weights * found)

    def information_root(self, predictors: FloatArray) -> FloatArray:
        """Return a row for each category: the derivatives of its chance over the root of the chance."""
        chances, densities = self._chances(predictors), self.link.log_density(predictors)[0]
        found = np.zeros((self.top + 1, self.top, predictors.shape[1]))
        at, root = np.arange(self.top), np.sqrt(self.weights)
        found[at, at] = root * np.exp(densities - chances[:-1] / 2)
        found[at + 1, at] = -root * np.exp(densities - chances[1:] / 2)
        return found

    def _chances(self, predictors: FloatArray) -> FloatArray:
        """Return the log chance of each category, shape (top + 1, n)."""
        first = self.link.log_below(predictors[:1])[0]
        last = self.link.log_above(predictors[-1:])[0]
        return np.concatenate([first, self.link.log_between(predictors[1:], predictors[:-1]), last])

    def information_slope(self, predictors: FloatArray, kernel: FloatArray) -> FloatArray:
        """Return the derivatives of each row's trace(information @ kernel).

        The trace is the sum over categories, between a lower cut l and an upper cut u, of
        (f_u^2 K_uu - 2 f_u f_l K_ul + f_l^2 K_ll) / chance.
        """
        chances = self._chances(predictors)
        densities, tilts = self.link.log_density(predictors)[:2]
        found = np.zeros_like(predictors)
        for category, chance in enumerate(chances):
            cuts = [cut for cut in (category - 1, category) if 0 <= cut < self.top]
            signs = {category - 1: -1.0, category: 1.0}
            ratio = {cut: signs[cut] * np.exp(densities[cut] - chance) for cut in cuts}
            size = np.exp(chance)
            whole = sum(ratio[a] * ratio[b] * kernel[a, b] for a in cuts for b in cuts)
            for cut in cuts:
                pulled = sum(ratio[b] * kernel[cut, b] for b in cuts)
                found[cut] += size * ratio[cut] * (2 * tilts[cut] * pulled - whole)
        return np.asarray(self.weights * found)

    def simulated(self, predictors: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return categories, from cuts of shape (top, n)."""
        below = np.exp(self.link.log_below(predictors)[0])
        return np.asarray((rng.random(predictors.shape[1]) > below).sum(axis=0), dtype=np.float64)


def _logit_between(upper: FloatArray, lower: FloatArray, found: FloatArray) -> None:
    (low_below, low_above), (high_below, high_above) = ((expit(x), expit(-x)) for x in (lower, upper))
    high, low = high_below * high_above, low_below * low_above
    with np.errstate(over="ignore"):
        width = upper - lower
        shared, both = 1 / np.expm1(width), 1 / (4 * np.sinh(width / 2) ** 2)
    found[1], found[2] = high_above + shared, -low_below - shared
    found[3], found[6] = -high - both, -low - both
    found[4] = found[5] = both
    found[7], found[8] = high * (high_below - high_above), low * (low_below - low_above)
