"""How a model of counts becomes rows of results."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isinf, isnan, nan, sqrt

from scipy.special import expit

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.meta.heterogeneity_interval import Tau2Interval
from mmstats.meta.quantities import H2, HOMOGENEITY, I2, TAU, TAU2
from mmstats.meta.rare.common import ChiSquared
from mmstats.meta.rare.pooled import CountsPooled


@dataclass(frozen=True)
class CountRows:
    """A pooled model of counts, and what its effects are shown as.

    Parameters
    ----------
    pooled : CountsPooled
    back : callable
        From the scale of the model: log odds to proportions, logarithms to ratios or rates.
    quantity, prediction : Quantity
        The pooled one, tested if it has a null, and that of a new study.
    level : float
    n : int
        Participants, or events where people are not counted.
    term : str
        Of a subgroup; empty for all studies.
    note : str
    """

    pooled: CountsPooled
    back: Callable[[float], float]
    quantity: Quantity
    prediction: Quantity
    level: float
    n: int
    term: str = ""
    note: str = ""

    def whole(self) -> Iterator[Estimate]:
        """Yield the pooled effect, and where the true effect of a new study lies."""
        found, at = self.pooled, self.pooled.predict(self.level)
        df = nan if isinf(found.df) else found.df
        tested = not isnan(self.quantity.null)
        base = Estimate(
            quantity=self.quantity,
            term=self.term,
            estimate=self.back(at.estimate),
            conf_low=self.back(at.conf_low),
            conf_high=self.back(at.conf_high),
            conf_level=self.level,
            interval="wald",
            df=df,
            n=self.n,
        )
        yield replace(
            base,
            statistic=found.statistic if tested else nan,
            p_value=found.p_value if tested else nan,
            note=self.note,
        )
        yield replace(
            base,
            quantity=self.prediction,
            conf_low=self.back(at.prediction_low),
            conf_high=self.back(at.prediction_high),
            interval=f"prediction-{'normal' if isinf(found.df) else 't'}",
        )

    def heterogeneity(self) -> Iterator[Estimate]:
        """Yield the likelihood-ratio test of one true effect, and tau squared, tau, I and H squared."""
        found, count = self.pooled, self.pooled.count
        yield chi_squared_row(HOMOGENEITY, found.homogeneity, count, self.term)
        limits = self._tau2_limits()
        spread = found.typical_variance
        shown: tuple[tuple[Quantity, Callable[[float], float]], ...] = (
            (TAU2, float),
            (TAU, sqrt),
            (I2, lambda tau2: 100.0 if isinf(tau2) else 100 * tau2 / (tau2 + spread)),
            (H2, lambda tau2: tau2 / spread + 1),
        )
        for quantity, of in shown:
            yield Estimate(
                quantity=quantity,
                term=self.term,
                estimate=of(found.tau2),
                std_error=found.tau2_std_error if quantity is TAU2 else nan,
                conf_low=limits.low if isnan(limits.low) else of(limits.low),
                conf_high=limits.high if isnan(limits.high) else of(limits.high),
                conf_level=self.level,
                interval="profile",
                n=count,
                note=" ".join(filter(None, [found.note_on_tau2, limits.note])),
            )

    def _tau2_limits(self) -> Tau2Interval:
        try:
            return self.pooled.tau2_interval(self.level)
        except NotEstimableError as error:
            return Tau2Interval(nan, nan, f"Tau squared has no interval. {error}")


def chi_squared_row(
    quantity: Quantity, test: ChiSquared, count: int, term: str = "", note: str = ""
) -> Estimate:
    """Return the row of a chi-squared test."""
    return Estimate(
        quantity=quantity,
        term=term,
        estimate=test.statistic,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        n=count,
        note=note,
    )


def proportion_of(log_odds: float) -> float:
    """Return the proportion that log odds stand for."""
    return float(expit(log_odds))
