"""Render with Quarto itself."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

import mmstats
from mmstats.errors import ReportError
from mmstats.report import BIBLIOGRAPHY, TEMPLATES
from mmstats.report.assemble import escape
from mmstats.report.metadata import PROJECT_FILE, project_of
from mmstats.writing import write_whole

COPIED = (".qmd", ".bib", ".csl", ".css", ".typ", ".docx", ".png", ".svg")
PARAMETERS = re.compile(r"(?ms)^```\{python\}\n(?:#\|[^\n]*\n)*?#\| tags: \[parameters\]\n.*?^```\n")
TARGETS = {"html": "html", "docx": "docx", "pdf": "typst"}


def render_with_quarto(
    qmd: Path,
    parameters: Mapping[str, str],
    formats: Sequence[str],
    out: Path,
    title: str = "",
    bibliography: Path | None = None,
) -> list[Path]:
    """Render one document with Quarto, in a copy of its project, so that nothing is written beside it.

    A shipped document gets the study's title in the copy's front matter: Quarto reads the value of
    ``--metadata`` as YAML, where a title with a colon would not be a title. References of the study's own are
    added to the copy of the shipped ones.

    Raises
    ------
    ReportError
        If Quarto is not on the path, or fails.
    """
    quarto = shutil.which("quarto")
    if quarto is None:
        raise ReportError(
            "Quarto is not on the path. Install it from https://quarto.org, or use the embedded engine."
        )
    written = []
    with tempfile.TemporaryDirectory(prefix="mmstats-quarto-") as work:
        copy = _copy(qmd, Path(work))
        if bibliography:
            _add_references(Path(work) / "reports" / BIBLIOGRAPHY, bibliography)
        text = with_parameters(copy.read_text(encoding="utf-8"), parameters)
        if title and qmd.stem in TEMPLATES:
            text = with_title(text, title)
        copy.write_text(text, encoding="utf-8")
        for name in formats:
            target = f"{qmd.stem}.{name}"
            command = [quarto, "render", str(copy), "--to", TARGETS[name], "--output", target]
            done = subprocess.run(
                command, cwd=work, env=_environment(), capture_output=True, text=True, check=False
            )
            found = sorted(Path(work).rglob(target))
            if done.returncode or not found:
                raise ReportError(
                    f"Quarto could not render {qmd.name} as {name}: {done.stderr.strip()[-2000:]}"
                )
            written.append(write_whole(out / target, found[0].read_bytes()))
    return written


def with_parameters(text: str, parameters: Mapping[str, str]) -> str:
    """Return a document with a cell below the one tagged ``parameters`` that sets them.

    This is what ``quarto render -P`` does, which needs one package more (papermill).

    Raises
    ------
    ReportError
        If there are parameters and no cell takes them.
    """
    if not parameters:
        return text
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    cell = f"```{{python}}\n#| include: false\n{given}\n```\n"
    changed, count = PARAMETERS.subn(lambda found: f"{found[0]}\n{cell}", text, count=1)
    if not count:
        raise ReportError("The document has no cell tagged [parameters], so it takes no parameters.")
    return changed


def with_title(text: str, title: str) -> str:
    """Return a document whose title is the study's, and its subtitle the title it had."""
    _, front, body = text.split("---\n", 2)
    values = yaml.safe_load(front)
    values = {**values, "title": escape(title), "subtitle": values.get("title", "")}
    return f"---\n{yaml.safe_dump(values, allow_unicode=True, sort_keys=False)}---\n{body}"


def _copy(qmd: Path, work: Path) -> Path:
    """Copy a document with what lies beside it, the templates and the project file; return its copy."""
    project = project_of(qmd)
    root, folder = project.parent, qmd.resolve().parent
    inside = folder.is_relative_to(root)
    own = work / folder.relative_to(root) if inside else work / "document"
    shutil.copyfile(project, work / PROJECT_FILE)
    for source, target in ((root / "reports", work / "reports"), (folder, own)):
        for path in source.glob("*") if source.is_dir() else ():
            if path.is_file() and path.suffix in COPIED:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target / path.name)
    return own / qmd.name


def _add_references(shared: Path, own: Path) -> None:
    shared.parent.mkdir(exist_ok=True)
    before = shared.read_text(encoding="utf-8") if shared.is_file() else ""
    shared.write_text(f"{before}\n{own.read_text(encoding='utf-8')}", encoding="utf-8")


def _environment() -> dict[str, str]:
    own = str(Path(mmstats.__file__).resolve().parents[1])
    paths = [own, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "QUARTO_PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join(paths)}
