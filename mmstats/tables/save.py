"""Writing a table to a file of the kind its name asks for."""

from collections.abc import Callable
from pathlib import Path

from mmstats.errors import ReportError, unknown
from mmstats.tables import csv, html, pandoc
from mmstats.tables.table import Table
from mmstats.writing import write_whole

WRITERS: dict[str, Callable[[Table], bytes]] = {
    ".html": lambda table: _page(table).encode(),
    ".docx": pandoc.docx,
    ".pdf": pandoc.pdf,
    ".md": lambda table: pandoc.markdown(table).encode(),
    ".csv": lambda table: (
        b"\xef\xbb\xbf" + csv.csv(table).encode() + b"\n"
    ),  # the mark makes Excel read UTF-8
}


def save(table: Table, path: Path) -> Path:
    """Write a table, whole or not at all; the kind of file is the path's ending.

    Raises
    ------
    ReportError
        If there is no such kind.
    StudyError
        If it cannot be written.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ReportError(f"{path.name}: {unknown(path.suffix, WRITERS, what='kind of table file')}")
    return write_whole(path, writer(table))


def _page(table: Table) -> str:
    body = html.html(table, caption=True)
    head = '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"></head>\n'
    return f"{head}<body>\n{body}\n</body>\n</html>\n"
