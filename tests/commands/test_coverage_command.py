"""``mmstats coverage``: printed, saved, and refused with the nearest names."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mmstats.commands import app
from mmstats.coverage.table import read
from mmstats.errors import MmstatsError

FEW = ["--shape", "floor", "--n", "8", "--replications", "3"]


def test_it_prints_a_line_for_each_situation() -> None:
    outcome = CliRunner().invoke(app, ["coverage", "yuen", *FEW])
    assert outcome.exit_code == 0
    lines = outcome.stdout.splitlines()
    assert len(lines) == 4  # effects
    assert all(line.startswith("yuen") and "n = 8" in line for line in lines)


def test_it_saves_a_table_that_can_be_read_back(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    outcome = CliRunner().invoke(app, ["coverage", "yuen", "spearman", *FEW, "--out", str(out)])
    assert outcome.exit_code == 0
    rows = read(out.read_text(encoding="utf-8"))
    assert {(row.method, row.shape, row.n) for row in rows} == {
        ("yuen", "floor", 8),
        ("spearman", "floor", 8),
    }


def test_every_wrong_name_is_said_at_once() -> None:
    with pytest.raises(MmstatsError, match=r"Did you mean 'welch'.*Did you mean 'skewed'"):
        CliRunner().invoke(app, ["coverage", "wlech", "--shape", "skwed"], catch_exceptions=False)
