"""One cohort's own variables become the shared ones, as its map says."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mmstats.cohort import Cohort
from mmstats.harmonise.plan import CohortSource, Mapped, PoolingPlan
from mmstats.harmonise.scales import scaled
from mmstats.kind import Kind
from mmstats.raw_table import RawTable
from mmstats.schema import Schema, Variable
from mmstats.violation import Violation


@dataclass(frozen=True)
class MappedCohort:
    """A cohort in the shared variables.

    Parameters
    ----------
    name : str
    frame, reasons : DataFrame
        A row for each participant, in the order of the file; a column for each shared variable. Reasons say
        why a value is missing.
    rows : tuple of int
        The row of the file that each participant has.
    unscaled : DataFrame
        Values before instruments meet: what people are recognised by.
    words : dict of str to str
        What was done to the values of each variable.
    """

    name: str
    frame: pd.DataFrame
    reasons: pd.DataFrame
    rows: tuple[int, ...]
    unscaled: pd.DataFrame
    words: dict[str, str] = field(default_factory=dict)

    def without(self, drop: pd.Series) -> "MappedCohort":
        """Return the cohort without some participants, and on the scales that it had with them."""
        kept = ~drop.to_numpy(dtype=bool)
        rows = tuple(row for row, keep in zip(self.rows, kept, strict=True) if keep)
        return MappedCohort(
            self.name, self.frame[kept], self.reasons[kept], rows, self.unscaled[kept], self.words
        )


def map_cohort(
    source: CohortSource, cohort: Cohort, rows: dict[str, int], shared: Schema, plan: PoolingPlan
) -> MappedCohort:
    """Return a cohort in the shared variables; the mapping has no problems.

    Parameters
    ----------
    source : CohortSource
    cohort : Cohort
        In its own variables, after its own exclusions.
    rows : dict of str to int
        The row of the file that each participant has.
    shared : Schema
    plan : PoolingPlan

    Raises
    ------
    CohortError
        If a variable cannot be standardised.
    """
    order = sorted(cohort.frame.index, key=lambda who: rows[who])
    own, why = cohort.frame.loc[order], cohort.reasons.loc[order]
    columns, reasons, words = {}, {}, {}
    for name, variable in shared.variables.items():
        if name == plan.unit:
            continue
        one = source.of[name]
        if one.absent:
            columns[name] = _nothing(variable, own.index)
            reasons[name] = pd.Series(f"not in this cohort: {one.absent}", own.index, dtype=object)
            continue
        columns[name] = _values(one, own[one.source], variable)
        reasons[name] = why[one.source]
        words[name] = in_words(one)
    unscaled = pd.DataFrame(columns, index=own.index)
    frame = unscaled.copy()
    for scale in plan.scales:
        if not source.of[scale.variable].absent:
            instrument = source.of[scale.variable].instrument
            values, told = scaled(scale, unscaled, instrument, source.name)
            frame[scale.variable] = values
            words[scale.variable] = "; ".join(filter(None, (words[scale.variable], told)))
    return MappedCohort(
        source.name,
        frame,
        pd.DataFrame(reasons, index=own.index),
        tuple(rows[who] for who in order),
        unscaled,
        words,
    )


def _values(one: Mapped, own: pd.Series, shared: Variable) -> pd.Series:
    if shared.levels:
        becomes = one.codes or {level: level for level in shared.levels}
        text = own.astype(object).map(lambda level: becomes.get(level), na_action="ignore")
        ordered = shared.kind is Kind.ORDINAL
        return pd.Series(pd.Categorical(text, categories=list(shared.levels), ordered=ordered), own.index)
    return own.astype(float) * one.multiply + one.add if one.converts else own


def _nothing(variable: Variable, index: pd.Index) -> pd.Series:
    if variable.levels:
        ordered = variable.kind is Kind.ORDINAL
        empty = pd.Categorical([None] * len(index), categories=list(variable.levels), ordered=ordered)
        return pd.Series(empty, index)
    if variable.kind is Kind.DATE:
        return pd.Series(np.full(len(index), "NaT", dtype="datetime64[s]"), index)
    return pd.Series(
        np.nan if variable.is_number else None, index, dtype=float if variable.is_number else object
    )


def in_words(one: Mapped) -> str:
    """Return what is done to a variable's values, in words; nothing if they stay."""
    if one.codes:
        return ", ".join(f"{code} is {level}" for code, level in one.codes.items())
    if not one.converts:
        return ""
    times = f"times {one.multiply:g}" if one.multiply != 1 else ""
    plus = f"{'plus' if one.add > 0 else 'less'} {abs(one.add):g}" if one.add else ""
    return f"{one.unit}: {', '.join(filter(None, (times, plus)))}"


def shared_violations(
    mapped: MappedCohort, source: CohortSource, shared: Schema, unit: str
) -> list[Violation]:
    """Return what the mapped values have that the shared dictionary does not allow.

    They are written as text and read again, so that every rule of dictionaries is held against them.
    """
    there = [name for name in mapped.frame if not source.of[str(name)].absent]
    cells = {shared.variables[unit].column: pd.Series(list(mapped.frame.index), dtype=object)}
    reasons = {}
    first = 2
    for name in there:
        variable = shared.variables[str(name)]
        texts = [_text(value, variable) for value in mapped.frame[name]]
        cells[variable.column] = pd.Series(texts, dtype=object)
        for row, text, why in zip(mapped.rows, texts, mapped.reasons[name], strict=True):
            if not text:
                reasons[row - first, variable.column] = why or "empty"
    frame = pd.DataFrame(cells).set_axis([row - first for row in mapped.rows], axis=0)
    raw = RawTable(name=f"{mapped.name}, as mapped", frame=frame, first_row=first, reasons=reasons)
    found = shared.validate(raw).violations
    return [one for one in found if one.rule != "missing-column"]


def _text(value: object, variable: Variable) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if variable.levels:
        written = {level: code for code, level in variable.codes.items()}
        return written.get(str(value), str(value))
    if variable.is_number:
        return repr(float(value))  # type: ignore[arg-type]
    if variable.kind is Kind.DATE:
        return str(pd.Timestamp(value).date())  # type: ignore[arg-type]
    return str(value)
