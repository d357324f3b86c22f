"""Mappings: what is declared is done, and whatever does not fit is said, all at once."""

from pathlib import Path

import numpy as np
import pytest

from mmstats.errors import PlanError, SchemaError
from mmstats.harmonise.plan import Conversion, Scale
from mmstats.harmonise.scales import scaled
from mmstats.pooled_study import PooledStudy
from tests.harmonise.study import NORTH, PLAN, SHARED, make, north, south


def problems(folder: Path, plan: str = PLAN, schemas: dict[str, str] | None = None) -> str:
    return "\n".join(PooledStudy.find(make(folder, plan, schemas=schemas)).declared.problems)


def test_values_become_what_the_map_says(tmp_path: Path) -> None:
    study = PooledStudy.find(make(tmp_path / "two"))
    mapped = study.gathered.mapped
    assert mapped["north"].frame["age"].to_numpy() == pytest.approx(north()["months"].to_numpy() / 12)
    assert mapped["north"].frame["group"].tolist() == np.where(north()["arm"] == "ill", "MS", "HC").tolist()
    assert mapped["north"].rows == tuple(range(2, 42))
    points = north()["points"]
    assert mapped["north"].frame["score"].to_numpy() == pytest.approx(
        ((points - points.mean()) / points.std()).to_numpy()
    )
    assert study.check().ok


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('from = "arm"', 'from = "arms"', "Did you mean 'arm'?"),
        ('group = "group"', 'grupo = "group"', "Did you mean 'group'?"),
        ('group = "group"', "", "nothing is said of group"),
        ('ill = "MS", well', 'sick = "MS", well', "Unknown level of arm 'sick'"),
        ('ill = "MS", well', 'ill = "MSS", well', "Unknown level of group 'MSS'"),
        ('ill = "MS", well = "HC"', 'ill = "MS"', "the level 'well' of 'arm' becomes nothing"),
        (', multiply = 0.08333333333333333, unit = "months to years"', "", "'months' is in months"),
        (', unit = "months to years"', "", "say in words what 'multiply' or 'add' does"),
        ('age = "age"', 'age = "group"', "'age' is continuous, but 'group' is binary"),
        ('age = "age"', 'age = { from = "age", multiply = 1.1, unit = "x" }', "both dictionaries say years"),
        ('seen = "day"', 'seen = "age"', "'seen' is date, but 'age' is continuous"),
        ('seen = "day"', "seen = { absent = '' }", "'absent' is empty"),
        ('group = "group"\n', 'group = "total"\n', "'group' has levels, but 'total' is continuous without"),
        ('[scales.score]\nway = "standardise"', "", "'score' was not measured by one instrument"),
        (', instrument = "FSMC"', "", "does not name its 'instrument'"),
        (
            'way = "standardise"',
            'way = "convert"\nto = "FSMC"',
            "nothing says how MFIS of north becomes FSMC",
        ),
        ('way = "standardise"', 'way = "standardise"\nwhere = "grup == \'HC\'"', "Did you mean 'group'?"),
        ('schema = "shared"', 'schema = "sharde"', "Did you mean 'shared'?"),
        ('source = "data/south.csv"', 'source = "../south.csv"', "In [cohorts.south], 'source' leads out"),
        ('participant_id = "code"', "", "does not say which of its columns is 'participant_id'"),
        ('schema = "south"', 'schema = "suoth"', "Did you mean 'south'"),
        ("multiply = 0.08333333333333333", "multiply = 0", "take finite numbers, the first not 0"),
        ('term = "age"', 'term = "group"', "Did you mean 'group[MS]'?"),
        ("score ~ age + group", "score ~ centre(age) + group", "depends on the mean of the rows at hand"),
        ("score ~ age + group", "score ~ 0 + age", "Each cohort has an intercept"),
        ('term = "age"', 'term = "age"\nwithin = "age"', "names the moderator of a pooled interaction"),
        ('term = "age"', 'term = "age"\nterms = "age"', "Unknown key 'terms'"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PLAN
    assert said in problems(tmp_path / "two", PLAN.replace(old, new, 1))


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    wrong = PLAN.replace('from = "arm"', 'from = "arms"').replace('age = "age"', 'age = "ages"')
    found = problems(tmp_path / "two", wrong)
    assert "[cohorts.north.map], group" in found
    assert "[cohorts.south.map], age" in found


def test_units_must_meet(tmp_path: Path) -> None:
    schemas = {"north": NORTH.replace('unit = "months"', 'unit = "years"')}
    assert "both dictionaries say years" in problems(tmp_path / "two", schemas=schemas)


def test_a_cohort_called_as_the_term_of_cohorts_is_refused(tmp_path: Path) -> None:
    more = SHARED + '\n[columns.cohort]\nkind = "id"\n'
    assert "has a variable 'cohort'" in problems(tmp_path / "two", schemas={"shared": more})


def test_the_shared_dictionary_holds_for_converted_values(tmp_path: Path) -> None:
    young = north()
    young.loc[3, "months"] = 200
    study = PooledStudy.find(make(tmp_path / "two", first=young))
    with pytest.raises(SchemaError, match=r"north, as mapped, row 5 \(N03\), age"):
        study.compute()
    assert not study.check().ok


def test_local_violations_are_settled_in_the_cohort(tmp_path: Path) -> None:
    odd = north()
    odd["points"] = odd["points"].astype(object)
    odd.loc[4, "points"] = "about 30"
    plan = PLAN.replace(
        "[cohorts.north.map]",
        '[[cohorts.north.resolve]]\nrule = "number"\ncolumn = "points"\nmissing = "not readable"\n'
        "[cohorts.north.map]",
    )
    with pytest.raises(SchemaError, match="about 30"):
        PooledStudy.find(make(tmp_path / "open", first=odd)).compute()
    results = PooledStudy.find(make(tmp_path / "settled", plan, first=odd)).compute()
    row = next(one for one in results.harmonisation if (one.variable, one.cohort) == ("score", "north"))
    assert (row.n, row.missing) == (39, 1)
    assert [(m.variable, m.reason, m.group, m.n) for m in results.missing] == [
        ("score", "not readable", "north", 1)
    ]


def test_what_to_write_is_said_in_the_words_of_the_plan(tmp_path: Path) -> None:
    from mmstats.report.data_check import as_text

    odd = north()
    odd["points"] = odd["points"].astype(object)
    odd.loc[4, "points"] = "about 30"
    text = as_text(PooledStudy.find(make(tmp_path / "two", first=odd)).check())
    assert "[[cohorts.north.resolve]]" in text


def test_a_published_line_converts(tmp_path: Path) -> None:
    line = Conversion(instrument="MFIS", slope=0.9, intercept=20, source="made up")
    scale = Scale(variable="score", way="convert", to="FSMC", lines=(line,))
    frame = north().rename(columns={"points": "score"})
    values, words = scaled(scale, frame, "MFIS", "north")
    assert values.to_numpy() == pytest.approx(0.9 * north()["points"].to_numpy() + 20)
    assert words == "0.9 × MFIS +20, to FSMC (made up)"
    assert scaled(scale, frame, "FSMC", "south")[1] == ""


def test_few_cannot_be_standardised_by(tmp_path: Path) -> None:
    plan = PLAN.replace('way = "standardise"', 'way = "standardise"\nwhere = "age > 69"')
    with pytest.raises(SchemaError, match="cannot standardise in"):
        PooledStudy.find(make(tmp_path / "two", plan)).compute()


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    plan = PLAN.replace("data/south.csv", "data/north.csv").replace('schema = "south"', 'schema = "north"')
    plan = plan.replace(
        'participant_id = "code"\ngroup = "group"\nage = "age"\n'
        'score = { from = "total", instrument = "FSMC" }\nseen = "day"',
        'participant_id = "who"\ngroup = { from = "arm", codes = { ill = "MS", well = "HC" } }\n'
        'age = { from = "months", multiply = 0.08333333333333333, unit = "months to years" }\n'
        'score = { from = "points", instrument = "MFIS" }\nseen = "seen"',
    )
    with pytest.raises(SchemaError, match="have the same file"):
        PooledStudy.find(make(tmp_path / "two", plan)).compute()


def test_a_plan_with_problems_is_not_computed(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"plan.toml has 1 problem:"):
        PooledStudy.find(make(tmp_path / "two", PLAN.replace('from = "arm"', 'from = "arms"'))).compute()


def test_nothing_of_the_rows_is_in_the_results(tmp_path: Path) -> None:
    folder = make(tmp_path / "two")
    study = PooledStudy.find(folder)
    study.run()
    text = "".join(path.read_text() for path in study.results_folder.iterdir())
    assert not any(who in text for who in (*north()["who"], *south()["code"]))
    assert study.results().points.empty
