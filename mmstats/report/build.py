"""From an assembled document to one format's tree: references, tables, figures and callouts in place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from mmstats.errors import ReportError, nearest, unknown
from mmstats.report.assemble import IMAGES, Assembled
from mmstats.report.crossref import LABEL, Numbers, linker, number
from mmstats.report.markup import Markup, title_of
from mmstats.report.qmd import Document, Text
from mmstats.report.tree import Node, as_text, raw, read, walk
from mmstats.report.widths import fitted

TAGS = {
    "div", "style", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td",
    "sup", "sub", "br", "strong", "em", "span", "p", "b", "i",
}  # fmt: skip
ATTRIBUTES = {"class", "id", "style", "colspan", "rowspan", "scope", "headers", "align", "valign"}
SAFE_LINK = re.compile(r"^(https?://|mailto:|#)")
RULE = "HorizontalRule"


@dataclass(frozen=True)
class Parsed:
    """A document's tree before any format, and its tables as native ones."""

    document: Document
    assembled: Assembled
    tree: Node
    tables: tuple[list[Node], ...]
    folders: tuple[Path, ...]


def parse(document: Document, assembled: Assembled, folders: tuple[Path, ...]) -> Parsed:
    """Read the Markdown, and every HTML table.

    Parameters
    ----------
    document : Document
    assembled : Assembled
    folders : tuple of Path
        Where images may be read from.

    Raises
    ------
    ReportError
        If a table has more in it than a table has.
    """
    problems = [problem for text in assembled.tables for problem in _Checked(text).problems]
    if problems:
        raise ReportError(f"A table of {document.path.name} is not passed on.", list(dict.fromkeys(problems)))
    tree = read(assembled.markdown)
    return Parsed(document, assembled, tree, tuple(_native(assembled.tables)), folders)


def build(parsed: Parsed, markup: Markup, *, sections: bool) -> list[Node]:
    """Return the blocks of one format.

    Raises
    ------
    ReportError
        For every reference to nothing, image that may not be read, and link that is not one, at once.
    """
    blocks: list[Node] = parsed.tree["blocks"]
    numbers = number(blocks, sections)
    blocks = walk(blocks, linker(numbers, lambda label: _place(parsed.document, label)))
    alt: list[str] = []

    def change(node: Node) -> list[Node] | None:
        kind: str = node["t"]
        content: Any = node.get("c")
        if kind in ("RawBlock", "RawInline"):
            numbers.problems.append(f"Raw {content[0]} is not passed on.")
            return []
        if kind == "Image":
            attributes = dict(content[0][2])
            words = (
                attributes.get("fig-alt") or attributes.get("alt") or "".join(alt[-1:]) or as_text(content[1])
            )
            return _image(parsed, markup, content[2][0], words, numbers)
        if kind == "Link" and not SAFE_LINK.match(content[2][0]):
            numbers.problems.append(f"A link to {content[2][0]!r} is not passed on.")
            return list(content[1])
        if kind == "Figure":
            (label, _, pairs), caption, inner = content
            text = caption[1][0]["c"] if caption[1] else []
            return _float(label, text, inner, dict(pairs).get("fig-alt", ""))
        if kind == "Table" and LABEL.match(content[0][0]):
            label, caption = content[0][0], content[1][1]
            bare = {"t": "Table", "c": [["", *content[0][1:]], [None, []], *content[2:]]}
            return _float(
                label, caption[0]["c"] if caption else [], markup.native([fitted(bare, markup.letters)]), ""
            )
        if kind == "Table":
            return markup.native([fitted(node, markup.letters)])
        if kind == "Div":
            return _div(content)
        return None

    def _div(content: list[Any]) -> list[Node] | None:
        (label, classes, pairs), inner = content
        given = dict(pairs)
        if "mmstats-pagebreak" in classes:
            return [markup.page_break()]
        if "mmstats-table" in classes:
            position = int(given["n"])
            if markup.native_tables:
                return markup.native(_fitted(parsed.tables[position], markup.letters))
            return [raw("html", parsed.assembled.tables[position])]
        if "table-notes" in classes:
            return markup.notes(walk(inner, change))
        callout = next((c.removeprefix("callout-") for c in classes if c.startswith("callout-")), "")
        if callout:
            title, rest = title_of(callout, given.get("title", ""), inner)
            return markup.callout(callout, walk(title, change), walk(rest, change))
        if label.startswith(("fig-", "tbl-")):
            last = inner[-1:] if inner and inner[-1]["t"] == "Para" and len(inner) > 1 else []
            words = given.get("fig-alt") or parsed.assembled.alts.get(label, "")
            return _float(label, last[0]["c"] if last else [], inner[: len(inner) - len(last)], words)
        return None

    def _float(label: str, caption: list[Node], inner: list[Node], words: str) -> list[Node]:
        alt.append(words or as_text(caption))
        made = walk(inner, change)
        alt.pop()
        caption = walk(caption, change)
        if not LABEL.match(label):
            return markup.figure(label, caption, made) if caption else made
        write = markup.figure if label.startswith("fig-") else markup.table
        return write(label, [{"t": "Strong", "c": numbers.caption(label)}, *caption], made)

    made: list[Node] = walk(blocks, change)
    if numbers.problems:
        raise ReportError(
            f"{parsed.document.path.name} cannot be rendered.", list(dict.fromkeys(numbers.problems))
        )
    return made


