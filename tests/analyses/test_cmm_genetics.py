"""Genes of congenital mirror movements: counts are those of the texts, variants have their form, R agrees."""

import csv
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mmstats.report import Report
from mmstats.report.blocks import Float
from mmstats.report.displays import shape
from mmstats.report.sections.quality import violations
from mmstats.results import Results
from mmstats.schema import Schema
from mmstats.shipped import shipped
from mmstats.study import Study
from tests.analyses.published_studies import (
    cited,
    compare,
    folder,
    named,
    own_files,
    reference,
    shipped_files,
)
from tests.schema.building import raw

REFERENCE = reference("cmm_genetics")
AMINO = "(?:Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr|Val)"
PLACE = r"\d+(?:[+-]\d+)?"
CODING = re.compile(
    rf"c\.{PLACE}(?:[ACGT]>[ACGT]|(?:_{PLACE})?(?:del|dup)|(?:_{PLACE})?(?:ins|delins)[ACGT]+|[ACGT]+\[\d+\])"
)
PROTEIN = re.compile(rf"p\.(?:Met1\?|{AMINO}\d+(?:\*|{AMINO}|del|dup|{AMINO}fs\*\d+|_{AMINO}\d+(?:del|dup)))")


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.find(folder("cmm_genetics"))


@pytest.fixture(scope="module")
def people(study: Study) -> pd.DataFrame:
    return study.cohort().frame


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cmm_genetics")


@pytest.fixture(scope="module")
def results(out: Path) -> Results:
    return Study.find(folder("cmm_genetics"), out=out).run()


