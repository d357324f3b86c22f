"""How each format writes what pandoc has no word for: numbered tables and figures, callouts, images."""

import base64
import re
import struct
from collections.abc import Mapping
from html import escape as html_escape
from typing import Protocol

from mmstats.report.tree import Node, as_text, div, nodes, plain, raw, raw_inline, walk
from mmstats.report.widths import height
from mmstats.tables.widths import PAGE
from mmstats.tables.word import TOGETHER

POINTS_WIDE = 481.0  # the text of an A4 page with margins of 20 mm
AFTER_TABLE = (
    '<w:p><w:pPr><w:spacing w:before="0" w:after="120" w:line="120" w:lineRule="exact"/></w:pPr></w:p>'
)
UNBROKEN = 14  # letters of a name that stay together in a PDF table
CALLOUTS = {
    "note": "Note",
    "tip": "Tip",
    "important": "Important",
    "warning": "Warning",
    "caution": "Caution",
}


class Markup(Protocol):
    """What a format must be able to write."""

    target: str
    native_tables: bool
    letters: int  # of table text that go across a page

    def image(self, data: Mapping[str, bytes], alt: str) -> Node:
        """Return an image."""

    def table(self, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        """Return a table with its caption."""

    def figure(self, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        """Return a figure with its caption."""

    def native(self, table: list[Node]) -> list[Node]:
        """Return a table's blocks as this format wants them."""

    def notes(self, content: list[Node]) -> list[Node]:
        """Return what stands below a table."""

    def callout(self, kind: str, title: list[Node], content: list[Node]) -> list[Node]:
        """Return a note set apart from the text."""

    def page_break(self) -> Node:
        """Return a page break."""


class Html:
    """HTML: images inside the file as ``data:`` addresses."""

    target = "html"
    native_tables = False
    letters = PAGE

    def image(self, data: Mapping[str, bytes], alt: str) -> Node:
        """Return an image that needs no other file."""
        kind = "image/svg+xml" if "image/svg+xml" in data else next(iter(data))
        wide = f' width="{round(points(data) * 4 / 3)}"' if points(data) else ""
        source = f"data:{kind};base64,{base64.b64encode(data[kind]).decode()}"
        return raw_inline("html", f'<img src="{source}" alt="{html_escape(alt)}"{wide}>')

    def table(self, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        """Return a table with its caption above."""
        head = [raw("html", "<figcaption>"), plain(caption), raw("html", "</figcaption>")]
        return [
            raw("html", f'<figure class="table" id="{label}">'),
            *head,
            *content,
            raw("html", "</figure>"),
        ]

    def figure(self, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        """Return a figure with its caption below."""
        foot = [raw("html", "<figcaption>"), plain(caption), raw("html", "</figcaption>")]
        return [
            raw("html", f'<figure class="figure" id="{label}">'),
            *content,
            *foot,
            raw("html", "</figure>"),
        ]

    def native(self, table: list[Node]) -> list[Node]:
        """Return a table's blocks as this format wants them."""
        return table

    def notes(self, content: list[Node]) -> list[Node]:
        """Return what stands below a table."""
        return [div(content, classes=("table-notes",))]

    def callout(self, kind: str, title: list[Node], content: list[Node]) -> list[Node]:
        """Return a note set apart from the text."""
        head = div([{"t": "Para", "c": title}], classes=("callout-title",))
        return [div([head, *content], classes=("callout", f"callout-{kind}"), role="note")]

    def page_break(self) -> Node:
        """Return a page break, seen when printed."""
        return raw("html", '<div style="break-after: page"></div>')


class Docx:
    """Word: paragraph styles of the reference document, tables of its own."""

    target = "docx"
    native_tables = True
    letters = PAGE

    def image(self, data: Mapping[str, bytes], alt: str) -> Node:
        """Return an image, as pixels, which every word processor shows."""
        kind = "image/png" if "image/png" in data else next(iter(data))
        source = f"data:{kind};base64,{base64.b64encode(data[kind]).decode()}"
        wide = [["width", f"{min(points(data), POINTS_WIDE) / 72:.3f}in"]] if points(data) else []
        return {"t": "Image", "c": [["", [], wide], [{"t": "Str", "c": alt}] if alt else [], [source, ""]]}

    def table(self, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        """Return a table with its caption above, and a bookmark."""
        head = div([{"t": "Para", "c": caption}], custom_style="Table Caption")
        after = [raw("openxml", AFTER_TABLE)] if content and content[-1]["t"] == "Table" else []
        return [div([head, *content, *after], id=label)]

    def figure(self, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        """Return a figure with its caption below, and a bookmark."""
        shown = div(content, custom_style="Captioned Figure")
        return [div([shown, div([{"t": "Para", "c": caption}], custom_style="Image Caption")], id=label)]

    def native(self, table: list[Node]) -> list[Node]:
        """Return a table with its own paragraph style in every cell."""

        def change(node: Node) -> list[Node] | None:
            if node["t"] != "Plain":
                return None
            return [div([{"t": "Para", "c": node["c"]}], custom_style="Table Text")]

        made: list[Node] = walk(table, change)
        return made

    def notes(self, content: list[Node]) -> list[Node]:
        """Return what stands below a table."""
        return [div(content, custom_style="Table Note")]

    def callout(self, kind: str, title: list[Node], content: list[Node]) -> list[Node]:
        """Return a note set apart from the text."""
        head = div([{"t": "Para", "c": title}], custom_style="Callout Title")
        return [head, div(content, custom_style="Callout")]

    def page_break(self) -> Node:
        """Return a page break."""
        return raw("openxml", '<w:p><w:r><w:br w:type="page"/></w:r></w:p>')


class Typst:
    """Typst, for PDF: images as files beside the source."""

    target = "typst"
    native_tables = True
    letters = 128  # its letters are narrower

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def image(self, data: Mapping[str, bytes], alt: str) -> Node:
        """Return an image with its alternative text."""
        kind = "image/svg+xml" if "image/svg+xml" in data else next(iter(data))
        name = f"image-{len(self.files)}.{ {'image/svg+xml': 'svg', 'image/png': 'png'}.get(kind, 'jpg') }"
        self.files[name.replace(" ", "")] = data[kind]
        wide = f", width: {min(points(data), POINTS_WIDE):.1f}pt" if points(data) else ""
        return raw_inline("typst", f'#image("{name.replace(" ", "")}", alt: {typst_string(alt)}{wide})')

    def table(self, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        """Return a table with its caption above."""
        made = self._float("table", label, caption, content)
        if sum(height(node) for node in nodes(content) if node["t"] == "Table") > TOGETHER:
            return made
        return [
            raw("typst", "#block(breakable: false, above: 1.4em, below: 1.6em)["),
            *made,
            raw("typst", "]"),
        ]

    def figure(self, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        """Return a figure with its caption below."""
        return self._float("image", label, caption, content)

    def _float(self, kind: str, label: str, caption: list[Node], content: list[Node]) -> list[Node]:
        start = f"#figure(kind: {kind}, supplement: none, numbering: none, caption: ["
        return [
            raw("typst", start),
            plain(caption),
            raw("typst", "])["),
            *content,
            raw("typst", f"]<{label}>"),
        ]

    def native(self, table: list[Node]) -> list[Node]:
        """Return a table whose long names may break where their parts meet."""

        def change(node: Node) -> list[Node] | None:
            if node["t"] != "Str" or len(node["c"]) <= UNBROKEN:
                return None
            return [{"t": "Str", "c": re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[_/])(?=\w)", "\u200b", node["c"])}]

        made: list[Node] = walk(table, change)
        return made

    def notes(self, content: list[Node]) -> list[Node]:
        """Return what stands below a table."""
        return [raw("typst", "#table-notes["), *content, raw("typst", "]")]

    def callout(self, kind: str, title: list[Node], content: list[Node]) -> list[Node]:
        """Return a note set apart from the text."""
        return [
            raw("typst", f'#callout("{kind}")['),
            plain(title),
            raw("typst", "]["),
            *content,
            raw("typst", "]"),
        ]

    def page_break(self) -> Node:
        """Return a page break."""
        return raw("typst", "#pagebreak(weak: true)")


def typst_string(text: str) -> str:
    """Return a Typst string that holds `text`."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def points(data: Mapping[str, bytes]) -> float:
    """Return how wide an image wants to be, in points; 0 if it does not say."""
    if "image/svg+xml" in data:
        head = data["image/svg+xml"][:2000].decode(errors="replace")
        found = re.search(r"<svg[^>]*?\bwidth=\"([\d.]+)(pt|px|in|mm|cm)?\"", head, re.DOTALL)
        size = {"pt": 1.0, "in": 72.0, "mm": 72 / 25.4, "cm": 72 / 2.54}
        if found:
            return float(found[1]) * size.get(found[2] or "px", 0.75)
    png = data.get("image/png", b"")
    if png[:8] == b"\x89PNG\r\n\x1a\n":
        pixels = struct.unpack(">I", png[16:20])[0]
        at = png.find(b"pHYs", 0, 2000)
        dense = struct.unpack(">I", png[at + 4 : at + 8])[0] if at > 0 else 72 / 0.0254
        return float(pixels) * 72 / (dense * 0.0254)
    return 0.0


def title_of(kind: str, given: str, content: list[Node]) -> tuple[list[Node], list[Node]]:
    """Return a callout's title and the rest: the title given, a heading that begins it, or its kind."""
    if content and content[0]["t"] == "Header":
        return content[0]["c"][2], content[1:]
    return [{"t": "Str", "c": given or CALLOUTS[kind]}], content


__all__ = ["CALLOUTS", "Docx", "Html", "Markup", "Typst", "as_text", "points", "title_of", "typst_string"]
