"""Correlations: plain, unbiased, on Fisher's scale; partial and semi-partial ones from the t of a model."""

import numpy as np
from scipy import special

from mmstats.estimate import Quantity
from mmstats.meta.measures.material import Correlation, RegressionFit, RegressionTest
from mmstats.meta.measures.measure import Effects, Measure, effects_of
from mmstats.meta.measures.scales import FISHER_Z
from mmstats.meta.weighted import BoolArray, FloatArray

PERFECT = "A correlation of -1 or 1 is infinite on Fisher's scale."
FEW_PAIRS = "The variance on Fisher's scale needs 4 pairs or more."
FEW_FOR_UNBIASED = "The unbiased correlation needs 5 pairs or more."
ONE_PAIR = "A correlation needs 2 pairs or more."
NO_DF = "The regression leaves no degrees of freedom: n is at most the number of predictors plus 1."
FEW_DF = "The variance on Fisher's scale needs 2 residual degrees of freedom or more."
LARGE, TERMS = 50.0, 60
TOO_LARGE = "By its t the predictor alone explains more than R squared."


def correlation(pairs: Correlation) -> Effects:
    """Return the correlation with the variance (1 - r^2)^2 / (n - 1).

    Examples
    --------
    >>> found = correlation(Correlation(np.array([0.5]), np.array([26.0])))
    >>> found.effects, found.variances
    (array([0.5]), array([0.0225]))
    """
    return effects_of(pairs.correlation, _variance(pairs.correlation, pairs.n), (pairs.n < 2, ONE_PAIR))


def unbiased_correlation(pairs: Correlation) -> Effects:
    """Return Olkin and Pratt's correlation, unbiased for normal data, with the same variance.

    References: olkin1958.

    Examples
    --------
    >>> unbiased_correlation(Correlation(np.array([0.5]), np.array([26.0]))).effects.round(6)
    array([0.508387])
    """
    r, few = pairs.correlation, pairs.n < 5
    half = np.where(few, np.nan, pairs.n - 2) / 2
    effects = r * _olkin_pratt(half, 1 - r**2)
    return effects_of(effects, _variance(effects, pairs.n), (few, FEW_FOR_UNBIASED))


def fisher_z(pairs: Correlation) -> Effects:
    """Return the inverse hyperbolic tangent of the correlation, with variance 1 / (n - 3).

    References: fisher1921.

    Examples
    --------
    >>> found = fisher_z(Correlation(np.array([0.5]), np.array([28.0])))
    >>> found.effects.round(6), found.variances
    (array([0.549306]), array([0.04]))
    """
    perfect = np.abs(pairs.correlation) == 1
    z = np.arctanh(np.where(perfect, np.nan, pairs.correlation))
    return effects_of(
        z, 1 / np.where(pairs.n < 4, np.nan, pairs.n - 3), (perfect, PERFECT), (pairs.n < 4, FEW_PAIRS)
    )


def partial_correlation(test: RegressionTest) -> Effects:
    """Return the correlation of outcome and predictor with all other predictors held fixed.

    References: aloe2012.

    Examples
    --------
    >>> found = partial_correlation(RegressionTest(*map(np.array, ([2.0], [14.0], [1.0]))))
    >>> found.effects, found.variances.round(6)
    (array([0.5]), array([0.043269]))
    """
    r, df, none = _partial(test)
    left = df / (test.t_value**2 + df)  # 1 - r^2, without the difference of nearly equal numbers
    return effects_of(r, left**2 / (test.n - test.predictors), (none, NO_DF))


def partial_fisher_z(test: RegressionTest) -> Effects:
    """Return the partial correlation on Fisher's scale, with variance 1 / (n - predictors - 2).

    References: fisher1924.
    """
    _, df, none = _partial(test)
    few = test.n - test.predictors < 3
    return effects_of(
        np.arcsinh(test.t_value / np.sqrt(df)),
        1 / np.where(few, np.nan, df - 1),
        (none, NO_DF),
        (few, FEW_DF),
    )


def semi_partial_correlation(fit: RegressionFit) -> Effects:
    """Return the correlation of the outcome with what of the predictor the others do not explain.

    References: aloe2012.

    Examples
    --------
    >>> fit = RegressionFit(*map(np.array, ([2.1], [40.0], [3.0], [0.3])))
    >>> semi_partial_correlation(fit).effects.round(6)
    array([0.292831])
    """
    df = fit.n - fit.predictors - 1
    none = df < 1
    r = fit.t_value * np.sqrt((1 - fit.r_squared) / np.where(none, np.nan, df))
    others = fit.r_squared - r**2
    v = (fit.r_squared**2 - 2 * fit.r_squared + others + 1 - others**2) / fit.n
    return effects_of(r, v, (none, NO_DF), (others < 0, TOO_LARGE))


def _olkin_pratt(c: FloatArray, x: FloatArray) -> FloatArray:
    """Return Gauss's hypergeometric function of 1/2, 1/2 and c, at x from 0 to 1.

    SciPy's has no value for many c beyond 100; from LARGE the series is exact to rounding after TERMS, as
    all its terms are above 0 and fall by half or more.
    """
    few = special.hyp2f1(0.5, 0.5, np.minimum(c, LARGE), x)
    many, term = np.ones_like(x), np.ones_like(x)
    for j in range(TERMS):
        term = term * (j + 0.5) ** 2 * x / ((np.maximum(c, LARGE) + j) * (j + 1))
        many = many + term
    return np.asarray(np.where(c < LARGE, few, many))


def _variance(r: FloatArray, n: FloatArray) -> FloatArray:
    return (1 - r**2) ** 2 / np.where(n < 2, np.nan, n - 1)


def _partial(test: RegressionTest) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the correlation, its residual degrees of freedom, and where there are none."""
    none = test.n - test.predictors < 2
    df = np.where(none, np.nan, test.n - test.predictors - 1)
    return test.t_value / np.sqrt(test.t_value**2 + df), df, none


CORRELATIONS = (
    Measure(Quantity("correlation", "Correlation", null=0), "COR", Correlation, correlation),
    Measure(
        Quantity("unbiased_correlation", "Correlation (unbiased)", null=0),
        "UCOR",
        Correlation,
        unbiased_correlation,
        references=("olkin1958",),
    ),
    Measure(
        Quantity("fisher_z", "Correlation (by Fisher's z)", null=0),
        "ZCOR",
        Correlation,
        fisher_z,
        FISHER_Z,
        references=("fisher1921",),
    ),
    Measure(
        Quantity("partial_correlation", "Partial correlation", null=0),
        "PCOR",
        RegressionTest,
        partial_correlation,
        references=("aloe2012",),
    ),
    Measure(
        Quantity("partial_fisher_z", "Partial correlation (by Fisher's z)", null=0),
        "ZPCOR",
        RegressionTest,
        partial_fisher_z,
        FISHER_Z,
        references=("fisher1924",),
    ),
    Measure(
        Quantity("semi_partial_correlation", "Semi-partial correlation", null=0),
        "SPCOR",
        RegressionFit,
        semi_partial_correlation,
        references=("aloe2012",),
    ),
)
