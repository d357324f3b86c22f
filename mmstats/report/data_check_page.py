"""The page that shows what a check of a study found."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

STYLE = Path(__file__).with_name("assets") / "data_check.css"


def page(found: Mapping[str, Any], sections: Mapping[str, str], settling: str) -> str:
    """Return one self-contained HTML page; every text is escaped, and it loads nothing.

    Parameters
    ----------
    found : mapping
        A check as plain values.
    sections : mapping of str to str
        The lists of findings in it, and their headings.
    settling : str
        How a finding is settled.
    """
    return "\n".join(_page(found, sections, settling)) + "\n"


def _page(found: Mapping[str, Any], sections: Mapping[str, str], settling: str) -> Iterator[str]:
    title = escape(f"Data check: {found['title']}")
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield (
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )
    yield f"<title>{title}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>"
    yield "</head>\n<body>\n<main>"
    yield f"<h1>{title}</h1>"
    yield f'<p class="verdict {"ready" if found["ok"] else "stopped"}">{escape(found["verdict"])}</p>'
    yield from _tables(found["tables"])
    for name, heading in (("plan_problems", "In the plan"), ("table_problems", "In the tables as a whole")):
        if found[name]:
            yield f"<h2>{heading} ({len(found[name])})</h2>\n<ol>"
            yield from (f"<li>{escape(text)}</li>" for text in found[name])
            yield "</ol>"
    for name, heading in sections.items():
        if found[name]:
            yield f'<h2 id="{name}">{escape(heading)} ({len(found[name])})</h2>'
            if name == "to_resolve":
                yield f"<p>{escape(settling)}</p>"
            yield from _findings(found[name])
    yield "</main>\n</body>\n</html>"


def _tables(tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not tables:
        return
    yield "<h2>What was read</h2>"
    yield from _head(("Table", "File", "Rows", "Variables", "Read as", "SHA-256"))
    for table in tables:
        details = "; ".join(f"{name}: {text}" for name, text in table["read_as"].items())
        if n := table["analyses_at_its_rows"]:
            details += f"; analysed at its own rows: {n} analys{'i' if n == 1 else 'e'}s"
        cells = (table["source"], table["rows"], table["variables"], details)
        digest = f"<code>{escape(table['digest'][:12])}</code>"
        yield f'<tr><th scope="row">{escape(table["name"])}</th>{_cells(cells)}<td>{digest}</td></tr>'
    yield "</tbody></table></div>"


def _findings(findings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    settled = any(finding["reason"] for finding in findings)
    yield from _head(
        ("Table", "Row", "Column", "Value", "What is wrong", "Decision" if settled else "Way out")
    )
    for finding in findings:
        row = "" if finding["row"] is None else finding["row"]
        who = f"<br><small>{escape(finding['key'])}</small>" if finding["key"] else ""
        columns = finding["column"] or ", ".join(finding["columns"])
        allowed = f"<br><small>Allowed: {escape(finding['allowed'])}</small>" if finding["allowed"] else ""
        rule = f"<br><small>Rule: {escape(finding['rule'])}</small>"
        cells = (
            f"{row}{who}",
            escape(columns),
            f"<code>{escape(finding['value'])}</code>",
            f"{escape(finding['message'])}{allowed}{rule}",
            _way_out(finding),
        )
        inside = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f'<tr><th scope="row">{escape(finding["table"])}</th>{inside}</tr>'
    yield "</tbody></table></div>"


def _way_out(finding: Mapping[str, Any]) -> str:
    if finding["reason"]:
        becomes = f" to <code>{escape(finding['becomes'])}</code>" if finding["becomes"] else ""
        return f"<strong>{escape(finding['action'])}</strong>{becomes}: {escape(finding['reason'])}"
    lines = f"<details><summary>For plan.toml</summary><pre>{escape(finding['resolution'])}</pre></details>"
    return escape(finding["suggestion"]) + (lines if finding["resolution"] else "")


def _head(names: Sequence[str]) -> Iterator[str]:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    yield f'<div class="wide"><table>\n<thead><tr>{cells}</tr></thead>\n<tbody>'


def _cells(values: Sequence[object]) -> str:
    return "".join(f"<td>{escape(str(value))}</td>" for value in values)
