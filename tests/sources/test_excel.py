import builtins
import datetime as dt
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmstats.errors import SourceError
from mmstats.raw_table import RawTable
from mmstats.sources import read_table

Sheet = Any
Make = Callable[..., RawTable]


def fill(sheet: Sheet) -> None:
    for row in (["id", "x", "y"], ["A1", 1.0, "b"], ["A2", 0.1 + 0.2, None]):
        sheet.append(row)


def workbook(*changes: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    for change in changes:
        change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def edited(content: bytes, part: str, old: str, new: str) -> bytes:
    """Return a workbook with one part's XML changed."""
    stream = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as source, ZipFile(stream, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name)
            if name == part:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            target.writestr(name, text)
    return stream.getvalue()


def read(folder: Path, content: bytes, **options: Any) -> RawTable:
    path = folder / "t.xlsx"
    path.write_bytes(content)
    return read_table(path, name="t", **options)


def test_cells_read_as_excel_shows_them(tmp_path: Path) -> None:
    def more(book: Any) -> None:
        book.active.append([7, 1234567.5, True])
        book.active.append([dt.datetime(2024, 1, 31), dt.datetime(2024, 1, 31, 8, 30), dt.time(3, 4)])

    table = read(tmp_path, workbook(more))
    assert table.frame.to_numpy().tolist() == [
        ["A1", "1", "b"],
        ["A2", "0.3", ""],
        ["7", "1234567.5", "TRUE"],
        ["2024-01-31", "2024-01-31 08:30:00", "03:04:00"],
    ]
    assert table.details == {"sheet": "Sheet"}
    assert table.decimal == "."


def test_a_sheet_must_be_named_when_several_hold_something(tmp_path: Path) -> None:
    def second(book: Any) -> None:
        fill(book.create_sheet("Second"))
        book.create_sheet("Nothing")

    content = workbook(second)
    with pytest.raises(
        SourceError, match=r"several sheets: Sheet, Second. Name one in the plan: sheet = 'Sheet'."
    ):
        read(tmp_path, content)
    with pytest.raises(
        SourceError, match=r"has no sheet 'Secnd'. Did you mean 'Second'\? There are: Sheet, Second"
    ):
        read(tmp_path, content, sheet="Secnd")
    details = read(tmp_path, content, sheet="Second").details
    assert details == {"sheet": "Second", "other sheets": "not read: Sheet"}
    with pytest.raises(SourceError, match="is empty"):
        read(tmp_path, content, sheet="Nothing")


def test_empty_sheets_do_not_ask_for_a_name(tmp_path: Path) -> None:
    assert len(read(tmp_path, workbook(lambda book: book.create_sheet("Nothing", 0))).frame) == 2


def test_an_empty_workbook(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is empty"):
        read(tmp_path, workbook(lambda book: book.active.delete_rows(1, 9)))


def test_what_is_hidden_is_said(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        book.active.row_dimensions[3].hidden = True
        book.active.column_dimensions["B"].hidden = True
        book.active.column_dimensions.group("C", "D", hidden=True)
        fill(book.create_sheet("Old"))
        book["Old"].sheet_state = "hidden"

    table = read(tmp_path, workbook(hide), sheet="Sheet")
    assert len(table.frame) == 2
    assert table.details["hidden rows"] == "read like the others: 3"
    assert table.details["hidden columns"] == "read like the others: B, C-D"
    assert table.details["other sheets"] == "not read: Old (hidden)"
    assert read(tmp_path, workbook(hide), sheet="Old").details["sheet"] == "Old (hidden)"


def test_merged_cells_and_formulas_without_a_value_are_refused_together(tmp_path: Path) -> None:
    def spoil(book: Any) -> None:
        book.active.merge_cells("A3:A4")
        book.active.merge_cells("B6:C7")
        book.active["C2"] = "=B2*2"

    with pytest.raises(SourceError) as caught:
        read(tmp_path, workbook(spoil))
    assert caught.value.problems == (
        "Cells are merged: A3:A4, B6:C7. Unmerge them and fill in each cell.",
        "Formulas have no saved value: C2. Open it in Excel, save it, and try again.",
    )


def test_formulas_with_a_saved_value_are_read_and_said(tmp_path: Path) -> None:
    def compute(book: Any) -> None:
        book.active["C2"] = "=B2*2"

    part = "xl/worksheets/sheet1.xml"
    content = workbook(compute)
    with ZipFile(io.BytesIO(content)) as archive:
        found = re.search(r"<f>B2\*2</f><v ?/?>(</v>)?", archive.read(part).decode())
    assert found
    table = read(tmp_path, edited(content, part, found[0], "<f>B2*2</f><v>42</v>"))
    assert table.frame["y"].tolist() == ["42", ""]
    assert table.details["formulas"] == "their saved values are read: C2"


def test_a_fault_stays_visible(tmp_path: Path) -> None:
    def fault(book: Any) -> None:
        book.active["C9"] = "#N/A"
        book.active["C9"].data_type = "e"

    table = read(tmp_path, workbook(fault))
    assert table.frame["y"].tolist() == ["b", "", "#N/A"]
    assert table.rows == [2, 3, 9]
    assert table.details["blank rows"] == "left out: 4, 5, 6, 7, 8"


def test_headings_may_stand_lower(tmp_path: Path) -> None:
    assert read(tmp_path, workbook(lambda book: book.active.insert_rows(1, 2))).rows == [4, 5]


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO(workbook())
    with ZipFile(stream, "a", ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"0" * 3_000_000)
    assert len(stream.getvalue()) < 20_000
    with pytest.raises(SourceError, match="unpacks to 3 MB; at most 2 MB are read"):
        read(tmp_path, stream.getvalue(), max_megabytes=2)


def test_a_cell_far_outside_is_refused(tmp_path: Path) -> None:
    def far(book: Any) -> None:
        book.active["XFD1048576"] = 1

    with pytest.raises(SourceError, match="reaches down to row 1048576 and across 16384 columns"):
        read(tmp_path, workbook(far))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not a workbook that can be opened"),
        (b"a,b\n1,2\n", "is not a workbook that can be opened"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "protected by a password, or of an older format"),
        (workbook()[:-30], "is not a workbook that can be opened"),
        (edited(workbook(), "xl/workbook.xml", "<sheets>", "<shee"), "its part 'xl/workbook.xml' is not XML"),
        (
            edited(workbook(), "xl/worksheets/sheet1.xml", 'r="A1"', 'r="?"'),
            "a cell does not say where it stands",
        ),
        (
            edited(workbook(), "xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "worksheets/gone.xml"),
            "it has no part 'xl/worksheets/gone.xml'",
        ),
    ],
    ids=["empty", "text", "old format", "cut off", "broken part", "cell nowhere", "part gone"],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read(tmp_path, content)


def test_another_archive_is_no_workbook(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "b")
    with pytest.raises(SourceError, match=r"is not a workbook: it has no part 'xl/_rels/workbook.xml.rels'"):
        read(tmp_path, stream.getvalue())


def test_entities_are_not_expanded_into_memory(tmp_path: Path) -> None:
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "'
        + "x" * 1000
        + '">'
        + "".join(
            f'<!ENTITY {n} "{"&" + chr(ord(n) - 1) + ";" * 1}{("&" + chr(ord(n) - 1) + ";") * 30}">'
            for n in "bcdef"
        )
        + "]><sheetData>&f;</sheetData>"
    )
    stream = io.BytesIO()
    with ZipFile(io.BytesIO(workbook())) as source, ZipFile(stream, "w") as target:
        for name in source.namelist():
            target.writestr(name, bomb if name == "xl/worksheets/sheet1.xml" else source.read(name))
    with pytest.raises(SourceError, match="is not XML"):
        read(tmp_path, stream.getvalue())


def test_the_package_that_reads_workbooks_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "python_calamine", raising=False)
    imported = builtins.__import__

    def without(name: str, *rest: Any, **options: Any) -> Any:
        if name == "python_calamine":
            raise ModuleNotFoundError(name)
        return imported(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SourceError, match=r"needs a package more: pip install 'mmstats\[sources\]'"):
        read(tmp_path, workbook())


WHOLE = workbook()


def read_or_refused(folder: Path, content: bytes) -> bool:
    try:
        table = read(folder, content)
    except SourceError as error:
        said = str(error)
        return said.startswith("Table 't': the file ")
    return len(table.frame) >= 1 and table.frame.columns.is_unique


def test_a_part_that_begins_before_the_file_is_damage(tmp_path: Path) -> None:
    content = bytearray(WHOLE)
    end = content.rindex(b"PK\x05\x06")
    content[end + 16 : end + 20] = (2**31).to_bytes(4, "little")
    with pytest.raises(SourceError, match="is not a workbook that can be opened"):
        read(tmp_path, bytes(content))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_damaged_workbook_is_a_table_or_a_clear_refusal(tmp_path: Path, place: int, byte: int) -> None:
    content = bytearray(WHOLE)
    content[place] = byte
    assert read_or_refused(tmp_path, bytes(content))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 800),
    st.text("<>/&\"'=x1AZ;! ", max_size=4),
    st.sampled_from(["sheet", "workbook", "rels"]),
)
def test_damaged_xml_is_a_table_or_a_clear_refusal(tmp_path: Path, place: int, text: str, which: str) -> None:
    part = {
        "sheet": "xl/worksheets/sheet1.xml",
        "workbook": "xl/workbook.xml",
        "rels": "xl/_rels/workbook.xml.rels",
    }[which]
    with ZipFile(io.BytesIO(WHOLE)) as archive:
        xml = archive.read(part).decode()
    changed = xml[:place] + text + xml[place + len(text) :]
    assert read_or_refused(tmp_path, edited(WHOLE, part, xml, changed))
