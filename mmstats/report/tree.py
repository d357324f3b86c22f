"""Pandoc's document tree: reading it, walking it, and its small building blocks."""

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pypandoc

from mmstats.errors import ReportError

Node = dict[str, Any]
MARKDOWN = "markdown-raw_html-raw_tex-raw_attribute-latex_macros"


def pandoc(arguments: list[str], text: str) -> tuple[bytes, str]:
    """Run pandoc, which may read no file but those named in its arguments; return its output and warnings.

    Raises
    ------
    ReportError
        If it fails.
    """
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), "--sandbox", *arguments],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        raise ReportError(f"pandoc could not convert the report: {said}")
    return done.stdout, said


def read(text: str, source: str = MARKDOWN) -> Node:
    """Return the tree of a text."""
    tree: Node = json.loads(pandoc(["-f", source, "-t", "json"], text)[0])
    return tree


def walk(value: Any, change: Callable[[Node], list[Node] | None]) -> Any:
    """Return `value` with each node replaced by what `change` returns; None keeps it and goes inside."""
    if isinstance(value, list):
        made: list[Any] = []
        for item in value:
            if isinstance(item, dict) and "t" in item:
                new = change(item)
                made += [walk(item, change)] if new is None else new
            else:
                made.append(walk(item, change))
        return made
    if isinstance(value, dict):
        return {key: walk(item, change) for key, item in value.items()}
    return value


def nodes(value: Any) -> Iterator[Node]:
    """Yield every node, in the order of the document."""
    if isinstance(value, list):
        for item in value:
            yield from nodes(item)
    elif isinstance(value, dict):
        if "t" in value:
            yield value
        for item in value.values():
            yield from nodes(item)


def words(text: str) -> list[Node]:
    """Return text as inline nodes; a space that does not break stays."""
    parts = text.split(" ")
    made: list[Node] = []
    for position, part in enumerate(parts):
        if position:
            made.append({"t": "Space"})
        if part:
            made.append({"t": "Str", "c": part})
    return made


def raw(target: str, text: str) -> Node:
    """Return a block written as it is into one format."""
    return {"t": "RawBlock", "c": [target, text]}


def raw_inline(target: str, text: str) -> Node:
    """Return an inline written as it is into one format."""
    return {"t": "RawInline", "c": [target, text]}


def plain(inlines: list[Node]) -> Node:
    """Return inlines as a block that is no paragraph of its own."""
    return {"t": "Plain", "c": inlines}


def div(blocks: list[Node], *, id: str = "", classes: tuple[str, ...] = (), **attributes: str) -> Node:
    """Return blocks in a division."""
    pairs = [[key.replace("_", "-"), value] for key, value in attributes.items()]
    return {"t": "Div", "c": [[id, list(classes), pairs], blocks]}


def as_text(value: Any) -> str:
    """Return the words of a tree."""
    said = {"Space": " ", "SoftBreak": " ", "LineBreak": "\n"}
    return "".join(
        str(node["c"])
        if node["t"] == "Str"
        else node["c"][1]
        if node["t"] == "Code"
        else said.get(node["t"], "")
        for node in nodes(value)
    )
