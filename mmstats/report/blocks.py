"""What a section of a report is made of: Markdown, and tables and figures with a label and a caption."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mmstats.errors import ReportError
from mmstats.report.assemble import escape
from mmstats.report.cited import Cited
from mmstats.tables.table import Table

RUN_IN = 700  # footnotes of so many letters follow each other on one line
FOLDER = "figures"  # beside the document that is being rendered


class Drawn(Protocol):
    """A figure: it writes itself to a file, and says in words what it shows."""

    @property
    def alt(self) -> str:
        """What is to be seen."""

    def save(self, path: Path) -> Path:
        """Write it in the format that the path ends in."""


class Words(str):
    """Text that a document prints as it is, without quotation marks."""

    def _repr_markdown_(self) -> str:
        return escape(self)


@dataclass(frozen=True)
class Float:
    """A table or figure with its label (``tbl-...`` or ``fig-...``) and its caption in Markdown."""

    label: str
    caption: str
    content: Any
    alt: str = ""


class Blocks:
    """Blocks in their order; the last line of a cell with ``output: asis`` shows them."""

    def __init__(self, blocks: Iterable[str | Float]) -> None:
        self.blocks = tuple(block for block in blocks if block)

    def __add__(self, other: "Blocks") -> "Blocks":
        return Blocks((*self.blocks, *other.blocks))

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, Markdown, display

        for block in self.blocks:
            if isinstance(block, str):
                display(Markdown(f"\n{unbroken(block)}\n"))  # type: ignore[no-untyped-call]
                continue
            display(Markdown(f"\n::: {{#{block.label}}}\n"))  # type: ignore[no-untyped-call]
            if block.label.startswith("fig-"):
                display(Markdown(f"\n{drawn(block)}\n"))  # type: ignore[no-untyped-call]
            elif isinstance(block.content, Table):
                display(HTML(block.content.to_html(caption=False, notes=False)))  # type: ignore[no-untyped-call]
                display(Markdown(f"\n{notes(block.content)}\n"))  # type: ignore[no-untyped-call]
            elif isinstance(block.content, Cited):
                display(Markdown(f"\n{block.content.markdown()}\n"))  # type: ignore[no-untyped-call]
                display(Markdown(f"\n{notes(block.content.table)}\n"))  # type: ignore[no-untyped-call]
            else:
                display(block.content)  # type: ignore[no-untyped-call]
            display(Markdown(f"\n{block.caption}\n\n:::\n"))  # type: ignore[no-untyped-call]


def unbroken(text: str) -> str:
    r"""Return Markdown in which no line ends within an interval, or between ``p =`` and its value.

    Examples
    --------
    >>> unbroken(r"1\.5 \[0\.2, 2\.8\], p \= \.03")
    '1\\.5 \\[0\\.2,\xa02\\.8\\], p\xa0\\=\xa0\\.03'
    """
    text = re.sub(r"\\\[[^\[\]]{1,40}\\\]", lambda found: found[0].replace(", ", ",\u00a0"), text)
    return re.sub(r"\b([pPn]) (\\?[=<>]) ", "\\1\u00a0\\2\u00a0", text)


def notes(table: Table) -> str:
    """Return what stands below a table, as Markdown: its footnotes with their marks, and general notes."""
    said = [escape(note) for note in table.notes]
    marked = [f"^{mark}^\u00a0{escape(text)}" for text, mark in table.marks.items()]
    if not said and not marked:
        return ""
    short = sum(map(len, marked)) <= RUN_IN
    lines = [" ".join(said), *([" ".join(marked)] if short else marked)]
    text = "\\\n".join(line for line in lines if line)
    return f'::: {{.table-notes custom-style="Table Note"}}\n{text}\n:::'


def drawn(block: Float) -> str:
    """Write a figure beside the document, as vectors and as pixels, and return the Markdown that shows it.

    Quarto tells which of the two it wants; without it, the format decides.
    """
    import os

    folder = Path(FOLDER)
    folder.mkdir(exist_ok=True)
    path = folder / block.label
    for kind in (".svg", ".png"):
        block.content.save(path.with_suffix(kind))
    suffix = "svg" if os.environ.get("QUARTO_FIG_FORMAT", "svg") == "svg" else "png"
    words = " ".join((block.alt or block.content.alt).split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'![]({path.with_suffix("." + suffix).as_posix()}){{fig-alt="{words}"}}'


def label(kind: str, *names: str) -> str:
    """Return a label made of names.

    Examples
    --------
    >>> label("tbl", "Fatigue & mood", "MS")
    'tbl-fatigue-mood-ms'
    """
    if kind not in ("fig", "tbl"):
        raise ReportError(f"A label starts with 'fig' or 'tbl', not {kind!r}.")
    return "-".join([kind, *(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in names)])
