"""What cannot be among the numbers of one study, or does not fit together."""

from collections.abc import Iterator, Mapping
from math import isnan, nan

import numpy as np

from mmstats.meta.measures.material import faults
from mmstats.meta.measures.measure import Measure
from mmstats.meta.problems.printed_result import RESULT, Found, PrintedResult, result_problems


def contradictions(chosen: Measure, row: Mapping[str, float], effect: float = nan) -> Iterator[Found]:
    """Yield every contradiction of a row, with the columns that it lies in.

    What is merely lacking is none, nor is a table that determines no effect.

    Parameters
    ----------
    chosen : Measure
    row : mapping of str to float
        The numbers that there are: the measure's columns, those of a printed result, ``direction`` (above or
        below 0).
    effect : float
        What the measure's columns give, on the scale of pooling; NaN if nothing.

    Examples
    --------
    >>> from mmstats.meta.measures import measure
    >>> list(contradictions(measure("MD"), {"estimate": 2.0, "direction": -1.0}))
    [(('estimate', 'direction'), 'The estimate 2 is above 0, no effect, but its direction is negative.')]
    """
    own = {name: value for name, value in row.items() if name not in (*RESULT, "direction")}
    yield from faults(own)
    printed = PrintedResult.of(row)
    yield from result_problems(chosen, printed)
    yield from _directions(chosen, row)
    yield from _against_groups(chosen, printed, row.get("direction", nan), effect)


def _directions(chosen: Measure, row: Mapping[str, float]) -> Iterator[Found]:
    """Yield what has another sign than the direction says."""
    null = chosen.quantity.null
    said = np.sign(row.get("direction", nan))
    for name, none in (("estimate", null), ("statistic", 0.0)):
        value = row.get(name, nan)
        if np.sign(value - none) * said < 0:
            yield (
                (name, "direction"),
                f"The {name} {value:.15g} is {'above' if value > none else 'below'} {none:g}, no effect, but "
                f"its direction is {'positive' if said > 0 else 'negative'}.",
            )


def _against_groups(
    chosen: Measure, printed: PrintedResult, direction: float, effect: float
) -> Iterator[Found]:
    """Yield what is printed of the result and lies on the other side of no effect than the groups do."""
    null = chosen.quantity.null
    if isnan(effect) or isnan(null):
        return
    value = float(chosen.scale.back(effect)) if not chosen.scale.size else effect
    computed = np.sign(effect - chosen.null)
    for name, side, said in (
        ("estimate", printed.estimate - null, f"The estimate is printed as {printed.estimate:.15g}"),
        ("statistic", printed.statistic, f"The statistic is printed as {printed.statistic:.15g}"),
        ("direction", direction, f"The direction is {'positive' if direction > 0 else 'negative'}"),
    ):
        if np.sign(side) * computed < 0:
            yield (
                (name, *chosen.columns),
                f"{said}, but the groups give {value:.4g}, on the other side of {null:g}: are the groups, or "
                "is the direction of the scale, swapped?",
            )
