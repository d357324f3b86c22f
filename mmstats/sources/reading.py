"""Opening a file, whatever its format."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from mmstats.errors import SourceError
from mmstats.raw_table import RawTable
from mmstats.sources.delimited import read_delimited
from mmstats.sources.excel import read_excel
from mmstats.sources.grid import Grid

Format = Callable[[bytes, str, str, int], Grid]
FORMATS: dict[str, Format] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".txt": read_delimited,
    ".xlsx": read_excel,
    ".xlsm": read_excel,
}
MEGABYTE = 1_000_000


def read_table(path: Path, *, name: str, sheet: str = "", max_megabytes: int = 100) -> RawTable:
    """Return a file's table as text.

    Parameters
    ----------
    path : Path
        A file ending in ``.csv``, ``.tsv``, ``.txt``, ``.xlsx`` or ``.xlsm``.
    name : str
        The table's name in the plan.
    sheet : str
        A workbook's sheet, if more than one holds something.
    max_megabytes : int
        The largest file that is read (for a workbook, also unpacked).

    Raises
    ------
    SourceError
        If it cannot be read as a table: everything that is wrong, and the way out.
    """
    shown = f"Table {name!r}: the file {path}"
    read = FORMATS.get(path.suffix.lower())
    if read is None and not path.is_dir():
        raise SourceError(
            f"{shown} is in no format that can be read. Known: {', '.join(FORMATS)}. Save it as CSV in UTF-8."
        )
    try:
        if not path.is_file():
            raise SourceError(f"{shown} {_no_file(path)}.{_neighbours(path)}")
        size = path.stat().st_size
        if size > max_megabytes * MEGABYTE:
            raise SourceError(
                f"{shown} has {size / MEGABYTE:.0f} MB; at most {max_megabytes} MB are read. Keep only the "
                "columns and rows of the study, or raise max_megabytes."
            )
        with path.open("rb") as file:  # never more than the size said: a device has no end
            content = file.read(size) if size else b""
    except (OSError, ValueError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{shown} cannot be opened: {getattr(error, 'strerror', None) or error}.") from None
    assert read is not None  # a folder is no file, which was said above
    try:
        grid = read(content, path.suffix.lower(), sheet, max_megabytes * MEGABYTE)
    except SourceError as error:
        raise SourceError(f"{shown} {error.message}", error.problems) from None
    return RawTable(
        name=name,
        frame=grid.frame,
        path=path,
        digest=hashlib.sha256(content).hexdigest(),
        details=grid.details,
        first_row=grid.first_row,
        decimal=grid.decimal,
    )


def _no_file(path: Path) -> str:
    if path.is_dir():
        return "is a folder, not a file"
    if path.is_symlink() and not path.exists():
        return "is a link that leads nowhere"
    return "is not a file" if path.exists() else "does not exist"


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f" There is no folder {path.parent} either."
    beside = sorted(p.name for p in path.parent.iterdir() if p.suffix.lower() in FORMATS and p.is_file())
    return f" Beside it: {', '.join(beside[:10])}." if beside else ""
