"""A study's own methods: named on the command line, usable with several processes, kept in the record."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mmstats.commands import app
from mmstats.errors import StudyError
from mmstats.methods import METHODS
from mmstats.own_methods import load
from tests.commands.test_commands import shell
from tests.example_study import PLAN, make

OWN = '''
from collections.abc import Iterator
import numpy as np
from mmstats import Estimate, Quantity, method
from mmstats.kind import Binary, Numeric

RATIO = Quantity("median_ratio", "Ratio of medians", null=1, ratio=True)

@method(title="A ratio of medians", references=())
def median_ratio(outcome: Numeric, group: Binary, *, scale: float = 1.0) -> Iterator[Estimate]:
    """The ratio of two medians, without an interval."""
    first, second = (outcome[group == level].to_numpy() for level in group.cat.categories)
    ratio = scale * float(np.median(second) / np.median(first))
    yield Estimate(quantity=RATIO, estimate=ratio, n=len(outcome))
'''
ANALYSIS = '[[analysis]]\nid = "own"\nmethod = "median_ratio"\noutcome = "age"\ngroup = "group"\n'


@pytest.fixture(autouse=True)
def nothing_is_left_registered() -> Iterator[None]:
    known, modules = dict(METHODS), dict(sys.modules)
    yield
    METHODS.clear()
    METHODS.update(known)
    for name in set(sys.modules) - set(modules):
        if name.startswith("mmstats_own_"):
            del sys.modules[name]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_plan_may_name_a_method_of_the_studys_own(tmp_path: Path, workers: str) -> None:
    folder = make(tmp_path / "study", plan=PLAN + ANALYSIS)
    (folder / "own.py").write_text(OWN, encoding="utf-8")
    without = shell("run", "study", cwd=tmp_path)
    assert without.returncode == 1
    assert "Unknown method 'median_ratio'" in without.stderr
    ran = shell("run", "study", "--methods", "study/own.py", "--workers", workers, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    record = json.loads((folder / "results/provenance.json").read_text(encoding="utf-8"))["methods"]
    assert [(one["file"], one["methods"], len(one["digest"])) for one in record] == [
        ("own.py", ["median_ratio"], 64)
    ]
    analyses = json.loads((folder / "results/results.json").read_text(encoding="utf-8"))["analyses"]
    assert analyses[-1]["estimates"][0]["estimate"] == pytest.approx(38 / 38)
    assert not (folder / "__pycache__").exists()
    (folder / "own.py").write_text(OWN.replace("ratio = scale", "ratio = 2"), encoding="utf-8")
    checked = shell("verify", "study", "--methods", "study/own.py", cwd=tmp_path)
    assert checked.returncode == 1
    assert "own methods are not those that were run" in checked.stdout
    assert "own median_ratio: estimate was 1, is now 2" in checked.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = (", "was never closed (line 1)"),
        ("\nimport nowhere", "No module named 'nowhere' (line 2)"),
        ("x = 1", "has no method"),
        (OWN.replace("def median_ratio", "def welch"), "Two methods are called 'welch'"),
        (OWN + "\n1 / 0\n", "division by zero"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_no_trace(tmp_path: Path, text: str, words: str) -> None:
    known = dict(METHODS)
    path = tmp_path / "own.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load(path)
    assert words in str(caught.value)
    assert dict(METHODS) == known


def test_own_methods_are_listed_and_described(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(OWN, encoding="utf-8")
    listed = CliRunner().invoke(app, ["methods", "--methods", str(path), "--json"])
    assert listed.exit_code == 0, listed.output
    assert {"welch", "median_ratio"} <= {one["name"] for one in json.loads(listed.output)}
    page = CliRunner().invoke(app, ["methods", "median_ratio", "--methods", str(path)]).output
    assert 'method = "median_ratio", outcome, group\n  scale = 1.0' in page
    assert "The ratio of two medians" in page


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    folder = make(tmp_path / "study")
    outcome = CliRunner().invoke(app, ["check", str(folder), "--methods", str(tmp_path / "none.py")])
    assert "There is no file" in str(outcome.exception)
