"""What a workbook's own XML says and its readers leave out: hidden, merged, computed and faulty cells."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, iterparse
from zipfile import ZipFile

from mmstats.errors import SourceError
from mmstats.sources.grid import letter, some

_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


@dataclass(frozen=True)
class Worksheet:
    """What is peculiar in one sheet.

    Parameters
    ----------
    cells, height, width : int
        How many cells hold something, and how far they reach.
    merged : tuple of str
        Ranges such as ``A9:B9``.
    formulas, uncomputed : tuple of str
        Cells with a formula that has a saved value, and that has none.
    faults : tuple of (row, column, text)
        Cells that show an error such as ``#N/A``, counted from 0.
    hidden_rows : tuple of int
    hidden_columns : tuple of str
    padded : tuple of (row, column, text)
        Whole numbers that are shown with zeros in front, counted from 0.
    """

    cells: int
    height: int
    width: int
    merged: tuple[str, ...]
    formulas: tuple[str, ...]
    uncomputed: tuple[str, ...]
    faults: tuple[tuple[int, int, str], ...]
    hidden_rows: tuple[int, ...]
    hidden_columns: tuple[str, ...]
    padded: tuple[tuple[int, int, str], ...]

    @classmethod
    def read(cls, archive: ZipFile, part: str, widths: Mapping[str, int]) -> "Worksheet":
        """Read one sheet's XML, never holding more than one row of it; `widths` as from `padded_styles`."""
        cells, height, width = 0, 0, 0
        merged: list[str] = []
        formulas: list[str] = []
        uncomputed: list[str] = []
        columns: list[str] = []
        faults: list[tuple[int, int, str]] = []
        rows: list[int] = []
        padded: list[tuple[int, int, str]] = []
        for element in _elements(archive, part):
            tag = _local(element)
            if tag == "c":
                value = _child(element, "v")
                filled = bool(value is not None and value.text) or _child(element, "is") is not None
                formula, kind = _child(element, "f") is not None, element.get("t", "n")
                place = _PLACE.fullmatch(element.get("r", ""))
                if not (filled or formula):
                    continue
                if place is None:
                    raise SourceError(
                        "is damaged: a cell does not say where it stands. Save it again in Excel."
                    )
                row, column = int(place[2]) - 1, _position(place[1])
                cells, height, width = cells + 1, max(height, row + 1), max(width, column + 1)
                if formula:
                    (formulas if filled or kind == "str" else uncomputed).append(place[0])
                width_shown = widths.get(element.get("s", ""), 0)
                if kind == "n" and value is not None and (value.text or "").isdecimal():
                    shown = (value.text or "").zfill(width_shown)
                    if shown != value.text:
                        padded.append((row, column, shown))
                if kind == "e" and value is not None:
                    faults.append((row, column, value.text or "#ERROR"))
            elif tag == "row":
                if _true(element.get("hidden")) and element.get("r", "").isdigit():
                    rows.append(int(element.get("r", "0")))
                element.clear()
            elif tag == "col" and _true(element.get("hidden")):
                columns.append(_columns(element))
            elif tag == "mergeCell":
                merged.append(element.get("ref", "?"))
        return cls(
            cells,
            height,
            width,
            tuple(sorted(merged)),
            tuple(formulas),
            tuple(uncomputed),
            tuple(faults),
            tuple(rows),
            tuple(columns),
            tuple(padded),
        )

    def notes(self) -> dict[str, str]:
        """Return what a reader should know of a sheet that can be read."""
        found = {
            "formulas": f"their saved values are read: {some(self.formulas)}" if self.formulas else "",
            "hidden rows": f"read like the others: {some(self.hidden_rows)}" if self.hidden_rows else "",
            "hidden columns": f"read like the others: {some(self.hidden_columns)}"
            if self.hidden_columns
            else "",
            "zeros in front": f"kept as they are shown: {some([text for _, _, text in self.padded])}"
            if self.padded
            else "",
        }
        return {name: text for name, text in found.items() if text}


def padded_styles(archive: ZipFile) -> dict[str, int]:
    """Return how many digits the styles show that put zeros in front of whole numbers, such as ``0000``."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    formats: dict[str | None, str] = {}
    widths = {}
    for element in _elements(archive, "xl/styles.xml"):
        if _local(element) == "numFmt":
            formats[element.get("numFmtId")] = element.get("formatCode", "")
        elif _local(element) == "cellXfs":
            for number, style in enumerate(element):
                code = formats.get(style.get("numFmtId"), "")
                if len(code) > 1 and not code.strip("0"):
                    widths[str(number)] = len(code)
    return widths


def names_and_parts(archive: ZipFile) -> dict[str, tuple[str, bool]]:
    """Return each worksheet's part of the archive, and whether it is hidden, by its name."""
    targets = {}
    for element in _elements(archive, "xl/_rels/workbook.xml.rels"):
        if _local(element) == "Relationship" and element.get("Type", "").endswith("/worksheet"):
            target = element.get("Target", "")
            targets[element.get("Id")] = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    found = {}
    for element in _elements(archive, "xl/workbook.xml"):
        identifier = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
        if _local(element) == "sheet" and identifier in targets:
            hidden = element.get("state", "visible") != "visible"
            found[element.get("name", "")] = (targets[identifier], hidden)
    return found


def _elements(archive: ZipFile, part: str) -> Iterator[Element]:
    """Yield the elements of one part, each once it is complete."""
    if part not in archive.namelist():
        raise SourceError(f"is not a workbook: it has no part {part!r}.")
    with archive.open(part) as stream:
        try:
            for _, element in iterparse(stream, events=("end",)):
                yield element
        except (ParseError, ValueError, LookupError) as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(f"is damaged: its part {part!r} is not XML ({error}).") from None


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _local(child) == name), None)


def _true(value: str | None) -> bool:
    return value in ("1", "true")


def _position(letters: str) -> int:
    number = 0
    for sign in letters:
        number = number * 26 + ord(sign) - 64
    return number - 1


def _columns(element: Element) -> str:
    low, high = element.get("min", "1"), element.get("max", "1")
    if not (low.isdigit() and high.isdigit()):
        return "?"
    first, last = letter(int(low) - 1), letter(int(high) - 1)
    return first if first == last else f"{first}-{last}"
