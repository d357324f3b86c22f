"""A pooled effect of a generalised mixed model of counts."""

from dataclasses import dataclass, field
from functools import cached_property
from math import inf, isfinite, nan, sqrt
from typing import Literal

import numpy as np
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.meta.heterogeneity_interval import Tau2Interval
from mmstats.meta.pooling import Predicted
from mmstats.meta.rare.common import ChiSquared
from mmstats.meta.rare.profile import limits
from mmstats.meta.weighted import FloatArray
from mmstats.mixed.generalised.fit import GeneralisedFit

Test = Literal["z", "t"]


@dataclass(frozen=True)
class CountsPooled:
    """A pooled effect on the scale of the model: a log odds, log rate or log odds ratio.

    Parameters
    ----------
    fit : GeneralisedFit
    place : int
        Of the pooled effect among the parameters.
    term : int
        Of the random effect between studies.
    count : int
        Studies that the model has, k.
    left_out : tuple of int
        Places, from 1, of studies that say nothing and are not in the model.
    homogeneity : ChiSquared
        The likelihood-ratio test of one true effect against one for each study.
    typical_variance : float
        What tau squared is compared with, from the studies' own effects (zeros with 1/2 added).
    test : {"z", "t"}
        t with k - 1 degrees of freedom.
    """

    fit: GeneralisedFit = field(repr=False)
    place: int
    term: int
    count: int
    left_out: tuple[int, ...]
    homogeneity: ChiSquared
    typical_variance: float
    test: Test

    @cached_property
    def _contrast(self) -> FloatArray:
        return np.asarray(np.eye(self.fit.model.size)[self.place])

    @cached_property
    def _theta(self) -> int:
        p = len(self.fit.model.names)
        return p + next(i for i, (r, _, _) in enumerate(self.fit.model.places) if r == self.term)

    @property
    def df(self) -> float:
        """Of the t distribution; infinite for the normal one."""
        return inf if self.test == "z" else float(self.count - 1)

    @cached_property
    def estimate(self) -> float:
        """The average effect over studies."""
        return self.fit.value(self._contrast)

    @cached_property
    def std_error(self) -> float:
        """From the curvature of the marginal likelihood."""
        return self.fit.std_error(self._contrast)

    @property
    def statistic(self) -> float:
        """The estimate over its standard error."""
        return self.estimate / self.std_error

    @property
    def p_value(self) -> float:
        """That the effect is 0, two-sided."""
        return float(2 * stats.t.sf(abs(self.statistic), self.df))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return Wald's interval."""
        half = float(stats.t.isf((1 - level) / 2, self.df)) * self.std_error
        return self.estimate - half, self.estimate + half

    def profile_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the values that the likelihood-ratio test does not reject."""
        return limits(self.fit, self.place, level, width=self.std_error)

    @property
    def singular(self) -> bool:
        """Whether tau squared is at 0, the end of what is possible."""
        return self.fit.singular[self.term]

    @property
    def tau2(self) -> float:
        """The variance of true effects between studies."""
        return 0.0 if self.singular else float(self.fit.covariances[self.term][0, 0])

    @property
    def tau2_std_error(self) -> float:
        """NaN at 0, where the likelihood has no slope of its own to judge by."""
        if self.singular:
            return nan
        contrast = np.eye(self.fit.model.size)[self._theta]
        return 2 * sqrt(self.tau2) * sqrt(float(contrast @ self.fit.covariance @ contrast))

    def tau2_interval(self, level: float = 0.95) -> Tau2Interval:
        """Return the profile interval of tau squared."""
        width = sqrt(self.typical_variance + self.tau2) / sqrt(2 * self.count)
        low, high = limits(self.fit, self._theta, level, width=width, least=0.0)
        return Tau2Interval(
            low**2, high**2, "" if isfinite(high) else "The likelihood holds any tau squared, however large."
        )

    @property
    def i2(self) -> float:
        """The share of tau squared in the variation of effects, in percent."""
        return 100 * self.tau2 / (self.tau2 + self.typical_variance)

    @property
    def h2(self) -> float:
        """The variation of effects relative to that of sampling alone."""
        return self.tau2 / self.typical_variance + 1

    def predict(self, level: float = 0.95) -> Predicted:
        """Return the average effect, and where a new study's true effect lies."""
        low, high = self.interval(level)
        spread = sqrt(self.std_error**2 + self.tau2)
        half = float(stats.t.isf((1 - level) / 2, self.df)) * spread
        estimate = self.estimate
        return Predicted(estimate, self.std_error, low, high, estimate - half, estimate + half, self.df)

    @property
    def log_likelihood(self) -> float:
        """The marginal log likelihood, with its constants."""
        return self.fit.log_likelihood

    @property
    def note(self) -> str:
        """What a reader must know of the fit; empty if nothing."""
        notes = []
        if self.left_out:
            places = ", ".join(map(str, self.left_out))
            plural = len(self.left_out) > 1
            notes.append(
                f"Stud{'ies' if plural else 'y'} {places} ha{'ve' if plural else 's'} only people with, or "
                f"only people without the event, and {'say' if plural else 'says'} nothing of the odds ratio."
            )
        return " ".join([*notes, *filter(None, [self.note_on_tau2])])

    @property
    def note_on_tau2(self) -> str:
        """What a reader must know of tau squared; empty if nothing."""
        notes = []
        if self.singular:
            notes.append("tau squared is estimated as 0, the end of what is possible.")
        if self.fit.endless:
            notes.append("Studies differ more than the likelihood can tell: do not rely on tau squared.")
        return " ".join(notes)


def typical_variance(variances: FloatArray) -> float:
    """Return Higgins and Thompson's s squared of studies' own variances, shape (k,).

    References: higgins2002.
    """
    weights = 1 / variances
    return float((len(weights) - 1) / (weights.sum() - (weights**2).sum() / weights.sum()))


def check_count(count: int) -> None:
    """Raise unless there are studies enough to differ."""
    if count < 2:
        raise NotEstimableError(
            f"{count} informative stud{'y' if count == 1 else 'ies'}: a variance between studies needs two "
            "at least."
        )