@pytest.fixture(scope="module")
def variants() -> list[dict[str, str]]:
    with (folder("cmm_genetics") / "data" / "variants.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_wheel_carries_every_file_of_the_study() -> None:
    assert shipped_files("cmm_genetics") == own_files("cmm_genetics")


def test_the_study_runs(study: Study, results: Results) -> None:
    assert study.plan_problems == ()
    assert study.intake.open == ()
    assert {f.violation.rule for f in study.intake.findings} == {"same-participants"}
    assert {r.analysis.id: r.reason for r in results if r.status != "ok"} == {}


@pytest.mark.parametrize("row", REFERENCE, ids=named)
def test_r_computes_the_same(results: Results, row: dict[str, Any]) -> None:
    compare(results, row)


def counts(people: pd.DataFrame, report: str, *columns: str) -> dict[Any, int]:
    one = people[people["report"] == report]
    found = one.groupby(list(columns), observed=True, dropna=False).size()
    return {key: int(count) for key, count in found.items()}


def test_rows_are_as_many_as_the_texts_count(people: pd.DataFrame) -> None:
    assert counts(people, "meneret2014", "pattern", "finding") == {
        ("familial", "loss_of_function"): 4,
        ("familial", "none"): 2,  # "in two of six familial cases and 12 of 20 simplex cases"
        ("simplex", "loss_of_function"): 2,  # one exonic deletion, one frameshift
        ("simplex", "missense"): 6,  # 7 variants: 5 in DCC, 2 in RAD51
        ("simplex", "none"): 12,
    }
    assert counts(people, "thams2020", "pattern", "finding") == {
        ("familial", "loss_of_function"): 2,
        ("simplex", "none"): 2,
    }
    assert counts(people, "trouillard2016", "mm_grade") == {"obvious": 4, "mild": 4}
    assert counts(people, "spencersmith2020", "mm_grade", "callosum") == {
        ("none", "agenesis"): 3,
        ("none", "present"): 2,
        ("not_graded", "agenesis"): 5,
        ("not_graded", "present"): 2,
    }
    screened = people[people["report"].isin(["meneret2014", "meneret2014dnal4"])]
    assert int((screened["dnal4"] == "no").sum()) == 17  # "no mutation in DNAL4 in 17 index cases"


def test_nine_variants_are_in_eight_simplex_cases(people: pd.DataFrame) -> None:
    simplex = people[(people["report"] == "meneret2014") & (people["pattern"] == "simplex")]
    assert len(simplex) - int((simplex["finding"] == "none").sum()) == 8 == 1 + 1 + 5 + 2 - 1


def test_every_source_is_in_the_bibliography(people: pd.DataFrame, variants: list[dict[str, str]]) -> None:
    assert {*people["report"], *(row["source"] for row in variants)} <= cited()


def test_each_gene_is_there(variants: list[dict[str, str]]) -> None:
    assert {row["gene"] for row in variants} == {"DCC", "RAD51", "NTN1", "ARHGEF7", "DNAL4"}


def test_variants_are_written_as_recommended(variants: list[dict[str, str]]) -> None:
    coding = {row["hgvs_c"] for row in variants} - {"-9"}
    protein = {row["hgvs_p"] for row in variants} - {"-9"}
    assert len(coding) >= 10
    assert [text for text in coding if not CODING.fullmatch(text)] == []
    assert [text for text in protein if not PROTEIN.fullmatch(text)] == []


@pytest.mark.parametrize("text", ["c.1729delG", "760C>T", "c.760c>t", "c.571dupG", "p.R254*"])
def test_other_ways_to_write_a_variant_are_told_apart(text: str) -> None:
    assert not CODING.fullmatch(text)
    assert not PROTEIN.fullmatch(text)


def test_nobody_is_given_a_class_that_no_text_gives(variants: list[dict[str, str]]) -> None:
    assert {row["acmg"] for row in variants} == {"-9"}


def test_a_variant_that_was_not_read_is_flagged(variants: list[dict[str, str]]) -> None:
    flags = {row["participant_id"]: row["verified"] for row in variants}
    assert {flags[name] for name in ("SRO10-1", "SRO10-2", "DEP12-1", "DEP12-2", "AHM14-1")} == {"no"}
    assert {flags[name] for name in ("MEN17-1", "MEN17-2", "MEN17-3")} == {"secondary"}
    unread = [row for row in variants if row["verified"] == "gene"]
    assert {row["hgvs_c"] for row in unread} == {row["hgvs_p"] for row in unread} == {"-9"}


VARIANT = {
    "participant_id": "P1",
    "variant": "1",
    "gene": "DNAL4",
    "hgvs_c": "c.153+2T>C",
    "hgvs_p": "-9",
    "consequence": "splice",
    "zygosity": "homozygous",
    "inheritance": "recessive",
    "acmg": "-9",
    "family": "-9",
    "source": "ahmed2014",
    "verified": "no",
}
CLASSIFIED = {
    "participant_id": "P1",
    "age": "8",
    "age_noticed": "3",
    "neurological_disease": "none",
    "began_with_disease": "no",
    "family_history": "no",
    "genetic_result": "negative",
    "classification": "physiological",
}


@pytest.mark.parametrize(
    ("table", "row", "changed", "broken"),
    [
        ("cmm_variants", VARIANT, {}, []),
        ("cmm_variants", VARIANT, {"zygosity": "heterozygous"}, ["recessive-needs-two"]),
        ("cmm_variants", VARIANT, {"hgvs_c": "-9"}, ["consequence-is-of-a-variant"]),
        ("cmm_variants", VARIANT, {"gene": "DCC1"}, ["level"]),
        ("mm_classification", CLASSIFIED, {}, []),
        ("mm_classification", CLASSIFIED, {"age": "11"}, ["physiological-until-about-10"]),
        (
            "mm_classification",
            CLASSIFIED,
            {"genetic_result": "positive"},
            ["physiological-without-a-variant"],
        ),
        ("mm_classification", CLASSIFIED, {"age_noticed": "9"}, ["noticed-within-life"]),
        (
            "mm_classification",
            CLASSIFIED,
            {"classification": "congenital", "age_noticed": "6"},
            ["congenital-since-early-childhood"],
        ),
        (
            "mm_classification",
            CLASSIFIED,
            {"classification": "acquired"},
            ["acquired-begins-with-a-disease"],
        ),
        (
            "mm_classification",
            CLASSIFIED,
            {"classification": "acquired", "began_with_disease": "yes"},
            ["disease-that-it-began-with"],
        ),
        ("mm_classification", CLASSIFIED, {"genetic_result": "-8"}, []),
    ],
)
def test_each_rule_can_fail(
    table: str, row: dict[str, str], changed: dict[str, str], broken: list[str]
) -> None:
    schema = Schema.read(shipped("data_schemas", f"{table}.toml"))
    cells = {name: [value] for name, value in {**row, **changed}.items()}
    assert [v.rule for v in schema.validate(raw(table, **cells)).violations] == broken


def test_intervals_hold_more_than_the_estimates_say(results: Results) -> None:
    none_found = results["yield-dnal4"].estimate("proportion")
    assert none_found.estimate == 0
    assert none_found.conf_high > 0.15  # of 19 without one, up to one in six may have it
    everybody = results["penetrance"].estimate("proportion", "rad51[yes]")
    assert everybody.estimate == 1
    assert everybody.conf_low < 0.65


def test_shares_of_groups_are_shown_by_group_and_compared_by_what_compares(results: Results) -> None:
    shapes = {result.analysis.id: shape(result) for result in results}
    assert shapes["yield-any"] == shapes["penetrance"] == shapes["yield-dnal4"] == "other"
    assert shapes["yield-familial-any"] == shapes["penetrance-genes"] == "comparison"


@pytest.mark.usefixtures("results")
def test_findings_that_read_the_same_are_one_row_that_says_how_many(out: Path) -> None:
    (shown,) = (block for block in violations(Report(out)).blocks if isinstance(block, Float))
    rows = shown.content.rows
    assert [str(row.cells["found"]) for row in rows] == ["participant_id: (identifier) (36 times)"]
