"""Linear model."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from mmstats.effects.coefficient import COEFFICIENT, RESIDUAL_SD
from mmstats.effects.f_test import F_TEST
from mmstats.effects.least_squares import Covariance, FloatArray, LeastSquares, fit, resampled
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.formula import Design, ModelFormula
from mmstats.reference_grid import Grid, means, reference_grid
from mmstats.registry import Level, Random, Resamples, method
from mmstats.resampling.attach import with_bootstrap
from mmstats.resampling.wild import wild_interval
from mmstats.samples import measured

ADJUSTED_MEAN = Quantity("adjusted_mean", "Adjusted mean")
ADJUSTED_MEAN_DIFFERENCE = Quantity("adjusted_mean_difference", "Adjusted mean difference", null=0)
R_SQUARED = Quantity("r_squared", "R squared", null=0)
ADJUSTED_R_SQUARED = Quantity("adjusted_r_squared", "Adjusted R squared", null=0)

Choice = Literal["t", "wild-bootstrap", "bca-bootstrap", "percentile-bootstrap"]


@method(
    title="Linear model",
    references=("mackinnon1985", "long2000", "cribarineto2004", "davidson2008", "searle1980"),
)
def linear_model(
    formula: ModelFormula,
    *,
    covariance: Covariance = "hc3",
    level: Level = 0.95,
    interval: Choice = "t",
    resamples: Resamples = 9_999,
    rng: Random = None,
) -> Iterator[Estimate]:
    """Least-squares regression: coefficients, tests of factors, adjusted means, and fit.

    Rows are independent. Categorical variables have treatment contrasts: each level against the first. With
    ``hc3`` standard errors, rows may differ in variance, and so with ``hc4``, which raises the residuals of
    rows far out the more, the farther they are; ``classical`` supposes that they do not. All use t with
    n - p degrees of freedom, and p and interval agree.

    A bootstrap gives coefficients and adjusted means intervals and p values of its own; F tests stay Wald
    tests. ``wild-bootstrap`` keeps the rows and changes the signs of the residuals, restricted by the
    hypothesis tested; its interval holds the values that this test does not reject. It takes all patterns
    of signs, and is exact, while they are no more than the resamples (with 9,999: up to 14 rows). The other
    bootstraps resample rows.

    What comes back, in this order:

    - for each term of the formula, ``coefficient`` of its columns, preceded by ``f_test`` (all its
      coefficients are 0) if it has several; not for a term inside an interaction, where that would be the
      effect at the reference level only;
    - the intercept;
    - for each categorical variable, ``adjusted_mean`` at every level and ``adjusted_mean_difference`` from
      the reference: predictions with numeric variables at their means, averaged over the levels of the
      other categorical variables with equal weights, on the scale of the response as the formula has it;
    - ``r_squared``, ``adjusted_r_squared`` and ``residual_sd``. Without an intercept, R squared compares
      with a response of 0.

    Parameters
    ----------
    formula : ModelData
        A formula with the rows of its variables, such as ``fatigue ~ group * age``.
    covariance : {"hc3", "hc4", "classical"}
        Where standard errors come from.
    level : float
        Confidence level.
    interval : {"t", "wild-bootstrap", "bca-bootstrap", "percentile-bootstrap"}
        How intervals are made.
    resamples : int
        How many resamples a bootstrap draws.
    rng : numpy.random.Generator
        What a bootstrap draws from.

    Raises
    ------
    NotEstimableError
        If a transformation does not fit the data, columns depend on each other, there are no more rows
        than coefficients, or values are infinite.

    Notes
    -----
    References: mackinnon1985, long2000, cribarineto2004, davidson2008, searle1980.

    Examples
    --------
    >>> from mmstats.formula import ModelData
    >>> group = pd.Categorical(["HC", "MS"] * 4)
    >>> age = [31.0, 28, 45, 39, 60, 44, 52, 57]
    >>> frame = pd.DataFrame({"score": [3.0, 5, 4, 8, 6, 7, 5, 9], "group": group, "age": age})
    >>> for e in linear_model(ModelData.of("score ~ group + age", frame)):
    ...     if e.quantity.name == "coefficient":
    ...         print(f"{e.term}: {e.estimate:.2f} ({e.conf_low:.2f} to {e.conf_high:.2f})")
    group[MS]: 3.32 (2.01 to 4.64)
    age: 0.11 (0.05 to 0.18)
    intercept: -0.90 (-4.08 to 2.28)
    """
    for name, values in formula.frame.items():
        if not isinstance(values.dtype, pd.CategoricalDtype):
            measured(values, str(name))
    design = Design.of(formula)
    matrix, response = design.matrix(formula.frame), design.response(formula.frame)
    if not design.names:
        raise NotEstimableError("The formula has neither an intercept nor a term, so nothing is estimated.")
    order = np.lexsort((*matrix.T[::-1], response))  # one order of rows, whatever the order given
    matrix, response = matrix[order], response[order]
    intercept = design.formula.intercept
    model = fit(matrix, response, design.names, intercept=intercept, covariance=covariance)
    report = _Report(model, level, interval, resamples, rng)
    places = np.array(design.term_of)
    identity = np.eye(len(places))
    for place, term in enumerate(design.formula.terms):
        columns = np.flatnonzero(places == place)
        inside = any(set(term) < set(other) for other in design.formula.terms)
        if len(columns) > 1 and not inside:
            yield report.f_test(":".join(map(str, term)), identity[columns])
        for column in columns:
            yield report.combination(COEFFICIENT, design.names[column], identity[column])
    if intercept:
        yield report.combination(COEFFICIENT, "intercept", identity[0])
    grid = reference_grid(design, formula.frame)
    for factor in design.formula.terms:
        if len(factor) == 1 and design.categorical(factor[0]):
            yield from _adjusted(report, design, grid, factor[0].variable)
    yield from _fit_statistics(model, intercept=intercept)


@dataclass(frozen=True)
class _Report:
    """How a fit is turned into estimates."""

    model: LeastSquares
    level: float
    interval: Choice
    resamples: int
    rng: Random

    def combination(self, quantity: Quantity, term: str, contrast: FloatArray) -> Estimate:
        """Return one linear combination of coefficients; a mean has no null, so no test."""
        model, tested = self.model, quantity.null == quantity.null
        n, estimate = len(model.response), float(model.values(contrast[None])[0])
        if model.problem:
            return Estimate(
                quantity=quantity,
                term=term,
                estimate=estimate,
                conf_level=self.level,
                interval=self._name,
                n=n,
                note=model.problem,
            )
        std_error = float(model.std_errors(contrast[None, :])[0])
        if self.interval == "wild-bootstrap" and std_error > 0:
            return self._wild(quantity, term, contrast, estimate, std_error)
        if self.interval in ("bca-bootstrap", "percentile-bootstrap") and std_error > 0:
            base = Estimate(quantity=quantity, term=term, estimate=estimate, std_error=std_error, n=n)
            return with_bootstrap(
                base,
                [model.response, *model.q.T],
                resampled(model.directions(contrast[None, :])[0]),
                interval=self.interval,
                level=self.level,
                resamples=self.resamples,
                rng=self.rng,
                paired=True,
                null=quantity.null,
            )
        if std_error == 0:
            note = "Its standard error is 0: every row that informs it is fitted exactly."
            return Estimate(
                quantity=quantity,
                term=term,
                estimate=estimate,
                conf_level=self.level,
                interval=self._name,
                n=n,
                note=note,
            )
        half, t = std_error * float(stats.t.isf((1 - self.level) / 2, model.df)), estimate / std_error
        return Estimate(
            quantity=quantity,
            term=term,
            estimate=estimate,
            std_error=std_error,
            conf_low=estimate - half,
            conf_high=estimate + half,
            conf_level=self.level,
            interval=self._name,
            statistic=t if tested else nan,
            df=model.df,
            p_value=float(2 * stats.t.sf(abs(t), model.df)) if tested else nan,
            n=n,
        )

    def _wild(
        self, quantity: Quantity, term: str, contrast: FloatArray, estimate: float, std_error: float
    ) -> Estimate:
        model = self.model
        found = wild_interval(
            model.residuals,
            model.q,
            model.shares(contrast),
            model.error_weights(contrast),
            estimate=estimate,
            level=self.level,
            resamples=self.resamples,
            rng=self.rng,
            null=quantity.null,
        )
        return Estimate(
            quantity=quantity,
            term=term,
            estimate=estimate,
            std_error=std_error,
            conf_low=found.low,
            conf_high=found.high,
            conf_level=self.level,
            interval=self.interval,
            statistic=(estimate - quantity.null) / std_error,
            p_value=found.p_value,
            n=len(model.response),
            resamples=found.resamples,
            mcse=found.mcse,
            note=found.note,
        )

    def f_test(self, term: str, contrasts: FloatArray) -> Estimate:
        """Return the test that all coefficients of a term are 0, or why there is none."""
        n, note = len(self.model.response), self.model.problem
        if not note:
            try:
                f, df, df2, p = self.model.f_test(contrasts)
            except NotEstimableError as problem:
                note = problem.message
        if note:
            return Estimate(quantity=F_TEST, term=term, estimate=nan, n=n, note=note)
        return Estimate(quantity=F_TEST, term=term, estimate=f, statistic=f, df=df, df2=df2, p_value=p, n=n)

    @property
    def _name(self) -> str:
        robust = self.interval == "t" and self.model.covariance != "classical"
        return f"{self.model.covariance}-t" if robust else self.interval


def _adjusted(report: _Report, design: Design, grid: Grid, variable: str) -> Iterator[Estimate]:
    """Yield the mean at each level of a variable, then the differences from the reference."""
    found = means(design, grid, variable)
    for one in found.each():
        yield report.combination(ADJUSTED_MEAN, one.term, one.weights)
    for term, one in zip(found.terms[1:], found.against_first(), strict=True):
        yield report.combination(ADJUSTED_MEAN_DIFFERENCE, term, one.weights)


def _fit_statistics(model: LeastSquares, *, intercept: bool) -> Iterator[Estimate]:
    n, response = len(model.response), model.response
    around = response - response.mean() if intercept else response
    total = float(around @ around)
    if total == 0:
        note = "The response is constant, so there is nothing to explain."
        yield Estimate(quantity=R_SQUARED, estimate=nan, n=n, note=note)
        yield Estimate(quantity=ADJUSTED_R_SQUARED, estimate=nan, n=n, note=note)
    else:
        left = float(model.residuals @ model.residuals) / total
        note = "" if intercept else "There is no intercept: the comparison is with a response of 0."
        yield Estimate(quantity=R_SQUARED, estimate=1 - left, n=n, note=note)
        adjusted = 1 - left * (n - intercept) / model.df
        yield Estimate(quantity=ADJUSTED_R_SQUARED, estimate=adjusted, n=n, note=note)
    yield Estimate(quantity=RESIDUAL_SD, estimate=model.residual_sd, df=model.df, n=n)
