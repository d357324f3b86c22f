"""Change from baseline."""

from collections.abc import Iterator
from math import isnan, nan
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from mmstats.effects.coefficient import COEFFICIENT
from mmstats.effects.least_squares import fit
from mmstats.effects.mean_difference import without_offset
from mmstats.errors import NotEstimableError
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Accepts, Binary, Kind
from mmstats.mixed.unstructured import Participant, fit_unstructured
from mmstats.registry import Level, method
from mmstats.samples import measured

FloatArray = npt.NDArray[np.float64]
Measurement = Annotated[pd.Series, Accepts(Kind.ORDERED, keeps_missing=True)]
ADJUSTED_DIFFERENCE = Quantity("adjusted_mean_difference", "Adjusted mean difference", null=0)
MEAN_CHANGE = Quantity("mean_change", "Mean change from baseline")  # no null: its test compares nobody


@method(title="Change from baseline", references=("liang2000", "kenward1997", "senn2006"))
def change_from_baseline(
    outcome: Measurement,
    baseline: Measurement,
    group: Binary,
    *,
    model: Literal["constrained", "ancova"] = "constrained",
    level: Level = 0.95,
) -> Iterator[Estimate]:
    """Difference of two groups at follow-up, allowing for the baseline; and how much each group changed.

    Both models ask how groups differ at follow-up if they do not at baseline, as in a randomised trial. Where
    groups were not made by chance and differ at baseline, neither answers what caused a difference. Changes
    of one group come without a test, since such tests compare nobody.

    - ``constrained``: the constrained longitudinal model. Both measurements are outcomes, with one mean at
      baseline for both groups and any covariance between them, by restricted maximum likelihood with Kenward
      and Roger's standard errors and degrees of freedom. Who has one measurement only is used too, which is
      right where it is missing at random.
    - ``ancova``: follow-up by group and baseline, by least squares, of those with both measurements.

    Yields ``adjusted_mean_difference``, comparison minus reference; ``mean_change`` of each group (in
    ``ancova`` that of people with the mean baseline); and, for ``ancova``, the ``coefficient`` of the
    baseline.

    Parameters
    ----------
    outcome, baseline : Series of float, shape (n,)
        Measurements of the same participants at follow-up and before, row by row; either may be missing.
    group : Series of category, shape (n,)
        Its first category is the reference.
    model : {"constrained", "ancova"}
    level : float
        Confidence level.

    Raises
    ------
    NotEstimableError
        If a group has fewer than 2 participants with both measurements, a measurement is constant or varies
        a million times less than the other, their covariance is not determined, or values are infinite.

    Notes
    -----
    References: liang2000, kenward1997, senn2006.

    Examples
    --------
    >>> group = pd.Series(pd.Categorical(["HC"] * 6 + ["MS"] * 6))
    >>> before = pd.Series([10.0, 12, 9, 14, 11, 13, 12, 9, 13, 10, 14, 11])
    >>> after = pd.Series([11.0, 12, 10, 13, 12, 14, 15, 11, 15, 14, 17, np.nan])
    >>> found = next(change_from_baseline(after, before, group))
    >>> print(f"{found.estimate:.2f} ({found.conf_low:.2f} to {found.conf_high:.2f}), df {found.df:.1f}")
    2.32 (1.16 to 3.48), df 9.0
    """
    there = [column.notna().to_numpy() for column in (outcome, baseline)]
    compared = np.asarray(group.cat.codes == 1)
    both = there[0] & there[1]
    for code, name in enumerate(group.cat.categories):
        if (have := int((both & (compared == bool(code))).sum())) < 2:
            raise NotEstimableError(
                f"A group needs 2 participants with both measurements; {name!r} has {have}."
            )
    known = [
        measured(column[have], name)
        for column, have, name in zip((outcome, baseline), there, ("outcome", "baseline"), strict=True)
    ]
    after, before = (np.full(len(group), np.nan) for _ in range(2))
    after[there[0]], before[there[1]] = without_offset(*known)
    rows = _ancova if model == "ancova" else _constrained
    names = [str(name) for name in group.cat.categories]
    yield from rows(after, before, compared, names, str(group.name), level)


