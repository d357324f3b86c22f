"""How a regression of effects on features of studies becomes rows of results."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite, isinf, nan, sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from mmstats.effects.coefficient import COEFFICIENT
from mmstats.estimate import Estimate
from mmstats.formula import Design
from mmstats.heterogeneity_rows import IntervalOfTau2, heterogeneity_rows
from mmstats.meta.permutation import permutation_test
from mmstats.meta.pooling import Pooled
from mmstats.meta.quantities import (
    INFLATION,
    META_R2,
    MODERATORS_TEST,
    PERMUTATION_TEST,
    PREDICTED,
    STUDY_WEIGHT,
)
from mmstats.reference_grid import means, reference_grid

FloatArray = npt.NDArray[np.float64]

EXACT = (
    "The moderators explain every effect but for rounding, and Hartung and Knapp's standard errors, made of "
    'what they leave, are 0: test = "hartung-knapp-ad-hoc" and test = "z" go by the studies\' own.'
)
NARROWER = (
    "Hartung and Knapp's intervals are narrower than the normal ones here, as effects differ less than their "
    'standard errors promise: test = "hartung-knapp-ad-hoc" never makes them narrower.'
)
NO_INTERCEPT = "Without an intercept, exchanging features tests no hypothesis."
CONSTANT = "All effects are the same but for rounding, so that exchanging them tests nothing."


@dataclass(frozen=True)
class RegressionRows:
    """A regression of effects on features of studies, and what of it is shown.

    Parameters
    ----------
    pooled : Pooled
    terms : sequence of str
        Of the formula.
    term_of : sequence of int, length p
        The place in `terms` of each column; -1 for the intercept.
    margins : frozenset of int
        Terms inside an interaction, whose coefficients are about the reference level only.
    level : float
    tau2_interval : {"q-profile", "profile", "generalised-q"}
    """

    pooled: Pooled
    terms: Sequence[str]
    term_of: Sequence[int]
    margins: frozenset[int]
    level: float
    tau2_interval: IntervalOfTau2

    @property
    def unknown(self) -> str:
        """Why standard errors do not exist, or nothing."""
        return EXACT if self.pooled.test == "hartung-knapp" and self.pooled.exact else ""

    def coefficients(self) -> Iterator[Estimate]:
        """Yield the coefficients term by term, tests of terms with several in front; the intercept last."""
        identity, places = np.eye(len(self.term_of)), np.array(self.term_of)
        for place, term in enumerate(self.terms):
            columns = np.flatnonzero(places == place)
            if len(columns) > 1 and place not in self.margins:
                yield self.joint_test(term, identity[columns])
            for column in columns:
                yield self._coefficient(int(column))
        for column in np.flatnonzero(places == -1):
            yield self._coefficient(int(column))

    def _coefficient(self, column: int) -> Estimate:
        found = self.pooled
        base = Estimate(
            quantity=COEFFICIENT,
            term=found.names[column],
            estimate=float(found.coefficients[column]) + 0.0,
            n=found.count,
        )
        if self.unknown:
            return replace(base, conf_level=self.level, interval=found.test, note=self.unknown)
        error = float(found.std_errors[column])
        half = found.half_width(error, self.level)
        statistic = base.estimate / error
        normal = isinf(found.df)
        p_value = stats.norm.sf(abs(statistic)) if normal else stats.t.sf(abs(statistic), found.df)
        return replace(
            base,
            std_error=error,
            conf_low=base.estimate - half,
            conf_high=base.estimate + half,
            conf_level=self.level,
            interval=found.test,
            statistic=statistic,
            df=nan if normal else found.df,
            p_value=float(2 * p_value),
        )

    def joint_test(self, term: str, contrasts: FloatArray) -> Estimate:
        """Return the test that combinations of coefficients are all 0: F, or chi-squared by ``z``."""
        base = Estimate(quantity=MODERATORS_TEST, term=term, estimate=0.0, n=self.pooled.count)
        if self.unknown:
            return replace(base, estimate=nan, note=self.unknown)
        statistic, df, df2, p_value = self.pooled.joint_test(contrasts)
        return replace(
            base,
            estimate=statistic,
            statistic=statistic,
            df=df,
            df2=df2 if isfinite(df2) else nan,
            p_value=p_value,
            note=NARROWER if not term and self._narrower() else "",
        )

    def _narrower(self) -> bool:
        found = self.pooled
        if found.test != "hartung-knapp":
            return False
        tail = (1 - self.level) / 2
        return float(stats.t.isf(tail, found.df)) * sqrt(found.scale) < float(stats.norm.isf(tail))

    def moderators(self) -> Iterator[Estimate]:
        """Yield the test of all moderators, and by how much columns inflate each other's variance."""
        moved = np.flatnonzero(np.array(self.term_of) >= 0)
        yield self.joint_test("", np.eye(len(self.term_of))[moved])
        if len(moved) < 2:
            return
        covariance = self.pooled.covariances(self.pooled.fit)[0][np.ix_(moved, moved)]
        scale = 1 / np.sqrt(np.diag(covariance))
        inflation = np.diag(np.linalg.inv(covariance * np.outer(scale, scale)))
        for column, value in zip(moved, inflation, strict=True):
            name = self.pooled.names[int(column)]
            yield Estimate(quantity=INFLATION, term=name, estimate=float(value), n=self.pooled.count)

    def permutations(self, resamples: int, rng: np.random.Generator) -> Iterator[Estimate]:
        """Yield the permutation tests of each column and of all; the estimate is the test statistic."""
        found, n = self.pooled, self.pooled.count
        moved = [column for column, place in enumerate(self.term_of) if place >= 0]
        names = ["", *(found.names[column] for column in moved)]
        reason = CONSTANT if _constant(found.effects) else self.unknown
        reason = reason if found.intercept else NO_INTERCEPT
        if reason:
            for name in names:
                yield Estimate(quantity=PERMUTATION_TEST, term=name, estimate=nan, n=n, note=reason)
            return
        test = permutation_test(found, resamples=resamples, rng=rng)
        joint = found.joint_test(np.eye(len(self.term_of))[moved])[0]
        statistics = [joint, *(found.coefficients[moved] / found.std_errors[moved])]
        p_values = [test.joint_p_value, *test.p_values[moved]]
        for name, statistic, p_value in zip(names, statistics, p_values, strict=True):
            yield Estimate(
                quantity=PERMUTATION_TEST,
                term=name,
                estimate=float(statistic) + 0.0,
                statistic=float(statistic) + 0.0,
                p_value=float(p_value),
                n=n,
                resamples=0 if test.exact else test.count,
                mcse=nan if test.exact else sqrt(p_value * (1 - p_value) / test.count),
                note=f"All {test.count:,} permutations." if test.exact else "",
            )

    def heterogeneity(self) -> Iterator[Estimate]:
        """Yield how far true effects differ beyond what moderators explain, and how much those explain."""
        yield from heterogeneity_rows(self.pooled, self.level, self.tau2_interval)
        r2, n = self.pooled.r2, self.pooled.count
        note = ""
        if np.isnan(r2):
            note = (
                "Without moderators, tau squared is 0 already: there is nothing to explain."
                if self.pooled.intercept
                else "Without an intercept, there is no model without moderators to compare with."
            )
        yield Estimate(quantity=META_R2, estimate=r2, n=n, note=note)

    def predicted(self, rows: Iterable[tuple[str, FloatArray]]) -> Iterator[Estimate]:
        """Yield the average effects of studies with given features, each with its term and row of columns."""
        found = self.pooled
        for term, row in rows:
            at = found.predict(row, level=self.level)
            base = Estimate(quantity=PREDICTED, term=term, estimate=at.estimate + 0.0, n=found.count)
            if self.unknown:
                yield replace(base, conf_level=self.level, interval=found.test, note=self.unknown)
                continue
            yield replace(
                base,
                std_error=at.std_error,
                conf_low=at.conf_low + 0.0,
                conf_high=at.conf_high + 0.0,
                conf_level=self.level,
                interval=found.test,
            )

    def weights(self, studies: Sequence[str]) -> Iterator[Estimate]:
        """Yield each study's weight."""
        for term, weight in zip(studies, self.pooled.weights_percent, strict=True):
            yield Estimate(quantity=STUDY_WEIGHT, term=term, estimate=float(weight), n=0)


