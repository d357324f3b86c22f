"""The part of Quarto that is known here; anything else is refused by its name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mmstats.errors import unknown

DOCUMENT = {
    "title", "subtitle", "author", "date", "abstract", "lang", "keywords", "format", "bibliography", "csl",
    "jupyter", "execute", "toc", "toc-depth", "toc-title", "number-sections", "nocite", "link-citations",
    "reference-section-title",
}  # fmt: skip
COMMON = {"toc", "toc-depth", "toc-title", "number-sections", "fig-format"}
FORMATS = {
    "html": COMMON | {"css", "embed-resources", "theme", "minimal", "toc-location"},
    "docx": COMMON | {"reference-doc"},
    "typst": COMMON | {"papersize", "margin", "mainfont", "fontsize", "include-in-header"},
}
EXECUTE = {"echo", "warning", "enabled", "output", "eval", "include"}
PROJECT = {"project", "format", "execute", "lang", "bibliography", "csl", "jupyter", "toc", "toc-depth",
           "number-sections", "link-citations"}  # fmt: skip
OPTIONS: dict[str, tuple[object, ...]] = {
    "echo": (True, False),
    "eval": (True, False),
    "include": (True, False),
    "output": (True, False, "asis"),
    "warning": (True, False),
}
CAPTIONS = {"label", "fig-cap", "fig-alt", "tbl-cap", "tags"}
SHORTCODES = ("include", "pagebreak")
CALLOUTS = ("callout-note", "callout-tip", "callout-important", "callout-warning", "callout-caution")
DIV_ATTRIBUTES = {"title", "fig-alt", "icon", "appearance", "width", "height", "lang", "role"}
QUARTO_CLASS = re.compile(
    r"\.(callout-[\w-]+|panel-[\w-]+|column-[\w-]+|content-(?:visible|hidden)|layout[\w-]*|"
    r"aside|margin[\w-]*|landscape|incremental|hidden)\b"
)
REFERENCES = ("fig", "tbl", "sec")
OTHER_REFERENCES = [
    "lst",
    "tip",
    "nte",
    "wrn",
    "imp",
    "cau",
    "thm",
    "lem",
    "cor",
    "prp",
    "cnj",
    "def",
    "exm",
    "exr",
    "sol",
    "rem",
    "alg",
    "eq",
]


def front_problems(front: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every key of a front matter that is not known, and why."""
    yield from ((key, unknown(key, DOCUMENT, what="key")) for key in front if key not in DOCUMENT)
    yield from _formats(front)


def project_problems(project: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every key of a project file that is not known, and why."""
    yield from ((key, unknown(key, PROJECT, what="key")) for key in project if key not in PROJECT)
    yield from _formats(project)


def cell_problems(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every option of a cell that is not known, or has a value that is not."""
    for key, value in options.items():
        if key in OPTIONS:
            if not any(value is choice or value == choice == "asis" for choice in OPTIONS[key]):
                allowed = ", ".join(str(choice).lower() for choice in OPTIONS[key])
                yield key, f"'{key}' takes {allowed}; it has {value!r}."
        elif key not in CAPTIONS:
            yield key, unknown(key, [*OPTIONS, *CAPTIONS], what="cell option")
    if options.get("tags", ["parameters"]) != ["parameters"]:
        yield "tags", "The only tag is [parameters]."
    label = str(options.get("label", ""))
    if re.match(rf"({'|'.join(OTHER_REFERENCES)})-", label):
        yield "label", f"Cross-references are to {_listed()}; the label is {label!r}."


def text_problems(line: str) -> Iterator[str]:
    """Yield what one line of prose uses that is not known."""
    bare = re.sub(r"(`+)(?!\{\w+\}[ \t])(?:(?!\1).)+?\1(?!\{=)", "", line)  # without inline code
    if found := re.match(r"^\s*[`~]{3,}\s*\{=(\w+)\}", line):
        yield f"Raw {found[1]} blocks are not passed on."
    elif found := re.match(r"^\s*[`~]{3,}\s*\{(\w+)", line):
        yield f"Only Python cells are run; this one is {found[1]!r}."
    for found in re.finditer(r"`\{=(\w+)\}", bare):
        yield f"Raw {found[1]} is not passed on."
    for found in re.finditer(r"(?<!`)`\{(\w+)\}[ \t]", bare):
        if found[1] != "python":
            yield f"Only Python expressions are run; this one is {found[1]!r}."
    for found in re.finditer(r"\{\{<\s*([\w/-]*)", line):  # Quarto looks for them in inline code too
        if found[1] not in SHORTCODES:
            yield unknown(found[1], SHORTCODES, what="shortcode")
        elif found[1] == "include":
            yield "An include stands alone on its line."
        elif not re.match(r"^\s*\{\{<\s*pagebreak\s*>\}\}\s*$", line):
            yield "A page break stands alone on its line."
    if found := re.match(r"^\s*:::+\s*(\{.*\}|[\w.-]+)", line):
        yield from _div(found[1])
    for found in re.finditer(rf"(?<![\w@])@({'|'.join(OTHER_REFERENCES)})-", bare):
        yield f"Cross-references are to {_listed()}; this one is to {found[1]!r}."
    if found := re.search(r"<(/?[a-zA-Z][\w-]*)(\s[^<>]*)?/?>", bare):
        yield f"Raw HTML is not passed on: <{found[1]}>."


def _listed() -> str:
    return ", ".join(f"{name}-..." for name in REFERENCES)


def _div(attributes: str) -> Iterator[str]:
    text = attributes if attributes.startswith("{") else "{." + attributes + "}"
    plain = re.sub(r"=\"[^\"]*\"|='[^']*'", "=x", text)
    for found in QUARTO_CLASS.finditer(plain):
        if found[1] not in CALLOUTS:
            yield unknown(found[1], CALLOUTS, what="block")
    for found in re.finditer(r"([\w-]+)=", plain):
        if found[1] not in DIV_ATTRIBUTES:
            yield unknown(found[1], DIV_ATTRIBUTES, what="attribute of a block")


def _formats(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    execute = values.get("execute", {})
    for key in execute if isinstance(execute, dict) else ():
        if key not in EXECUTE:
            yield key, unknown(key, EXECUTE, what="key of execute")
    formats = values.get("format", {})
    named = formats if isinstance(formats, dict) else {str(formats): {}}
    for name, options in named.items():
        if name not in FORMATS:
            yield name, unknown(name, FORMATS, what="format")
            continue
        for key in options if isinstance(options, dict) else ():
            if key not in FORMATS[name]:
                yield key, unknown(key, FORMATS[name], what=f"key of {name}")
