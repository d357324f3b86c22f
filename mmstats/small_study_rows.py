"""How tests of small-study effects, and effects adjusted for them, become rows of results."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isinf, nan
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.meta.excess_significance import excess_significance
from mmstats.meta.fail_safe import orwin, rosenberg, rosenthal
from mmstats.meta.henmi_copas import henmi_copas
from mmstats.meta.pet_peese import pet_peese
from mmstats.meta.pooling import Pooled
from mmstats.meta.quantities import (
    BEGG,
    EGGER_CLASSICAL,
    EGGER_MIXED,
    EXCESS_SIGNIFICANCE,
    FAIL_SAFE_N,
    FILLED,
    FILLED_EFFECT,
    SIGNIFICANT_STUDIES,
)
from mmstats.meta.small_study import Predictor, Regression, classical_test, meta_regression_test, rank_test
from mmstats.meta.trim_and_fill import Estimator, trim_and_fill
from mmstats.pooled_rows import PooledRows, on_its_scale

FloatArray = npt.NDArray[np.float64]
Side = Literal["auto", "left", "right"]

ENOUGH = 10
FEW = "With {count} studies, fewer than 10, the test has little power: to find nothing says little."
PREDICTORS = {
    "std-error": "standard errors",
    "variance": "variances",
    "inverse-size": "1 / size",
    "inverse-root-size": "1 / root of size",
}
ALPHA = 0.05
RULE = 0.10  # of PET's two-sided p


@dataclass(frozen=True)
class SmallStudyRows:
    """Studies, and how what may be missing among them is asked about.

    Parameters
    ----------
    pooled : Pooled
        The average effect, as it is without any adjustment.
    adjusted : Quantity
        Of adjusted effects.
    level : float
    """

    pooled: Pooled
    adjusted: Quantity
    level: float

    @property
    def _count(self) -> int:
        return self.pooled.count

    @property
    def _few(self) -> str:
        return FEW.format(count=self._count) if self._count < ENOUGH else ""

    def regressions(self, predictor: Predictor, sizes: FloatArray | None) -> Iterator[Estimate]:
        """Yield both forms of Egger's regression: the slope, and the effect where the predictor is 0."""
        pooled = self.pooled

        def classical() -> Regression:
            return classical_test(
                pooled.effects, pooled.variances, predictor=predictor, sizes=sizes, level=self.level
            )

        def mixed() -> Regression:
            return meta_regression_test(
                pooled.effects,
                pooled.variances,
                predictor=predictor,
                sizes=sizes,
                tau2=pooled.tau2_method,
                test=pooled.test,
                level=self.level,
            )

        on = f"On {PREDICTORS[predictor]}; "
        forms = (
            (
                EGGER_CLASSICAL,
                "Egger, weighted",
                classical,
                "t",
                on + "weights 1 / variance, times a factor.",
            ),
            (EGGER_MIXED, "Egger, mixed-effects", mixed, pooled.test, on + "weights with tau squared."),
        )
        for quantity, name, make, interval, note in forms:
            try:
                found = make()
            except NotEstimableError as failed:
                yield self._none(quantity, "", failed)
                yield self._none(self.adjusted, name, failed)
                continue
            yield on_its_scale(
                Estimate(
                    quantity=quantity,
                    estimate=found.slope,
                    std_error=found.std_error,
                    conf_low=found.low,
                    conf_high=found.high,
                    conf_level=self.level,
                    interval=interval,
                    statistic=found.statistic,
                    df=nan if isinf(found.df) else found.df,
                    p_value=found.p_value,
                    n=self._count,
                    note=f"{note} {self._few}".strip(),
                )
            )
            yield self._limit(name, found, interval)

    def ranks(self) -> Estimate:
        """Return Begg and Mazumdar's test."""
        try:
            found = rank_test(self.pooled.effects, self.pooled.variances)
        except NotEstimableError as failed:
            return self._none(BEGG, "", failed)
        if np.isnan(found.tau):
            return Estimate(
                quantity=BEGG,
                estimate=nan,
                n=self._count,
                note="All effects, or all standard errors, are the same: there is no order.",
            )
        how = "p is exact." if found.exact else "p is by the normal approximation."
        return Estimate(
            quantity=BEGG,
            estimate=found.tau + 0.0,
            p_value=found.p_value,
            n=self._count,
            note=f"{how} {self._few}".strip(),
        )

    def extrapolated(self) -> Iterator[Estimate]:
        """Yield PET's, PEESE's and the conditional estimate, and Henmi and Copas' interval."""
        names = ("PET", "PEESE", "PET-PEESE")
        try:
            found = pet_peese(self.pooled.effects, self.pooled.variances, alpha=RULE, level=self.level)
        except NotEstimableError as failed:
            yield from (self._none(self.adjusted, name, failed) for name in names)
        else:
            taken = (
                "PEESE's, as PET's p is below" if found.chosen == "peese" else "PET's, as its p is not below"
            )
            for name, one in zip(names, (found.pet, found.peese, found.regression), strict=True):
                row = self._limit(name, one, "t")
                note = (
                    f"{taken} {RULE:g}; the interval does not allow for the choice."
                    if name == names[2]
                    else ""
                )
                yield replace(row, note=note)
        yield self._or_reason(self.adjusted, "Henmi-Copas", self._henmi_copas)

    def _henmi_copas(self) -> Estimate:
        found = henmi_copas(self.pooled.effects, self.pooled.variances, level=self.level)
        return Estimate(
            quantity=self.adjusted,
            term="Henmi-Copas",
            estimate=found.estimate,
            std_error=found.std_error,
            conf_low=found.conf_low,
            conf_high=found.conf_high,
            conf_level=self.level,
            interval="henmi-copas",
            n=self._count,
        )

    def filled(self, estimator: Estimator, side: Side) -> Iterator[Estimate]:
        """Yield how many studies trim and fill misses, the effect with them, and each of them."""
        name = "trim and fill"
        try:
            found = trim_and_fill(self.pooled, estimator=estimator, side=None if side == "auto" else side)
        except NotEstimableError as failed:
            yield self._none(FILLED, "", failed)
            yield self._none(self.adjusted, name, failed)
            return
        yield Estimate(
            quantity=FILLED,
            estimate=float(found.missing),
            std_error=found.std_error,
            n=self._count,
            note=f"On the {found.side} side. {self._few}".strip(),
        )
        rows = PooledRows(found.pooled, (), (), self.adjusted, self.level)
        yield replace(next(rows.average(name, np.ones(1), self._count)), n=self._count)
        effects, errors = found.effects[self._count :], np.sqrt(found.variances[self._count :])
        for place, (effect, error) in enumerate(zip(effects, errors, strict=True), 1):
            yield Estimate(
                quantity=FILLED_EFFECT,
                term=f"filled[{place}]",
                estimate=float(effect) + 0.0,
                std_error=float(error),
                n=0,
                note="Not observed; on the scale on which effects are pooled.",
            )

    def fail_safe(self) -> Iterator[Estimate]:
        """Yield three fail-safe numbers."""
        effects, variances = self.pooled.effects, self.pooled.variances
        made = (
            ("Rosenthal", rosenthal, f"Until Stouffer's one-sided p is above {ALPHA:g}."),
            ("Orwin", orwin, "Until the common effect is half of what it is."),
            ("Rosenberg", rosenberg, f"Until the common effect's two-sided p is above {ALPHA:g}."),
        )
        for name, function, note in made:
            try:
                found = function(effects, variances)
            except NotEstimableError as failed:
                yield self._none(FAIL_SAFE_N, name, failed)
                continue
            yield Estimate(
                quantity=FAIL_SAFE_N,
                term=name,
                estimate=float(found.studies),
                p_value=found.p_value,
                n=self._count,
                note=note,
            )

    def excess(self) -> Iterator[Estimate]:
        """Yield how many studies are significant, how many should be, and the test of the difference."""
        found = excess_significance(self.pooled, alpha=ALPHA)
        for name, value in (("observed", float(found.observed)), ("expected", found.expected)):
            yield Estimate(quantity=SIGNIFICANT_STUDIES, term=name, estimate=value, n=self._count)
        base = Estimate(
            quantity=EXCESS_SIGNIFICANCE, estimate=nan, n=self._count, note="None is expected at all."
        )
        if found.expected:
            note = f"p is exact and one-sided. {self._few}".strip()
            base = replace(base, estimate=found.ratio, p_value=found.p_value, note=note)
        yield base

    def _limit(self, name: str, found: Regression, interval: str) -> Estimate:
        statistic = found.limit / found.limit_std_error
        tail = stats.norm.sf(abs(statistic)) if isinf(found.df) else stats.t.sf(abs(statistic), found.df)
        return on_its_scale(
            Estimate(
                quantity=self.adjusted,
                term=name,
                estimate=found.limit,
                std_error=found.limit_std_error,
                conf_low=found.limit_low,
                conf_high=found.limit_high,
                conf_level=self.level,
                interval=interval,
                statistic=statistic,
                df=nan if isinf(found.df) else found.df,
                p_value=float(2 * tail),
                n=self._count,
            )
        )

    def _or_reason(self, quantity: Quantity, term: str, make: Callable[[], Estimate]) -> Estimate:
        try:
            return on_its_scale(make())
        except NotEstimableError as failed:
            return self._none(quantity, term, failed)

    def _none(self, quantity: Quantity, term: str, failed: NotEstimableError) -> Estimate:
        note = " ".join((failed.message, *failed.problems))
        return Estimate(quantity=quantity, term=term, estimate=nan, n=self._count, note=note)
