"""The guide is followed to the letter, in an empty directory."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mmstats.commands import app

GUIDE = (Path(__file__).parents[1] / "docs/guide.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"(?:^`(?P<path>[^`]+)`(?:, below `(?P<heading>[^`]+)`)?\n\n)?"
    r"^```(?P<language>csv|toml|sh)\n(?P<body>.*?)^```$",
    re.M | re.S,
)


def put(path: Path, body: str, heading: str | None) -> None:
    """Write a block to its file, or below a heading of it."""
    if heading:
        before, after = path.read_text(encoding="utf-8").split("\n[cohort]\n")
        assert heading in before
        body = f"{before}\n{body}\n[cohort]\n{after}"
    path.write_text(body, encoding="utf-8")


def test_the_guide_works_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    commands = []
    for step in STEP.finditer(GUIDE):
        if step["path"]:
            put(Path(step["path"]), step["body"], step["heading"])
        for line in step["body"].splitlines() if step["language"] == "sh" else []:
            command, _, comment = line.partition("#")
            outcome = runner.invoke(app, shlex.split(command)[1:])
            assert outcome.exit_code == (1 if "exit 1" in comment else 0), (
                command,
                outcome.output,
                outcome.exception,
            )
            commands.append((command.split()[1], outcome.output))
    assert [name for name, _ in commands] == [
        "init",
        "dictionary",
        "check",
        "check",
        "run",
        "render",
        "verify",
        "init",
        "check",
        "run",
    ]
    assert "1 of 1 analyses done, of 4 trials." in commands[-1][1]
    first_check = commands[2][1]
    assert "330" in first_check
    assert "4O" in first_check
    assert "-9" not in first_check
    assert (tmp_path / "my_study/report/manuscript.docx").is_file()
