import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mmstats.errors import SourceError
from mmstats.raw_table import RawTable
from mmstats.schema import Schema
from mmstats.sources import read_table

Write = Callable[..., RawTable]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes, name: str = "t.csv", encoding: str = "utf-8", **options: str) -> RawTable:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return read_table(path, name="t", **options)  # type: ignore[arg-type]

    return write


def test_everything_is_text(write: Write) -> None:
    table = write("id,x,y\n001,NA,None\n1e3,1.0,\n")
    assert table.frame.to_dict("list") == {"id": ["001", "1e3"], "x": ["NA", "1.0"], "y": ["None", ""]}
    assert table.rows == [2, 3]
    assert table.digest == hashlib.sha256(b"id,x,y\n001,NA,None\n1e3,1.0,\n").hexdigest()
    assert table.details == {"encoding": "UTF-8", "delimiter": "comma", "decimal mark": "point"}


@pytest.mark.parametrize(
    ("encoding", "says"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with byte order mark"),
        ("utf-16", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252, because it is not UTF-8 (line 2); check that these read well: Niño, año"),
    ],
)
def test_encodings_are_found_out_and_reported(write: Write, encoding: str, says: str) -> None:
    table = write("id,n\n1,Niño año\n", encoding=encoding)
    assert table.frame["n"].tolist() == ["Niño año"]
    assert list(table.frame.columns) == ["id", "n"]
    assert table.details["encoding"] == says


def test_big_endian_utf_16(write: Write) -> None:
    assert write(b"\xfe\xff" + "id\tx\n1\té\n".encode("utf-16-be")).frame["x"].tolist() == ["é"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("a,b\n1,2\n", "comma"),
        ("a;b\n1;2\n", "semicolon"),
        ("a\tb\n1\t2\n", "tab"),
        ("a|b\n1|2\n", "vertical bar"),
        ("a\n1\n2\n", "none: it has one column"),
        ("a;b\n1,5;2,5\n", "semicolon"),
        ("a;b\nx, y;2\n", "semicolon"),
        ('a,b\n"x;y","1;2"\n', "comma"),
        ("a;b,c\n1;2,5\n2;3\n", "semicolon"),
    ],
)
def test_delimiters_are_found_out_and_reported(write: Write, content: str, name: str) -> None:
    assert write(content).details["delimiter"] == name


def test_tabs_are_what_a_tsv_has(write: Write) -> None:
    assert write("a,b,c\td\n1,2,3\t4\n", "t.tsv").details["delimiter"] == "tab"


@pytest.mark.parametrize(
    ("content", "decimal", "says"),
    [
        ("a;b\n1,5;2\n", ",", "comma, in 1 numbers"),
        ("a;b\n1,5;2,25\n1.5;3\n", ",", "comma, in 2 numbers (1 with a point are refused)"),
        ("a;b\n1.5;2.5\n1,5;3\n", ".", "point (1 with a comma are refused)"),
        ("a;b\n1.5;2\n", ".", "point"),
        ("a;b\n1,234;2\n", ",", "such as 1,234: make sure that it marks no thousands"),
        ('a,b\n"1,5",2\n', ".", "point"),
    ],
)
def test_decimal_marks_are_found_out_and_reported(
    write: Write, content: str, decimal: str, says: str
) -> None:
    table = write(content)
    assert table.decimal == decimal
    assert says in table.details["decimal mark"]


def test_a_value_may_hold_line_breaks_and_quotes(write: Write) -> None:
    table = write('id,x\r\n1,"a\r\nb ""c"""\r\n2,d\r\n')
    assert table.frame["x"].tolist() == ['a\r\nb "c"', "d"]
    assert table.rows == [2, 3]


def test_blank_rows_are_left_out_and_said(write: Write) -> None:
    table = write("\na,b\n1,2\n\n,\n3,4\n\n\n")
    assert table.rows == [3, 6]
    assert table.details["blank rows"] == "left out: 4, 5"
    assert table.details["headings"] == "in row 2"


def test_empty_columns_and_spaces_are_said(write: Write) -> None:
    table = write("a, b ,,\n1,2 ,,\n3,4,,\n")
    assert list(table.frame.columns) == ["a", "b"]
    assert table.details["empty columns"] == "left out: C, D"
    assert table.details["spaces"] == "taken away around 2 values"


