"""Frequencies of studies, pooled by the counts or on a transformed scale, as rows of results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isinf, isnan, nan
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.count_rows import CountRows, proportion_of
from mmstats.effects.exact_binomial import clopper_pearson
from mmstats.effects.wilson import PROPORTION
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate
from mmstats.heterogeneity_rows import heterogeneity_rows
from mmstats.meta.measures import effect_sizes
from mmstats.meta.pooling import Pooled, Test, pool
from mmstats.meta.proportions import Scale, proportion
from mmstats.meta.quantities import PREDICTION_PROPORTION, STUDY_WEIGHT, SUBGROUP_DIFFERENCE
from mmstats.meta.rare.one_group import pool_proportions
from mmstats.meta.rare.pooled import CountsPooled

FloatArray = npt.NDArray[np.float64]
Model = Literal["glmm", "logit", "raw", "arcsine", "double-arcsine"]
Tau2 = Literal["by-model", "reml", "ml", "dl", "pm", "sj", "common"]
MEASURES: dict[Model, tuple[str, Scale]] = {
    "logit": ("logit_proportion", "logit"),
    "raw": ("proportion", "raw"),
    "arcsine": ("arcsine_proportion", "arcsine"),
    "double-arcsine": ("double_arcsine_proportion", "double-arcsine"),
}
ALONE = "One study: nothing is pooled, and the interval is its own exact one."
OUTSIDE = "Limits outside 0 and 1 are cut off there: proportions as they are do not know of these ends."
OF_SUBGROUPS = {"tau2", "i2", "cochran_q", "heterogeneity_lr"}


@dataclass(frozen=True)
class Frequencies:
    """Events among the people of k studies, and how they are pooled.

    Parameters
    ----------
    terms : sequence of str, length k
        Of the studies' rows.
    events, people : float array, shape (k,)
    model : {"glmm", "logit", "raw", "arcsine", "double-arcsine"}
    tau2 : str
    test : {"z", "t", "hartung-knapp", "hartung-knapp-ad-hoc"}
    level : float
    """

    terms: Sequence[str]
    events: FloatArray
    people: FloatArray
    model: Model
    tau2: Tau2
    test: Test
    level: float

    def each_study(self) -> Iterator[Estimate]:
        """Yield each study's proportion with its exact interval, and its weight where there are weights."""
        weights = self._weights()
        for i, (term, x, n) in enumerate(zip(self.terms, self.events, self.people, strict=True)):
            yield self._exact(int(x), int(n), term)
            if weights is not None:
                yield Estimate(
                    quantity=STUDY_WEIGHT,
                    term=term,
                    estimate=float(weights[0][i]),
                    n=int(n),
                    note=weights[1][i],
                )

    def whole(self) -> Iterator[Estimate]:
        """Yield the rows of all studies together."""
        yield from self._rows("")

    def subgroups(self, terms: Sequence[str], codes: npt.NDArray[np.intp]) -> Iterator[Estimate]:
        """Yield the rows of each subgroup, each with its own heterogeneity, and the test that they differ.

        Parameters
        ----------
        terms : sequence of str
            Of the subgroups.
        codes : int array, shape (k,)
            The subgroup of each study.
        """
        averages = []
        for place, term in enumerate(terms):
            own = self._kept(codes == place)
            for e in own._rows(term):
                if e.quantity in (PROPORTION, PREDICTION_PROPORTION) or e.quantity.name in OF_SUBGROUPS:
                    yield e
            averages.append(own.average())
        yield difference_of(terms, averages, len(codes))

    def average(self) -> tuple[float, float] | None:
        """Return the pooled effect and its standard error on the scale of the model, if there are such."""
        if self._alike:
            return None
        try:
            found = self._pooled()
        except NotEstimableError:
            return None  # its row says why
        if isinstance(found, CountsPooled):
            return found.estimate, found.std_error
        return float(found.coefficients[0]), float(found.std_errors[0])

    @property
    def _alike(self) -> str:
        """Why nothing can tell how much studies differ; empty if something can."""
        if len(self.events) == 1:
            return ALONE
        none, everybody = not self.events.any(), bool((self.events == self.people).all())
        if none or everybody:
            return (
                f"{'Nobody' if none else 'Everybody'} has the event in any study: nothing tells how much "
                "studies differ. The interval is the exact one of all people together, as if of one study."
            )
        return ""

    def _kept(self, which: npt.NDArray[np.bool_]) -> "Frequencies":
        terms = [term for term, kept in zip(self.terms, which, strict=True) if kept]
        return replace(self, terms=terms, events=self.events[which], people=self.people[which])

    def _pooled(self) -> CountsPooled | Pooled:
        if self.model == "glmm":
            return pool_proportions(self.events, self.people, test="z" if self.test == "z" else "t")
        effects, variances, _ = self._effects()
        return pool(effects, variances, tau2="reml" if self.tau2 == "by-model" else self.tau2, test=self.test)

    def _effects(self) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
        found = effect_sizes(MEASURES[self.model][0], {"events": self.events, "n": self.people})
        return found.effects, found.variances, found.notes

    def _weights(self) -> tuple[FloatArray, tuple[str, ...]] | None:
        if self.model == "glmm" or self._alike:
            return None
        try:
            found = self._pooled()
        except NotEstimableError:
            return None  # the pooled row says why
        assert isinstance(found, Pooled)
        return found.weights_percent, self._effects()[2]

    def _rows(self, term: str) -> Iterator[Estimate]:
        n = int(self.people.sum())
        if self._alike:
            yield replace(self._exact(int(self.events.sum()), n, term), note=self._alike)
            return
        try:
            found = self._pooled()
        except NotEstimableError as error:
            yield Estimate(
                quantity=PROPORTION, term=term, estimate=nan, n=n, note=" ".join(str(error).split())
            )
            return
        if isinstance(found, CountsPooled):
            rows = CountRows(found, proportion_of, PROPORTION, PREDICTION_PROPORTION, self.level, n, term)
            yield from rows.whole()
            yield from rows.heterogeneity()
            return
        yield from self._weighted(found, term, n)
        yield from heterogeneity_rows(found, self.level, term=term)

    def _weighted(self, found: Pooled, term: str, n: int) -> Iterator[Estimate]:
        scale = MEASURES[self.model][1]
        at = proportion(found, scale, events=self.events, people=self.people, level=self.level)
        low, high, new_low, new_high = (
            min(max(limit, 0.0), 1.0)
            for limit in (at.conf_low, at.conf_high, at.prediction_low, at.prediction_high)
        )
        base = Estimate(
            quantity=PROPORTION,
            term=term,
            estimate=at.estimate,
            conf_low=low,
            conf_high=high,
            conf_level=self.level,
            interval=found.test,
            df=nan if isinf(found.df) else found.df,
            n=n,
            note=" ".join(filter(None, [at.warning, _cut(at.conf_low, at.conf_high)])),
        )
        yield base
        if found.tau2_method != "common" and not isnan(at.prediction_low):
            yield replace(
                base,
                quantity=PREDICTION_PROPORTION,
                conf_low=new_low,
                conf_high=new_high,
                interval=f"prediction-{'normal' if isinf(found.df) else 't'}",
                note=_cut(at.prediction_low, at.prediction_high),
            )

    def _exact(self, x: int, n: int, term: str) -> Estimate:
        low, high = clopper_pearson(x, n, level=self.level)
        return Estimate(
            quantity=PROPORTION,
            term=term,
            estimate=x / n,
            conf_low=low,
            conf_high=high,
            conf_level=self.level,
            interval="clopper-pearson",
            n=n,
        )


def difference_of(
    terms: Sequence[str], averages: Sequence[tuple[float, float] | None], count: int
) -> Estimate:
    """Return the test that subgroups have the same average, each with its standard error.

    Q is the sum of squares about their common average, with weights 1 / squared standard error.
    """
    known = [one for one in averages if one is not None]
    without = [term for term, one in zip(terms, averages, strict=True) if one is None]
    note = f"Without {', '.join(without)}, which no average is estimated of." if without else ""
    if len(known) < 2:
        note = " ".join(filter(None, ["Two subgroups with an average each are needed.", note]))
        return Estimate(quantity=SUBGROUP_DIFFERENCE, estimate=nan, n=count, note=note)
    values, weights = np.array([v for v, _ in known]), np.array([error**-2 for _, error in known])
    middle = (weights * values).sum() / weights.sum()
    q, df = float((weights * (values - middle) ** 2).sum()), len(known) - 1
    p_value = float(stats.chi2.sf(q, df))
    return Estimate(
        quantity=SUBGROUP_DIFFERENCE, estimate=q, statistic=q, df=df, p_value=p_value, n=count, note=note
    )


def _cut(low: float, high: float) -> str:
    return OUTSIDE if low < 0 or high > 1 else ""
