"""Holding a table against its dictionary."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mmstats.errors import nearest
from mmstats.kind import Kind
from mmstats.raw_table import RawTable
from mmstats.schema.cells import Cell, read_cell
from mmstats.schema.checked import Checked, CheckedTable
from mmstats.schema.contract import failures
from mmstats.schema.describing import describe_broken_rule, describe_failure
from mmstats.schema.scale import shifted_scales
from mmstats.variable import Variable
from mmstats.violation import Severity, Violation, ordered

if TYPE_CHECKING:
    from mmstats.schema.dictionary import Schema

NAMED_ALONE = 10
LISTED = 1_000


class _Tally:
    """Lets through the first findings of each rule in each column, and counts the rest."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[tuple[str, ...], str, Severity]] = Counter()

    def admits(self, columns: tuple[str, ...], rule: str, severity: Severity = "error") -> bool:
        self.seen[columns, rule, severity] += 1
        return self.seen[columns, rule, severity] <= LISTED

    def rest(self, table: str) -> Iterator[Violation]:
        for (columns, rule, severity), number in self.seen.items():
            if number > LISTED:
                yield Violation(
                    table=table,
                    column=columns[0] if len(columns) == 1 else "",
                    columns=columns if len(columns) > 1 else (),
                    rule=rule,
                    message=f"{number - LISTED:,} more rows, beyond the first {LISTED:,}, break this rule.",
                    suggestion="Correct the dictionary, or the file: they are too many to settle singly.",
                    severity=severity,
                    acceptable=False,
                    count=number - LISTED,
                )


def check(schema: "Schema", raw: RawTable) -> Checked:
    """Return the table with the declared types, and everything in it that the dictionary does not allow."""
    found = list(_columns(schema, raw))
    present = {name: v for name, v in schema.variables.items() if v.column in raw.frame.columns}
    if not set(schema.key) <= set(present):
        return Checked(None, ordered(found))
    cells = {name: _cells(raw, variable) for name, variable in present.items()}
    rows = raw.rows
    keys = dict(zip(rows, _keys(schema, raw), strict=True))
    tally = _Tally()
    for name, read in cells.items():
        found += _unreadable(raw, present[name], read, keys, tally)
    table = _typed(schema, raw, cells)
    unreadable = {
        (row, present[name].column)
        for name, read in cells.items()
        for row, cell in zip(rows, read, strict=True)
        if cell.rule
    }
    blank = table.frame[list(schema.key)].isna().any(axis=1)
    empty_key = set(table.frame.index[blank])
    first_rows = _first_rows(schema, table)
    for failure in failures(schema, table.frame, list(present)):
        variable = schema.variables[failure.name]
        repeated = failure.rule == "unique-key"
        if (repeated and failure.row in empty_key) or (failure.row, variable.column) in unreadable:
            continue
        decided = (failure.row - raw.first_row, variable.column) in raw.reasons
        if failure.rule == "required" and decided and failure.name not in schema.key:
            continue
        if tally.admits((variable.column,), failure.rule):
            text = _text(raw, failure.row)
            found.append(describe_failure(table, variable, failure, text, keys, first_rows))
    for rule in schema.rules:
        if set(rule.rule.names) <= set(present):
            broken = ~rule.rule.evaluate(table.frame)
            headings = tuple(schema.variables[name].column for name in rule.rule.names)
            for row in table.frame.index[broken.fillna(False).to_numpy(dtype=bool)]:
                if tally.admits(headings, rule.name, rule.severity):
                    found.append(describe_broken_rule(table, rule, int(row), _text(raw, int(row)), keys))
    found += tally.rest(raw.name)
    found += shifted_scales(table)
    return Checked(table, ordered(found))


def _first_rows(schema: "Schema", table: CheckedTable) -> dict[tuple[object, ...], int]:
    """Return the first row that has each key."""
    rows: dict[tuple[object, ...], int] = {}
    for row, key in zip(
        table.frame.index, table.frame[list(schema.key)].itertuples(index=False), strict=True
    ):
        rows.setdefault(tuple(key), int(row))
    return rows


def _text(raw: RawTable, row: int) -> dict[str, str]:
    """Return what the file holds in one row, by heading."""
    cells = raw.frame.loc[row - raw.first_row]
    return dict(zip(map(str, cells.index), cells, strict=True))