def along(design: Design, frame: pd.DataFrame) -> Iterator[tuple[str, FloatArray]]:
    """Yield rows of columns for each level of each moderator, or for 21 values over its range.

    Other moderators are at their means, or averaged over levels with equal weights.

    Parameters
    ----------
    design : Design
    frame : DataFrame
        The rows of the studies.

    Yields
    ------
    tuple of str and float array, shape (p,)
        ``allocation=random`` or ``latitude=44``, and the row.
    """
    grid = reference_grid(design, frame)
    for name in grid.cells.columns:
        if name in design.levels:
            found = means(design, grid, name)
            for (level,), row in zip(found.levels, found.matrix, strict=True):
                yield f"{name}={level}", row
            continue
        for text in _evenly(frame[name].to_numpy(dtype=np.float64)):
            cells = grid.cells.assign(**{name: float(text)})
            yield f"{name}={text}", design.matrix(cells).mean(axis=0)


def _evenly(values: FloatArray) -> list[str]:
    """Return 21 numbers from the smallest to the largest, short where they may be."""
    low, high = float(values.min()), float(values.max())
    coarse = high - low > 1e-3 * max(abs(low), abs(high))
    return list(dict.fromkeys(f"{v:.6g}" if coarse else repr(float(v)) for v in np.linspace(low, high, 21)))


def _constant(effects: FloatArray) -> bool:
    return bool(np.ptp(effects) <= 1e-13 * np.abs(effects).max())
