"""The shipped dictionaries: they can be read, and find what they should."""

from pathlib import Path

import pytest

from mmstats.kind import Kind
from mmstats.raw_table import RawTable
from mmstats.schema import Schema
from mmstats.shipped import shipped
from mmstats.sources import read_table
from tests.schema.building import raw

NAMES = [
    "callosum",
    "cmm_variants",
    "fsmc_items",
    "mfis_items",
    "mirror_movements",
    "mm_classification",
    "participants",
    "tms",
]
SCHEMAS = {name: Schema.read(shipped("data_schemas", f"{name}.toml")) for name in NAMES}
ROW = {
    "participant_id": "P1",
    "group": "MS",
    "age": "40.5",
    "sex": "F",
    "handedness": "R",
    "phenotype": "RRMS",
    "disease_duration": "10",
    "edss": "2.5",
}


def rules(table: str, **row: str) -> list[str]:
    return [
        v.rule for v in SCHEMAS[table].validate(raw(table, **{k: [v] for k, v in row.items()})).violations
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_dictionary_is_named_after_its_file_and_labelled(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema.table == name
    for variable in schema.variables.values():
        assert variable.label != variable.name
        assert (
            variable.kind is not Kind.CONTINUOUS
            or variable.unit
            or "index" in variable.label
            or "ised" in variable.label
        )


def test_no_items_wording_is_shipped() -> None:
    for name, items in (("fsmc", 20), ("mfis", 21)):
        variables = SCHEMAS[f"{name}_items"].variables
        assert list(variables) == ["participant_id", *(f"{name}_{n}" for n in range(1, items + 1))]
        assert [v.label for v in variables.values()][1:] == [
            f"{name.upper()} item {n}" for n in range(1, items + 1)
        ]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({}, []),
        ({"group": "HC", "phenotype": "", "disease_duration": "", "edss": ""}, []),
        ({"group": "HC"}, ["duration-of-ms", "phenotype-of-ms"]),
        ({"disease_duration": "41"}, ["duration-within-life"]),
        ({"phenotype": ""}, ["phenotype-given"]),
        ({"edss": "0.5"}, ["allowed"]),
        ({"edss": "10"}, []),
        ({"edss": "-9"}, []),
        ({"sex": ""}, ["required"]),
    ],
)
def test_participants(change: dict[str, str], broken: list[str]) -> None:
    assert rules("participants", **{**ROW, **change}) == broken


def test_the_other_tables() -> None:
    rating = {"participant_id": "P1", "session": "1", "rater": "a", "hand": "R", "task": "fist", "score": "4"}
    assert rules("mirror_movements", **rating) == []
    assert rules("mirror_movements", **{**rating, "score": "5", "task": "fists"}) == ["allowed", "level"]
    period = {"isp_latency": "35", "isp_duration": "25", "isp_depth": "60", "stimulus_intensity": "70"}
    assert rules("tms", participant_id="P1", hand="L", **period) == []
    assert rules("tms", participant_id="P1", hand="L", **{**period, "isp_duration": ""}) == [
        "no-period-no-latency"
    ]
    assert rules(
        "callosum", participant_id="P1", callosal_area="0.05", callosal_index="0.4", lesion_volume="-1"
    ) == ["range"]


def test_an_edss_off_its_steps_is_found_in_a_published_table(references: Path) -> None:
    source = read_table(references / "data" / "ms_small" / "msclinical.csv", name="clinical")
    frame = source.frame.assign(participant_id=[f"P{n}" for n in range(len(source.frame))])
    frame = frame.rename(columns={"EDSS": "edss"})[["participant_id", "edss"]]
    found = SCHEMAS["participants"].validate(RawTable(name="clinical", frame=frame))
    assert [(v.row, v.value, v.suggestion) for v in found.violations if v.rule == "allowed"] == [
        (2, "4.75", "The nearest steps are 4.5 and 5."),
    ]
