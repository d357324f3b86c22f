"""What each study does to a pooling, as rows of results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan, nan

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.estimate import Estimate, Quantity
from mmstats.meta.influence import Influence, Subsets, cumulative, influence, leave_one_out
from mmstats.meta.pooling import Pooled
from mmstats.meta.quantities import (
    BAUJAT_X,
    BAUJAT_Y,
    COOKS_DISTANCE,
    COVARIANCE_RATIO,
    CUMULATIVE,
    CUMULATIVE_RATIO,
    CUMULATIVE_TAU2,
    DFBETAS,
    DFFITS,
    HAT,
    INFLUENTIAL,
    LEFT_OUT,
    LEFT_OUT_RATIO,
    Q_WITHOUT,
    STANDARDISED,
    STUDENTISED,
    TAU2_WITHOUT,
    TRUE_EFFECT,
    TRUE_EFFECT_RATIO,
)
from mmstats.meta.shrunken import shrunken_effects
from mmstats.pooled_rows import EXACT, on_its_scale

FloatArray = npt.NDArray[np.float64]

FIRST = "One study has no average."
UNSOLVED = "No tau squared solves the estimator's equation for these studies."
SAME = (
    "The effects of these studies are the same but for rounding, and Hartung and Knapp's standard error is 0."
)
ALL_WEIGHT = "This study has all the weight but for rounding."
OUTLIER = "Farther from what the other studies predict than 95 % of studies would be."


@dataclass(frozen=True)
class InfluenceRows:
    """A pooling of an average effect, and how its studies are called.

    Parameters
    ----------
    pooled : Pooled
        Of logarithms, if `ratio`.
    studies : sequence of str, length k
        The term of each study.
    ratio : bool
    level : float
    """

    pooled: Pooled
    studies: Sequence[str]
    ratio: bool
    level: float

    def without_each(self) -> Iterator[Estimate]:
        """Yield the pooled effect without each study, then the measures of influence, one after another."""
        own = influence(self.pooled)
        left = leave_one_out(self.pooled, level=self.level)
        yield from self._effects(LEFT_OUT_RATIO if self.ratio else LEFT_OUT, left, self.studies)
        reasons = [_reason(left, place) or ALL_WEIGHT for place in range(len(self.studies))]
        columns: tuple[tuple[Quantity, FloatArray], ...] = (
            (TAU2_WITHOUT, own.tau2_without),
            (Q_WITHOUT, own.q_without),
            (HAT, own.hat),
            (STANDARDISED, own.standardised),
            (STUDENTISED, own.studentised),
            (DFFITS, own.dffits),
            (COOKS_DISTANCE, own.cooks_distance),
            (COVARIANCE_RATIO, own.covariance_ratio),
            (DFBETAS, own.dfbetas[:, 0]),
            (BAUJAT_X, own.baujat_x),
            (BAUJAT_Y, own.baujat_y),
        )
        for quantity, values in columns:
            for term, value, reason in zip(self.studies, values, reasons, strict=True):
                yield self._measure(quantity, term, float(value), reason)
        yield from self._influential(own)
        yield from self._true_effects()

    def _true_effects(self) -> Iterator[Estimate]:
        """Yield what is best believed of each study's true effect, drawn towards the average."""
        quantity = TRUE_EFFECT_RATIO if self.ratio else TRUE_EFFECT
        unknown = self.pooled.test == "hartung-knapp" and self.pooled.exact
        found = shrunken_effects(self.pooled, level=self.level)
        columns = (found.effects, found.std_errors, found.low, found.high)
        for term, *values in zip(self.studies, *columns, strict=True):
            effect, error, low, high = map(float, values)
            base = Estimate(quantity=quantity, term=term, estimate=effect, n=self.pooled.count)
            if unknown:
                yield on_its_scale(
                    replace(base, conf_level=self.level, interval="best-prediction", note=EXACT)
                )
                continue
            known = replace(
                base,
                std_error=error,
                conf_low=low,
                conf_high=high,
                conf_level=self.level,
                interval="best-prediction",
            )
            yield on_its_scale(known)

    def _measure(self, quantity: Quantity, term: str, value: float, reason: str) -> Estimate:
        n = self.pooled.count
        if not isfinite(value):
            return Estimate(quantity=quantity, term=term, estimate=nan, n=n, note=reason)
        base = Estimate(quantity=quantity, term=term, estimate=value + 0.0, n=n)
        if quantity is not STUDENTISED:
            return base
        p_value = float(2 * stats.norm.sf(abs(value)))
        return replace(base, statistic=value + 0.0, p_value=p_value, note=OUTLIER if p_value < 0.05 else "")

    def _influential(self, own: Influence) -> Iterator[Estimate]:
        beyond = own.beyond(len(self.pooled.names))
        for place, term in enumerate(self.studies):
            passed = [name for name, found in beyond.items() if found[place]]
            note = f"Beyond its bound: {', '.join(passed)}." if passed else ""
            yield Estimate(
                quantity=INFLUENTIAL,
                term=term,
                estimate=float(bool(passed)),
                n=self.pooled.count,
                note=note,
            )

    def one_by_one(self, order: npt.NDArray[np.intp]) -> Iterator[Estimate]:
        """Yield the pooled effect after each study, then tau squared, in an order of their places."""
        found = cumulative(self.pooled, order, level=self.level)
        terms = [self.studies[int(place)] for place in order]
        yield from self._effects(CUMULATIVE_RATIO if self.ratio else CUMULATIVE, found, terms)
        if self.pooled.tau2_method == "common":
            return
        for place, (term, tau2) in enumerate(zip(terms, found.tau2, strict=True)):
            note = _reason(found, place) if isnan(tau2) else ""
            n = int(found.count[place])
            yield Estimate(quantity=CUMULATIVE_TAU2, term=term, estimate=float(tau2) + 0.0, n=n, note=note)

    def _effects(self, quantity: Quantity, found: Subsets, terms: Sequence[str]) -> Iterator[Estimate]:
        for place, term in enumerate(terms):
            effect, error = float(found.coefficients[place, 0]), float(found.std_errors[place, 0])
            base = Estimate(
                quantity=quantity,
                term=term,
                estimate=effect,
                n=int(found.count[place]),
                note=_reason(found, place),
            )
            if isnan(effect):
                yield base
                continue
            yield on_its_scale(
                replace(
                    base,
                    std_error=error,
                    conf_low=float(found.conf_low[place, 0]),
                    conf_high=float(found.conf_high[place, 0]),
                    conf_level=self.level,
                    interval=self.pooled.test,
                    statistic=effect / error,
                    df=nan if self.pooled.test == "z" else float(found.count[place] - 1),
                    p_value=float(found.p_value[place, 0]),
                )
            )


def _reason(found: Subsets, place: int) -> str:
    """Return why a pooling of some of the studies is unknown, or nothing."""
    if found.determined[place]:
        return SAME if isnan(found.std_errors[place, 0]) else ""
    return FIRST if found.count[place] == 1 else UNSOLVED
