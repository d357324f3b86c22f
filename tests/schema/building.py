"""Small tables for the tests of dictionaries."""

from typing import Any

import pandas as pd

from mmstats.raw_table import RawTable
from mmstats.schema import CheckedTable, Schema


def raw(name: str = "clinical", /, **columns: list[str]) -> RawTable:
    return RawTable(name=name, frame=pd.DataFrame(columns, dtype=object))


def schema(columns: dict[str, dict[str, Any]], key: list[str] | None = None, **more: Any) -> Schema:
    spec = {"table": "clinical", "key": key or ["who"], "columns": {"who": {"kind": "id"}, **columns}, **more}
    return Schema.from_dict(spec)


def checked(table: Schema, source: RawTable) -> CheckedTable:
    found = table.validate(source)
    assert found.table is not None
    return found.table
