"""What is wrong in a table: one value per finding, whatever found it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One thing a table holds and should not, or lacks and should have.

    Parameters
    ----------
    table : str
        The table's name in the plan.
    row : int or None
        The row as a spreadsheet numbers it (the headings are row 1), or None if it is not about one row.
    column : str
        The column's heading as in the file; empty if it is about several.
    columns : tuple of str
        The headings of a rule across columns.
    key : str
        Who the row is about: ``MS09``, or ``MS09 / left`` when several columns make the key.
    value : str
        What the file holds.
    rule : str
        The rule's short name: ``number``, ``range``, ``level``, ``unique-key``, ...
    message : str
        What is wrong, in a sentence.
    allowed : str
        What would be right.
    suggestion : str
        The nearest right value, or the way out.
    severity : {"error", "warning"}
        Whether a study stops until it is resolved.
    acceptable : bool
        Whether a plan may leave it as it is; not when rows could no longer be told apart.
    count : int
        How many findings it stands for, where the rest of a long list is counted only.

    Examples
    --------
    >>> print(Violation(table="clinical", row=9, column="PASAT", key="MS08", value="0.2?", rule="number",
    ...                 message="It is not a number.", suggestion="Perhaps 0.2.").sentence)
    clinical, row 9 (MS08), PASAT: '0.2?'. It is not a number. Perhaps 0.2.
    """

    table: str
    row: int | None = None
    column: str = ""
    columns: tuple[str, ...] = ()
    key: str = ""
    value: str = ""
    rule: str
    message: str
    allowed: str = ""
    suggestion: str = ""
    severity: Severity = "error"
    acceptable: bool = True
    count: int = 1

    @property
    def where(self) -> str:
        """The place, as a reader finds it."""
        key = f" ({self.key})" if self.key else ""
        row = f"row {self.row}{key}" if self.row is not None else self.key
        return ", ".join(filter(None, (self.table, row, self.column or ", ".join(self.columns))))

    @property
    def sentence(self) -> str:
        """The whole finding on one line."""
        value = f" {self.value!r}." if self.value else ""
        allowed = f"Allowed: {self.allowed}." if self.allowed else ""
        return f"{self.where}:{value} {' '.join(filter(None, (self.message, allowed, self.suggestion)))}"


def ordered(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return each violation once, by table, row, column and rule; those about no single row come first."""
    return tuple(
        sorted(
            dict.fromkeys(violations),
            key=lambda v: (
                v.table,
                -1 if v.row is None else v.row,
                v.column,
                v.columns,
                v.rule,
                v.value,
                v.message,
                v.count,
            ),
        )
    )
