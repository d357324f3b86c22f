"""The table value, and every way of printing it."""

import io
import json
import re
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import docx
import pypandoc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmstats.errors import ReportError
from mmstats.tables.table import Cell, Column, Row, Spanner, Table
from mmstats.tables.widths import PAGE, Sized, widths

NASTY = [
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "![x](/etc/passwd) [y](javascript:1)",
    "`{=html}<b>` *bold* _em_ ~~no~~ ^up^ $x^2$ \\input{x} #raw[x] @cite",
    '" onmouseover="x',
    "&lt;b&gt; &amp;",
    "--- ... 'quoted' \"quoted\" | + - =",
    "=cmd|'/c calc'!A1",
    "::: {.x}",
    "é 漢字 👩‍👩‍👧 \u202etxt.exe",
    "#set page(width: 1pt)",
]


def build(text: str = "1.20", **more: object) -> Table:
    return Table(
        id="tbl-x",
        columns=(
            Column("name", Cell("Name", ("second note",)), "left"),
            Column("hc", "Control\n(n = 20)"),
            Column("ms", Cell("MS", ("third note",))),
            Column("p", Cell("p", ("first note",)), "right"),
        ),
        spanners=(Spanner(Cell("Group", ("spanner note",)), ("hc", "ms")),),
        rows=(
            Row({"name": "Clinical"}, heading=True),
            Row(
                {"name": Cell("Age", ("row note", "first note")), "hc": text, "ms": "2", "p": ".03"}, indent=1
            ),
        ),
        caption="A caption",
        notes=("A general note.",),
        **more,
    )


