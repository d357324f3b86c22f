"""How a multilevel meta-analysis becomes rows of results."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, isinf, isnan, nan, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.dependent_design import DependentDesign
from mmstats.effects.coefficient import COEFFICIENT
from mmstats.effects.f_test import F_TEST
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.meta.multilevel_interval import variance_interval
from mmstats.meta.multilevel_result import Multilevel
from mmstats.meta.pooling import EXACT
from mmstats.meta.quantities import COCHRAN_Q, I2, PREDICTION, PREDICTION_RATIO, STUDY_WEIGHT, TAU, TAU2
from mmstats.meta.robust import FEW, Robust, robust
from mmstats.pooled_rows import on_its_scale, own_effect
from mmstats.reference_grid import categorical, joined, means, reference_grid
from mmstats.term_tests import type_three

FloatArray = npt.NDArray[np.float64]
DependentTest = Literal["t", "z", "cluster-robust"]

ROUNDING = 1e-12  # a weight of a coefficient, relative to the largest, that is none
FEW_DF = "{df:.3g} degrees of freedom; below 4 p values are not reliable."
NO_DF = "There are too few {group} for a test: {df:.3g} degrees of freedom."
ALL_EXACT = "The model predicts all effects exactly, so that they do not tell how much they vary."
ALONE = "Only {group} {names} informs a coefficient, whose standard error leaves this out."
SAME_WITHIN = (
    "No random part tells rows of one {group} apart, so that their true effects are taken as the same: "
    "(1 | {group}/row) lets them differ."
)


@dataclass(frozen=True)
class DependentRows:
    """A pooling of dependent effects, and how it is tested.

    Parameters
    ----------
    found : Multilevel
    material : DependentDesign
    test : {"t", "z", "cluster-robust"}
    quantity : Quantity
        Of average effects.
    level : float
    """

    found: Multilevel
    material: DependentDesign
    test: DependentTest
    quantity: Quantity
    level: float

    @cached_property
    def _robust(self) -> Robust | None:
        outer = self.material.outermost
        labels = np.array(outer.outer_labels)[outer.outer]
        return robust(self.found, labels) if self.test == "cluster-robust" else None

    @property
    def _count(self) -> int:
        return len(self.found.effects)

    def fixed_part(self) -> Iterator[Estimate]:
        """Yield the average effect, or the tests and coefficients of terms and averages by level."""
        design, identity = self.material.design, np.eye(len(self.found.names))
        if not design.formula.terms:
            yield from self.average("", identity[0])
            return
        grid = reference_grid(design, self.material.frame)
        hypotheses = type_three(design, grid)
        for place, term in enumerate(design.formula.terms):
            name = ":".join(map(str, term))
            yield self._joint(name, hypotheses[name])
            for column in np.flatnonzero(np.array(design.term_of) == place):
                yield self._combination(COEFFICIENT, design.names[column], identity[column])
        if design.formula.intercept:
            yield self._combination(COEFFICIENT, "intercept", identity[0])
        for name in categorical(design):
            for one in means(design, grid, name).each():
                yield from self.average(one.term, one.weights, one.note)

    def average(self, term: str, row: FloatArray, note: str = "") -> Iterator[Estimate]:
        """Yield the average effect of studies with given features, and where that of a new one lies."""
        effect = self._combination(self.quantity, term, row, note)
        yield on_its_scale(effect)
        base = replace(
            effect,
            quantity=PREDICTION_RATIO if self.quantity.ratio else PREDICTION,
            std_error=nan,
            statistic=nan,
            p_value=nan,
            interval=f"prediction-{'normal' if self.test == 'z' else 't'}",
        )
        if not isnan(effect.conf_low):
            between = sum(float(one[0]) for one in self.found.variances)
            df = inf if self.test == "z" else effect.df
            half = float(stats.t.isf((1 - self.level) / 2, df)) * sqrt(effect.std_error**2 + between)
            base = replace(base, conf_low=effect.estimate - half, conf_high=effect.estimate + half)
        yield on_its_scale(base)

    def each_effect(self) -> Iterator[Estimate]:
        """Yield each effect with its normal interval, and its share of the average; none with moderators."""
        if self.material.design.formula.terms:
            return
        shares = 100 * self.found.weights[0]
        for place in self.material.reading:
            term, variance = self.material.rows[place], float(self.material.variances[place])
            effect = float(self.found.effects[place])
            yield own_effect(self.quantity, term, effect, variance, 0, self.level)
            yield Estimate(quantity=STUDY_WEIGHT, term=term, estimate=float(shares[place]) + 0.0, n=0)

    def variation(self) -> Iterator[Estimate]:
        """Yield the variance and the share of variation of each random part, and Q."""
        found, finest = self.found, self.material.finest
        shares = found.i2()
        notes = list(found.notes)
        if len(finest.outer_labels) < self._count:
            notes.append(SAME_WITHIN.format(group=finest.name))
        for place, term in enumerate(found.terms):
            value = float(found.variances[place][0])
            note = " ".join(notes) if place == 0 else ""
            yield from self._variance(place, term.name, value, note)
            yield Estimate(quantity=I2, term=term.name, estimate=float(shares[place]) + 0.0, n=self._count)
        yield Estimate(quantity=I2, estimate=float(shares.sum()) + 0.0, n=self._count)
        yield Estimate(
            quantity=COCHRAN_Q,
            estimate=found.q + 0.0,
            statistic=found.q + 0.0,
            df=found.residual_df,
            p_value=found.q_p_value,
            n=self._count,
        )

    def _variance(self, place: int, name: str, value: float, note: str) -> Iterator[Estimate]:
        low, high = nan, nan
        try:
            limits = variance_interval(self.found, place, level=self.level)
        except NotEstimableError as failed:
            note = f"{note} {failed.message}".strip()
        else:
            low, high = limits.low, limits.high
            note = f"{note} {limits.note}".strip()
        base = Estimate(
            quantity=TAU2,
            term=name,
            estimate=value,
            conf_low=low,
            conf_high=high,
            conf_level=self.level,
            interval="profile",
            n=self._count,
            note=note,
        )
        yield base
        yield replace(base, quantity=TAU, estimate=sqrt(value), conf_low=sqrt(low), conf_high=sqrt(high))

    def _combination(self, quantity: Quantity, term: str, row: FloatArray, note: str = "") -> Estimate:
        """Return a combination of coefficients with its interval and test, not yet on its scale."""
        row = _clean(row)
        estimate, std_error, df = float(row @ self.found.coefficients) + 0.0, self._error(row), self._df(row)
        low, high, statistic, p_value = nan, nan, nan, nan
        if self._determined(df, std_error):
            half = float(stats.t.isf((1 - self.level) / 2, df)) * std_error
            low, high = estimate - half + 0.0, estimate + half + 0.0
            statistic = estimate / std_error + 0.0
            p_value = float(2 * stats.t.sf(abs(statistic), df))
        return Estimate(
            quantity=quantity,
            term=term,
            estimate=estimate,
            std_error=nan if isnan(p_value) else std_error,
            conf_low=low,
            conf_high=high,
            conf_level=self.level,
            interval=self.test,
            statistic=statistic,
            df=nan if isinf(df) else df,
            p_value=p_value,
            n=self._count,
            note=joined((note, self._note(df, std_error))),
        )

    def _joint(self, term: str, contrasts: FloatArray) -> Estimate:
        """Return the test that all combinations of coefficients are 0: Wald's, or Hotelling's T squared."""
        rows = _clean(contrasts)
        error, df = min(self._error(row) for row in rows), min(self._df(row) for row in rows)
        value, numerator, df2, p_value, note = nan, nan, nan, nan, self._note(df, error)
        if self._determined(df, error) and self._robust is not None:
            found = self._robust.wald(rows)
            value, numerator, df2, p_value = found.statistic, found.df, found.df2, found.p_value
            note = found.note
        elif self._determined(df, error):
            value, numerator, df2, p_value = self.found.joint_test(rows)
            value /= numerator if isinf(df2) else 1  # of chi-squared
        return Estimate(
            quantity=F_TEST,
            term=term,
            estimate=value,
            statistic=value,
            df=numerator,
            df2=df2,
            p_value=p_value,
            n=self._count,
            note=note,
        )

    def _error(self, row: FloatArray) -> float:
        made = self.found if self._robust is None else self._robust
        return sqrt(max(0.0, float(row @ made.covariance @ row)))

    def _df(self, row: FloatArray) -> float:
        if self._robust is not None:
            return float(self._robust.degrees_of_freedom(row))
        return float(self.found.df[row != 0].min())

    def _determined(self, df: float, std_error: float) -> bool:
        return df > 0 and not self._exact(std_error)

    def _exact(self, std_error: float) -> bool:
        """Whether a robust standard error is that of residuals which are rounding."""
        return self._robust is not None and std_error <= EXACT * float(np.abs(self.found.effects).max())

    def _note(self, df: float, std_error: float) -> str:
        group = self.material.outermost.name
        if self._exact(std_error):
            return ALL_EXACT
        if not df > 0:
            return NO_DF.format(group=group, df=df)
        if self._robust is None:
            return ""
        few = FEW_DF.format(df=df) if df < FEW else ""
        alone = (
            ALONE.format(group=group, names=", ".join(self._robust.alone[:5])) if self._robust.alone else ""
        )
        return joined((few, alone))


def _clean(rows: FloatArray) -> FloatArray:
    """Return weights of coefficients, those that are rounding as 0."""
    return np.where(np.abs(rows) <= ROUNDING * np.abs(rows).max(), 0.0, rows)
