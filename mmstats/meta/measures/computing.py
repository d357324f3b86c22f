"""Effects of studies from columns of numbers, by the name of a measure."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmstats.errors import MmstatsError, nearest, unknown
from mmstats.meta.measures.material import sound
from mmstats.meta.measures.measure import Effects, Measure

OUT_OF_RANGE = "The numbers are too large or too small to compute with."
NO_VARIANCE = "The variance is 0 by these numbers: the study would have infinite weight."


def named_measure(name: str, measures: Mapping[str, Measure]) -> Measure:
    """Return a measure by its name or its short name.

    Raises
    ------
    MmstatsError
        If there is none, with the nearest names.
    """
    found = measures.get(name) or next((m for m in measures.values() if m.alias == name), None)
    if found is None:
        raise MmstatsError(unknown(name, [*measures, *(m.alias for m in measures.values())], what="measure"))
    return found


def compute(measure: Measure, columns: Mapping[str, npt.ArrayLike], options: Mapping[str, str]) -> Effects:
    """Return the effects of k studies.

    A study whose values cannot be, such as a standard deviation of 0, is not estimable; its note says why.

    Raises
    ------
    MmstatsError
        If columns or options are missing, unknown or of different lengths.
    """
    arrays = _arrays(measure, columns, options)
    clean, notes = sound(arrays)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = measure.compute(measure.material(**clean), **options)
    finite = np.isfinite(found.effects)
    flat, wild = finite & (found.variances <= 0), ~(finite & np.isfinite(found.variances))
    told = tuple(
        note or own or (OUT_OF_RANGE if strange else "")
        for note, own, strange in zip(notes, found.notes, wild, strict=True)
    )
    told = tuple(
        f"{note} {NO_VARIANCE}".strip() if zero else note for note, zero in zip(told, flat, strict=True)
    )
    return Effects(
        np.where(finite, found.effects, np.nan),
        np.where(flat | ~np.isfinite(found.variances), np.nan, found.variances),
        told,
    )


def _arrays(
    measure: Measure, columns: Mapping[str, npt.ArrayLike], options: Mapping[str, str]
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the columns as arrays, after a check of all names at once."""
    problems = [f"The column '{name}' is missing." for name in measure.columns if name not in columns]
    problems += [
        f"There is no column '{name}'.{nearest(name, measure.columns)}"
        for name in columns
        if name not in measure.columns
    ]
    for option, value in options.items():
        if option not in measure.options:
            problems.append(f"There is no option '{option}'.{nearest(option, measure.options)}")
        elif value not in measure.options[option]:
            problems.append(
                f"{option} is {value!r}; it is one of {', '.join(measure.options[option])}."
                f"{nearest(value, measure.options[option])}"
            )
    arrays: dict[str, npt.NDArray[np.float64]] = {}
    for name, values in columns.items():
        try:
            arrays[name] = np.atleast_1d(np.asarray(values, dtype=np.float64))
        except (TypeError, ValueError):
            problems.append(f"The column '{name}' holds something that is not a number.")
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) > 1 for shape in shapes.values()):
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        problems.append(f"All columns have one value for each study, but their shapes are: {told}.")
    if problems:
        raise MmstatsError(
            f"{measure.quantity.label} ({measure.name}) is computed from {', '.join(measure.columns)}.",
            problems,
        )
    return {name: arrays[name] for name in measure.columns}
