"""Linear mixed model."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.effects.coefficient import COEFFICIENT, RESIDUAL_SD
from mmstats.effects.f_test import F_TEST
from mmstats.estimate import Estimate, Quantity
from mmstats.formula import Contrasts, Design, MixedFormula
from mmstats.kind import Numeric
from mmstats.mixed.kenward_roger import KenwardRoger, kenward_roger
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.quantities import RANDOM_CORRELATION, RANDOM_SD
from mmstats.mixed.satterthwaite import Satterthwaite, satterthwaite
from mmstats.mixed_design import mixed_design
from mmstats.registry import Level, Random, Resamples, method

FloatArray = npt.NDArray[np.float64]
DfMethod = Literal["kenward-roger", "satterthwaite"]


@method(
    title="Linear mixed model",
    references=("bates2015", "kenward1997", "kuznetsova2017"),
)
def lmm(
    formula: MixedFormula,
    weights: Numeric | None = None,
    offset: Numeric | None = None,
    *,
    df_method: DfMethod = "kenward-roger",
    contrasts: Contrasts = "treatment",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Coefficients that all participants share, and how much participants differ in them."""
    data, design = mixed_design(formula, contrasts=contrasts, weights=weights, offset=offset)
    found = fit(data)
    made = kenward_roger(found) if df_method == "kenward-roger" else satterthwaite(found)
    report = Report(found, made, level, df_method)
    identity = np.eye(len(data.names))
    for place, name in enumerate(data.names):
        yield report.combination(COEFFICIENT, name, identity[place])


@dataclass(frozen=True)
class Report:
    """How a fit is turned into estimates."""

    found: LinearFit
    made: KenwardRoger | Satterthwaite
    level: float
    interval: str

    def combination(self, quantity: Quantity, term: str, contrast: FloatArray) -> Estimate:
        """Return one linear combination of coefficients; a mean has no null, so no test."""
        estimate = float(contrast @ self.found.coefficients)
        std_error = sqrt(float(contrast @ self.made.covariance @ contrast))
        df = self.made.test(contrast[None]).df2
        half = std_error * float(stats.t.isf((1 - self.level) / 2, df))
        tested = quantity.null == quantity.null
        return Estimate(
            quantity=quantity,
            term=term,
            estimate=estimate,
            std_error=std_error,
            conf_low=estimate - half,
            conf_high=estimate + half,
            conf_level=self.level,
            interval=self.interval,
            statistic=estimate / std_error if tested else nan,
            df=df,
            p_value=float(2 * stats.t.sf(abs(estimate) / std_error, df)) if tested else nan,
            n=self.found.rows,
        )
