"""Plans of pooling studies: whatever is written in place of what should be, only problems come of it."""

import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmstats.errors import MmstatsError, StudyError
from mmstats.harmonise.declared import declare
from mmstats.harmonise.plan_file import parse_pooling, plans_pooling
from mmstats.study import Study
from tests.harmonise.study import PLAN, make

FOLDER = Path(__file__).parents[2] / "analyses" / "three_cohorts"
WRONG: tuple[object, ...] = (3, -1, 0.5, "x", "", True, [], ["a", 1], {}, {"a": {"b": 1}}, [[]], [{"a": 1}])
RAW = tomllib.loads((FOLDER / "plan.toml").read_text(encoding="utf-8"))


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@pytest.mark.parametrize("path", list(places(RAW)), ids=lambda path: ".".join(map(str, path)))
def test_nothing_written_in_a_plan_is_more_than_a_problem(path: tuple[Any, ...]) -> None:
    for wrong in WRONG:
        raw = copy.deepcopy(RAW)
        inner = raw
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = wrong
        found = declare(raw, FOLDER)
        assert all(isinstance(text, str) for text in found.problems)


def test_a_good_plan_has_no_problems() -> None:
    plan, problems = parse_pooling(RAW)
    assert problems == []
    assert [cohort.name for cohort in plan.cohorts] == ["lyon", "porto", "bern"]
    assert plan.cohort("porto").bundles == "data/porto"
    assert plans_pooling(RAW)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "[cohorts.south]",
            "[tables.a]\nsource = 'x'\nschema = 'y'\n[cohorts.south]",
            "belong to [cohorts.*]",
        ),
        ('term = "age"', 'term = "age"\nmethod = "welch"', "not both"),
        ('term = "age"\n', "", "'term' is missing"),
        ('id = "age-score"', 'id = "age score"', "letters, digits"),
        ('way = "standardise"', 'way = "standardize"', "Did you mean 'standardise'?"),
        (
            'source = "data/south.csv"\nschema = "south"\n',
            "",
            "it needs a 'source' with its rows, or 'bundles'",
        ),
        ('source = "data/south.csv"\n', 'bundles = "../south"\n', "'bundles' leads out"),
        ("seed = 1", "", "'seed' is missing"),
        ("seed = 1", "seed = -1", "at least 0"),
        ('age = "age"', 'age = { from = "age", times = 2 }', "Unknown key 'times'"),
        ('age = "age"', 'age = { from = "age", absent = "no" }', "nothing else to say"),
        ('term = "age"', 'term = "age"\ntest = "hartung"', "Did you mean 'hartung-knapp'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PLAN
    found = declare(tomllib.loads(PLAN.replace(old, new, 1)), make(tmp_path / "two"))
    assert said in "\n".join(found.problems)


def test_one_cohort_is_none_to_pool() -> None:
    raw = copy.deepcopy(RAW)
    raw["cohorts"] = {"lyon": raw["cohorts"]["lyon"]}
    assert "two or more [cohorts.NAME]" in "\n".join(parse_pooling(raw)[1])


def test_the_digest_changes_with_the_mapping_and_not_with_comments() -> None:
    raw = copy.deepcopy(RAW)
    assert parse_pooling(raw)[0].digest == parse_pooling(RAW)[0].digest
    raw["cohorts"]["lyon"]["map"]["age"]["multiply"] = 0.1
    assert parse_pooling(raw)[0].digest != parse_pooling(RAW)[0].digest


def test_a_study_of_one_cohort_says_where_to_go() -> None:
    with pytest.raises(StudyError, match="mmstats pool"):
        assert Study.find(FOLDER).plan
    assert issubclass(StudyError, MmstatsError)