def _keys(schema: "Schema", raw: RawTable) -> list[str]:
    parts = [raw.frame[schema.variables[name].column].str.strip() for name in schema.key]
    return [" / ".join(row) for row in zip(*parts, strict=True)]


def _cells(raw: RawTable, variable: Variable) -> list[Cell]:
    """Return what each cell of a column holds; equal texts are read once."""
    read: dict[str, Cell] = {}
    column = raw.frame[variable.column]
    for text in column.unique():
        read[text] = read_cell(text, variable, raw.decimal)
    decided = {
        place: reason for (place, heading), reason in raw.reasons.items() if heading == variable.column
    }
    return [
        Cell(reason=decided[place]) if place in decided and not text.strip() else read[text]
        for place, text in column.items()
    ]


def _unreadable(
    raw: RawTable, variable: Variable, cells: Iterable[Cell], keys: Mapping[int, str], tally: _Tally
) -> Iterator[Violation]:
    for (row, key), text, cell in zip(keys.items(), raw.frame[variable.column], cells, strict=True):
        if cell.rule and tally.admits((variable.column,), cell.rule):
            yield Violation(
                table=raw.name,
                row=row,
                column=variable.column,
                key=key,
                value=text.strip(),
                rule=cell.rule,
                message=cell.message,
                allowed=cell.allowed,
                suggestion=cell.suggestion,
            )


def _typed(schema: "Schema", raw: RawTable, cells: Mapping[str, list[Cell]]) -> CheckedTable:
    rows = pd.Index(raw.rows, dtype="int64")
    absent = [Cell(reason="no such column")] * len(rows)
    columns = {name: _column(v, cells.get(name, absent), rows) for name, v in schema.variables.items()}
    reasons = {name: [cell.reason for cell in cells.get(name, absent)] for name in schema.variables}
    return CheckedTable(
        name=raw.name,
        schema=schema,
        frame=pd.DataFrame(columns, index=rows),
        reasons=pd.DataFrame(reasons, index=rows, dtype=object),
        details=raw.details,
        digest=raw.digest,
    )


def _column(variable: Variable, cells: Iterable[Cell], rows: pd.Index) -> Any:
    values = [cell.value for cell in cells]
    if variable.levels:
        ordinal = variable.kind is Kind.ORDINAL
        return pd.Categorical(values, categories=list(variable.levels), ordered=ordinal)
    if variable.is_number:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if variable.kind is Kind.DATE:
        return np.array(["NaT" if value is None else value for value in values], dtype="datetime64[s]")
    return pd.Series(values, index=rows, dtype=object)


def _instead(key: bool, unknown: list[str]) -> str:
    """Return what to do about a column that the file does not have."""
    if not key:
        return "Correct the heading in the dictionary, or take the column out of it."
    others = f" The file has also: {', '.join(unknown[:NAMED_ALONE])}." if unknown else ""
    return f"It names the rows: give its heading in the dictionary, or add it to the file.{others}"


def _columns(schema: "Schema", raw: RawTable) -> Iterator[Violation]:
    """Yield what is wrong with the headings."""
    declared = {variable.column: variable for variable in schema.variables.values()}
    unknown = [str(heading) for heading in raw.frame.columns if heading not in declared]
    for heading, variable in declared.items():
        if heading in raw.frame.columns:
            continue
        near = nearest(heading, unknown).strip()
        needed = variable.required or variable.name in schema.key or bool(near)
        yield Violation(
            table=raw.name,
            column=heading,
            rule="missing-column",
            message="The dictionary has this column, the file does not"
            + ("." if needed else "; all its values count as missing."),
            suggestion=near or _instead(variable.name in schema.key, unknown),
            severity="error" if needed else "warning",
            acceptable=variable.name not in schema.key,
        )
    missing = [heading for heading in declared if heading not in raw.frame.columns]
    if len(unknown) > NAMED_ALONE:
        shown = ", ".join(unknown[:NAMED_ALONE])
        yield Violation(
            table=raw.name,
            rule="unknown-column",
            message=f"{len(unknown)} columns are not in the dictionary and are not read: {shown}, ...",
            severity="warning",
        )
        return
    for heading in unknown:
        yield Violation(
            table=raw.name,
            column=heading,
            rule="unknown-column",
            message="The dictionary does not have this column; it is not read.",
            suggestion=nearest(heading, missing).strip(),
            severity="warning",
        )
