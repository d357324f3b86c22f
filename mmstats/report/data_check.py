"""What a check of a study found, as text, as JSON and as a page, all from one value."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mmstats.printable import for_terminal
from mmstats.report.data_check_page import page

if TYPE_CHECKING:
    from mmstats.intake import Finding
    from mmstats.study import Check
    from mmstats.violation import Violation

SECTIONS = {"to_resolve": "To resolve", "warnings": "Warnings", "resolved": "Resolved by the plan"}
LISTED = 10
QUOTED = 200
SETTLING = (
    "An error can be settled without touching the file, by one of these in plan.toml, with the reason; "
    "so can a warning, to show that it was seen."
)


def as_dict(check: "Check") -> dict[str, Any]:
    """Return a check as plain values: what was read, and every finding with what was done about it."""
    findings = [_finding(finding, check.section) for finding in check.intake.findings]
    sections = {
        "to_resolve": [f for f in findings if f["action"] == "open" and f["severity"] == "error"],
        "warnings": [f for f in findings if f["action"] == "open" and f["severity"] == "warning"],
        "resolved": [f for f in findings if f["action"] != "open"],
    }
    return {
        "title": check.title,
        "ok": check.ok,
        "verdict": _verdict(check, sum(f["count"] for f in sections["to_resolve"])),
        "plan_problems": list(check.plan_problems),
        "table_problems": list(check.intake.problems),
        "tables": [
            {
                "name": table.name,
                "source": plan.source,
                "schema": plan.schema,
                "rows": len(table.frame),
                "variables": len(table.schema.variables),
                "analyses_at_its_rows": check.at_rows.get(table.name, 0),
                "digest": table.digest,
                "read_as": dict(table.details),
            }
            for plan, table in check.intake.tables
        ],
        **sections,
    }


def as_json_text(check: "Check") -> str:
    """Return a check as JSON."""
    return json.dumps(as_dict(check), indent=2, ensure_ascii=True)


def as_text(check: "Check") -> str:
    """Return a check as plain text, in which nothing that a file holds can steer a terminal.

    Of the findings that one rule has in one column, the first are shown and the others counted.
    """
    return "\n".join(for_terminal(line) for line in _lines(as_dict(check)))


def as_html(check: "Check") -> str:
    """Return a check as one self-contained page."""
    return page(as_dict(check), SECTIONS, SETTLING)


def resolution_for(violation: "Violation", section: str = "tables") -> str:
    """Return the lines of a plan that settle a violation, to be completed by whoever knows; or nothing.

    Examples
    --------
    >>> from mmstats.violation import Violation
    >>> print(resolution_for(Violation(table="clinical", row=2, column="PHQ9", key="MS26", value="-1",
    ...                                rule="range", message="It is out of range.")))
    [[tables.clinical.resolve]]
    rule = "range"
    column = "PHQ9"
    key = "MS26"
    value = "-1"
    missing = "why it is not known"
    # or: accept = "why it may stay"
    # or: becomes = "the right value"
    #     reason = "how that is known"
    """
    about = {
        "rule": violation.rule,
        "column": violation.column or "".join(violation.columns[:1]),
        "key": violation.key,
        "value": violation.value,
    }
    if violation.row is None and not violation.acceptable:
        return ""
    lines = [f"[[{section}.{violation.table}.resolve]]"]
    for name, text in about.items():
        choice = "  # or the column to change" if name == "column" and violation.columns else ""
        if text and len(text) <= QUOTED:
            lines.append(f"{name} = {_quoted(text)}{choice}")
    if violation.row is None:
        lines.append('accept = "why it may stay"')
    elif not violation.acceptable:
        lines += ['becomes = "the right value"', 'reason = "how that is known"']
    else:
        lines += [
            'missing = "why it is not known"',
            '# or: accept = "why it may stay"',
            '# or: becomes = "the right value"',
            '#     reason = "how that is known"',
        ]
    return "\n".join(lines)


def _finding(finding: "Finding", section: str) -> dict[str, Any]:
    violation = finding.violation
    return {
        **asdict(violation),
        "columns": list(violation.columns),
        "where": violation.where,
        "sentence": violation.sentence,
        "action": finding.action,
        "reason": finding.reason,
        "becomes": finding.becomes,
        "resolution": resolution_for(violation, section) if finding.action == "open" else "",
    }


def _verdict(check: "Check", errors: int) -> str:
    if check.ok:
        return "Ready to run."
    counts = {"the plan": len(check.plan_problems), "the tables": len(check.intake.problems) + errors}
    parts = [f"{n:,} problem{'s' * (n > 1)} in {where}" for where, n in counts.items() if n]
    return f"Not ready to run: {' and '.join(parts)}."


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield found["title"]
    yield "=" * min(len(found["title"]), 100)
    for table in found["tables"]:
        yield (
            f"{table['name']}: {table['source']}, {table['rows']} rows, {table['variables']} variables of "
            f"the dictionary {table['schema']}"
        )
        for name, text in table["read_as"].items():
            yield f"  {name}: {text}"
        if n := table["analyses_at_its_rows"]:
            yield f"  analysed at its own rows: {n} analys{'i' if n == 1 else 'e'}s"
    for name, heading in (("plan_problems", "In the plan"), ("table_problems", "In the tables as a whole")):
        if found[name]:
            yield from ("", f"{heading} ({len(found[name])})")
            for number, text in enumerate(found[name], 1):
                first, *more = text.splitlines()
                yield f"  {number}. {first}"
                yield from (f"     {line}" for line in more)
    for name, heading in SECTIONS.items():
        if found[name]:
            yield from ("", f"{heading} ({sum(finding['count'] for finding in found[name]):,})")
            yield from _numbered(found[name])
    example = next((f["resolution"] for f in found["to_resolve"] if f["resolution"]), "")
    if example:
        yield from ("", SETTLING, "For the first that can be:", "")
        yield from (f"  {line}" for line in example.splitlines())
    yield from ("", found["verdict"])


def _numbered(findings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    shown, hidden = [], Counter[tuple[str, str, str]]()
    seen = Counter[tuple[str, str, str]]()
    for finding in findings:
        kind = finding["table"], finding["column"] or ", ".join(finding["columns"]), finding["rule"]
        seen[kind] += 1
        if seen[kind] <= LISTED:
            shown.append(finding)
        else:
            hidden[kind] += finding["count"]
    for number, finding in enumerate(shown, 1):
        yield f"  {number}. [{finding['rule']}] {finding['sentence']}"
        if finding["reason"]:
            becomes = f" to {finding['becomes']!r}" if finding["becomes"] else ""
            yield f"     {finding['action']}{becomes}: {finding['reason']}"
    for (table, column, rule), number in hidden.items():
        yield f"  and {number:,} more of [{rule}] {table}{', ' * bool(column)}{column}"


def _quoted(text: str) -> str:
    """Return a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
