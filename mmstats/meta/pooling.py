"""Pooling of study effects: a common or an average effect, or a regression on features of studies."""

from dataclasses import dataclass, field
from functools import cached_property
from math import nan, sqrt
from typing import Literal

import numpy as np
from scipy import linalg, special

from mmstats.errors import NotEstimableError
from mmstats.meta.heterogeneity import Heterogeneity, heterogeneity
from mmstats.meta.pooling_input import check, orthonormal
from mmstats.meta.weighted import FloatArray, Studies, Weighted, orthonormal_studies

Tau2Method = Literal["common", "dl", "dl2", "he", "he2", "hs", "hsk", "sj", "ml", "reml", "eb", "pm", "pmm"]
Test = Literal["z", "t", "hartung-knapp", "hartung-knapp-ad-hoc"]
Prediction = Literal["as-tested", "riley"]

EXACT = 1e-13  # residuals smaller than this share of the effects are rounding


@dataclass(frozen=True)
class Pooled:
    """A pooling of k effects on p columns.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
    design : float array, shape (k, p)
    names : tuple of str, length p
    intercept : bool
        Whether the first column is constant.
    tau2_method : str
    test : {"z", "t", "hartung-knapp", "hartung-knapp-ad-hoc"}
    """

    effects: FloatArray
    variances: FloatArray
    design: FloatArray
    names: tuple[str, ...]
    intercept: bool
    tau2_method: Tau2Method
    test: Test
    studies: Studies = field(repr=False)
    triangle: FloatArray = field(repr=False)
    between: Heterogeneity = field(repr=False)

    @property
    def count(self) -> int:
        """The number of studies, k."""
        return len(self.effects)

    @property
    def residual_df(self) -> int:
        """Studies less coefficients, k - p."""
        return len(self.effects) - len(self.names)

    @property
    def tau2(self) -> float:
        """The variance of true effects between studies, beyond what the columns explain."""
        return float(self.between.tau2[0])

    @cached_property
    def fit(self) -> Weighted:
        """The weighted least squares."""
        return self.studies.weighted(self.between.tau2)

    @cached_property
    def scale(self) -> float:
        """What Hartung and Knapp multiply the covariance by: the mean weighted square of the residuals."""
        return float(residual_scale(self.test, self.fit)[0]) if self.residual_df else 1.0

    @cached_property
    def exact(self) -> bool:
        """Whether the columns predict every effect, but for rounding: residuals then measure nothing."""
        largest = float(np.abs(self.effects).max())
        return float(self.fit.q[0]) <= (EXACT * largest) ** 2 * float(self.fit.weights.sum())

    @property
    def df(self) -> float:
        """Of the t distribution that tests and intervals use; infinite for the normal one."""
        return float("inf") if self.test == "z" else float(self.residual_df)

    @cached_property
    def coefficients(self) -> FloatArray:
        """Shape (p,)."""
        return np.asarray(linalg.solve_triangular(self.triangle, self.fit.coefficients[0]))

    @cached_property
    def back(self) -> FloatArray:
        """What makes coefficients of those of the orthonormal columns, shape (p, p)."""
        return np.asarray(linalg.solve_triangular(self.triangle, np.eye(len(self.triangle))))

    def covariances(self, fit: Weighted) -> FloatArray:
        """Return those of the coefficients of some fits, before residuals scale them, shape (b, p, p)."""
        return np.asarray(np.einsum("ax,bxy,cy->bac", self.back, fit.covariance, self.back))

    @cached_property
    def covariance(self) -> FloatArray:
        """Of the coefficients, shape (p, p)."""
        return np.asarray(self.scale * self.covariances(self.fit)[0])

    @property
    def std_errors(self) -> FloatArray:
        """Shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def weights_percent(self) -> FloatArray:
        """The share of each study in the sum of weights, in percent, shape (k,)."""
        weights = self.fit.weights[0]
        return np.asarray(100 * weights / weights.sum())

    @cached_property
    def q(self) -> float:
        """Cochran's Q: the residual sum of squares with weights 1 / variance."""
        return float(self.studies.weighted().q[0])

    @property
    def q_p_value(self) -> float:
        """The probability of a larger Q without heterogeneity."""
        return float(special.chdtrc(self.residual_df, self.q)) if self.residual_df else nan

    @cached_property
    def typical_variance(self) -> float:
        """What tau squared is compared with in I squared and H squared (Higgins and Thompson's s squared)."""
        trace = float(self.studies.weighted().trace[0])
        return self.residual_df / trace if self.residual_df else nan

    def i2(self, tau2: float | None = None) -> float:
        """Return the share of tau squared in the variation of effects, in percent."""
        tau2 = self.tau2 if tau2 is None else tau2
        if not self.residual_df:
            return nan
        if self.tau2_method == "common" and tau2 == 0:
            return max(0.0, 100 * (self.q - self.residual_df) / self.q) if self.q else 0.0
        return 100 * tau2 / (tau2 + self.typical_variance)

    def h2(self, tau2: float | None = None) -> float:
        """Return the variation of effects relative to that of sampling alone."""
        tau2 = self.tau2 if tau2 is None else tau2
        if self.tau2_method == "common" and tau2 == 0:
            return self.q / self.residual_df if self.residual_df else nan
        return tau2 / self.typical_variance + 1

    @cached_property
    def r2(self) -> float:
        """How much smaller tau squared is than without the columns, in percent; NaN without any.

        Of a common effect, how much smaller H squared is.
        """
        if not self.intercept or len(self.names) < 2:
            return nan
        alone = orthonormal_studies(self.effects, self.variances)
        if self.tau2_method == "common":
            whole, left = float(alone.weighted().q[0]) / (self.count - 1), self.h2()
        else:
            whole, left = float(heterogeneity(alone, self.tau2_method).tau2[0]), self.tau2
        return max(0.0, 100 * (whole - left) / whole) if whole else nan

    def combined(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return combinations (l, p) of coefficients, shape (l,), and their covariance, shape (l, l).

        They go by way of the orthonormal columns: where a feature is near 1e9, an average effect is the small
        difference of two large products of coefficients.
        """
        along = linalg.solve_triangular(self.triangle, rows.T, trans="T").T
        values, covariance = along @ self.fit.coefficients[0], along @ self.fit.covariance[0] @ along.T
        return np.asarray(values), np.asarray(self.scale * covariance)

    def joint_test(self, contrasts: FloatArray) -> tuple[float, float, float, float]:
        """Return the statistic, its two degrees of freedom and p, that combinations (l, p) are all 0.

        Chi-squared, with an infinite second df, if `test` is normal; else F.
        """
        rows = np.atleast_2d(contrasts)
        estimate, spread = self.combined(rows)
        chi2 = float(estimate @ np.linalg.solve(spread, estimate))
        if self.test == "z":
            return chi2, len(rows), float("inf"), float(special.chdtrc(len(rows), chi2))
        value = chi2 / len(rows)
        return value, len(rows), self.df, float(special.fdtrc(len(rows), self.df, value))

    def moderators(self) -> tuple[float, float, float, float]:
        """Return the joint test of all columns but the intercept, or of the intercept alone."""
        identity = np.eye(len(self.names))
        return self.joint_test(identity[1:] if self.intercept and len(self.names) > 1 else identity)

    def half_width(self, std_error: float, level: float) -> float:
        """Return half an interval."""
        return -quantile((1 - level) / 2, self.df) * std_error

    def predict(
        self, row: FloatArray, *, level: float = 0.95, prediction: Prediction = "as-tested"
    ) -> "Predicted":
        """Return the average effect of studies with given features, and where a new study's true effect lies.

        ``as-tested`` takes the distribution of the tests; ``riley`` t with k - p - 1 degrees of freedom.

        References: higgins2009, riley2011.
        """
        combined, spread_of = self.combined(row[None])
        estimate, error = float(combined[0]), sqrt(float(spread_of[0, 0]))
        half = self.half_width(error, level)
        spread = sqrt(error**2 + self.tau2)
        df = self.df if prediction == "as-tested" else float(self.residual_df - 1)
        if df <= 0:
            return Predicted(estimate, error, estimate - half, estimate + half, nan, nan, df)
        reach = -quantile((1 - level) / 2, df) * spread
        low, high = estimate - reach, estimate + reach
        return Predicted(estimate, error, estimate - half, estimate + half, low, high, df)

    def log_likelihood(self, *, restricted: bool) -> float:
        """Return the log likelihood; the restricted one does not depend on units of columns."""
        return -float(self.fit.deviance(restricted=restricted)[0]) / 2


@dataclass(frozen=True)
class Predicted:
    """An average effect with its confidence interval, and the prediction interval of a new true effect.

    Parameters
    ----------
    estimate, std_error, conf_low, conf_high : float
    prediction_low, prediction_high : float
        NaN if the degrees of freedom are none.
    prediction_df : float
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    prediction_low: float
    prediction_high: float
    prediction_df: float


def quantile(tail: float, df: float) -> float:
    """Return the lower quantile of t; of the normal distribution, if the degrees of freedom are infinite."""
    return float(special.ndtri(tail) if np.isinf(df) else special.stdtrit(df, tail))


def residual_scale(test: Test, fit: Weighted) -> FloatArray:
    """Return what Hartung and Knapp multiply covariances of fits by, shape (b,); 1 for other tests."""
    if test in ("z", "t"):
        return np.ones(len(fit.weights))
    found = fit.q / fit.studies.df
    return np.maximum(found, 1.0) if test == "hartung-knapp-ad-hoc" else found


def pool(
    effects: FloatArray,
    variances: FloatArray,
    design: FloatArray | None = None,
    names: tuple[str, ...] = ("intercept",),
    *,
    tau2: Tau2Method = "reml",
    test: Test = "hartung-knapp",
) -> Pooled:
    """Pool the effects of studies, or regress them on features of the studies.

    ``common`` supposes one true effect (in a regression, one for each combination of features). All other
    methods estimate the variance tau squared between true effects, and weight by 1 / (variance + tau
    squared). ``hartung-knapp`` multiplies the covariance by the mean weighted square of residuals and takes
    t with k - p degrees of freedom; ``hartung-knapp-ad-hoc`` never shrinks it.

    Parameters
    ----------
    effects, variances : float array, shape (k,)
    design : float array, shape (k, p), optional
        A constant column by default. A constant column comes first.
    names : tuple of str, length p
    tau2 : str
        One of `mmstats.meta.heterogeneity.ESTIMATORS`.
    test : {"z", "t", "hartung-knapp", "hartung-knapp-ad-hoc"}

    Raises
    ------
    NotEstimableError
        If effects are not finite, variances not positive, columns dependent, there are fewer studies than the
        model needs, or the estimating equation of tau squared is not solved.

    References: hedges1985, hartung2001, knapp2003.

    Examples
    --------
    >>> found = pool(np.array([0.1, 0.5, 0.4]), np.array([0.04, 0.02, 0.05]), tau2="dl", test="z")
    >>> round(float(found.coefficients[0]), 3), round(found.tau2, 4), round(found.q, 3)
    (0.36, 0.0118, 2.684)
    """
    effects, variances = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    design = np.ones((len(effects), 1)) if design is None else np.asarray(design, dtype=np.float64)
    check(effects, variances, design, names, alone=tau2 == "common" and test == "z")
    constant = bool(np.ptp(design[:, 0]) == 0)
    q, r = orthonormal(design, names, intercept=constant)
    scale = float(np.sqrt(variances.mean()))
    between = heterogeneity(orthonormal_studies(effects / scale, variances / scale**2, q), tau2)
    if not between.certified[0]:
        raise NotEstimableError(
            f"No tau squared solves the equation of {tau2!r}: its two sides still differ by "
            f"{abs(float(between.gradient[0])):.1g} of their size. Take another estimator."
        )
    own = orthonormal_studies(effects, variances, q)
    between = Heterogeneity(
        between.tau2 * scale**2, between.std_error * scale**2, between.gradient, between.certified
    )
    return Pooled(effects, variances, design, names, constant, tau2, test, own, r, between)
