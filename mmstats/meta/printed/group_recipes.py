"""Means and standard deviations of groups, from medians, standard errors, intervals, changes and tests."""

from collections.abc import Iterator

from mmstats.meta.measures.material import OneMean, PairedMeans, TwoMeans
from mmstats.meta.measures.measure import Measure
from mmstats.meta.printed.converted import Converted, demand, in_order
from mmstats.meta.printed.quartiles import mean_and_sd_from_median
from mmstats.meta.printed.recipe import Recipe, Row, level_of
from mmstats.meta.printed.standard_deviation import (
    correlation_from_sd_of_change,
    sd_from_difference_interval,
    sd_from_f,
    sd_from_interval,
    sd_from_p,
    sd_from_standard_error,
    sd_from_t,
    sd_of_change,
)

SPREADS = (
    ("quartile_1", "quartile_3", "minimum", "maximum"),
    ("quartile_1", "quartile_3"),
    ("minimum", "maximum"),
)
SDS = ("comparison_sd", "reference_sd")
MEANS = ("comparison_mean", "reference_mean")
SIZES = ("comparison_n", "reference_n")


def group_recipes(measure: Measure) -> tuple[Recipe, ...]:
    """Return the ways to columns of a measure that is made of means; the surest first.

    Examples
    --------
    >>> from mmstats.meta.measures import measure
    >>> [recipe.gives for recipe in group_recipes(measure("SMCC"))][-1]
    ('correlation',)
    >>> group_recipes(measure("OR"))
    ()
    """
    if measure.material is TwoMeans:
        return (
            *_group("comparison_", "comparison_n"),
            *_group("reference_", "reference_n"),
            *_change("comparison_"),
            *_change("reference_"),
            *_medians("comparison_", "comparison_n"),
            *_medians("reference_", "reference_n"),
            *_both_sds(measure),
        )
    if measure.material is PairedMeans:
        names = ("before_sd", "after_sd", "change_sd")
        return (
            *_group("after_", "n"),
            *_group("before_", "n"),
            *_medians("after_", "n"),
            *_medians("before_", "n"),
            Recipe(
                ("correlation",),
                names,
                "change",
                lambda row: (correlation_from_sd_of_change(*(row[name] for name in names)),),
            ),
        )
    if measure.material is OneMean:
        return (*_group("", "n"), *_medians("", "n"))
    return ()


def _group(group: str, size: str) -> Iterator[Recipe]:
    """Yield the ways to a group's standard deviation that its mean's precision gives."""
    mean, error, low, high = (f"{group}{name}" for name in ("mean", "std_error", "conf_low", "conf_high"))

    def from_error(row: Row) -> tuple[Converted, ...]:
        return (_of(group, sd_from_standard_error(row[error], int(row[size]))),)

    def from_interval(row: Row) -> tuple[Converted, ...]:
        demand(in_order(**{low: row[low], mean: row[mean], high: row[high]}))
        found = sd_from_interval(row[low], row[high], int(row[size]), level=level_of(row))
        return (_of(group, found),)

    yield Recipe((f"{group}sd",), (mean, error, size), "standard_error_of_mean", from_error)
    yield Recipe((f"{group}sd",), (mean, low, high, size), "interval_of_mean", from_interval, ("conf_level",))


def _medians(group: str, size: str) -> Iterator[Recipe]:
    """Yield the ways to a group's mean and standard deviation from its median."""
    for spread in SPREADS:
        yield Recipe(
            (f"{group}mean", f"{group}sd"),
            (f"{group}median", *(f"{group}{name}" for name in spread), size),
            "median",
            lambda row: tuple(_of(group, each) for each in _from_median(group, size, row)),
        )


def _from_median(group: str, size: str, row: Row) -> tuple[Converted, Converted]:
    pairs = [
        (row[f"{group}{low}"], row[f"{group}{high}"])
        if {f"{group}{low}", f"{group}{high}"} <= row.keys()
        else None
        for low, high in (("quartile_1", "quartile_3"), ("minimum", "maximum"))
    ]
    return mean_and_sd_from_median(
        row[f"{group}median"], int(row[size]), quartiles=pairs[0], extremes=pairs[1]
    )


def _change(group: str) -> Iterator[Recipe]:
    """Yield the ways to the mean change of a group, and to the standard deviation of its changes."""
    before, after = f"{group}before_mean", f"{group}after_mean"
    sds = (f"{group}before_sd", f"{group}after_sd", f"{group}correlation")

    def mean(row: Row) -> tuple[Converted, ...]:
        words = f"mean change from the means before, {row[before]:.15g}, and after, {row[after]:.15g}"
        return (_of(group, Converted(row[after] - row[before], words)),)

    yield Recipe((f"{group}mean",), (before, after), "change", mean)
    yield Recipe(
        (f"{group}sd",),
        sds,
        "change",
        lambda row: (_of(group, sd_of_change(*(row[name] for name in sds))),),
    )


def _both_sds(measure: Measure) -> Iterator[Recipe]:
    """Yield the ways to one standard deviation of both groups from a test of their difference."""

    def with_difference(name: str) -> tuple[str, ...]:
        return (*MEANS, name, *SIZES)

    def sizes(row: Row) -> tuple[int, int]:
        return int(row[SIZES[0]]), int(row[SIZES[1]])

    def difference(row: Row) -> float:
        return row[MEANS[0]] - row[MEANS[1]]

    def twice(found: Converted) -> tuple[Converted, Converted]:
        return found, found

    yield Recipe(
        SDS,
        with_difference("t_value"),
        "t",
        lambda row: twice(sd_from_t(difference(row), row["t_value"], *sizes(row))),
    )
    yield Recipe(
        SDS,
        with_difference("f_value"),
        "f",
        lambda row: twice(sd_from_f(difference(row), row["f_value"], *sizes(row))),
    )
    yield Recipe(
        SDS,
        with_difference("p_value"),
        "p",
        lambda row: twice(sd_from_p(difference(row), row["p_value"], *sizes(row))),
    )
    if measure.name == "mean_difference":

        def from_interval(row: Row) -> tuple[Converted, Converted]:
            low, high = row["conf_low"], row["conf_high"]
            demand(in_order(conf_low=low, difference=difference(row), conf_high=high))
            return twice(sd_from_difference_interval(low, high, *sizes(row), level=level_of(row)))

        yield Recipe(
            SDS, (*MEANS, "conf_low", "conf_high", *SIZES), "interval", from_interval, ("conf_level",)
        )


def _of(group: str, found: Converted) -> Converted:
    """Return a number whose words say whose it is."""
    whose = group.removesuffix("_")
    return Converted(found.value, f"{whose} {found.from_}" if whose else found.from_)
