"""The reanalysis of public data: every defect of the tables is found, and R computes the same numbers."""

import json
import math
import os
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mmstats.results import Results
from mmstats.schema import Schema
from mmstats.study import Study

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "analyses" / "chile_ms"
DATA = ROOT.parent / "shared" / "data" / "chile_ms"
REFERENCE = json.loads((ROOT / "tests/reference/chile_ms/chile_ms.json").read_text(encoding="utf-8"))
FIELDS = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value", "n")

DEFECTS = {
    ("clinical", "number", "PASAT", "MS09", "called missing"),
    ("clinical", "range", "PHQ9", "MS26", "called missing"),
    ("clinical", "mfis-total", "", "HC21", "called missing"),
    ("clinical", "shifted-scale", "FISICA", "", "accepted"),
    ("clinical", "shifted-scale", "COGNITIVA", "", "accepted"),
    ("clinical", "shifted-scale", "PSICOSOCIAL", "", "accepted"),
    ("clinical", "shifted-scale", "TOTAL", "", "accepted"),
    ("imaging", "same-participants", "S", "MS_24", "corrected"),
    ("imaging", "codes-differ", "Grupo", "", "accepted"),
    ("imaging", "brain-within-skull", "", "MS05", "called missing"),
    ("imaging", "brain-within-skull", "", "MS08", "called missing"),
    ("imaging", "brain-within-skull", "", "MS21", "called missing"),
    ("imaging", "brain-within-skull", "", "MS27", "called missing"),
}


def test_no_data_are_in_the_repository() -> None:
    made = {"results", "report", "run_log.csv"}  # by a run, and ignored by version control
    ours = (path for path in FOLDER.rglob("*") if not made & set(path.relative_to(FOLDER).parts))
    assert not [path for path in ours if path.suffix in {".csv", ".xlsx", ".tsv"}]


def test_every_column_of_the_published_headings_has_a_label_of_its_own() -> None:
    for table, count in {"clinical": 15, "imaging": 199}.items():
        spec = tomllib.loads((FOLDER / "data_schemas" / f"{table}.toml").read_text(encoding="utf-8"))
        labels = [column["label"] for column in spec["columns"].values()]
        headings = [column["heading"] for column in spec["columns"].values()]
        assert len(labels) == len(set(labels)) == len(set(headings)) == count


def test_the_reference_holds_no_participants() -> None:
    assert {row["n"] for row in REFERENCE["estimates"]} <= set(range(25, 62))
    assert len(REFERENCE["estimates"]) > 70
    assert "MS0" not in json.dumps(REFERENCE)


@pytest.fixture(scope="module")
def study() -> Study:
    if not DATA.is_dir():
        if os.environ.get("MMSTATS_REQUIRE_REFERENCES") == "1":
            pytest.fail(f"{DATA} is required")
        pytest.skip("the public data are not here; analyses/chile_ms/README.md says where they are")
    return Study.find(FOLDER, data=DATA)


def test_each_defect_is_found_and_nothing_else(study: Study) -> None:
    found = [
        (f.violation.table, f.violation.rule, f.violation.column, f.violation.key, f.action)
        for f in study.intake.findings
    ]
    assert study.plan_problems == ()
    assert study.intake.problems == ()
    assert study.intake.open == ()
    assert set(found) == DEFECTS
    assert len(found) == len(DEFECTS)


def test_each_rule_on_volumes_can_fail(study: Study) -> None:
    table = next(checked for plan, checked in study.intake.tables if plan.name == "imaging")
    for rule in table.schema.rules:
        doubled = [
            rule.rule.evaluate(table.frame.assign(**{name: 2 * table.frame[name]}))
            for name in rule.rule.names
        ]
        assert any((~held.fillna(True)).sum() > 50 for held in doubled), rule.name


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("onset-after-birth", {"age": 30.0, "disease_duration": 30.0}),
        ("patients-have-edss", {"group": "MS", "edss": math.nan}),
        ("controls-have-no-disease", {"group": "HC", "edss": 1.0, "disease_duration": math.nan}),
    ],
)
def test_each_rule_on_people_can_fail(rule: str, row: dict[str, Any]) -> None:
    schema = Schema.read(FOLDER / "data_schemas" / "clinical.toml")
    condition = next(r.rule for r in schema.rules if r.name == rule)
    assert condition.evaluate(pd.DataFrame([row])).tolist() == [False]


def test_everybody_stays_in(study: Study) -> None:
    cohort = study.cohort()
    assert cohort.frame["group"].value_counts().to_dict() == {"MS": 32, "HC": 29}
    missing = cohort.frame.isna().sum()
    expected = {"mfis_total": 1, "mfis_sum": 0, "phq9": 1, "callosum": 0, "etiv": 4, "brain_fraction": 4}
    assert {name: int(missing[name]) for name in expected} == expected


@pytest.fixture(scope="module")
def results(study: Study) -> Results:
    return study.compute()


def test_every_analysis_gives_an_answer(results: Results) -> None:
    assert {r.analysis.id: (r.status, r.reason) for r in results if r.status != "ok"} == {}


@pytest.mark.parametrize(
    "row", REFERENCE["estimates"], ids=lambda r: f"{r['analysis']}-{r['quantity']}-{r['term']}"
)
def test_r_computes_the_same(results: Results, row: dict[str, Any]) -> None:
    found = results[row["analysis"]].estimate(row["quantity"], row["term"])
    compared = [field for field in FIELDS if field in row]
    assert len(compared) >= 2
    for field in compared:
        assert getattr(found, field) == pytest.approx(row[field], rel=1e-8, abs=1e-12), field
