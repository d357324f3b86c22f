"""Intraclass correlations: the six forms of Shrout and Fleiss, from mean squares of subjects by raters."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, nan

import numpy as np
import numpy.typing as npt
from scipy import stats

from mmstats.estimate import Quantity

FloatArray = npt.NDArray[np.float64]

ICC = Quantity("icc", "Intraclass correlation", null=0)
ROUNDING = 10 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class MeanSquares:
    """The analysis of variance of n subjects by k raters, one rating in each cell.

    Parameters
    ----------
    n, k : int
    subjects, raters, residual, within : float
        `within` is that of raters and residual together: the one-way analysis.
    """

    n: int
    k: int
    subjects: float
    raters: float
    residual: float
    within: float


@dataclass(frozen=True)
class Form:
    """One intraclass correlation, its limits, and the F test that the limits invert.

    `f` is NaN where the residual is zero. `p_value` is two-sided: twice the smaller tail.
    """

    term: str
    estimate: float
    low: float
    high: float
    f: float
    df: float
    df2: float
    p_value: float


def mean_squares(ratings: FloatArray) -> MeanSquares:
    """Return the mean squares of a table; exactly zero where only rounding is left.

    Parameters
    ----------
    ratings : float array, shape (n, k)
        Subjects by raters, at least 2 of each.

    Examples
    --------
    >>> found = mean_squares(np.array([[9.0, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8]]))
    >>> round(found.subjects, 3), round(found.raters, 3), round(found.residual, 3)
    (14.333, 15.222, 1.556)
    """
    n, k = ratings.shape
    shifted = ratings - ratings[0, 0]  # what is left of a common offset is exact, so it costs no digits
    grand, rows, columns = shifted.mean(), shifted.mean(axis=1), shifted.mean(axis=0)
    least = (ROUNDING * float(np.abs(ratings).max())) ** 2

    def square(sum_of_squares: float, df: int) -> float:
        value = float(sum_of_squares) / df
        return value if value > least else 0.0

    residuals = shifted - rows[:, None] - columns[None, :] + grand
    return MeanSquares(
        n=n,
        k=k,
        subjects=square(k * ((rows - grand) ** 2).sum(), n - 1),
        raters=square(n * ((columns - grand) ** 2).sum(), k - 1),
        residual=square((residuals**2).sum(), (n - 1) * (k - 1)),
        within=square(((shifted - rows[:, None]) ** 2).sum(), n * (k - 1)),
    )


def forms(m: MeanSquares, *, level: float) -> Iterator[Form]:
    """Yield the six forms: single ratings first, then means of k raters.

    Limits of forms 1 and 3 are exact for normal data. Those of form 2 use Satterthwaite's degrees of freedom
    at the estimate (0 in its place if it is negative).

    Parameters
    ----------
    m : MeanSquares
        With variation between subjects and within them.
    level : float

    References: shrout1979, mcgraw1996.
    """
    single = [_consistent("ICC(1,1)", m, m.within, m.n * (m.k - 1), level), _agreement(m, level)]
    single.append(_consistent("ICC(3,1)", m, m.residual, (m.n - 1) * (m.k - 1), level))
    yield from single
    yield from (_average(form, m.k) for form in single)


def _consistent(term: str, m: MeanSquares, error: float, df2: int, level: float) -> Form:
    """Return form 1 or 3: subjects against one kind of error."""
    df, half = m.n - 1, (1 - level) / 2

    def correlation(critical: float) -> float:
        return (m.subjects - critical * error) / (m.subjects + (m.k - 1) * critical * error)

    upper, lower = float(stats.f.isf(half, df, df2)), 1 / float(stats.f.isf(half, df2, df))
    return Form(term, correlation(1), correlation(upper), correlation(lower), *_test(m, error, df, df2))


def _agreement(m: MeanSquares, level: float) -> Form:
    """Return form 2, in which differences between raters count as error."""
    n, k, half = m.n, m.k, (1 - level) / 2
    estimate = (m.subjects - m.residual) / (
        m.subjects + (k - 1) * m.residual + k * (m.raters - m.residual) / n
    )
    rho = max(estimate, 0.0)
    by_raters, by_residual = k * rho * m.raters, (n * (1 + (k - 1) * rho) - k * rho) * m.residual
    parts = by_raters**2 / (k - 1) + by_residual**2 / ((n - 1) * (k - 1))
    df, df2 = n - 1, (by_raters + by_residual) ** 2 / parts
    error = k * m.raters + (k * n - k - n) * m.residual
    upper, lower = float(stats.f.isf(half, df, df2)), float(stats.f.isf(half, df2, df))
    low = n * (m.subjects - upper * m.residual) / (upper * error + n * m.subjects)
    high = n * (lower * m.subjects - m.residual) / (error + n * lower * m.subjects)
    return Form("ICC(2,1)", estimate, low, high, *_test(m, m.residual, df, df2))


def _average(form: Form, k: int) -> Form:
    """Return the reliability of the mean of k raters, by Spearman and Brown."""

    def stepped(value: float) -> float:
        rest = 1 + (k - 1) * value
        return k * value / rest if rest > 0 else -inf

    term = form.term.replace(",1", ",k")
    return Form(
        term,
        stepped(form.estimate),
        stepped(form.low),
        stepped(form.high),
        form.f,
        form.df,
        form.df2,
        form.p_value,
    )


def _test(m: MeanSquares, error: float, df: float, df2: float) -> tuple[float, float, float, float]:
    if error == 0:
        return nan, df, df2, nan
    f = m.subjects / error
    tail = min(float(stats.f.sf(f, df, df2)), float(stats.f.cdf(f, df, df2)))
    return f, df, df2, 2 * tail
