"""Rendering with Quarto itself, where it is installed, and what is prepared for it everywhere."""

import shutil
from pathlib import Path

import pytest

from mmstats.errors import ReportError
from mmstats.report import render_study
from mmstats.report.quarto import with_parameters, with_title
from mmstats.study import Study

REPORTS = Path(__file__).parents[2] / "reports"
TEMPLATES = sorted(REPORTS.glob("*.qmd"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_parameters_are_set_right_below_the_cell_that_declares_them(path: Path) -> None:
    text = with_parameters(path.read_text(encoding="utf-8"), {"study": "a 'quoted' name"})
    declared, given = text.index('study = "ms_fatigue"'), text.index("study = \"a 'quoted' name\"")
    assert text[declared:given].count("```{python}") == 1


def test_a_document_without_the_cell_takes_no_parameters() -> None:
    with pytest.raises(ReportError, match="takes no parameters"):
        with_parameters("---\ntitle: T\n---\n\nText.\n", {"study": "x"})


def test_the_title_is_the_study_s_whatever_it_holds() -> None:
    text = with_title("---\ntitle: Draft\n---\nBody\n", "Fatigue: a *study*")
    assert "subtitle: Draft" in text
    assert text.endswith("Body\n")


def test_quarto_renders_every_format(tmp_path: Path) -> None:
    if shutil.which("quarto") is None:
        pytest.skip("Quarto is not installed")
    study = Study.find("ms_fatigue", out=tmp_path)
    study.run()
    paths = render_study(study, engine="quarto")
    assert len(paths) == 3 * (len(TEMPLATES) - 1)  # it has no review
    assert all(path.stat().st_size > 1_000 for path in paths)
