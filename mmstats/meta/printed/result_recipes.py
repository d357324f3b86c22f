"""Effects from what a paper prints of the comparison: a test, an estimate with its precision, an interval."""

from collections.abc import Iterator
from math import inf, isfinite, sqrt

import numpy as np

from mmstats.meta.measures.material import TwoMeans
from mmstats.meta.measures.measure import Measure
from mmstats.meta.measures.scales import Scale
from mmstats.meta.printed.converted import Converted, Direction, demand, t_from_p
from mmstats.meta.printed.group_recipes import MEANS, SDS, SIZES
from mmstats.meta.printed.intervals import (
    difference_from_interval,
    log_ratio_from_interval,
    variance_from_p,
    variance_from_standard_error,
)
from mmstats.meta.printed.recipe import Recipe, Row, is_size, level_of

EFFECT = ("effect", "variance")
IN_STANDARD_DEVIATIONS = frozenset(
    {
        "standardised_mean_difference",
        "odds_ratio_from_means_logistic",
        "odds_ratio_from_means_normal",
        "point_biserial_correlation",
        "biserial_correlation",
    }
)  # functions of the groups' sizes and of the difference in pooled standard deviations alone


def result_recipes(measure: Measure) -> tuple[Recipe, ...]:
    """Return the ways to a measure's effect from a printed comparison; the surest first.

    Effects whose scale depends on a size have none: their studies must give the numbers themselves.

    Examples
    --------
    >>> from mmstats.meta.measures import measure
    >>> [recipe.way for recipe in result_recipes(measure("OR"))]
    ['estimate', 'interval', 'interval', 't', 'f', 'p']
    """
    return (*_tests(measure), *([] if measure.scale.size else _estimates(measure)))


def _tests(measure: Measure) -> Iterator[Recipe]:
    """Yield the ways from a test of two means: groups with that t, and a standard deviation of 1."""
    if measure.material is not TwoMeans or measure.name not in IN_STANDARD_DEVIATIONS:
        return
    gives = (*MEANS, *SDS)

    def from_t(row: Row) -> tuple[Converted, ...]:
        return _groups(row, row["t_value"], f"t = {row['t_value']:.15g}")

    def from_f(row: Row) -> tuple[Converted, ...]:
        f_value, sign = row["f_value"], _direction(row)
        demand((0 <= f_value < inf, f"F is {f_value:.15g}; it is 0 or more, and finite."))
        t_value = sqrt(f_value) if sign == "positive" else -sqrt(f_value)
        return _groups(row, t_value, f"F = {f_value:.15g} and a {sign} sign")

    def from_p(row: Row) -> tuple[Converted, ...]:
        p, sign = row["p_value"], _direction(row)
        t_value = t_from_p(p, row[SIZES[0]] + row[SIZES[1]] - 2, "two-sided", sign)
        return _groups(row, t_value, f"the two-sided p = {p:.15g} and a {sign} sign")

    yield Recipe(gives, ("t_value", *SIZES), "t", from_t)
    yield Recipe(gives, ("f_value", "direction", *SIZES), "f", from_f)
    yield Recipe(gives, ("p_value", "direction", *SIZES), "p", from_p)


def _groups(row: Row, t_value: float, source: str) -> tuple[Converted, ...]:
    first, second = row[SIZES[0]], row[SIZES[1]]
    demand((isfinite(t_value), f"t is {t_value:.15g}; it is finite."))
    words = f"effect from {source}, n = {first:g} and {second:g}, supposing equal variances"
    difference = t_value * sqrt(1 / first + 1 / second)
    return tuple(Converted(value, words) for value in (difference, 0.0, 1.0, 1.0))


def _direction(row: Row) -> Direction:
    return "positive" if row["direction"] > 0 else "negative"


