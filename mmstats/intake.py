"""Reading and checking the tables of a plan, and doing what the plan says about what is wrong in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmstats.cohort import declared_variables
from mmstats.effect_violations import effect_violations
from mmstats.errors import MmstatsError, SchemaError, unknown
from mmstats.long_rows import declared_rows
from mmstats.plan import Plan, TablePlan
from mmstats.raw_table import RawTable
from mmstats.resolution import Resolved, resolve
from mmstats.schema import CheckedTable, Schema, cross_check
from mmstats.shipped import shipped
from mmstats.sources import read_table
from mmstats.violation import Violation

ACTIONS = {"becomes": "corrected", "missing": "called missing", "accept": "accepted"}


@dataclass(frozen=True)
class Finding:
    """A violation, and what was done about it.

    `action` is ``open`` (nothing yet), ``corrected``, ``called missing``, ``accepted``, or ``settled`` if a
    decision about another value settles it; `becomes` is the value a corrected cell takes.
    """

    violation: Violation
    action: str = "open"
    reason: str = ""
    becomes: str = ""


@dataclass(frozen=True)
class Intake:
    """The tables of a plan as far as they could be read, and everything that is wrong with them.

    Parameters
    ----------
    tables : tuple of (TablePlan, CheckedTable)
        Every table that could be read, after what the plan corrects.
    findings : tuple of Finding
        Every violation of every table, with what was done about it.
    problems : tuple of str
        Files that cannot be read at all, and resolutions that match nothing.
    """

    tables: tuple[tuple[TablePlan, CheckedTable], ...]
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]

    @property
    def open(self) -> tuple[Violation, ...]:
        """The violations that stop a run: errors that the plan does not resolve."""
        left = (f.violation for f in self.findings if f.action == "open")
        return tuple(violation for violation in left if violation.severity == "error")


def read_schemas(plan: Plan, folder: Path) -> tuple[dict[str, Schema], list[str]]:
    """Return the dictionary of each table, the study's own before the shipped one, and what is wrong."""
    schemas, problems = {}, []
    for table in plan.tables:
        if not table.schema:  # the plan's own problem
            continue
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
        if table.name not in schemas or not table.source:
            continue
        try:
            raw = read_table(
                data / table.source, name=table.name, sheet=table.sheet, max_megabytes=table.max_megabytes
            )
        except MmstatsError as failed:
            problems.append(str(failed))
        else:
            raws.append((table, raw))
    tables, found = _check(raws, schemas, plan)
    resolved = [(table, resolve(raw, found, table.resolve)) for table, raw in raws]
    problems += [problem for _, one in resolved for problem in one.problems]
    if any(one.changed for _, one in resolved):
        tables, left = _check([(table, one.raw) for table, one in resolved], schemas, plan)
    else:
        left = found
    findings = _findings(found, left, resolved)
    return Intake(tuple(tables), tuple(findings), tuple(problems))


def _shipped_schema(table: TablePlan, folder: Path) -> Path:
    try:
        return shipped("data_schemas", f"{table.schema}.toml")
    except MmstatsError:
        places = (folder / "data_schemas", shipped("data_schemas"))
        known = {path.stem for place in places for path in place.glob("*.toml")}
        words = unknown(table.schema, known, what="schema")
        raise SchemaError(f"In [tables.{table.name}]: {words}") from None


def _check(
    raws: Sequence[tuple[TablePlan, RawTable]], schemas: dict[str, Schema], plan: Plan
) -> tuple[list[tuple[TablePlan, CheckedTable]], list[Violation]]:
    tables: list[tuple[TablePlan, CheckedTable]] = []
    found: list[Violation] = []
    for table, raw in raws:
        checked = schemas[table.name].validate(raw)
        found += checked.violations
        if checked.table is not None:
            tables.append((table, checked.table))
    found += cross_check([checked for _, checked in tables], plan.cohort.unit)
    sound = len(tables) == len(plan.tables) and all(violation.acceptable for violation in found)
    if plan.effects and sound and not _undeclared(plan, schemas):
        found += effect_violations(plan, tables)
    return tables, found


def _undeclared(plan: Plan, schemas: dict[str, Schema]) -> list[str]:
    """Return what is wrong with the variables of a plan: with that, no material can be looked at."""
    problems: list[str] = []
    variables = declared_variables(plan, schemas, problems)
    declared_rows(plan, schemas, variables, problems)
    return problems


def _findings(
    found: Sequence[Violation], left: Sequence[Violation], resolved: Sequence[tuple[TablePlan, Resolved]]
) -> list[Finding]:
    """Pair every violation with what was done about it; new ones that a correction made are open.

    What is accepted stays accepted when a correction elsewhere in the table changes its wording.
    """
    decisions = [decision for _, one in resolved for decision in (*one.changed, *one.accepted)]
    settled = {decision.violation: decision.resolution for decision in decisions}
    findings = []
    known, staying = set(found), set(left)
    for violation in found:
        by = settled.get(violation)
        if by and (by.action == "accept" or violation not in staying):
            findings.append(Finding(violation, ACTIONS[by.action], by.reason, by.becomes))
        elif violation in staying:
            findings.append(Finding(violation))
        else:
            findings.append(Finding(violation, "settled", "A decision about another value settles it."))
    accepting = {
        table.name: [resolution for resolution in table.resolve if resolution.action == "accept"]
        for table, _ in resolved
    }
    for violation in left:
        if violation not in known and not any(r.matches(violation) for r in accepting[violation.table]):
            findings.append(Finding(violation))
    return findings
