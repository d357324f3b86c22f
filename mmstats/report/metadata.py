"""A document's settings: the project's, then its own, with the files they name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mmstats.errors import ReportError
from mmstats.report.dialect import project_problems
from mmstats.report.qmd import Document
from mmstats.shipped import shipped

PROJECT_FILE = "_quarto.yml"
FILES = {"css", "csl", "bibliography", "reference-doc", "include-in-header"}


@dataclass(frozen=True)
class Settings:
    """What holds for one format, files as paths."""

    values: Mapping[str, Any]

    def get(self, key: str, default: Any = None) -> Any:
        """Return a setting."""
        return self.values.get(key, default)

    def files(self, key: str) -> list[Path]:
        """Return the files a setting names."""
        return list(self.values.get(key, ()))

    def with_references(self, path: Path | None) -> "Settings":
        """Return them with one bibliography more."""
        if path is None:
            return self
        return Settings({**self.values, "bibliography": [*self.files("bibliography"), path]})


def project_of(path: Path) -> Path:
    """Return the project file a document belongs to: the nearest one above it, else the shipped one."""
    own = (folder / PROJECT_FILE for folder in path.resolve().parents)
    return next((file for file in own if file.is_file()), None) or shipped(PROJECT_FILE)


def settings(document: Document, target: str, project: Path) -> Settings:
    """Merge the project's settings, the document's, and those of one format, the later ones winning.

    Raises
    ------
    ReportError
        If the project file has a key that is not known, or a file named there does not exist.
    """
    shared, base = _project(project)
    own = dict(document.front)
    layers = [
        (shared, base),
        (_of_format(shared, target), base),
        (own, document.path.parent),
        (_of_format(own, target), document.path.parent),
    ]
    merged: dict[str, Any] = {}
    problems: list[str] = []
    for layer, folder in layers:
        for key, value in layer.items():
            if key in ("format", "project"):
                continue
            if isinstance(value, dict) and isinstance(merged.get(key), dict):
                merged[key] = {**merged[key], **value}
            elif key in FILES:
                merged[key] = _paths(key, value, folder, problems)
            else:
                merged[key] = value
    if problems:
        raise ReportError(f"{document.path.name} names files that are not there.", problems)
    return Settings(merged)


def with_project(document: Document, project: Path) -> Document:
    """Return the document with the project's execution defaults below its own."""
    execute = {**(_project(project)[0].get("execute") or {}), **(document.front.get("execute") or {})}
    return Document(document.path, {**document.front, "execute": execute}, document.parts)


def _project(path: Path) -> tuple[dict[str, Any], Path]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ReportError(f"{path.name} is not YAML: {error}") from None
    problems = [text for _, text in project_problems(values)]
    if problems:
        raise ReportError(f"{path.name} cannot be used without Quarto.", problems)
    return dict(values), path.parent


def _of_format(values: Mapping[str, Any], target: str) -> dict[str, Any]:
    formats = values.get("format")
    found = formats.get(target) if isinstance(formats, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _paths(key: str, value: Any, folder: Path, problems: list[str]) -> list[Path]:
    paths = [folder / str(name) for name in (value if isinstance(value, list) else [value])]
    problems += [f"'{key}': there is no file {path.name!r}." for path in paths if not path.is_file()]
    return paths
