"""Workbooks of Excel: one sheet, as it is shown, with what is hidden or computed said aloud."""

import datetime as dt
import io
import lzma
import struct
import zlib
from collections.abc import Sequence
from zipfile import BadZipFile, ZipFile

from mmstats.errors import SourceError, nearest
from mmstats.sources.grid import Grid, some, table_of
from mmstats.sources.worksheet import Worksheet, names_and_parts, padded_styles

LARGEST = 20_000_000
# What unpacking raises for a damaged, encrypted or differently packed archive.
_DAMAGE = (
    *(BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError),
    *(zlib.error, lzma.LZMAError, struct.error, ValueError),
)


def read_excel(content: bytes, suffix: str, sheet: str, limit: int) -> Grid:
    """Return the table of a workbook whose bytes are `content`.

    Raises
    ------
    SourceError
        If it is not a workbook, would unpack to more than `limit` bytes, has several sheets and none is
        named, or has merged cells or formulas without a saved value.
    """
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > limit:
                raise SourceError(
                    f"unpacks to {unpacked / 1e6:.0f} MB; at most {limit / 1e6:.0f} MB are read. "
                    "Save the sheet as CSV, or raise max_megabytes."
                )
            if (bad := archive.testzip()) is not None:
                raise SourceError(f"is damaged: its part {bad!r} cannot be unpacked.")
            name, worksheet, details = _choose(archive, sheet)
    except SourceError:
        raise
    except _DAMAGE:
        raise SourceError(
            "is not a workbook that can be opened: it is damaged, protected by a password, or of an older "
            "format. Save it as .xlsx without a password, or as CSV."
        ) from None
    problems = _problems(worksheet)
    if problems:
        raise SourceError(f"cannot be read as a table (sheet {name!r}).", problems)
    return table_of(_rows(content, name, worksheet), details | worksheet.notes())


def _choose(archive: ZipFile, wanted: str) -> tuple[str, Worksheet, dict[str, str]]:
    """Return the sheet to read, and what is to be said about it and the others."""
    sheets = names_and_parts(archive)
    widths = padded_styles(archive)
    read = {name: Worksheet.read(archive, part, widths) for name, (part, _) in sheets.items()}
    filled = [name for name, worksheet in read.items() if worksheet.cells]
    if wanted and wanted not in sheets:
        raise SourceError(
            f"has no sheet {wanted!r}.{nearest(wanted, sheets)} There are: {', '.join(sheets)}."
        )
    if not wanted and len(filled) > 1:
        raise SourceError(
            f"has several sheets: {', '.join(filled)}. Name one in the plan: sheet = {filled[0]!r}."
        )
    if not filled:
        raise SourceError("is empty.")
    name = wanted or filled[0]
    details = {"sheet": name + (" (hidden)" if sheets[name][1] else "")}
    others = [other + (" (hidden)" if sheets[other][1] else "") for other in filled if other != name]
    if others:
        details["other sheets"] = f"not read: {some(others)}"
    return name, read[name], details


def _problems(worksheet: Worksheet) -> list[str]:
    problems = []
    if worksheet.merged:
        problems.append(f"Cells are merged: {some(worksheet.merged)}. Unmerge them and fill in each cell.")
    if worksheet.uncomputed:
        cells = some(worksheet.uncomputed)
        problems.append(f"Formulas have no saved value: {cells}. Open it in Excel, save it, and try again.")
    if worksheet.height * worksheet.width > LARGEST:
        problems.append(
            f"It reaches down to row {worksheet.height} and across {worksheet.width} columns. "
            "Delete what is far outside the table."
        )
    return problems


def _rows(content: bytes, name: str, worksheet: Worksheet) -> Sequence[Sequence[str]]:
    try:
        import python_calamine
    except ModuleNotFoundError:
        raise SourceError(
            "is a workbook, and reading those needs a package more: pip install 'mmstats[sources]'."
        ) from None
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        raise SourceError(f"cannot be read as a workbook: {error}. Save it again, or as CSV.") from None
    rows = [[shown(cell) for cell in row] for row in cells]
    rows += [[] for _ in range(worksheet.height - len(rows))]
    rows = [row + [""] * (worksheet.width - len(row)) for row in rows]
    for row, column, text in (*worksheet.faults, *worksheet.padded):
        rows[row][column] = text
    return rows


def shown(value: object) -> str:
    """Return a cell as Excel shows it: whole numbers without a decimal, others to 15 digits, ISO dates.

    Examples
    --------
    >>> shown(1.0), shown(0.1 + 0.2), shown(True), shown(dt.datetime(2024, 1, 31))
    ('1', '0.3', 'TRUE', '2024-01-31')
    """
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