def _estimates(measure: Measure) -> Iterator[Recipe]:
    """Yield the ways from an estimate, on its natural scale, and what tells its precision."""
    scale = measure.scale

    def from_error(row: Row) -> tuple[Converted, ...]:
        return _estimate(scale, row), variance_from_standard_error(row["std_error"])

    def from_interval(row: Row) -> tuple[Converted, ...]:
        return _from_interval(measure, row)

    def from_t(row: Row) -> tuple[Converted, ...]:
        return _from_t(scale, row, row["t_value"], f"its statistic {row['t_value']:.15g}")

    def from_f(row: Row) -> tuple[Converted, ...]:
        f_value = row["f_value"]
        demand((0 < f_value < inf, f"F is {f_value:.15g}; it is above 0, and finite."))
        effect = _estimate(scale, row).value - measure.null
        return _from_t(
            scale, row, sqrt(f_value) if effect >= 0 else -sqrt(f_value), f"its F = {f_value:.15g}"
        )

    def from_p(row: Row) -> tuple[Converted, ...]:
        effect, p, df = _estimate(scale, row), row["p_value"], _df(measure, row)
        if isfinite(df):
            t_value = t_from_p(p, df, "two-sided", "positive" if effect.value >= 0 else "negative")
            return _from_t(scale, row, t_value, f"its two-sided p = {p:.15g} (t, {df:g} df)")
        return effect, variance_from_p(effect.value, p)

    interval = ("conf_low", "conf_high")
    sizes = SIZES if measure.name == "mean_difference" else ()
    yield Recipe(EFFECT, ("estimate", "std_error"), "estimate", from_error)
    yield Recipe(EFFECT, ("estimate", *interval), "interval", from_interval, ("conf_level", *sizes))
    yield Recipe(EFFECT, interval, "interval", from_interval, ("conf_level", *sizes))
    if measure.null == 0 and "t_value" not in measure.columns:
        yield Recipe(EFFECT, ("estimate", "t_value"), "t", from_t)
        yield Recipe(EFFECT, ("estimate", "f_value"), "f", from_f)
        yield Recipe(EFFECT, ("estimate", "p_value"), "p", from_p, sizes)


def _estimate(scale: Scale, row: Row) -> Converted:
    value = _scaled(scale, row["estimate"])
    demand(
        (isfinite(value), f"the estimate {row['estimate']:.15g} has no place on the scale '{scale.name}'.")
    )
    printed = f"the estimate {row['estimate']:.15g} as printed"
    return Converted(value, f"effect from {printed}{_on(scale)}")


def _from_interval(measure: Measure, row: Row) -> tuple[Converted, ...]:
    low, high, level = row["conf_low"], row["conf_high"], level_of(row)
    if measure.scale.name == "log":
        return log_ratio_from_interval(low, high, ratio=row.get("estimate"), level=level)
    if measure.scale.name == "identity":
        df = _df(measure, row)
        pair = difference_from_interval(low, high, difference=row.get("estimate"), level=level, df=df)
        return tuple(Converted(one.value, one.from_.replace("difference", "effect", 1)) for one in pair)
    ends = [_scaled(measure.scale, end) for end in (low, high)]
    middle = _estimate(measure.scale, row).value if "estimate" in row else None
    found = difference_from_interval(ends[0], ends[1], difference=middle, level=level)
    printed = f"{100 * level:g} % interval {low:.15g} to {high:.15g}{_on(measure.scale)}"
    source = f"the estimate {row['estimate']:.15g}" if "estimate" in row else f"the middle of the {printed}"
    return (
        Converted(found[0].value, f"effect from {source}"),
        Converted(found[1].value, f"variance of the effect from the {printed} (normal)"),
    )


def _from_t(scale: Scale, row: Row, t_value: float, source: str) -> tuple[Converted, ...]:
    effect = _estimate(scale, row)
    demand(
        (t_value != 0 and isfinite(t_value), f"t is {t_value:.15g}: it says nothing of the spread."),
        (effect.value != 0, "the estimate is that of no effect: a test says nothing of its spread."),
        (
            t_value * effect.value >= 0,
            f"the estimate and t = {t_value:.15g} are on different sides of no effect.",
        ),
    )
    return effect, Converted((effect.value / t_value) ** 2, f"variance of the effect from {source}")


def _df(measure: Measure, row: Row) -> float:
    """Return the degrees of freedom of a difference of means, where the groups' sizes are known."""
    sizes = [row[name] for name in SIZES if name in row and is_size(row[name])]
    return sum(sizes) - 2 if measure.name == "mean_difference" and len(sizes) == 2 and sum(sizes) > 2 else inf


def _scaled(scale: Scale, value: float) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(scale.forward(np.array([value]), float("nan"))[0])


def _on(scale: Scale) -> str:
    if scale.name == "identity":
        return ""
    return ", by its logarithm" if scale.name == "log" else f", on the scale '{scale.name}'"
