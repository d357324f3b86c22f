"""What was read, what was wrong with it, and what is missing."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmstats import format as fmt
from mmstats import labels
from mmstats.harmonised import without_rows
from mmstats.missing_counts import Missing
from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import begun, left_out, several
from mmstats.results import Result, Results
from mmstats.tables.flow import flow_table
from mmstats.tables.table import Cell, Column, Row, Table

DIGEST = 12  # letters of a digest that are printed


def sources(report: Report) -> Blocks:
    """Return the files that were read, as they were detected."""
    tables = report.results.provenance.get("tables", [])
    if not tables:
        return Blocks(["The results name no tables."])
    columns = (
        Column("name", "Table", "left"),
        Column("source", "File", "left"),
        Column("rows", "Rows", "right"),
        Column("columns", "Columns", "right"),
        Column("details", "As detected", "left"),
        Column("digest", "SHA-256", "left"),
    )
    rows = tuple(Row({column.key: _text(column.key, table) for column in columns}) for table in tables)
    verb = "was" if len(tables) == 1 else "were"
    said = f"{begun(several(len(tables), 'table'))} {verb} read (@tbl-sources)."
    notes = (f"SHA-256: the first {DIGEST} letters of the digest of the file's bytes.",)
    shown = Table(id="tbl-sources", columns=columns, rows=rows, notes=notes)
    return Blocks([said, Float("tbl-sources", "The tables, as they were read.", shown)])


def violations(report: Report) -> Blocks:
    """Return what the dictionaries found wrong, and what the plan did about each."""
    found = report.results.provenance.get("violations", [])
    if not found:
        return Blocks(["No value breaks a rule of its dictionary."])
    actions: dict[str, int] = {}
    for one in found:
        actions[one["action"]] = actions.get(one["action"], 0) + 1
    done = ", ".join(f"{escape(name)}: {n}" for name, n in actions.items())
    said = f"{begun(several(len(found), 'finding'))} ({done}); @tbl-violations has each of them, and why."
    columns = (
        Column("table", "Table", "left"),
        Column("row", "Row", "right"),
        Column("found", "What was found", "left"),
        Column("rule", "Rule", "left"),
        Column("action", "What was done", "left"),
    )
    rows = tuple(_once([_finding(one) for one in found]))
    notes = ("A finding without a row is about the column as a whole.",) * any(
        not one.get("row") for one in found
    )
    table = Table(id="tbl-violations", columns=columns, rows=rows, notes=notes)
    return Blocks([said, Float("tbl-violations", "Every finding, and what was done about it.", table)])


def missing(report: Report) -> Blocks:
    """Return how many values are missing, by variable, reason and group."""
    return Blocks(_missing(report))


def exclusions(report: Report) -> Blocks:
    """Return the participant flow, and whom single analyses left out."""
    return Blocks(_exclusions(report))


def scoring(report: Report) -> Blocks:
    """Return what the scoring of questionnaires had to say."""
    notes = [f"- {escape(note)}" for note in report.results.scoring]
    return Blocks(["\n".join(notes) or "The scoring of instruments left no notes."])


def _missing(report: Report) -> Iterator[str | Float]:
    results = report.results
    if not results.missing:
        yield "No value of the analysis set is missing."
        return
    known = labels.levels(results, results.group) if results.group else []
    groups = sorted({one.group for one in results.missing} | set(known), key=[*known, ""].index)
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for words, one in named(results, results.missing):
        name = words + (f" (rows of {one.rows})" if one.rows else "")
        of = counts.setdefault((name, one.reason), {})
        of[one.group] = of.get(one.group, 0) + one.n
    silent = without_rows(results.harmonisation)
    columns = [Column("variable", "Variable", "left"), Column("reason", "Reason", "left")]
    for group in groups:
        name = labels.level(results, results.group, group) if group else "All"
        columns.append(Column(f"level {group}", name, "right"))
    columns += [Column("all", "Total", "right")] if len(groups) > 1 else []
    rows = []
    for (variable, reason), of in counts.items():
        texts = {
            f"level {group}": fmt.DASH if group in silent else fmt.count(of.get(group, 0)) for group in groups
        }
        total = {"all": fmt.count(sum(of.values()))} if len(groups) > 1 else {}
        rows.append(Row({"variable": variable, "reason": reason, **texts, **total}))
    notes = (f"{fmt.DASH}: the cohort shares sums, and no rows.",) if silent else ()
    table = Table(id="tbl-missing", columns=tuple(columns), rows=tuple(rows), notes=notes)
    number = len({variable for variable, _ in counts})
    yield f"@tbl-missing counts the missing values of {several(number, 'variable')}, and says why."
    yield Float("tbl-missing", "Missing values in the analysis set, by reason.", table)


def named(results: Results, found: Sequence[Missing]) -> Iterator[tuple[str, Missing]]:
    """Yield each count with the words for its variable; the items of a questionnaire share one name."""
    for one in found:
        item = re.fullmatch(r"(.+?)_\d+", one.variable)
        if one.variable in results.variables:
            yield labels.label(results, one.variable), one
        elif item:
            yield f"{item[1].replace('_', ' ').upper()}, single items", one
        else:
            yield begun(one.variable.replace("_", " ")), one


def _exclusions(report: Report) -> Iterator[str | Float]:
    results = report.results
    if results.flow:
        yield "@tbl-flow has every step from the tables read to the analysis set."
        yield Float("tbl-flow", "Participants, step by step.", flow_table(results))
    why: dict[tuple[str, int], list[str]] = {}
    leaving: list[Result] = []
    for result in results:
        for reason, n in labels.excluded(results, result).items():
            if result.analysis.method != labels.DESCRIBE:
                of = f" (rows of {result.analysis.rows})" if result.analysis.rows else ""
                why.setdefault((reason + of, n), []).append(result.title)
                leaving.append(result)
    if why:
        yield (
            f"Single analyses left out {left_out(leaving)} lacking one of their variables (@tbl-left-out); "
            "a result's n is the number it used."
        )
        columns = (
            Column("reason", "Reason", "left"),
            Column("n", "Left out", "right"),
            Column("analyses", "Analyses", "right"),
            Column("methods", "Methods", "left"),
        )
        rows = [
            Row(
                {
                    "reason": reason,
                    "n": fmt.count(n),
                    "analyses": fmt.count(len(titles)),
                    "methods": ", ".join(dict.fromkeys(titles)),
                }
            )
            for (reason, n), titles in why.items()
        ]
        table = Table(id="tbl-left-out", columns=columns, rows=tuple(rows))
        yield Float("tbl-left-out", f"{begun(left_out(leaving))} left out of single analyses.", table)


def _finding(one: Mapping[str, Any]) -> dict[str, Cell | str]:
    """Return a finding's cells; why something was done is a footnote, since many findings share one."""
    column, value = str(one.get("column", "")), str(one.get("value", ""))
    told = value.replace(", ", "\n") if "=" in value and "," in column else f"{column}: {value}"
    becomes = f" to {one['becomes']}" if one.get("becomes") else ""
    return {
        "table": str(one.get("table", "")),
        "row": str(one.get("row") or ""),
        "found": told if value else column,
        "rule": str(one.get("rule", "")),
        "action": Cell(f"{one.get('action', '')}{becomes}", (str(one.get("reason", "")),)),
    }


def _once(findings: Sequence[dict[str, Cell | str]]) -> Iterator[Row]:
    """Yield a row for each finding; those that read the same, as identifiers do, are one row."""
    counts = Counter(map(repr, findings))
    for text, finding in {repr(one): one for one in findings}.items():
        times = f" ({counts[text]} times)" if counts[text] > 1 else ""
        yield Row({**finding, "found": f"{finding['found']}{times}"})


def _text(key: str, table: Mapping[str, Any]) -> str:
    value = table.get(key, "")
    if key == "digest":
        return str(value)[:DIGEST]
    if key == "details":
        return ", ".join(f"{name.replace('_', ' ')} {told}" for name, told in (value or {}).items())
    return fmt.count(value) if key in ("rows", "columns") and isinstance(value, int) else str(value)
