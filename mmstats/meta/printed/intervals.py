"""Effects and their variances from confidence intervals: ratios by logarithms, differences as they are."""

from math import inf, isfinite, isinf, log

from scipy import stats

from mmstats.meta.printed.converted import Converted, a_level, above_zero, demand, in_order
from mmstats.meta.printed.standard_deviation import standard_error


def log_ratio_from_interval(
    low: float, high: float, *, ratio: float | None = None, level: float = 0.95
) -> tuple[Converted, Converted]:
    """Return the logarithm of a ratio and its variance.

    Without the ratio itself, it is the geometric mean of the limits.

    Parameters
    ----------
    low, high : float
        The limits of the ratio, not of its logarithm.
    ratio : float, optional
    level : float

    Raises
    ------
    MmstatsError
        If limits are swapped or not positive, or the ratio is outside them.

    Examples
    --------
    >>> effect, variance = log_ratio_from_interval(0.5, 2.0, ratio=1.0)
    >>> effect.value, round(variance.value, 6)
    (0.0, 0.12507)
    """
    given = {"low": low, "ratio": ratio, "high": high} if ratio is not None else {"low": low, "high": high}
    demand(
        above_zero("lower limit", low),
        above_zero("upper limit", high),
        *([above_zero("ratio", ratio)] if ratio is not None else []),
        in_order(**{name: value for name, value in given.items() if value is not None}),
        (low != high, "both limits are equal: an interval has a width."),
        a_level(level),
    )
    words = f"the {100 * level:g} % interval {low:.15g} to {high:.15g}"
    value = log(ratio) if ratio is not None else log(low) / 2 + log(high) / 2
    source = f"the ratio {ratio:.15g}" if ratio is not None else f"the geometric middle of {words}"
    return (
        Converted(value, f"log ratio from {source}"),
        Converted(
            standard_error(log(low), log(high), level) ** 2,
            f"variance of the log ratio from {words} (normal)",
        ),
    )


def difference_from_interval(
    low: float, high: float, *, difference: float | None = None, level: float = 0.95, df: float = inf
) -> tuple[Converted, Converted]:
    """Return a difference, or any effect with a symmetrical interval, and its variance.

    Parameters
    ----------
    low, high : float
    difference : float, optional
        Without it, the middle of the limits.
    level : float
    df : float
        Of the t interval; infinite for a normal one.

    Examples
    --------
    >>> effect, variance = difference_from_interval(-1.0, 3.0)
    >>> effect.value, round(variance.value, 6)
    (1.0, 1.041271)
    """
    given = {"low": low, "difference": difference, "high": high}
    demand(
        in_order(**{name: value for name, value in given.items() if value is not None}),
        (low != high, "both limits are equal: an interval has a width."),
        (isfinite(low) and isfinite(high), "a limit is infinite."),
        above_zero("number of degrees of freedom", min(df, 1e300)),
        a_level(level),
    )
    kind = "normal" if isinf(df) else f"t, {df:g} df"
    words = f"the {100 * level:g} % interval {low:.15g} to {high:.15g}"
    value = difference if difference is not None else low / 2 + high / 2
    source = f"the value {value:.15g} as printed" if difference is not None else f"the middle of {words}"
    return (
        Converted(value, f"difference from {source}"),
        Converted(
            standard_error(low, high, level, df) ** 2, f"variance of the difference from {words} ({kind})"
        ),
    )


def variance_from_p(effect: float, p: float) -> Converted:
    """Return the variance of an effect from its exact two-sided p, by a normal distribution.

    Examples
    --------
    >>> round(variance_from_p(1.96, 0.05).value, 4)
    1.0
    """
    demand(
        (0 < p < 1, f"p is {p:.15g}; an exact p between 0 and 1 is needed."),
        (effect != 0, "the effect is 0: p says nothing of its variance."),
    )
    error = abs(effect) / float(stats.norm.isf(p / 2))
    return Converted(
        error**2, f"variance from the effect {effect:.15g} and its two-sided p = {p:.15g} (normal)"
    )


def variance_from_standard_error(std_error: float) -> Converted:
    """Return the square of a standard error.

    Examples
    --------
    >>> variance_from_standard_error(0.5).value
    0.25
    """
    demand(above_zero("standard error", std_error))
    return Converted(std_error**2, f"variance from the standard error {std_error:.15g}")