def _constrained(
    outcome: FloatArray,
    baseline: FloatArray,
    compared: npt.NDArray[np.bool_],
    names: list[str],
    group: str,
    level: float,
) -> Iterator[Estimate]:
    people = []
    order = np.lexsort((outcome, baseline, compared))  # one order of rows, whatever the order given
    for y0, y1, other in zip(baseline[order], outcome[order], compared[order], strict=True):
        occasions = np.flatnonzero(~np.isnan([y0, y1]))
        if len(occasions):
            fixed = np.array([[1.0, 0, 0], [1, 1, float(other)]])[occasions]
            people.append(Participant(occasions, np.array([y0, y1])[occasions], fixed))
    found = fit_unstructured(people, 2)
    partly = sum(len(one.occasions) == 1 for one in people)
    note = f"Participants with one measurement only: {partly}." if partly else ""
    for quantity, term, contrast in (
        (ADJUSTED_DIFFERENCE, f"{group}[{names[1]}]", [0.0, 0, 1]),
        (MEAN_CHANGE, f"{group}[{names[0]}]", [0.0, 1, 0]),
        (MEAN_CHANGE, f"{group}[{names[1]}]", [0.0, 1, 1]),
    ):
        value, error, df = found.combination(np.array(contrast))
        yield _row(quantity, term, value, error, df, level, "kenward-roger", len(people), note)


def _ancova(
    outcome: FloatArray,
    baseline: FloatArray,
    compared: npt.NDArray[np.bool_],
    names: list[str],
    group: str,
    level: float,
) -> Iterator[Estimate]:
    both = ~np.isnan(outcome) & ~np.isnan(baseline)
    order = np.flatnonzero(both)[np.lexsort((outcome[both], baseline[both], compared[both]))]
    y, x, other = outcome[order], baseline[order], compared[order].astype(np.float64)
    middle = float(x.mean())
    matrix = np.column_stack([np.ones(len(y)), other, x - middle])
    found = fit(
        matrix, y, ("intercept", f"{group}[{names[1]}]", "baseline"), intercept=True, covariance="classical"
    )
    left = int((~both).sum())
    note = f"Participants left out, without both measurements: {left}." if left else ""
    for quantity, term, contrast, shift in (
        (ADJUSTED_DIFFERENCE, f"{group}[{names[1]}]", [0.0, 1, 0], 0.0),
        (MEAN_CHANGE, f"{group}[{names[0]}]", [1.0, 0, 0], middle),
        (MEAN_CHANGE, f"{group}[{names[1]}]", [1.0, 1, 0], middle),
        (COEFFICIENT, "baseline", [0.0, 0, 1], 0.0),
    ):
        weights = np.array([contrast])
        value = float(found.values(weights)[0]) - shift
        error = nan if found.problem else float(found.std_errors(weights)[0])
        why = " ".join(filter(None, (note, found.problem)))
        yield _row(quantity, term, value, error, float(found.df), level, "t", len(y), why)


def _row(
    quantity: Quantity,
    term: str,
    value: float,
    error: float,
    df: float,
    level: float,
    way: str,
    n: int,
    note: str,
) -> Estimate:
    if not error > 0:
        reason = "Its standard error is 0: everybody is fitted exactly."
        note = note if note and error != error else f"{note} {reason}".strip()
        return Estimate(
            quantity=quantity, term=term, estimate=value, conf_level=level, interval=way, n=n, note=note
        )
    half, tested = error * float(stats.t.isf((1 - level) / 2, df)), not isnan(quantity.null)
    return Estimate(
        quantity=quantity,
        term=term,
        estimate=value,
        std_error=error,
        conf_low=value - half,
        conf_high=value + half,
        conf_level=level,
        interval=way,
        statistic=value / error if tested else nan,
        df=df,
        p_value=float(2 * stats.t.sf(abs(value) / error, df)) if tested else nan,
        n=n,
        note=note,
    )
