"""The dictionary of one table, as a value."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mmstats.errors import SchemaError
from mmstats.expression import Expression
from mmstats.raw_table import RawTable
from mmstats.schema.checked import Checked
from mmstats.toml import read_toml
from mmstats.variable import Variable
from mmstats.violation import Severity


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold across the columns of every row; a row in which it cannot be known passes.

    Parameters
    ----------
    name : str
        Its short name in violations and resolutions.
    rule : Expression
        The condition.
    reason : str
        Why it must hold, in words.
    severity : {"error", "warning"}
    """

    name: str
    rule: Expression
    reason: str
    severity: Severity = "error"


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The dictionary of one table.

    Parameters
    ----------
    table : str
        The table's name.
    title : str
        The words printed for it.
    key : tuple of str
        The variables that together name a row; no two rows have the same.
    variables : mapping of str to Variable
    rules : tuple of Rule
    digest : str
        The SHA-256 of its content, the same for files that differ in comments and layout only.
    """

    table: str
    title: str
    key: tuple[str, ...]
    variables: Mapping[str, Variable]
    rules: tuple[Rule, ...] = ()
    digest: str = field(default="", compare=False)

    @classmethod
    def read(cls, path: Path | Traversable) -> "Schema":
        """Read a dictionary from TOML.

        Raises
        ------
        SchemaError
            If the file cannot be read, or with everything that is wrong in it.
        """
        return cls.from_dict(read_toml(path, SchemaError, what=f"The dictionary {path}"), str(path))

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any], where: str = "dictionary") -> "Schema":
        """Return the dictionary that TOML tables spell; `where` names it in errors.

        Raises
        ------
        SchemaError
            With everything that is wrong in it.

        Examples
        --------
        >>> Schema.from_dict({"table": "t", "key": ["id"], "columns": {"id": {"kind": "idd"}}}, "t.toml")
        Traceback (most recent call last):
        mmstats.errors.SchemaError: The dictionary t.toml has 1 problem.
          1. [columns.id] Unknown kind 'idd'. Did you mean 'id'?
             Known: binary, continuous, count, date, id, nominal, ordinal.
        """
        from mmstats.schema.reading import Reader

        reader = Reader(spec)
        parts = reader.parts()
        if reader.problems:
            count = len(reader.problems)
            some = "1 problem" if count == 1 else f"{count} problems"
            raise SchemaError(f"The dictionary {where} has {some}.", reader.problems)
        text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
        return cls(**parts, digest=hashlib.sha256(text.encode()).hexdigest())

    def validate(self, raw: RawTable) -> Checked:
        """Return the table with the declared types, and everything in it that the dictionary does not allow.

        Nothing is coerced: a cell that cannot be read as its kind is missing, with a violation.
        """
        from mmstats.schema.checking import check

        return check(self, raw)
