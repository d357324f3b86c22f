"""The command line: exit codes, clear words, never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mmstats import __version__
from mmstats.commands import COMMANDS, app
from tests.example_study import PARTICIPANTS, make

ROOT = Path(__file__).parents[2]


def shell(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the real program, as a user does."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from mmstats.commands import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    outcome = CliRunner().invoke(app, [name, "--help"])
    assert outcome.exit_code == 0
    assert "Usage" in outcome.output


def test_the_version_is_said() -> None:
    assert __version__ in CliRunner().invoke(app, ["--version"]).output


def test_run_then_verify(tmp_path: Path) -> None:
    make(tmp_path / "example")
    ran = shell("run", "example", cwd=tmp_path)
    assert ran.returncode == 0
    assert "4 of 5 analyses done, of 11 participants." in ran.stdout
    assert "nobody not estimable: No row has a value for each of its variables." in ran.stderr
    assert shell("verify", "example", cwd=tmp_path).stdout.startswith("All ")
    (tmp_path / "example/data/people.csv").write_text(PARTICIPANTS.replace("MS,48,f,39", "MS,48,f,60"))
    changed = shell("verify", "example", "--json", cwd=tmp_path)
    assert changed.returncode == 1
    record = json.loads(changed.stdout)
    assert not record["ok"]
    assert {change["analysis"] for change in record["changes"]} == {"fatigue", "within"}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("run", "nowhere"), 1, "There is no study 'nowhere'"),
        (("run", "example", "--data", "nowhere"), 1, "There is no folder nowhere"),
        (("run", "example", "--workers", "0"), 2, "--workers"),
        (("runn", "example"), 2, "No such command"),
        (("verify", "example"), 1, "There are no results"),
        (("methods", "wlech"), 1, "Did you mean 'welch'"),
        (("dictionary", "nowhere.csv"), 1, "nowhere.csv"),
        (("init", "example"), 1, "not empty; nothing was written"),
    ],
)
def test_wrong_use_is_one_clear_sentence(
    tmp_path: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    make(tmp_path / "example")
    outcome = shell(*arguments, cwd=tmp_path)
    assert outcome.returncode == status
    assert words in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_methods_are_listed_and_described() -> None:
    runner = CliRunner()
    assert "brunner_munzel" in runner.invoke(app, ["methods"]).output
    assert "level = 0.95" in runner.invoke(app, ["methods", "welch"]).output
    assert "  low = required: a number\n" in runner.invoke(app, ["methods", "tost_means"]).output
    records = json.loads(runner.invoke(app, ["methods", "--json"]).output)
    assert {"welch", "spearman"} <= {record["name"] for record in records}


def test_nothing_heavy_is_imported_for_help() -> None:
    heavy = "('pandas', 'numpy', 'scipy')"
    code = f"import sys, mmstats, mmstats.commands; print([m for m in {heavy} if m in sys.modules])"
    outcome = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert outcome.stdout.strip() == "[]"
