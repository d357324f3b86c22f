"""Text files: CSV and its relatives; what is found out about a file is reported."""

import codecs
import csv
import io
import re
from collections.abc import Sequence

from mmstats.errors import SourceError
from mmstats.sources.grid import Grid, some, table_of

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
SAMPLE = 200
REPEATED = 8
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WITH_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_WITH_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
_SAVE = "Save the file as UTF-8 and check its letters."


def read_delimited(content: bytes, suffix: str, sheet: str, limit: int) -> Grid:
    """Return the table of a text file whose bytes are `content`.

    Raises
    ------
    SourceError
        If it is not text, or not a table.
    """
    if sheet:
        raise SourceError(f"has no sheets: it is text. Take sheet = {sheet!r} out of the plan.")
    text, encoding = _decode(content)
    delimiter = _delimiter(text, suffix)
    records = _records(text, delimiter or ",")
    details = {"encoding": encoding, "delimiter": DELIMITERS.get(delimiter, "none: it has one column")}
    if delimiter == ",":
        return table_of(records, details | {"decimal mark": "point"})
    decimal, found = _decimal(records[1:])
    return table_of(records, details | {"decimal mark": found}, decimal)


def _decode(content: bytes) -> tuple[str, str]:
    """Return the text, and how it was encoded."""
    if content.startswith(b"PK\x03\x04"):
        raise SourceError(
            "is a workbook or another archive, not text. Give it its own ending, such as .xlsx."
        )
    for bom, codec, name in _BOMS:
        if content.startswith(bom):
            try:
                text = content.decode(codec)
            except UnicodeDecodeError:
                raise SourceError(f"begins as {name} but does not go on so: it is damaged. {_SAVE}") from None
            return _plain(text), name
    try:
        return _plain(content.decode("utf-8")), "UTF-8"
    except UnicodeDecodeError as error:
        place = error.start
    try:
        text = _plain(content.decode("cp1252"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise SourceError(
            f"is neither UTF-8 nor Windows-1252: there is a byte {byte:#04x} in line {line}. {_SAVE}"
        ) from None
    line = content.count(b"\n", 0, place) + 1
    words = dict.fromkeys(word for word in re.findall(r"\w+", text) if not word.isascii())
    return text, (
        f"Windows-1252, because it is not UTF-8 (line {line}); check that these read well: "
        f"{some(list(words), shown=5) or 'signs only'}"
    )


def _plain(text: str) -> str:
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        name = "a NUL character" if found[0] == "\x00" else f"a control character ({ord(found[0]):#04x})"
        raise SourceError(
            f"is not plain text: there is {name} in line {line}. Export it again as CSV in UTF-8."
        )
    return text


def _records(text: str, delimiter: str, most: int | None = None) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    known: dict[str, str] = {}  # a value that is repeated is held once
    try:
        for record in reader:
            records.append(
                [known.setdefault(text, text) if len(text) < REPEATED else text for text in record]
            )
            if len(records) == most:
                break
    except csv.Error as error:
        if "field limit" in str(error):
            raise SourceError(
                f"has a value of more than {csv.field_size_limit():,} characters below row {len(records)} "
                f"(line {reader.line_num}). A quote may be open; otherwise it is hardly a table."
            ) from None
        raise SourceError(
            f"cannot be read below row {len(records)} (line {reader.line_num}): {error}. A quote may be open "
            'or stand inside a value: write it twice ("") and put the value in double quotes.'
        ) from None
    return records


def _delimiter(text: str, suffix: str) -> str:
    """Return the sign that gives every row as many values as there are headings, or an empty string.

    Raises
    ------
    SourceError
        If two signs do so equally well, or quotes are wrong whichever it is.
    """
    fitting: dict[str, int] = {}
    headings: dict[str, int] = {}
    broken: SourceError | None = None
    for delimiter in DELIMITERS:
        try:
            records = [record for record in _records(text, delimiter, SAMPLE) if any(map(str.strip, record))]
        except SourceError as error:
            broken = error
            continue
        widths = [len(record) for record in records]
        if widths and widths[0] > 1:
            headings[delimiter] = widths[0]
            if len(set(widths)) == 1:
                fitting[delimiter] = widths[0]
    if not headings and broken:
        raise broken
    candidates = fitting or headings
    if suffix == ".tsv" and "\t" in candidates:
        return "\t"
    best = [sign for sign, width in candidates.items() if width == max(candidates.values())]
    if len(best) > 1:
        names = " and ".join(DELIMITERS[sign] for sign in best)
        raise SourceError(
            f"can be read with more than one delimiter: {names}. Save it with commas and quotes."
        )
    return best[0] if best else ""


def _decimal(records: Sequence[Sequence[str]]) -> tuple[str, str]:
    """Return the decimal mark of the numbers, and the words that report it."""
    cells = [cell.strip() for record in records for cell in record]
    commas = [cell for cell in cells if _WITH_COMMA.fullmatch(cell)]
    points = sum(bool(_WITH_POINT.fullmatch(cell)) for cell in cells)
    if len(commas) <= points:
        return ".", "point" + (f" ({len(commas)} with a comma are refused)" if commas else "")
    words = f"comma, in {len(commas)} numbers" + (f" ({points} with a point are refused)" if points else "")
    if all(map(_THOUSANDS.fullmatch, commas)):
        words += (
            f"; all have three digits after it, such as {commas[0]}: make sure that it marks no thousands"
        )
    return ",", words
