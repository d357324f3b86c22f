"""Whether a printed estimate, its interval, its statistic and its p agree with each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isnan, nan

import numpy as np

from mmstats.meta.measures.measure import Measure

RESULT = (
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "conf_level",
    "statistic",
    "p_value",
    "p_greater",
    "p_less",
)
ASYMMETRY = 0.1  # of half an interval, beyond what rounding explains

Found = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class PrintedResult:
    """What a paper says of one effect, on its natural scale; NaN where it says nothing.

    Parameters
    ----------
    estimate, std_error, conf_low, conf_high : float
    conf_level : float
        0.95 unless said.
    statistic : float
        A t or z.
    p_value : float
        Two-sided.
    p_greater, p_less : float
        One-sided: that the effect is above, or below, none.
    """

    estimate: float = nan
    std_error: float = nan
    conf_low: float = nan
    conf_high: float = nan
    conf_level: float = 0.95
    statistic: float = nan
    p_value: float = nan
    p_greater: float = nan
    p_less: float = nan

    @classmethod
    def of(cls, values: Mapping[str, float]) -> "PrintedResult":
        """Return the result among a row's values."""
        return cls(**{name: values[name] for name in RESULT if not isnan(values.get(name, nan))})


def result_problems(measure: Measure, printed: PrintedResult) -> Iterator[Found]:
    """Yield every contradiction within a printed result, with its columns.

    Examples
    --------
    >>> from mmstats.meta.measures import measure
    >>> printed = PrintedResult(estimate=2, conf_low=3, conf_high=1)
    >>> for columns, text in result_problems(measure("MD"), printed):
    ...     print(text)
    The limits are swapped: 3 is above 1.
    """
    yield from _values(measure, printed)
    swapped = printed.conf_low > printed.conf_high
    if swapped:
        yield (
            ("conf_low", "conf_high"),
            f"The limits are swapped: {printed.conf_low:.15g} is above {printed.conf_high:.15g}.",
        )
    low, high = (
        sorted((printed.conf_low, printed.conf_high)) if swapped else (printed.conf_low, printed.conf_high)
    )
    if printed.estimate < low or printed.estimate > high:
        yield (
            ("estimate", "conf_low", "conf_high"),
            f"The estimate {printed.estimate:.15g} is outside its interval, {low:.15g} to {high:.15g}.",
        )
    else:
        yield from _asymmetry(measure, printed.estimate, low, high)
    yield from _signs(measure, printed)
    yield from _interval_and_p(measure, printed, low, high)


def _values(measure: Measure, printed: PrintedResult) -> Iterator[Found]:
    for name in RESULT:
        value = getattr(printed, name)
        if np.isinf(value):
            yield (name,), f"{name} is infinite."
        elif name.startswith("p_") and not (isnan(value) or 0 <= value <= 1):
            yield (name,), f"{name} is {value:.15g}; a p value is between 0 and 1."
        elif name.startswith("p_") and value == 0:
            yield (name,), f"{name} is 0: a p value is above 0; it may be below what was printed."
        elif name == "std_error" and value <= 0:
            yield (name,), f"std_error is {value:.15g}; a standard error is above 0."
        elif name == "conf_level" and not 0 < value < 1:
            yield (name,), f"conf_level is {value:.15g}; it is between 0 and 1, such as 0.95."
        elif measure.quantity.ratio and name in ("estimate", "conf_low", "conf_high") and value <= 0:
            yield (name,), f"{name} is {value:.15g}; a ratio is above 0 (is it a logarithm?)."


def _scaled(measure: Measure, *values: float) -> list[float]:
    """Return values on the scale of pooling; as they are if the way there depends on a size."""
    if measure.scale.size:
        return list(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        return [float(each) for each in measure.scale.forward(np.array(values, dtype=np.float64), nan)]


def _asymmetry(measure: Measure, estimate: float, low: float, high: float) -> Iterator[Found]:
    """Yield if the estimate is not in the middle of its interval where it is pooled, but for rounding."""
    off, half = _off_middle(_scaled(measure, estimate, low, high), measure, (estimate, low, high))
    if not half > 0 or not off > ASYMMETRY * half:
        return
    text = (
        f"The estimate {estimate:.15g} is not in the middle of its interval, {low:.15g} to {high:.15g}, "
        f"on the scale '{measure.scale.name}': after rounding it is off by {100 * off / half:.0f} % "
        "of half the width. A misprint, another scale, or an interval of another kind."
    )
    if measure.scale.name != "identity":
        plain, width = abs(estimate - (low + high) / 2), (high - low) / 2
        if plain <= ASYMMETRY * width:
            text += " On the scale on which it is printed it is symmetrical."
    yield ("estimate", "conf_low", "conf_high"), text


def _off_middle(scaled: list[float], measure: Measure, values: tuple[float, ...]) -> tuple[float, float]:
    """Return how far the first value is from the others' middle, beyond rounding, and half their distance."""
    middle, half = (scaled[1] + scaled[2]) / 2, (scaled[2] - scaled[1]) / 2
    if not np.isfinite([middle, half, scaled[0]]).all():
        return nan, nan
    unit = 10.0 ** -max(_decimals(value) for value in values) / 2
    above = _scaled(measure, *(value + unit for value in values))
    below = _scaled(measure, *(value - unit for value in values))
    play = [max(abs(up - at), abs(at - down)) for up, at, down in zip(above, scaled, below, strict=True)]
    allowed = play[0] + (play[1] + play[2]) / 2
    return (abs(scaled[0] - middle) - allowed if np.isfinite(allowed) else 0.0), half


def _decimals(value: float) -> int:
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _signs(measure: Measure, printed: PrintedResult) -> Iterator[Found]:
    null = measure.quantity.null
    side = np.sign(printed.estimate - null)
    if isnan(side) or side == 0:
        return
    told = (
        f"The estimate {printed.estimate:.15g} is {'above' if side > 0 else 'below'} {null:g}, no effect, but"
    )
    if np.sign(printed.statistic) == -side:
        yield (
            ("estimate", "statistic"),
            f"{told} its statistic is {printed.statistic:.15g}: the signs contradict.",
        )
    for name, way in (("p_greater", 1), ("p_less", -1)):
        p = getattr(printed, name)
        if (p < 0.5 and side == -way) or (p > 0.5 and side == way):
            yield ("estimate", name), f"{told} {name} is {p:.15g}: the one-sided p is of the other side."


def _interval_and_p(measure: Measure, printed: PrintedResult, low: float, high: float) -> Iterator[Found]:
    null, alpha = measure.quantity.null, 1 - printed.conf_level
    if any(isnan(each) for each in (null, low, high, printed.p_value)) or null in (low, high):
        return
    excluded = null < low or null > high
    if (excluded and printed.p_value > alpha + 1e-12) or (not excluded and printed.p_value < alpha - 1e-12):
        yield (
            ("conf_low", "conf_high", "p_value"),
            f"The {100 * printed.conf_level:g} % interval {low:.15g} to {high:.15g} "
            f"{'leaves out' if excluded else 'holds'} {null:g}, no effect, but p is {printed.p_value:.15g}: "
            "they contradict, unless they come from different methods.",
        )
