"""What the studies on published numbers have in common: R's values, the wheel, the sources."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mmstats.results import Results
from mmstats.study import Study

ROOT = Path(__file__).parents[2]
FIELDS = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value", "n")
MADE = {"results", "report", "run_log.csv", "__pycache__"}  # by a run, and ignored by version control


def folder(name: str) -> Path:
    return ROOT / "analyses" / name


def reference(name: str) -> list[dict[str, Any]]:
    path = ROOT / "tests" / "reference" / name / f"{name}.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["estimates"]
    return rows


def named(row: dict[str, Any]) -> str:
    return f"{row['analysis']}-{row['quantity']}-{row['term']}"


def compare(results: Results, row: dict[str, Any]) -> None:
    """Hold an estimate against R's, field by field."""
    found = results[row["analysis"]].estimate(row["quantity"], row["term"])
    compared = [field for field in FIELDS if row.get(field) is not None]
    assert compared
    for field in compared:
        near = pytest.approx(row[field], rel=row.get("tolerance", 1e-7), abs=1e-12)
        assert getattr(found, field) == near, field


def shipped_files(name: str) -> set[str]:
    """Return what the wheel takes from a study's folder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    return {Path(path).name for path in included if path.startswith(f"analyses/{name}/")}


def own_files(name: str) -> set[str]:
    return {path.name for path in folder(name).iterdir()} - MADE


def by_study(study: Study) -> dict[str, dict[str, Any]]:
    """Return the rows of a study of studies, by their names."""
    frame = study.cohort().frame
    rows = frame.astype(object).to_dict("records")
    return {str(row["study"]): {str(name): value for name, value in row.items()} for row in rows}


def cited() -> set[str]:
    """Return the keys of the bibliography."""
    text = (ROOT / "reports" / "references.bib").read_text(encoding="utf-8")
    return set(re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE))
