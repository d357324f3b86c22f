"""Reading and checking the tables of a plan, and doing what the plan says about what is wrong in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmstats.errors import MmstatsError, SchemaError, unknown
from mmstats.plan import Plan, TablePlan
from mmstats.resolution import Resolved, resolve
from mmstats.schema import CheckedTable, RawTable, Schema, cross_check
from mmstats.shipped import shipped
from mmstats.sources import read_table
from mmstats.violation import Violation


@dataclass(frozen=True)
class Decision:
    """A violation, and what was done about it.

    `action` is ``open`` (nothing yet), ``corrected``, ``called missing`` or ``accepted``.
    """

    violation: Violation
    action: str
    reason: str = ""


@dataclass(frozen=True)
class Intake:
    """The tables of a plan as far as they could be read, and everything that is wrong with them.

    Parameters
    ----------
    tables : tuple of (TablePlan, CheckedTable)
        Every table that could be read, after what the plan corrects.
    decisions : tuple of Decision
        Every violation of every table.
    problems : tuple of str
        Files and dictionaries that cannot be used at all, and resolutions that match nothing.
    """

    tables: tuple[tuple[TablePlan, CheckedTable], ...]
    decisions: tuple[Decision, ...]
    problems: tuple[str, ...]

    @property
    def open(self) -> tuple[Violation, ...]:
        """The violations that stop a run: errors that the plan does not resolve."""
        return tuple(
            d.violation for d in self.decisions if d.action == "open" and d.violation.severity == "error"
        )


def read_schemas(plan: Plan, folder: Path) -> tuple[dict[str, Schema], list[str]]:
    """Return the dictionary of each table, the study's own before the shipped one, and what is wrong."""
    schemas, problems = {}, []
    for table in plan.tables:
        own = folder / "data_schemas" / f"{table.schema}.toml"
        try:
            schemas[table.name] = Schema.read(own if own.is_file() else _shipped_schema(table, folder))
        except MmstatsError as failed:
            problems.append(str(failed))
    return schemas, problems


def take_in(plan: Plan, schemas: dict[str, Schema], data: Path) -> Intake:
    """Read every table, check it alone and against the others, and resolve what the plan resolves.

    Parameters
    ----------
    plan : Plan
    schemas : dict of str to Schema
    data : Path
        The folder that holds the sources.
    """
    raws: list[tuple[TablePlan, RawTable]] = []
    problems: list[str] = []
    for table in plan.tables:
        if table.name not in schemas:
            continue
        try:
            raw = read_table(
                data / table.source, name=table.name, sheet=table.sheet, max_megabytes=table.max_megabytes
            )
        except MmstatsError as failed:
            problems.append(str(failed))
        else:
            raws.append((table, raw))
    _, found = _check(raws, schemas, plan.cohort.unit)
    resolved = [(table, resolve(raw, found, table.resolve)) for table, raw in raws]
    problems += [problem for _, one in resolved for problem in one.stale]
    tables, left = _check([(table, one.raw) for table, one in resolved], schemas, plan.cohort.unit)
    return Intake(
        tuple(tables), tuple(_decisions(found, left, [one for _, one in resolved])), tuple(problems)
    )


def _shipped_schema(table: TablePlan, folder: Path) -> Path:
    try:
        return shipped("data_schemas", f"{table.schema}.toml")
    except MmstatsError:
        known = {
            path.stem for place in (folder, shipped()) for path in (place / "data_schemas").glob("*.toml")
        }
        raise SchemaError(
            f"In [tables.{table.name}]: {unknown(table.schema, known, what='schema')}"
        ) from None


def _check(
    raws: Sequence[tuple[TablePlan, RawTable]], schemas: dict[str, Schema], unit: str
) -> tuple[list[tuple[TablePlan, CheckedTable]], list[Violation]]:
    tables, found = [], []
    for table, raw in raws:
        checked = schemas[table.name].validate(raw)
        found += checked.violations
        if checked.table is not None:
            tables.append((table, checked.table))
    return tables, [*found, *cross_check([checked for _, checked in tables], unit)]


def _decisions(
    found: Iterable[Violation], left: Iterable[Violation], resolved: Sequence[Resolved]
) -> list[Decision]:
    """Pair every violation with what was done about it; new ones that a correction made are open."""
    decided = {violation: (action, reason) for one in resolved for violation, action, reason in one.decided}
    decisions = [Decision(violation, *decided.get(violation, ("open", ""))) for violation in found]
    known = {decision.violation for decision in decisions}
    return decisions + [Decision(violation, "open") for violation in left if violation not in known]
