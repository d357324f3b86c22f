"""How the fit of a linear mixed model becomes rows of results."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import isinf, isnan, nan, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from mmstats.adjusted_rows import Adjustment, holm, simultaneous
from mmstats.effects.coefficient import COEFFICIENT, RESIDUAL_SD
from mmstats.effects.f_test import F_TEST
from mmstats.effects.likelihood import LIKELIHOOD_RATIO
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.formula import Design
from mmstats.mixed.bootstraps import Bootstrap, BootstrapLimits, cluster_bootstrap, parametric_bootstrap
from mmstats.mixed.components import Component, components
from mmstats.mixed.heterogeneous import HeterogeneousFit
from mmstats.mixed.kenward_roger import KenwardRoger, kenward_roger
from mmstats.mixed.likelihood_ratio import likelihood_ratio_test
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.profile import Profile, profile_coefficient, profile_component
from mmstats.mixed.quantities import CONTRAST, MARGINAL_MEAN, RANDOM_CORRELATION, RANDOM_SD
from mmstats.mixed.satterthwaite import Satterthwaite, satterthwaite
from mmstats.mixed.uneven_profile import UnevenProfiles
from mmstats.reference_grid import Combination, Grid, categorical, interacting, means, reference_grid
from mmstats.term_tests import type_three, type_two

FloatArray = npt.NDArray[np.float64]
DfMethod = Literal["kenward-roger", "satterthwaite"]
Choice = Literal["t", "profile", "parametric-bootstrap", "cluster-bootstrap"]
QUANTITIES = {
    "random_sd": RANDOM_SD,
    "random_correlation": RANDOM_CORRELATION,
    "residual_sd": RESIDUAL_SD,
}

SINGULAR = (
    "The fit is singular: {part} varies in fewer directions than it has columns. The estimates stand; a "
    "simpler random part, without the column or the correlation that is nil, fits as well."
)
BY_T = (
    "Refits to resamples take one residual variance, so there is no {interval} interval; this one is by "
    "{instead}."
)
EQUAL = "Of the hypothesis that the residual variance is the same at all levels."


@dataclass(frozen=True)
class MixedRows:
    """A fit, and how its intervals and tests are made.

    Parameters
    ----------
    found : LinearFit
        By restricted maximum likelihood.
    design : Design
        Of its fixed part.
    frame : DataFrame
        The rows of its variables.
    df_method : {"kenward-roger", "satterthwaite"}
    level : float
    interval : {"t", "profile", "parametric-bootstrap", "cluster-bootstrap"}
    resamples : int
    rng : numpy.random.Generator, optional
    uneven : HeterogeneousFit, optional
        Where the residual variance differs by level; its fit is `found`.
    """

    found: LinearFit
    design: Design
    frame: pd.DataFrame
    df_method: DfMethod
    level: float
    interval: Choice = "t"
    resamples: int = 0
    rng: np.random.Generator | None = None
    uneven: HeterogeneousFit | None = None

    @cached_property
    def made(self) -> KenwardRoger | Satterthwaite:
        """What degrees of freedom and standard errors come from."""
        exact = self.df_method == "kenward-roger"
        if self.uneven is not None:
            return self.uneven.kenward_roger() if exact else self.uneven.satterthwaite()
        return kenward_roger(self.found) if exact else satterthwaite(self.found)

    @cached_property
    def profiles(self) -> UnevenProfiles | None:
        """The full likelihood where residual variances differ by level."""
        return None if self.uneven is None else UnevenProfiles.of(self.uneven)

    @cached_property
    def bootstrap(self) -> Bootstrap:
        """The resamples, drawn once for all rows."""
        draw = parametric_bootstrap if self.interval == "parametric-bootstrap" else cluster_bootstrap
        return draw(self.found, self.resamples, self.rng or np.random.default_rng())

    @cached_property
    def grid(self) -> Grid:
        """All combinations of levels, for means and tests."""
        return reference_grid(self.design, self.frame)

    def fixed_part(self, tests: Literal["type-3", "type-2"]) -> Iterator[Estimate]:
        """Yield the test of each term and its coefficients, the intercept last."""
        by_term = (
            type_three(self.design, self.grid)
            if tests == "type-3"
            else type_two(self.design, self.found.data.fixed)
        )
        identity = np.eye(len(self.design.names))
        for place, term in enumerate(self.design.formula.terms):
            name = ":".join(map(str, term))
            yield self.f_test(name, by_term[name])
            for column in np.flatnonzero(np.array(self.design.term_of) == place):
                weights = identity[column]
                yield self.combination(COEFFICIENT, Combination(self.design.names[column], weights))
        if self.design.formula.intercept:
            yield self.combination(COEFFICIENT, Combination("intercept", identity[0]))

    def marginal_means(self, adjustment: Adjustment) -> Iterator[Estimate]:
        """Yield means by each categorical variable, with differences, and by each two that interact."""
        for name in categorical(self.design):
            by_level = means(self.design, self.grid, name)
            for one in by_level.each():
                yield self.combination(MARGINAL_MEAN, one)
            yield from self.comparisons(list(by_level.pairs()), adjustment)
        for pair in interacting(self.design):
            for one in means(self.design, self.grid, *pair).each():
                yield self.combination(MARGINAL_MEAN, one)

    def comparisons(self, family: Sequence[Combination], adjustment: Adjustment) -> Sequence[Estimate]:
        """Return comparisons of means, with p values and intervals that allow for their number."""
        rows = [self.combination(CONTRAST, one) for one in family]
        if adjustment == "none" or not rows:
            return rows
        if adjustment == "holm":
            return holm(rows)
        covariance = self.made.covariance_of(np.array([one.weights for one in family]))
        return simultaneous(rows, covariance, adjustment)

    def f_test(self, term: str, contrasts: FloatArray) -> Estimate:
        """Return the test that all combinations of coefficients (rows) are 0."""
        test = self.made.test(contrasts)
        return Estimate(
            quantity=F_TEST,
            term=term,
            estimate=test.statistic,
            statistic=test.statistic,
            df=test.df,
            df2=test.df2,
            p_value=test.p_value,
            n=self.found.rows,
        )

    def combination(self, quantity: Quantity, of: Combination) -> Estimate:
        """Return a combination of coefficients with its interval; a mean has no null, so no test."""
        estimate = float(self.found.values(of.weights)[0])
        std_error = self.made.std_error(of.weights)
        df = self.made.test(of.weights[None]).df2
        tested = not isnan(quantity.null)
        base = Estimate(
            quantity=quantity,
            term=of.term,
            estimate=estimate,
            std_error=std_error,
            statistic=estimate / std_error if tested else nan,
            df=df,
            p_value=float(2 * stats.t.sf(abs(estimate) / std_error, df)) if tested else nan,
            n=self.found.rows,
            note=of.note,
        )
        if self.interval == "profile":
            return self._profiled(base, of.weights)
        if self.interval != "t" and self.uneven is None:
            return self._bootstrapped(base, of.weights)
        if self.interval != "t":
            base = self._not_drawn(base, "t")
        half = std_error * float(stats.t.isf((1 - self.level) / 2, df))
        return replace(
            base,
            conf_low=estimate - half,
            conf_high=estimate + half,
            conf_level=self.level,
            interval=self.df_method,
        )

    def _profiled(self, base: Estimate, weights: FloatArray) -> Estimate:
        full = self.profiles
        ratio = (full.ratio_test if full else partial(likelihood_ratio_test, self.found))(weights[None])
        tested = not isnan(base.quantity.null)
        base = replace(
            base,
            statistic=ratio.statistic if tested else nan,
            df=1 if tested else nan,
            p_value=ratio.p_value if tested else nan,
        )
        profile = full.coefficient if full else partial(profile_coefficient, self.found)
        return _limited(base, lambda: profile(weights, level=self.level), self.level)

    def _bootstrapped(self, base: Estimate, weights: FloatArray) -> Estimate:
        found = self.bootstrap.coefficient(weights, level=self.level)
        p_value = nan
        if not isnan(base.quantity.null):
            p_value = self.bootstrap.p_value(weights)
        return self._drawn(replace(base, statistic=nan, df=nan, p_value=p_value), found)

    def _drawn(self, base: Estimate, found: BootstrapLimits) -> Estimate:
        missing = found.undefined
        said = f"{missing} of {self.resamples} resamples gave no value; they count as if at either end."
        if isinf(found.low) or isinf(found.high):
            said = f"{missing} of {self.resamples} resamples gave no value: too many for limits."
            found = replace(found, low=nan, high=nan)
        own_error = sqrt(base.p_value * (1 - base.p_value) / self.resamples) if base.p_value > 0 else 0.0
        return replace(
            base,
            conf_low=found.low,
            conf_high=found.high,
            conf_level=self.level,
            interval=self.interval,
            resamples=self.resamples,
            mcse=max(found.mcse, own_error),
            note=" ".join(filter(None, (base.note, said if missing else ""))),
        )

    def variation(self) -> Iterator[Estimate]:
        """Yield the standard deviations and correlations of random effects, and those of the residuals."""
        found = self.found
        for component in components(found.data):
            residual = component.kind == "residual_sd"
            if residual and self.uneven is not None:
                yield from self._residual_sds(self.uneven)
                return
            value = float(component.of(found.covariances, found.residual_sd))
            note = ""
            if not residual:
                term = found.data.random[component.term]
                part = f"({' + '.join(term.names)} | {term.group})"
                note = SINGULAR.format(part=part) if part in found.singular else ""
            base = Estimate(
                quantity=QUANTITIES[component.kind],
                term=component.name(found.data),
                estimate=value,
                n=found.rows,
                note=f"A standard deviation of it is 0. {note}".strip() if isnan(value) else note,
            )
            yield base if isnan(value) else self._varying(base, component)

    def _residual_sds(self, uneven: HeterogeneousFit) -> Iterator[Estimate]:
        """Yield the residual standard deviation at each level, and the test that they are equal."""
        for place, (level, sd) in enumerate(zip(uneven.levels, uneven.residual_sds, strict=True)):
            base = Estimate(quantity=RESIDUAL_SD, term=level, estimate=float(sd), n=self.found.rows)
            yield self._varying(base, Component("residual_sd", first=place))
        test = uneven.equal_variances
        yield Estimate(
            quantity=LIKELIHOOD_RATIO,
            term=uneven.variable,
            estimate=test.statistic,
            statistic=test.statistic,
            df=test.df,
            p_value=test.p_value,
            n=self.found.rows,
            note=EQUAL,
        )

    def _varying(self, base: Estimate, component: Component) -> Estimate:
        full = self.profiles
        if full is None and self.interval not in ("t", "profile"):
            return self._drawn(base, self.bootstrap.component(component, level=self.level))
        if self.interval not in ("t", "profile"):
            base = self._not_drawn(base, "profile likelihood")
        profile = full.component if full else partial(profile_component, self.found)
        return _limited(base, lambda: profile(component, level=self.level), self.level)

    def _not_drawn(self, base: Estimate, instead: str) -> Estimate:
        """Return an estimate with the note that its interval is not a bootstrap's."""
        note = BY_T.format(interval=self.interval, instead=instead)
        return replace(base, note=f"{base.note} {note}".strip())


def _limited(base: Estimate, profile: Callable[[], Profile], level: float) -> Estimate:
    """Return `base` with profile-likelihood limits, or why there are none."""
    try:
        found = profile()
    except NotEstimableError as problem:
        note = f"{base.note} {problem.message}".strip()
        return replace(base, conf_level=level, interval="profile", note=note)
    low, high, note = found.low, found.high, found.note
    if low > base.estimate or high < base.estimate:
        low, high = nan, nan
        note = (
            f"The data tell too little of it: limits by full maximum likelihood, {found.low:.4g} to "
            f"{found.high:.4g}, do not hold the estimate by restricted maximum likelihood."
        )
    return replace(
        base,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        interval="profile",
        note=" ".join(filter(None, (base.note, note))),
    )
