"""Reading a document: what is known, and that everything else is refused by name and line."""

from pathlib import Path

import pytest

from mmstats.errors import ReportError
from mmstats.report.qmd import Cell, Text, read_qmd


def written(folder: Path, text: str) -> Path:
    path = folder / "a.qmd"
    path.write_text(text)
    return path


def test_cells_options_and_places_are_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "---\ntitle: T\n---\n\nText `{python} x + 1`.\n\n```{python}\n#| echo: false\nx = 1\ny\n```\n",
    )
    document = read_qmd(path)
    text, cell = document.parts
    assert document.front == {"title": "T"}
    assert isinstance(text, Text)
    assert [(line.number, code) for line, code in text.inline()] == [(5, "x + 1")]
    assert isinstance(cell, Cell)
    assert (cell.options, cell.code, cell.place(2)) == ({"echo": False}, "x = 1\ny", "a.qmd, line 10")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nfreeze: auto\n---\n", "line 2: Unknown key 'freeze'"),
        ("---\nformat:\n  revealjs: default\n---\n", "line 3: Unknown format 'revealjs'"),
        ("---\nformat:\n  html:\n    code-fold: true\n---\n", "line 4: Unknown key of html 'code-fold'"),
        ("---\nexecute:\n  cache: true\n---\n", "line 3: Unknown key of execute 'cache'"),
        ("---\ntitle: [\n---\n", "not YAML"),
        ("---\ntitle: x\n", "the front matter has no end"),
        ("\n{{< video a.mp4 >}}\n", "line 2: Unknown shortcode 'video'"),
        ("a {{< pagebreak >}} b\n", "line 1: A page break stands alone"),
        ("```{r}\n1\n```\n", "line 1: Only Python cells are run; this one is 'r'"),
        ("```{=html}\n<b>\n```\n", "line 1: Raw html blocks"),
        ("a `x`{=typst}\n", "line 1: Raw typst is not passed on"),
        ("a `{r} 1+1`\n", "Only Python expressions are run; this one is 'r'"),
        ("a <span>b</span>\n", "Raw HTML is not passed on: <span>"),
        ("```{python}\n#| fig-width: 5\n1\n```\n", "line 2: Unknown cell option 'fig-width'"),
        ("```{python}\n#| echo: fenced\n1\n```\n", "line 2: 'echo' takes true, false"),
        ("```{python}\n#| tags: [hide]\n1\n```\n", "The only tag is [parameters]"),
        ("```{python}\n#| label: lst-a\n1\n```\n", "Cross-references are to fig-..., tbl-..., sec-..."),
        ("```{python echo=false}\n1\n```\n", "unknown cell heading"),
        ("```{python}\n1\n", "this cell has no end"),
        ("::: {.panel-tabset}\n:::\n", "Unknown block 'panel-tabset'"),
        ("::: {#fig-a layout-ncol=2}\n:::\n", "Unknown attribute of a block 'layout-ncol'"),
        ("See @eq-one.\n", "this one is to 'eq'"),
        ("{{< include ../secret.qmd >}}\n", "lies outside the document's folder"),
        ("{{< include a.qmd >}}\n", "includes itself"),
        ("{{< include none.qmd >}}\n", "none.qmd cannot be read"),
    ],
)
def test_what_is_not_known_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ReportError) as error:
        read_qmd(written(tmp_path, text))
    assert said in str(error.value)


def test_all_problems_come_at_once_with_nearest_names(tmp_path: Path) -> None:
    path = written(
        tmp_path, "---\nbibliografy: T\n---\n{{< pagebrake >}}\n```{python}\n#| warnin: true\n1\n```\n"
    )
    with pytest.raises(ReportError) as error:
        read_qmd(path)
    assert [text.partition(" Known")[0] for text in error.value.problems] == [
        "a.qmd, line 2: Unknown key 'bibliografy'. Did you mean 'bibliography'?",
        "a.qmd, line 4: Unknown shortcode 'pagebrake'. Did you mean 'pagebreak'?",
        "a.qmd, line 6: Unknown cell option 'warnin'. Did you mean 'warning'?",
    ]


def test_code_that_is_only_shown_is_not_searched(tmp_path: Path) -> None:
    document = read_qmd(
        written(tmp_path, "```python\n{{< video >}} <b> `{r} 1`\n```\n\nAnd `<b>`, ``a `r` <i>``, `{r}`.\n")
    )
    assert len(document.parts) == 1


def test_includes_are_read_in_place_and_keep_their_own_lines(tmp_path: Path) -> None:
    (tmp_path / "part.qmd").write_text("one\n{{< video >}}\n")
    with pytest.raises(ReportError, match=r"part\.qmd, line 2: Unknown shortcode"):
        read_qmd(written(tmp_path, "first\n{{< include part.qmd >}}\n"))
    (tmp_path / "part.qmd").write_text("one\n")
    assert read_qmd(tmp_path / "a.qmd").source == "first\none"


def test_two_cells_of_one_label_are_refused(tmp_path: Path) -> None:
    cell = "```{python}\n#| label: fig-a\n1\n```\n"
    with pytest.raises(ReportError, match="Two cells are labelled 'fig-a'"):
        read_qmd(written(tmp_path, cell + cell))
