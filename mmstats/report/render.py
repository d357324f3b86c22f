"""Render a report: with Quarto when it is there, with the embedded engine when it is not."""

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmstats.errors import ReportError, unknown
from mmstats.report import TEMPLATES
from mmstats.report.assemble import assemble, escape
from mmstats.report.build import parse
from mmstats.report.execute import execute, kernel
from mmstats.report.metadata import project_of, settings, with_project
from mmstats.report.qmd import Document, read_qmd
from mmstats.report.write import SUFFIX, write
from mmstats.writing import write_whole

FORMATS = {"html": "html", "docx": "docx", "pdf": "typst"}


def render(
    qmd: Path | Sequence[Path],
    *,
    study_results: Path,
    formats: Sequence[str] = ("html", "docx", "pdf"),
    out: Path,
    engine: str = "auto",
    title: str = "",
    note: str = "",
    bibliography: Path | None = None,
) -> list[Path]:
    """Render one or several documents of one study.

    Parameters
    ----------
    qmd : Path, or several
    study_results : Path
        The study's folder of saved results; the documents' parameter ``study``.
    formats : sequence of {"html", "docx", "pdf"}
    out : Path
        The folder the files are written to.
    engine : {"auto", "quarto", "embedded"}
        By default Quarto if it is on the path, and the embedded engine if not.
    title : str
        The study's title: that of the shipped documents, whose own one becomes the subtitle. A document of
        another name keeps its title.
    note : str
        The study's notice; its first sentence runs along the pages of PDF and DOCX.

    bibliography : Path, optional
        References of the study's own, beside those of the documents.

    Returns
    -------
    list of Path
        The files, document by document, in the order of the formats.

    Raises
    ------
    ReportError
        If a document uses what is not known, refers to what does not exist, or fails.
    """
    paths = [qmd] if isinstance(qmd, Path) else list(qmd)
    problems = [unknown(name, FORMATS, what="format") for name in formats if name not in FORMATS]
    problems += [f"There is no document {path.name!r}." for path in paths if not path.is_file()]
    if engine not in ("auto", "quarto", "embedded"):
        problems.append(unknown(engine, ("auto", "quarto", "embedded"), what="engine"))
    if problems:
        raise ReportError("The reports cannot be rendered.", problems)
    out.mkdir(parents=True, exist_ok=True)
    parameters = {"study": str(study_results.resolve())}
    if engine == "quarto" or (engine == "auto" and shutil.which("quarto")):
        from mmstats.report.quarto import render_with_quarto

        return [
            path
            for one in paths
            for path in render_with_quarto(one, parameters, formats, out, title, bibliography)
        ]
    documents = [titled(read_qmd(path), title, note) for path in paths]
    return _embedded(documents, parameters, formats, out, bibliography)


def titled(document: Document, title: str, note: str = "") -> Document:
    """Return a document under the study's title, if it has a shipped one's name, with a running notice."""
    front = dict(document.front)
    if title and document.path.stem in TEMPLATES:
        front = {**front, "title": escape(title), "subtitle": str(front.get("title", ""))}
    if note:
        front["notice"] = escape(re.split(r"(?<=[.!?])\s+(?=[A-Z])", note)[0])
    return Document(document.path, front, document.parts)


def _embedded(
    documents: Sequence[Document],
    parameters: Mapping[str, str],
    formats: Sequence[str],
    out: Path,
    bibliography: Path | None,
) -> list[Path]:
    written = []
    with tempfile.TemporaryDirectory(prefix="mmstats-report-") as work, kernel(Path(work)) as client:
        for document in documents:
            project = project_of(document.path)
            known = with_project(document, project)
            of = {
                name: settings(known, FORMATS[name], project).with_references(bibliography)
                for name in formats
            }
            ran = execute(known, parameters, client)
            parsed = parse(known, assemble(known, ran), (Path(work), document.path.parent))
            for name in formats:
                target = out / f"{document.path.stem}.{SUFFIX[FORMATS[name]]}"
                write_whole(target, write(parsed, FORMATS[name], of[name]))
                written.append(target)
    return written
