"""Put a document and what its cells gave together, as Markdown with places for images and tables."""

import ast
import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from mmstats.report.execute import Output, Ran
from mmstats.report.qmd import INLINE, Cell, Document, Text, prose

IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
PRINTED = ("title", "subtitle", "author", "date", "abstract", "lang", "nocite", "reference-section-title")
DISCARDED = ("[<matplotlib", "<matplotlib", "<seaborn.")
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~^$@\"'&:=])")


@dataclass
class Assembled:
    """A document as Markdown; its images and HTML tables are kept aside and named in it."""

    markdown: str = ""
    images: list[dict[str, bytes]] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    alts: dict[str, str] = field(default_factory=dict)


def escape(text: str) -> str:
    r"""Return Markdown that prints `text` as it is, on one line.

    Examples
    --------
    >>> print(escape("<b>*x*</b>"))
    \<b\>\*x\*\</b\>
    """
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def assemble(document: Document, ran: Ran) -> Assembled:
    """Return the document with every output in its place."""
    made = Assembled()
    defaults = document.front.get("execute") or {}
    chunks = [
        "\n".join(_text(part, ran.inline[position]))
        if isinstance(part, Text)
        else "\n\n".join(_cell(part, ran.cells.get(position, ()), defaults, made))
        for position, part in enumerate(document.parts)
    ]
    printed = {key: document.front[key] for key in PRINTED if key in document.front}
    head = yaml.safe_dump(printed, allow_unicode=True, sort_keys=False) if printed else ""
    made.markdown = f"---\n{head}---\n\n" + "\n\n".join(chunks) + "\n"
    return made


def _text(part: Text, values: tuple[Output, ...]) -> Iterator[str]:
    given = iter(values)
    for line, verbatim in prose(part.lines):
        if verbatim:
            yield line.text
        elif re.match(r"^\s*\{\{<\s*pagebreak\s*>\}\}\s*$", line.text):
            yield "\n::: {.mmstats-pagebreak}\n:::\n"
        else:
            yield INLINE.sub(lambda _: _inline(next(given)), line.text)


def _inline(output: Output) -> str:
    if "text/markdown" in output.data:
        return output.data["text/markdown"].strip()
    text = output.data.get("text/plain", "")
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return escape(str(ast.literal_eval(text)) if quoted else text)


def _cell(
    cell: Cell, outputs: tuple[Output, ...], defaults: dict[str, object], made: Assembled
) -> Iterator[str]:
    wanted = {"echo": True, "output": True, "warning": True, "include": True, **defaults, **cell.options}
    if not wanted["include"]:
        return
    if wanted["echo"]:
        yield fenced(cell.code, "python")
    if not wanted["output"]:
        return
    shown = [text for out in outputs for text in _output(out, wanted, made)]
    label = str(cell.options.get("label", ""))
    caption = str(cell.options.get("fig-cap") or cell.options.get("tbl-cap") or "")
    if shown and label.startswith(("fig-", "tbl-")):
        made.alts[label] = str(cell.options.get("fig-alt", ""))
        yield f"::::: {{#{label}}}\n"
        yield from shown
        yield f"{caption}\n:::::\n"
    else:
        yield from shown
        if shown and caption:
            yield caption


def _output(output: Output, wanted: dict[str, object], made: Assembled) -> Iterator[str]:
    if output.stream:
        text = output.data["text/plain"]
        if output.stream == "stdout" and wanted["output"] == "asis":
            yield text
        elif output.stream == "stdout" or wanted["warning"]:
            yield fenced(text, "")
        return
    if "<table" in output.data.get("text/html", "").lower():
        made.tables.append(output.data["text/html"])
        yield f"::: {{.mmstats-table n={len(made.tables) - 1}}}\n:::"
    elif "text/markdown" in output.data:
        yield output.data["text/markdown"]
    elif images := {kind: _bytes(kind, output.data[kind]) for kind in IMAGES if kind in output.data}:
        made.images.append(images)
        yield f"![](mmstats-image:{len(made.images) - 1})"
    elif (text := output.data.get("text/plain", "")) and not text.startswith(DISCARDED):
        yield fenced(text, "")


def _bytes(kind: str, data: str) -> bytes:
    return data.encode() if kind == "image/svg+xml" else base64.b64decode(data)


def fenced(text: str, language: str) -> str:
    """Return `text` as a block of code, whatever backticks it holds."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"
