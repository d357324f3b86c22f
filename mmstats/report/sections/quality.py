"""What was read, what was wrong with it, and what is missing."""

from collections.abc import Iterator, Mapping
from typing import Any

from mmstats import format as fmt
from mmstats import labels
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.saved_values import Report
from mmstats.report.sections.participants import flow_table
from mmstats.report.sections.wording import several
from mmstats.tables.table import Cell, Column, Row, Table

HEADINGS = {
    "table": "Table", "row": "Row", "column": "Column", "value": "Value", "rule": "Rule",
    "severity": "Severity", "action": "What was done",
}  # fmt: skip


def sources(report: Report) -> Blocks:
    """Return the files that were read, as they were detected."""
    tables = report.results.provenance.get("tables", [])
    if not tables:
        return Blocks(["The results name no tables."])
    keys = ["name", "source", "rows", "columns", "schema", "details", "digest"]
    words = {
        "name": "Table",
        "source": "File",
        "schema": "Dictionary",
        "details": "As detected",
        "digest": "SHA-256",
    }
    columns = tuple(
        Column(
            key,
            words.get(key, key.replace("_", " ").capitalize()),
            "right" if key in ("rows", "columns") else "left",
        )
        for key in keys
    )
    rows = tuple(Row({key: _text(key, table) for key in keys}) for table in tables)
    verb = "was" if len(tables) == 1 else "were"
    said = f"{several(len(tables), 'table').capitalize()} {verb} read (@tbl-sources)."
    shown = Table(id="tbl-sources", columns=columns, rows=rows)
    return Blocks([said, Float("tbl-sources", "The tables as read; digests are of the files' bytes.", shown)])


def violations(report: Report) -> Blocks:
    """Return what the dictionaries found wrong, and what the plan did about each."""
    found = report.results.provenance.get("violations", [])
    if not found:
        return Blocks(["No value breaks a rule of its dictionary."])
    actions: dict[str, int] = {}
    for one in found:
        actions[one["action"]] = actions.get(one["action"], 0) + 1
    done = ", ".join(f"{escape(name)}: {n}" for name, n in actions.items())
    said = f"{several(len(found), 'finding').capitalize()} ({done}); @tbl-violations has each of them."
    keys = [key for key in HEADINGS if any(one.get(key) not in (None, "") for one in found)]
    columns = tuple(Column(key, HEADINGS[key], "right" if key == "row" else "left") for key in keys)
    rows = tuple(Row({key: _finding(key, one) for key in keys}) for one in found)
    table = Table(id="tbl-violations", columns=columns, rows=rows)
    return Blocks([said, Float("tbl-violations", "Every finding, and what was done about it.", table)])


def missing(report: Report) -> Blocks:
    """Return how many values are missing, by variable, reason and group."""
    return Blocks(_missing(report))


def exclusions(report: Report) -> Blocks:
    """Return the participant flow and the rows that single analyses left out."""
    return Blocks(_exclusions(report))


def _missing(report: Report) -> Iterator[str | Float]:
    results = report.results
    if not results.missing:
        yield "No value of the analysis set is missing."
        return
    groups = list(dict.fromkeys(one.group for one in results.missing))
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for one in results.missing:
        counts.setdefault((one.variable, one.reason), {})[one.group] = one.n
    columns = [Column("variable", "Variable", "left"), Column("reason", "Reason", "left")]
    for group in groups:
        name = labels.level(results, results.group, group) if group else "All"
        columns.append(Column(f"level {group}", name, "right"))
    columns += [Column("all", "Total", "right")] if len(groups) > 1 else []
    rows = []
    for (variable, reason), of in counts.items():
        texts = {f"level {group}": fmt.count(of.get(group, 0)) for group in groups}
        total = {"all": fmt.count(sum(of.values()))} if len(groups) > 1 else {}
        rows.append(Row({"variable": labels.label(results, variable), "reason": reason, **texts, **total}))
    table = Table(id="tbl-missing", columns=tuple(columns), rows=tuple(rows))
    number = len({one.variable for one in results.missing})
    verb = "has" if number == 1 else "have"
    counted = several(number, "variable").capitalize()
    yield f"{counted} of the analysis set {verb} missing values (@tbl-missing)."
    yield Float("tbl-missing", "Missing values in the analysis set, by reason.", table)


def _exclusions(report: Report) -> Iterator[str | Float]:
    results = report.results
    if results.flow:
        yield "@tbl-flow has every step from the tables read to the analysis set."
        yield Float("tbl-flow", "Participants, step by step.", flow_table(report))
    some = [r for r in results if r.excluded]
    if some:
        yield "@tbl-left-out has the rows that single analyses left out."
        columns = (
            Column("analysis", "Analysis", "left"), Column("method", "Method", "left"),
            Column("reason", "Reason", "left"), Column("rows", "Rows left out", "right"),
            Column("n", "Rows used", "right"),
        )  # fmt: skip
        rows = [
            Row({"analysis": labels.analysis(results, r), "method": r.title, "reason": reason,
                 "rows": fmt.count(rows), "n": fmt.count(r.n)})
            for r in some
            for reason, rows in r.excluded.items()
        ]  # fmt: skip
        table = Table(id="tbl-left-out", columns=columns, rows=tuple(rows))
        yield Float("tbl-left-out", "Rows left out of single analyses.", table)


def _finding(key: str, one: Mapping[str, Any]) -> Cell:
    """Return a finding's cell; why something was done is a footnote, since many findings share one."""
    text = "" if one.get(key) is None else str(one[key])
    return Cell(text, (str(one.get("reason", "")),) if key == "action" else ())


def _text(key: str, table: Mapping[str, Any]) -> str:
    value = table.get(key, "")
    if key == "digest":
        return str(value)[:12]
    if key == "details":
        return ", ".join(f"{name.replace('_', ' ')} {told}" for name, told in (value or {}).items())
    return fmt.count(value) if key in ("rows", "columns") and isinstance(value, int) else str(value)
