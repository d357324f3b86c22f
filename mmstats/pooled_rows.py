"""How a pooling of studies becomes rows of results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, isinf, isnan, nan, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.estimate import Estimate, Quantity
from mmstats.heterogeneity_rows import IntervalOfTau2, heterogeneity_rows
from mmstats.meta.pooling import Pooled, Predicted, Prediction
from mmstats.meta.quantities import PREDICTION, PREDICTION_RATIO, STUDY_WEIGHT

FloatArray = npt.NDArray[np.float64]

NARROWER = (
    "Hartung and Knapp's interval is narrower than the normal one here, as effects differ less than their "
    'standard errors promise: test = "hartung-knapp-ad-hoc" never makes it narrower.'
)
EXACT = (
    "All effects are the same but for rounding, and Hartung and Knapp's standard error, made of their "
    'differences, is 0: test = "hartung-knapp-ad-hoc" and test = "z" go by the studies\' own.'
)
ONE = "There is one study: this is its own effect, not an average."
TWO = "Two studies leave one degree of freedom: the interval says hardly more than that there are two."
FEW = "Too few studies for a prediction interval."
LARGEST = 709.0  # the largest exponent


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
    tau2_interval : {"q-profile", "profile", "generalised-q"}
    """

    pooled: Pooled
    studies: Sequence[str]
    sizes: Sequence[int]
    quantity: Quantity
    level: float
    prediction: Prediction = "as-tested"
    tau2_interval: IntervalOfTau2 = "q-profile"

    @property
    def n(self) -> int:
        """Participants, or studies where those are not known."""
        return sum(self.sizes) or self.pooled.count

    def each_study(self) -> Iterator[Estimate]:
        """Yield each study's effect with its normal interval, and its weight."""
        found = self.pooled
        for name, size, effect, variance, weight in zip(
            self.studies, self.sizes, found.effects, found.variances, found.weights_percent, strict=True
        ):
            yield own_effect(self.quantity, name, float(effect), float(variance), size, self.level)
            yield Estimate(quantity=STUDY_WEIGHT, term=name, estimate=float(weight), n=size)

    def whole(self) -> Iterator[Estimate]:
        """Yield the pooled effect with its test, and where the effect of a new study lies."""
        yield from self.average("", np.ones(1), self.n)

    def average(self, term: str, row: FloatArray, n: int, note: str = "") -> Iterator[Estimate]:
        """Yield the average effect of studies with given features, and where that of a new one lies.

        Parameters
        ----------
        term : str
        row : float array, shape (p,)
        n : int
        note : str
            What else is to be said of the average.
        """
        found = self.pooled
        at = found.predict(row, level=self.level, prediction=self.prediction)
        unknown = found.test == "hartung-knapp" and found.exact
        notes = [EXACT] if unknown else list(self._notes())
        note = " ".join(filter(None, (*notes, note)))
        base = Estimate(quantity=self.quantity, term=term, estimate=at.estimate, n=n, note=note)
        yield on_its_scale(self._untested(base) if unknown else self._tested(base, at))
        if found.tau2_method != "common":
            yield on_its_scale(self._prediction(base, at, EXACT if unknown else ""))

    def _untested(self, base: Estimate) -> Estimate:
        return replace(base, conf_level=self.level, interval=self.pooled.test)

    def _tested(self, base: Estimate, at: Predicted) -> Estimate:
        found = self.pooled
        statistic = at.estimate / at.std_error
        finite = not isinf(found.df)
        p_value = stats.t.sf(abs(statistic), found.df) if finite else stats.norm.sf(abs(statistic))
        return replace(
            base,
            std_error=at.std_error,
            conf_low=at.conf_low,
            conf_high=at.conf_high,
            conf_level=self.level,
            interval=found.test,
            statistic=statistic,
            df=found.df if finite else nan,
            p_value=float(2 * p_value),
        )

    def _prediction(self, base: Estimate, at: Predicted, unknown: str) -> Estimate:
        note = unknown or (FEW if isnan(at.prediction_low) else "")
        return replace(
            base,
            quantity=PREDICTION_RATIO if self.quantity.ratio else PREDICTION,
            conf_low=nan if note else at.prediction_low,
            conf_high=nan if note else at.prediction_high,
            conf_level=self.level,
            interval=f"prediction-{'normal' if isinf(at.prediction_df) else 't'}",
            df=nan if isinf(at.prediction_df) else at.prediction_df,
            note=note,
        )

    def _notes(self) -> Iterator[str]:
        found = self.pooled
        if found.test == "hartung-knapp" and found.scale < 1:
            normal = float(stats.norm.isf((1 - self.level) / 2)) / sqrt(found.scale)
            if float(stats.t.isf((1 - self.level) / 2, found.df)) < normal:
                yield NARROWER
        if found.count == 1:
            yield ONE
        if found.count == 2 and found.test != "z":
            yield TWO

    def heterogeneity(self, term: str = "") -> Iterator[Estimate]:
        """Yield Q with its test, and tau squared, tau, I squared and H squared with intervals."""
        yield from heterogeneity_rows(self.pooled, self.level, self.tau2_interval, term)


def own_effect(
    quantity: Quantity, term: str, effect: float, variance: float, size: int, level: float, note: str = ""
) -> Estimate:
    """Return the effect of one study, with its normal interval."""
    half = float(stats.norm.isf((1 - level) / 2)) * sqrt(variance)
    found = Estimate(
        quantity=quantity,
        term=term,
        estimate=effect,
        std_error=sqrt(variance),
        conf_low=effect - half,
        conf_high=effect + half,
        conf_level=level,
        interval="normal",
        n=size,
        note=note,
    )
    return on_its_scale(found)


def on_its_scale(e: Estimate) -> Estimate:
    """Return a row on the scale of its quantity; a ratio has no standard error: that was its logarithm's."""
    low, middle, high = (value + 0.0 for value in (e.conf_low, e.estimate, e.conf_high))  # no -0
    if not e.quantity.ratio:
        return replace(e, estimate=middle, conf_low=low, conf_high=high, statistic=e.statistic + 0.0)
    return replace(
        e,
        estimate=_ratio(middle),
        conf_low=_ratio(low),
        conf_high=_ratio(high),
        statistic=e.statistic + 0.0,
        std_error=nan,
    )


def _ratio(logarithm: float) -> float:
    return inf if logarithm > LARGEST else exp(logarithm)
