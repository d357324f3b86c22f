"""Exactly the methods a study used: what each estimates, with which options, and on what authority."""

import inspect
from collections.abc import Iterator
from typing import Any

from mmstats.report.assemble import escape
from mmstats.report.blocks import Blocks, Float
from mmstats.report.saved_values import Report
from mmstats.report.sections.wording import by_method, cited, purposes, several
from mmstats.results import Result, Results
from mmstats.tables.coverage import coverage_table, told
from mmstats.tables.table import Column, Row, Table


def method_pages(report: Report) -> Blocks:
    """Return a page per method."""
    return Blocks(_pages(report))


def covered(report: Report) -> Blocks:
    """Return how the study's intervals fare in simulations of data like these."""
    if not told(report.results):
        return Blocks(["None of this study's intervals was simulated for data like these."])
    table = coverage_table(report.results)
    said = "@tbl-coverage has what simulations of data like these say of each interval that was simulated."
    return Blocks([said, Float("tbl-coverage", "Simulated coverage.", table)])


def provenance(report: Report) -> Blocks:
    """Return what is needed to compute the same again: digests, seed, versions."""
    source = report.results.provenance
    plan = source.get("plan", {})
    pairs = [("Plan, SHA-256", plan.get("digest", "")), ("Seed", plan.get("seed", ""))]
    for table in source.get("tables", []):
        pairs.append((f"Table {table['name']}, SHA-256", table.get("digest", "")))
        pairs.append((f"Dictionary {table['schema']}, SHA-256", table.get("schema_digest", "")))
    pairs += [("Python", source.get("python", "")), ("Platform", source.get("platform", ""))]
    pairs += list(source.get("packages", {}).items())
    rows = tuple(Row({"what": what, "value": _broken(str(value))}) for what, value in pairs if value != "")
    table = Table(
        id="tbl-provenance",
        columns=(Column("what", "What", "left"), Column("value", "Value", "left")),
        rows=rows,
    )
    return Blocks(
        ["@tbl-provenance has what is needed to compute the same numbers again.",
         Float("tbl-provenance", "Digests, seed and versions.", table)]
    )  # fmt: skip


def _pages(report: Report) -> Iterator[str]:
    from mmstats.methods import METHODS

    for name, found in by_method(report.results).items():
        first, cohorts = found[0], name in ("two_stage", "one_stage")
        yield f"## {escape(first.title or name)}"
        if name in METHODS:
            yield from explained(inspect.getdoc(METHODS[name].function) or "")
        yield (
            f"Used for {several(len(found), 'analysis', 'analyses')}: {purposes(report.results, found)}. "
            f"{'In a plan of cohorts, it follows from' if cohorts else 'In a plan, it is'} "
            f"`{'formula' if cohorts else name}`{cited(first.references)}."
        )
        lines = [
            f"- Options in force{_whose(report.results, found, members)}: {options}."
            for options, members in _options(found)
        ]
        yield "\n".join(lines)


def _whose(results: Results, found: list[Result], members: list[Result]) -> str:
    return "" if len(members) == len(found) else f" for {purposes(results, members)}"


def explained(docstring: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring before its sections, as Markdown that prints them."""
    for paragraph in docstring.split("\n\n"):
        lines = paragraph.strip().splitlines()
        if len(lines) > 1 and set(lines[1].strip()) == {"-"}:
            return
        text = " ".join(line.strip() for line in lines)
        if text and not text.startswith(("References:", ">>>", ".. ")):
            yield escape(text.replace("``", "").replace("`", ""))


def _options(found: list[Result]) -> Iterator[tuple[str, list[Result]]]:
    grouped: dict[str, list[Result]] = {}
    for result in found:
        text = "; ".join(f"{escape(key)} = {escape(_value(value))}" for key, value in result.options.items())
        grouped.setdefault(text, []).append(result)
    yield from ((text, members) for text, members in grouped.items() if text)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _broken(text: str) -> str:
    """Return a long digest on two lines."""
    return f"{text[:32]}\n{text[32:]}" if len(text) == 64 else text
