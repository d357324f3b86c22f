"""One format's tree to one file: HTML, DOCX or PDF, the same bytes every time."""

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from mmstats.errors import ReportError
from mmstats.report.build import Parsed, build, missing_citations
from mmstats.report.markup import Docx, Html, Markup, Typst, typst_string
from mmstats.report.metadata import Settings
from mmstats.report.tree import Node, as_text, pandoc
from mmstats.tables import word

ASSETS = Path(__file__).with_name("assets")
TEXT = 9638  # the width of an A4 page's text with margins of 20 mm, in twentieths of a point
SUFFIX = {"html": "html", "docx": "docx", "typst": "pdf"}


def write(parsed: Parsed, target: str, settings: Settings) -> bytes:
    """Return the document in one format.

    Parameters
    ----------
    parsed : Parsed
    target : {"html", "docx", "typst"}
    settings : Settings

    Raises
    ------
    ReportError
        If it refers to something that does not exist.
    """
    markups: dict[str, Callable[[], Markup]] = {"html": Html, "docx": Docx, "typst": Typst}
    makers: dict[str, Callable[..., bytes]] = {"html": _html, "docx": _docx, "typst": _pdf}
    markup = markups[target]()
    blocks = build(parsed, markup, sections=bool(settings.get("number-sections")))
    tree = {**parsed.tree, "blocks": blocks}
    return makers[target](parsed, tree, settings, markup)


def _pandoc(parsed: Parsed, tree: Node, settings: Settings, to: str, *arguments: str) -> bytes:
    command = ["-f", "json", "-t", to, *arguments]
    bibliography = settings.files("bibliography")
    if bibliography:
        command += ["--citeproc", *(f"--bibliography={path}" for path in bibliography)]
        command += [f"--csl={path}" for path in settings.files("csl")]
        command += ["--metadata=link-citations"] if settings.get("link-citations") else []
    if settings.get("number-sections"):
        command.append("--number-sections")
    out, said = pandoc(command, json.dumps(tree))
    keys = {
        key: None
        for path in bibliography
        for key in re.findall(r"@\w+\{\s*([^,\s]+)", path.read_text(encoding="utf-8"))
    }
    if problems := missing_citations(said, keys, parsed.document):
        raise ReportError(f"{parsed.document.path.name} cannot be rendered.", problems)
    if said:
        raise ReportError(f"{parsed.document.path.name}: pandoc warns: {said}")
    return out


def _contents(settings: Settings) -> list[str]:
    return ["--toc", f"--toc-depth={settings.get('toc-depth', 3)}"] if settings.get("toc") else []


def _html(parsed: Parsed, tree: Node, settings: Settings, markup: Html) -> bytes:
    styles = [(ASSETS / "page.css").read_text(encoding="utf-8")]
    styles += [path.read_text(encoding="utf-8") for path in settings.files("css")]
    css = "\n".join(styles)
    if re.search(r"url\(|@import|</style", css, re.IGNORECASE):
        raise ReportError("A style sheet points outside the report.")
    title = as_text(tree["meta"].get("title", {})) or "Report"
    variables = [f"--variable=styles:{css}", "--mathml", "--section-divs", "--wrap=none"]
    variables += ["--variable=pagetitle:" + title.replace("&", "&amp;").replace("<", "&lt;")]
    if settings.get("toc-title"):
        variables.append(f"--metadata=toc-title:{settings.get('toc-title')}")
    return _pandoc(
        parsed,
        tree,
        settings,
        "html5",
        f"--template={ASSETS / 'page.html'}",
        *_contents(settings),
        *variables,
    )


def _docx(parsed: Parsed, tree: Node, settings: Settings, markup: Docx) -> bytes:
    reference = [f"--reference-doc={path}" for path in settings.files("reference-doc")]
    made = _pandoc(parsed, tree, settings, "docx", *reference, *_contents(settings), "-o", "-")
    return settled(made, as_text(tree["meta"].get("notice", {})))


def settled(document: bytes, notice: str = "") -> bytes:
    """Return a Word document without the time it was made, its tables settled, a notice in its footer."""
    running = (
        '<w:p><w:pPr><w:pStyle w:val="Footer"/><w:jc w:val="center"/></w:pPr><w:r><w:rPr>'
        f'<w:color w:val="555555"/><w:sz w:val="17"/></w:rPr><w:t>{escape(notice)}</w:t></w:r></w:p>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:\w+ [^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", part)
            if name == "word/document.xml":
                part = word.settled(part.decode(), TEXT).encode()
            if notice and re.fullmatch(r"word/footer\d*\.xml", name):
                part = part.replace(b"</w:ftr>", running.encode() + b"</w:ftr>")
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _pdf(parsed: Parsed, tree: Node, settings: Settings, markup: Typst) -> bytes:
    import typst

    values = {
        "styles": "\n".join(path.read_text(encoding="utf-8") for path in settings.files("include-in-header")),
        "paper": str(settings.get("papersize", "a4")),
        "margin": _margin(settings.get("margin", {"x": "20mm", "y": "25mm"})),
        "fonts": ", ".join(
            map(typst_string, [settings.get("mainfont", "Libertinus Serif"), "DejaVu Sans Mono"])
        ),
        "fontsize": str(settings.get("fontsize", "10.5pt")),
        "lang": str(settings.get("lang", "en")),
        "numbering": '"1.1"' if settings.get("number-sections") else "none",
        "toc-title": str(settings.get("toc-title", "Contents")),
        "toc-depth": str(settings.get("toc-depth", 3)),
    }
    variables = [f"--variable={name}:{value}" for name, value in values.items()]
    template = f"--template={ASSETS / 'page.typ'}"
    page = _pandoc(parsed, tree, settings, "typst", template, "--wrap=none", *_contents(settings), *variables)
    with tempfile.TemporaryDirectory(prefix="mmstats-pdf-") as folder:
        for name, data in markup.files.items():
            Path(folder, name).write_bytes(data)
        Path(folder, "report.typ").write_bytes(page)
        try:
            compiler = typst.Compiler(str(Path(folder, "report.typ")), root=folder, ignore_system_fonts=True)
            made = compiler.compile(format="pdf", timestamp=0)
            assert isinstance(made, bytes)  # one file, since PDF is one
            return made
        except typst.TypstError as error:
            raise ReportError(f"Typst could not set the report: {error}") from None


def _margin(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{side}: {size}" for side, size in value.items()) + ")"
    return str(value)
