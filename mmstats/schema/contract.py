"""The dictionary as a pandera schema: types, ranges, steps, levels, presence and uniqueness.

pandera sees only frames that were typed here from text, and is never asked to coerce: its coercion turns
1.7 into 1 and "no" into True. Its names stay in this file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mmstats.kind import Kind
from mmstats.variable import Variable

if TYPE_CHECKING:
    from mmstats.schema.dictionary import Schema

_RULES = {"not_nullable": "required", "multiple_fields_uniqueness": "unique-key"}


@dataclass(frozen=True)
class Failure:
    """One value that broke one rule; the key's uniqueness names its first column."""

    row: int
    name: str
    rule: str


def failures(schema: "Schema", frame: pd.DataFrame, columns: Sequence[str]) -> Iterator[Failure]:
    """Yield each value of a typed frame that the dictionary does not allow."""
    import pandera.pandas as pa

    compiled = pa.DataFrameSchema(
        {name: _column(schema.variables[name], key=name in schema.key) for name in columns},
        unique=list(schema.key),
        report_duplicates="exclude_first",
    )
    try:
        compiled.validate(frame[list(columns)], lazy=True)
    except pa.errors.SchemaErrors as failed:
        seen = set()
        for case in failed.failure_cases.to_dict("records"):
            if case["index"] is None:  # a type: the frame was not typed by the dictionary
                raise
            rule = _RULES.get(case["check"], case["check"])
            name = schema.key[0] if rule == "unique-key" else str(case["column"])
            seen.add(Failure(int(case["index"]), name, rule))
        yield from sorted(seen, key=lambda failure: (failure.row, failure.name, failure.rule))


def _column(variable: Variable, *, key: bool) -> Any:
    import pandera.pandas as pa

    dtype: Any = {True: "float64", False: object}[variable.is_number]
    if variable.kind is Kind.DATE:
        dtype = "datetime64[s]"
    elif variable.levels:
        dtype = pd.CategoricalDtype(list(variable.levels), ordered=variable.kind is Kind.ORDINAL)
    checks = []
    if variable.is_number and variable.range != (float("-inf"), float("inf")):
        checks.append(pa.Check.in_range(*variable.range, error="range"))
    if variable.allowed:
        checks.append(pa.Check.isin(variable.allowed, error="allowed"))
    if variable.kind is Kind.COUNT:
        checks.append(pa.Check(lambda values: values % 1 == 0, error="whole-number"))
    return pa.Column(dtype, checks, nullable=not (variable.required or key))
