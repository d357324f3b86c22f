"""Standard deviations from standard errors, intervals and tests, and of changes from a correlation."""

from math import inf, isinf, sqrt

from scipy import stats

from mmstats.meta.printed.converted import (
    Alternative,
    Converted,
    a_level,
    above_zero,
    demand,
    in_order,
    participants,
    t_from_p,
)


def sd_from_standard_error(std_error: float, n: int) -> Converted:
    """Return the standard deviation of n values from the standard error of their mean.

    Examples
    --------
    >>> sd_from_standard_error(0.5, 16)
    Converted(value=2.0, from_='standard deviation from the standard error 0.5 of a mean, n = 16')
    """
    demand(above_zero("standard error", std_error), participants("n", n, least=2))
    return Converted(
        std_error * sqrt(n), f"standard deviation from the standard error {std_error:.15g} of a mean, n = {n}"
    )


def sd_from_interval(low: float, high: float, n: int, *, level: float = 0.95) -> Converted:
    """Return the standard deviation of n values from the t interval of their mean.

    Examples
    --------
    >>> round(sd_from_interval(3.9343, 6.0657, 16).value, 3)
    2.0
    """
    demand(participants("n", n, least=2), a_level(level), in_order(low=low, high=high), _wide(low, high))
    error = standard_error(low, high, level, n - 1)
    return Converted(
        error * sqrt(n),
        f"standard deviation from the {100 * level:g} % interval {low:.15g} to {high:.15g} of a mean, "
        f"n = {n} (t, {n - 1} df)",
    )


def sd_from_difference_interval(
    low: float, high: float, n1: int, n2: int, *, level: float = 0.95
) -> Converted:
    """Return the standard deviation within two groups from the t interval of the difference of their means.

    Examples
    --------
    >>> round(sd_from_difference_interval(-0.4, 2.4, 20, 20).value, 4)
    2.1869
    """
    demand(*_two(n1, n2), a_level(level), in_order(low=low, high=high), _wide(low, high))
    error = standard_error(low, high, level, n1 + n2 - 2)
    return Converted(
        error / sqrt(1 / n1 + 1 / n2),
        f"standard deviation within groups from the {100 * level:g} % interval {low:.15g} to {high:.15g} "
        f"of the difference of means, n = {n1} and {n2} (t, {n1 + n2 - 2} df)",
    )


def sd_from_t(mean_difference: float, t_value: float, n1: int, n2: int) -> Converted:
    """Return the standard deviation within two groups from Student's t of the difference of their means.

    Raises
    ------
    MmstatsError
        If the difference or t is 0, or their signs differ.

    Examples
    --------
    >>> round(sd_from_t(2.0, 2.5, 20, 20).value, 6)
    2.529822
    """
    demand(
        *_two(n1, n2),
        (t_value != 0, "t is 0: it says nothing of the spread."),
        (mean_difference != 0, "the difference of means is 0: it says nothing of the spread."),
        (
            t_value * mean_difference >= 0,
            f"the difference is {mean_difference:.15g}, but t is {t_value:.15g}: their signs differ.",
        ),
    )
    return Converted(
        mean_difference / t_value / sqrt(1 / n1 + 1 / n2),
        f"standard deviation within groups from the difference of means {mean_difference:.15g} and its "
        f"t = {t_value:.15g}, n = {n1} and {n2}",
    )


def sd_from_f(mean_difference: float, f_value: float, n1: int, n2: int) -> Converted:
    """Return the standard deviation within two groups from the F of their comparison (1 numerator df).

    Examples
    --------
    >>> round(sd_from_f(-2.0, 6.25, 20, 20).value, 6)
    2.529822
    """
    demand(*_two(n1, n2), above_zero("F", f_value))
    root = sqrt(f_value) if mean_difference >= 0 else -sqrt(f_value)
    found = sd_from_t(mean_difference, root, n1, n2)
    return Converted(
        found.value,
        f"standard deviation within groups from the difference of means {mean_difference:.15g} and its "
        f"F = {f_value:.15g} (1 and {n1 + n2 - 2} df), n = {n1} and {n2}",
    )


def sd_from_p(
    mean_difference: float, p: float, n1: int, n2: int, *, alternative: Alternative = "two-sided"
) -> Converted:
    """Return the standard deviation within two groups from the exact p of Student's t test.

    Examples
    --------
    >>> round(sd_from_p(2.0, 0.0168535, 20, 20).value, 4)
    2.5298
    """
    demand(*_two(n1, n2))
    direction = "positive" if mean_difference >= 0 else "negative"
    t_value = t_from_p(p, n1 + n2 - 2, alternative, "positive" if direction == "positive" else "negative")
    found = sd_from_t(mean_difference, t_value, n1, n2)
    return Converted(
        found.value,
        f"standard deviation within groups from the difference of means {mean_difference:.15g} and its "
        f"{alternative} p = {p:.15g} (t, {n1 + n2 - 2} df), n = {n1} and {n2}",
    )


def sd_of_change(sd_before: float, sd_after: float, correlation: float) -> Converted:
    """Return the standard deviation of changes from those before and after, and their correlation.

    Examples
    --------
    >>> sd_of_change(3.0, 4.0, 0.0).value
    5.0
    """
    demand(
        above_zero("standard deviation before", sd_before),
        above_zero("standard deviation after", sd_after),
        (abs(correlation) <= 1, f"the correlation is {correlation:.15g}; it is between -1 and 1."),
    )
    square = (sd_before - sd_after) ** 2 + 2 * (1 - correlation) * sd_before * sd_after
    return Converted(
        sqrt(square),
        f"standard deviation of changes from those before, {sd_before:.15g}, and after, {sd_after:.15g}, "
        f"and their correlation {correlation:.15g}",
    )


def correlation_from_sd_of_change(sd_before: float, sd_after: float, sd_change: float) -> Converted:
    """Return the correlation of before and after from the three standard deviations.

    Examples
    --------
    >>> correlation_from_sd_of_change(3.0, 4.0, 5.0).value
    0.0
    """
    demand(
        above_zero("standard deviation before", sd_before),
        above_zero("standard deviation after", sd_after),
        above_zero("standard deviation of changes", sd_change),
    )
    r = (sd_before**2 + sd_after**2 - sd_change**2) / (2 * sd_before * sd_after)
    demand((abs(r) <= 1, f"these standard deviations imply a correlation of {r:.4g}, beyond -1 and 1."))
    return Converted(
        r,
        f"correlation from the standard deviations before, {sd_before:.15g}, after, {sd_after:.15g}, and of "
        f"changes, {sd_change:.15g}",
    )


def standard_error(low: float, high: float, level: float, df: float = inf) -> float:
    """Return the standard error that a symmetrical interval has; a normal one if `df` is infinite."""
    tail = (1 - level) / 2
    return (high - low) / (2 * float(stats.norm.isf(tail) if isinf(df) else stats.t.isf(tail, df)))


def _wide(low: float, high: float) -> tuple[bool, str]:
    return low != high, f"both limits are {low:.15g}: an interval has a width."


def _two(n1: int, n2: int) -> tuple[tuple[bool, str], ...]:
    return (
        participants("n of the comparison group", n1),
        participants("n of the reference group", n2),
        (n1 + n2 > 2, "two groups of one have no standard deviation."),
    )