def missing_citations(said: str, known: Mapping[str, object], document: Document) -> list[str]:
    """Return one problem for each citation that pandoc did not find."""
    keys = dict.fromkeys(re.findall(r"citation (\S+) not found", said))
    return [f"{_place(document, key)}: no reference is called {key!r}.{nearest(key, known)}" for key in keys]


def _image(parsed: Parsed, markup: Markup, source: str, alt: str, numbers: Numbers) -> list[Node]:
    if found := re.fullmatch(r"mmstats-image:(\d+)", source):
        position = int(found[1])
        if position < len(parsed.assembled.images):
            return [markup.image(parsed.assembled.images[position], alt)]
    kinds = {suffix: kind for kind, suffix in IMAGES.items()}
    for folder in parsed.folders:
        path = (folder / source).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file() and path.suffix[1:] in kinds:
            both = {
                kinds[p.suffix[1:]]: p for p in (path, path.with_suffix(".svg"), path.with_suffix(".png"))
            }
            return [markup.image({kind: p.read_bytes() for kind, p in both.items() if p.is_file()}, alt)]
    numbers.problems.append(f"The image {source!r} is not an SVG, PNG or JPEG file in the report's folder.")
    return []


def _place(document: Document, label: str) -> str:
    for part in document.parts:
        if isinstance(part, Text):
            for line in part.lines:
                if f"@{label}" in line.text:
                    return line.place
    return document.path.name


def _fitted(blocks: list[Node], letters: int) -> list[Node]:
    return [fitted(block, letters) if block["t"] == "Table" else block for block in blocks]


def _native(tables: list[str]) -> list[list[Node]]:
    """Return each HTML table as pandoc's blocks; one call for all of them."""
    if not tables:
        return []
    bare = [re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL) for text in tables]
    blocks = read("\n<hr>\n".join(bare), "html-native_divs-native_spans")["blocks"]
    made: list[list[Node]] = [[]]
    for block in blocks:
        if block["t"] == RULE:
            made.append([])
        else:
            made[-1].append(block)
    return made


class _Checked(HTMLParser):
    """Finds in a table's HTML whatever a table does not need."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a tag and its attributes."""
        if tag not in TAGS:
            self.problems.append(unknown(tag, TAGS, what="HTML element"))
        for name, value in attrs:
            if name not in ATTRIBUTES and not name.startswith("data-quarto-"):
                self.problems.append(f"The attribute {name!r} of <{tag}> is not passed on.")
            elif re.search(r"url\(|expression|@import|javascript:", value or "", re.IGNORECASE):
                self.problems.append(f"The value of {name!r} of <{tag}> points outside the report.")

    def handle_data(self, data: str) -> None:
        """Check a style sheet's text."""
        if self.cdata_elem == "style" and re.search(r"url\(|@import", data, re.IGNORECASE):
            self.problems.append("A style sheet points outside the report.")
