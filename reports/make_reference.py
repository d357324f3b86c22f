"""Make reference.docx from pandoc's own: fonts, A4, three-line tables, captions, notes, page numbers.

Run ``python reports/make_reference.py`` after a change here; Word styles are never edited by hand.
"""

import io
import subprocess
from pathlib import Path

import docx
import pypandoc
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import BaseStyle, ParagraphStyle
from docx.text.run import Run

from mmstats.report.write import settled

TARGET = Path(__file__).with_name("reference.docx")
BODY, HEADINGS = "Times New Roman", "Arial"  # or of the same metrics, everywhere
INK, SOFT, ACCENT = RGBColor(0x1B, 0x1B, 0x1B), RGBColor(0x55, 0x55, 0x55), RGBColor(0x1F, 0x4E, 0x79)


def font(
    style: BaseStyle, name: str, size: float, *,
    bold: bool | None = None, italic: bool | None = None, colour: RGBColor = INK,
) -> None:  # fmt: skip
    """Set a style's font, for every script."""
    assert isinstance(style, ParagraphStyle)
    style.font.name, style.font.size, style.font.color.rgb = name, Pt(size), colour
    style.font.bold, style.font.italic = bold, italic
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for key in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(key), name)


def paragraph(
    style: BaseStyle, before: float, after: float, *, line: float = 1.15, keep: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = WD_ALIGN_PARAGRAPH.LEFT,
) -> None:  # fmt: skip
    """Set a style's spacing."""
    assert isinstance(style, ParagraphStyle)
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), line
    shape.keep_with_next, shape.alignment = keep, align


def added(document: Document, name: str) -> ParagraphStyle:
    """Return a paragraph style, made if the document has none of that name."""
    if name in [style.name for style in document.styles]:
        known = document.styles[name]
        assert isinstance(known, ParagraphStyle)
        return known
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    style.base_style = document.styles["Body Text"]
    return style


def three_lines(document: Document) -> None:
    """Give the style of every table its three rules."""
    edge = '<w:{} w:val="single" w:sz="{}" w:space="0" w:color="4D4D4D"/>'
    style = document.styles["Table"].element
    for tag in ("w:tblPr", "w:trPr", "w:tblStylePr", "w:rPr", "w:pPr"):
        for old in style.findall(qn(tag)):
            style.remove(old)
    parts = (
        f'<w:pPr {nsdecls("w")}><w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/></w:pPr>',  # noqa: E501
        f'<w:rPr {nsdecls("w")}><w:rFonts w:ascii="{HEADINGS}" w:hAnsi="{HEADINGS}" w:cs="{HEADINGS}"/>'
        '<w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr>',
        f'<w:tblPr {nsdecls("w")}><w:tblInd w:w="0" w:type="dxa"/><w:tblBorders>{edge.format("top", 10)}'
        f'{edge.format("bottom", 10)}</w:tblBorders><w:tblCellMar><w:left w:w="70" w:type="dxa"/>'
        '<w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>',
        f"<w:trPr {nsdecls('w')}><w:cantSplit/></w:trPr>",
        f'<w:tblStylePr {nsdecls("w")} w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
        f'{edge.format("bottom", 6)}</w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>',
    )
    for part in parts:
        style.append(parse_xml(part))


def field(run: Run, code: str) -> None:
    """Put a field such as PAGE into a run."""
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def make() -> bytes:
    """Return the reference document."""
    plain = subprocess.run(
        [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"],
        capture_output=True,
        check=True,
    ).stdout
    document = docx.Document(io.BytesIO(plain))
    styles = document.styles
    for name in ("Normal", "Body Text", "First Paragraph", "Compact", "Bibliography", "Abstract"):
        font(styles[name], BODY, 11)
        paragraph(styles[name], 0, 6)
    paragraph(styles["Compact"], 1, 3, line=1.05)
    font(styles["Title"], HEADINGS, 20, bold=True)
    paragraph(styles["Title"], 0, 4, line=1.05, keep=True)
    font(styles["Subtitle"], HEADINGS, 12, colour=SOFT)
    paragraph(styles["Subtitle"], 0, 10)
    for name in ("Author", "Date"):
        font(styles[name], BODY, 10.5, colour=SOFT)
        paragraph(styles[name], 0, 6)
    for name, size, before in (("Heading 1", 15, 18), ("Heading 2", 12.5, 14), ("Heading 3", 11, 10)):
        font(styles[name], HEADINGS, size, bold=True)
        paragraph(styles[name], before, 4, keep=True)
    for name, before, after, keep in (("Table Caption", 12, 4, True), ("Image Caption", 4, 14, False)):
        font(added(document, name), HEADINGS, 9, bold=False, italic=False)
        paragraph(styles[name], before, after, line=1.05, keep=keep)
    paragraph(added(document, "Captioned Figure"), 10, 2, keep=True)
    font(added(document, "Table Text"), HEADINGS, 8.5)
    paragraph(styles["Table Text"], 1, 1, line=1.0, align=None)
    font(added(document, "Table Note"), HEADINGS, 8, colour=SOFT)
    paragraph(styles["Table Note"], 3, 12, line=1.05)
    bibliography = styles["Bibliography"]
    assert isinstance(bibliography, ParagraphStyle)
    bibliography.paragraph_format.left_indent = Mm(9)
    bibliography.paragraph_format.first_line_indent = Mm(-9)
    font(added(document, "Callout Title"), HEADINGS, 10, bold=True, colour=ACCENT)
    font(added(document, "Callout"), BODY, 10)
    for name, before, after in (("Callout Title", 10, 0), ("Callout", 0, 10)):
        paragraph(styles[name], before, after, keep=name == "Callout Title")
        shape = styles[name].element.get_or_add_pPr()
        edge = '<w:left w:val="single" w:sz="18" w:space="8" w:color="1F4E79"/>'
        at = shape.index(shape.find(qn("w:spacing")))
        shape.insert(at, parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="F5F7FA"/>'))
        shape.insert(at, parse_xml(f"<w:pBdr {nsdecls('w')}>{edge}</w:pBdr>"))
    three_lines(document)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(25)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for code in ("PAGE", " / ", "NUMPAGES"):
        run = foot.add_run(code if code == " / " else "")
        run.font.size, run.font.color.rgb = Pt(8.5), SOFT
        if code != " / ":
            field(run, code)
    out = io.BytesIO()
    document.save(out)
    return settled(out.getvalue())


if __name__ == "__main__":
    TARGET.write_bytes(make())
