"""A Quarto document, read: front matter, text and Python cells, each with its place.

Only the part of Quarto that these reports use is known here; `mmstats.report.dialect` names it, and
everything else is refused by name, with its line.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mmstats.errors import ReportError
from mmstats.report.dialect import cell_problems, front_problems, text_problems

FENCE = re.compile(r"^ {0,3}(?P<ticks>`{3,}|~{3,})\s*(?P<info>.*?)\s*$")
INCLUDE = re.compile(r"^\s*\{\{<\s*include\s+(?P<path>\S+)\s*>\}\}\s*$")
INLINE = re.compile(r"(?<!`)`\{python\}[ \t]+(?P<code>[^`]+)`")


@dataclass(frozen=True)
class Line:
    """One line of source, and where it is written."""

    text: str
    file: str
    number: int

    @property
    def place(self) -> str:
        """Where it is, as errors say it."""
        return f"{self.file}, line {self.number}"


@dataclass(frozen=True)
class Text:
    """Markdown between cells."""

    lines: tuple[Line, ...]

    def inline(self) -> Iterator[tuple[Line, str]]:
        """Yield every inline expression with its line, outside fenced code."""
        for line, verbatim in prose(self.lines):
            if not verbatim:
                yield from ((line, found["code"].strip()) for found in INLINE.finditer(line.text))


@dataclass(frozen=True)
class Cell:
    """An executable cell: its options, and its code without them."""

    options: Mapping[str, Any]
    code: str
    start: Line
    first: int

    def place(self, line: int) -> str:
        """Where line `line` (from 1) of its code is."""
        return f"{self.start.file}, line {self.first + line - 1}"


@dataclass(frozen=True)
class Document:
    """A document in order, with its front matter."""

    path: Path
    front: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Text | Cell, ...] = ()

    @property
    def source(self) -> str:
        """All of its prose, as written."""
        return "\n".join(line.text for part in self.parts if isinstance(part, Text) for line in part.lines)


def read_qmd(path: Path) -> Document:
    """Read a document and the files it includes.

    Raises
    ------
    ReportError
        If it uses what is not known here: every such place at once.
    """
    problems: list[str] = []
    lines = list(_lines(path, problems, ()))
    front, body = _front(lines, problems)
    parts = tuple(_parts(body, problems))
    labels = [str(p.options["label"]) for p in parts if isinstance(p, Cell) and "label" in p.options]
    problems += [
        f"Two cells are labelled {label!r}." for label in sorted({x for x in labels if labels.count(x) > 1})
    ]
    if problems:
        raise ReportError(f"{path.name} cannot be rendered without Quarto.", problems)
    return Document(path, front, parts)


def prose(lines: tuple[Line, ...]) -> Iterator[tuple[Line, bool]]:
    """Yield each line, and whether it belongs to a fenced block of code."""
    fence = ""
    for line in lines:
        found = FENCE.match(line.text)
        ticks = found["ticks"] if found else ""
        if fence:
            yield line, True
            if ticks.startswith(fence) and not (found and found["info"]):
                fence = ""
        elif ticks:
            fence = ticks
            yield line, True
        else:
            yield line, False


def _lines(path: Path, problems: list[str], parents: tuple[Path, ...]) -> Iterator[Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name} cannot be read: {error.__class__.__name__}.")
        return
    own = tuple(Line(line, path.name, number) for number, line in enumerate(text.splitlines(), 1))
    for line, verbatim in prose(own):
        found = None if verbatim else INCLUDE.match(line.text)
        if found is None:
            yield line
            continue
        target = (path.parent / found["path"]).resolve()
        if target in parents or target == path.resolve():
            problems.append(f"{line.place}: {found['path']} includes itself.")
        elif not target.is_relative_to((parents or (path.resolve(),))[0].parent):
            problems.append(f"{line.place}: {found['path']} lies outside the document's folder.")
        else:
            yield from _lines(target, problems, (*(parents or (path.resolve(),)), target))


def _front(lines: list[Line], problems: list[str]) -> tuple[dict[str, Any], list[Line]]:
    if not lines or lines[0].text.rstrip() != "---":
        return {}, lines
    end = next((i for i, line in enumerate(lines[1:], 1) if line.text.rstrip() in ("---", "...")), 0)
    if not end:
        problems.append(f"{lines[0].place}: the front matter has no end.")
        return {}, []
    front = _yaml(lines[1:end], problems)
    where = {m[1]: line.place for line in lines[1:end] if (m := re.match(r"^\s*([\w-]+)\s*:", line.text))}
    problems += [f"{where.get(key, lines[0].place)}: {text}" for key, text in front_problems(front)]
    return front, lines[end + 1 :]


def _yaml(lines: list[Line], problems: list[str]) -> dict[str, Any]:
    try:
        value = yaml.safe_load("\n".join(line.text for line in lines)) or {}
    except yaml.MarkedYAMLError as error:
        at = lines[min(error.problem_mark.line, len(lines) - 1)] if error.problem_mark else lines[0]
        problems.append(f"{at.place}: this is not YAML: {error.problem}.")
        return {}
    if not isinstance(value, dict):
        problems.append(f"{lines[0].place}: options are written as 'name: value'.")
        return {}
    return value


def _parts(lines: list[Line], problems: list[str]) -> Iterator[Text | Cell]:
    text: list[Line] = []
    cell: list[Line] = []
    closing = ""
    for line, verbatim in prose(tuple(lines)):
        found = FENCE.match(line.text)
        if closing:
            if found and found["ticks"].startswith(closing) and not found["info"]:
                yield _cell(cell, problems)
                closing = ""
            else:
                cell.append(line)
        elif verbatim and found and found["info"].startswith("{python"):
            if text:
                yield Text(tuple(text))
            text, cell, closing = [], [line], found["ticks"]
            if found["info"] != "{python}":
                problems.append(
                    f"{line.place}: unknown cell heading {found['info']!r}; options go below it, after '#|'."
                )
        else:
            opens = bool(verbatim and found and found["info"].startswith("{"))
            if opens or not verbatim:
                problems += [f"{line.place}: {problem}" for problem in text_problems(line.text)]
            text.append(line)
    if closing:
        problems.append(f"{cell[0].place}: this cell has no end.")
    if text:
        yield Text(tuple(text))


def _cell(lines: list[Line], problems: list[str]) -> Cell:
    start, *body = lines
    count = next((i for i, line in enumerate(body) if not line.text.startswith("#|")), len(body))
    heading = [Line(line.text[2:].removeprefix(" "), line.file, line.number) for line in body[:count]]
    options = _yaml(heading, problems) if heading else {}
    where = {m[1]: line.place for line in heading if (m := re.match(r"([\w-]+)\s*:", line.text))}
    problems += [f"{where.get(key, start.place)}: {text}" for key, text in cell_problems(options)]
    first = body[count].number if count < len(body) else start.number + 1
    return Cell(options, "\n".join(line.text for line in body[count:]), start, first)
