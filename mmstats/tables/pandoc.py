"""Tables as Markdown, DOCX and PDF, through pandoc and Typst."""

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pypandoc
import typst

from mmstats.tables import word
from mmstats.tables.html import below, html
from mmstats.tables.table import Table

_FROM = "html-native_divs-native_spans"
_WIDTH = {False: 9638, True: 14570}  # of the text, in twentieths of a point: A4 with margins of 20 mm
_WIDE = 6  # a table of more columns is printed across the page

_PAGE = """#set page(paper: "a4", margin: 20mm, flipped: {flipped})
#set text(font: "Libertinus Serif", size: 9.5pt)
#set par(leading: 0.5em)
#set table(stroke: none, inset: (x: 5pt, y: 3.5pt))
#set table.hline(stroke: 0.6pt)
#set table.footer(repeat: false)
#show figure: set figure.caption(position: top)
#show figure: set block(breakable: true)
#show figure.caption: it => align(left, strong(it.body))
#show table.cell: it => if it.y < {header} { strong(it) } else { it }
#show table: it => block(stroke: (top: 0.6pt, bottom: 0.6pt), it)
"""

_RULE = '<w:{} w:val="single" w:sz="6" w:space="0" w:color="4D4D4D"/>'
_BORDERS = f"<w:tblBorders>{_RULE.format('top')}{_RULE.format('bottom')}</w:tblBorders>"
_SMALL = '<w:rPr><w:sz w:val="18"/><w:szCs w:val="18"/></w:rPr>'
_NOTE = (
    '<w:name w:val="Table Note"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>'
    '<w:spacing w:before="40" w:after="0"/></w:pPr><w:rPr><w:color w:val="555555"/>'
    '<w:sz w:val="16"/><w:szCs w:val="16"/></w:rPr>'
)
_ACROSS = '<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>'
_UPRIGHT = '<w:pgSz w:w="11906" w:h="16838"/>'
_MARGIN = '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567"/>'

# Pandoc writes some texts so that it would read them back as markup: `&lt;`, `:::`. A word with any
# punctuation, but for a comma or a point between letters or digits, gets a backslash before each sign.
_ESCAPE = r"""
function Str(word)
  local plain = word.text:gsub("(%w)[.,](%w)", "%1%2"):gsub("(%w),$", "%1")
  if plain:find("%p") then
    return pandoc.RawInline("markdown", (word.text:gsub("%p", "\\%0")))
  end
end
"""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def markdown(table: Table) -> str:
    """Return a table as pandoc's Markdown."""
    with TemporaryDirectory() as folder:
        filter_ = Path(folder, "escape.lua")
        filter_.write_text(_ESCAPE, encoding="utf-8")
        return _convert(table, "markdown", "--columns=100", f"--lua-filter={filter_}")


def docx(table: Table) -> bytes:
    """Return a Word document with the table in it, native and editable; the same bytes every time."""
    with TemporaryDirectory() as folder:
        reference, out = Path(folder, "reference.docx"), Path(folder, "table.docx")
        reference.write_bytes(_reference(len(table.columns) > _WIDE))
        _convert(table, "docx", f"--reference-doc={reference}", f"--output={out}")
        across = _WIDTH[len(table.columns) > _WIDE]
        changes = {
            "docProps/core.xml": _without_times,
            "word/document.xml": lambda text: word.settled(text, across),
        }
        return _rewritten(out.read_bytes(), changes)


def pdf(table: Table) -> bytes:
    """Return a PDF of the table alone; the same bytes every time."""
    page = _PAGE.replace("{flipped}", str(len(table.columns) > _WIDE).lower())
    page = page.replace("{header}", "2" if table.spanners else "1")
    with TemporaryDirectory() as folder:
        source = Path(folder, "table.typ")
        source.write_text(page + _convert(table, "typst"), encoding="utf-8")
        return bytes(typst.compile(str(source), timestamp=0))


def _convert(table: Table, to: str, *arguments: str) -> str:
    """Return what pandoc makes of the table's HTML, without its style sheet and attributes."""
    apart = to in ("docx", "typst")  # notes are paragraphs below the table, not rows of it
    text = re.sub(r"<style>.*?</style>", "", html(table, caption=True, notes=not apart), flags=re.DOTALL)
    text = re.sub(r"<table\b[^>]*>", "<table>", text)
    if apart:
        lines = "".join(f"<p>{note}</p>" for note in below(table))
        text = re.sub(r"</?div\b[^>]*>", "", text) + f'<div data-custom-style="Table Note">{lines}</div>'
    done = subprocess.run(
        [
            pypandoc.get_pandoc_path(),
            f"--from={_FROM.replace('-native_divs', '') if apart else _FROM}",
            f"--to={to}",
            "--sandbox",
            *arguments,
        ],
        input=text,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return done.stdout


@cache
def _reference(wide: bool) -> bytes:
    """Return pandoc's reference document, with a journal's rules around tables and smaller text in them."""
    plain = subprocess.run(
        [pypandoc.get_pandoc_path(), "--print-default-data-file=reference.docx"],
        capture_output=True,
        check=True,
    ).stdout

    def styles(text: str) -> str:
        head, middle, tail = text.partition('w:styleId="Table"')
        tail = tail.replace("<w:tblCellMar>", _BORDERS + "<w:tblCellMar>", 1)
        tail = tail.replace("<w:tcPr>", "<w:rPr><w:b/></w:rPr><w:tcPr>", 1)
        note = f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableNote">{_NOTE}</w:style>'
        tail = tail.replace("</w:styles>", f"{note}</w:styles>")
        head = re.sub(r'(w:styleId="Compact">.*?)(</w:style>)', rf"\1{_SMALL}\2", head, flags=re.DOTALL)
        return head + middle + tail

    def document(text: str) -> str:
        section = f"<w:sectPr>{_ACROSS if wide else _UPRIGHT}{_MARGIN}</w:sectPr>"
        return re.sub(r"<w:sectPr\b[^>]*?(/>|>.*?</w:sectPr>)", section, text, flags=re.DOTALL)

    return _rewritten(plain, {"word/styles.xml": styles, "word/document.xml": document})


def _without_times(properties: str) -> str:
    return re.sub(r"(<dcterms:(created|modified)[^>]*>)[^<]*", r"\g<1>2000-01-01T00:00:00Z", properties)


def _rewritten(document: bytes, changes: dict[str, Callable[[str], str]]) -> bytes:
    """Return a Word document with some parts changed, and no times in its archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            part = old.read(name)
            if name in changes:
                part = changes[name](part.decode("utf-8")).encode("utf-8")
            new.writestr(zipfile.ZipInfo(name, _EPOCH), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
