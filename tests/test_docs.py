"""The documentation: a page for every method, and links that lead somewhere."""

import inspect
import re
from pathlib import Path

import pytest

from docs.build import described, page, references
from mmstats.methods import METHODS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = [page for page in PAGES if page.parent.name != "methods"]


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_page(name: str) -> None:
    text = page(METHODS[name])
    assert text.startswith(f"# {METHODS[name].title}\n")
    assert "```pycon\n>>> " in text
    assert "doi.org" in text


@pytest.mark.parametrize("name", METHODS)
def test_every_reference_is_in_the_bibliography(name: str) -> None:
    keys = METHODS[name].references
    assert len(references(keys).splitlines()) == len(keys)


@pytest.mark.parametrize("name", METHODS)
def test_the_docstring_and_the_registration_name_the_same_papers(name: str) -> None:
    line = re.search(r"(?ms)^References: (.*?)\.$", inspect.getdoc(METHODS[name].function) or "")
    assert line is not None
    assert line[1].replace("\n", " ").split(", ") == list(METHODS[name].references)


def test_a_docstring_becomes_markdown() -> None:
    text = "What.\n\nParameters\n----------\nx : float\n    The\n    value.\n\nExamples\n--------\n>>> 1\n1"
    assert (
        described(text)
        == "What.\n\n## Parameters\n\n- **x** (float): The value.\n\n## Examples\n\n```pycon\n>>> 1\n1\n```"
    )


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert not missing


def test_the_bibliography_has_each_paper_once_and_whole() -> None:
    text = (ROOT / "reports" / "references.bib").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=@)", text)
    keys = [re.match(r"@\w+\{([^,]+),", entry) for entry in entries]
    assert all(keys)
    assert len({key[1] for key in keys if key}) == len(entries)
    assert [entry for entry in entries if entry.count("{") != entry.count("}")] == []
