"""Events of two groups, pooled over studies, as rows of results."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import nan

import numpy as np
import numpy.typing as npt

from mmstats.count_rows import CountRows, chi_squared_row
from mmstats.counted_studies import CountedStudies, listed
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.meta.measures import Effects
from mmstats.meta.quantities import COCHRAN_Q, PREDICTION_RATIO, STUDY_WEIGHT
from mmstats.meta.rare.common import ChiSquared, Common
from mmstats.meta.rare.pooled import CountsPooled
from mmstats.pooled_rows import own_effect

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
SHOWN = "The row alone is so; what is pooled takes the counts as they are."
CORRECTED = "Studies with a 0 have 1/2 added in this test alone."


def each_study(
    studies: CountedStudies,
    own: Effects,
    quantity: Quantity,
    sizes: FloatArray,
    level: float,
    weights: FloatArray | None,
) -> Iterator[Estimate]:
    """Yield each study's effect with its normal interval, or why it has none, and its weight."""
    for i, term in enumerate(studies.terms):
        n, note = int(sizes[i]), own.notes[i]
        if own.estimable[i]:
            note = f"{note} {SHOWN}" if note else ""
            yield own_effect(quantity, term, float(own.effects[i]), float(own.variances[i]), n, level, note)
        else:
            yield Estimate(quantity=quantity, term=term, estimate=nan, n=n, note=note)
        if weights is not None and np.isfinite(weights[i]):
            yield Estimate(quantity=STUDY_WEIGHT, term=term, estimate=float(weights[i]), n=n)


def average(
    found: Callable[[], Common | CountsPooled], quantity: Quantity, level: float, n: int, note: str
) -> Iterator[Estimate]:
    """Yield the pooled effect, and what a model of counts says besides, or the reason why there is none."""
    try:
        pooled = found()
    except NotEstimableError as error:
        why = " ".join(str(error).split())
        yield Estimate(quantity=quantity, estimate=nan, n=n, note=" ".join(filter(None, [why, note])))
        return
    if isinstance(pooled, CountsPooled):
        rows = CountRows(pooled, _ratio, quantity, PREDICTION_RATIO, level, n, note=note)
        yield from rows.whole()
        yield from rows.heterogeneity()
        return
    base = own_effect(quantity, "", pooled.estimate, pooled.std_error**2, n, level, note)
    yield replace(base, statistic=pooled.statistic + 0.0, p_value=pooled.p_value)


def homogeneity_row(quantity: Quantity, test: Callable[[], ChiSquared], count: int) -> Estimate:
    """Return the row of a test of one true effect, or the reason why there is none."""
    try:
        return chi_squared_row(quantity, test(), count)
    except NotEstimableError as error:
        return Estimate(quantity=quantity, estimate=nan, n=count, note=" ".join(str(error).split()))


def about(own: Effects, common: Callable[[], Common]) -> Estimate:
    """Return Cochran's Q of the studies' own effects about a common one."""
    count = int(own.estimable.sum())

    def test() -> ChiSquared:
        if count < 2:
            raise NotEstimableError(f"{count} of the studies has an effect of its own; to differ takes two.")
        away = own.effects[own.estimable] - common().estimate
        return ChiSquared(float((away**2 / own.variances[own.estimable]).sum()), count - 1)

    found = homogeneity_row(COCHRAN_Q, test, count)
    corrected = any(note and known for note, known in zip(own.notes, own.estimable, strict=True))
    return replace(found, note=CORRECTED) if corrected and not found.note else found


def silent(studies: CountedStudies, informative: BoolArray, quantity: Quantity, why: str) -> str:
    """Return which studies say nothing of the effect, and why; empty if all do."""
    names = [name for name, speaks in zip(studies.names, informative, strict=True) if not speaks]
    if not names:
        return ""
    many = len(names) > 1
    return (
        f"{len(names)} of {len(studies.names)} studies {'say' if many else 'says'} nothing of the "
        f"{quantity.label.lower()}, {why}: {listed(names)}."
    )


def _ratio(logarithm: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(logarithm))
