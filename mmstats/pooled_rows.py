"""How a pooling of studies becomes rows of results."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, isinf, isnan, nan, sqrt
from typing import Literal

import numpy as np
from scipy import stats

from mmstats.estimate import Estimate, Quantity
from mmstats.meta.heterogeneity_interval import q_profile
from mmstats.meta.pooling import Pooled, Prediction
from mmstats.meta.quantities import (
    COCHRAN_Q,
    H2,
    I2,
    PREDICTION,
    PREDICTION_RATIO,
    STUDY_WEIGHT,
    TAU,
    TAU2,
)

IntervalOfTau2 = Literal["q-profile"]
NARROWER = (
    "Hartung and Knapp's interval is narrower than the normal one here, as effects differ less than their "
    'standard errors promise: test = "hartung-knapp-ad-hoc" never makes it narrower.'
)
TWO = "Two studies leave one degree of freedom: the interval says hardly more than that there are two."


@dataclass(frozen=True)
class PooledRows:
    """A pooling, and the scale that its effects are shown on.

    Parameters
    ----------
    pooled : Pooled
        Of logarithms, if the quantity is a ratio.
    studies : sequence of str, length k
        The term of each study: ``trial[rossi2010]``.
    sizes : sequence of int, length k
        Participants of each study, 0 where they are not known.
    quantity : Quantity
    level : float
    prediction : {"as-tested", "riley"}
    """

    pooled: Pooled
    studies: Sequence[str]
    sizes: Sequence[int]
    quantity: Quantity
    level: float
    prediction: Prediction = "as-tested"

    def each_study(self) -> Iterator[Estimate]:
        """Yield each study's effect with its normal interval, and its weight."""
        z = float(stats.norm.isf((1 - self.level) / 2))
        found = self.pooled
        for name, size, effect, variance, weight in zip(
            self.studies, self.sizes, found.effects, found.variances, found.weights_percent, strict=True
        ):
            half = z * sqrt(variance)
            base = Estimate(quantity=self.quantity, term=name, estimate=float(effect), n=size)
            yield self._shown(
                replace(
                    base,
                    std_error=sqrt(variance),
                    conf_low=effect - half,
                    conf_high=effect + half,
                    conf_level=self.level,
                    interval="normal",
                )
            )
            yield Estimate(quantity=STUDY_WEIGHT, term=name, estimate=float(weight), n=size)

    def whole(self) -> Iterator[Estimate]:
        """Yield the pooled effect with its test, and where the effect of a new study lies."""
        found = self.pooled
        at = found.predict(np.ones(1), level=self.level, prediction=self.prediction)
        statistic = at.estimate / at.std_error
        finite = not isinf(found.df)
        p_value = stats.t.sf(abs(statistic), found.df) if finite else stats.norm.sf(abs(statistic))
        yield self._shown(
            Estimate(
                quantity=self.quantity,
                estimate=at.estimate,
                std_error=at.std_error,
                conf_low=at.conf_low,
                conf_high=at.conf_high,
                conf_level=self.level,
                interval=found.test,
                statistic=statistic,
                df=found.df if finite else nan,
                p_value=float(2 * p_value),
                n=sum(self.sizes) or found.count,
                note=" ".join(self._notes()),
            )
        )
        if found.tau2_method == "common":
            return
        base = Estimate(
            quantity=PREDICTION_RATIO if self.quantity.ratio else PREDICTION,
            estimate=at.estimate,
            conf_level=self.level,
            conf_low=at.prediction_low,
            conf_high=at.prediction_high,
            interval=f"prediction-{'normal' if isinf(at.prediction_df) else 't'}",
            df=nan if isinf(at.prediction_df) else at.prediction_df,
            n=sum(self.sizes) or found.count,
            note="Too few studies for a prediction interval." if isnan(at.prediction_low) else "",
        )
        yield self._shown(base)

    def _notes(self) -> Iterator[str]:
        found = self.pooled
        if found.test == "hartung-knapp" and found.scale < 1:
            normal = float(stats.norm.isf((1 - self.level) / 2)) / sqrt(found.scale)
            if float(stats.t.isf((1 - self.level) / 2, found.df)) < normal:
                yield NARROWER
        if found.count == 2 and found.test != "z":
            yield TWO

    def heterogeneity(self) -> Iterator[Estimate]:
        """Yield Q with its test, and tau squared, tau, I squared and H squared with intervals by Q."""
        found = self.pooled
        if not found.residual_df:
            return
        n = found.count
        yield Estimate(
            quantity=COCHRAN_Q,
            estimate=found.q,
            statistic=found.q,
            df=found.residual_df,
            p_value=found.q_p_value,
            n=n,
        )
        common = found.tau2_method == "common"
        limits = None if common else q_profile(found, self.level)
        shown: tuple[tuple[Quantity, Callable[[float], float]], ...] = (
            (TAU2, float),
            (TAU, sqrt),
            (I2, found.i2),
            (H2, found.h2),
        )
        for quantity, of in shown:
            if common and quantity in (TAU2, TAU):
                continue
            base = Estimate(quantity=quantity, estimate=of(found.tau2), n=n)
            if limits is None:
                yield base
                continue
            high = inf if isinf(limits.high) and quantity is not I2 else of(limits.high)
            std_error = float(found.between.std_error[0]) if quantity is TAU2 else nan
            yield replace(
                base,
                std_error=std_error,
                conf_low=of(limits.low),
                conf_high=high,
                conf_level=self.level,
                interval="q-profile",
                note=limits.note,
            )

    def _shown(self, e: Estimate) -> Estimate:
        """Return a row on the scale of its quantity; a ratio's standard error stays that of its logarithm."""
        if not e.quantity.ratio:
            return e
        return replace(
            e, estimate=exp(e.estimate), conf_low=exp(e.conf_low), conf_high=exp(e.conf_high), std_error=nan
        )
