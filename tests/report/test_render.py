"""The embedded engine, from a document to three files."""

import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from pypdf import PdfReader

from mmstats.errors import ReportError
from mmstats.report.assemble import escape
from mmstats.report.quarto import with_title
from mmstats.report.render import render

from .conftest import BIB, HOSTILE

START = """---
bibliography: own.bib
---
```{python}
#| tags: [parameters]
study = ""
```
```{python}
from mmstats.report import Report; report = Report(study)
```
"""


@pytest.fixture(scope="module")
def files(document: Path, study: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("out")
    return {
        path.suffix[1:]: path for path in render(document, study_results=study, out=out, engine="embedded")
    }


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def plain(path: Path) -> str:
    """Return the words of a file, a space between any two elements."""
    if path.suffix == ".html":
        text = Elements(path.read_text(encoding="utf-8")).text
    else:
        with zipfile.ZipFile(path) as archive:
            text = Elements(archive.read("word/document.xml").decode().replace("</w:p>", " ")).text
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def pdf_text(path: Path) -> str:
    pages = (page.extract_text() for page in PdfReader(path).pages)
    return re.sub(r"\s+", " ", " ".join(pages))


@pytest.mark.parametrize("kind", ["html", "docx"])
def test_numbers_captions_references_and_citations_read_as_in_quarto(
    files: dict[str, Path], kind: str
) -> None:
    text = plain(files[kind])
    assert "Severity: probability of superiority 0.78, 95% CI [0.63, 0.92], p = .002." in text
    assert (
        "See Table 1, 1, Figure 1, Table 2 and [1]." in text
        or "See Table 1, 1, Figure 1, Table 2 and " in text
    )
    assert "Table 1: Own table" in text
    assert "Figure 1: A plot." in text
    assert "Table 2: Made in a loop." in text
    assert "Doe A. A title" in text
    assert "0.1234" in text
    assert "Verbatim: {python} 1" in text


@pytest.mark.parametrize("kind", ["html", "docx"])
def test_untrusted_text_is_printed_and_nothing_else(files: dict[str, Path], kind: str) -> None:
    assert plain(files[kind]).count(HOSTILE) == 3


def test_html_needs_nothing_but_itself(files: dict[str, Path]) -> None:
    text = files["html"].read_text(encoding="utf-8")
    elements = Elements(text).found
    assert not {tag for tag, _ in elements} & {"script", "iframe", "object", "embed", "link"}
    sources = [attributes["src"] or "" for _, attributes in elements if "src" in attributes]
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert not re.search(r"url\((?!#)|@import", text)
    assert not any(name.startswith("on") for _, attributes in elements for name in attributes)


def test_html_is_laid_out_for_every_reader(files: dict[str, Path]) -> None:
    elements = Elements(files["html"].read_text(encoding="utf-8")).found
    tags = [tag for tag, _ in elements]
    assert ("html", {"lang": "en"}) in elements
    assert tags.count("main") == 1
    assert tags.count("h1") >= 1
    assert [a["alt"] for tag, a in elements if tag == "img"] == ['Two points, one <above> the "other".']
    ids = [a["id"] for _, a in elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {"tbl-own", "fig-plot", "tbl-asis"} <= set(ids)
    contents = [a["href"] for tag, a in elements if tag == "a" and str(a.get("id", "")).startswith("toc-")]
    assert contents == ["#first", "#references"]


def test_docx_has_native_tables_captions_and_alternative_text(files: dict[str, Path]) -> None:
    with zipfile.ZipFile(files["docx"]) as archive:
        body = archive.read("word/document.xml").decode()
    assert body.count("<w:tbl>") == 2
    assert "Two points, one &lt;above&gt; the &quot;other&quot;." in body
    assert body.count('w:pStyle w:val="TableCaption"') == 2
    assert body.count('w:pStyle w:val="ImageCaption"') == 1
    assert '<w:br w:type="page" />' in body or '<w:br w:type="page"/>' in body


def test_tables_of_a_report_are_whole_in_word(files: dict[str, Path]) -> None:
    with zipfile.ZipFile(files["docx"]) as archive:
        body = archive.read("word/document.xml").decode()
    tables = re.findall(r"<w:tbl>.*?</w:tbl>", body, re.DOTALL)
    assert all('<w:tblW w:type="dxa"' in table and "<w:tcW " in table for table in tables)
    assert all(table.count("<w:cantSplit/>") == table.count("<w:tr>") for table in tables)


COLON = "Fatigue in MS: a <b>study</b>"


def test_the_studys_title_and_notice_are_those_of_the_shipped_documents(study: Path, tmp_path: Path) -> None:
    parameters = '```{python}\n#| tags: [parameters]\n#| include: false\nstudy = ""\n```\n'
    (tmp_path / "methods.qmd").write_text(f"---\ntitle: Methods\n---\n\n{parameters}")
    (tmp_path / "own.qmd").write_text(f"---\ntitle: Mine\n---\n\n{parameters}")
    made = render(
        [tmp_path / "methods.qmd", tmp_path / "own.qmd"],
        study_results=study,
        formats=("html", "docx"),
        out=tmp_path,
        engine="embedded",
        title=COLON,
        note="Simulated: nobody et al. 2024 was examined. More follows.",
    )
    page = made[0].read_text(encoding="utf-8")
    assert '<h1 class="title">Fatigue in MS: a &lt;b&gt;study&lt;/b&gt;</h1>' in page
    assert '<p class="subtitle">Methods</p>' in page
    assert '<h1 class="title">Mine</h1>' in made[2].read_text(encoding="utf-8")
    with zipfile.ZipFile(made[1]) as archive:
        foot = "".join(archive.read(n).decode() for n in archive.namelist() if n.startswith("word/footer"))
    assert "Simulated: nobody et al. 2024 was examined.</w:t>" in foot


def test_quarto_gets_the_title_in_the_front_matter() -> None:
    text = with_title("---\ntitle: Methods\njupyter: python3\n---\n\n--- a rule\n", COLON)
    _, front, body = text.split("---\n", 2)
    values = yaml.safe_load(front)
    assert values == {"title": escape(COLON), "jupyter": "python3", "subtitle": "Methods"}
    assert body == "\n--- a rule\n"


def test_pdf_has_the_numbers_as_text_and_the_alternative_text(files: dict[str, Path]) -> None:
    text = pdf_text(files["pdf"])
    for words in (
        "Table 1: Own table",
        "0.1234",
        "0.78, 95% CI",
        "<script>alert(1)</script>",
        "Doe A. A title",
    ):
        assert words in text
    assert re.search(r"2\s*/\s*2", text)
    assert "root:" not in text
    assert b"/Alt" in files["pdf"].read_bytes()


def test_a_second_render_gives_the_same_bytes(
    files: dict[str, Path], document: Path, study: Path, tmp_path: Path
) -> None:
    again = render(document, study_results=study, out=tmp_path, engine="embedded")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files.values()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# A\n\n`{python} report.text('mm-sevrity')`\n", "a.qmd, line 13, in `report.text('mm-sevrity')`: "
         "These results have no analysis 'mm-sevrity'. Did you mean 'mm-severity'?"),
        ("`{python} report.value('mm-severity', 'superiorty')`\n", "Did you mean 'superiority'?"),
        ("```{python}\nx = 1\n\nreport.p('mm')\n```\n",
         "a.qmd, line 14: These results have no analysis 'mm'"),
        ("```{python}\n1 / 0\n```\n", "a.qmd, line 12: ZeroDivisionError: division by zero"),
        ("See @tbl-none.\n", "a.qmd, line 11: nothing is labelled 'tbl-none'"),
        ("See [@doe2002].\n", "a.qmd, line 11: no reference is called 'doe2002'. Did you mean 'doe2001'?"),
        ("![](/etc/passwd)\n",
         "The image '/etc/passwd' is not an SVG, PNG or JPEG file in the report's folder."),
        ("![](../own.png)\n", "The image '../own.png' is not"),
        ("[a](javascript:alert(1))\n", "A link to 'javascript:alert(1)' is not passed on."),
        ("```{python}\n#| echo: false\nfrom IPython.display import HTML\n"
         "HTML('<table onclick=\"x\"><script>1</script></table>')\n```\n",
         "The attribute 'onclick' of <table> is not passed on."),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_named_with_its_place(
    study: Path, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "own.bib").write_text(BIB)
    (tmp_path / "a.qmd").write_text(START + text)
    with pytest.raises(ReportError) as error:
        render(tmp_path / "a.qmd", study_results=study, formats=("html",), out=tmp_path, engine="embedded")
    assert said in str(error.value)
    assert "Traceback" not in str(error.value)
    assert not list(tmp_path.glob("a.html"))