def test_everything_wrong_with_the_rows_comes_at_once(write: Write) -> None:
    with pytest.raises(SourceError) as caught:
        write("a,a,,c\n1,2,3,4\n1,2\n1,2,3,4,5\n")
    assert caught.value.problems == (
        "Row 3 has 2 values; there are 4 headings.",
        "Row 4 has 5 values; there are 4 headings.",
        "A value that holds the delimiter or a line break must stand in double quotes.",
        "The heading 'a' stands in columns A and B: rename one.",
        "Column C has values but no heading (in row 2: '3').",
    )
    assert caught.value.message.startswith("Table 't': the file ")


def test_many_wrong_rows_are_counted(write: Write) -> None:
    with pytest.raises(SourceError, match="15 more rows have another number of values"):
        write("a,b\n" + "1\n" * 25)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty."),
        (b"\xef\xbb\xbf", "is empty."),
        (b" \n,,\n", "is empty."),
        (b"a,b\n", "has headings but no rows below them."),
        (b"a,b\n1,\x002\n", "there is a NUL character in line 2"),
        (b"a,b\n1,\x1b2\n", r"there is a control character \(0x1b\) in line 2"),
        ("a,b\n1,2\n".encode("utf-16-le"), "there is a NUL character in line 1"),
        (b"\xff\xfea,b", "begins as UTF-16 but does not go on so"),
        (b"\xef\xbb\xbfa,\xff", "begins as UTF-8 with byte order mark but"),
        (b"a,b\n1,\x81\n", "neither UTF-8 nor Windows-1252: there is a byte 0x81 in line 2"),
        (b"PK\x03\x04....", "is a workbook or another archive"),
        (
            b'a,b\n1,"2\n',
            r"cannot be read below row 1 \(line 2\): unexpected end of data. A quote may be open",
        ),
        (b'a,b\n1,"2"3\n', "cannot be read below row 1"),
        (b"a,b;c\n1,2;3\n", "more than one delimiter: comma and semicolon"),
    ],
)
def test_what_is_no_table_is_refused(write: Write, content: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        write(content)


def test_a_text_file_has_no_sheets(write: Write) -> None:
    with pytest.raises(SourceError, match="has no sheets: it is text"):
        write("a\n1\n", sheet="one")


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)

    def reading(self: Path) -> bytes:
        raise AssertionError(f"{self} was read")

    monkeypatch.setattr(Path, "read_bytes", reading)
    with pytest.raises(SourceError, match="has 200 MB; at most 100 MB are read"):
        read_table(path, name="big")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "clinical.csv").write_text("a\n1\n")
    with pytest.raises(SourceError, match=r"does not exist. Beside it: clinical.csv."):
        read_table(tmp_path / "clincal.csv", name="t")
    with pytest.raises(SourceError, match=r"does not exist. There is no folder"):
        read_table(tmp_path / "data" / "x.csv", name="t")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SourceError, match="is a folder, not a file"):
        read_table(tmp_path / "folder.csv", name="t")
    with pytest.raises(SourceError, match=r"is in no format that can be read. Known: .csv, .tsv"):
        read_table(tmp_path / "x.sav", name="t")
    with pytest.raises(SourceError, match=r"does not exist|null"):
        read_table(tmp_path / "x\0.csv", name="t")


def test_a_pipe_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match="is not a file"):
        read_table(tmp_path / "pipe.csv", name="t")


SCHEMA = Schema.from_dict(
    {"table": "t", "key": ["a"], "columns": {"a": {"kind": "id"}, "b": {"kind": "continuous"}}},
)
PIECES = st.lists(
    st.sampled_from(
        [b"a", b"b", b",", b";", b"\n", b"\r", b'"', b"\t", b"1", b"1,5", b"\xff", b"\xef\xbb\xbf", b" "]
    ),
    max_size=30,
).map(b"".join)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | PIECES | PIECES.map(lambda tail: b"a,b\n" + tail))
@example(b"a,b\nx,1\n")
@example(b"\xff\xfe\x00\x00")
@example(b"\xff\xfe\x00\xd8")
def test_any_bytes_are_a_table_or_a_clear_refusal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    try:
        table = read_table(path, name="t")
    except SourceError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert said.startswith("Table 't': the file ")
        return
    assert table.frame.columns.is_unique
    assert len(table.frame) >= 1
    assert table.frame.map(lambda cell: isinstance(cell, str)).all(axis=None)
    SCHEMA.validate(table)
