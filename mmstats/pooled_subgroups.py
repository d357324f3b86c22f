"""Studies pooled in subgroups, and the test of whether their averages differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from mmstats.estimate import Estimate, Quantity
from mmstats.heterogeneity_rows import (
    IntervalOfTau2,
    cochran,
    heterogeneity_rows,
    limits_of_tau2,
    no_tau2,
    with_limits,
)
from mmstats.meta.heterogeneity_interval import Tau2Interval
from mmstats.meta.pooling import Pooled, Prediction, Tau2Method, Test, pool
from mmstats.meta.quantities import I2, SUBGROUP_DIFFERENCE, TAU2
from mmstats.pooled_rows import PooledRows, own_effect
from mmstats.study_effects import StudyEffects

SubgroupTau2 = Literal["own", "common"]
BoolArray = npt.NDArray[np.bool_]

ALONE = "One study: shown with its own error, as it has no tau squared."
SHARED = "One tau squared is shared by all subgroups."
KNOWN = "The test takes the averages' standard errors for known, which with few studies they are not."


@dataclass(frozen=True)
class Subgroups:
    """Subgroups of studies, and how they are pooled.

    Parameters
    ----------
    studies : StudyEffects
    sizes : sequence of int, length k
        In the order of `studies`.
    subgroup : Series of category, shape (k,)
        In the order of what was given.
    shared : {"own", "common"}
        Whether each subgroup has a tau squared of its own.
    """

    studies: StudyEffects
    sizes: list[int]
    subgroup: pd.Series
    quantity: Quantity
    tau2: Tau2Method
    test: Test
    level: float
    prediction: Prediction
    tau2_interval: IntervalOfTau2
    shared: SubgroupTau2

    def rows(self) -> Iterator[Estimate]:
        """Yield what each subgroup shows, then how far the averages of subgroups differ."""
        members = self._members()
        if len(members) < 2:
            yield from self._each(members)
            yield self._no_difference("All studies are in one subgroup.")
        elif self.shared == "own" or (self.tau2 == "common" and self.test == "z"):
            yield from self._each(members)
            yield self._difference(members)
        elif len(members) == self.studies.count:
            yield from self._each(members)
            yield self._no_difference(
                "Each subgroup has a single study, which leaves no tau squared to share."
            )
        else:
            yield from self._together(members)

    def _members(self) -> dict[str, BoolArray]:
        """Return which studies each subgroup has, by its term, in the order of levels."""
        codes = self.subgroup.cat.codes.to_numpy()[self.studies.order]
        levels = self.subgroup.cat.categories
        there = sorted(set(codes.tolist()))
        return {f"{self.subgroup.name}[{levels[code]}]": codes == code for code in there}

    def _each(self, members: dict[str, BoolArray]) -> Iterator[Estimate]:
        for term, inside in members.items():
            pooled = self._pooled(inside)
            if pooled is None:
                place = int(np.flatnonzero(inside)[0])
                effect, variance = float(self.studies.effects[place]), float(self.studies.variances[place])
                size = self.sizes[place] or 1
                yield own_effect(self.quantity, term, effect, variance, size, self.level, ALONE)
                yield no_tau2(term, 1, ALONE)
                continue
            rows = self._rows_of(pooled, inside)
            yield from rows.average(term, np.ones(1), rows.n)
            yield from heterogeneity_rows(pooled, self.level, self.tau2_interval, term)

    def _pooled(self, inside: BoolArray) -> Pooled | None:
        """Return the pooling of a subgroup, or nothing if it has a single study without tau squared."""
        if inside.sum() == 1 and not (self.tau2 == "common" and self.test == "z"):
            return None
        return pool(
            self.studies.effects[inside], self.studies.variances[inside], tau2=self.tau2, test=self.test
        )

    def _rows_of(self, pooled: Pooled, inside: BoolArray) -> PooledRows:
        chosen = np.flatnonzero(inside).tolist()
        terms, sizes = [self.studies.terms[i] for i in chosen], [self.sizes[i] for i in chosen]
        return PooledRows(
            pooled, terms, sizes, self.quantity, self.level, self.prediction, self.tau2_interval
        )

    def _difference(self, members: dict[str, BoolArray]) -> Estimate:
        """Return Q of the subgroups' averages."""
        found = {term: self._pooled(inside) for term, inside in members.items()}
        alone = [term for term, pooled in found.items() if pooled is None]
        if alone:
            return self._no_difference(
                f"{', '.join(alone)} {'has' if len(alone) == 1 else 'have'} a single study, so no average "
                'with a tau squared of its own: subgroup_tau2 = "common" lends it that of the others.'
            )
        pooled = [one for one in found.values() if one is not None]
        if any(one.test == "hartung-knapp" and one.exact for one in pooled):
            return self._no_difference("A subgroup's effects are all the same: its average has no error.")
        averages = np.array([float(one.coefficients[0]) for one in pooled])
        variances = np.array([float(one.std_errors[0]) ** 2 for one in pooled])
        q = pool(averages, variances, tau2="common", test="z").q
        df = len(pooled) - 1
        note = "" if self.test == "z" else KNOWN
        return self._tested(q, df, nan, float(stats.chi2.sf(q, df)), note)

    def _together(self, members: dict[str, BoolArray]) -> Iterator[Estimate]:
        """Yield the averages and their difference by one regression on the subgroups."""
        design = np.column_stack([inside.astype(np.float64) for inside in members.values()])
        pooled = pool(
            self.studies.effects,
            self.studies.variances,
            design,
            tuple(members),
            tau2=self.tau2,
            test=self.test,
        )
        rows = self._rows_of(pooled, np.ones(self.studies.count, dtype=np.bool_))
        limits = limits_of_tau2(pooled, self.level, self.tau2_interval)
        identity, note = np.eye(len(members)), "" if self.tau2 == "common" else SHARED
        for place, (term, inside) in enumerate(members.items()):
            size = sum(self.sizes[i] for i in np.flatnonzero(inside)) or int(inside.sum())
            yield from rows.average(term, identity[place], size, note)
            yield from self._shared_rows(term, inside, pooled, limits)
        if pooled.test == "hartung-knapp" and pooled.exact:
            yield self._no_difference("The subgroups explain every effect but for rounding.")
            return
        statistic, df, df2, p_value = pooled.joint_test(identity[1:] - identity[0])
        yield self._tested(statistic, df, df2 if np.isfinite(df2) else nan, p_value, note)

    def _shared_rows(
        self, term: str, inside: BoolArray, pooled: Pooled, limits: Tau2Interval | str
    ) -> Iterator[Estimate]:
        """Yield a subgroup's own Q, the tau squared of all, and its share in the subgroup's variation."""
        common = pooled.tau2_method == "common"
        if not common:
            base = Estimate(quantity=TAU2, term=term, estimate=pooled.tau2, n=self.studies.count, note=SHARED)
            yield with_limits(base, limits, float, self.level, self.tau2_interval)
        if inside.sum() == 1:
            return
        own = pool(self.studies.effects[inside], self.studies.variances[inside], tau2="common", test="z")
        yield cochran(own, term)
        if common:
            yield Estimate(quantity=I2, term=term, estimate=own.i2(), n=own.count)
            return
        share = 100 * pooled.tau2 / (pooled.tau2 + own.typical_variance)
        yield Estimate(quantity=I2, term=term, estimate=share, n=own.count, note=SHARED)

    def _tested(self, statistic: float, df: float, df2: float, p_value: float, note: str) -> Estimate:
        return Estimate(
            quantity=SUBGROUP_DIFFERENCE,
            estimate=statistic,
            statistic=statistic,
            df=df,
            df2=df2,
            p_value=p_value,
            n=self.studies.count,
            note=note,
        )

    def _no_difference(self, note: str) -> Estimate:
        return Estimate(quantity=SUBGROUP_DIFFERENCE, estimate=nan, n=self.studies.count, note=note)