class Text(HTMLParser):
    """The tags of a page, and its text without the style sheet."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def test_marks_follow_the_reader() -> None:
    assert list(build().marks.items()) == [
        ("second note", "a"),
        ("spanner note", "b"),
        ("first note", "c"),
        ("third note", "d"),
        ("row note", "e"),
    ]
    assert build().marks_of(Cell("", ("row note", "first note"))) == "c,e"


def test_marks_go_on_after_z() -> None:
    notes = [f"note {i}" for i in range(54)]
    table = Table(
        id="t", columns=(Column("a", "A"),), rows=tuple(Row({"a": Cell("x", (note,))}) for note in notes)
    )
    assert [table.marks[notes[i]] for i in (0, 25, 26, 27, 51, 52, 53)] == [
        "a",
        "z",
        "aa",
        "ab",
        "az",
        "ba",
        "bb",
    ]


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ReportError) as caught:
        Table(
            id="No id",
            columns=(Column("a", "A"), Column("b", "B"), Column("c", "C"), Column("a", "A")),
            rows=(Row({"d": "1"}),),
            spanners=(Spanner("S", ("a", "c")), Spanner("T", ()), Spanner("U", ("bb",))),
        )
    text = str(caught.value)
    assert "The id 'No id' may only have" in text
    assert "Column 'a' is there twice." in text
    assert "Unknown column in row 1 'd'." in text
    assert "The columns under 'S' are not neighbours" in text
    assert "'T' spans no column" in text
    assert "Unknown column under 'U' 'bb'. Did you mean 'b'?" in text


def test_a_changed_table_is_another_table() -> None:
    table = build()
    assert table.with_caption("B").caption == "B"
    assert table.with_notes("more").notes == ("A general note.", "more")
    assert table.with_rows([]).rows == ()
    assert (table.caption, table.notes, len(table.rows)) == ("A caption", ("A general note.",), 2)


def test_html_is_complete_stable_and_keeps_to_itself() -> None:
    page = build().to_html()
    assert page == build().to_html()
    parsed = Text(page)
    assert parsed.tags.count("tr") == 2 + 2 + 5 + 1  # heading, rows, footnotes, general note
    assert "<caption>A caption</caption>" in page
    assert "caption>" not in build()._repr_html_().replace("#tbl-x caption", "")
    assert "http" not in page
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    for selector in re.findall(r"(?m)^\s*([^{}]+?)\s*\{", style[1]):
        assert all(part.strip().startswith("#tbl-x") for part in re.split(r",(?![^(]*\))", selector)), (
            selector
        )


@given(st.text(max_size=40))
@settings(max_examples=25, deadline=None)
@example("]]>")
def test_html_shows_any_text_as_it_is(text: str) -> None:
    seen = Text(build(text).to_html())
    assert [tag for tag in seen.tags if tag != "br"] == [
        tag for tag in Text(build().to_html()).tags if tag != "br"
    ]
    assert "".join(Cell(text).text.split()) in "".join("".join(seen.cells).split())


@pytest.mark.parametrize("text", NASTY)
def test_html_and_csv_disarm(text: str) -> None:
    table = build(text)
    seen = Text(table.to_html())
    assert seen.tags == Text(build().to_html()).tags
    assert any(Cell(text).text in cell for cell in seen.cells)
    assert '"=' not in table.to_csv()


def read_markdown(text: str) -> tuple[set[str], str]:
    """Return the kinds of node pandoc sees in a piece of Markdown, and its words."""
    found: set[str] = set()
    words: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.add(node.get("t", ""))
            if node.get("t") == "Str":
                words.append(node["c"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(pypandoc.convert_text(text, "json", "markdown"))["blocks"])
    return found, "".join("".join(words).split())


@given(st.text(st.characters(codec="ascii"), max_size=30))
@settings(max_examples=25, deadline=None)
@example("1. a")
@example("(a) b")
@example("Table: b")
def test_markdown_reads_back_as_text_only(text: str) -> None:
    check_markdown(text)


@pytest.mark.parametrize("text", NASTY)
def test_markdown_disarms(text: str) -> None:
    check_markdown(text)


def check_markdown(text: str) -> None:
    found, words = read_markdown(build(text).to_markdown())
    expected = {"Table", "Plain", "Str", "Space", "SoftBreak", "LineBreak", "Strong", "Superscript"}
    expected |= {"AlignLeft", "AlignCenter", "AlignRight", "AlignDefault", "ColWidth", "Para", ""}
    assert found <= expected
    assert "".join(Cell(text).text.split()) in words


def test_docx_is_a_native_table_with_its_text() -> None:
    from mmstats.tables.pandoc import docx as write

    content = write(build(NASTY[0]))
    assert content == write(build(NASTY[0]))
    document = docx.Document(io.BytesIO(content))
    (table,) = document.tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0] == ["Namea", "Groupb", "Groupb", "pc"]
    assert cells[3] == ["\u2003Agec,e", NASTY[0], "2", ".03"]
    assert len(cells) == 4
    styled = [(paragraph.text, paragraph.style) for paragraph in document.paragraphs]
    below = [text for text, style in styled if style is not None and style.name == "Table Note"]
    assert below[-1] == "A general note."
    assert "c first note" in below
    assert "A caption" in [paragraph.text for paragraph in document.paragraphs]


def test_word_keeps_widths_rows_and_headings() -> None:
    from mmstats.tables.pandoc import docx as write

    (table,) = docx.Document(io.BytesIO(write(build()))).tables
    body = table._tbl.xml
    widths = [int(w) for w in re.findall(r'<w:gridCol w:w="(\d+)"', body)]
    assert f'<w:tblW w:type="dxa" w:w="{sum(widths)}"/>' in body
    assert 0 < sum(widths) <= 9638
    for row in table.rows:
        assert "<w:cantSplit/>" in row._tr.xml
        assert sum(int(w) for w in re.findall(r'<w:tcW w:w="(\d+)"', row._tr.xml)) == sum(widths)
    assert [("<w:tblHeader" in row._tr.xml) for row in table.rows] == [True, True, False, False]
    assert body.count("<w:keepNext/>") == body.count("<w:p>")  # so short a table is not split


def test_a_long_table_may_be_split_but_not_from_its_heading_and_notes() -> None:
    from mmstats.tables.pandoc import docx as write

    rows = tuple(Row({"a": str(i)}) for i in range(30))
    long = Table(id="t", columns=(Column("a", "A", "left"), Column("b", "B")), rows=rows)
    (table,) = docx.Document(io.BytesIO(write(long))).tables
    held = ["<w:keepNext/>" in row._tr.xml for row in table.rows]
    assert held == [True, True, *[False] * 27, True, True]


def test_numbers_stay_on_their_line_and_words_get_the_rest() -> None:
    words = Sized(True, ["Outcome"], ["a name of many words " * 4])
    number = Sized(False, ["Mean difference [95% CI]"], ["−12.34 [−56.78, 90.12]"])
    first, *others = widths([words, *[number] * 3])
    assert first + sum(others) == pytest.approx(1)
    assert all(width * PAGE >= len(number.body[0]) for width in others)
    assert sum(widths([words, *[number] * 9])) == pytest.approx(1)
    assert sum(widths([number])) < 0.3


def test_docx_turns_the_page_for_many_columns() -> None:
    from mmstats.tables.pandoc import docx as write

    wide = Table(id="t", columns=tuple(Column(f"c{i}", f"C{i}") for i in range(8)), rows=())
    section = docx.Document(io.BytesIO(write(wide))).sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert section.page_width > section.page_height


@pytest.mark.parametrize("text", [NASTY[3], NASTY[10], NASTY[0]])
def test_pdf_compiles_to_the_same_bytes(text: str) -> None:
    from mmstats.tables.pandoc import pdf

    content = pdf(build(text))
    assert content.startswith(b"%PDF")
    assert content == pdf(build(text))


def test_save_writes_each_kind_and_refuses_others(tmp_path: Path) -> None:
    for kind in ("html", "docx", "pdf", "md", "csv"):
        path = build().save(tmp_path / f"table.{kind}")
        assert path.stat().st_size > 100
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"table.{kind}" for kind in ("csv", "docx", "html", "md", "pdf")
    ]
    assert zipfile.is_zipfile(tmp_path / "table.docx")
    assert (tmp_path / "table.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(
        ReportError, match=r"table\.doc: Unknown kind of table file '\.doc'\. Did you mean '\.docx'"
    ):
        build().save(tmp_path / "table.doc")


def test_pandoc_keeps_widths_alignment_and_spans() -> None:
    text = subprocess.run(
        [pypandoc.get_pandoc_path(), "--from=html", "--to=json"],
        input=build().to_html(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout
    blocks = json.loads(text)["blocks"][0]["c"][1]
    (table,) = [block["c"] for block in blocks if block["t"] == "Table"]
    assert all(width["t"] == "ColWidth" for _, width in table[2])
    assert 0.95 < sum(width["c"] for _, width in table[2]) <= 1.0001
    group = table[3][1][0][1][1]
    assert (group[1]["t"], group[2], group[3]) == ("AlignCenter", 1, 2)


def test_empty_cells_of_word_tables_have_the_style_of_others_where_the_first_is_empty(tmp_path: Path) -> None:
    table = Table(
        id="empty",
        columns=(Column("a", "", "left"), Column("b", "Number")),
        rows=(Row({"a": "One", "b": "1"}), Row({"a": "Two"})),
    )
    path = table.save(tmp_path / "empty.docx")
    document = zipfile.ZipFile(path).read("word/document.xml").decode()
    inside = document[document.index("<w:tbl>") : document.index("</w:tbl>")]
    assert len(set(re.findall(r'<w:pStyle w:val="([^"]+)"', inside))) == 1
