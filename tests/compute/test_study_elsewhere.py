"""A study in several processes, or on a cluster: the same bytes, with own methods, and stopped as cleanly."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mmstats.commands import app
from mmstats.errors import ComputeError
from mmstats.study import Study
from tests.commands.test_own_methods import ANALYSIS, OWN, nothing_is_left_registered
from tests.example_study import PLAN, make

ROOT = Path(__file__).parents[2]
clean = nothing_is_left_registered


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(params=["processes:2", "dask"])
def elsewhere(request: pytest.FixtureRequest) -> str:
    where: str = request.getfixturevalue("dask") if request.param == "dask" else request.param
    return where


def test_the_same_bytes_and_progress_from_everywhere(tmp_path: Path, elsewhere: str) -> None:
    study = Study.find(make(tmp_path / "example"))
    study.run()
    first = contents(study.results_folder)
    done: list[str] = []
    study.run(on=elsewhere, progress=done.append)
    assert contents(study.results_folder) == first
    assert done == [analysis.id for analysis in study.plan.analyses]
    assert study.verify(on=elsewhere).ok
    log = (study.out / "run_log.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[2] for line in log] == ["on", "here", elsewhere]


def test_own_methods_travel_with_their_content(tmp_path: Path, elsewhere: str, clean: None) -> None:
    folder = make(tmp_path / "study", plan=PLAN + ANALYSIS)
    path = folder / "own.py"
    found = []
    for factor in ("", "2 * ", ""):  # workers of a cluster remember the earlier file of the same name
        path.write_text(OWN.replace("ratio = scale", f"ratio = {factor}scale"), encoding="utf-8")
        study = own_study(folder, path)
        path.unlink()
        found.append(study.compute(on=elsewhere)["own"].estimate().estimate)
    assert found == [1.0, 2.0, 1.0]


def own_study(folder: Path, path: Path) -> Study:
    from mmstats.methods import METHODS

    METHODS.pop("median_ratio", None)
    for name in [name for name in sys.modules if name.startswith("mmstats_own_")]:
        del sys.modules[name]
    return Study.find(folder, methods=path)


def test_a_place_that_cannot_be_reached_leaves_earlier_results(tmp_path: Path) -> None:
    study = Study.find(make(tmp_path / "example"))
    study.run()
    first = contents(study.results_folder)
    with pytest.raises(ComputeError, match="No Dask scheduler answers"):
        study.run(on="dask://127.0.0.1:1")
    assert contents(study.results_folder) == first


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--on", "process:2"), "It runs on here, processes:4"),
        (("--on", "here", "--workers", "2"), "Give --on or --workers, not both."),
    ],
)
def test_a_wrong_place_is_wrong_use(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    folder = make(tmp_path / "example")
    for command in ("run", "verify"):
        outcome = CliRunner().invoke(app, [command, str(folder), *options], terminal_width=300)
        assert outcome.exit_code == 2
        assert words in " ".join(outcome.output.replace("│", " ").split())


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_stopping_the_whole_terminal_is_one_line_and_keeps_earlier_results(
    tmp_path: Path, elsewhere: str
) -> None:
    folder = make(tmp_path / "study")
    Study.find(folder).run()
    earlier = contents(folder / "results")
    boot = '[[analysis]]\nid = "boot{}"\nmethod = "welch"\noutcome = "age"\ngroup = "group"\n'
    boot += 'interval = "bca-bootstrap"\nresamples = {}\n'
    slow = PLAN + "".join(boot.format(number, 999_999) for number in range(200))
    (folder / "plan.toml").write_text(slow, encoding="utf-8")
    start = [sys.executable, "-c", "from mmstats.commands import main; main()"]
    process = subprocess.Popen(
        [*start, "run", str(folder), "--on", elsewhere],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    time.sleep(6)
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 130, (said, complained)
    assert complained.strip().splitlines() == ["mmstats: stopped; earlier results are as they were."]
    assert contents(folder / "results") == earlier
