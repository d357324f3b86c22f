"""How the fit of a linear mixed model becomes rows of results."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import isnan, nan
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from mmstats.effects.coefficient import COEFFICIENT, RESIDUAL_SD
from mmstats.effects.f_test import F_TEST
from mmstats.estimate import Estimate, Quantity
from mmstats.formula import Design
from mmstats.mixed.kenward_roger import KenwardRoger, kenward_roger
from mmstats.mixed.linear import LinearFit
from mmstats.mixed.quantities import CONTRAST, MARGINAL_MEAN, RANDOM_CORRELATION, RANDOM_SD
from mmstats.mixed.satterthwaite import Satterthwaite, satterthwaite
from mmstats.reference_grid import Combination, categorical, interacting, means, reference_grid
from mmstats.term_tests import type_three, type_two

FloatArray = npt.NDArray[np.float64]
DfMethod = Literal["kenward-roger", "satterthwaite"]

SINGULAR = (
    "The fit is singular: {part} varies in fewer directions than it has columns. The estimates stand; a "
    "simpler random part, without the column or the correlation that is nil, fits as well."
)


@dataclass(frozen=True)
class MixedRows:
    """A fit, and how its intervals and tests are made.

    Parameters
    ----------
    found : LinearFit
        By restricted maximum likelihood.
    design : Design
        Of its fixed part.
    df_method : {"kenward-roger", "satterthwaite"}
    level : float
    """

    found: LinearFit
    design: Design
    df_method: DfMethod
    level: float

    @cached_property
    def made(self) -> KenwardRoger | Satterthwaite:
        """What degrees of freedom and standard errors come from."""
        return kenward_roger(self.found) if self.df_method == "kenward-roger" else satterthwaite(self.found)

    def fixed_part(self, frame: pd.DataFrame, tests: Literal["type-3", "type-2"]) -> Iterator[Estimate]:
        """Yield the test of each term and its coefficients, the intercept last."""
        grid = reference_grid(self.design, frame)
        by_term = (
            type_three(self.design, grid)
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

    def marginal_means(self, frame: pd.DataFrame) -> Iterator[Estimate]:
        """Yield means by each categorical variable and by each two that interact, and differences."""
        grid = reference_grid(self.design, frame)
        for name in categorical(self.design):
            by_level = means(self.design, grid, name)
            for one in by_level.each():
                yield self.combination(MARGINAL_MEAN, one)
            for one in by_level.pairs():
                yield self.combination(CONTRAST, one)
        for pair in interacting(self.design):
            for one in means(self.design, grid, *pair).each():
                yield self.combination(MARGINAL_MEAN, one)

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
        half = std_error * float(stats.t.isf((1 - self.level) / 2, df))
        return replace(
            base,
            conf_low=estimate - half,
            conf_high=estimate + half,
            conf_level=self.level,
            interval=self.df_method,
        )

    def variation(self) -> Iterator[Estimate]:
        """Yield the standard deviations and correlations of random effects, and that of the residuals."""
        n = self.found.rows
        for term, matrix in zip(self.found.data.random, self.found.covariances, strict=True):
            sds = np.sqrt(np.diag(matrix))
            part = f"({' + '.join(term.names)} | {term.group})"
            note = SINGULAR.format(part=part) if part in self.found.singular else ""
            for name, sd in zip(term.names, sds, strict=True):
                yield Estimate(
                    quantity=RANDOM_SD, term=f"{name} | {term.group}", estimate=float(sd), n=n, note=note
                )
            for i, j in combinations(range(term.size), 2):
                product = float(sds[i] * sds[j])
                value = float(np.clip(matrix[i, j] / product, -1, 1)) if product > 0 else nan
                yield Estimate(
                    quantity=RANDOM_CORRELATION,
                    term=f"{term.names[i]}, {term.names[j]} | {term.group}",
                    estimate=value,
                    n=n,
                    note=note if product > 0 else f"A standard deviation of it is 0. {note}".strip(),
                )
        yield Estimate(quantity=RESIDUAL_SD, estimate=self.found.residual_sd, n=n)
